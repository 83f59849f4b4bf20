"""Addresses of who a person is."""

from __future__ import annotations

from django.urls import path

from ataraxy.clinic.pages.identity import views

NAVIGATION = ()

urlpatterns = [
    path("patient/<str:patient_id>/identity/", views.identity, name="identity"),
    path("patient/<str:patient_id>/identity/correct/", views.correct, name="identity_correct"),
]
