"""Follow-ups of many sessions at once: what is due, with whom, and by when."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Container, Iterator
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
    practice: Practice,
    policy: SitePolicy,
    at: datetime,
    only: Callable[[set[str]], Container[str]] | None = None,
) -> Iterator[tuple[SessionRow, Session, datetime | None]]:
    """Yield the sessions of the last weeks in which drug was given, each with the time of the next of its course.

    Args:
        practice: whose.
        policy: says how far back somebody may still have to be contacted.
        at: now.
        only: given all people in question, those whose sessions are wanted; no other session is read.
    """
    recent = lists.sessions(practice, since=at - looked_back(policy))
    wanted = None if only is None else only({row.person for row in recent})
    planned: dict[str, list[datetime]] = {}
    for row in recent:
        if row.course and row.scheduled_at is not None:
            planned.setdefault(row.course, []).append(row.scheduled_at)
    for row in recent:
        if row.first_dose_at is None or (wanted is not None and row.person not in wanted):
            continue
        session = practice.load(SESSION, row.session).state
        if session is not None and session.dosing_started_at is not None:
            yield row, session, _after(planned.get(row.course, []), row.scheduled_at)


def next_session_at(practice: Practice, course: str, after: datetime | None) -> datetime | None:
    """Return when the next session of a course is planned; None where none is."""
    times = [
        row.scheduled_at
        for row in lists.sessions(practice, course=course, since=after)
        if row.state in _NOT_BEGUN and row.scheduled_at is not None and row.scheduled_at != after
    ]
    return min(times, default=None)


def follow_ups(
    practice: Practice,
    at: datetime,
    policy: SitePolicy | None = None,
    only: Callable[[set[str]], Container[str]] | None = None,
) -> tuple[SessionFollowUp, ...]:
    """Return the follow-ups of sessions of the last weeks, those that close first before others; `only` as above."""
    policy = policy or policy_in_force(practice)
    found = [
        SessionFollowUp(row, due)
        for row, session, following in dosed_sessions(practice, policy, at, only)
        for due in due_follow_ups(session, policy, at, following)
    ]
    far = at + timedelta(days=36_500)
    return tuple(sorted(found, key=lambda one: (one.follow_up.closes_at or far, one.row.session)))


def _after(times: list[datetime], moment: datetime | None) -> datetime | None:
    """The first of times in their order that lies after a moment."""
    place = len(times) if moment is None else bisect_right(times, moment)
    return times[place] if place < len(times) else None
