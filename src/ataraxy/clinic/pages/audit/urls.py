"""Addresses of audit."""

from __future__ import annotations

from django.urls import path

from ataraxy.clinic.access.permissions import Permission
from ataraxy.clinic.navigation import Entry
from ataraxy.clinic.pages.audit import views

NAVIGATION = (Entry("Audit", "audit", Permission.AUDIT_VIEW, order=690),)

urlpatterns = [
    path("audit/", views.audit, name="audit"),
    path("audit/entries/", views.entries, name="audit_entries"),
    path("audit/verify/", views.verify, name="audit_verify"),
    path("audit/verification/", views.verification, name="audit_verification"),
    path("audit/anchor/", views.anchor, name="audit_anchor"),
    path("audit/export/", views.export, name="audit_export"),
]
