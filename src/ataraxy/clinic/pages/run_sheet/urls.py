"""Addresses of the run sheet."""

from __future__ import annotations

from django.urls import path

from ataraxy.clinic.pages.run_sheet import views

urlpatterns = [
    path("session/<str:session_id>/", views.sheet, name="run_sheet"),
    path("session/<str:session_id>/live/", views.live, name="run_sheet_live"),
    path("session/<str:session_id>/entries/", views.entries, name="run_sheet_entries"),
    path("session/<str:session_id>/offline/", views.offline, name="run_sheet_offline"),
    path("service-worker.js", views.service_worker, name="service_worker"),
]
