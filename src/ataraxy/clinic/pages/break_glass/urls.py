"""Address of break-glass."""

from __future__ import annotations

from django.urls import path

from ataraxy.clinic.pages.break_glass import views

urlpatterns = [path("break-glass/<str:patient_id>/", views.break_glass, name="break_glass")]
