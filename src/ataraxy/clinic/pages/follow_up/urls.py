"""Addresses of follow-up."""

from __future__ import annotations

from django.urls import path

from ataraxy.clinic.access.permissions import Permission
from ataraxy.clinic.navigation import Entry
from ataraxy.clinic.pages.follow_up import contacts, scores

NAVIGATION = (Entry("Follow-up", "follow_ups", Permission.SCORE_WRITE, order=320, home=False),)

urlpatterns = [
    path("follow-up/", contacts.everybody, name="follow_ups"),
    path("session/<str:session_id>/follow-up/", contacts.session, name="session_follow_up"),
    path("session/<str:session_id>/follow-up/contact/", contacts.contact, name="session_contact"),
    path("session/<str:session_id>/follow-up/risk/", contacts.risk, name="session_risk"),
    path("patient/<str:patient_id>/scores/", scores.overview, name="scores"),
    path("patient/<str:patient_id>/scores/enter/", scores.enter, name="scores_enter"),
    path("patient/<str:patient_id>/scores/retract/", scores.retract, name="scores_retract"),
    path("patient/<str:patient_id>/scores/send/", scores.send, name="scores_send"),
    path("patient/<str:patient_id>/scores/withdraw/<str:link_id>/", scores.withdraw, name="scores_withdraw"),
]
