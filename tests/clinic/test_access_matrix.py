"""Every address, method, role and patient: what was stated is what happens, and nothing more is open."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator
from http.cookies import SimpleCookie
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from ataraxy.clinic.access import care, tokens
from ataraxy.clinic.access.checks import Address, addresses, unstated
from ataraxy.clinic.access.permissions import MEANING, Permission
from ataraxy.clinic.access.roles import ROLES, Role
from ataraxy.clinic.access.stated import NO_PATIENT, Audience, Stated, action, page, public
from ataraxy.clinic.accounts.models import Person

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
OWN, OTHER = uuid.uuid4().hex, uuid.uuid4().hex
REFUSALS = frozenset({302, 401, 403, 404, 405, 423})
ADDRESSES = sorted(addresses(), key=lambda address: address.pattern)


def filled(address: Address, patient: str) -> str:
    """The pattern with its arguments filled in: the patient where one is stated, something opaque elsewhere."""
    text = "/" + address.pattern
    stated = next((s for s in address.stated if s is not None), None)
    for name, converter in address.converters.items():
        kind = type(converter).__name__
        value = {"IntConverter": "1", "UUIDConverter": str(uuid.UUID(int=1))}.get(kind, "0" * 32)
        if stated is not None and stated.patient == name:
            value = patient
        opened = text.index("<")
        text = text[:opened] + value + text[text.index(">", opened) + 1 :]
    return text


def expected(stated: Stated, method: str, role: Role | None, patient: str) -> bool:
    """Whether the view may run, from what it states and the table of roles; written apart from the middleware."""
    answered = (stated.reads and method in ("GET", "HEAD")) or (stated.writes and method == "POST")
    if not answered:
        return False
    if stated.audience is Audience.PUBLIC:
        return True
    if role is None:
        return False
    if stated.audience is Audience.OWN_ACCOUNT:
        return True
    wanted = stated.write if method == "POST" else stated.read
    if wanted not in ROLES[role].permissions:
        return False
    if callable(stated.patient) and stated.patient is not NO_PATIENT:
        return False  # nothing that the made-up argument names exists: 404
    return stated.patient is NO_PATIENT or patient == OWN or ROLES[role].sees_all_patients


@pytest.fixture(autouse=True, scope="module")
def _quiet() -> Iterator[None]:
    """Thousands of refusals need no line each."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture(scope="module")
def signed_in(people: dict[Role, Person]) -> Iterator[dict[Role | None, Client]]:
    """A client of each role, signed in once for all addresses; nothing of it stays."""
    with transaction.atomic():
        found: dict[Role | None, Client] = {None: Client(raise_request_exception=False)}
        for role, person in people.items():
            care.assign(person, OWN, by="")
            found[role] = Client(raise_request_exception=False)
            found[role].force_login(Person.objects.get(pk=person.pk))
        yield found
        transaction.set_rollback(True)


@pytest.fixture
def clients(signed_in: dict[Role | None, Client], accounts: None) -> dict[Role | None, Client]:
    """The same for one test, whose changes are undone after it."""
    found = {}
    for role, client in signed_in.items():
        found[role] = Client(raise_request_exception=False)
        found[role].cookies = SimpleCookie(client.cookies.output(header="", sep=";"))
    return found


def cases(address: Address) -> Iterator[tuple[Stated, str, str]]:
    """Every method with what is stated about it; an address of the JSON interface states each of its methods apart."""
    for method in METHODS:
        answering = [stated for stated in address.stated if stated is not None and stated.answers(method)]
        stated = answering[0] if answering else address.stated[0]
        assert stated is not None
        for patient in (OWN, OTHER) if isinstance(stated.patient, str) else ("none",):
            yield stated, method, patient


def by_token_only(address: Address) -> bool:
    """Whether an address takes a device's token and no browser's session."""
    return all(s is not None and s.token for s in address.stated) and getattr(
        address.view, "csrf_exempt", False
    )


def token_of(role: Role | None, people: dict[Role, Person]) -> dict[str, str]:
    """The header of a token with everything that a role permits."""
    if role is None:
        return {}
    held = ROLES[role].permissions
    secret = tokens.issue(people[role], label="matrix", scopes=held, days=1, by="", agreed=True)
    return {"Authorization": f"Bearer {secret}"}


# Signing out and the like would end the session that the rest of the matrix is asked with.
ENDING = frozenset({"account_logout", "account_end_all"})


@pytest.mark.parametrize("address", ADDRESSES, ids=lambda address: address.pattern or "home")
def test_each_address_is_open_to_whom_it_states_and_to_nobody_else(
    address: Address, clients: dict[Role | None, Client], sign_in: Any, people: dict[Role, Person]
) -> None:
    wrong = []
    for role, client in clients.items():
        client.raise_request_exception = False
        headers = token_of(role, people) if by_token_only(address) else {}
        for stated, method, patient in cases(address):
            if address.name in ENDING and method == "POST" and role is not None:
                client = sign_in(role)
                client.raise_request_exception = False
            # where nothing is ever answered, a short refusal says as much as a page
            asked = headers if method in ("GET", "HEAD", "POST") else headers | {"Accept": "application/json"}
            response = client.generic(method, filled(address, patient), headers=asked)
            ran = response.wsgi_request.access.admitted
            allowed = expected(stated, method, role, patient)
            open_answer = response.status_code not in REFUSALS
            if ran != allowed or (not ran and open_answer):
                wrong.append(
                    f"{method} {patient[:5]} {role}: expected {allowed}, ran {ran}, {response.status_code}"
                )
            # The inside may not exist yet for a made-up argument; it must not fall over.
            if response.status_code >= 500:
                wrong.append(f"{method} {patient[:5]} {role}: {response.status_code}")
    assert not wrong, wrong


@pytest.mark.parametrize(
    "address", [a for a in ADDRESSES if by_token_only(a)], ids=lambda address: address.pattern
)
def test_a_browsers_session_opens_nothing_of_the_json_interface(
    address: Address, clients: dict[Role | None, Client]
) -> None:
    for client in clients.values():
        for method in METHODS:
            answer = client.generic(method, filled(address, OWN))
            assert not answer.wsgi_request.access.admitted
            assert answer.status_code in (401, 405)


def test_every_address_states_its_access() -> None:
    assert [str(message) for message in unstated(ADDRESSES)] == []


def test_the_matrix_covers_allowed_and_refused_answers() -> None:
    outcomes = [
        expected(stated, method, role, patient)
        for address in ADDRESSES
        for role in (None, *Role)
        for stated, method, patient in cases(address)
    ]
    assert outcomes.count(True) > 100
    assert outcomes.count(False) > 1000


def _plain(request: HttpRequest) -> HttpResponse:
    return HttpResponse("what the view holds")


def test_a_new_view_without_a_stated_permission_fails_the_check() -> None:
    found = addresses([path("new/", _plain, name="new")])
    assert [message.id for message in unstated(found)] == ["access.E001"]


def test_a_new_view_without_a_stated_permission_is_denied_to_everybody(
    clients: dict[Role | None, Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.urls import clear_url_caches

    from ataraxy.clinic import urls

    monkeypatch.setattr(urls, "urlpatterns", [*urls.urlpatterns, path("new/", _plain, name="new")])
    clear_url_caches()
    try:
        answers = {role: client.get("/new/") for role, client in clients.items()}
    finally:
        monkeypatch.undo()
        clear_url_caches()
    assert {role: answer.status_code for role, answer in answers.items()} == dict.fromkeys(answers, 403)
    assert not any(b"what the view holds" in answer.content for answer in answers.values())


def test_a_patient_that_the_address_does_not_name_fails_the_check() -> None:
    view = page(Permission.PATIENT_VIEW, patient="patient_id")(_plain)
    assert [m.id for m in unstated(addresses([path("new/", view, name="new")]))] == ["access.E003"]


def test_an_address_without_a_name_fails_the_check() -> None:
    view = public("a test")(_plain)
    assert [m.id for m in unstated(addresses([path("new/", view)]))] == ["access.E002"]


def test_a_name_of_a_foreign_view_does_not_open_one_of_ours() -> None:
    found = addresses([path("new/", _plain, name="account_login")])
    assert [message.id for message in unstated(found)] == ["access.E001"]


def test_a_public_view_gives_a_reason() -> None:
    with pytest.raises(ValueError, match="reason"):
        public("")


def test_an_action_is_not_answered_to_a_reader() -> None:
    stated = action(Permission.CHART_WRITE, patient=NO_PATIENT)(_plain).stated_access  # type: ignore[attr-defined]
    assert not stated.answers("GET")
    assert stated.answers("POST")
    assert not stated.answers("DELETE")


def test_every_permission_says_what_it_is() -> None:
    assert set(MEANING) == set(Permission)


def test_every_permission_is_held_by_some_role() -> None:
    assert set().union(*(rule.permissions for rule in ROLES.values())) == set(Permission)


def test_nobody_without_patients_in_their_role_holds_a_permission_about_patients() -> None:
    about_patients = {
        p for p in Permission if p.value.split(".")[0] in ("patient", "chart", "session", "alert")
    }
    for role in (Role.RESEARCHER, Role.AUDITOR, Role.ADMINISTRATOR):
        assert not ROLES[role].permissions & about_patients


def test_only_a_prescriber_overrides_a_gate() -> None:
    assert [role for role in Role if Permission.GATE_OVERRIDE in ROLES[role].permissions] == [Role.PRESCRIBER]
