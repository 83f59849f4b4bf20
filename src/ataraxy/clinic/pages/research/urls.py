"""Addresses of de-identified data."""

from __future__ import annotations

from django.urls import path

from ataraxy.clinic.access.permissions import Permission
from ataraxy.clinic.navigation import Entry
from ataraxy.clinic.pages.research import views

NAVIGATION = (Entry("Research data", "research", Permission.RESEARCH_VIEW, order=600),)

urlpatterns = [
    path("research/", views.research, name="research"),
    path("research/<str:table>.csv", views.download, name="research_csv"),
]
