"""What pages and reports ask of many histories at once. Answers are opaque ids, codes, numbers and times."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ataraxy.practice.practice import Practice
from ataraxy.practice.projections import (
    ADVERSE_EVENT_INDEX,
    ALERT_INDEX,
    CONSENT_INDEX,
    COURSE_INDEX,
    FOLLOW_UP_INDEX,
    GATE_FINDING_INDEX,
    GATE_INDEX,
    NEAR_MISS_INDEX,
    PERSON_INDEX,
    SCORE_INDEX,
    SESSION_INDEX,
)
from ataraxy.record.entry import time_of, time_text
from ataraxy.therapy.course import CourseState
from ataraxy.therapy.session.state import SessionState

_SESSION_ENDS = tuple(state.value for state in SessionState if state.ended)
_COURSE_ENDS = tuple(state.value for state in CourseState if state.ended)


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person: when referred, for what, and what the gate said last (before overrides)."""

    person: str
    referred_at: datetime | None
    disorder: str
    protocol: str
    protocol_version: str
    decision: str
    decided_at: datetime | None
    overridden_at: datetime | None


@dataclass(frozen=True, slots=True)
class CourseRow:
    """A course and where it stands."""

    course: str
    person: str
    state: CourseState
    disorder: str
    protocol: str
    protocol_version: str
    planned_sessions: int
    simulated: bool
    opened_at: datetime | None
    ended_at: datetime | None
    why_ended: str


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session and where it stands.

    Attributes:
        session, person, course: opaque ids.
        number: of it in the course, from 1.
        state, state_at: where it stands and since when.
        scheduled_at: when it is planned.
        disposition: what became of the person; empty until it has ended.
        first_dose_at: None where no drug was given.
        dosing_ended_at: None while the dose runs; not to be relied on where the delivery was corrected.
        delivery_corrected: whether it was.
        given_mg_base: known once the session has ended.
    """

    session: str
    person: str
    course: str
    number: int
    state: SessionState
    scheduled_at: datetime | None
    state_at: datetime | None
    disposition: str
    first_dose_at: datetime | None
    dosing_ended_at: datetime | None
    delivery_corrected: bool
    given_mg_base: float | None


@dataclass(frozen=True, slots=True)
class ContactRow:
    """A follow-up as it took place: which of the policy's, when, and whether the person was reached."""

    plan: str
    at: datetime
    reached: bool


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """A score as it was recorded; `seq` is the number of its entry."""

    seq: int
    person: str
    instrument: str
    total: float
    at: datetime
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AdverseEventRow:
    """An adverse event as it was last charted."""

    seq: int
    session: str
    event: str
    term: str
    grade: int
    serious: bool
    outcome: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AlertRow:
    """An alert and how it stands."""

    alert: str
    person: str
    kind: str
    urgency: str
    session: str
    assigned: str
    raised_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str
    escalated_at: datetime | None
    escalated_to: str


@dataclass(frozen=True, slots=True)
class ConsentRow:
    """A consent."""

    consent: str
    person: str
    protocol: str
    protocol_version: str
    basis: str
    given_at: datetime
    withdrawn_at: datetime | None


@dataclass(frozen=True, slots=True)
class GateRow:
    """One answer of the gate, before overrides."""

    seq: int
    person: str
    decision: str
    rules: str
    rules_version: int
    at: datetime


def people(practice: Practice, only: Iterable[str] | None = None) -> tuple[PersonRow, ...]:
    """Return all people, or those that are named, the latest referral first."""
    statement = sa.select(PERSON_INDEX).order_by(PERSON_INDEX.c.referred_at.desc(), PERSON_INDEX.c.person)
    if only is not None:
        statement = statement.where(PERSON_INDEX.c.person.in_(sorted(only)))
    return tuple(
        PersonRow(
            row.person,
            _time(row.referred_at),
            row.disorder,
            row.protocol,
            row.protocol_version,
            row.decision,
            _time(row.decided_at),
            _time(row.overridden_at),
        )
        for row in _rows(practice, statement)
    )


def courses(
    practice: Practice, *, person: str | None = None, open_only: bool = False
) -> tuple[CourseRow, ...]:
    """Return courses, the latest first: of one person, or of all; those that go on, or all."""
    statement = sa.select(COURSE_INDEX).order_by(COURSE_INDEX.c.opened_at.desc(), COURSE_INDEX.c.course)
    if person is not None:
        statement = statement.where(COURSE_INDEX.c.person == person)
    if open_only:
        statement = statement.where(COURSE_INDEX.c.state.not_in(_COURSE_ENDS))
    return tuple(
        CourseRow(
            row.course,
            row.person,
            CourseState(row.state),
            row.disorder,
            row.protocol,
            row.protocol_version,
            row.planned_sessions,
            bool(row.simulated),
            _time(row.opened_at),
            _time(row.ended_at),
            row.why_ended,
        )
        for row in _rows(practice, statement)
    )


def sessions(
    practice: Practice,
    *,
    since: datetime | None = None,
    before: datetime | None = None,
    person: str | None = None,
    course: str | None = None,
    open_only: bool = False,
    begun_only: bool = False,
) -> tuple[SessionRow, ...]:
    """Return sessions in the order of their planned times.

    Args:
        practice: whose.
        since, before: of the planned time, from the first and up to the second.
        person, course: of one person, of one course.
        open_only: those that have not ended.
        begun_only: with `open_only`, those in which the person is here.
    """
    statement = sa.select(SESSION_INDEX).order_by(SESSION_INDEX.c.scheduled_at, SESSION_INDEX.c.session)
    if since is not None:
        statement = statement.where(SESSION_INDEX.c.scheduled_at >= time_text(since))
    if before is not None:
        statement = statement.where(SESSION_INDEX.c.scheduled_at < time_text(before))
    if person is not None:
        statement = statement.where(SESSION_INDEX.c.person == person)
    if course is not None:
        statement = statement.where(SESSION_INDEX.c.course == course)
    if open_only:
        statement = statement.where(SESSION_INDEX.c.state.not_in(_SESSION_ENDS))
    if begun_only:
        statement = statement.where(SESSION_INDEX.c.state != SessionState.PLANNED.value)
    return tuple(
        SessionRow(
            row.session,
            row.person,
            row.course,
            row.number,
            SessionState(row.state),
            _time(row.scheduled_at),
            _time(row.state_at),
            row.disposition,
            _time(row.first_dose_at),
            _time(row.dosing_ended_at),
            bool(row.delivery_corrected),
            row.given_mg_base,
        )
        for row in _rows(practice, statement)
    )


def contacts(practice: Practice, since: datetime) -> dict[str, tuple[ContactRow, ...]]:
    """Return the follow-ups that took place of sessions that were planned since then, by session, in their order."""
    planned = sa.select(SESSION_INDEX.c.session).where(SESSION_INDEX.c.scheduled_at >= time_text(since))
    # put in order here: asked to do it, a database reads the contacts of all years
    statement = sa.select(FOLLOW_UP_INDEX).where(FOLLOW_UP_INDEX.c.session.in_(planned))
    found: dict[str, list[ContactRow]] = {}
    for row in sorted(_rows(practice, statement), key=lambda row: row.seq):
        found.setdefault(row.session, []).append(ContactRow(row.plan, time_of(row.at), bool(row.reached)))
    return {session: tuple(rows) for session, rows in found.items()}


def sessions_of_now(practice: Practice, since: datetime, before: datetime) -> tuple[SessionRow, ...]:
    """Return the sessions of a day, and those in which somebody is still here from another."""
    of_the_day = sessions(practice, since=since, before=before)
    known = {row.session for row in of_the_day}
    here = sessions(practice, open_only=True, begun_only=True)
    return (*(row for row in here if row.session not in known), *of_the_day)


def scores(
    practice: Practice, *, person: str | None = None, instrument: str | None = None
) -> tuple[ScoreRow, ...]:
    """Return scores in the order of their times."""
    statement = sa.select(SCORE_INDEX).order_by(SCORE_INDEX.c.at, SCORE_INDEX.c.seq)
    if person is not None:
        statement = statement.where(SCORE_INDEX.c.person == person)
    if instrument is not None:
        statement = statement.where(SCORE_INDEX.c.instrument == instrument)
    return tuple(
        ScoreRow(row.seq, row.person, row.instrument, row.total, time_of(row.at), tuple(row.flags.split()))
        for row in _rows(practice, statement)
    )


def adverse_events(practice: Practice, *, person: str | None = None) -> tuple[AdverseEventRow, ...]:
    """Return adverse events as they were last charted, in the order of their beginning."""
    statement = sa.select(ADVERSE_EVENT_INDEX).order_by(ADVERSE_EVENT_INDEX.c.at, ADVERSE_EVENT_INDEX.c.seq)
    if person is not None:
        theirs = sa.select(SESSION_INDEX.c.session).where(SESSION_INDEX.c.person == person)
        statement = statement.where(ADVERSE_EVENT_INDEX.c.session.in_(theirs))
    return tuple(
        AdverseEventRow(
            row.seq,
            row.session,
            row.event,
            row.term,
            row.grade,
            bool(row.serious),
            row.outcome,
            time_of(row.at),
        )
        for row in _rows(practice, statement)
    )


def alerts(practice: Practice, *, person: str | None = None, open_only: bool = False) -> tuple[AlertRow, ...]:
    """Return alerts, the latest first."""
    statement = sa.select(ALERT_INDEX).order_by(ALERT_INDEX.c.raised_at.desc(), ALERT_INDEX.c.alert)
    if person is not None:
        statement = statement.where(ALERT_INDEX.c.person == person)
    if open_only:
        statement = statement.where(ALERT_INDEX.c.acknowledged_at.is_(None))
    return tuple(
        AlertRow(
            row.alert,
            row.person,
            row.kind,
            row.urgency,
            row.session,
            row.assigned,
            time_of(row.raised_at),
            _time(row.acknowledged_at),
            row.acknowledged_by,
            _time(row.escalated_at),
            row.escalated_to,
        )
        for row in _rows(practice, statement)
    )


def open_alerts_by_urgency(practice: Practice) -> dict[str, int]:
    """Return how many alerts nobody has acknowledged, by urgency."""
    statement = (
        sa.select(ALERT_INDEX.c.urgency, sa.func.count())
        .where(ALERT_INDEX.c.acknowledged_at.is_(None))
        .group_by(ALERT_INDEX.c.urgency)
    )
    return {str(row[0]): int(row[1]) for row in _rows(practice, statement)}


def consents(practice: Practice, *, person: str | None = None) -> tuple[ConsentRow, ...]:
    """Return consents, the latest first."""
    statement = sa.select(CONSENT_INDEX).order_by(CONSENT_INDEX.c.given_at.desc(), CONSENT_INDEX.c.consent)
    if person is not None:
        statement = statement.where(CONSENT_INDEX.c.person == person)
    return tuple(
        ConsentRow(
            row.consent,
            row.person,
            row.protocol,
            row.protocol_version,
            row.basis,
            time_of(row.given_at),
            _time(row.withdrawn_at),
        )
        for row in _rows(practice, statement)
    )


def gate_answers(practice: Practice, *, person: str | None = None) -> tuple[GateRow, ...]:
    """Return the answers of the gate in their order."""
    statement = sa.select(GATE_INDEX).order_by(GATE_INDEX.c.seq)
    if person is not None:
        statement = statement.where(GATE_INDEX.c.person == person)
    return tuple(
        GateRow(row.seq, row.person, row.decision, row.rules, row.rules_version, time_of(row.at))
        for row in _rows(practice, statement)
    )


def gate_findings(practice: Practice) -> dict[tuple[str, str, str], int]:
    """Return how often each rule was found so: (rule, status, effect) -> number of answers."""
    table = GATE_FINDING_INDEX
    statement = sa.select(table.c.rule, table.c.status, table.c.effect, sa.func.count()).group_by(
        table.c.rule, table.c.status, table.c.effect
    )
    return {(rule, status, effect): count for rule, status, effect, count in _rows(practice, statement)}


def near_misses(practice: Practice) -> int:
    """Return how many preparations were refused."""
    return int(_rows(practice, sa.select(sa.func.count()).select_from(NEAR_MISS_INDEX))[0][0])


def patient_of(practice: Practice, session: str) -> str | None:
    """Return whose session it is; None where there is none."""
    rows = _rows(practice, sa.select(SESSION_INDEX.c.person).where(SESSION_INDEX.c.session == session))
    return str(rows[0].person) if rows else None


def _rows(practice: Practice, statement: sa.Select[Any]) -> Sequence[Any]:
    with practice.record.reading() as connection:
        return connection.execute(statement).all()


def _time(text: str | None) -> datetime | None:
    return None if text is None else time_of(text)
