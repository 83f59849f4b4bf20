"""One person's course on one time axis: what was rated, given, seen and decided, and when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from ataraxy.practice import lists
from ataraxy.practice.aggregate import PersonFile
from ataraxy.practice.lists import AdverseEventRow, CourseRow, GateRow, ScoreRow, SessionRow
from ataraxy.practice.people import person_file
from ataraxy.practice.practice import Practice
from ataraxy.therapy.instruments.instrument import Instrument
from ataraxy.therapy.override import GateOverride
from ataraxy.therapy.relief import Relief, ReliefRule, time_to_relief


@dataclass(frozen=True, slots=True)
class Timeline:
    """What happened to a person.

    Attributes:
        file: the chart with what was said about it.
        courses: the latest first.
        sessions, adverse_events, scores, gates: in the order of their times.
        overrides: of the gate.
    """

    file: PersonFile
    courses: tuple[CourseRow, ...]
    sessions: tuple[SessionRow, ...]
    adverse_events: tuple[AdverseEventRow, ...]
    scores: tuple[ScoreRow, ...]
    gates: tuple[GateRow, ...]
    overrides: tuple[GateOverride, ...]

    @property
    def course(self) -> CourseRow | None:
        """Return the latest course."""
        return self.courses[0] if self.courses else None

    @property
    def simulated(self) -> bool:
        """Return whether the person is simulated."""
        return any(course.simulated for course in self.courses)

    @property
    def first_dose_at(self) -> datetime | None:
        """Return when the latest course's first drug was given; None before."""
        course = self.course
        times = [
            row.first_dose_at
            for row in self.sessions
            if row.first_dose_at is not None and course is not None and row.course == course.course
        ]
        return min(times, default=None)

    def by_instrument(self) -> Mapping[str, tuple[ScoreRow, ...]]:
        """Return the scores of each instrument, the instrument with the most scores first."""
        found: dict[str, list[ScoreRow]] = {}
        for row in self.scores:
            found.setdefault(row.instrument, []).append(row)
        return {
            name: tuple(rows) for name, rows in sorted(found.items(), key=lambda kv: (-len(kv[1]), kv[0]))
        }


def timeline(practice: Practice, person: str) -> Timeline:
    """Return what happened to a person. Raises Refusal where nobody of this id is known (``person.unknown``)."""
    file = person_file(practice, person)
    return Timeline(
        file,
        lists.courses(practice, person=person),
        lists.sessions(practice, person=person),
        lists.adverse_events(practice, person=person),
        lists.scores(practice, person=person),
        lists.gate_answers(practice, person=person),
        file.overrides,
    )


def reliefs(shown: Timeline, instruments: Iterable[Instrument]) -> tuple[Relief, ...]:
    """Return the time to relief by each scale that has a published response and was rated in the latest course.

    Relief is the response that the instrument's definition states: the share of the baseline that must be lost.
    """
    first = shown.first_dose_at
    if first is None:
        return ()
    rated = {row.instrument for row in shown.scores}
    scores = [(row.instrument, row.total, row.at) for row in shown.scores]
    return tuple(
        time_to_relief(
            scores,
            first,
            ReliefRule(
                instrument=one.id,
                kind="percent_fall",
                value=Decimal(str(one.response.value)) * 100,
                lower_is_better=one.higher_is == "worse",
            ),
        )
        for one in instruments
        if one.response is not None and one.id in rated
    )
