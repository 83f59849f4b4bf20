"""Addresses of alerts."""

from __future__ import annotations

from django.urls import path

from ataraxy.clinic.access.permissions import Permission
from ataraxy.clinic.navigation import Entry
from ataraxy.clinic.pages.alerts import views

NAVIGATION = (Entry("Alerts", "alerts", Permission.ALERT_VIEW, order=150, home=False),)

urlpatterns = [
    path("alerts/", views.alerts, name="alerts"),
    path("alerts/badge/", views.badge, name="alerts_badge"),
    path("alerts/<str:alert_id>/acknowledge/", views.acknowledge, name="alert_acknowledge"),
]
