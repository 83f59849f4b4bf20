"""People page by page, and people by name. Names are opened in this process and leave no trace in any address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any, Final
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from ataraxy.practice.aggregate import PERSON
from ataraxy.practice.practice import Practice
from ataraxy.practice.projections import COURSE_INDEX, PERSON_INDEX, SESSION_INDEX
from ataraxy.record.entry import time_of, time_text
from ataraxy.record.keys import ERASED, ERASED_PATIENT
from ataraxy.record.schema import ENTRY
from ataraxy.therapy.course import CourseState
from ataraxy.therapy.session.state import SessionState

OPEN: Final = (CourseState.REFERRED, CourseState.SCREENING, CourseState.ACTIVE)


@dataclass(frozen=True, slots=True)
class PersonInCare:
    """A person with the latest of their courses and their next session.

    Attributes:
        person: opaque id.
        referred_at: when.
        disorder: code of what treatment is sought for; empty where it is not recorded.
        decision: of the gate, before overrides; empty where it was not asked.
        course, state: the latest course; empty and None where there is none.
        simulated: whether the person is.
        next_session_at: when the next session is planned.
    """

    person: str
    referred_at: datetime | None
    disorder: str
    decision: str
    course: str
    state: CourseState | None
    simulated: bool
    next_session_at: datetime | None


def people_in_care(
    practice: Practice,
    *,
    only: frozenset[str] | None = None,
    state: str = "",
    at: datetime,
    offset: int = 0,
    limit: int = 50,
) -> tuple[tuple[PersonInCare, ...], int]:
    """Return one page of people, the latest referral first, and how many there are in all.

    Args:
        practice: whose.
        only: these people; None for everybody.
        state: of their latest course: one of `CourseState`, ``open``, ``none``; empty for all.
        at: sessions before this are no next ones.
        offset, limit: which page.
    """
    person, course = PERSON_INDEX.c, COURSE_INDEX.c
    theirs = COURSE_INDEX.alias("theirs").c
    latest = (
        sa.select(theirs.course)
        .where(theirs.person == person.person)
        .order_by(theirs.opened_at.desc(), theirs.course)
        .limit(1)
        .correlate(PERSON_INDEX)
        .scalar_subquery()
    )
    joined = PERSON_INDEX.outerjoin(COURSE_INDEX, course.course == latest)
    following = (
        sa.select(sa.func.min(SESSION_INDEX.c.scheduled_at))
        .where(
            SESSION_INDEX.c.person == person.person,
            SESSION_INDEX.c.state == SessionState.PLANNED.value,
            SESSION_INDEX.c.scheduled_at >= time_text(at),
        )
        .scalar_subquery()
    )
    conditions: list[sa.ColumnElement[bool]] = []
    if only is not None:
        conditions.append(person.person.in_(sorted(only)))
    if state == "none":
        conditions.append(course.course.is_(None))
    elif state == "open":
        conditions.append(course.state.in_([one.value for one in OPEN]))
    elif state:
        conditions.append(course.state == state)
    statement = (
        sa.select(
            person.person,
            person.referred_at,
            person.disorder,
            person.decision,
            course.course,
            course.state,
            course.disorder.label("course_disorder"),
            course.simulated,
            following.label("following"),
        )
        .select_from(joined)
        .where(*conditions)
        .order_by(person.referred_at.desc(), person.person)
        .offset(offset)
        .limit(limit)
    )
    counted = sa.select(sa.func.count()).select_from(joined).where(*conditions)
    with practice.record.reading() as connection:
        rows = connection.execute(statement).all()
        count = int(connection.scalar(counted) or 0)
    return tuple(_person(row) for row in rows), count


def _person(row: Any) -> PersonInCare:
    return PersonInCare(
        person=row.person,
        referred_at=None if row.referred_at is None else time_of(row.referred_at),
        disorder=row.disorder or row.course_disorder or "",
        decision=row.decision,
        course=row.course or "",
        state=None if row.state is None else CourseState(row.state),
        simulated=bool(row.simulated),
        next_session_at=None if row.following is None else time_of(row.following),
    )


def people_named(practice: Practice, text: str, only: frozenset[str] | None = None) -> tuple[str, ...]:
    """Return the opaque ids of people whose name has every word of a text at the beginning of one of its words.

    Names are opened once in each process, and thrown away when anybody is erased.
    """
    wanted = text.casefold().split()
    if not wanted:
        return ()
    names = _names(practice)
    return tuple(
        person
        for person, words in names.items()
        if (only is None or person in only)
        and all(any(word.startswith(one) for word in words) for one in wanted)
    )


class _Known:
    def __init__(self) -> None:
        self.seq = 0
        self.erased = 0
        self.words: dict[str, tuple[str, ...]] = {}


_KNOWN: WeakKeyDictionary[Practice, _Known] = WeakKeyDictionary()
_LOCK = Lock()


def _names(practice: Practice) -> dict[str, tuple[str, ...]]:
    statement = (
        sa.select(ENTRY.c.seq, ENTRY.c.stream)
        .where(ENTRY.c.kind == "person.identified", ENTRY.c.seq > sa.bindparam("after"))
        .order_by(ENTRY.c.seq)
    )
    prefix = PERSON.stream("")
    with _LOCK:
        known = _KNOWN.setdefault(practice, _Known())
        with practice.record.reading() as connection:
            erased = connection.scalar(sa.select(sa.func.count()).select_from(ERASED_PATIENT)) or 0
            if erased != known.erased:
                known.seq, known.words, known.erased = 0, {}, erased
            found = connection.execute(statement, {"after": known.seq}).all()
        for seq, stream in found:
            for entry in practice.record.entries(stream, after=seq - 1, until=seq):
                name = practice.record.opened(entry).get("name", "")
                person = stream.removeprefix(prefix)
                known.words[person] = () if name is ERASED else tuple(str(name).casefold().split())
            known.seq = seq
        return dict(known.words)
