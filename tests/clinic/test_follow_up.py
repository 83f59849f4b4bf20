"""Follow-up on pages: scores with their scoring, links for patients, suicide risk, contacts after a session."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from tests.clinic.a_visit import Visit, dose_now, make_site, make_visit
from tests.clinic.conftest import screenshot, sign_in_by_cookie, violations
from tests.clinic.test_preparation import _look_at

from ataraxy.clinic.access import care
from ataraxy.clinic.access.roles import Role
from ataraxy.clinic.accounts.models import Person
from ataraxy.clinic.pages.questionnaire.models import QuestionnaireLink
from ataraxy.clinic.the_practice import the_practice
from ataraxy.exchange.instrument_file import instruments
from ataraxy.practice import lists
from ataraxy.practice.aggregate import PERSON
from ataraxy.practice.scores import patient_as_actor, record_score
from ataraxy.therapy.instruments.instrument import Reproduction
from ataraxy.therapy.risk_level import RiskLevel
from ataraxy.therapy.scale_score import ScaleScore


@pytest.fixture
def visit(accounts: None, people: dict[Role, Person]) -> Visit:
    make_site()
    return make_visit(people)


@pytest.fixture
def therapist(sign_in: Any) -> Client:
    found: Client = sign_in(Role.THERAPIST)
    return found


def scores_of(visit: Visit) -> tuple[ScaleScore, ...]:
    file = the_practice().load(PERSON, visit.patient).state
    assert file is not None
    return file.chart.scores


def items(scale: str, value: int, **changes: int) -> dict[str, str]:
    numbers = range(1, len(instruments()[scale].items) + 1)
    answers = {f"item_{number}": str(value) for number in numbers}
    return {"request": uuid.uuid4().hex, **answers, **{k: str(v) for k, v in changes.items()}}


def enter(client: Client, visit: Visit, scale: str, fields: dict[str, str], by: str = "") -> Any:
    return client.post(f"/patient/{visit.patient}/scores/enter/?scale={scale}{by}", fields)


def risk(**changes: str) -> dict[str, str]:
    return {"request": uuid.uuid4().hex, "judgement": "low", **changes}


def test_a_score_is_entered_by_its_items_and_its_scoring_is_shown(visit: Visit, therapist: Client) -> None:
    assert enter(therapist, visit, "GAD-7", items("GAD-7", 2)).status_code == 302
    page = therapist.get(f"/patient/{visit.patient}/scores/").content.decode()
    assert re.search(r'figure-big">14<small> of 21', page)
    assert "Moderate" in page
    enter(therapist, visit, "GAD-7", items("GAD-7", 0))
    page = therapist.get(f"/patient/{visit.patient}/scores/").content.decode()
    assert "-14 points" in page
    assert "remission" in page


def test_thoughts_of_death_entered_by_staff_raise_an_alert_and_say_so(
    visit: Visit, therapist: Client
) -> None:
    answer = therapist.post(
        f"/patient/{visit.patient}/scores/enter/?scale=PHQ-9", items("PHQ-9", 0, item_9=2), follow=True
    )
    page = answer.content.decode()
    assert "It raised an alert" in page
    assert "Thoughts of death or self-harm" in page
    raised = lists.alerts(the_practice(), person=visit.patient, open_only=True)
    assert [row.kind for row in raised] == ["suicide_risk"]


def test_worse_than_at_first_raises_an_alert(visit: Visit, therapist: Client) -> None:
    enter(therapist, visit, "GAD-7", items("GAD-7", 1))
    enter(therapist, visit, "GAD-7", items("GAD-7", 2))
    raised = lists.alerts(the_practice(), person=visit.patient, open_only=True)
    assert [row.kind for row in raised] == ["worsening"]


def test_a_scale_without_text_is_entered_by_its_total(visit: Visit, therapist: Client) -> None:
    page = therapist.get(f"/patient/{visit.patient}/scores/enter/?scale=LSAS").content.decode()
    assert "Total" in page
    fields = {"request": uuid.uuid4().hex, "total": "81"}
    assert enter(therapist, visit, "LSAS", fields).status_code == 302
    assert [(s.scale, s.total) for s in scores_of(visit)] == [("LSAS", 81.0)]
    answer = enter(therapist, visit, "LSAS", {"request": uuid.uuid4().hex, "total": "500"})
    assert answer.status_code == 422
    assert "0 to 144" in answer.content.decode()


def test_no_page_shows_the_text_of_a_scale_that_may_not_be_shown(visit: Visit, therapist: Client) -> None:
    for instrument in instruments().values():
        answer = therapist.get(f"/patient/{visit.patient}/scores/enter/?scale={instrument.id}")
        assert answer.status_code == 200, instrument.id
        page = answer.content.decode()
        if instrument.reproduction is Reproduction.TOTAL_ONLY:
            assert not any(item.text for item in instrument.items)
        if instrument.notice:
            assert instrument.notice[:40] in page


def test_too_many_items_left_out_are_refused_and_kept(visit: Visit, therapist: Client) -> None:
    fields = {"request": uuid.uuid4().hex, "item_1": "3"}
    answer = enter(therapist, visit, "GAD-7", fields)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "6 of 7 items were left out" in page
    assert re.search(r'name="item_1" value="3"[^>]*checked', page)


def test_a_score_of_another_day_stands_on_that_day_and_none_in_the_future(
    visit: Visit, therapist: Client
) -> None:
    fields = {**items("GAD-7", 1), "at": "2026-01-05T10:00"}
    assert enter(therapist, visit, "GAD-7", fields).status_code == 302
    assert scores_of(visit)[0].at == datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
    future = (datetime.now(UTC) + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    assert enter(therapist, visit, "GAD-7", {**items("GAD-7", 1), "at": future}).status_code == 422


def test_a_form_sent_twice_is_one_score(visit: Visit, therapist: Client) -> None:
    fields = items("GAD-7", 1)
    assert enter(therapist, visit, "GAD-7", fields).status_code == 302
    assert enter(therapist, visit, "GAD-7", fields).status_code == 302
    assert len(scores_of(visit)) == 1


def test_a_link_is_made_shown_once_and_withdrawn(visit: Visit, therapist: Client) -> None:
    answer = therapist.post(f"/patient/{visit.patient}/scores/send/", {"instrument": "PHQ-9", "hours": "24"})
    page = answer.content.decode()
    found = re.search(r"http://testserver(/q/[\w-]+/)", page)
    assert found is not None
    assert "data:image/svg+xml" in page
    assert Client().get(found[1]).status_code == 200
    overview = therapist.get(f"/patient/{visit.patient}/scores/").content.decode()
    assert found[1] not in overview
    assert "Open</span>" in overview
    link = QuestionnaireLink.objects.get(patient=visit.patient)
    answer = therapist.post(f"/patient/{visit.patient}/scores/withdraw/{link.pk}/")
    assert answer.status_code == 302
    assert Client().get(found[1]).status_code == 404


def test_nobody_withdraws_a_link_of_another_patient(visit: Visit, people: Any, therapist: Client) -> None:
    other = make_visit(people)
    therapist.post(f"/patient/{other.patient}/scores/send/", {"instrument": "PHQ-9", "hours": "24"})
    link = QuestionnaireLink.objects.get(patient=other.patient)
    assert therapist.post(f"/patient/{visit.patient}/scores/withdraw/{link.pk}/").status_code == 404


def test_an_assessment_before_the_session_is_charted_by_who_may_assess(
    visit: Visit, therapist: Client, sign_in: Any, people: Any
) -> None:
    address = f"/session/{visit.id}/follow-up/risk/"
    assert sign_in(Role.COORDINATOR).post(address, risk()).status_code == 403
    answer = therapist.post(address, risk(judgement="moderate", scale="C-SSRS", total="2", phq9_item9="1"))
    assert answer.status_code == 302, answer.content.decode()
    latest = visit.state.latest_suicide_risk
    assert latest is not None
    assert (latest.judgement, latest.by, latest.occasion) == (
        RiskLevel.MODERATE,
        people[Role.THERAPIST].staff_id,
        "before_session",
    )
    assert [row.kind for row in lists.alerts(the_practice(), person=visit.patient)] == ["suicide_risk"]


def test_a_number_without_a_judgement_or_a_scale_is_no_assessment(visit: Visit, therapist: Client) -> None:
    address = f"/session/{visit.id}/follow-up/risk/"
    before = len(visit.state.suicide_risk)
    for wrong in (risk(judgement=""), risk(total="3"), risk(scale="C-SSRS"), risk(total="x", scale="C-SSRS")):
        answer = therapist.post(address, wrong)
        assert answer.status_code == 422
    assert len(visit.state.suicide_risk) == before


def contact(visit: Visit, client: Client, **changes: str) -> Any:
    fields = {"request": uuid.uuid4().hex, "plan": "1h", "reached": "yes", **changes}
    return client.post(f"/session/{visit.id}/follow-up/contact/", fields)


def test_contacts_are_charted_and_listed_until_they_are_done(
    visit: Visit, people: Any, therapist: Client
) -> None:
    assert (
        "become due when the dose has ended"
        in therapist.get(f"/session/{visit.id}/follow-up/").content.decode()
    )
    dose_now(visit, people)
    listed = therapist.get("/follow-up/").content.decode()
    assert f"/session/{visit.id}/follow-up/" in listed
    # Stopped and not yet observed: a contact belongs to the time after.
    assert contact(visit, therapist).status_code == 422


def test_at_24_h_a_contact_that_reached_somebody_holds_an_assessment(
    visit: Visit, people: Any, therapist: Client, sign_in: Any
) -> None:
    from ataraxy.therapy.session import decide

    dose_now(visit, people)
    visit.do(decide.begin_observation)
    answer = contact(visit, therapist, plan="24h")
    assert answer.status_code == 422
    assert "no assessment of suicide risk" in answer.content.decode()
    assert contact(visit, therapist, plan="24h", reached="no", judgement="low").status_code == 422
    assert contact(visit, therapist, plan="24h", judgement="low", note="slept well").status_code == 302
    made = visit.state.follow_ups[-1]
    assert made.suicide_risk is not None
    assert (made.plan, made.suicide_risk.occasion) == ("24h", "after_24h")
    assert "slept well" in therapist.get(f"/session/{visit.id}/follow-up/").content.decode()
    # A coordinator charts that somebody was tried, and assesses nobody whatever the form holds.
    coordinator = sign_in(Role.COORDINATOR)
    assert contact(visit, coordinator, plan="24h", judgement="none").status_code == 422
    assert contact(visit, coordinator, plan="7d", reached="no").status_code == 302


def test_others_patients_are_not_listed(visit: Visit, people: Any, therapist: Client) -> None:
    dose_now(visit, people)
    care.release(people[Role.THERAPIST], visit.patient, by="test")
    assert visit.id not in therapist.get("/follow-up/").content.decode()
    assert therapist.get(f"/session/{visit.id}/follow-up/").status_code == 403
    assert therapist.get(f"/patient/{visit.patient}/scores/").status_code == 403


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1280, 800), (390, 844)])
def test_follow_up_can_be_used_by_everybody(
    new_page: Any, sign_in: Any, server: Any, people: Any, scheme: str, size: tuple[int, int]
) -> None:
    make_site()
    visit = make_visit(people)
    practice, patient = the_practice(), patient_as_actor(visit.patient)
    for days, values in ((30, [3, 3, 2, 3, 2, 2, 1]), (9, [2, 1, 2, 1, 1, 1, 1]), (0, [1, 1, 0, 1, 0, 1, 0])):
        at = datetime.now(UTC) - timedelta(days=days)
        record_score(practice, visit.patient, instruments()["GAD-7"], answers=values, by=patient, at=at)
    record_score(practice, visit.patient, instruments()["PHQ-9"], answers=[1] * 8 + [1], by=patient)
    dose_now(visit, people)
    page = new_page(scheme=scheme, size=size)
    client = sign_in(Role.THERAPIST)
    sign_in_by_cookie(page, client)
    root = f"/patient/{visit.patient}/scores/"
    client.post(f"{root}send/", {"instrument": "PHQ-9", "hours": "24"})
    pages = (
        ("scores", root),
        ("score-entry", f"{root}enter/?scale=PCL-5"),
        ("score-total", f"{root}enter/?scale=LSAS"),
        ("follow-up", "/follow-up/"),
        ("follow-up-session", f"/session/{visit.id}/follow-up/"),
    )
    for name, path in pages:
        page.goto(path)
        assert violations(page) == [], name
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0], path
        if size == (1280, 800):
            screenshot(page, name, scheme)
        _look_at(page, f"{name}-{size[0]}-{scheme}")
    page.goto(root)
    page.click("text=Make a link")
    page.wait_for_selector("img.qr")
    assert violations(page) == []
    _look_at(page, f"link-{size[0]}-{scheme}")


def test_the_run_sheet_leads_to_preparation_and_follow_up_for_those_who_may(
    visit: Visit, sign_in: Any
) -> None:
    for role, preparing in ((Role.MONITOR, True), (Role.THERAPIST, False)):
        page = sign_in(role).get(f"/session/{visit.id}/").content.decode()
        assert (f'href="/session/{visit.id}/preparation/">Preparation' in page) == preparing
        assert f'href="/session/{visit.id}/follow-up/"' in page
