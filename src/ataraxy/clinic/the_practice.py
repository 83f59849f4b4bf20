"""The clinic's record as pages use it: opened once for each process, and whoever is signed in as somebody who acts."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from ataraxy.practice.practice import Practice
from ataraxy.practice.projections import clinic_projections
from ataraxy.record.keys import KeyRing
from ataraxy.record.master_key import read_master_key
from ataraxy.record.store import Record
from ataraxy.therapy.actor import Actor, Role

if TYPE_CHECKING:
    from ataraxy.clinic.accounts.models import Person


def the_practice() -> Practice:
    """Return the way to this clinic's record."""
    # A connection that a process shares with its child is broken for both.
    return _opened(os.getpid(), settings.HOME.record_url, str(settings.HOME.master_key_file))


@lru_cache(maxsize=4)
def _opened(pid: int, url: str, key_file: str) -> Practice:
    del pid
    keys = KeyRing(read_master_key(Path(key_file)))
    return Practice(Record.open(url, projections=clinic_projections(), keys=keys))


def actor_of(person: Person) -> Actor:
    """Return a person who is signed in as somebody who acts: under the id and with the roles that they have now."""
    known = {role.value for role in Role}
    roles = frozenset(Role(role.value) for role in person.roles if role.value in known)
    return Actor(id=person.staff_id, roles=roles)
