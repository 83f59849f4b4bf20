"""People in care: found by name without a name in any address; a referral makes whoever enters it a carer."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.test import Client
from tests.clinic.a_visit import make_site
from tests.clinic.test_today import waiting_person

from ataraxy.clinic.access import care
from ataraxy.clinic.access.models import CareRelation
from ataraxy.clinic.access.roles import Role
from ataraxy.clinic.accounts.models import Person
from ataraxy.clinic.the_practice import the_practice
from ataraxy.practice import lists
from ataraxy.practice.people import person_file


@pytest.fixture
def coordinator(accounts: None, sign_in: Any) -> Client:
    make_site()
    found: Client = sign_in(Role.COORDINATOR)
    return found


def referral(**changes: str) -> dict[str, str]:
    return {
        "request": uuid.uuid4().hex,
        "name": f"Ines {uuid.uuid4().hex[:6]}",
        "born": "1984-02-29",
        "sex": "female",
        "phone": "",
        "referred_by": "psychiatry",
        "disorder": "GAD",
        "reason": "two trials failed",
        "open_course": "on",
        **changes,
    }


def test_a_name_is_found_by_the_beginnings_of_its_words(coordinator: Client) -> None:
    unlike = uuid.uuid4().hex[:8]
    person = waiting_person(f"Marguerite {unlike}")
    for typed in (f"marg {unlike[:5]}", f"{unlike} MARGUERITE", unlike):
        page = coordinator.post("/patients/", {"name": typed}).content.decode()
        assert f"/patient/{person}/" in page, typed
    assert (
        f"/patient/{person}/"
        not in coordinator.post("/patients/", {"name": f"guerite {unlike}"}).content.decode()
    )


def test_a_name_in_an_address_finds_nothing(coordinator: Client) -> None:
    unlike = uuid.uuid4().hex[:8]
    waiting_person(f"Marguerite {unlike}")
    page = coordinator.get(f"/patients/?name={unlike}").content.decode()
    assert "found." not in page
    form = page[page.index('role="search"') - 200 : page.index('role="search"')]
    assert 'method="post"' in form


def test_a_clinician_finds_nobody_else_by_name(coordinator: Client, sign_in: Any, people: Any) -> None:
    unlike = uuid.uuid4().hex[:8]
    person = waiting_person(f"Marguerite {unlike}")
    monitor = sign_in(Role.MONITOR)
    assert person not in monitor.post("/patients/", {"name": unlike}).content.decode()
    care.assign(people[Role.MONITOR], person, by="")
    assert person in monitor.post("/patients/", {"name": unlike}).content.decode()


def test_a_referral_makes_who_enters_it_a_carer_and_begins_screening(
    coordinator: Client, sign_in: Any, people: dict[Role, Person]
) -> None:
    doctor = sign_in(Role.PRESCRIBER)
    answer = doctor.post("/patients/refer/", referral(phone="+41 00 000 00 00"))
    assert answer.status_code == 302
    person = answer.headers["Location"].split("/")[2]
    assert CareRelation.objects.filter(patient=person, person=people[Role.PRESCRIBER], until=None).exists()
    file = person_file(the_practice(), person)
    assert file.referral is not None
    assert (str(file.chart.person.born), file.chart.person.contacts[0].value) == (
        "1984-02-29",
        "+41 00 000 00 00",
    )
    assert [row.state.value for row in lists.courses(the_practice(), person=person)] == ["screening"]
    assert doctor.get(answer.headers["Location"]).status_code == 200
    assert sign_in(Role.MONITOR).get(answer.headers["Location"]).status_code == 403


def test_a_referral_that_is_sent_twice_is_one_person(coordinator: Client) -> None:
    sent = referral()
    first, second = (coordinator.post("/patients/refer/", sent).headers["Location"] for _ in range(2))
    assert first == second
    other = coordinator.post("/patients/refer/", {**sent, "name": "Somebody else"}).headers["Location"]
    assert other != first


def test_a_referral_that_is_wrong_keeps_what_was_typed(coordinator: Client) -> None:
    answer = coordinator.post("/patients/refer/", referral(name="", born="2999-01-01", reason="kept words"))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "kept words" in page
    assert "Check the year" in page


def test_only_who_may_refer_is_asked_to(coordinator: Client, sign_in: Any) -> None:
    assert "/patients/refer/" in coordinator.get("/patients/").content.decode()
    for role in (Role.MONITOR, Role.THERAPIST, Role.MEDICAL_DIRECTOR):
        client = sign_in(role)
        assert "/patients/refer/" not in client.get("/patients/").content.decode()
        assert client.post("/patients/refer/", referral()).status_code == 403


def test_filters_keep_to_the_state_that_they_name(coordinator: Client) -> None:
    unlike = uuid.uuid4().hex[:8]
    person = waiting_person(f"Marguerite {unlike}")
    assert person in coordinator.get("/patients/?state=screening").content.decode()
    assert person not in coordinator.get("/patients/?state=active").content.decode()
    assert coordinator.get("/patients/?state=nothing&page=0").status_code == 200
    assert coordinator.get("/patients/?page=99999999999").status_code == 200
