"""Preparing a dose on pages: two people, each by themselves; nothing that one found reaches the other before."""

from __future__ import annotations

import random
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from tests.clinic.a_visit import DOCTOR, EXPIRY, PIN, ROOM, Visit, dose_now, make_site, make_visit, with_pin
from tests.clinic.conftest import PASSWORD, screenshot, sign_in_by_cookie, violations

from ataraxy.clinic.access.care import release
from ataraxy.clinic.access.models import AccessEntry
from ataraxy.clinic.access.roles import Role
from ataraxy.clinic.accounts.models import Person
from ataraxy.clinic.the_practice import actor_of, the_practice
from ataraxy.practice import draws
from ataraxy.practice.aggregate import REGISTER, SESSION
from ataraxy.practice.practice import Step
from ataraxy.practice.preparing import PREPARING
from ataraxy.practice.site import policy_in_force
from ataraxy.therapy.drug_register import Container
from ataraxy.therapy.refusal import Refusal
from ataraxy.therapy.session import decide
from ataraxy.therapy.session.state import SessionState

# What the page may not show to a second person: the results of 0.5 mg/kg for 70 kg out of 50 mg/mL, in 50 mL.
SECRETS = ("0.7", "49.3", ">75<", ">35<")


@pytest.fixture(scope="module")
def site() -> None:
    make_site()


@pytest.fixture
def visit(site: None, accounts: None, people: dict[Role, Person]) -> Visit:
    with_pin(people[Role.PRESCRIBER])
    with_pin(people[Role.MONITOR])
    return make_visit(people)


def vial(visit: Visit) -> Container:
    register = the_practice().load(REGISTER, ROOM).state
    assert register is not None
    found = register.container(visit.vial)
    assert found is not None
    return found


def read(visit: Visit, **changes: str) -> dict[str, str]:
    label = vial(visit).vial
    return {
        "request": uuid.uuid4().hex,
        "amount": "0.5",
        "per": "mg/kg",
        "weight_kg": "70",
        "container": f"{ROOM}|{visit.vial}",
        "drug": "racemic_ketamine",
        "strength": "50",
        "unit": "mL",
        "basis": "base",
        "content": "10",
        "lot": label.lot,
        "expires_on": EXPIRY.isoformat(),
        "final_volume_ml": "50",
        **changes,
    }


def own(visit: Visit, who: Person, secret: str = PIN, **changes: str) -> dict[str, str]:
    found = {"dose_mg": "35", "drawn": "0.7", "rate_ml_per_h": "75", "person": who.pk, "secret": secret}
    return {**read(visit), **found, **changes}


def post(client: Client, visit: Visit, step: str, fields: dict[str, str] | None = None) -> Any:
    return client.post(f"/session/{visit.id}/preparation/{step}/", fields or {})


def calculate(client: Client, visit: Visit) -> None:
    """Let the first person calculate and hand over."""
    assert post(client, visit, "first", read(visit)).status_code == 302
    assert post(client, visit, "hand-over").status_code == 302


def shown(client: Client, visit: Visit) -> str:
    return client.get(f"/session/{visit.id}/preparation/").content.decode()


def waiting(visit: Visit) -> bool:
    state = the_practice().load(PREPARING, visit.id).state
    return state is not None and state.waiting is not None


def test_two_people_on_one_tablet_prepare_and_draw(visit: Visit, sign_in: Any, people: Any) -> None:
    nurse = sign_in(Role.MONITOR)
    assert post(nurse, visit, "first", read(visit)).status_code == 302
    assert ">0.7<" in shown(nurse, visit)
    assert post(nurse, visit, "hand-over").status_code == 302
    answer = post(nurse, visit, "second", own(visit, people[Role.PRESCRIBER]))
    assert answer.status_code == 302, answer.content.decode()
    prepared = visit.state.preparation
    assert prepared is not None
    assert (prepared.first_by, prepared.second_by) == (
        people[Role.MONITOR].staff_id,
        people[Role.PRESCRIBER].staff_id,
    )
    assert vial(visit).drawn == Decimal("0.7")
    assert "Two people agree" in shown(nurse, visit)


def test_two_people_on_two_tablets_prepare_and_draw(visit: Visit, sign_in: Any, people: Any) -> None:
    post(sign_in(Role.MONITOR), visit, "first", read(visit))
    doctor = sign_in(Role.PRESCRIBER)
    page = shown(doctor, visit)
    assert not [secret for secret in SECRETS if secret in page]
    assert post(doctor, visit, "second", own(visit, people[Role.PRESCRIBER], PASSWORD)).status_code == 302
    assert visit.state.preparation is not None


def test_after_handing_over_nobody_sees_the_result(visit: Visit, sign_in: Any, people: Any) -> None:
    nurse = sign_in(Role.MONITOR)
    calculate(nurse, visit)
    for role in (Role.MONITOR, Role.PRESCRIBER):
        page = shown(sign_in(role), visit)
        assert not [secret for secret in SECRETS if secret in page], role
    # A wrong entry by the second person does not bring it out either.
    answer = post(nurse, visit, "second", own(visit, people[Role.PRESCRIBER], drawn="7"))
    assert answer.status_code == 422
    assert not [secret for secret in SECRETS if secret in answer.content.decode()]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"drawn": "7"}, "this looks like tenfold"),
        ({"weight_kg": "154.3"}, "kg or lb"),
        ({"strength": "10"}, "strength"),
        ({"basis": "hydrochloride"}, "basis"),
        ({"lot": "X1"}, "lot"),
        ({"rate_ml_per_h": "1.25"}, "minutes or hours"),
        ({"amount": "5"}, "order"),
    ],
)
def test_a_difference_refuses_is_kept_as_a_near_miss_and_both_begin_again(
    visit: Visit, sign_in: Any, people: Any, changes: dict[str, str], said: str
) -> None:
    nurse = sign_in(Role.MONITOR)
    calculate(nurse, visit)
    answer = post(nurse, visit, "second", own(visit, people[Role.PRESCRIBER], **changes))
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert len(visit.state.near_misses) == 1
    assert visit.state.preparation is None
    assert not waiting(visit)
    assert vial(visit).drawn == 0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"weight_kg": "154.3"}, "kg or lb"),
        ({"strength": "10"}, "strength"),
        ({"amount": "5"}, "cap"),
        ({"expires_on": "2020-01-31"}, "expired"),
    ],
)
def test_what_does_not_fit_is_refused_to_the_first_person_too(
    visit: Visit, sign_in: Any, changes: dict[str, str], said: str
) -> None:
    answer = post(sign_in(Role.MONITOR), visit, "first", read(visit, **changes))
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert len(visit.state.near_misses) == 1
    assert not waiting(visit)


def test_a_form_with_an_error_keeps_what_was_typed_but_no_secret(
    visit: Visit, sign_in: Any, people: Any
) -> None:
    nurse = sign_in(Role.MONITOR)
    answer = post(nurse, visit, "first", read(visit, weight_kg="70,5"))
    assert answer.status_code == 422
    assert 'value="70,5"' in answer.content.decode()
    assert visit.state.near_misses == ()
    calculate(nurse, visit)
    answer = post(nurse, visit, "second", own(visit, people[Role.PRESCRIBER], "000000"))
    assert answer.status_code == 422
    assert 'value="0.7"' in answer.content.decode()
    assert "000000" not in answer.content.decode()
    assert waiting(visit)


def test_nobody_recalculates_on_a_screen_that_shows_the_result(
    visit: Visit, sign_in: Any, people: Any
) -> None:
    nurse = sign_in(Role.MONITOR)
    post(nurse, visit, "first", read(visit))
    assert post(nurse, visit, "second", own(visit, people[Role.PRESCRIBER])).status_code == 409
    assert visit.state.preparation is None
    assert waiting(visit)


def test_the_first_person_is_no_second_person_whatever_they_type(
    visit: Visit, sign_in: Any, people: Any
) -> None:
    nurse = sign_in(Role.MONITOR)
    calculate(nurse, visit)
    answer = post(nurse, visit, "second", own(visit, people[Role.MONITOR]))
    assert answer.status_code == 422
    assert visit.state.preparation is None
    assert waiting(visit)


def test_the_second_person_needs_role_care_and_their_own_secret(
    visit: Visit, sign_in: Any, people: Any
) -> None:
    nurse = sign_in(Role.MONITOR)
    calculate(nurse, visit)
    with_pin(people[Role.THERAPIST])
    for who, secret in (
        (people[Role.THERAPIST], PIN),
        (people[Role.PRESCRIBER], "111111"),
        (people[Role.PRESCRIBER], ""),
    ):
        assert post(nurse, visit, "second", own(visit, who, secret)).status_code == 422
    release(people[Role.PRESCRIBER], visit.patient, by="test")
    answer = post(nurse, visit, "second", own(visit, people[Role.PRESCRIBER]))
    assert "does not care for this patient" in answer.content.decode()
    assert visit.state.preparation is None


def test_wrong_secrets_close_this_way_to_the_person_and_are_written_down(
    visit: Visit, sign_in: Any, people: Any
) -> None:
    nurse = sign_in(Role.MONITOR)
    calculate(nurse, visit)
    for _ in range(5):
        post(nurse, visit, "second", own(visit, people[Role.PRESCRIBER], "111111"))
    answer = post(nurse, visit, "second", own(visit, people[Role.PRESCRIBER]))
    assert "Too many wrong attempts" in answer.content.decode()
    failed = AccessEntry.objects.filter(kind="second_person_failed", person=people[Role.PRESCRIBER].pk)
    assert failed.filter(patient=visit.patient).count() == 5
    assert visit.state.preparation is None


def test_somebody_without_a_part_in_it_sees_no_preparation(visit: Visit, sign_in: Any) -> None:
    for role in (Role.THERAPIST, Role.COORDINATOR, Role.AUDITOR, Role.ADMINISTRATOR):
        assert sign_in(role).get(f"/session/{visit.id}/preparation/").status_code == 403


def test_the_drug_is_accounted_for_with_a_witness(visit: Visit, sign_in: Any, people: Any) -> None:
    dose_now(visit, people)
    client = sign_in(Role.MONITOR)
    draw = draws.open_draws(the_practice(), visit.id)[0].draw
    fields = {
        "request": uuid.uuid4().hex,
        "draw": draw.id,
        "given": "0.1",
        "wasted": "0.5",
        "reason": "dose stopped early",
        "person": people[Role.PRESCRIBER].pk,
        "secret": PIN,
    }
    answer = post(client, visit, "account", fields)
    assert "0.1 are not accounted for" in answer.content.decode()
    assert post(client, visit, "account", {**fields, "wasted": "0.6", "secret": "999999"}).status_code == 422
    assert post(client, visit, "account", {**fields, "wasted": "0.6"}).status_code == 302
    assert draws.open_draws(the_practice(), visit.id) == ()


def test_a_large_change_of_weight_waits_for_a_prescriber_with_a_reason(
    visit: Visit, sign_in: Any, people: Any
) -> None:
    lighter(visit, Decimal(50))
    nurse, doctor = sign_in(Role.MONITOR), sign_in(Role.PRESCRIBER)
    answer = post(nurse, visit, "first", read(visit))
    assert answer.status_code == 422
    assert "a change of 40%" in answer.content.decode()
    assert "a prescriber confirms it on this page" in shown(nurse, visit)
    assert post(nurse, visit, "weight", {"reason": "weighed twice"}).status_code == 403
    assert post(doctor, visit, "weight", {"reason": " "}).status_code == 422
    assert post(doctor, visit, "weight", {"reason": "weighed twice"}).status_code == 302
    assert post(nurse, visit, "first", read(visit)).status_code == 302


def lighter(visit: Visit, weight: Decimal) -> None:
    """Turn the visit into one of somebody who weighed so much at the last session."""
    practice, state = the_practice(), visit.state
    assert state.plan is not None
    assert state.check_in is not None
    plan, seen = state.plan.replace(last_weight_kg=weight), state.check_in
    visit.id = uuid.uuid4().hex

    def steps() -> list[Step]:
        events = decide.plan(
            None, visit.id, plan, actor=DOCTOR, policy=policy_in_force(practice), at=practice.now()
        )
        return [Step(SESSION.stream(visit.id), 0, events, plan.patient)]

    practice.perform(steps, by=DOCTOR, command="test.plan", asked={"id": visit.id})
    visit.do(decide.check_in, seen)


def test_nobody_says_what_became_of_a_dose_that_was_not_given_yet(
    visit: Visit, sign_in: Any, people: Any
) -> None:
    nurse = sign_in(Role.MONITOR)
    calculate(nurse, visit)
    post(nurse, visit, "second", own(visit, people[Role.PRESCRIBER]))
    draw = draws.open_draws(the_practice(), visit.id)[0].draw
    fields = {
        "request": uuid.uuid4().hex,
        "draw": draw.id,
        "given": "0",
        "wasted": "0.7",
        "reason": "x",
        "person": people[Role.PRESCRIBER].pk,
        "secret": PIN,
    }
    assert "What became of" not in shown(nurse, visit)
    assert post(nurse, visit, "account", fields).status_code == 409
    visit.do(decide.abort, "not_dosed", "went home")
    assert "What became of" in shown(nurse, visit)
    assert post(nurse, visit, "account", fields).status_code == 302


def test_a_form_sent_twice_prepares_and_draws_once(visit: Visit, sign_in: Any, people: Any) -> None:
    nurse = sign_in(Role.MONITOR)
    fields = read(visit)
    assert post(nurse, visit, "first", fields).status_code == 302
    assert post(nurse, visit, "first", fields).status_code == 302
    post(nurse, visit, "hand-over")
    confirmed = own(visit, people[Role.PRESCRIBER])
    assert post(nurse, visit, "second", confirmed).status_code == 302
    assert post(nurse, visit, "second", confirmed).status_code == 409
    assert vial(visit).drawn == Decimal("0.7")


SEEDS = [pytest.param(seed) for seed in range(6)] + [
    pytest.param(seed, marks=pytest.mark.study) for seed in range(6, 100)
]


@pytest.mark.parametrize("seed", SEEDS)
def test_no_sequence_of_page_actions_gives_a_dose_without_two_independent_calculations(
    visit: Visit, sign_in: Any, people: Any, seed: int
) -> None:
    draw = random.Random(seed)
    nurse, doctor = people[Role.MONITOR], people[Role.PRESCRIBER]
    clients = {nurse.pk: sign_in(Role.MONITOR), doctor.pk: sign_in(Role.PRESCRIBER)}
    # What this test itself has sent and seen accepted, apart from what the code keeps.
    calculated_by, handed_over = "", False
    agreed: list[tuple[str, str]] = []
    for _ in range(14):
        who = draw.choice([nurse, doctor])
        client = clients[who.pk]
        match draw.choice(
            ["first", "first", "second", "second", "second", "hand-over", "hand-over", "withdraw", "start"]
        ):
            case "first":
                answer = post(client, visit, "first", read(visit, weight_kg=draw.choice(["70", "70", "154"])))
                if answer.status_code == 302:
                    calculated_by, handed_over = who.staff_id, False
            case "second":
                other = draw.choice([nurse, doctor])
                secret = draw.choice([PIN, PIN, PIN, "111111"])
                hidden = handed_over or who.staff_id != calculated_by
                fields = own(visit, other, secret, drawn=draw.choice(["0.7", "0.7", "0.7", "7"]))
                if post(client, visit, "second", fields).status_code == 302:
                    assert secret == PIN
                    assert hidden
                    agreed.append((calculated_by, other.staff_id))
            case "start":
                begun = visit.state.state is SessionState.DOSING
                try:
                    visit.do(decide.start_dosing, by=actor_of(who), rate_ml_per_h=Decimal(75))
                except Refusal:
                    assert begun or not agreed
            case step:
                handed_over |= post(client, visit, step).status_code == 302 and step == "hand-over"
    session = visit.state
    assert (session.preparation is not None) == bool(agreed)
    assert all(one and one != other for one, other in agreed)
    if session.state is SessionState.DOSING:
        assert session.preparation is not None
        assert (session.preparation.first_by, session.preparation.second_by) in agreed
    assert vial(visit).drawn == Decimal("0.7") * len(agreed)


def test_in_a_browser_the_result_is_gone_after_handing_over_and_does_not_come_back(
    new_page: Any, sign_in: Any, server: Any, people: Any
) -> None:
    make_site()
    with_pin(people[Role.PRESCRIBER])
    visit = make_visit(people)
    page = new_page()
    sign_in_by_cookie(page, sign_in(Role.MONITOR))
    page.goto(f"/session/{visit.id}/preparation/")

    def fill(fields: dict[str, str]) -> None:
        for name, value in fields.items():
            found = page.locator(f"[name={name}]:visible")
            if found.count():
                kind = found.first.evaluate("field => field.tagName")
                found.first.select_option(value) if kind == "SELECT" else found.first.fill(value)

    fill(read(visit))
    page.click("button:has-text('Calculate')")
    page.wait_for_selector("text=Your calculation")
    assert page.locator(".dose-figure-main strong").inner_text().startswith("0.7")
    page.click("text=Hide it and hand over")
    page.wait_for_selector("text=Who recalculates")
    page.go_back()
    page.wait_for_load_state("load")
    assert page.locator(".dose-figure-main").count() == 0
    page.goto(f"/session/{visit.id}/preparation/")
    fill(own(visit, people[Role.PRESCRIBER]))
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Two people agree")
    assert visit.state.preparation is not None


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1280, 800), (800, 1280), (390, 844)])
def test_every_step_can_be_used_by_everybody(
    new_page: Any, sign_in: Any, server: Any, people: Any, scheme: str, size: tuple[int, int]
) -> None:
    make_site()
    with_pin(people[Role.PRESCRIBER])
    visit = make_visit(people)
    page = new_page(scheme=scheme, size=size)
    nurse = sign_in(Role.MONITOR)
    sign_in_by_cookie(page, nurse)

    def look(name: str) -> None:
        page.goto(f"/session/{visit.id}/preparation/")
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0], name
        if size == (1280, 800):
            screenshot(page, name, scheme)
        _look_at(page, f"{name}-{size[0]}-{scheme}")

    look("preparation-first")
    post(nurse, visit, "first", read(visit))
    look("preparation-result")
    post(nurse, visit, "hand-over")
    look("preparation-second")
    post(nurse, visit, "second", own(visit, people[Role.PRESCRIBER], drawn="7"))
    calculate(nurse, visit)
    post(nurse, visit, "second", own(visit, people[Role.PRESCRIBER]))
    look("preparation-prepared")
    visit.do(decide.start_dosing, rate_ml_per_h=Decimal(75))
    visit.do(decide.stop, "")
    look("preparation-account")


def _look_at(page: Any, name: str) -> None:
    """Keep a picture of the whole page for whoever works on it, where ATARAXY_LOOK names a folder."""
    import os

    if folder := os.environ.get("ATARAXY_LOOK"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)
