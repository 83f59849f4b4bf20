"""Addresses of the day."""

from __future__ import annotations

from django.urls import path

from ataraxy.clinic.access.permissions import Permission
from ataraxy.clinic.navigation import Entry
from ataraxy.clinic.pages.today import views

NAVIGATION = (Entry("Today", "today", Permission.TODAY_VIEW, order=100),)

urlpatterns = [
    path("today/", views.today, name="today"),
    path("today/live/", views.live, name="today_live"),
]
