"""What a clinic's courses came to: gates, sessions, scores, time to relief, adverse events. Counts, never names."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any, Final

from ataraxy.exchange.instrument_file import instruments
from ataraxy.practice import lists
from ataraxy.practice.practice import Practice
from ataraxy.therapy.course import CourseState
from ataraxy.therapy.instruments.instrument import Instrument
from ataraxy.therapy.relief import ReliefRule, time_to_relief

SCHEMA: Final = "ataraxy.clinic-report/1"


@dataclass(frozen=True, slots=True)
class ScaleResult:
    """One scale, over courses with a score before the first dose and one after it.

    Attributes:
        instrument: its id.
        courses: how many.
        before, after: median points before the first dose and at the last score.
        responded, remitted: at the last score by the rules of the scale; None where it has none.
        relieved: ever fulfilled the rule of response.
        relief_h: median hours from the first dose to the score at which that was first seen; None where nobody was.
    """

    instrument: str
    courses: int
    before: float
    after: float
    responded: int | None
    remitted: int | None
    relieved: int | None
    relief_h: float | None


@dataclass(frozen=True, slots=True)
class ClinicReport:
    """A clinic in counts.

    Attributes:
        people, simulated_courses, courses: how many; `courses` by state, with the reason where they ended.
        treated: courses with at least one dose; `dropouts`: those of them that ended before completion, by state and
            reason; `dropouts_by_doses`: the same by the number of doses that were begun.
        decisions: answers of the gate; `deciding`: rules that stood in the way, with how often.
        sessions: by state and disposition; `dosed`: in which drug was given.
        near_misses: preparations that were refused.
        adverse_events: (term, grade) -> how many.
        alerts, climbed: how many were raised by kind; how many climbed.
        scales: what came of the scores.
    """

    people: int
    simulated_courses: int
    courses: Mapping[str, int]
    treated: int
    dropouts: Mapping[str, int]
    dropouts_by_doses: Mapping[int, int]
    decisions: Mapping[str, int]
    deciding: Mapping[str, int]
    sessions: Mapping[str, int]
    dosed: int
    near_misses: int
    adverse_events: Mapping[tuple[str, int], int]
    serious: int
    alerts: Mapping[str, int]
    climbed: int
    scales: tuple[ScaleResult, ...]


def clinic_report(practice: Practice) -> ClinicReport:
    """Return what a clinic's courses came to so far."""
    courses = lists.courses(practice)
    sessions = lists.sessions(practice)
    events = lists.adverse_events(practice)
    alerts = lists.alerts(practice)
    findings = lists.gate_findings(practice)
    deciding: Counter[str] = Counter()
    for (rule, _, effect), count in findings.items():
        if effect != "caution":
            deciding[rule] += count
    doses = Counter(session.course for session in sessions if session.first_dose_at is not None)
    left = [
        course
        for course in courses
        if doses[course.course] and course.state in (CourseState.WITHDRAWN, CourseState.STOPPED)
    ]
    return ClinicReport(
        people=len(lists.people(practice)),
        simulated_courses=sum(course.simulated for course in courses),
        courses=_counted(f"{c.state.value}{_why(c)}" for c in courses),
        treated=sum(1 for course in courses if doses[course.course]),
        dropouts=_counted(f"{c.state.value}{_why(c)}" for c in left),
        dropouts_by_doses=dict(sorted(Counter(doses[c.course] for c in left).items())),
        decisions=_counted(answer.decision for answer in lists.gate_answers(practice)),
        deciding=dict(deciding.most_common()),
        sessions=_counted(s.disposition or s.state.value for s in sessions),
        dosed=sum(1 for s in sessions if s.first_dose_at is not None),
        near_misses=lists.near_misses(practice),
        adverse_events=dict(sorted(Counter((e.term, e.grade) for e in events).items())),
        serious=sum(e.serious for e in events),
        alerts=_counted(alert.kind for alert in alerts),
        climbed=sum(alert.escalated_at is not None for alert in alerts),
        scales=_scales(practice, sessions),
    )


def _why(course: lists.CourseRow) -> str:
    named = course.why_ended not in ("", course.state.value)
    return f": {course.why_ended.replace('_', ' ')}" if named else ""


def _counted(words: Any) -> dict[str, int]:
    return dict(Counter(words).most_common())


def _scales(practice: Practice, sessions: Sequence[lists.SessionRow]) -> tuple[ScaleResult, ...]:
    first_dose: dict[str, datetime] = {}
    for session in sessions:
        if session.first_dose_at is not None:
            known = first_dose.get(session.person)
            first_dose[session.person] = min(known, session.first_dose_at) if known else session.first_dose_at
    found: dict[str, dict[str, list[lists.ScoreRow]]] = defaultdict(lambda: defaultdict(list))
    for score in lists.scores(practice):
        if score.person in first_dose:
            found[score.instrument][score.person].append(score)
    results = []
    for name, people in sorted(found.items()):
        instrument = instruments().get(name)
        if instrument is not None:
            result = _scale(instrument, people, first_dose)
            if result is not None:
                results.append(result)
    return tuple(results)


def _scale(
    instrument: Instrument, people: Mapping[str, list[lists.ScoreRow]], first_dose: Mapping[str, datetime]
) -> ScaleResult | None:
    before, after, hours = [], [], []
    responded = remitted = relieved = 0
    response, remission = instrument.response, instrument.remission
    for person, scores in people.items():
        start = first_dose[person]
        earlier = [s for s in scores if s.at <= start]
        later = [s for s in scores if s.at > start]
        if not earlier or not later:
            continue
        baseline, last = earlier[-1].total, later[-1].total
        before.append(baseline)
        after.append(last)
        if remission is not None:
            remitted += int(last <= remission.value)
        if response is None:
            continue
        responded += int(baseline > instrument.low and _fall(instrument, baseline, last) >= response.value)
        rule = ReliefRule(
            instrument=instrument.id,
            kind="percent_fall",
            value=str(100 * response.value),
        )
        rows = [(s.instrument, s.total - instrument.low, s.at) for s in scores]
        relief = time_to_relief(rows, start, rule)
        if relief.status == "relief" and relief.hours is not None:
            relieved += 1
            hours.append(float(relief.hours))
    if not before:
        return None
    return ScaleResult(
        instrument.id,
        len(before),
        median(before),
        median(after),
        None if response is None else responded,
        None if remission is None else remitted,
        None if response is None else relieved,
        median(hours) if hours else None,
    )


def _fall(instrument: Instrument, baseline: float, last: float) -> float:
    return (baseline - last) / (baseline - instrument.low)


def as_json(report: ClinicReport) -> dict[str, Any]:
    """Return a report as JSON values, schema `ataraxy.clinic-report/1`."""
    return {
        "schema": SCHEMA,
        "people": report.people,
        "simulated_courses": report.simulated_courses,
        "courses": dict(report.courses),
        "treated_courses": report.treated,
        "dropouts": {
            "by_reason": dict(report.dropouts),
            "by_doses": [
                {"doses": doses, "count": count} for doses, count in report.dropouts_by_doses.items()
            ],
        },
        "gate": {"answers": dict(report.decisions), "rules_in_the_way": dict(report.deciding)},
        "sessions": {**report.sessions, "with_a_dose": report.dosed},
        "near_misses": report.near_misses,
        "adverse_events": [
            {"term": term, "grade": grade, "count": count}
            for (term, grade), count in report.adverse_events.items()
        ],
        "serious_adverse_events": report.serious,
        "alerts": {"raised": dict(report.alerts), "climbed": report.climbed},
        "scales": [
            {
                "instrument": s.instrument,
                "courses": s.courses,
                "median_before": s.before,
                "median_after": s.after,
                "responded": s.responded,
                "remitted": s.remitted,
                "relieved_at_some_time": s.relieved,
                "median_hours_to_relief": s.relief_h,
            }
            for s in report.scales
        ],
    }
