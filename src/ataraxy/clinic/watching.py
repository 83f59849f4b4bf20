"""The clinic's own clock: while anybody of the staff has a page open, alerts that nobody took go on climbing.

Where no page is open, nobody would see a badge either: then `ataraxy clinic escalate DIR`, called by the machine's
clock, keeps the record right and says how many alerts wait.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponseBase

from ataraxy.clinic.access.rates import OncePer
from ataraxy.clinic.the_practice import the_practice
from ataraxy.errors import AtaraxyError
from ataraxy.practice.practice import Practice
from ataraxy.practice.watch import escalate_all, raise_missed

LOG: Final = logging.getLogger("ataraxy.clinic.watching")
_ESCALATE: Final = OncePer(60)
# A follow-up is missed after hours, and finding that looks at weeks of sessions.
_MISSED: Final = OncePer(600)
_AT_WORK: Final = threading.Lock()


class WatchMiddleware:
    """After the answer to somebody who is signed in, at most once a minute in each process."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        access = getattr(request, "access", None)
        if access is not None and access.person is not None:
            tick()
        return response


def tick() -> None:
    """Do what is due."""
    if not _ESCALATE("escalate") or not _AT_WORK.acquire(blocking=False):
        return
    try:
        if _MISSED("missed"):
            # Nobody waits for a page because of it.
            threading.Thread(target=_quietly, args=(raise_missed,), daemon=True).start()
        _quietly(escalate_all)
    finally:
        _AT_WORK.release()


def _quietly(work: Callable[[Practice], int]) -> None:
    """A clinic that cannot be written now, or has no policy yet, is no reason to show no page."""
    try:
        work(the_practice())
    except AtaraxyError as error:
        if error.code != "site.none-in-force":
            LOG.warning("alerts were not looked at: %s", error.code)
