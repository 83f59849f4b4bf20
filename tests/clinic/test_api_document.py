"""Whatever is sent to the JSON interface, by whomever: an answer that its document describes, and never a failure."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.generation.modes import GenerationMode
from schemathesis.openapi.checks import UndefinedStatusCode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.clinic.a_visit import Visit, make_site, make_visit

from ataraxy.clinic.access import tokens
from ataraxy.clinic.access.roles import ROLES, Role
from ataraxy.clinic.accounts.models import Person
from ataraxy.clinic.api.interface import openapi
from ataraxy.clinic.wsgi import application

pytestmark = pytest.mark.usefixtures("accounts")
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
SCHEMA = schemathesis.openapi.from_dict(openapi())
SCHEMA.app = application
OPERATIONS = [found.ok() for found in SCHEMA.get_all_operations()]
EXAMPLES = 6


@pytest.fixture(autouse=True)
def _one_connection() -> Iterator[None]:
    """The application closes connections after each request; the test's transaction lives in one."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def visit(people: dict[Role, Person]) -> Visit:
    make_site()
    return make_visit(people)


def header(person: Person) -> dict[str, str]:
    held = ROLES[next(iter(person.roles))].permissions
    secret = tokens.issue(person, label="fuzz", scopes=held, days=1, by="", agreed=True)
    return {"Authorization": f"Bearer {secret}"}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda o: f"{o.method} {o.path}")
@pytest.mark.parametrize(
    "role", [None, Role.PRESCRIBER, Role.MONITOR, Role.COORDINATOR, Role.AUDITOR, Role.RESEARCHER]
)
def test_every_answer_is_documented_and_none_is_a_failure(
    operation: Any, role: Role | None, people: dict[Role, Person], visit: Visit
) -> None:
    headers = header(people[role]) if role is not None else {}
    known = {"session_id": visit.id, "person_id": visit.patient}
    good, bad = (operation.as_strategy(generation_mode=mode) for mode in GenerationMode)

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=good | bad, there=st.booleans())
    def ask(case: Any, there: bool) -> None:
        if there:
            parameters = dict(case.path_parameters or {})
            case.path_parameters = parameters | {k: v for k, v in known.items() if k in parameters}
            if operation.method == "post":
                case.headers = {**(case.headers or {}), "Idempotency-Key": uuid.uuid4().hex}
        response = case.call(headers=headers)
        case.validate_response(response, checks=CHECKS)
        if role is None:
            assert response.status_code in (400, 401, 404)

    ask()


def test_an_answer_that_is_not_in_the_document_would_be_found(people: dict[Role, Person]) -> None:
    thinner = openapi() | {"paths": {"/api/people": {"get": dict(openapi()["paths"]["/api/people"]["get"])}}}
    operation = thinner["paths"]["/api/people"]["get"]
    operation["responses"] = {"200": operation["responses"]["200"]}
    schema = schemathesis.openapi.from_dict(thinner)
    schema.app = application
    case = next(schema.get_all_operations()).ok().Case()
    with pytest.raises((UndefinedStatusCode, BaseExceptionGroup)):
        case.validate_response(case.call(), checks=CHECKS)
