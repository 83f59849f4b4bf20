"""Addresses of screening."""

from __future__ import annotations

from django.urls import path

from ataraxy.clinic.pages.screening import views

urlpatterns = [
    path("patient/<str:patient_id>/screening/", views.screening, name="screening"),
    path("patient/<str:patient_id>/screening/ask/", views.ask, name="screening_ask"),
    path("patient/<str:patient_id>/screening/override/", views.override, name="screening_override"),
]
