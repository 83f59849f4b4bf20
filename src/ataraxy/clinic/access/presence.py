"""The idle lock of a signed-in browser, kept by the server: whoever comes back proves who they are, the page stays."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone

from ataraxy.clinic.access.log import address_of
from ataraxy.clinic.access.models import Presence

if TYPE_CHECKING:
    from ataraxy.clinic.accounts.models import Person

KEY: Final = "presence"
WRONG_TRIES: Final = 5
_TOUCH_EVERY = timedelta(seconds=15)


def begin(request: HttpRequest, person: Person) -> Presence:
    """Starts the presence of a browser that has just signed in."""
    Presence.objects.filter(
        person=person, signed_in_at__lt=timezone.now() - timedelta(seconds=settings.SESSION_COOKIE_AGE)
    ).delete()
    presence = Presence.objects.create(
        person=person, address=address_of(request), browser=_browser(request.headers.get("User-Agent", ""))
    )
    request.session[KEY] = presence.pk
    return presence


def current(request: HttpRequest) -> Presence | None:
    """The presence of this browser; None where it has none, belongs to somebody else, or is older than allowed."""
    presence = Presence.objects.filter(pk=request.session.get(KEY, ""), person_id=request.user.pk).first()
    if presence is None:
        return None
    if timezone.now() - presence.signed_in_at > timedelta(seconds=settings.SESSION_COOKIE_AGE):
        return None
    return presence


def is_locked(presence: Presence) -> bool:
    """Whether the lock was set, or nobody touched the browser for longer than the clinic allows."""
    idle = timezone.now() - presence.seen_at
    return presence.locked_at is not None or idle > timedelta(
        seconds=settings.HOME.settings.idle_lock_seconds
    )


def touch(presence: Presence) -> None:
    """Somebody did something. Written at most every 15 s, and never to a locked browser."""
    now = timezone.now()
    if now - presence.seen_at >= _TOUCH_EVERY:
        Presence.objects.filter(pk=presence.pk, locked_at=None).update(seen_at=now)


def lock(presence: Presence) -> None:
    """Locks the browser until somebody proves who they are."""
    Presence.objects.filter(pk=presence.pk, locked_at=None).update(locked_at=timezone.now())


def unlock(presence: Presence, person: Person, secret: str) -> bool:
    """Opens the lock with the person's PIN or password. A wrong one is counted before it is looked at."""
    counted = Presence.objects.filter(pk=presence.pk, failures__lt=WRONG_TRIES).update(
        failures=F("failures") + 1
    )
    if not counted:
        return False
    pin = secret.isdigit() and len(secret) <= 12
    if (pin and person.check_pin(secret)) or person.check_password(secret):
        Presence.objects.filter(pk=presence.pk).update(locked_at=None, failures=0, seen_at=timezone.now())
        return True
    return False


def exhausted(presence: Presence) -> bool:
    """Whether too many wrong PINs were tried; the session is then ended."""
    return Presence.objects.filter(pk=presence.pk, failures__gte=WRONG_TRIES).exists()


def _browser(agent: str) -> str:
    """The browser and its system in two words, for the list of one's own sessions."""
    browsers = (("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
    systems = (
        ("iPad", "iPad"),
        ("iPhone", "iPhone"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS", "Mac"),
        ("Linux", "Linux"),
    )
    browser = next((name for mark, name in browsers if mark in agent), "Browser")
    system = next((name for mark, name in systems if mark in agent), "unknown system")
    return f"{browser} on {system}"
