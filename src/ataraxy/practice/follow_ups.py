"""Follow-ups of many sessions at once: what is due, with whom, and by when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from ataraxy.practice import lists
from ataraxy.practice.aggregate import SESSION
from ataraxy.practice.lists import SessionRow
from ataraxy.practice.practice import Practice
from ataraxy.practice.site import policy_in_force
from ataraxy.therapy.session.follow_up import DueFollowUp, due_follow_ups
from ataraxy.therapy.session.state import Session, SessionState
from ataraxy.therapy.site_policy import SitePolicy

# Beyond what the policy plans: the contact before the next session has no time of its own, and a machine may have been
# off for some days.
MARGIN: Final = timedelta(days=14)
_NOT_BEGUN: Final = (SessionState.PLANNED, SessionState.CHECKED_IN)


@dataclass(frozen=True, slots=True)
class SessionFollowUp:
    """A follow-up with the session and the person that it belongs to."""

    row: SessionRow
    follow_up: DueFollowUp


def looked_back(policy: SitePolicy) -> timedelta:
    """Return how long after a session somebody may still have to be contacted by a policy."""
    hours = [
        plan.window.value + (0 if plan.after is None else plan.after.value) for plan in policy.follow_ups
    ]
    return timedelta(hours=float(max(hours, default=Decimal(0)))) + MARGIN


def dosed_sessions(
    practice: Practice, policy: SitePolicy, at: datetime
) -> Iterator[tuple[SessionRow, Session, datetime | None]]:
    """Yield the sessions of the last weeks in which drug was given, each with the time of the next of its course."""
    recent = lists.sessions(practice, since=at - looked_back(policy))
    for row in recent:
        if row.state in _NOT_BEGUN:
            continue
        session = practice.load(SESSION, row.session).state
        if session is not None and session.dosing_started_at is not None:
            yield row, session, _next(recent, row)


def next_session_at(practice: Practice, course: str, after: datetime | None) -> datetime | None:
    """Return when the next session of a course is planned; None where none is."""
    times = [
        row.scheduled_at
        for row in lists.sessions(practice, course=course, since=after)
        if row.state in _NOT_BEGUN and row.scheduled_at is not None and row.scheduled_at != after
    ]
    return min(times, default=None)


def follow_ups(
    practice: Practice, at: datetime, policy: SitePolicy | None = None
) -> tuple[SessionFollowUp, ...]:
    """Return the follow-ups of all sessions of the last weeks, those that close first before others."""
    policy = policy or policy_in_force(practice)
    found = [
        SessionFollowUp(row, due)
        for row, session, following in dosed_sessions(practice, policy, at)
        for due in due_follow_ups(session, policy, at, following)
    ]
    far = at + timedelta(days=36_500)
    return tuple(sorted(found, key=lambda one: (one.follow_up.closes_at or far, one.row.session)))


def _next(rows: tuple[SessionRow, ...], row: SessionRow) -> datetime | None:
    if not row.course or row.scheduled_at is None:
        return None
    times = [
        other.scheduled_at
        for other in rows
        if other.course == row.course
        and other.session != row.session
        and other.scheduled_at is not None
        and other.scheduled_at > row.scheduled_at
    ]
    return min(times, default=None)
