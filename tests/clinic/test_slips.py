"""What a slip of the hand does on a page: it is refused with a word beside the field, and nothing typed is lost."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from tests.clinic.a_visit import Visit, make_site, make_visit

from ataraxy.clinic.access.roles import Role
from ataraxy.clinic.accounts.models import Person
from ataraxy.clinic.pages.administration.forms import CredentialForm
from ataraxy.clinic.pages.charting.forms import DiagnosisForm, FactsForm
from ataraxy.clinic.pages.course.forms import PlanForm
from ataraxy.clinic.pages.follow_up.forms import ItemsForm
from ataraxy.exchange.instrument_file import get_instrument

pytestmark = pytest.mark.usefixtures("accounts")
PHQ9 = get_instrument("PHQ-9")


@pytest.fixture
def visit(people: dict[Role, Person]) -> Visit:
    make_site()
    return make_visit(people)


def asked(**fields: Any) -> dict[str, Any]:
    return {"request": uuid.uuid4().hex, **fields}


@pytest.mark.parametrize("left_out", [1, 9])
def test_the_item_on_suicide_is_never_left_out_in_silence(left_out: int) -> None:
    answers = {f"item_{n}": "1" for n in range(1, 10) if n != left_out}
    form = ItemsForm(asked(**answers), instrument=PHQ9)
    assert set(form.errors) == ({"item_9"} if left_out == 9 else set())


def test_pressures_that_are_the_wrong_way_round_are_refused() -> None:
    form = FactsForm(
        asked(vitals__systolic="120", vitals__diastolic="200", source="clinician"),
        group="measurements",
        latest={},
    )
    assert "vitals__diastolic" in form.errors


def test_a_session_is_not_planned_into_the_past() -> None:
    now = timezone.localtime()
    for hours, wrong in ((-2, True), (-0.5, False), (2, False)):
        at = now + timedelta(hours=hours)
        form = PlanForm(asked(index="0", at=f"{at:%Y-%m-%dT%H:%M}"), indexes=[0])
        assert ("at" in form.errors) == wrong


def test_a_credential_counts_from_its_first_day() -> None:
    tomorrow = timezone.localdate() + timedelta(days=2)
    fields = {
        "kind": "life_support",
        "issuer": "Board",
        "valid_until": (tomorrow + timedelta(days=9)).isoformat(),
    }
    assert "issued_on" in CredentialForm({**fields, "issued_on": tomorrow.isoformat()}).errors
    assert CredentialForm({**fields, "issued_on": timezone.localdate().isoformat()}).is_valid()


def test_a_diagnosis_entered_again_without_its_code_is_the_same_one() -> None:
    now = timezone.now()

    def entered(held: list[Any], **fields: Any) -> Any:
        form = DiagnosisForm(asked(disorder="GAD", **fields))
        assert form.is_valid(), form.errors
        return form.diagnosis(held, "doctor", now)

    first = entered([], code="F41.1", severity="severe")
    again = entered([first], code="", severity="moderate")
    assert (again.id, again.code) == (first.id, "F41.1")


def test_a_withdrawal_that_is_not_recorded_says_so_and_keeps_the_reason(sign_in: Any, visit: Visit) -> None:
    client = sign_in(Role.PRESCRIBER)
    answer = client.post(
        f"/patient/{visit.patient}/consent/withdraw/", {"consent": "x", "reason": "r" * 1001}
    )
    assert answer.status_code == 422
    assert b"not recorded yet" in answer.content


def test_a_name_that_cannot_be_looked_for_shows_nobody(sign_in: Any, visit: Visit) -> None:
    answer = sign_in(Role.COORDINATOR).post("/patients/", {"name": "n" * 500})
    assert answer.context["rows"] == []


def test_a_day_beyond_the_calendar_is_asked_for_again(sign_in: Any) -> None:
    answer = sign_in(Role.AUDITOR).get("/audit/entries/?day=9999-12-31")
    assert answer.status_code == 200
    assert "day" in answer.context["form"].errors
