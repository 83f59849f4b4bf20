"""Chairs: those that the clinic names are offered at check-in and shown on Today; no other is taken."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.clinic.a_visit import DIRECTOR, Visit, make_site, make_visit

from ataraxy.clinic.access.roles import Role
from ataraxy.clinic.accounts.models import Person
from ataraxy.clinic.run_sheet.commands import Charted, carry_out
from ataraxy.clinic.the_practice import actor_of, the_practice
from ataraxy.practice.site import describe_site, the_site
from ataraxy.therapy.refusal import Refusal
from ataraxy.therapy.session import decide

pytestmark = pytest.mark.usefixtures("accounts")


@pytest.fixture
def visit(people: dict[Role, Person]) -> Iterator[Visit]:
    make_site()
    before = the_site(the_practice()).description
    assert before is not None
    describe_site(the_practice(), before.replace(chairs=("Window seat", "Door")), by=DIRECTOR)
    yield make_visit(people)
    describe_site(the_practice(), before, by=DIRECTOR)


def check_in(visit: Visit, people: dict[Role, Person], chair: str) -> None:
    charted = Charted(visit.id, uuid.uuid4().hex, datetime.now(UTC), actor_of(people[Role.MONITOR]))
    fields = {"weight_kg": "70", "judgement": "low", "identity_confirmed": "yes", "chair": chair}
    carry_out(the_practice(), "check_in", fields, charted)


def test_a_chair_of_the_clinic_is_shown_where_the_day_is(visit: Visit, sign_in: Any) -> None:
    client = sign_in(Role.MONITOR)
    assert "Window seat" in client.get(f"/session/{visit.id}/").content.decode()
    assert "Window seat" not in client.get("/today/").content.decode()
    seen = visit.state.check_in
    assert seen is not None
    visit.do(decide.check_in, seen.replace(chair="Window seat"))
    assert "Window seat" in client.get("/today/").content.decode()


def test_no_other_chair_is_taken(visit: Visit, people: dict[Role, Person]) -> None:
    with pytest.raises(Refusal) as refused:
        check_in(visit, people, "Wilma's chair")
    assert refused.value.code == "run-sheet.field"
