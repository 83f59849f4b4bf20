"""The pages of accounts and access in a real Chromium: accessible, by keyboard, locked when left alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect
from tests.clinic.a_visit import DIRECTOR, make_site
from tests.clinic.conftest import PASSWORD, screenshot, sign_in_by_cookie, violations

from ataraxy.clinic.access.models import AccessEntry, Presence
from ataraxy.clinic.access.roles import Role
from ataraxy.clinic.the_practice import the_practice
from ataraxy.exchange.rules_file import load_rules
from ataraxy.practice import site

PAGES: list[tuple[str, Role | None, str]] = [
    ("sign-in", None, "/sign-in/"),
    ("people", Role.ADMINISTRATOR, "/administration/people/"),
    ("new-person", Role.ADMINISTRATOR, "/administration/people/new/"),
    ("tokens", Role.ADMINISTRATOR, "/administration/tokens/"),
    ("own-tokens", Role.THERAPIST, "/account/tokens/"),
    ("account", Role.THERAPIST, "/account/"),
    ("pin", Role.THERAPIST, "/account/pin/"),
    ("add-passkey", Role.THERAPIST, "/account/factors/passkeys/add/"),
    ("audit", Role.AUDITOR, "/audit/"),
    ("audit-entries", Role.AUDITOR, "/audit/entries/"),
    ("rules", Role.MEDICAL_DIRECTOR, "/rules/"),
    ("rules-upload", Role.MEDICAL_DIRECTOR, "/rules/upload/rules/"),
    ("rules-policy", Role.MEDICAL_DIRECTOR, "/rules/policy/"),
    ("rules-new-policy", Role.MEDICAL_DIRECTOR, "/rules/policy/new/"),
    ("rules-limits", Role.MEDICAL_DIRECTOR, "/rules/policy/limits/"),
    ("rules-gate", Role.MEDICAL_DIRECTOR, "/rules/gate/"),
    ("rules-site", Role.MEDICAL_DIRECTOR, "/rules/site/"),
    ("access-log", Role.AUDITOR, "/audit/access/"),
    ("break-glass-review", Role.AUDITOR, "/audit/break-glass/"),
    ("break-glass", Role.MONITOR, f"/break-glass/{'c' * 32}/"),
    ("refused", Role.MONITOR, "/administration/people/"),
]


def adopt_rules() -> None:
    """The shipped rules, as the clinic's; nothing where they are in force."""
    practice = the_practice()
    rules = load_rules()
    site.adopt(practice, "rules", rules.name, json.loads(rules.model_dump_json()), by=DIRECTOR)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_have_no_serious_fault_of_access(
    scheme: str, new_page: Callable[..., Any], sign_in: Any
) -> None:
    make_site()
    adopt_rules()
    found: dict[str, list[str]] = {}
    pages: dict[Role | None, Any] = {}
    for name, role, path in PAGES:
        if role not in pages:
            pages[role] = new_page(scheme=scheme)
            if role is not None:
                sign_in_by_cookie(pages[role], sign_in(role))
        page = pages[role]
        page.goto(path)
        page.wait_for_load_state("load")
        wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        found[name] = violations(page) + (["wider than the screen"] if wide else [])
        screenshot(page, name, scheme)
    assert {name: faults for name, faults in found.items() if faults} == {}


@pytest.mark.parametrize("size", [(800, 1280), (390, 844), (320, 640)])
def test_pages_fit_tablets_and_phones(
    size: tuple[int, int], new_page: Callable[..., Any], sign_in: Any
) -> None:
    page = new_page(size=size)
    sign_in_by_cookie(page, sign_in(Role.ADMINISTRATOR))
    for path in ("/administration/people/", "/administration/people/new/", "/account/"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0], path


def test_signing_in_and_out_by_keyboard(new_page: Callable[..., Any], people: Any) -> None:
    from tests.clinic.test_signing_in import code

    page = new_page()
    page.goto("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the page"
    page.focus("#id_login")
    page.keyboard.type("therapist")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/sign-in/second-factor/")
    assert page.evaluate("document.activeElement.name") == "code"
    page.keyboard.type(code(people[Role.THERAPIST]))
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/sign-in/" not in url)
    page.click("text=Sign out")
    page.wait_for_url("**/sign-in/")


def test_the_lock_covers_the_page_and_gives_it_back_with_what_was_typed(
    new_page: Callable[..., Any], sign_in: Any
) -> None:
    page = new_page()
    sign_in_by_cookie(page, sign_in(Role.ADMINISTRATOR))
    page.goto("/administration/people/new/")
    page.fill("#id_display_name", "Half typed")
    page.click("button:has-text('Lock')")
    page.wait_for_selector("dialog.lock[open]")
    assert page.evaluate("getComputedStyle(document.querySelector('.frame')).visibility") == "hidden"
    assert violations(page) == []
    screenshot(page, "lock", "light")
    page.keyboard.press("Escape")
    assert page.is_visible("dialog.lock")
    page.fill("#unlock-secret", "wrong")
    page.keyboard.press("Enter")
    expect(page.locator("#unlock-wrong")).to_have_text("Wrong PIN or password.")
    page.fill("#unlock-secret", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog.lock", state="hidden")
    assert page.input_value("#id_display_name") == "Half typed"
    assert page.evaluate("fetch('/account/').then(a => a.status)") == 200


def test_a_page_left_alone_locks_itself_and_the_server_with_it(
    new_page: Callable[..., Any], sign_in: Any
) -> None:
    page = new_page()
    page.clock.install()
    client = sign_in(Role.ADMINISTRATOR)
    presence = client.session["presence"]
    sign_in_by_cookie(page, client)
    page.goto("/administration/people/")
    with page.expect_response("**/lock/now/"):
        page.clock.run_for(302_000)
    assert page.is_visible("dialog.lock")
    assert Presence.objects.get(pk=presence).locked_at is not None


def test_a_passkey_is_enrolled_and_opens_the_account(new_page: Callable[..., Any], people: Any) -> None:
    from tests.clinic.conftest import Client

    from ataraxy.clinic.accounts.models import Person

    person = Person.objects.create_person(
        "passkey", "Passkey Person", password=PASSWORD, roles=[Role.THERAPIST], must_change_password=False
    )
    client = Client()
    client.force_login(person)
    page = new_page()
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    sign_in_by_cookie(page, client)
    page.goto("/account/")
    page.wait_for_url("**/account/enrol/**")
    page.click("text=Add a passkey")
    page.check("#id_passwordless")
    page.click("text=Go on")
    page.wait_for_url("**/account/factors/codes/")
    page.context.clear_cookies()
    page.goto("/sign-in/")
    page.click("text=Sign in with a passkey")
    page.wait_for_url(lambda url: "/sign-in/" not in url)
    page.goto("/account/")
    assert page.inner_text("h1") == "Passkey Person"
    assert AccessEntry.objects.filter(person=person.pk, kind="factor_added").exists()
