"""Addresses of the evidence."""

from __future__ import annotations

from django.urls import path

from ataraxy.clinic.access.permissions import Permission
from ataraxy.clinic.navigation import Entry
from ataraxy.clinic.pages.evidence import views

NAVIGATION = (Entry("Evidence", "evidence", Permission.EVIDENCE_VIEW, order=560, home=False),)

urlpatterns = [
    path("evidence/", views.evidence, name="evidence"),
    path("evidence/<str:trial_id>/", views.trial, name="evidence_trial"),
]
