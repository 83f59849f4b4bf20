"""What a process of the server reads before anybody asks: who is here, and books that are long after some years."""

from __future__ import annotations

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

from ataraxy.errors import AtaraxyError
from ataraxy.evidence.trials import load_trials
from ataraxy.practice import draws, lists
from ataraxy.practice.aggregate import PERSON, REGISTER, SESSION
from ataraxy.practice.practice import Practice
from ataraxy.practice.register_ledger import ledger

_log = logging.getLogger(__name__)


def read_ahead(practice: Practice) -> int:
    """Read who is in a chair, and the drug register of every place; return how many places there are."""
    here = lists.sessions(practice, open_only=True, begun_only=True)
    practice.load_many(SESSION, (row.session for row in here))
    practice.load_many(PERSON, (row.person for row in here))
    places = draws.locations(practice)
    for place in places:
        practice.load(REGISTER, place)
        ledger(practice, place)
    return len(places)


def begin_reading_ahead(worker: Any) -> None:
    """Gunicorn's hook of a worker that is ready: it answers from the first moment, while the books are read beside."""
    del worker
    Thread(target=_read_ahead, name="read-ahead", daemon=True).start()


def _read_ahead() -> None:
    from django.conf import settings

    from ataraxy.clinic.pages.protocols.views import shipped
    from ataraxy.clinic.the_practice import the_practice

    try:
        # what comes with the package, of any clinic
        shipped()
        load_trials()
        with _one_at_a_time(settings.HOME.path / "read-ahead.lock"):
            read_ahead(the_practice())
    except (AtaraxyError, OSError) as error:
        # Whoever needs the books is told on their page; without them the rest of the clinic works.
        _log.warning("The drug registers were not read ahead: %s", error)


@contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    """Wait for the other workers: together they would take every core from those who ask for pages."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
