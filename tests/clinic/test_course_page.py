"""A course on its page: opened, assigned, begun, planned, changed and ended, each by whom it is for."""

from __future__ import annotations

import uuid
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from tests.clinic.a_visit import Visit, make_site, make_visit
from tests.clinic.test_today import waiting_person

from ataraxy.clinic.access import care
from ataraxy.clinic.access.roles import Role
from ataraxy.clinic.accounts.models import Person
from ataraxy.clinic.the_practice import the_practice
from ataraxy.practice import lists
from ataraxy.practice.aggregate import COURSE, SESSION
from ataraxy.practice.people import person_file
from ataraxy.therapy.course import Course

PROTOCOL = "ketamine-iv-05-six"


@pytest.fixture
def visit(accounts: None, people: dict[Role, Person]) -> Visit:
    make_site()
    return make_visit(people)


@pytest.fixture
def doctor(sign_in: Any) -> Client:
    found: Client = sign_in(Role.PRESCRIBER)
    return found


def send(client: Client, person: str, where: str, **fields: str) -> Any:
    return client.post(f"/patient/{person}/course/{where}/", {"request": uuid.uuid4().hex, **fields})


def course_of(person: str) -> Course:
    found = the_practice().load(COURSE, lists.courses(the_practice(), person=person)[0].course).state
    assert found is not None
    return found


def soon(days: int = 2) -> str:
    return f"{timezone.localtime() + timedelta(days=days):%Y-%m-%d}T09:30"


def test_from_no_course_to_an_assigned_protocol(visit: Visit, doctor: Client, people: Any) -> None:
    person = waiting_person("Ada Sample", screening=False)
    care.assign(people[Role.PRESCRIBER], person, by="")
    assert send(doctor, person, "open", disorder="GAD").status_code == 302
    assert course_of(person).state.value == "screening"
    assert send(doctor, person, "protocol", protocol=PROTOCOL, basis="off_label").status_code == 302
    assert (course_of(person).protocol, course_of(person).planned_sessions) == (PROTOCOL, 6)
    choice = person_file(the_practice(), person).chart.protocol
    assert choice is not None
    assert (choice.name, choice.version) == (PROTOCOL, course_of(person).protocol_version)


def test_treatment_does_not_begin_without_gate_and_consent_and_says_why(
    visit: Visit, doctor: Client, people: Any
) -> None:
    from tests.clinic.test_pages_in_a_browser import adopt_rules

    adopt_rules()
    person = waiting_person("Ada Sample")
    care.assign(people[Role.PRESCRIBER], person, by="")
    send(doctor, person, "protocol", protocol=PROTOCOL, basis="off_label")
    answer = send(doctor, person, "begin")
    assert answer.status_code == 422
    assert "The gate says" in answer.content.decode()
    assert course_of(person).state.value == "screening"


def test_a_trial_needs_its_number(visit: Visit, doctor: Client) -> None:
    wrong = send(doctor, visit.patient, "protocol", protocol=PROTOCOL, basis="registered_trial")
    assert wrong.status_code == 422
    sent = {"protocol": PROTOCOL, "basis": "registered_trial", "trial_id": "NCT01234567", "masked": "yes"}
    assert send(doctor, visit.patient, "protocol", **sent).status_code == 302
    basis = person_file(the_practice(), visit.patient).chart.basis_of_use
    assert basis is not None
    assert (basis.trial_id, basis.allocation_masked) == ("NCT01234567", True)


def test_sessions_are_planned_as_far_apart_as_the_protocol_says(visit: Visit, sign_in: Any) -> None:
    coordinator = sign_in(Role.COORDINATOR)
    assert send(coordinator, visit.patient, "plan", index="1", at=soon(), rest="on").status_code == 302
    rows = [s for s in lists.sessions(the_practice(), person=visit.patient) if s.number > 1]
    assert [row.number for row in rows] == [2, 3, 4, 5, 6]
    times = [timezone.localtime(row.scheduled_at) for row in rows]
    assert {f"{at:%H:%M}" for at in times} == {"09:30"}
    assert all(later > earlier for earlier, later in pairwise(times))
    page = coordinator.get(f"/patient/{visit.patient}/course/").content.decode()
    assert "Plan sessions" not in page


def test_a_session_in_the_past_is_not_planned(visit: Visit, doctor: Client) -> None:
    answer = send(doctor, visit.patient, "plan", index="1", at="2020-01-01T09:00")
    assert answer.status_code == 422
    assert "in the past" in answer.content.decode()


def test_a_change_of_dose_needs_a_reason_and_counts_for_what_is_planned_after(
    visit: Visit, doctor: Client, sign_in: Any
) -> None:
    assert send(doctor, visit.patient, "dose", amount="0.4", per="mg/kg", reason="").status_code == 422
    assert send(doctor, visit.patient, "dose", amount="0.4", per="mg/kg", reason="sedated").status_code == 302
    page = doctor.get(f"/patient/{visit.patient}/course/").content.decode()
    assert "in the place of 0.5 mg/kg" in page
    send(doctor, visit.patient, "plan", index="1", at=soon())
    planned = next(s for s in lists.sessions(the_practice(), person=visit.patient) if s.number == 2)
    session = the_practice().load(SESSION, planned.session).state
    assert session is not None
    assert session.plan is not None
    assert str(session.plan.order.amount) == "0.4"
    assert send(sign_in(Role.MONITOR), visit.patient, "dose", amount="1", reason="x").status_code == 403


def test_a_planned_session_that_does_not_take_place_frees_its_number(visit: Visit, doctor: Client) -> None:
    send(doctor, visit.patient, "plan", index="1", at=soon())
    planned = next(s for s in lists.sessions(the_practice(), person=visit.patient) if s.number == 2)
    answer = send(doctor, visit.patient, "cancel", session=planned.session, why="cancelled", reason="a cold")
    assert answer.status_code == 302
    assert send(doctor, visit.patient, "plan", index="1", at=soon(5)).status_code == 302


def test_a_course_with_an_open_session_is_not_completed(visit: Visit, doctor: Client) -> None:
    answer = send(doctor, visit.patient, "complete", note="")
    assert answer.status_code == 422
    assert "1 sessions are open" in answer.content.decode()


def test_who_withdraws_ends_the_course_with_a_reason(visit: Visit, sign_in: Any) -> None:
    coordinator = sign_in(Role.COORDINATOR)
    assert send(coordinator, visit.patient, "withdraw", reason=" ").status_code == 422
    assert send(coordinator, visit.patient, "withdraw", reason="moves away").status_code == 302
    assert course_of(visit.patient).state.value == "withdrawn"
    page = coordinator.get(f"/patient/{visit.patient}/course/").content.decode()
    assert "Open a course" in page


def test_a_prescriber_stops_a_course_with_a_reason(visit: Visit, doctor: Client, sign_in: Any) -> None:
    assert send(sign_in(Role.COORDINATOR), visit.patient, "stop", why="other", reason="x").status_code == 403
    assert send(doctor, visit.patient, "stop", why="no_benefit", reason="no change").status_code == 302
    assert course_of(visit.patient).state.value == "stopped"


def test_who_may_do_nothing_is_shown_no_forms(visit: Visit, sign_in: Any) -> None:
    for role in (Role.MONITOR, Role.THERAPIST, Role.MEDICAL_DIRECTOR):
        page = sign_in(role).get(f"/patient/{visit.patient}/course/").content.decode()
        assert f'action="/patient/{visit.patient}/course/' not in page
        assert "0.5 mg/kg" in page
