"""Courses without whose they are: for research that may not know.

There are no names, no ids of the record and no dates: a course has a number that cannot be traced without the clinic's
secret, and time counts in days from its first dose. Free text stays where it is. Rare combinations can still point to a
person whom a reader knows; whoever gets these rows is named in the access log.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from ataraxy.practice import lists
from ataraxy.practice.practice import Practice
from ataraxy.practice.projections import COURSE_INDEX, SESSION_INDEX
from ataraxy.therapy.course import CourseState
from ataraxy.therapy.session.adverse_event import OTHER, TERMS

SECONDS_OF_A_DAY = 86_400
# A score this long before the first dose still says how the person was.
BEFORE = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class DeidentifiedScore:
    """A score: instrument, points, and days from the first dose (before it: negative)."""

    instrument: str
    day: float
    total: float


@dataclass(frozen=True, slots=True)
class DeidentifiedEvent:
    """An adverse event: in which session, what, how severe, and days from the first dose."""

    session: int
    term: str
    grade: int
    serious: bool
    day: float


@dataclass(frozen=True, slots=True)
class DeidentifiedCourse:
    """A course with a first dose.

    Attributes:
        subject: untraceable without the clinic's secret; the same in every export.
        disorder, protocol, protocol_version, state, why_ended, simulated: as in the record.
        doses: (number of the session, day, mg of free base or None while it goes on), in order.
        scores, adverse_events: in order of their time.
    """

    subject: str
    disorder: str
    protocol: str
    protocol_version: str
    state: CourseState
    why_ended: str
    simulated: bool
    doses: tuple[tuple[int, float, float | None], ...]
    scores: tuple[DeidentifiedScore, ...]
    adverse_events: tuple[DeidentifiedEvent, ...]


def deidentified_courses(practice: Practice, secret: bytes) -> tuple[DeidentifiedCourse, ...]:
    """Return every course in which a dose was given, in the order of their subject numbers.

    Scores count for a course from 90 days before its first dose until the first dose of the person's next course.

    Args:
        practice: whose courses.
        secret: of the clinic; with another one the subjects have other numbers.
    """
    sessions: dict[str, list[lists.SessionRow]] = defaultdict(list)
    for session in lists.sessions(practice):
        if session.first_dose_at is not None:
            sessions[session.course].append(session)
    scores: dict[str, list[lists.ScoreRow]] = defaultdict(list)
    for score in lists.scores(practice):
        scores[score.person].append(score)
    events: dict[str, list[lists.AdverseEventRow]] = defaultdict(list)
    for event in lists.adverse_events(practice):
        events[event.session].append(event)
    begun = {course: min(_dosed_at(row) for row in rows) for course, rows in sessions.items()}
    courses = [row for row in lists.courses(practice) if row.course in begun]
    starts: dict[str, list[datetime]] = defaultdict(list)
    for row in courses:
        starts[row.person].append(begun[row.course])
    found = []
    for row in courses:
        start = begun[row.course]
        mine = sorted(sessions[row.course], key=_dosed_at)
        next_start = min((one for one in starts[row.person] if one > start), default=None)
        found.append(
            DeidentifiedCourse(
                subject=_subject(row.course, secret),
                disorder=row.disorder,
                protocol=row.protocol,
                protocol_version=row.protocol_version,
                state=row.state,
                why_ended=row.why_ended,
                simulated=row.simulated,
                doses=tuple((s.number, _day(_dosed_at(s), start), s.given_mg_base) for s in mine),
                scores=tuple(
                    DeidentifiedScore(s.instrument, _day(s.at, start), s.total)
                    for s in scores[row.person]
                    if s.at >= start - BEFORE and (next_start is None or s.at < next_start)
                ),
                adverse_events=tuple(
                    DeidentifiedEvent(
                        s.number, e.term if e.term in TERMS else OTHER, e.grade, e.serious, _day(e.at, start)
                    )
                    for s in mine
                    for e in events[s.session]
                ),
            )
        )
    return tuple(sorted(found, key=lambda course: course.subject))


@dataclass(frozen=True, slots=True)
class CourseGroup:
    """How many courses with a dose there are of one disorder and protocol version, and how many are simulated."""

    disorder: str
    protocol: str
    protocol_version: str
    courses: int
    simulated: int


def course_groups(practice: Practice) -> tuple[CourseGroup, ...]:
    """Return the groups of courses in which a dose was given, by name; counted by the database."""
    course, session = COURSE_INDEX.c, SESSION_INDEX.c
    dosed = sa.exists().where(session.course == course.course, session.first_dose_at.is_not(None))
    named = (course.disorder, course.protocol, course.protocol_version)
    statement = (
        sa.select(*named, sa.func.count(), sa.func.sum(sa.cast(course.simulated, sa.Integer)))
        .where(dosed)
        .group_by(*named)
        .order_by(*named)
    )
    with practice.record.reading() as connection:
        return tuple(CourseGroup(*row) for row in connection.execute(statement))


def _dosed_at(session: lists.SessionRow) -> datetime:
    assert session.first_dose_at is not None
    return session.first_dose_at


def _day(at: datetime, start: datetime) -> float:
    return round((at - start).total_seconds() / SECONDS_OF_A_DAY, 3)


def _subject(course: str, secret: bytes) -> str:
    digest = hmac.new(secret, f"subject|{course}".encode(), hashlib.sha256).hexdigest()
    return f"S-{digest[:10]}"
