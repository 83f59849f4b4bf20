"""Whatever is typed into a form of preparation, register, follow-up and alerts: an answer, never a failure."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from tests.clinic.a_visit import ROOM, Visit, dose_now, make_site, make_visit, receive, with_pin
from tests.clinic.test_alerts import wake
from tests.clinic.test_drug_register import label, witness
from tests.clinic.test_follow_up import items, risk
from tests.clinic.test_preparation import calculate, own, read
from tests.clinic.test_questionnaire import ANSWERS, send

from ataraxy.clinic.access.roles import Role
from ataraxy.clinic.accounts.models import Person
from ataraxy.clinic.the_practice import the_practice
from ataraxy.practice import draws

GARBAGE = (
    "",
    " ",
    "\x00",
    "a\x00b",
    "-1",
    "0",
    "1e999",
    "NaN",
    "Infinity",
    "99999999999999999999999999",
    "0.0000000000000000001",
    "1,000",
    "0x10",
    "٣",
    "１２",
    "²",
    "\u202e",
    "\ud7ff\uffff",
    "💥" * 300,
    "<script>alert(1)</script>",
    "' OR 1=1 --",
    "../../etc/passwd",
    "2026-99-99",
    "9999-12-31T23:59",
    "0001-01-01",
    "{{ 7 }}",
)


@pytest.fixture
def visit(accounts: None, people: dict[Role, Person]) -> Visit:
    make_site()
    with_pin(people[Role.PRESCRIBER])
    return make_visit(people)


Fuzz = Callable[[Client, str, dict[str, str]], list[str]]


@pytest.fixture(params=[4, pytest.param(1, marks=pytest.mark.study)], ids=["some", "all"])
def fuzz(request: pytest.FixtureRequest) -> Fuzz:
    """Puts garbage into every field, one at a time; every fourth piece, or in a study all. Returns what failed."""
    return lambda client, address, fields: _fuzz(client, address, fields, request.param)


def _fuzz(client: Client, address: str, fields: dict[str, str], every: int) -> list[str]:
    client.raise_request_exception = False
    wrong = []
    for place, name in enumerate(fields):
        for value in GARBAGE[place % every :: every]:
            changed = {**fields, "request": uuid.uuid4().hex, name: value}
            answer = client.post(address, {k: v for k, v in changed.items() if k in fields})
            if answer.status_code >= 500:
                wrong.append(f"{address} {name}={value[:12]!r}: {answer.status_code}")
            if b"<script>alert(1)" in answer.content:
                wrong.append(f"{address} {name}: markup comes through")
    return wrong


def test_what_the_first_person_types(visit: Visit, sign_in: Any, fuzz: Fuzz) -> None:
    client = sign_in(Role.MONITOR)
    assert fuzz(client, f"/session/{visit.id}/preparation/first/", read(visit)) == []
    for step in ("withdraw", "weight"):
        assert (
            fuzz(sign_in(Role.PRESCRIBER), f"/session/{visit.id}/preparation/{step}/", {"reason": "x"}) == []
        )


def test_what_the_second_person_types(visit: Visit, sign_in: Any, people: Any, fuzz: Fuzz) -> None:
    client = sign_in(Role.MONITOR)
    calculate(client, visit)
    fields = own(visit, people[Role.PRESCRIBER], "111111")
    assert fuzz(client, f"/session/{visit.id}/preparation/second/", fields) == []


def test_what_became_of_the_drug(visit: Visit, sign_in: Any, people: Any, fuzz: Fuzz) -> None:
    dose_now(visit, people)
    draw = draws.open_draws(the_practice(), visit.id)[0].draw
    fields = witness(people, draw=draw.id, given="0.1", wasted="0.6", reason="x", secret="111111")
    assert fuzz(sign_in(Role.MONITOR), f"/session/{visit.id}/preparation/account/", fields) == []


def test_what_is_written_into_the_register(visit: Visit, sign_in: Any, people: Any, fuzz: Fuzz) -> None:
    client, id_ = sign_in(Role.MONITOR), receive()
    what = {"what": f"container:{id_}"}
    assert fuzz(client, "/register/receive/", {**witness(people), **label()}) == []
    for step, fields in (
        ("waste", {**what, "amount": "0.1", "reason": "x"}),
        ("count", {**what, "counted": "9"}),
        ("explain", {"count": "x", "explanation": "y"}),
    ):
        assert fuzz(client, f"/register/place/{ROOM}/{step}/", {**witness(people), **fields}) == []
    for name in ("%00", "a%2Fb", "%F0%9F%92%A5", "x" * 300):
        assert client.get(f"/register/place/{name}/").status_code == 404


def test_what_is_charted_after_a_session(visit: Visit, sign_in: Any, people: Any, fuzz: Fuzz) -> None:
    client = sign_in(Role.THERAPIST)
    full = risk(scale="C-SSRS", total="2", phq9_item9="1", note="x", at="2026-01-05T10:00")
    assert fuzz(client, f"/session/{visit.id}/follow-up/risk/", full) == []
    dose_now(visit, people)
    contact = {**full, "plan": "24h", "reached": "yes"}
    assert fuzz(client, f"/session/{visit.id}/follow-up/contact/", contact) == []
    alert = wake(visit)
    assert fuzz(client, f"/alerts/{alert}/acknowledge/", {"comment": "x"}) == []


def test_scores_and_questionnaires(visit: Visit, sign_in: Any, people: Any, fuzz: Fuzz) -> None:
    client, root = sign_in(Role.THERAPIST), f"/patient/{visit.patient}/scores/"
    some = {k: v for k, v in items("GAD-7", 1).items() if k in ("request", "item_1", "item_2")}
    assert fuzz(client, f"{root}enter/?scale=GAD-7", {**some, "at": ""}) == []
    assert fuzz(client, f"{root}enter/?scale=LSAS", {"request": "", "total": "81", "at": ""}) == []
    assert fuzz(client, f"{root}send/", {"instrument": "GAD-7", "hours": "24"}) == []
    for scale in GARBAGE:
        assert client.get(f"{root}enter/", {"scale": scale}).status_code in (200, 404)
    token = send(visit, people)
    fields = {k: v for k, v in ANSWERS.items() if k in ("item-1", "item-2")}
    assert fuzz(Client(), f"/q/{token}/", fields) == []
    for address in ("/q/%00/", f"/q/{'x' * 5000}/", "/q/%F0%9F%92%A5/"):
        assert Client(raise_request_exception=False).get(address).status_code in (404, 414)
