"""The pages of accounts and access in a real Chromium: accessible, by keyboard, locked when left alone."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client, RequestFactory
from django.urls import Resolver404, resolve
from playwright.sync_api import expect
from tests.clinic.a_visit import DIRECTOR, DOCTOR, ROOM, Visit, dose_now, make_site, make_visit
from tests.clinic.conftest import PASSWORD, sign_in_by_cookie, violations
from tests.clinic.test_pictures import STUDY, read_by_a_person

from ataraxy.clinic.access.checks import addresses
from ataraxy.clinic.access.models import AccessEntry, AccessToken, BreakGlass, Presence
from ataraxy.clinic.access.roles import Role
from ataraxy.clinic.accounts.models import Person
from ataraxy.clinic.accounts.sealing import sealed
from ataraxy.clinic.pages.questionnaire import links
from ataraxy.clinic.the_practice import the_practice
from ataraxy.evidence.trials import load_trials
from ataraxy.exchange.instrument_file import instruments
from ataraxy.exchange.protocol_file import load_protocol
from ataraxy.exchange.rules_file import load_rules
from ataraxy.practice import people as charts
from ataraxy.practice import sessions, site
from ataraxy.practice.scores import patient_as_actor, record_score
from ataraxy.practice.site import policy_in_force
from ataraxy.therapy.chart_events import ScoreRetracted

PROTOCOL = "ketamine-of-these-pages"
Then = Callable[[Any], None]
TARGET_PX = 44


def as_it_opens(page: Any) -> None:
    """Nothing is done on it."""


@dataclass(frozen=True)
class Shown:
    """A page as somebody sees it: name, role, address, and what is done on it before it is looked at."""

    name: str
    role: Role | None
    path: str
    then: Then = as_it_opens


@pytest.fixture(autouse=True)
def _gone_afterwards() -> Iterator[None]:
    """What a running server writes is undone by no transaction: other tests count these."""
    kinds = (BreakGlass, AccessToken)
    before = {kind: set(kind.objects.values_list("pk", flat=True)) for kind in kinds}
    yield
    for kind in kinds:
        kind.objects.exclude(pk__in=before[kind]).delete()


def made_token(page: Any) -> None:
    page.fill("[name=label]", "Monitor of chair 1")
    page.locator("[name=person]").select_option(label=_option(page, "person", "Session monitor"))
    page.fill("[name=days]", "30")
    page.locator("[name=scopes]").first.check()
    page.click("text=Make the token")
    page.wait_for_selector(".secret")


def made_link(page: Any) -> None:
    page.click("text=Make a link")
    page.wait_for_selector("img.qr")


def read_shipped(page: Any) -> None:
    page.click("text=Read and adopt >> nth=0")
    page.wait_for_selector("text=Differences")


def wrong_form(page: Any) -> None:
    """A form that was sent with nothing in it: its page says what is missing."""
    page.locator("main form").first.evaluate("form => { form.noValidate = true; form.requestSubmit(); }")
    page.wait_for_selector("[data-error-summary]")


def opened_parts(page: Any) -> None:
    """Every part that can be opened is open."""
    page.evaluate("document.querySelectorAll('main details').forEach(one => { one.open = true; })")


def locked(page: Any) -> None:
    page.click("button:has-text('Lock')")
    page.wait_for_selector("dialog.lock[open]")


def _option(page: Any, name: str, text: str) -> str:
    return str(page.locator(f"[name={name}] option", has_text=text).first.inner_text())


def every_page(people: dict[Role, Person]) -> list[Shown]:
    """Every page, with somebody to show on it."""
    make_site()
    adopt_rules()
    practice = the_practice()
    for note in ("", "Another reading."):
        named = load_protocol("ketamine-iv-05-six").model_copy(update={"name": PROTOCOL, "note": note})
        site.adopt_protocol(practice, named, by=DIRECTOR)
    visit, dosed = make_visit(people, name="Paula Pages"), make_visit(people, name="Dora Dosed")
    dose_now(dosed, people)
    planned = plan_another(visit)
    answers = [2, 1, 2, 1, 1, 1, 1]
    for days in (30, 2):
        at = datetime.now(UTC) - timedelta(days=days)
        record_score(
            practice,
            visit.patient,
            instruments()["GAD-7"],
            answers=answers,
            by=actor_of_patient(visit),
            at=at,
        )
    risk = [1] * 8 + [2]
    record_score(practice, visit.patient, instruments()["PHQ-9"], answers=risk, by=actor_of_patient(visit))
    slip = datetime.now(UTC) - timedelta(days=60)
    record_score(practice, visit.patient, instruments()["GAD-7"], total=21.0, by=DOCTOR, at=slip)
    charts.record(
        practice,
        ScoreRetracted(
            person=visit.patient,
            at=datetime.now(UTC),
            by=DOCTOR.id,
            scale="GAD-7",
            scored_at=slip,
            reason="These were the answers of the person before.",
        ),
        by=DOCTOR,
    )
    request = RequestFactory().get("/")
    _, token = links.send(practice, visit.patient, "GAD-7", 24, by=people[Role.COORDINATOR], request=request)
    BreakGlass.objects.create(
        person=people[Role.MONITOR],
        patient=visit.patient,
        reason=BreakGlass.REASONS[0][0],
        note=sealed("Called by the ward.", "break-glass"),
        opened_at=datetime.now(UTC),
        expires_at=datetime.now(UTC) + timedelta(minutes=30),
    )
    policy = policy_in_force(practice).name
    threshold = next(p for p, _ in policy_in_force(practice).settings() if not p.startswith("stop_limits"))
    prescriber, monitor, therapist = Role.PRESCRIBER, Role.MONITOR, Role.THERAPIST
    director, auditor, administrator = Role.MEDICAL_DIRECTOR, Role.AUDITOR, Role.ADMINISTRATOR
    patient, session = f"/patient/{visit.patient}", f"/session/{visit.id}"
    limits = f"/protocols/compare/?before={PROTOCOL}/1&after={PROTOCOL}/2"
    return [
        Shown("sign-in", None, "/sign-in/"),
        Shown("account-closed", None, "/sign-in/closed/"),
        Shown("questionnaire", None, f"/q/{token}/"),
        Shown("questionnaire-after", None, "/q/answered/"),
        Shown("questionnaire-closed", None, "/q/nothing/"),
        Shown("today", monitor, "/today/"),
        Shown("patients", Role.COORDINATOR, "/patients/"),
        Shown("refer", Role.COORDINATOR, "/patients/refer/"),
        Shown("refer-wrong", Role.COORDINATOR, "/patients/refer/", wrong_form),
        Shown("patient", prescriber, f"{patient}/", opened_parts),
        Shown("chart", prescriber, f"{patient}/chart/", opened_parts),
        Shown("screening", prescriber, f"{patient}/screening/", opened_parts),
        Shown("consent", prescriber, f"{patient}/consent/", opened_parts),
        Shown("plan", prescriber, f"{patient}/course/", opened_parts),
        Shown("identity", prescriber, f"{patient}/identity/"),
        Shown("scores", therapist, f"{patient}/scores/", opened_parts),
        Shown("score-entry", therapist, f"{patient}/scores/enter/?scale=PCL-5"),
        Shown("score-total", therapist, f"{patient}/scores/enter/?scale=LSAS"),
        Shown("questionnaire-link", therapist, f"{patient}/scores/", made_link),
        Shown("alerts", prescriber, "/alerts/"),
        Shown("check-in", monitor, f"/session/{planned}/"),
        Shown("preparation", monitor, f"{session}/preparation/"),
        Shown("preparation-wrong", monitor, f"{session}/preparation/", wrong_form),
        Shown("preparation-account", monitor, f"/session/{dosed.id}/preparation/"),
        Shown("run-sheet", monitor, f"/session/{dosed.id}/", opened_parts),
        Shown("run-sheet-offline", monitor, f"{session}/offline/"),
        Shown("register", monitor, "/register/"),
        Shown("register-place", monitor, f"/register/place/{ROOM}/", opened_parts),
        Shown("follow-up", Role.COORDINATOR, "/follow-up/"),
        Shown("follow-up-session", therapist, f"/session/{dosed.id}/follow-up/", opened_parts),
        Shown("protocols", director, "/protocols/"),
        Shown("protocol-preview", director, "/protocols/", read_shipped),
        Shown("protocol-version", director, f"/protocols/version/{PROTOCOL}/2/", opened_parts),
        Shown("protocol-comparison", director, limits),
        Shown("rules", director, "/rules/"),
        Shown("rules-upload", director, "/rules/upload/rules/"),
        Shown("rules-policy", director, "/rules/policy/"),
        Shown("rules-new-policy", director, "/rules/policy/new/"),
        Shown("rules-limits", director, "/rules/policy/limits/"),
        Shown("rules-limits-wrong", director, "/rules/policy/limits/", wrong_form),
        Shown("rules-threshold", director, f"/rules/policy/threshold/{threshold}/"),
        Shown("rules-gate", director, "/rules/gate/"),
        Shown("rules-document", director, f"/rules/document/policy/{policy}/1/", opened_parts),
        Shown("rules-site", director, "/rules/site/"),
        Shown("evidence", prescriber, "/evidence/", opened_parts),
        Shown("evidence-trial", prescriber, f"/evidence/{load_trials().trials[0].id}/"),
        Shown("research", Role.RESEARCHER, "/research/"),
        Shown("audit", auditor, "/audit/"),
        Shown("audit-entries", auditor, "/audit/entries/"),
        Shown("access-log", auditor, "/audit/access/"),
        Shown("break-glass-review", auditor, "/audit/break-glass/"),
        Shown("break-glass", monitor, f"/break-glass/{'c' * 32}/"),
        Shown("people", administrator, "/administration/people/"),
        Shown("person", administrator, f"/administration/people/{people[therapist].pk}/"),
        Shown("new-person", administrator, "/administration/people/new/"),
        Shown("tokens", administrator, "/administration/tokens/"),
        Shown("token-made", administrator, "/administration/tokens/", made_token),
        Shown("own-tokens", therapist, "/account/tokens/"),
        Shown("account", therapist, "/account/"),
        Shown("pin", therapist, "/account/pin/"),
        Shown("password", therapist, "/account/password/"),
        Shown("sign-out", therapist, "/sign-out/"),
        Shown("factors", therapist, "/account/factors/"),
        Shown("recovery-codes", therapist, "/account/factors/codes/"),
        Shown("new-recovery-codes", therapist, "/account/factors/codes/new/"),
        Shown("remove-app", therapist, "/account/factors/app/remove/"),
        Shown("passkeys", therapist, "/account/factors/passkeys/"),
        Shown("add-passkey", therapist, "/account/factors/passkeys/add/"),
        Shown("confirm", therapist, "/account/confirm/"),
        Shown("confirm-code", therapist, "/account/confirm/code/"),
        Shown("refused", monitor, "/administration/people/"),
        Shown("not-found", monitor, "/nothing-is-here/"),
        Shown("lock", therapist, "/account/", locked),
    ]


# Pages that are looked at in another test, or need a device that this one does not play.
ELSEWHERE = {
    "lock": "covers every page; the test of the lock looks at it",
    "mfa_authenticate": "between password and session: the test of signing in opens it",
    "mfa_activate_totp": "for somebody without a second factor: the test of enrolment looks at it",
    "enrol": "for somebody without a second factor: the test of enrolment looks at it",
    "mfa_reauthenticate_webauthn": "for somebody with a passkey: the test of passkeys looks at it",
    "mfa_edit_webauthn": "for somebody with a passkey: the test of passkeys looks at it",
    "mfa_remove_webauthn": "for somebody with a passkey: the test of passkeys looks at it",
}


def adopt_rules() -> None:
    """The shipped rules, as the clinic's; nothing where they are in force."""
    practice = the_practice()
    rules = load_rules()
    site.adopt(practice, "rules", rules.name, json.loads(rules.model_dump_json()), by=DIRECTOR)


def actor_of_patient(visit: Visit) -> Any:
    return patient_as_actor(visit.patient)


def plan_another(visit: Visit) -> str:
    """A second session of the person, which nobody has checked in to."""
    practice, number = the_practice(), uuid.uuid4().hex
    plan = visit.state.plan
    assert plan is not None
    sessions.plan_session(practice, number, plan.course, 1, datetime.now(UTC), by=DOCTOR)
    return number


def small_targets(page: Any) -> list[str]:
    """What is smaller than a finger, of buttons and fields; links in text are none."""
    found: list[str] = page.evaluate(
        """(least) => [...document.querySelectorAll("main button, main .button, main select, main textarea, summary, "
             + "main input:not([type=hidden], [type=checkbox], [type=radio]), label:has(input[type=checkbox]), "
             + "label:has(input[type=radio]), .nav a")]
          .filter(it => it.checkVisibility() && it.getClientRects().length)
          .filter(it => Math.min(it.getBoundingClientRect().height, it.getBoundingClientRect().width) < least - 0.5)
          .map(it => `${it.tagName.toLowerCase()} ${it.name || it.textContent.trim().slice(0, 30)}`)""",
        TARGET_PX,
    )
    return [f"smaller than {TARGET_PX} px: {one}" for one in found[:5]]


def too_wide(page: Any) -> list[str]:
    """What stands out of a page that has to be moved sideways; nothing where it has not."""
    found: list[str] = page.evaluate(
        """() => { const wide = document.documentElement.clientWidth;
          if (document.documentElement.scrollWidth <= wide) return [];
          const scrolls = it => it !== document.body && getComputedStyle(it).overflowX !== "visible";
          const inside = it => { for (let up = it.parentElement; up; up = up.parentElement)
            if (scrolls(up)) return true; return false; };
          return [...document.querySelectorAll("body *")]
            .filter(it => it.getBoundingClientRect().right > wide + 0.5 && !inside(it))
            .map(it => `${it.tagName.toLowerCase()}.${it.className} ${it.id}`); }"""
    )
    width = page.viewport_size["width"]
    return [f"wider than {width} px: {', '.join(found[:6])}"] if found else []


# A tablet lying and upright, a phone, and 1280 px at 400% (WCAG 1.4.10).
SIZES = ((1280, 800), (800, 1280), (390, 844), (320, 640))


def look_at(page: Any) -> list[str]:
    """What is wrong with a page as it stands, in light and dark and in every size."""
    faults = violations(page) + small_targets(page)
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    # what depends on colours; the rest was looked at in light
    dark = violations(page, rules=("color-contrast", "link-in-text-block"))
    faults += [f"dark: {fault}" for fault in dark]
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        faults += too_wide(page)
    return faults


def test_every_page_is_accessible_in_light_and_dark_and_fits_every_size(
    new_page: Callable[..., Any], sign_in: Any, people: dict[Role, Person]
) -> None:
    shown = every_page(people)
    found: dict[str, list[str]] = {}
    pages: dict[Role | None, Any] = {}
    for one in shown:
        if one.role not in pages:
            pages[one.role] = new_page()
            if one.role is not None:
                sign_in_by_cookie(pages[one.role], sign_in(one.role))
        page = pages[one.role]
        page.set_viewport_size({"width": SIZES[0][0], "height": SIZES[0][1]})
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        page.goto(one.path)
        page.wait_for_load_state("load")
        one.then(page)
        if faults := look_at(page):
            found[one.name] = faults
    assert found == {}


def test_every_page_of_the_address_table_is_looked_at(people: dict[Role, Person]) -> None:
    def view_of(path: str) -> str:
        try:
            return resolve(path.partition("?")[0]).view_name
        except Resolver404:
            return ""

    looked_at = {view_of(one.path) for one in every_page(people)} | set(ELSEWHERE)
    assert read_by_a_person(list(addresses())) - set(STUDY.NOT_PICTURED) - looked_at == set()


def test_enrolment_is_accessible(new_page: Callable[..., Any]) -> None:
    person = Person.objects.create_person(
        f"new{uuid.uuid4().hex[:8]}",
        "New Person",
        password=PASSWORD,
        roles=[Role.THERAPIST],
        must_change_password=False,
    )
    client = Client()
    client.force_login(person)
    page = new_page()
    sign_in_by_cookie(page, client)
    for path in ("/account/enrol/", "/account/factors/app/"):
        page.set_viewport_size({"width": SIZES[0][0], "height": SIZES[0][1]})
        page.goto(path)
        assert page.url.endswith(path)
        assert look_at(page) == [], path


def reach(page: Any, selector: str, presses: int = 120) -> None:
    """Tab until something is focused that the selector names: nothing else than the keyboard is used."""
    for _ in range(presses):
        page.keyboard.press("Tab")
        if page.evaluate("(wanted) => document.activeElement.matches(wanted)", selector):
            ring = page.evaluate(
                "() => parseFloat(getComputedStyle(document.activeElement).outlineWidth)"
                " * (getComputedStyle(document.activeElement).outlineStyle !== 'none')"
            )
            assert ring >= 2, f"{selector} shows no focus"
            return
    raise AssertionError(f"{selector} is not reached by the keyboard")


def test_somebody_is_referred_by_keyboard(new_page: Callable[..., Any], sign_in: Any) -> None:
    make_site()
    page = new_page()
    sign_in_by_cookie(page, sign_in(Role.PRESCRIBER))
    page.goto("/patients/")
    reach(page, "a[href$='/refer/']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/patients/refer/")
    reach(page, "#id_name")
    page.keyboard.type("Kay Keyboard")
    page.keyboard.press("Enter")
    page.wait_for_url("**/patient/**")
    assert "Kay Keyboard" in page.inner_text("h1")


def test_a_reading_is_charted_by_keyboard(
    new_page: Callable[..., Any], sign_in: Any, people: dict[Role, Person]
) -> None:
    make_site()
    visit = make_visit(people, name="Rita Reading")
    page = new_page()
    sign_in_by_cookie(page, sign_in(Role.MONITOR))
    page.goto(f"/session/{visit.id}/")
    page.wait_for_selector("[data-sheet][data-ready=yes]")
    reach(page, "#in-systolic")
    page.keyboard.type("143")
    page.keyboard.press("Tab")
    page.keyboard.type("81")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=143/81")
    reach(page, "#ae-new > summary")
    page.keyboard.press("Enter")
    reach(page, "#ae-term")
    page.keyboard.type("headache")
    page.keyboard.press("Enter")
    page.wait_for_selector(".sheet-events >> text=headache")
    assert visit.state.readings[-1].reading.systolic == 143


def test_a_score_is_entered_by_keyboard(
    new_page: Callable[..., Any], sign_in: Any, people: dict[Role, Person]
) -> None:
    make_site()
    visit = make_visit(people, name="Sia Score")
    page = new_page()
    sign_in_by_cookie(page, sign_in(Role.THERAPIST))
    page.goto(f"/patient/{visit.patient}/scores/enter/?scale=GAD-7")
    for item in range(7):
        reach(page, "input[type=radio]")
        page.keyboard.press("Space")
        if item % 2:
            page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/patient/{visit.patient}/scores/**")
    page.wait_for_selector(".figure-big")
    assert page.inner_text(".figure-big").split()[0] == "3"


def test_a_policy_is_signed_by_keyboard_and_says_what_is_missing(
    new_page: Callable[..., Any], sign_in: Any
) -> None:
    make_site()
    page = new_page()
    sign_in_by_cookie(page, sign_in(Role.MEDICAL_DIRECTOR))
    page.goto("/rules/policy/limits/")
    reach(page, "[name=systolic]")
    page.keyboard.type("9")
    page.locator("main form").first.evaluate("form => { form.noValidate = true; }")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-error-summary]")
    # The summary has the focus, and each line of it leads to its field.
    assert page.evaluate("document.activeElement.matches('[data-error-summary]')")
    reach(page, "[data-error-summary] a[href='#id_diastolic']")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id || location.hash") in ("id_diastolic", "#id_diastolic")
    page.keyboard.type("100")
    assert page.input_value("#id_diastolic") == "100"


def test_nothing_moves_where_motion_is_not_wanted(new_page: Callable[..., Any], sign_in: Any) -> None:
    moving = """() => [...document.querySelectorAll("*")].filter(it => { const style = getComputedStyle(it);
      return [...style.transitionDuration.split(","), ...style.animationDuration.split(",")]
        .some(one => parseFloat(one) > 0) }).length"""
    page = new_page()
    sign_in_by_cookie(page, sign_in(Role.MONITOR))
    page.emulate_media(reduced_motion="no-preference")
    page.goto("/today/")
    assert page.evaluate(moving) > 0
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(moving) == 0


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
    # The pages that only somebody with a passkey sees.
    key = Authenticator.objects.get(user=person, type="webauthn").pk
    for part in (f"factors/passkeys/{key}/edit/", f"factors/passkeys/{key}/remove/", "confirm/passkey/"):
        page.goto(f"/account/{part}")
        assert page.url.endswith(part)
        assert look_at(page) == [], part
    page.context.clear_cookies()
    page.goto("/sign-in/")
    page.click("text=Sign in with a passkey")
    page.wait_for_url(lambda url: "/sign-in/" not in url)
    page.goto("/account/")
    assert page.inner_text("h1") == "Passkey Person"
    assert AccessEntry.objects.filter(person=person.pk, kind="factor_added").exists()
