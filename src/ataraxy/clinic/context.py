"""What every template knows: the clinic, who is signed in, their navigation, how the page is to look."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from ataraxy.clinic.access.admission import Admission
from ataraxy.clinic.access.permissions import Permission
from ataraxy.clinic.navigation import Link, links_for
from ataraxy.errors import AtaraxyError


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
    waits = bool(shown) and access is not None and access.may(Permission.ALERT_VIEW)
    return {
        "clinic": settings.HOME.settings,
        "person": person,
        "navigation": shown,
        "here": match.view_name if match else "",
        "appearance": person.appearance if person is not None else "system",
        "idle_lock_seconds": settings.HOME.settings.idle_lock_seconds,
        "access": access,
        "shows_alerts": waits,
        # Counted where a page shows it, and not before.
        "waiting_alerts": SimpleLazyObject(lambda: _waiting(person)) if waits else None,
    }


def _waiting(person: Any) -> Any:
    """How many alerts wait for somebody; nothing where the record cannot be read, which its own pages say."""
    from ataraxy.clinic.alert_sight import Waiting, waiting_for
    from ataraxy.clinic.the_practice import the_practice

    try:
        return waiting_for(the_practice(), person)
    except AtaraxyError:
        return Waiting()
