"""Charting: what is filled in is recorded with its unit, what is wrong is kept as typed, roles keep to themselves."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from django.test import Client
from tests.clinic.a_visit import make_site
from tests.clinic.test_pages_in_a_browser import adopt_rules
from tests.clinic.test_today import waiting_person

from ataraxy.clinic.access import care
from ataraxy.clinic.access.roles import Role
from ataraxy.clinic.accounts.models import Person
from ataraxy.clinic.the_practice import the_practice
from ataraxy.practice import lists
from ataraxy.practice.aggregate import PERSON
from ataraxy.practice.people import person_file
from ataraxy.therapy.fact_kind import FACTS
from ataraxy.therapy.patient_chart import PatientChart


@pytest.fixture
def patient(accounts: None, people: dict[Role, Person]) -> str:
    make_site()
    adopt_rules()
    person = waiting_person("Ada Sample")
    for one in people.values():
        care.assign(one, person, by="")
    return person


@pytest.fixture
def doctor(sign_in: Any) -> Client:
    found: Client = sign_in(Role.PRESCRIBER)
    return found


def chart_of(person: str) -> PatientChart:
    return person_file(the_practice(), person).chart


def send(client: Client, person: str, where: str, **fields: str) -> Any:
    return client.post(f"/patient/{person}/chart/{where}/", {"request": uuid.uuid4().hex, **fields})


def test_only_what_is_filled_in_is_recorded_with_its_unit(patient: str, doctor: Client) -> None:
    sent = {"vitals__systolic": "128", "vitals__weight": "71.5", "source": "device"}
    assert send(doctor, patient, "facts/measurements", **sent).status_code == 302
    found = {f.name: (f.value, f.unit, f.source.value) for f in chart_of(patient).facts}
    assert found == {
        "vitals.systolic": (128.0, "mmHg", "device"),
        "vitals.weight": (71.5, "kg", "device"),
    }


FORMS: dict[str, dict[str, str]] = {
    "facts/measurements": {"vitals__systolic": "128", "source": "device"},
    "treatment": {"kind": "drug", "drug": "sertraline", "source": "patient"},
    "psychotherapy": {"kind": "declined", "reason": "does not want to talk to anybody"},
    "medication": {"drug": "metoprolol", "source": "patient"},
    "diagnosis": {"disorder": "GAD", "primary": "on"},
}


@pytest.mark.parametrize("where", FORMS)
def test_a_form_that_is_sent_twice_charts_once_and_another_charts_again(
    patient: str, doctor: Client, sign_in: Any, where: str
) -> None:
    record, request = the_practice().record, uuid.uuid4().hex
    assert send(doctor, patient, where, **FORMS[where], request=request).status_code == 302
    after = record.head().seq
    assert send(doctor, patient, where, **FORMS[where], request=request).status_code == 302
    assert record.head().seq == after
    assert send(doctor, patient, where, **FORMS[where]).status_code == 302
    assert record.head().seq > after


def test_the_name_of_a_request_is_its_authors_own(patient: str, doctor: Client, sign_in: Any) -> None:
    fields, request = FORMS["facts/measurements"], uuid.uuid4().hex
    send(doctor, patient, "facts/measurements", **fields, request=request)
    send(sign_in(Role.MONITOR), patient, "facts/measurements", **fields, request=request)
    assert len(chart_of(patient).facts) == 2


def test_a_value_that_cannot_be_is_refused_and_kept(patient: str, doctor: Client) -> None:
    sent = {"vitals__systolic": "12800", "vitals__weight": "71,5", "source": "device"}
    answer = send(doctor, patient, "facts/measurements", **sent)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "40 to 300" in page
    assert 'value="71,5"' in page
    assert chart_of(patient).facts == ()


def test_nothing_filled_in_records_nothing(patient: str, doctor: Client) -> None:
    answer = send(doctor, patient, "facts/pregnancy", source="clinician")
    assert answer.status_code == 422
    assert "Nothing is filled in" in answer.content.decode()


def test_every_fact_that_is_recorded_by_hand_has_a_field(patient: str, doctor: Client) -> None:
    page = doctor.get(f"/patient/{patient}/chart/").content.decode()
    for kind in FACTS.values():
        wanted = kind.recorded and not kind.name.startswith("site.")
        assert (f'name="{kind.name.replace(".", "__")}"' in page) == wanted, kind.name


def choices(client: Client, person: str, where: str = "chart") -> list[str]:
    """What the list of entries that can be taken back offers."""
    page = client.get(f"/patient/{person}/{where}/").content.decode()
    if 'name="entry"' not in page:
        return []
    offered = page[page.index('name="entry"') :]
    return re.findall(r'<option value="([^"]+)"', offered[: offered.index("</select>")])


def test_a_fact_entered_in_error_counts_no_more(patient: str, doctor: Client) -> None:
    send(doctor, patient, "facts/pregnancy", pregnancy__test="positive", source="laboratory")
    [key] = choices(doctor, patient)
    assert send(doctor, patient, "retract", entry=key, reason="").status_code == 422
    assert send(doctor, patient, "retract", entry=key, reason="another person's").status_code == 302
    assert chart_of(patient).facts == ()
    again = send(doctor, patient, "retract", entry=key, reason="another person's")
    assert again.status_code == 422
    assert "taken back already" in again.content.decode()
    page = doctor.get(f"/patient/{patient}/").content.decode()
    assert "pregnancy test: positive" in page
    assert "another person&#x27;s" in page


def test_whatever_was_charted_in_error_can_be_taken_back(patient: str, doctor: Client) -> None:
    before = chart_of(patient)
    for where, fields in FORMS.items():
        assert send(doctor, patient, where, **fields).status_code == 302
    for what in ("treatments", "drugs"):
        assert send(doctor, patient, f"reviewed/{what}").status_code == 302
    offered = choices(doctor, patient)
    assert len(offered) == 7
    for n, key in enumerate(offered):
        assert send(doctor, patient, "retract", entry=key, reason=f"slip {n}").status_code == 302
    assert chart_of(patient) == before
    assert choices(doctor, patient) == []
    page = doctor.get(f"/patient/{patient}/").content.decode()
    assert all(f"slip {n}" in page for n in range(7))


def test_only_what_one_may_take_back_is_offered(patient: str, doctor: Client, sign_in: Any) -> None:
    for where, fields in FORMS.items():
        send(doctor, patient, where, **fields)
    monitor = sign_in(Role.MONITOR)
    everything, theirs = choices(doctor, patient), choices(monitor, patient)
    assert {key.partition(" ")[0] for key in everything} - {key.partition(" ")[0] for key in theirs} == {
        "chart.diagnosis_retracted",
        "chart.psychotherapy_exception_retracted",
    }
    diagnosis = next(key for key in everything if key.startswith("chart.diagnosis"))
    assert send(monitor, patient, "retract", entry=diagnosis, reason="no").status_code == 422
    assert chart_of(patient).diagnoses
    assert send(sign_in(Role.AUDITOR), patient, "retract", entry=theirs[0], reason="no").status_code == 403


def test_a_score_entered_in_error_counts_nowhere(patient: str, doctor: Client) -> None:
    scores = f"/patient/{patient}/scores/"
    for total, at in (("21", "2026-01-05T09:00"), ("9", "2026-02-02T09:00")):
        fields = {"request": uuid.uuid4().hex, "total": total, "at": at}
        assert doctor.post(f"{scores}enter/?scale=GAD-7&by=total", fields).status_code == 302
    latest, first = choices(doctor, patient, "scores")
    sent = {"request": uuid.uuid4().hex, "entry": first, "reason": "of another person"}
    assert doctor.post(f"{scores}retract/", {**sent, "reason": " "}).status_code == 422
    assert doctor.post(f"{scores}retract/", sent).status_code == 302
    assert [score.total for score in chart_of(patient).scores] == [9.0]
    assert [row.total for row in lists.scores(the_practice(), person=patient)] == [9.0]
    assert choices(doctor, patient, "scores") == [latest]
    page = doctor.get(f"/patient/{patient}/").content.decode()
    assert "GAD-7, 21 points" in page
    assert "of another person" in page


def test_a_treatment_is_recorded_and_judged_on_the_patients_page(patient: str, doctor: Client) -> None:
    diagnosis = {"disorder": "GAD", "code": "F41.1", "severity": "severe", "primary": "on", "confirmed": "on"}
    assert send(doctor, patient, "diagnosis", **diagnosis).status_code == 302
    drug = {
        "kind": "drug",
        "drug": "sertraline",
        "daily_dose": "150",
        "dose_unit": "mg",
        "weeks": "12",
        "disorder": "GAD",
        "outcome": "no_response",
        "reason_stopped": "no_benefit",
        "source": "record",
    }
    assert send(doctor, patient, "treatment", **drug).status_code == 302
    assert (
        send(doctor, patient, "treatment", **{**drug, "drug": "venlafaxine", "weeks": "2"}).status_code == 302
    )
    page = doctor.get(f"/patient/{patient}/").content.decode()
    assert page.count("Adequate, failed") == 1
    assert page.count("Not adequate") == 1
    chart = chart_of(patient)
    assert chart.diagnoses[0].confirmed_by == Person.objects.get(sign_in_name="prescriber").staff_id


def test_a_treatment_whose_parts_do_not_belong_together_is_refused(patient: str, doctor: Client) -> None:
    answer = send(doctor, patient, "treatment", kind="drug", source="patient", note="kept words")
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "names its drug" in page
    assert "kept words" in page
    bad = send(doctor, patient, "treatment", kind="drug", drug="5-HTP?!", source="patient")
    assert bad.status_code == 422
    assert chart_of(patient).treatments == ()


def test_a_new_primary_diagnosis_takes_the_place_of_the_other(patient: str, doctor: Client) -> None:
    send(doctor, patient, "diagnosis", disorder="GAD", primary="on")
    send(doctor, patient, "diagnosis", disorder="PTSD", primary="on")
    assert [(d.disorder.value, d.primary) for d in chart_of(patient).diagnoses] == [
        ("GAD", False),
        ("PTSD", True),
    ]
    assert send(doctor, patient, "diagnosis", disorder="PTSD", code="F41.1").status_code == 422


def test_a_drug_is_recorded_ended_and_reviewed(patient: str, doctor: Client, sign_in: Any) -> None:
    monitor = sign_in(Role.MONITOR)
    sent = {"drug": "lorazepam", "daily_dose": "1", "unit": "mg", "since": "2026-01-02", "source": "patient"}
    assert send(monitor, patient, "medication", **sent).status_code == 302
    held = chart_of(patient).medications[0]
    assert (held.drug, held.daily_dose, held.until) == ("lorazepam", 1.0, None)
    assert send(monitor, patient, "medication/end", medication=held.id).status_code == 302
    assert chart_of(patient).medications[0].until is not None
    assert chart_of(patient).medications_reviewed_at is None
    asked = uuid.uuid4().hex
    for _ in range(2):
        assert send(monitor, patient, "reviewed/drugs", request=asked).status_code == 302
    assert chart_of(patient).medications_reviewed_at is not None
    said = [e for e in the_practice().record.entries(PERSON.stream(patient)) if "medications_rev" in e.kind]
    assert len(said) == 1
    assert (
        send(monitor, patient, "medication", drug="x", until="2999-01-01", source="patient").status_code
        == 422
    )


def test_only_a_prescriber_names_classes_and_diagnoses(patient: str, doctor: Client, sign_in: Any) -> None:
    monitor = sign_in(Role.MONITOR)
    for client, may in ((doctor, True), (monitor, False)):
        page = client.get(f"/patient/{patient}/chart/").content.decode()
        assert ("Record a diagnosis" in page, 'name="classes"' in page) == (may, may)
    assert send(monitor, patient, "diagnosis", disorder="GAD").status_code == 422
    assert chart_of(patient).diagnoses == ()


def test_who_does_not_chart_reads_and_is_refused(patient: str, sign_in: Any) -> None:
    for role in (Role.THERAPIST, Role.COORDINATOR, Role.MEDICAL_DIRECTOR):
        client = sign_in(role)
        page = client.get(f"/patient/{patient}/chart/").content.decode()
        assert 'name="vitals__systolic"' not in page
        assert send(client, patient, "facts/measurements", vitals__systolic="120").status_code == 403
