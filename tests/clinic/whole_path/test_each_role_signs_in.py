"""Each role through the page of signing in, with password and code, to the page where its day begins."""

from __future__ import annotations

import time

import pytest
from allauth.mfa.models import Authenticator
from tests.clinic.conftest import PASSWORD, NewPage
from tests.clinic.whole_path.at_work import AtWork, one_time_code

from ataraxy.clinic.access.roles import Role
from ataraxy.clinic.accounts.models import Person
from ataraxy.clinic.accounts.sealing import opened

CARE = ("/today/", "/patients/")
# What opens for a role, and what does not.
OPENS: dict[Role, tuple[tuple[str, ...], tuple[str, ...]]] = {
    Role.PRESCRIBER: (
        (*CARE, "/alerts/", "/register/"),
        ("/administration/people/", "/audit/", "/research/"),
    ),
    Role.MONITOR: ((*CARE, "/register/"), ("/patients/refer/", "/rules/site/", "/audit/")),
    Role.THERAPIST: ((*CARE, "/alerts/"), ("/register/", "/patients/refer/", "/research/")),
    Role.COORDINATOR: ((*CARE, "/patients/refer/"), ("/register/", "/rules/policy/limits/", "/audit/")),
    Role.MEDICAL_DIRECTOR: (
        (*CARE, "/rules/site/", "/register/"),
        ("/patients/refer/", "/administration/people/", "/audit/"),
    ),
    Role.RESEARCHER: (("/research/",), (*CARE, "/alerts/", "/audit/")),
    Role.AUDITOR: (("/audit/", "/audit/access/"), (*CARE, "/research/", "/administration/people/")),
    Role.ADMINISTRATOR: (("/administration/people/",), (*CARE, "/research/", "/audit/", "/register/")),
}


def test_no_role_was_forgotten() -> None:
    assert set(OPENS) == set(Role)


@pytest.mark.parametrize("role", list(Role), ids=lambda role: role.value)
def test_password_and_code_open_what_is_of_the_role_and_nothing_else(
    role: Role, people: dict[Role, Person], new_page: NewPage
) -> None:
    somebody = AtWork(people[role].sign_in_name, PASSWORD, new_page(), secret_of(people[role]))
    open_to, closed_to = OPENS[role]
    page = somebody.page
    page.goto("/")
    page.fill("#id_login", somebody.name)
    page.fill("#id_password", somebody.password)
    page.click("button:has-text('Sign in') >> nth=0")
    page.wait_for_url("**/sign-in/second-factor/**")
    page.goto(open_to[0])
    assert "/sign-in/" in page.url, "a password alone opens nothing"
    page.goto("/sign-in/second-factor/")
    page.fill("[name=code]", one_time_code(somebody.secret, time.time()))
    page.click("button:has-text('Go on')")
    page.wait_for_url(lambda url: "/sign-in/" not in url)
    for path in open_to:
        somebody.open(path)
    assert [path for path in closed_to if not somebody.refused(path)] == []


def secret_of(person: Person) -> str:
    """The secret of somebody's app, which the database keeps sealed."""
    app = Authenticator.objects.get(user_id=person.pk, type=Authenticator.Type.TOTP)
    return opened(app.data["secret"], "second factor")
