"""Addresses of the people in care."""

from __future__ import annotations

from django.urls import path

from ataraxy.clinic.access.permissions import Permission
from ataraxy.clinic.navigation import Entry
from ataraxy.clinic.pages.patients import views

NAVIGATION = (Entry("Patients", "patients", Permission.PATIENT_VIEW, order=120, home=False),)

urlpatterns = [
    path("patients/", views.patients, name="patients"),
    path("patients/refer/", views.refer, name="refer"),
]
