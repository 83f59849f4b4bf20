"""Histories of other systems become charts, and what they do not say stays unknown."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ataraxy.errors import InputError
from ataraxy.exchange.fhir_history import read_history
from ataraxy.exchange.rules_file import load_rules
from ataraxy.therapy.disorder import Disorder
from ataraxy.therapy.gate import Decision, Status, judge
from ataraxy.therapy.patient_chart import PatientChart

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"


def prescription(drug: str, on: str, status: str = "stopped") -> dict[str, Any]:
    concept = {"coding": [{"system": RXNORM, "code": "1", "display": drug}]}
    return {
        "resourceType": "MedicationRequest",
        "status": status,
        "authoredOn": on,
        "medicationCodeableConcept": concept,
    }


def condition(code: str, **more: str) -> dict[str, Any]:
    return {
        "resourceType": "Condition",
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": code}]},
        "onsetDateTime": "2020-01-05T10:00:00+01:00",
        **more,
    }


def measured(code: str, value: float, unit: str) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "effectiveDateTime": "2026-11-20T09:00:00Z",
        "code": {"coding": [{"code": code}]},
        "valueQuantity": {"value": value, "code": unit},
    }


def bundle(*resources: dict[str, Any]) -> dict[str, Any]:
    patient = {"resourceType": "Patient", "id": "p-1", "gender": "female", "birthDate": "1980-02-03"}
    return {
        "resourceType": "Bundle",
        "entry": [{"resource": resource} for resource in (patient, *resources)],
    }


def chart(*resources: dict[str, Any]) -> PatientChart:
    return read_history(bundle(*resources)).chart


GAD_WITH_SSRIS = (
    condition("21897009"),
    prescription("Sertraline 100 MG Oral Tablet", "2023-01-10T08:00:00Z"),
    prescription("Sertraline 100 MG Oral Tablet", "2023-07-10T08:00:00Z"),
    prescription("24 HR venlafaxine 150 MG Extended Release Oral Capsule", "2024-02-01T08:00:00Z"),
    prescription("escitalopram 10 MG Oral Tablet", "2026-05-01T08:00:00Z", "active"),
)


def test_a_history_of_ssris_is_read_and_adequacy_stays_to_be_asked() -> None:
    read = chart(*GAD_WITH_SSRIS)
    assert [d.disorder for d in read.diagnoses] == [Disorder.GAD]
    assert {t.drug for t in read.treatments} == {"sertraline", "venlafaxine", "escitalopram"}
    judgement = judge(read, load_rules(), AT)
    assert judgement.decision is not Decision.ALLOW
    first_line = judgement.finding("not-first-line")
    assert first_line is not None
    assert first_line.status is Status.UNKNOWN
    assert first_line.remedy


def test_a_gad_patient_without_any_treatment_is_not_taken_for_one_whose_treatments_failed() -> None:
    judgement = judge(chart(condition("21897009")), load_rules(), AT)
    finding = judgement.finding("not-first-line")
    assert finding is not None
    assert finding.status is not Status.MET


@pytest.mark.parametrize(
    ("code", "more", "name", "value"),
    [
        ("6525002", {}, "substance.use_disorder", "active"),
        ("6525002", {"abatementDateTime": "2021-01-05T10:00:00Z"}, "substance.use_disorder", "past"),
        ("13746004", {}, "history.mania_or_bipolar", True),
        ("58214004", {"abatementDateTime": "2021-01-05T10:00:00Z"}, "history.psychosis", "past"),
    ],
)
def test_findings_that_speak_against_treatment_become_facts(
    code: str, more: dict[str, str], name: str, value: object
) -> None:
    (fact,) = chart(condition(code, **more)).facts
    assert (fact.name, fact.value) == (name, value)


def test_a_measure_in_another_unit_is_kept_and_is_the_wrong_unit() -> None:
    known, wrong = chart(measured("29463-7", 70, "kg")), chart(measured("29463-7", 154, "[lb_av]"))
    assert (known.facts[0].value, known.facts[0].unit) == (70.0, "kg")
    assert wrong.facts[0].unit == "[lb_av]"


def test_scores_in_range_are_read_and_others_left_out() -> None:
    read = read_history(bundle(measured("70274-6", 15, "{score}"), measured("70274-6", 99, "{score}")))
    assert [(s.scale, s.total) for s in read.chart.scores] == [("GAD-7", 15.0)]
    assert read.left_out["Observation"] == 1


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"resourceType": "Patient"},
        {"resourceType": "Bundle", "entry": []},
        {"resourceType": "Bundle", "entry": [{"resource": {"resourceType": "Patient"}}] * 2},
        {"resourceType": "Bundle", "entry": "x"},
    ],
)
def test_what_is_no_history_of_one_person_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises(InputError) as refused:
        read_history(broken, "file.json")
    assert refused.value.code == "fhir.bundle"
    assert "file.json" in str(refused.value)


@pytest.mark.parametrize(
    "odd",
    [
        {"resourceType": "Condition", "code": 7},
        {"resourceType": "Condition", "code": {"coding": [{"code": "6525002"}]}, "onsetDateTime": "soon"},
        {"resourceType": "Observation", "effectiveDateTime": None},
        {"resourceType": "Observation", "effectiveDateTime": "0001-01-01T00:00:00+14:00"},
        {"resourceType": "MedicationRequest", "medicationCodeableConcept": {"coding": [{}]}},
        {"resourceType": "MedicationRequest", "effectivePeriod": "x"},
        {"resourceType": None},
    ],
)
def test_what_cannot_be_read_is_counted_and_stops_nothing(odd: dict[str, Any]) -> None:
    read = read_history(bundle(odd, *GAD_WITH_SSRIS))
    assert len(read.chart.treatments) == 3


def test_lives_that_nobody_here_wrote_go_through_importer_and_gate(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "synthea.cli", "-p", "3", "-s", "11", "-a", "20-70", "-o", str(tmp_path)]
    subprocess.run([*command, "-r", "20261123", "--profile", "none"], check=True, capture_output=True)
    files = sorted((tmp_path / "fhir").glob("*.json"))
    assert len(files) >= 3
    for file in files:
        history = read_history(json.loads(file.read_text("utf-8")), file.name)
        assert history.read["Observation"] > 0
        assert history.chart.facts
        # a history is never enough to treat somebody
        assert judge(history.chart, load_rules(), AT).decision is not Decision.ALLOW
