"""A day of the clinic: who sits in a chair and what is due with them, and who waits for what before treatment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

import sqlalchemy as sa

from ataraxy.practice import lists
from ataraxy.practice.aggregate import COURSE, PERSON, SESSION
from ataraxy.practice.lists import SessionRow
from ataraxy.practice.people import consent_current
from ataraxy.practice.practice import Practice
from ataraxy.practice.projections import COURSE_INDEX, PERSON_INDEX
from ataraxy.record.entry import time_of
from ataraxy.therapy.chart_events import JudgedFinding
from ataraxy.therapy.course import CourseState
from ataraxy.therapy.moment import hours_between
from ataraxy.therapy.session.monitoring import Due, DueStatus, due_times
from ataraxy.therapy.session.state import Session, SessionState
from ataraxy.therapy.site_policy import SitePolicy

_PRESSING: Final = (DueStatus.OVERDUE, DueStatus.DUE, DueStatus.PENDING)


@dataclass(frozen=True, slots=True)
class Chair:
    """A session of the day with what is due in it.

    Attributes:
        row: what the lists know of it.
        session: as it stands; None where nobody is here yet or any more.
        due: what is to be measured next: the first overdue, else due, else next reading; None where there is none.
        overdue: how many readings are overdue.
        missed: how many can no longer be taken.
    """

    row: SessionRow
    session: Session | None = None
    due: Due | None = None
    overdue: int = 0
    missed: int = 0

    @property
    def here(self) -> bool:
        """Return whether somebody is in the chair now."""
        return self.session is not None


def chairs(
    practice: Practice,
    since: datetime,
    before: datetime,
    at: datetime,
    policy: SitePolicy | None,
    *,
    only: frozenset[str] | None = None,
) -> tuple[Chair, ...]:
    """Return the sessions of a day, those in which somebody is here first, then by their planned times.

    Args:
        practice: whose.
        since, before: the day.
        at: the moment for which it is said what is due.
        policy: that the clinic works by; None where it has none yet, and then nothing is due.
        only: sessions of these people; None for everybody's.
    """
    rows = [
        row for row in lists.sessions_of_now(practice, since, before) if only is None or row.person in only
    ]
    states = practice.load_many(SESSION, (row.session for row in rows if _is_here(row)))
    found = [
        _chair(row, None if row.session not in states else states[row.session].state, at, policy)
        for row in rows
    ]
    return tuple(sorted(found, key=lambda chair: not chair.here))


def _is_here(row: SessionRow) -> bool:
    return row.state is not SessionState.PLANNED and not row.state.ended


def _chair(row: SessionRow, session: Session | None, at: datetime, policy: SitePolicy | None) -> Chair:
    if session is None or policy is None:
        return Chair(row, session)
    dues = due_times(session, policy, at)
    pressing = [due for status in _PRESSING for due in dues if due.status is status]
    return Chair(
        row,
        session,
        pressing[0] if pressing else None,
        sum(due.status is DueStatus.OVERDUE for due in dues),
        sum(due.status is DueStatus.MISSED for due in dues),
    )


class WaitsFor(StrEnum):
    """What stands between a person and their first session."""

    COURSE = "course"
    GATE = "gate"
    GATE_DELAYS = "gate_delays"
    GATE_BLOCKS = "gate_blocks"
    GATE_OLD = "gate_old"
    PROTOCOL = "protocol"
    CONSENT = "consent"
    START = "start"
    SESSION = "session"


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody who waits.

    Attributes:
        person, course: opaque ids; no course where none is open.
        waits_for: what comes next.
        findings: of the last answer of the gate, where it delays or blocks.
        since: when they were referred.
        asked_at: when the gate was last asked.
    """

    person: str
    course: str
    waits_for: WaitsFor
    findings: tuple[JudgedFinding, ...]
    since: datetime | None
    asked_at: datetime | None


def waiting(
    practice: Practice,
    at: datetime,
    policy: SitePolicy | None,
    *,
    only: frozenset[str] | None = None,
    limit: int = 200,
) -> tuple[tuple[Waiting, ...], int]:
    """Return who was referred and has had no treatment yet, the longest wait first, and how many there are in all.

    Args:
        practice: whose.
        at: the moment for which it is said.
        policy: that says how old an answer of the gate may be; None: it is not asked.
        only: these people; None for everybody.
        limit: how many are told of at most.
    """
    person, course = PERSON_INDEX.c, COURSE_INDEX.c
    own_course = COURSE_INDEX.alias("any_course")
    none_yet = ~sa.exists().where(own_course.c.person == person.person)
    before = course.state.in_([CourseState.REFERRED.value, CourseState.SCREENING.value])
    statement = (
        sa.select(person.person, person.referred_at, course.course)
        .select_from(PERSON_INDEX.outerjoin(COURSE_INDEX, sa.and_(course.person == person.person, before)))
        .where(sa.or_(course.course.is_not(None), none_yet))
        .order_by(person.referred_at, person.person)
    )
    with practice.record.reading() as connection:
        rows = connection.execute(statement).all()
    all_of_them = [row for row in rows if only is None or row.person in only]
    found = tuple(
        waits_for(
            practice,
            row.person,
            row.course or "",
            at,
            policy,
            None if row.referred_at is None else time_of(row.referred_at),
        )
        for row in all_of_them[:limit]
    )
    return found, len(all_of_them)


def waits_for(
    practice: Practice,
    person: str,
    course_id: str,
    at: datetime,
    policy: SitePolicy | None,
    since: datetime | None = None,
) -> Waiting:
    """Return what stands between a person and their next session in a course."""
    course = practice.load(COURSE, course_id).state if course_id else None
    file = practice.load(PERSON, person).state
    judged = file.judgements[-1] if file is not None and file.judgements else None
    asked_at = None if judged is None else judged.at

    def found(what: WaitsFor, findings: tuple[JudgedFinding, ...] = ()) -> Waiting:
        return Waiting(person, course_id, what, findings, since, asked_at)

    if course is None:
        return found(WaitsFor.COURSE)
    if course.state is CourseState.ACTIVE:
        return found(WaitsFor.SESSION)
    if judged is None or file is None:
        return found(WaitsFor.GATE)
    overridden = {(f.rule, f.key) for one in file.overrides if one.counts(at) for f in one.findings}
    standing = tuple(
        f for f in judged.findings if f.effect in ("block", "delay") and (f.rule, f.key) not in overridden
    )
    if standing:
        blocks = any(f.effect == "block" for f in standing)
        return found(WaitsFor.GATE_BLOCKS if blocks else WaitsFor.GATE_DELAYS, standing)
    if policy is not None and hours_between(judged.at, at) > policy.before.gate_age.value:
        return found(WaitsFor.GATE_OLD)
    if not course.protocol:
        return found(WaitsFor.PROTOCOL)
    if consent_current(practice, person, at) is not True:
        return found(WaitsFor.CONSENT)
    return found(WaitsFor.START)
