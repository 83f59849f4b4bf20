"""Addresses of protocols."""

from __future__ import annotations

from django.urls import path

from ataraxy.clinic.access.permissions import Permission
from ataraxy.clinic.navigation import Entry
from ataraxy.clinic.pages.protocols import views

NAVIGATION = (Entry("Protocols", "protocols", Permission.PROTOCOL_VIEW, order=550, home=False),)

urlpatterns = [
    path("protocols/", views.protocols, name="protocols"),
    path("protocols/compare/", views.compare, name="protocols_compare"),
    path("protocols/version/<str:name>/<int:version>/", views.version, name="protocols_version"),
]
