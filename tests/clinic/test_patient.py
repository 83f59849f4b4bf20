"""One person: the course on one axis with a table of the same, who cares for them, what comes next."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from tests.clinic.a_visit import DOCTOR, Visit, dose_now, make_site, make_visit
from tests.clinic.test_today import waiting_person

from ataraxy.clinic.access import care
from ataraxy.clinic.access.roles import Role
from ataraxy.clinic.accounts.models import Person
from ataraxy.clinic.the_practice import the_practice
from ataraxy.exchange.instrument_file import get_instrument
from ataraxy.practice.scores import record_score


@pytest.fixture
def visit(accounts: None, people: dict[Role, Person]) -> Visit:
    make_site()
    return make_visit(people)


@pytest.fixture
def doctor(sign_in: Any) -> Client:
    found: Client = sign_in(Role.PRESCRIBER)
    return found


def page_of(client: Client, person: str) -> str:
    answer = client.get(f"/patient/{person}/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_picture_and_table_show_the_same_scores(visit: Visit, doctor: Client) -> None:
    practice = the_practice()
    gad = get_instrument("GAD-7")
    for days, value in ((21, 3), (10, 2), (3, 1)):
        record_score(
            practice,
            visit.patient,
            gad,
            answers=[value] * 7,
            by=DOCTOR,
            at=practice.now() - timedelta(days=days),
        )
    page = page_of(doctor, visit.patient)
    picture = page[page.index('<svg class="course-picture"') : page.index("</svg>")]
    table = page[page.index("The same as a table") :]
    for total in (21, 14, 7):
        assert f"GAD-7 {total}, " in picture
        assert f"GAD-7 {total}<" in table
    heights = [float(y) for y in re.findall(r'<circle class="course-dot" cx="[\d.]+" cy="([\d.]+)"', picture)]
    assert heights == sorted(heights)
    assert "style=" not in picture


def test_a_score_with_thoughts_of_death_has_a_shape_of_its_own(visit: Visit, doctor: Client) -> None:
    answers = [0] * 8 + [2]
    record_score(the_practice(), visit.patient, get_instrument("PHQ-9"), answers=answers, by=DOCTOR)
    page = page_of(doctor, visit.patient)
    assert 'class="course-flagged"' in page[: page.index('class="course-key"')]
    assert "Open alert, immediate" in page


def test_simulated_people_are_marked(visit: Visit, doctor: Client, people: dict[Role, Person]) -> None:
    assert "Simulated</span>" in page_of(doctor, visit.patient)
    real = waiting_person("Real Person")
    care.assign(people[Role.PRESCRIBER], real, by="")
    assert "Simulated</span>" not in page_of(doctor, real)


def test_time_to_relief_counts_from_the_first_dose(
    visit: Visit, doctor: Client, people: dict[Role, Person]
) -> None:
    practice = the_practice()
    gad = get_instrument("GAD-7")
    record_score(practice, visit.patient, gad, answers=[2] * 7, by=DOCTOR)
    dose_now(visit, people)
    assert "No score since the first dose" in page_of(doctor, visit.patient)
    record_score(practice, visit.patient, gad, answers=[0] * 7, by=DOCTOR)
    page = page_of(doctor, visit.patient)
    assert "Seen at 0 h" in page
    assert "14 before the first dose" in page


def test_who_waits_is_told_the_next_step_with_its_page(doctor: Client, visit: Visit, people: Any) -> None:
    person = waiting_person("Grace Waits")
    care.assign(people[Role.PRESCRIBER], person, by="")
    page = page_of(doctor, person)
    assert "The gate has not been asked" in page
    assert f"/patient/{person}/screening/" in page


def test_a_coordinator_says_who_cares_and_somebody_always_does(
    visit: Visit, sign_in: Any, people: dict[Role, Person]
) -> None:
    person = waiting_person("Grace Waits")
    coordinator = sign_in(Role.COORDINATOR)
    therapist = people[Role.THERAPIST]
    assert sign_in(Role.THERAPIST).get(f"/patient/{person}/").status_code == 403
    assert coordinator.post(f"/patient/{person}/care/", {"person": therapist.pk}).status_code == 302
    assert sign_in(Role.THERAPIST).get(f"/patient/{person}/").status_code == 200
    coordinator.post(f"/patient/{person}/care/end/", {"person": therapist.pk})
    assert care.team_of(person) == [therapist]
    coordinator.post(f"/patient/{person}/care/", {"person": people[Role.MONITOR].pk})
    coordinator.post(f"/patient/{person}/care/end/", {"person": therapist.pk})
    assert care.team_of(person) == [people[Role.MONITOR]]


def test_nobody_without_patients_can_be_made_a_carer(visit: Visit, sign_in: Any, people: Any) -> None:
    coordinator = sign_in(Role.COORDINATOR)
    person = waiting_person("Grace Waits")
    for role in (Role.AUDITOR, Role.ADMINISTRATOR, Role.RESEARCHER):
        answer = coordinator.post(f"/patient/{person}/care/", {"person": people[role].pk})
        assert answer.status_code == 422
    assert care.team_of(person) == []


def test_nobody_else_opens_the_page_and_an_unknown_person_is_none(doctor: Client, visit: Visit) -> None:
    assert doctor.get(f"/patient/{waiting_person('Not Mine')}/").status_code == 403
    unknown = uuid.uuid4().hex
    care.assign(Person.objects.get(sign_in_name="prescriber"), unknown, by="")
    assert doctor.get(f"/patient/{unknown}/").status_code == 404
