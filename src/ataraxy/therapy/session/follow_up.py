"""Follow-ups of a session: when they are due, and which were missed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal, Protocol

from ataraxy.therapy.site_policy import SitePolicy

FollowUpStatus = Literal["pending", "due", "done", "missed", "not_reached"]


class Contact(Protocol):
    """A follow-up as it took place, as far as it matters here."""

    @property
    def plan(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def reached(self) -> bool: ...


class Dosed(Protocol):
    """What must be known of a session to say which follow-ups are due: of a `Session`, or of a row of a list."""

    @property
    def id(self) -> str: ...
    @property
    def dosing_started_at(self) -> datetime | None: ...
    @property
    def dosing_ended_at(self) -> datetime | None: ...
    @property
    def disposition(self) -> str | None: ...
    @property
    def follow_ups(self) -> Sequence[Contact]: ...


@dataclass(frozen=True, slots=True)
class DueFollowUp:
    """One follow-up of one session.

    Attributes:
        session, plan: ids.
        due_at, closes_at: from when on, and until when it still counts; None before the next session, where that is
            not known.
        status: done where the person was reached; `not_reached` where it was tried and time is left.
        suicide_risk: whether an assessment belongs to it.
        contents: what is asked.
    """

    session: str
    plan: str
    due_at: datetime | None
    closes_at: datetime | None
    status: FollowUpStatus
    suicide_risk: bool
    contents: str


def due_follow_ups(
    session: Dosed, policy: SitePolicy, at: datetime, next_session_at: datetime | None = None
) -> tuple[DueFollowUp, ...]:
    """Return the follow-ups of a session at a moment; none where no drug was given, or the person died.

    Times count from the end of the dose. The one before the next session opens its window before that session.
    """
    end = session.dosing_ended_at
    if session.dosing_started_at is None or end is None or session.disposition == "died":
        return ()
    found = []
    for plan in policy.follow_ups:
        window = _hours(plan.window.value)
        due: datetime | None = None
        if plan.after is not None:
            due = end + _hours(plan.after.value)
        elif next_session_at is not None:
            due = next_session_at - window
        closes = None if due is None else due + window
        tried = [f for f in session.follow_ups if f.plan == plan.id and f.at <= at]
        status: FollowUpStatus
        if any(f.reached for f in tried):
            status = "done"
        elif due is None or closes is None or at < due:
            status = "pending"
        elif at > closes:
            status = "missed"
        else:
            status = "not_reached" if tried else "due"
        found.append(DueFollowUp(session.id, plan.id, due, closes, status, plan.suicide_risk, plan.contents))
    return tuple(found)


def _hours(value: Decimal) -> timedelta:
    return timedelta(microseconds=int(value * 3_600_000_000))
