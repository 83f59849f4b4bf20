"""Members of staff: letting them in, their roles and credentials."""

from __future__ import annotations

from datetime import datetime

from ataraxy.practice.aggregate import STAFF
from ataraxy.practice.practice import Done, Practice
from ataraxy.therapy.actor import Actor, Role
from ataraxy.therapy.credential import Credential
from ataraxy.therapy.refusal import Refusal
from ataraxy.therapy.staff import (
    CredentialRecorded,
    Event,
    RolesChanged,
    StaffJoined,
    StaffLeft,
    StaffMember,
    change,
)


def member(practice: Practice, staff_id: str) -> StaffMember:
    """Return a member of staff. Raises Refusal where nobody of this id ever worked here (``staff.unknown``)."""
    found = practice.load(STAFF, staff_id).state
    if found is None:
        raise Refusal("nobody of this id works here", code="staff.unknown", where=staff_id)
    return found


def join(
    practice: Practice,
    staff_id: str,
    name: str,
    roles: tuple[Role, ...],
    *,
    by: Actor,
    at: datetime | None = None,
    key: str | None = None,
) -> Done:
    """Let somebody in. Whoever makes an empty clinic lets the first administrator in, as themselves or another."""
    when = at or practice.now()
    event = StaffJoined(staff=staff_id, at=when, by=by.id, name=name, roles=roles)
    return _record(practice, event, by, key, first=not _anybody(practice))


def change_roles(
    practice: Practice,
    staff_id: str,
    roles: tuple[Role, ...],
    *,
    by: Actor,
    at: datetime | None = None,
    key: str | None = None,
) -> Done:
    """Give somebody other roles."""
    event = RolesChanged(staff=staff_id, at=at or practice.now(), by=by.id, roles=roles)
    return _record(practice, event, by, key)


def record_credential(
    practice: Practice,
    staff_id: str,
    credential: Credential,
    *,
    by: Actor,
    at: datetime | None = None,
    key: str | None = None,
) -> Done:
    """Record a credential that was seen."""
    event = CredentialRecorded(staff=staff_id, at=at or practice.now(), by=by.id, credential=credential)
    return _record(practice, event, by, key)


def leave(
    practice: Practice, staff_id: str, *, by: Actor, at: datetime | None = None, key: str | None = None
) -> Done:
    """Record that somebody left."""
    return _record(practice, StaffLeft(staff=staff_id, at=at or practice.now(), by=by.id), by, key)


def _record(practice: Practice, event: Event, by: Actor, key: str | None, *, first: bool = False) -> Done:
    return practice.change(
        STAFF,
        event.staff,
        lambda held: change(held, event, actor=by, at=practice.now(), first=first),
        by=by,
        command=event.kind,
        asked={"event": event.model_dump(mode="json", exclude={"at"})},
        key=key,
        occurred_at=event.at,
    )


def _anybody(practice: Practice) -> bool:
    return next(iter(practice.record.entries(kinds=["staff.joined"])), None) is not None
