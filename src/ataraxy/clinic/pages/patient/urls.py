"""Addresses of one person."""

from __future__ import annotations

from django.urls import path

from ataraxy.clinic.pages.patient import views

urlpatterns = [
    path("patient/<str:patient_id>/", views.patient, name="patient"),
    path("patient/<str:patient_id>/care/", views.assign, name="patient_care"),
    path("patient/<str:patient_id>/care/end/", views.release, name="patient_care_end"),
]
