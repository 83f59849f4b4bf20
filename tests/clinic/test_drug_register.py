"""The drug register on pages: every entry with a witness, nothing edited, and what is missing stays missing."""

from __future__ import annotations

import uuid
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from tests.clinic.a_visit import PIN, ROOM, dose_now, make_site, make_visit, receive, with_pin
from tests.clinic.conftest import screenshot, sign_in_by_cookie, violations
from tests.clinic.test_preparation import _look_at

from ataraxy.clinic.access.roles import Role
from ataraxy.clinic.accounts.models import Person
from ataraxy.clinic.the_practice import the_practice
from ataraxy.practice.aggregate import REGISTER
from ataraxy.practice.register_ledger import ledger
from ataraxy.therapy.drug_register import Container, Register


@pytest.fixture
def nurse(accounts: None, sign_in: Any, people: dict[Role, Person]) -> Client:
    make_site()
    with_pin(people[Role.PRESCRIBER])
    found: Client = sign_in(Role.MONITOR)
    return found


def register(place: str = ROOM) -> Register:
    found = the_practice().load(REGISTER, place).state
    assert found is not None
    return found


def container(id_: str) -> Container:
    found = register().container(id_)
    assert found is not None
    return found


def witness(people: dict[Role, Person], secret: str = PIN, **fields: str) -> dict[str, str]:
    return {"request": uuid.uuid4().hex, "person": people[Role.PRESCRIBER].pk, "secret": secret, **fields}


def label(**changes: str) -> dict[str, str]:
    return {
        "location": "fridge-9",
        "container": f"V-{uuid.uuid4().hex[:8]}",
        "drug": "racemic_ketamine",
        "strength": "50",
        "unit": "mL",
        "basis": "base",
        "content": "10",
        "lot": f"LOT-{uuid.uuid4().hex[:5]}",
        "expires_on": date(2030, 1, 31).isoformat(),
        **changes,
    }


def post(client: Client, step: str, fields: dict[str, str]) -> Any:
    return client.post(f"/register/place/{ROOM}/{step}/", fields)


def test_a_container_is_received_by_two_people_and_begins_a_register(nurse: Client, people: Any) -> None:
    place = f"room-{uuid.uuid4().hex[:6]}"
    answer = nurse.post("/register/receive/", {**witness(people), **label(location=place)})
    assert answer.status_code == 302, answer.content.decode()
    page = nurse.get(answer["Location"]).content.decode()
    assert "Zero unaccounted" in page
    assert "Session monitor Example" in page
    assert "Prescriber Example" in page


def test_a_lot_has_one_strength(nurse: Client, people: Any) -> None:
    first = label()
    nurse.post("/register/receive/", {**witness(people), **first})
    again = {**first, "container": "V-other", "strength": "10"}
    answer = nurse.post("/register/receive/", {**witness(people), **again})
    assert answer.status_code == 422
    assert "one of them is wrong" in answer.content.decode()
    assert 'value="V-other"' in answer.content.decode()


@pytest.mark.parametrize(
    ("step", "fields"),
    [
        ("waste", {"amount": "1", "reason": "broken"}),
        ("return", {"amount": "10", "reason": "recalled"}),
        ("count", {"counted": "9.5"}),
    ],
)
def test_nothing_is_entered_without_a_witness_of_flesh(
    nurse: Client, people: Any, step: str, fields: dict[str, str]
) -> None:
    id_ = receive()
    before = len(ledger(the_practice(), ROOM))
    asked = {**fields, "what": f"container:{id_}"}
    assert post(nurse, step, {**witness(people, "999999"), **asked}).status_code == 422
    myself = {**witness(people), "person": people[Role.MONITOR].pk}
    assert post(nurse, step, {**myself, **asked}).status_code == 422
    assert len(ledger(the_practice(), ROOM)) == before
    assert post(nurse, step, {**witness(people), **asked}).status_code == 302
    assert len(ledger(the_practice(), ROOM)) == before + 1


def test_a_count_that_differs_stays_and_is_explained_beside(nurse: Client, people: Any) -> None:
    id_ = receive()
    page = nurse.get(f"/register/place/{ROOM}/").content.decode()
    assert "Counted, mL" in page
    answer = post(nurse, "count", {**witness(people), "what": f"container:{id_}", "counted": "9.5"})
    assert answer.status_code == 302
    found = next(d for d in register().discrepancies if d.container == id_)
    assert found.amount == Decimal("-0.5")
    assert container(id_).remaining == Decimal("9.5")
    for text in ("spilt on opening", "the vial was underfilled"):
        fields = {**witness(people), "count": found.id, "explanation": text}
        assert post(nurse, "explain", fields).status_code == 302
    explained = next(d for d in register().discrepancies if d.container == id_)
    assert (explained.amount, len(explained.explanations)) == (Decimal("-0.5"), 2)
    page = nurse.get(f"/register/place/{ROOM}/").content.decode()
    assert "spilt on opening" in page
    assert register().totals().unaccounted == 0


def test_the_form_for_a_count_does_not_say_what_should_be_there(nurse: Client) -> None:
    id_ = receive(content="7.77")
    page = nurse.get(f"/register/place/{ROOM}/").content.decode()
    form = page[page.index('action="/register/place/cupboard-1/count/"') :].split("</form>")[0]
    assert id_ in form
    assert "7.77" not in form


def test_more_than_is_there_is_not_wasted(nurse: Client, people: Any) -> None:
    id_ = receive()
    fields = {**witness(people), "what": f"container:{id_}", "amount": "11", "reason": "x"}
    answer = post(nurse, "waste", fields)
    assert answer.status_code == 422
    assert "holds 10" in answer.content.decode()
    assert container(id_).remaining == 10


def test_the_ledger_ends_at_the_balance_of_each_container(nurse: Client, people: Any) -> None:
    visit = make_visit(people)
    dose_now(visit, people)
    lines = [line for line in ledger(the_practice(), ROOM) if line.container == visit.vial]
    assert [line.what for line in lines] == ["received", "drawn"]
    assert lines[-1].in_container == container(visit.vial).remaining == Decimal("9.3")
    assert lines[-1].session == visit.id


def test_a_ledger_that_is_read_on_is_the_ledger_that_is_read_anew(nurse: Client, people: Any) -> None:
    from ataraxy.practice import register_ledger

    id_ = receive()
    before = ledger(the_practice(), ROOM)
    post(nurse, "count", {**witness(people), "what": f"container:{id_}", "counted": "9"})
    visit = make_visit(people)
    dose_now(visit, people)
    read_on = ledger(the_practice(), ROOM)
    assert read_on[: len(before)] == before
    assert len(read_on) == len(before) + 3
    register_ledger._books.clear()
    assert ledger(the_practice(), ROOM) == read_on


def test_only_those_who_prepare_see_the_register(sign_in: Any, nurse: Client) -> None:
    for role in (Role.THERAPIST, Role.COORDINATOR, Role.RESEARCHER, Role.ADMINISTRATOR):
        assert sign_in(role).get("/register/").status_code == 403
    assert nurse.get("/register/place/nowhere/").status_code == 404


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1280, 800), (390, 844)])
def test_the_register_can_be_used_by_everybody(
    new_page: Any, sign_in: Any, server: Any, people: Any, scheme: str, size: tuple[int, int]
) -> None:
    make_site()
    visit = make_visit(people)
    dose_now(visit, people)
    page = new_page(scheme=scheme, size=size)
    sign_in_by_cookie(page, sign_in(Role.MONITOR))
    for name, path in (("register", "/register/"), ("register-place", f"/register/place/{ROOM}/")):
        page.goto(path)
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0], path
        if size == (1280, 800):
            screenshot(page, name, scheme)
        _look_at(page, f"{name}-{size[0]}-{scheme}")


def test_the_medical_director_reads_the_register_and_explains_but_moves_no_drug(
    sign_in: Any, nurse: Client, people: Any
) -> None:
    id_ = receive()
    post(nurse, "count", {**witness(people), "what": f"container:{id_}", "counted": "9"})
    found = next(d for d in register().discrepancies if d.container == id_)
    director = sign_in(Role.MEDICAL_DIRECTOR)
    page = director.get(f"/register/place/{ROOM}/").content.decode()
    assert "Explain a discrepancy" in page
    assert "Return a container" not in page
    assert "Receive a container" not in director.get("/register/").content.decode()
    assert post(director, "waste", {**witness(people), "what": f"container:{id_}"}).status_code == 403
    fields = {**witness(people), "count": found.id, "explanation": "broken on the floor, seen by two"}
    assert post(director, "explain", fields).status_code == 302
    assert next(d for d in register().discrepancies if d.container == id_).explanations
