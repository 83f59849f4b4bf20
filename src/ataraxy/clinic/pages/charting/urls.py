"""Addresses of charting."""

from __future__ import annotations

from django.urls import path

from ataraxy.clinic.pages.charting import views

urlpatterns = [
    path("patient/<str:patient_id>/chart/", views.chart, name="chart"),
    path("patient/<str:patient_id>/chart/facts/<slug:group>/", views.facts, name="chart_facts"),
    path("patient/<str:patient_id>/chart/retract/", views.retract, name="chart_retract"),
    path("patient/<str:patient_id>/chart/treatment/", views.treatment, name="chart_treatment"),
    path("patient/<str:patient_id>/chart/psychotherapy/", views.psychotherapy, name="chart_psychotherapy"),
    path("patient/<str:patient_id>/chart/medication/", views.medication, name="chart_medication"),
    path("patient/<str:patient_id>/chart/medication/end/", views.end_medication, name="chart_medication_end"),
    path("patient/<str:patient_id>/chart/reviewed/<slug:what>/", views.reviewed, name="chart_reviewed"),
    path("patient/<str:patient_id>/chart/diagnosis/", views.diagnosis, name="chart_diagnosis"),
]
