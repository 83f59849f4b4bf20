"""Who may write what into a chart. Facts are recorded as they are; the gate judges them, nobody edits them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from ataraxy.therapy import chart_events as e
from ataraxy.therapy.actor import Actor, Role
from ataraxy.therapy.fact import Fact
from ataraxy.therapy.fact_kind import fact_kind, misfit
from ataraxy.therapy.moment import aware
from ataraxy.therapy.patient_chart import PatientChart
from ataraxy.therapy.refusal import Refusal
from ataraxy.therapy.taken_back import Retraction, entered

_P, _M, _T, _C = Role.PRESCRIBER, Role.MONITOR, Role.THERAPIST, Role.COORDINATOR
_CARE = frozenset({_P, _M, _T, _C})

MAY_RECORD: Mapping[str, frozenset[Role]] = MappingProxyType(
    {
        "person.referred": _CARE,
        "person.identified": _CARE,
        "chart.fact_recorded": _CARE,
        "chart.fact_retracted": frozenset({_P, _M, _T}),
        "chart.diagnosis_recorded": frozenset({_P}),
        "chart.diagnosis_retracted": frozenset({_P}),
        "chart.treatment_recorded": _CARE,
        "chart.treatment_retracted": _CARE,
        "chart.treatments_reviewed": frozenset({_P, _M, _T}),
        "chart.psychotherapy_excepted": frozenset({_P}),
        "chart.psychotherapy_exception_retracted": frozenset({_P}),
        "chart.medication_recorded": frozenset({_P, _M, _T}),
        "chart.medication_retracted": frozenset({_P, _M, _T}),
        "chart.medications_reviewed": frozenset({_P, _M}),
        "chart.review_retracted": frozenset({_P, _M, _T}),
        "chart.professional_assigned": frozenset({_P, _C}),
        "chart.protocol_chosen": frozenset({_P}),
        "consent.given": frozenset({_P, _T}),
        "consent.withdrawn": _CARE,
        "score.recorded": _CARE | {Role.PATIENT},
        "score.retracted": _CARE,
    }
)
# Asking the gate and overriding it have rules of their own.
NOT_RECORDED_HERE = ("gate.judged", "gate.overridden")


# A baseline counts every score: a slip of the year would move all that is compared with it.
OLDEST_SCORE = timedelta(days=5 * 365)


def record(chart: PatientChart | None, event: e.Event, *, actor: Actor, at: datetime) -> tuple[e.Event, ...]:
    """Return the event where the actor may record it.

    Raises:
        Refusal: ``role.not-permitted``; ``chart.future``: it is dated later than now; ``chart.other-person``;
            ``chart.unknown-consent``, ``chart.unknown-entry``: there is nothing to withdraw or take back;
            ``chart.score-old``: a score of before the person's birth, or too long ago to be meant;
            ``chart.fact``: the vocabulary has no such fact, or not with this value;
            ``chart.reason``: a retraction without one; ``chart.author``: it names another author.
    """
    may = MAY_RECORD.get(event.kind, frozenset())
    if not actor.roles & may:
        roles = ", ".join(sorted(role.label for role in actor.roles)) or "no role"
        allowed = " or a ".join(sorted(role.label for role in may))
        raise Refusal(
            f"{roles} may not record {event.kind.replace('.', ' ').replace('_', ' ')}",
            code="role.not-permitted",
            remedy=f"Ask a {allowed}" if allowed else "Ask the gate itself",
            where=actor.id,
        )
    if event.by != actor.id:
        raise Refusal(
            "the entry names somebody else as its author",
            code="chart.author",
            remedy="Enter it as the person who is signed in",
        )
    if event.at > aware(at):
        raise Refusal(
            f"the entry is dated {event.at:%Y-%m-%d %H:%M} UTC, which lies in the future",
            code="chart.future",
            remedy="Check the time",
        )
    if actor.roles == {Role.PATIENT} and actor.id != event.person:
        raise Refusal(
            "a patient answers for nobody else", code="chart.other-person", remedy="Open your own link"
        )
    if chart is not None and chart.person.id != event.person:
        raise Refusal(
            "the entry is about another person", code="chart.other-person", remedy="Open the right chart"
        )
    if isinstance(event, e.ConsentWithdrawn) and event.consent is not None:
        held = () if chart is None else chart.consents
        if not any(consent.id == event.consent for consent in held):
            raise Refusal(
                "there is no such consent", code="chart.unknown-consent", remedy="Name a consent by its id"
            )
    if isinstance(event, e.ScoreRecorded):
        born = None if chart is None else chart.person.born
        if event.score.at < aware(at) - OLDEST_SCORE or (born is not None and event.score.at.date() < born):
            raise Refusal(
                f"the scale is said to have been answered on {event.score.at:%Y-%m-%d}",
                code="chart.score-old",
                remedy=f"Check the year; scores of more than {OLDEST_SCORE.days // 365} years ago are not charted",
            )
    if isinstance(event, e.FactRecorded):
        _in_the_vocabulary(event.fact)
    if isinstance(event, Retraction):
        if chart is None or entered(chart, event) is None:
            raise Refusal(
                "there is no such entry to take back",
                code="chart.unknown-entry",
                remedy="Look at the chart again: it may have been taken back already",
            )
        if not event.reason.strip():
            raise Refusal("the retraction has no reason", code="chart.reason", remedy="Say what was wrong")
    return (event,)


def _in_the_vocabulary(fact: Fact) -> None:
    kind = fact_kind(fact.name)
    if kind is None or not kind.recorded:
        what = "is no fact" if kind is None else "follows from the chart and is not recorded by itself"
        raise Refusal(
            f'"{fact.name}" {what}',
            code="chart.fact",
            remedy="Use a fact of the list on the page of the gate",
            where="name",
        )
    wrong = misfit(kind, fact.value)
    if wrong:
        raise Refusal(f"{kind.title}: {wrong}", code="chart.fact", remedy="Correct the value", where="value")
