"""Addresses of the access log."""

from __future__ import annotations

from django.urls import path

from ataraxy.clinic.access.permissions import Permission
from ataraxy.clinic.navigation import Entry
from ataraxy.clinic.pages.access_log import views

NAVIGATION = (
    Entry("Access log", "access_log", Permission.AUDIT_VIEW, order=700),
    Entry("Break-glass", "break_glass_review", Permission.AUDIT_VIEW, order=710, home=False),
)

urlpatterns = [
    path("audit/access/", views.access_log, name="access_log"),
    path("audit/break-glass/", views.break_glass_review, name="break_glass_review"),
    path("audit/break-glass/<str:glass_id>/review/", views.review, name="break_glass_finding"),
]
