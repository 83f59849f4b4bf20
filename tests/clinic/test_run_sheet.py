"""The run sheet in a real browser: charting, losing the network, the server and the browser, and nothing else."""

from __future__ import annotations

import contextlib
import json
import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import expect
from tests.clinic.a_visit import make_visit
from tests.clinic.conftest import screenshot, sign_in_by_cookie, start_server, violations
from tests.therapy.session.visit import good_check_in

from ataraxy.clinic.access.care import assign
from ataraxy.clinic.access.roles import Role
from ataraxy.clinic.accounts.models import Person
from ataraxy.clinic.home import ClinicHome
from ataraxy.clinic.run_sheet import published_range
from ataraxy.clinic.the_practice import actor_of, the_practice
from ataraxy.exchange.policy_file import load_policy
from ataraxy.exchange.protocol_file import load_protocol
from ataraxy.practice import courses, sessions
from ataraxy.practice.aggregate import SESSION
from ataraxy.practice.site import adopt_policy, adopt_protocol, describe_site
from ataraxy.record.verify import verify_file
from ataraxy.therapy import course_decide
from ataraxy.therapy.actor import Actor
from ataraxy.therapy.actor import Role as CareRole
from ataraxy.therapy.session import decide
from ataraxy.therapy.session.gate_result import GateResult
from ataraxy.therapy.session.state import Session
from ataraxy.therapy.site import SiteDescription

DIRECTOR = Actor(id="director", roles=frozenset({CareRole.MEDICAL_DIRECTOR}))
DOCTOR = Actor(id="doctor", roles=frozenset({CareRole.PRESCRIBER}))
# A machine with other work to do is slow, not wrong.
PATIENCE_MS = 60_000
SHEET_READY = "[data-sheet][data-ready=yes]"


@dataclass
class Visit:
    """A session whose person is checked in now."""

    id: str
    patient: str

    @property
    def state(self) -> Session:
        found = the_practice().load(SESSION, self.id).state
        assert found is not None
        return found

    def systolics(self) -> list[int | None]:
        return [charted.reading.systolic for charted in self.state.readings]


@pytest.fixture(scope="module")
def site(clinic: ClinicHome) -> None:
    practice = the_practice()
    describe_site(
        practice,
        SiteDescription(name="Test", crisis_numbers=("112",), retention_years=10, simulated=True),
        by=DIRECTOR,
    )
    adopt_policy(practice, load_policy("simulation"), by=DIRECTOR)
    adopt_protocol(practice, load_protocol("ketamine-iv-05-six"), by=DIRECTOR)


@pytest.fixture
def visit(site: None, people: dict[Role, Person]) -> Visit:
    practice, now = the_practice(), datetime.now(UTC)
    made = Visit(uuid.uuid4().hex, uuid.uuid4().hex)
    course = uuid.uuid4().hex
    courses.act(
        practice,
        course,
        course_decide.open_course,
        course,
        made.patient,
        "GAD",
        simulated=True,
        by=DOCTOR,
    )
    courses.act(practice, course, course_decide.begin_screening, by=DOCTOR)
    courses.assign_protocol(practice, course, "ketamine-iv-05-six", by=DOCTOR)
    gate = GateResult(decision="allow", judged_at=now)
    policy = load_policy("simulation")
    courses.act(practice, course, course_decide.activate, gate, True, by=DOCTOR, policy=policy)
    sessions.plan_session(practice, made.id, course, 0, now, by=DOCTOR)
    seen = good_check_in(
        last_food_at=now - timedelta(hours=9),
        last_liquid_at=now - timedelta(hours=3),
        weighed_at=now,
        gate=gate,
        suicide_risk=None,
    )
    monitor = people[Role.MONITOR]
    sessions.act(practice, made.id, decide.check_in, seen, by=actor_of(monitor))
    for role in (Role.MONITOR, Role.PRESCRIBER):
        assign(people[role], made.patient, by="test")
    return made


OpenSheet = Callable[..., Any]


@pytest.fixture
def open_sheet(new_page: Any, sign_in: Any, visit: Visit) -> OpenSheet:
    def opened(role: Role = Role.MONITOR, **options: Any) -> Any:
        page = new_page(**options)
        sign_in_by_cookie(page, sign_in(role))
        page.goto(f"/session/{visit.id}/")
        page.wait_for_selector(SHEET_READY, timeout=PATIENCE_MS)
        return page

    return opened


def chart(page: Any, systolic: int) -> None:
    page.fill("#in-systolic", str(systolic))
    page.fill("#in-diastolic", "75")
    page.click("text=Chart reading")
    expect(page.locator("#in-systolic")).to_have_value("", timeout=PATIENCE_MS)


def all_sent(page: Any) -> None:
    expect(page.locator("[data-network]")).to_have_text("Connected, all sent", timeout=PATIENCE_MS)


def can_open_offline(page: Any) -> None:
    """Waits until the tablet has what opens this sheet without a network."""
    page.wait_for_selector("[data-sheet][data-offline=yes]", timeout=PATIENCE_MS)


def test_a_reading_reaches_the_record_and_comes_back_to_the_page(open_sheet: OpenSheet, visit: Visit) -> None:
    page = open_sheet()
    chart(page, 121)
    all_sent(page)
    page.wait_for_selector("text=121/75")
    assert visit.systolics() == [121]


def test_an_unusual_value_is_asked_for_twice_and_an_impossible_one_never_taken(
    open_sheet: OpenSheet, visit: Visit
) -> None:
    page = open_sheet()
    page.fill("#in-systolic", "210")
    page.fill("#in-diastolic", "80")
    page.click("text=Chart reading")
    page.wait_for_selector("text=Unusual: systolic pressure 210")
    assert visit.systolics() == []
    page.click("text=Chart reading")
    all_sent(page)
    page.fill("#in-systolic", "999")
    page.click("text=Chart reading")
    page.wait_for_timeout(300)
    assert visit.systolics() == [210]


def test_what_was_charted_without_a_network_goes_out_in_order_when_it_is_back(
    open_sheet: OpenSheet, visit: Visit
) -> None:
    page = open_sheet()
    page.context.set_offline(True)
    for systolic in (111, 112, 113):
        chart(page, systolic)
    page.wait_for_selector("text=No connection: 3 kept on this tablet")
    assert visit.systolics() == []
    page.context.set_offline(False)
    all_sent(page)
    assert visit.systolics() == [111, 112, 113]


def test_the_sheet_opens_without_a_network_and_shows_nothing_of_the_person(
    open_sheet: OpenSheet, visit: Visit
) -> None:
    page = open_sheet()
    chart(page, 121)
    all_sent(page)
    can_open_offline(page)
    page.context.set_offline(True)
    page.goto(f"/session/{visit.id}/")
    page.wait_for_selector("text=Run sheet without a connection")
    page.wait_for_selector(SHEET_READY)
    assert "121" not in page.content()
    assert visit.patient[:8] not in page.content()
    page.select_option("#charting-as", label="Session monitor Example")
    chart(page, 131)
    page.context.set_offline(False)
    page.goto(f"/session/{visit.id}/")
    page.wait_for_selector(SHEET_READY)
    all_sent(page)
    assert visit.systolics() == [121, 131]


def test_entries_wait_for_their_author_whoever_else_signs_in(
    open_sheet: OpenSheet, visit: Visit, sign_in: Any
) -> None:
    page = open_sheet()
    page.context.set_offline(True)
    chart(page, 117)
    page.wait_for_selector("text=No connection: 1 kept on this tablet", timeout=PATIENCE_MS)
    page.route("**/entries/", lambda route: route.abort())
    page.context.set_offline(False)
    sign_in_by_cookie(page, sign_in(Role.PRESCRIBER))
    page.goto(f"/session/{visit.id}/")
    page.unroute("**/entries/")
    page.wait_for_selector("text=1 of another author", timeout=PATIENCE_MS)
    page.wait_for_timeout(3500)
    assert visit.systolics() == []
    sign_in_by_cookie(page, sign_in(Role.MONITOR))
    page.goto(f"/session/{visit.id}/")
    all_sent(page)
    assert visit.systolics() == [117]


def test_what_the_tablet_keeps_cannot_be_read_on_the_tablet(open_sheet: OpenSheet) -> None:
    page = open_sheet()
    page.context.set_offline(True)
    chart(page, 143)
    kept = page.evaluate(
        """() => new Promise((done) => { const r = indexedDB.open('ataraxy-run-sheet');
        r.onsuccess = () => { const q = r.result.transaction('queue').objectStore('queue').getAll();
        q.onsuccess = () => done(JSON.stringify(q.result)); }; })"""
    )
    assert "143" not in kept.replace(json.loads(kept)[0]["sealed"]["ct"], "").replace(
        json.loads(kept)[0]["occurredAt"], ""
    ).replace(json.loads(kept)[0]["key"], "")
    assert "systolic" not in kept


def test_a_refused_entry_stays_until_its_author_has_charted_that_it_was_refused(
    open_sheet: OpenSheet, visit: Visit
) -> None:
    page = open_sheet()
    page.evaluate(
        """() => { const form = document.createElement('form'); form.dataset.entry = 'pause';
        form.dataset.label = 'Pump paused'; form.innerHTML = '<button>Pause now</button>';
        document.querySelector('[data-sheet]').append(form); }"""
    )
    page.click("text=Pause now")
    page.wait_for_selector("text=refused: cannot pause in the state checked in")
    page.click("text=Chart that it was refused")
    all_sent(page)
    kinds = [entry.kind for entry in the_practice().record.entries(f"session/{visit.id}")]
    assert kinds[-1] == "session.entry_refused"


@pytest.mark.parametrize("status", [403, 404, 500])
def test_an_entry_that_the_server_does_not_take_holds_up_no_other_session(
    open_sheet: OpenSheet, visit: Visit, people: dict[Role, Person], status: int
) -> None:
    page = open_sheet()
    nothing = {"status": status, "content_type": "text/html", "body": "<p>No.</p>"}
    page.context.route(f"**/session/{visit.id}/entries/", lambda route: route.fulfill(**nothing))
    chart(page, 118)
    chart(page, 119)
    expect(page.locator("[data-network]")).to_contain_text("2 not taken", timeout=PATIENCE_MS)
    other = make_visit(people)
    page.goto(f"/session/{other.id}/")
    page.wait_for_selector(SHEET_READY, timeout=PATIENCE_MS)
    chart(page, 121)
    page.wait_for_selector("text=121/75", timeout=PATIENCE_MS)
    expect(page.locator("[data-network]")).to_contain_text("2 not taken", timeout=PATIENCE_MS)
    assert visit.systolics() == []
    page.context.unroute(f"**/session/{visit.id}/entries/")
    all_sent(page)
    assert visit.systolics() == [118, 119]


@pytest.mark.parametrize("number", ["1,000", "NaN", "sNaN", "Infinity", "1e9", "1e999999999", "٣", "--1"])
def test_what_is_no_plain_number_is_refused(
    sign_in: Any, visit: Visit, people: dict[Role, Person], number: str
) -> None:
    sent = sealed_entry(visit, people[Role.MONITOR], {"systolic": number, "diastolic": "70"})
    answer = post(sign_in(Role.MONITOR), visit, sent)
    assert (answer.status_code, answer.json()["status"]) == (422, "refused")
    assert visit.systolics() == []


def test_the_sheet_says_whose_session_it_is_to_those_who_may_know(
    sign_in: Any, people: dict[Role, Person]
) -> None:
    named = make_visit(people, name="Ida Entity")
    page = sign_in(Role.MONITOR).get(f"/session/{named.id}/").content.decode()
    assert "Ida Entity" in page
    assert "Ida Entity" not in sign_in(Role.MONITOR).get(f"/session/{named.id}/offline/").content.decode()


def test_two_monitors_see_each_others_entries_within_two_polls(open_sheet: OpenSheet, visit: Visit) -> None:
    one, two = open_sheet(), open_sheet(Role.PRESCRIBER)
    chart(one, 118)
    chart(two, 119)
    one.wait_for_selector("text=119/75", timeout=4500)
    two.wait_for_selector("text=118/75", timeout=4500)


def test_the_tablets_clock_is_recorded_where_it_differs(
    sign_in: Any, visit: Visit, people: dict[Role, Person]
) -> None:
    now = datetime.now(UTC)
    sent = sealed_entry(
        visit, people[Role.MONITOR], {"systolic": "118", "diastolic": "70"}, now - timedelta(hours=1)
    )
    answer = post(sign_in(Role.MONITOR), visit, {**sent, "clock_offset_ms": 3_600_000})
    assert answer.status_code == 200
    entry = next(
        e
        for e in the_practice().record.entries(f"session/{visit.id}")
        if e.kind == "session.sent_from_tablet"
    )
    assert entry.payload["clock_offset_ms"] == 3_600_000
    taken = visit.state.readings[0].reading.taken_at
    assert abs(taken - now) < timedelta(seconds=5)


def test_an_entry_sent_again_is_recorded_once_and_under_another_author_never(
    sign_in: Any, visit: Visit, people: dict[Role, Person]
) -> None:
    sent = sealed_entry(visit, people[Role.MONITOR], {"systolic": "118", "diastolic": "70"})
    client = sign_in(Role.MONITOR)
    first, again = post(client, visit, sent).json(), post(client, visit, sent).json()
    assert (first["replayed"], again["replayed"]) == (False, True)
    assert post(sign_in(Role.PRESCRIBER), visit, sent).status_code == 403
    assert len(visit.systolics()) == 1


def test_a_late_entry_whose_answer_was_lost_is_recorded_once_and_not_refused(
    sign_in: Any, visit: Visit, people: dict[Role, Person]
) -> None:
    long_ago = datetime.now(UTC) - timedelta(seconds=40)
    sent = sealed_entry(visit, people[Role.MONITOR], {"systolic": "118", "diastolic": "70"}, long_ago)
    client = sign_in(Role.MONITOR)
    first, again = post(client, visit, sent).json(), post(client, visit, sent).json()
    assert (first["status"], again["status"], again.get("replayed")) == ("recorded", "recorded", True)
    assert len(visit.systolics()) == 1


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_a_time_at_the_rim_of_the_calendar_is_refused(
    sign_in: Any, visit: Visit, people: dict[Role, Person], at: str
) -> None:
    rim = datetime.fromisoformat(at)
    whole = sealed_entry(visit, people[Role.MONITOR], {"systolic": "118"}, rim)
    noted = {"label": "Reading", "occurred_at": at, "key": "k", "reason": "r"}
    part = sealed_entry(visit, people[Role.MONITOR], noted, command="refused_entry")
    nothing = sealed_entry(
        visit, people[Role.MONITOR], {**noted, "occurred_at": "once"}, command="refused_entry"
    )
    for sent in (whole, part, nothing):
        answer = post(sign_in(Role.MONITOR), visit, sent)
        assert (answer.status_code in (400, 422), answer.json()["status"]) == (True, "refused")


def test_a_tablet_whose_clock_fell_back_to_1970_charts_by_the_servers_clock(
    sign_in: Any, visit: Visit, people: dict[Role, Person]
) -> None:
    behind = datetime(1970, 1, 1, 0, 5, tzinfo=UTC)
    sent = sealed_entry(visit, people[Role.MONITOR], {"systolic": "118", "diastolic": "70"}, behind)
    offset = int((datetime.now(UTC) - behind).total_seconds() * 1000)
    answer = post(sign_in(Role.MONITOR), visit, {**sent, "clock_offset_ms": offset})
    assert answer.json()["status"] == "recorded", answer.json()
    assert abs(visit.state.readings[-1].reading.taken_at - datetime.now(UTC)) < timedelta(minutes=1)


@pytest.mark.parametrize("damage", ["sealed", "time", "json"])
def test_a_damaged_entry_is_refused_and_records_nothing(
    sign_in: Any, visit: Visit, people: dict[Role, Person], damage: str
) -> None:
    sent = sealed_entry(visit, people[Role.MONITOR], {"systolic": "118", "diastolic": "70"})
    if damage == "sealed":
        sent["sealed"]["ct"] = "AAAA"
    if damage == "time":
        sent["occurred_at"] = datetime.now(UTC).isoformat()
    client, body = sign_in(Role.MONITOR), json.dumps(sent)
    text = body[:-9] if damage == "json" else body
    answer = client.post(f"/session/{visit.id}/entries/", text, content_type="application/json")
    assert answer.status_code in (400, 422)
    assert answer.json()["status"] == "refused"
    assert visit.systolics() == []


def test_an_unchanged_sheet_is_answered_without_a_body(sign_in: Any, visit: Visit) -> None:
    client: Client = sign_in(Role.MONITOR)
    first = client.get(f"/session/{visit.id}/live/")
    again = client.get(f"/session/{visit.id}/live/", headers={"If-None-Match": first["ETag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")


def test_only_who_may_give_a_dose_is_shown_forms_for_it(
    sign_in: Any, visit: Visit, people: dict[Role, Person]
) -> None:
    assign(people[Role.THERAPIST], visit.patient, by="test")
    address = f"/session/{visit.id}/"
    shown = {role: sign_in(role).get(address) for role in (Role.MONITOR, Role.THERAPIST)}
    assert [answer.status_code for answer in shown.values()] == [200, 200]
    assert b"data-entry=" in shown[Role.MONITOR].content
    assert b"/preparation/" in shown[Role.MONITOR].content
    assert b"data-entry=" not in shown[Role.THERAPIST].content
    assert b"Prepare it" not in shown[Role.THERAPIST].content


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_sheet_can_be_used_by_everybody(open_sheet: OpenSheet, scheme: str) -> None:
    page = open_sheet(scheme=scheme)
    chart(page, 121)
    all_sent(page)
    assert violations(page) == []
    screenshot(page, "run-sheet", scheme)


def test_a_correction_strikes_through_and_keeps_the_moment_of_the_reading(
    open_sheet: OpenSheet, visit: Visit
) -> None:
    page = open_sheet()
    chart(page, 171)
    page.wait_for_selector("text=171/75", timeout=PATIENCE_MS)
    page.click("text=Correct a reading")
    page.fill("#correct-systolic", "118")
    page.fill("#correct-diastolic", "75")
    page.fill("#correct-reason", "cuff on the wrong arm")
    page.get_by_role("button", name="Correct it", exact=True).click()
    page.wait_for_selector("text=corrected: cuff on the wrong arm", timeout=PATIENCE_MS)
    first, second = visit.state.readings
    assert first.replaced_by == second.reading.id
    assert second.reading.systolic == 118
    assert second.reading.taken_at == first.reading.taken_at


def test_what_was_taken_long_before_it_was_charted_is_marked_late(
    open_sheet: OpenSheet, visit: Visit
) -> None:
    page = open_sheet()
    page.click("text=Taken earlier, or with a note")
    moment = page.evaluate(
        """() => { const then = new Date(Date.now() - 40 * 60000);
        return new Date(then - then.getTimezoneOffset() * 60000).toISOString().slice(0, 19); }"""
    )
    page.fill("#in-taken_at", moment)
    chart(page, 119)
    page.wait_for_selector("tr:has-text('119/75') >> text=late", timeout=PATIENCE_MS)
    assert datetime.now(UTC) - visit.state.readings[0].reading.taken_at > timedelta(minutes=39)


def test_a_tablet_that_is_set_to_another_zone_shows_and_takes_the_time_of_the_clinic(
    open_sheet: OpenSheet, visit: Visit
) -> None:
    page = open_sheet(zone="Asia/Tokyo")
    here = datetime.now(ZoneInfo("Europe/Zurich"))
    page.wait_for_function("document.querySelector('[data-clock]').textContent.length > 0")
    shown = page.inner_text("[data-clock]")
    assert shown[:2] in (f"{here:%H}", f"{here + timedelta(minutes=1):%H}")
    taken = (here - timedelta(minutes=12)).replace(second=0, microsecond=0)
    page.click("text=Taken earlier, or with a note")
    page.fill("#in-taken_at", f"{taken:%Y-%m-%dT%H:%M}")
    chart(page, 117)
    all_sent(page)
    assert visit.state.readings[0].reading.taken_at == taken


def test_times_of_the_wall_are_instants_also_when_clocks_change(open_sheet: OpenSheet) -> None:
    page = open_sheet(zone="America/New_York")
    source = page.evaluate(
        "performance.getEntriesByType('resource').map(r => r.name).find(n => n.includes('runsheet/clock'))"
    )
    walls = [
        "2026-01-10T12:00",
        "2026-03-29T01:59",
        "2026-03-29T03:00:30",
        "2026-10-25T01:30",
        "2026-10-25T04:00",
    ]
    for zone in ("Europe/Zurich", "UTC", "Asia/Kolkata", "America/St_Johns"):
        for wall in walls:
            found = page.evaluate(
                "([url, wall, zone]) => import(url).then(m => m.instantOf(wall, zone))", [source, wall, zone]
            )
            assert found == datetime.fromisoformat(wall).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000


def test_one_tap_is_an_answer(open_sheet: OpenSheet, visit: Visit) -> None:
    page = open_sheet()
    page.click("[data-fill=in-moaas][value='5']")
    page.click("text=Chart reading")
    # the field is emptied once the entry is in the queue, before that "all sent" is still true
    expect(page.locator("#in-moaas")).to_have_value("", timeout=PATIENCE_MS)
    all_sent(page)
    assert visit.state.readings[0].reading.moaas == 5


def test_the_published_range_is_hidden_until_asked_for_and_says_whose_it_is_not(
    open_sheet: OpenSheet, visit: Visit, clinic: ClinicHome
) -> None:
    kept = clinic.path / published_range.FOLDER / "ketamine-iv-05-six-1.json"
    kept.parent.mkdir(exist_ok=True)
    kept.write_text(json.dumps({"schema": published_range.SCHEMA, "sessions": [{}]}))
    page = open_sheet()
    assert "Published range, not this patient" not in page.content()
    page.click("text=Show the published range")
    page.wait_for_selector("text=Published range, not this patient", timeout=PATIENCE_MS)
    page.click("text=Hide the published range")
    page.wait_for_selector("text=Show the published range", timeout=PATIENCE_MS)
    assert "Published range, not this patient" not in page.content()


SCHEDULES = [pytest.param(seed, id=f"schedule-{seed}") for seed in range(5)] + [
    pytest.param(seed, id=f"schedule-{seed}", marks=pytest.mark.study) for seed in range(5, 100)
]


@pytest.mark.parametrize("seed", SCHEDULES)
def test_nothing_is_lost_or_doubled_when_network_server_and_browser_fail(
    seed: int, chrome: Any, clinic: ClinicHome, visit: Visit, sign_in: Any, tmp_path: Path
) -> None:
    draw = random.Random(seed)
    running = start_server(clinic)
    port, up = running.port, True
    client = sign_in(Role.MONITOR)
    context = _kept_context(chrome, tmp_path, running.url)
    charted: list[int] = []
    try:
        page = _sheet(context, client, visit)
        can_open_offline(page)
        for number in range(draw.randint(6, 10)):
            match draw.choice(["online", "offline", "server", "browser", "lost answer"]):
                case "offline":
                    context.set_offline(True)
                case "online":
                    context.set_offline(False)
                case "server":
                    running.kill()
                    up = draw.random() < 0.5
                    if up:
                        running = start_server(clinic, port)
                case "lost answer":
                    page.route("**/entries/", _lose_the_answer, times=1)
                case "browser":
                    context.close()
                    context = _kept_context(chrome, tmp_path, running.url)
                    # where the server is down as well, it is the sheet that the tablet kept
                    page = _sheet(context, client, visit)
            value = 100 + number
            chart(page, value)
            charted.append(value)
        context.set_offline(False)
        if not up:
            running = start_server(clinic, port)
        page = _sheet(context, client, visit)
        assert not page.locator("#charting-as").count()
        all_sent(page)
    finally:
        context.close()
        running.kill()
    assert visit.systolics() == charted
    assert verify_file(clinic.record_url).valid


def _lose_the_answer(route: Any) -> None:
    """The server records the entry, and the tablet never hears of it."""
    with contextlib.suppress(PlaywrightError):  # the server is down: there is no answer to lose
        route.fetch()
    route.abort()


def _kept_context(chrome: Any, folder: Path, url: str) -> Any:
    """A browser whose store outlives it."""
    return chrome.browser_type.launch_persistent_context(
        str(folder / "profile"),
        executable_path=_executable(),
        args=["--no-sandbox", "--disable-dev-shm-usage"],
        base_url=url,
        viewport={"width": 1280, "height": 800},
    )


def _executable() -> str:
    from tests.clinic.conftest import chromium

    return chromium()


def _sheet(context: Any, client: Client, visit: Visit) -> Any:
    page = context.pages[0] if context.pages else context.new_page()
    sign_in_by_cookie(page, client)
    page.goto(f"/session/{visit.id}/", timeout=PATIENCE_MS)
    page.wait_for_selector(SHEET_READY, timeout=PATIENCE_MS)
    if page.locator("#charting-as").count():  # the server is down: the sheet that the tablet kept
        page.select_option("#charting-as", label="Session monitor Example")
    return page


def sealed_entry(
    visit: Visit,
    person: Person,
    fields: dict[str, str],
    at: datetime | None = None,
    command: str = "reading",
) -> dict[str, Any]:
    """What a tablet would send, sealed in Python as `seal.ts` does."""
    import base64
    import os

    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    from ataraxy.clinic.pages.run_sheet.views import queue_secret
    from ataraxy.clinic.run_sheet.sealed_entry import entry_context, private_key

    key, occurred = str(uuid.uuid4()), (at or datetime.now(UTC)).isoformat()
    context = entry_context(key=key, session=visit.id, author=person.staff_id, occurred_at=occurred)
    ours = ec.generate_private_key(ec.SECP256R1())
    shared = ours.exchange(ec.ECDH(), private_key(queue_secret(), person.staff_id).public_key())
    point = ours.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    secret = HKDF(hashes.SHA256(), 32, salt=point, info=context.encode()).derive(shared)
    iv = os.urandom(12)
    text = json.dumps({"command": command, "fields": fields}).encode()
    sealed = AESGCM(secret).encrypt(iv, text, context.encode())
    return {
        "key": key,
        "author": person.staff_id,
        "occurred_at": occurred,
        "clock_offset_ms": 0,
        "sealed": {
            "v": 1,
            "epk": base64.b64encode(point).decode(),
            "iv": base64.b64encode(iv).decode(),
            "ct": base64.b64encode(sealed).decode(),
        },
    }


def post(client: Client, visit: Visit, sent: dict[str, Any]) -> Any:
    return client.post(f"/session/{visit.id}/entries/", json.dumps(sent), content_type="application/json")
