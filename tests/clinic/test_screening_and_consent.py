"""The gate's answer with its reasons, overrides by prescribers alone, and consent that is signed and withdrawn."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.test import Client
from tests.clinic.a_visit import Visit, make_site, make_visit
from tests.clinic.conftest import PASSWORD, screenshot, sign_in_by_cookie, violations

from ataraxy.clinic.access.roles import Role
from ataraxy.clinic.accounts.models import Person
from ataraxy.clinic.pages.consent.views import ELEMENTS
from ataraxy.clinic.the_practice import actor_of, the_practice
from ataraxy.exchange.rules_file import load_rules
from ataraxy.practice import lists, people
from ataraxy.practice.aggregate import PERSON
from ataraxy.practice.site import adopt
from ataraxy.record.signature import signatures
from ataraxy.therapy.actor import Actor
from ataraxy.therapy.actor import Role as CareRole
from ataraxy.therapy.basis_of_use import BasisOfUse, ProtocolChoice
from ataraxy.therapy.chart_events import FactRecorded, PersonReferred, ProtocolChosen
from ataraxy.therapy.consent import Basis
from ataraxy.therapy.fact import Fact
from ataraxy.therapy.patient_chart import PatientChart

DIRECTOR = Actor(id="director", roles=frozenset({CareRole.MEDICAL_DIRECTOR}))


@pytest.fixture
def visit(accounts: None, people: dict[Role, Person]) -> Visit:
    make_site()
    rules = load_rules()
    adopt(the_practice(), "rules", rules.name, rules.model_dump(mode="json"), by=DIRECTOR)
    made = make_visit(people)
    practice, by = the_practice(), actor_of(people[Role.PRESCRIBER])
    common: dict[str, Any] = {"person": made.patient, "at": practice.now(), "by": by.id}
    events: list[Any] = [
        PersonReferred(**common),
        FactRecorded(**common, fact=Fact(name="history.psychosis", value="past", observed_at=practice.now())),
        ProtocolChosen(
            **common,
            protocol=ProtocolChoice(name="ketamine-iv-05-six", version="1"),
            basis_of_use=BasisOfUse(kind=Basis.OFF_LABEL),
        ),
    ]
    _record(events, by)
    return made


def _record(events: list[Any], by: Actor) -> None:
    people.record(the_practice(), events, by=by)


def chart_of(visit: Visit) -> PatientChart:
    file = the_practice().load(PERSON, visit.patient).state
    assert file is not None
    return file.chart


def give(client: Client, visit: Visit, secret: str = PASSWORD, request: str = "") -> Any:
    fields = {
        "request": request or uuid.uuid4().hex,
        "elements": [element.value for element in ELEMENTS],
        "secret": secret,
    }
    return client.post(f"/patient/{visit.patient}/consent/give/", fields)


def test_the_answer_names_rule_fact_source_and_what_would_change_it(sign_in: Any, visit: Visit) -> None:
    text = sign_in(Role.PRESCRIBER).get(f"/patient/{visit.patient}/screening/").content.decode()
    finding = people.ask_gate(the_practice(), visit.patient).finding("psychosis-past")
    assert finding is not None
    for words in ("psychosis-past/1", finding.remedy, finding.source, "history.psychosis"):
        assert words in text
    assert "What is missing" in text


def test_looking_records_nothing_and_asking_records_the_answer(sign_in: Any, visit: Visit) -> None:
    client = sign_in(Role.PRESCRIBER)
    client.get(f"/patient/{visit.patient}/screening/")
    assert lists.gate_answers(the_practice(), person=visit.patient) == ()
    asked = {"request": uuid.uuid4().hex}
    for _ in range(2):
        # the second tap of two
        assert client.post(f"/patient/{visit.patient}/screening/ask/", asked).status_code == 302
    (answer,) = lists.gate_answers(the_practice(), person=visit.patient)
    assert answer.decision in ("delay", "block")
    assert client.post(f"/patient/{visit.patient}/screening/ask/").status_code == 400


def test_a_monitor_cannot_override_and_what_is_unknown_is_not_offered(sign_in: Any, visit: Visit) -> None:
    address = f"/patient/{visit.patient}/screening/override/"
    fields = {
        "request": uuid.uuid4().hex,
        "rules": ["psychosis-past"],
        "reason": "one episode, many years ago",
    }
    assert sign_in(Role.MONITOR).post(address, fields).status_code == 403
    client = sign_in(Role.PRESCRIBER)
    refused = client.post(address, {**fields, "rules": ["diagnosis-confirmed"]})
    assert refused.status_code == 422
    # without credentials on record nobody overrides
    assert client.post(address, fields).status_code == 422
    assert "licence" in client.post(address, fields).content.decode()


def test_a_consent_is_signed_by_whoever_explained_it_with_their_own_secret(
    sign_in: Any, visit: Visit
) -> None:
    client = sign_in(Role.PRESCRIBER)
    assert give(client, visit, secret="wrong").status_code == 422
    assert chart_of(visit).consents == ()
    assert give(client, visit).status_code == 302
    (consent,) = chart_of(visit).consents
    entry = next(
        entry
        for entry in the_practice().record.entries(PERSON.stream(visit.patient))
        if entry.kind == "consent.given"
    )
    (signature,) = signatures(the_practice().record, entry.seq)
    assert (signature.entry_hash, signature.signer) == (entry.hash, consent.obtained_by)


def test_a_form_that_is_sent_again_gives_one_consent_and_one_signature(sign_in: Any, visit: Visit) -> None:
    client, request = sign_in(Role.PRESCRIBER), uuid.uuid4().hex
    for _ in range(2):
        assert give(client, visit, request=request).status_code == 302
    assert len(chart_of(visit).consents) == 1
    assert len(lists.consents(the_practice(), person=visit.patient)) == 1


def test_a_consent_is_withdrawn_at_any_time_without_a_reason(sign_in: Any, visit: Visit) -> None:
    client = sign_in(Role.PRESCRIBER)
    give(client, visit)
    (consent,) = chart_of(visit).consents
    client.post(f"/patient/{visit.patient}/consent/withdraw/", {"consent": consent.id, "reason": ""})
    (withdrawn,) = chart_of(visit).consents
    assert withdrawn.withdrawn_at is not None
    assert people.consent_current(the_practice(), visit.patient, the_practice().now()) is False


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("page_name", ["screening", "consent"])
def test_the_pages_can_be_used_by_everybody(
    new_page: Any, sign_in: Any, visit: Visit, scheme: str, page_name: str
) -> None:
    page = new_page(scheme=scheme)
    client = sign_in(Role.PRESCRIBER)
    sign_in_by_cookie(page, client)
    page.goto(f"/patient/{visit.patient}/{page_name}/")
    page.wait_for_selector("h1")
    assert violations(page) == []
    screenshot(page, page_name, scheme)


def test_a_consent_holds_what_the_clinics_rules_ask_for(sign_in: Any, visit: Visit) -> None:
    client = sign_in(Role.PRESCRIBER)
    fields = {"request": uuid.uuid4().hex, "elements": ["experimental", "risks"], "secret": PASSWORD}
    answer = client.post(f"/patient/{visit.patient}/consent/give/", fields)
    assert answer.status_code == 422
    assert "not approved by the FDA" in " ".join(answer.context["form"].errors["elements"])
    assert chart_of(visit).consents == ()


def test_a_therapist_takes_consent_and_whoever_hears_of_a_withdrawal_records_it(
    sign_in: Any, visit: Visit
) -> None:
    assert give(sign_in(Role.COORDINATOR), visit).status_code == 403
    assert give(sign_in(Role.THERAPIST), visit).status_code == 302
    (consent,) = chart_of(visit).consents
    address = f"/patient/{visit.patient}/consent/withdraw/"
    assert sign_in(Role.COORDINATOR).post(address, {"consent": consent.id}).status_code == 302
    assert chart_of(visit).consents[0].withdrawn_at is not None
