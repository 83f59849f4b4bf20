"""Follow-ups of many sessions at once: what is due, with whom, and by when."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from ataraxy.practice import lists
from ataraxy.practice.aggregate import SESSION
from ataraxy.practice.lists import ContactRow, SessionRow
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


@dataclass(frozen=True, slots=True)
class DosedSession:
    """A session as the lists know it, for `due_follow_ups`: no history is read for it."""

    id: str
    dosing_started_at: datetime | None
    dosing_ended_at: datetime | None
    disposition: str
    follow_ups: tuple[ContactRow, ...]


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
    rows = [row for row in recent if _dosed(row, wanted)]
    following = _following(recent)
    states = practice.load_many(SESSION, (row.session for row in rows))
    for row in rows:
        session = states[row.session].state
        if session is not None and session.dosing_started_at is not None:
            yield row, session, following(row)


def _dosed(row: SessionRow, wanted: Container[str] | None) -> bool:
    return row.first_dose_at is not None and (wanted is None or row.person in wanted)


def _following(recent: Iterable[SessionRow]) -> Callable[[SessionRow], datetime | None]:
    """Return the function that says when the next session of the course of a session is planned."""
    planned: dict[str, list[datetime]] = {}
    for row in recent:
        if row.course and row.scheduled_at is not None:
            planned.setdefault(row.course, []).append(row.scheduled_at)
    return lambda row: _after(planned.get(row.course, []), row.scheduled_at)


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
    since = at - looked_back(policy)
    recent = lists.sessions(practice, since=since)
    wanted = None if only is None else only({row.person for row in recent})
    rows = [row for row in recent if _dosed(row, wanted)]
    following = _following(recent)
    made = lists.contacts(practice, since)
    # When a corrected delivery ended, its history alone can say.
    corrected = practice.load_many(SESSION, (row.session for row in rows if row.delivery_corrected))
    found = []
    for row in rows:
        known = corrected.get(row.session)
        dosed = (
            DosedSession(
                row.session,
                row.first_dose_at,
                row.dosing_ended_at,
                row.disposition,
                made.get(row.session, ()),
            )
            if known is None
            else known.state
        )
        if dosed is not None:
            found += [SessionFollowUp(row, due) for due in due_follow_ups(dosed, policy, at, following(row))]
    far = at + timedelta(days=36_500)
    return tuple(sorted(found, key=lambda one: (one.follow_up.closes_at or far, one.row.session)))


def _after(times: list[datetime], moment: datetime | None) -> datetime | None:
    """The first of times in their order that lies after a moment."""
    place = len(times) if moment is None else bisect_right(times, moment)
    return times[place] if place < len(times) else None
