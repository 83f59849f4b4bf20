"""Whatever is typed into a field: an answer, never a failure of the server, and never anything but text on the page."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.clinic.a_visit import make_site
from tests.clinic.conftest import PASSWORD

from ataraxy.clinic.access.roles import Role

pytestmark = pytest.mark.usefixtures("accounts")

FORMS: dict[str, tuple[Role, str, tuple[str, ...]]] = {
    "site": (
        Role.ADMINISTRATOR,
        "/rules/site/",
        ("name", "chairs", "crisis_numbers", "setting", "rems_certified", "retention_years"),
    ),
    "limits": (
        Role.MEDICAL_DIRECTOR,
        "/rules/policy/limits/",
        ("systolic", "diastolic", "reason", "understood"),
    ),
    "threshold": (
        Role.MEDICAL_DIRECTOR,
        "/rules/policy/threshold/before.food/",
        ("value", "grade", "source", "url", "note"),
    ),
    "adopt": (Role.MEDICAL_DIRECTOR, "/rules/adopt/rules/", ("text", "sha256")),
    "retire": (Role.MEDICAL_DIRECTOR, "/rules/document/policy/simulation/1/retire/", ("reason",)),
    "token": (Role.ADMINISTRATOR, "/administration/tokens/", ("label", "person", "scopes", "days")),
    "person": (Role.ADMINISTRATOR, "/administration/people/new/", ("display_name", "sign_in_name", "roles")),
    "verify": (Role.AUDITOR, "/audit/break-glass/x/review/", ("finding",)),
    "break-glass": (Role.MONITOR, f"/break-glass/{'d' * 32}/", ("reason", "note", "next")),
}
NASTY = (
    "<script>alert(1)</script>\"'>",
    "{{ 7|add:7 }}{% now %}",
    "' OR 1=1 --",
    "../../etc/passwd",
    "\x00\x1b[31m",
    "\u202e\ufeff\ud7ff",
    "9" * 400,
    "-0.0e999",
    "NaN",
    "٣",
)
TYPED = st.sampled_from(NASTY) | st.text(max_size=60)


@pytest.mark.parametrize("form", FORMS)
def test_whatever_is_typed_is_answered_and_shown_as_text(form: str, sign_in: Any) -> None:
    role, path, fields = FORMS[form]
    make_site()
    client = sign_in(role)
    client.raise_request_exception = False

    @settings(max_examples=20, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(values=st.fixed_dictionaries(dict.fromkeys(fields, TYPED)), signed=st.booleans())
    def typed(values: dict[str, str], signed: bool) -> None:
        # no right signature: nothing of this is to be adopted
        secret = f"{PASSWORD} not" if signed else ""
        answer = client.post(path, {**values, "secret": secret})
        assert answer.status_code < 500, (path, values)
        assert b"<script>alert(1)" not in answer.content
        assert answer.status_code in (200, 302, 400, 403, 404, 409, 422, 429)

    typed()


@pytest.mark.parametrize("path", ["/audit/entries/", "/audit/access/", "/audit/break-glass/"])
def test_whatever_stands_in_an_address_is_answered_and_shown_as_text(path: str, sign_in: Any) -> None:
    client = sign_in(Role.AUDITOR)
    client.raise_request_exception = False
    names = ("author", "about", "id", "kind", "day", "person", "patient", "page", "before")

    @settings(max_examples=20, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(query=st.dictionaries(st.sampled_from(names), TYPED, max_size=4))
    def asked(query: dict[str, str]) -> None:
        answer = client.get(path, query)
        assert answer.status_code in (200, 400), (path, query)
        assert b"<script>alert(1)" not in answer.content

    asked()
