"""Entries of a chart that were made in error: what can be taken back, and what a retraction takes away.

A retraction is an entry of its own with a reason. What was entered stays in the record; it counts no more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ataraxy.therapy import chart_events as e
from ataraxy.therapy.fact import Fact, FactSource
from ataraxy.therapy.fact_kind import FACTS
from ataraxy.therapy.patient_chart import PatientChart

Retraction = (
    e.FactRetracted
    | e.ScoreRetracted
    | e.DiagnosisRetracted
    | e.TreatmentRetracted
    | e.MedicationRetracted
    | e.PsychotherapyExceptionRetracted
    | e.ReviewRetracted
)


@dataclass(frozen=True, slots=True)
class Entered:
    """What a retraction takes away, in words that name nobody and hold no free text.

    Attributes:
        what: such as ``PHQ-9, 21 points``.
        at: when it was so; None for what has no time.
    """

    what: str
    at: datetime | None = None


def entered(chart: PatientChart, event: Retraction) -> Entered | None:
    """Return what a retraction takes away from a chart; None where the chart holds nothing of the kind."""
    match event:
        case e.FactRetracted():
            facts = [f for f in chart.facts if (f.name, f.observed_at) == (event.name, event.observed_at)]
            return Entered(", ".join(map(_fact, facts)), event.observed_at) if facts else None
        case e.ScoreRetracted():
            scores = [s for s in chart.scores if (s.scale, s.at) == (event.scale, event.scored_at)]
            points = " and ".join(f"{score.total:g}" for score in scores)
            return Entered(f"{event.scale}, {points} points", event.scored_at) if scores else None
        case e.DiagnosisRetracted():
            for diagnosis in chart.diagnoses:
                if diagnosis.id == event.diagnosis:
                    return Entered(" ".join(filter(None, (diagnosis.disorder.label, diagnosis.code))))
        case e.TreatmentRetracted():
            for treatment in chart.treatments:
                if treatment.id == event.treatment:
                    name = treatment.drug or treatment.therapy or "another treatment"
                    return Entered(f"earlier treatment: {name}")
        case e.MedicationRetracted():
            for drug in chart.medications:
                if drug.id == event.medication:
                    return Entered(f"drug taken: {drug.drug}", drug.since)
        case e.PsychotherapyExceptionRetracted():
            if chart.psychotherapy_exception is not None:
                kind = chart.psychotherapy_exception.kind.replace("_", " ")
                return Entered(f"no adequate psychotherapy: {kind}")
        case e.ReviewRetracted():
            at = chart.treatments_reviewed_at if event.of == "treatments" else chart.medications_reviewed_at
            if at is not None:
                return Entered(REVIEWS[event.of], at)
    return None


REVIEWS = {"treatments": "the history is complete", "medications": "all drugs are recorded"}


def retractable(chart: PatientChart, *, by: str, at: datetime) -> list[Retraction]:
    """Return a retraction, without its reason, for everything that a chart holds and that can be taken back.

    What the clinic itself says, such as its setting, is no entry of a chart.
    """
    who = {"person": chart.person.id, "by": by, "at": at}
    facts = dict.fromkeys(
        (fact.name, fact.observed_at) for fact in chart.facts if fact.source is not FactSource.SITE
    )
    scores = dict.fromkeys((score.scale, score.at) for score in chart.scores)
    found: list[Retraction] = [
        *(e.FactRetracted(**who, name=name, observed_at=when) for name, when in facts),
        *(e.ScoreRetracted(**who, scale=scale, scored_at=when) for scale, when in scores),
        *(e.DiagnosisRetracted(**who, diagnosis=one.id) for one in chart.diagnoses),
        *(e.TreatmentRetracted(**who, treatment=one.id) for one in chart.treatments),
        *(e.MedicationRetracted(**who, medication=one.id) for one in chart.medications),
    ]
    if chart.psychotherapy_exception is not None:
        found.append(e.PsychotherapyExceptionRetracted(**who))
    if chart.treatments_reviewed_at is not None:
        found.append(e.ReviewRetracted(**who, of="treatments"))
    if chart.medications_reviewed_at is not None:
        found.append(e.ReviewRetracted(**who, of="medications"))
    return found


def _fact(fact: Fact) -> str:
    known = FACTS.get(fact.name)
    return f"{fact.name if known is None else known.title}: {fact.in_words}"
