"""Addresses of the interface, below ``/api/``."""

from __future__ import annotations

from typing import Any

from django.urls import path

from ataraxy.clinic.access.problem import ROOT
from ataraxy.clinic.api import of_clinic, of_people, of_sessions
from ataraxy.clinic.api.interface import document, interface

for _router in (of_sessions.router, of_people.router, of_clinic.router):
    interface.add_router("", _router)

_patterns, _app, _space = interface.urls
_below = ROOT.removeprefix("/")

urlpatterns: list[Any] = [
    path(f"{_below}openapi.json", document, name="api_document"),
    # The package adds an address of its own that answers nothing and states nothing.
    path(_below, ([found for found in _patterns if getattr(found, "name", "") != "api-root"], _app, _space)),
]
