"""Scores of rating scales: scored by the rules of the instrument, with the alerts that they call for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ataraxy.errors import InputError
from ataraxy.practice.aggregate import ALERTS, PERSON
from ataraxy.practice.practice import Done, Practice, Step
from ataraxy.practice.sessions import alert_id
from ataraxy.practice.site import policy_in_force
from ataraxy.therapy import alert as alert_decide
from ataraxy.therapy import chart_decide
from ataraxy.therapy.actor import Actor, Role
from ataraxy.therapy.alert import AlertWanted, evolve_alerts
from ataraxy.therapy.chart_events import ScoreRecorded
from ataraxy.therapy.instruments.instrument import Instrument
from ataraxy.therapy.instruments.scoring import flagged, score, total_only
from ataraxy.therapy.patient_chart import PatientChart
from ataraxy.therapy.scale_score import ScaleScore

# A flag of this name is an answer about dying; everybody must hear of it at once.
SUICIDALITY = "suicidality"


def patient_as_actor(person: str) -> Actor:
    """Return the person as the author of answers that they gave themselves."""
    return Actor(id=person, roles=frozenset({Role.PATIENT}))


def record_score(
    practice: Practice,
    person: str,
    instrument: Instrument,
    *,
    answers: Sequence[int | None] | None = None,
    total: float | None = None,
    by: Actor,
    key: str | None = None,
    at: datetime | None = None,
    session: str = "",
) -> Done:
    """Record a score, and raise what somebody must see: answers about dying, and worsening since the baseline.

    Args:
        practice: where it is recorded.
        person: opaque id.
        instrument: by whose rules it is scored.
        answers: to all items in order, None where one was left out; or
        total: points that were added up elsewhere.
        by: who records: a member of staff, or the person through a link of the clinic.
        key: names the request.
        at: when the person answered or was rated; now where it is left out.
        session: the session that it belongs to, if any.

    Raises:
        InputError: as `ataraxy.therapy.instruments.scoring` does; ``score.one`` where there are both answers and a
            total, or neither; ``score.item-to-see`` where an item that somebody must see the answer of was left out.
        Refusal: as `ataraxy.therapy.chart_decide.record` does.
    """
    if (answers is None) == (total is None):
        raise InputError(
            "a score needs either the answers or the total",
            code="score.one",
            remedy="Give one of them",
            where=instrument.id,
        )

    def steps() -> Sequence[Step]:
        when = at or practice.now()
        rater = "" if Role.PATIENT in by.roles or instrument.rated_by == "self" else by.id
        if answers is not None:
            _hard_item_answered(instrument, answers)
            new = score(instrument, answers, at=when, rater=rater)
        else:
            assert total is not None
            new = total_only(instrument, total, at=when, rater=rater)
        loaded = practice.load(PERSON, person)
        chart = None if loaded.state is None else loaded.state.chart
        event = ScoreRecorded(person=person, at=when, by=by.id, score=new)
        events = chart_decide.record(chart, event, actor=by, at=practice.now())
        return [
            Step(PERSON.stream(person), loaded.version, events, person),
            # raised now, however long ago the scale was answered: the ladder runs from when somebody can know
            *_alerts(practice, person, chart, instrument, new, by, practice.now(), session),
        ]

    asked = {"id": person, "instrument": instrument.id, "answers": answers, "total": total, "at": at}
    return practice.perform(steps, by=by, command="score.record", asked=asked, key=key, occurred_at=at)


def _hard_item_answered(instrument: Instrument, answers: Sequence[int | None]) -> None:
    """A mean of the other items may fill in a total; it says nothing about dying."""
    for flag in instrument.flags:
        if flag.item <= len(answers) and answers[flag.item - 1] is None:
            raise InputError(
                f"{instrument.id}: item {flag.item} was left out, and nothing else tells its answer",
                code="score.item-to-see",
                remedy="Ask for it; where only the total is known, record the total",
                where=f"item {flag.item}",
            )


def baseline_of(chart: PatientChart | None, instrument: Instrument, before: datetime) -> ScaleScore | None:
    """Return a person's first score by the instrument as it is now, before a moment; None without one."""
    if chart is None:
        return None
    earlier = [
        one
        for one in chart.scores
        if one.scale == instrument.id and one.version == instrument.version and one.at < before
    ]
    return min(earlier, key=lambda one: one.at, default=None)


def _alerts(
    practice: Practice,
    person: str,
    chart: PatientChart | None,
    instrument: Instrument,
    new: ScaleScore,
    by: Actor,
    at: datetime,
    session: str,
) -> Sequence[Step]:
    wanted = _wanted(person, instrument, new, baseline_of(chart, instrument, new.at), session)
    if not wanted:
        return ()
    policy = policy_in_force(practice)
    loaded = practice.load(ALERTS, person)
    alerts = loaded.state or ()
    events: list[alert_decide.Event] = []
    for one in wanted:
        raised = alert_decide.raise_alert(alerts, alert_id(one.key), one, by=by.id, policy=policy, at=at)
        for event in raised:
            alerts = evolve_alerts(alerts, event)
        events += raised
    return [Step(ALERTS.stream(person), loaded.version, events, person)]


def _wanted(
    person: str, instrument: Instrument, new: ScaleScore, baseline: ScaleScore | None, session: str
) -> list[AlertWanted]:
    place = f"{person}:{new.scale}:{new.at.isoformat()}"
    found = []
    flags = flagged(instrument, baseline, new)
    if SUICIDALITY in flags:
        item = next(flag.item for flag in instrument.flags if flag.id == SUICIDALITY)
        found.append(
            AlertWanted(
                key=f"score:{place}:{SUICIDALITY}",
                kind="suicide_risk",
                urgency="immediate",
                reason=f"{instrument.id}: item {item} was answered with thoughts of death or self-harm",
                session=session,
            )
        )
    if "worsening" in flags and baseline is not None:
        found.append(
            AlertWanted(
                key=f"score:{place}:worsening",
                kind="worsening",
                urgency="today",
                reason=f"{instrument.id}: {baseline.total:g} points at first, {new.total:g} now",
                session=session,
            )
        )
    return found
