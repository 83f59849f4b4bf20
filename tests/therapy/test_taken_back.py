"""What was entered in error is taken away by name, with a reason, and nothing else is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from tests.therapy.gate.baseline import AT, allowed

from ataraxy.therapy.actor import Actor, Role
from ataraxy.therapy.chart_decide import MAY_RECORD, record
from ataraxy.therapy.chart_events import evolve
from ataraxy.therapy.disorder import Diagnosis, Disorder
from ataraxy.therapy.fact import Fact, FactSource
from ataraxy.therapy.gate import Decision, judge
from ataraxy.therapy.medication import Medication
from ataraxy.therapy.patient_chart import PatientChart
from ataraxy.therapy.person import Person
from ataraxy.therapy.prior_treatment import PriorTreatment, PsychotherapyException
from ataraxy.therapy.refusal import Refusal
from ataraxy.therapy.scale_score import ScaleScore
from ataraxy.therapy.taken_back import Retraction, entered, retractable

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
DOCTOR = Actor(id="d1", roles=frozenset({Role.PRESCRIBER}))


def days_ago(days: int) -> datetime:
    return NOW - timedelta(days=days)


def score(scale: str, total: float, days: int) -> ScaleScore:
    return ScaleScore(scale=scale, total=total, at=days_ago(days))


def fact(name: str, value: bool | float | str, days: int, source: FactSource = FactSource.CLINICIAN) -> Fact:
    return Fact(name=name, value=value, observed_at=days_ago(days), source=source)


# Two of everything that there may be two of, alike in all but what names them.
CHART = PatientChart(
    person=Person(id="p1"),
    facts=(
        fact("vitals.systolic", 120.0, 2),
        fact("vitals.systolic", 130.0, 1),
        fact("vitals.diastolic", 80.0, 1),
        fact("site.setting", "clinic", 1, FactSource.SITE),
    ),
    scores=(score("PHQ-9", 12.0, 3), score("PHQ-9", 12.0, 2), score("GAD-7", 12.0, 2)),
    diagnoses=(Diagnosis(id="a", disorder=Disorder.GAD), Diagnosis(id="b", disorder=Disorder.GAD)),
    treatments=(
        PriorTreatment(id="a", kind="drug", drug="sertraline"),
        PriorTreatment(id="b", kind="psychotherapy", therapy="cbt"),
    ),
    medications=(Medication(id="a", drug="lamotrigine"), Medication(id="b", drug="lamotrigine")),
    psychotherapy_exception=PsychotherapyException(
        reason="none within 200 km", kind="not_available", by="d1", on=NOW.date()
    ),
    treatments_reviewed_at=days_ago(4),
    medications_reviewed_at=days_ago(5),
)
ALL = retractable(CHART, by=DOCTOR.id, at=NOW)
EMPTY = PatientChart(person=Person(id="p1"))


def size(chart: PatientChart) -> dict[str, int]:
    said = chart.model_dump()
    return {name: len(held) if isinstance(held, tuple) else held is not None for name, held in said.items()}


def test_everything_that_a_chart_holds_of_a_person_can_be_taken_back() -> None:
    assert {type(event) for event in ALL} == set(get_args(Retraction))
    assert len(ALL) == 3 + 3 + 2 + 2 + 2 + 1 + 2
    assert "site.setting" not in {getattr(event, "name", "") for event in ALL}
    assert retractable(EMPTY, by=DOCTOR.id, at=NOW) == []


@pytest.mark.parametrize("event", ALL, ids=lambda event: str(event.kind))
def test_one_entry_is_taken_away_and_no_other(event: Retraction) -> None:
    was, after = entered(CHART, event), evolve(CHART, event)
    assert was is not None
    assert entered(after, event) is None
    assert sum(size(CHART).values()) - sum(size(after).values()) == 1
    assert [left for left in ALL if entered(after, left) is None] == [event]


def test_both_scores_of_one_scale_and_moment_go_together() -> None:
    twice = CHART.model_copy(update={"scores": (score("PHQ-9", 21.0, 2), *CHART.scores)})
    events = [one for one in retractable(twice, by="d1", at=NOW) if one.kind == "score.retracted"]
    assert [found.what for one in events if (found := entered(twice, one))] == [
        "PHQ-9, 21 and 12 points",
        "PHQ-9, 12 points",
        "GAD-7, 12 points",
    ]


@pytest.mark.parametrize("event", ALL, ids=lambda event: str(event.kind))
def test_a_retraction_has_a_reason_an_entry_and_an_author_who_may(event: Retraction) -> None:
    good = event.model_copy(update={"reason": "another person's"})
    assert record(CHART, good, actor=DOCTOR, at=NOW) == (good,)
    for chart, wrong, code in (
        (CHART, event, "chart.reason"),
        (CHART, event.model_copy(update={"reason": "  "}), "chart.reason"),
        (evolve(CHART, good), good, "chart.unknown-entry"),
        (EMPTY, good, "chart.unknown-entry"),
        (None, good, "chart.unknown-entry"),
    ):
        with pytest.raises(Refusal) as refused:
            record(chart, wrong, actor=DOCTOR, at=NOW)
        assert refused.value.code == code
    for role in Role:
        actor = Actor(id=DOCTOR.id, roles=frozenset({role}))
        if role in MAY_RECORD[event.kind]:
            record(CHART, good, actor=actor, at=NOW)
        else:
            with pytest.raises(Refusal, match="may not record"):
                record(CHART, good, actor=actor, at=NOW)


def test_no_patient_and_no_auditor_takes_anything_back() -> None:
    taking = {role for kind, roles in MAY_RECORD.items() if kind.endswith("_retracted") for role in roles}
    taking |= MAY_RECORD["score.retracted"]
    assert taking == {Role.PRESCRIBER, Role.MONITOR, Role.THERAPIST, Role.COORDINATOR}


def test_a_drug_list_that_nobody_went_through_is_not_known_to_the_gate() -> None:
    """Said of the wrong person that all drugs are recorded: an empty list would look like no interaction."""
    from ataraxy.exchange.rules_file import load_rules

    chart, rules = allowed(), load_rules()
    assert judge(chart, rules, AT).decision is Decision.ALLOW
    [event] = [
        one
        for one in retractable(chart, by=DOCTOR.id, at=AT)
        if one.kind == "chart.review_retracted" and one.of == "medications"
    ]
    assert judge(evolve(chart, event), rules, AT).decision is not Decision.ALLOW
