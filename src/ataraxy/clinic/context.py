"""What every template knows: the clinic, who is signed in, their navigation, how the page is to look."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from ataraxy.clinic.access.admission import Admission
from ataraxy.clinic.navigation import Link, links_for


def clinic(request: HttpRequest) -> dict[str, Any]:
    """Safe on error pages: asks no database where nobody is known to be signed in."""
    access: Admission | None = getattr(request, "access", None)
    person = access.person if access is not None and not access.by_token else None
    match = getattr(request, "resolver_match", None)
    shown: list[Link] = []
    if (
        access is not None
        and person is not None
        and access.outcome not in ("locked", "password", "second_factor")
    ):
        shown = links_for(access.permissions, request.path)
    return {
        "clinic": settings.HOME.settings,
        "person": person,
        "navigation": shown,
        "here": match.view_name if match else "",
        "appearance": person.appearance if person is not None else "system",
        "idle_lock_seconds": settings.HOME.settings.idle_lock_seconds,
        "access": access,
    }
