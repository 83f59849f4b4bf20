"""The day: who sits in a chair, what is due, who waits, and nothing sent again while nothing changed."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from tests.clinic.a_visit import DOCTOR, Visit, make_site, make_visit

from ataraxy.clinic.access import care
from ataraxy.clinic.access.roles import Role
from ataraxy.clinic.accounts.models import Person
from ataraxy.clinic.staff_names import names_of
from ataraxy.clinic.the_practice import the_practice
from ataraxy.practice import courses, people, staff
from ataraxy.therapy import chart_events, course_decide
from ataraxy.therapy.actor import Actor
from ataraxy.therapy.actor import Role as StaffRole

NAME = "Ottoline Quarterday"  # of nobody in other tests, which share the record


@pytest.fixture
def visit(accounts: None, people: dict[Role, Person]) -> Visit:
    make_site()
    return make_visit(people, name=NAME)


@pytest.fixture
def monitor(sign_in: Any) -> Client:
    found: Client = sign_in(Role.MONITOR)
    return found


def waiting_person(name: str, *, screening: bool = True, days: int = 0) -> str:
    """Somebody who waits, for so many days."""
    person, course, now = uuid.uuid4().hex, uuid.uuid4().hex, the_practice().now()
    events = [
        chart_events.PersonReferred(person=person, at=now - timedelta(days=days), by=DOCTOR.id),
        chart_events.PersonIdentified(person=person, at=now, by=DOCTOR.id, name=name),
    ]
    people.record(the_practice(), events, by=DOCTOR)
    if screening:
        courses.act(the_practice(), course, course_decide.open_course, course, person, "GAD", by=DOCTOR)
        courses.act(the_practice(), course, course_decide.begin_screening, by=DOCTOR)
    return person


def tag_of(page: str) -> str:
    found = re.search(r'If-None-Match": "\\"([^\\]+)\\"', page)
    assert found is not None
    return found.group(1)


def test_who_is_in_a_chair_is_shown_with_what_is_due(visit: Visit, monitor: Client) -> None:
    page = monitor.get("/today/").content.decode()
    chair = page[page.index(f"/session/{visit.id}/") :]
    assert NAME in chair
    assert "Checked in" in chair
    assert "Session 1 of 6" in chair


def test_the_front_page_after_signing_in_is_the_day(sign_in: Any, accounts: None) -> None:
    for role in (Role.PRESCRIBER, Role.MONITOR, Role.THERAPIST, Role.COORDINATOR, Role.MEDICAL_DIRECTOR):
        assert sign_in(role).get("/").headers["Location"] == "/today/", role
    assert sign_in(Role.AUDITOR).get("/").headers["Location"] != "/today/"


def test_nothing_is_sent_again_while_nothing_changed(visit: Visit, monitor: Client, monkeypatch: Any) -> None:
    now = datetime.now(UTC).replace(second=5)
    monkeypatch.setattr(type(the_practice()), "now", lambda self: now)
    tag = tag_of(monitor.get("/today/").content.decode())
    same = monitor.get("/today/live/", headers={"If-None-Match": f'"{tag}"'})
    assert (same.status_code, same.content, same.headers["HX-Reswap"]) == (304, b"", "none")
    care.assign(Person.objects.get(sign_in_name="monitor"), waiting_person("Grace Waits"), by="")
    changed = monitor.get("/today/live/", headers={"If-None-Match": f'"{tag}"'})
    assert changed.status_code == 200
    assert "Grace Waits" in changed.content.decode()


def test_who_waits_is_shown_with_what_comes_next_and_only_to_those_who_care(
    visit: Visit, monitor: Client, sign_in: Any, people: dict[Role, Person]
) -> None:
    # longer than those of other tests, who would take all the places of the list
    person = waiting_person("Grace Waits", days=900)
    without = waiting_person("Lise Without", screening=False, days=901)
    assert "Grace Waits" not in monitor.get("/today/").content.decode()
    care.assign(people[Role.MONITOR], person, by="")
    page = monitor.get("/today/").content.decode()
    assert "Grace Waits" in page
    assert "Lise Without" not in page
    everybody = sign_in(Role.COORDINATOR).get("/today/").content.decode()
    assert f"/patient/{person}/screening/" in everybody
    assert f"/patient/{without}/course/" in everybody


def test_a_session_of_somebody_else_is_not_shown(visit: Visit, monitor: Client, people: Any) -> None:
    care.release(people[Role.MONITOR], visit.patient, by="")
    page = monitor.get("/today/").content.decode()
    assert visit.id not in page
    assert NAME not in page


def test_a_colleague_without_account_is_called_as_the_record_knows_them(accounts: None) -> None:
    make_site()
    administrator = Actor(id="administrator", roles=frozenset({StaffRole.ADMINISTRATOR}))
    colleague, nobody = uuid.uuid4().hex, uuid.uuid4().hex
    staff.join(the_practice(), colleague, "Locum Nightingale", (StaffRole.MONITOR,), by=administrator)
    assert names_of([colleague, nobody]) == {colleague: "Locum Nightingale", nobody: nobody[:8]}
