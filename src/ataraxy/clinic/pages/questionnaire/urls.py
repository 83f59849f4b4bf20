"""Addresses of a patient's questionnaire."""

from __future__ import annotations

from django.urls import path

from ataraxy.clinic.pages.questionnaire import views

urlpatterns = [
    path("q/answered/", views.answered, name="questionnaire_answered"),
    path("q/<str:token>/", views.questionnaire, name="questionnaire"),
]
