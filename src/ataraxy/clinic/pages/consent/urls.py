"""Addresses of consent."""

from __future__ import annotations

from django.urls import path

from ataraxy.clinic.pages.consent import views

urlpatterns = [
    path("patient/<str:patient_id>/consent/", views.consent, name="consent"),
    path("patient/<str:patient_id>/consent/give/", views.give, name="consent_give"),
    path("patient/<str:patient_id>/consent/withdraw/", views.withdraw, name="consent_withdraw"),
]
