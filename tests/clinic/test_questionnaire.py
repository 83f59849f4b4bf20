"""A patient's link opens one questionnaire, once, for a time, and says nothing about anybody."""

from __future__ import annotations

import logging
import re
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client, RequestFactory
from django.utils import timezone
from tests.clinic.a_visit import Visit, make_site, make_visit
from tests.clinic.conftest import screenshot, violations, without_tokens
from tests.clinic.test_preparation import _look_at

from ataraxy.clinic.access import rates
from ataraxy.clinic.access.discretion import DiscreetFilter
from ataraxy.clinic.access.roles import Role
from ataraxy.clinic.accounts.models import Person
from ataraxy.clinic.pages.questionnaire import links, views
from ataraxy.clinic.pages.questionnaire.models import QuestionnaireLink
from ataraxy.clinic.the_practice import the_practice
from ataraxy.practice import lists
from ataraxy.therapy.refusal import Refusal

ANSWERS = {f"item-{number}": "1" for number in range(1, 10)}


@pytest.fixture
def visit(accounts: None, people: dict[Role, Person]) -> Visit:
    make_site()
    return make_visit(people)


@pytest.fixture
def client() -> Client:
    return Client()


def send(visit: Visit, people: Any, instrument: str = "PHQ-9", hours: int = 24) -> str:
    request = RequestFactory().get("/")
    by = people[Role.COORDINATOR]
    _, token = links.send(the_practice(), visit.patient, instrument, hours, by=by, request=request)
    return token


def test_answers_reach_the_chart_as_the_patients_own(visit: Visit, people: Any, client: Client) -> None:
    token = send(visit, people, "GAD-7")
    answer = client.post(f"/q/{token}/", {f"item-{n}": "2" for n in range(1, 8)})
    assert (answer.status_code, answer["Location"]) == (302, "/q/answered/")
    scores = lists.scores(the_practice(), person=visit.patient)
    assert [(row.instrument, row.total) for row in scores] == [("GAD-7", 14.0)]
    entry = list(the_practice().record.entries(f"person/{visit.patient}"))[-1]
    assert entry.author == visit.patient


def test_thoughts_of_death_raise_an_alert_at_once(visit: Visit, people: Any, client: Client) -> None:
    token = send(visit, people)
    client.post(f"/q/{token}/", {**ANSWERS, "item-9": "1"})
    raised = lists.alerts(the_practice(), person=visit.patient, open_only=True)
    assert [(row.kind, row.urgency) for row in raised] == [("suicide_risk", "immediate")]


def test_a_link_works_once(visit: Visit, people: Any, client: Client) -> None:
    token = send(visit, people)
    assert client.post(f"/q/{token}/", ANSWERS).status_code == 302
    assert client.post(f"/q/{token}/", ANSWERS).status_code == 404
    assert client.get(f"/q/{token}/").status_code == 404
    assert len(lists.scores(the_practice(), person=visit.patient)) == 1


def test_opening_a_link_does_not_use_it_up(visit: Visit, people: Any, client: Client) -> None:
    token = send(visit, people)
    for _ in range(3):
        assert client.get(f"/q/{token}/").status_code == 200
        assert client.head(f"/q/{token}/").status_code == 200
    assert client.post(f"/q/{token}/", ANSWERS).status_code == 302


def test_used_expired_withdrawn_and_invented_links_look_the_same(
    visit: Visit, people: Any, client: Client
) -> None:
    used, expired, withdrawn = (send(visit, people) for _ in range(3))
    client.post(f"/q/{used}/", ANSWERS)
    past = timezone.now() - timedelta(seconds=1)
    QuestionnaireLink.objects.filter(digest=QuestionnaireLink.digest_of(expired)).update(expires_at=past)
    QuestionnaireLink.objects.filter(digest=QuestionnaireLink.digest_of(withdrawn)).update(withdrawn_at=past)
    tokens = (used, expired, withdrawn, "x" * 32, QuestionnaireLink.new_token())
    pages = [client.get(f"/q/{token}/") for token in tokens]
    assert {page.status_code for page in pages} == {404}
    assert len({without_tokens(page.content) for page in pages}) == 1
    posts = [client.post(f"/q/{token}/", ANSWERS) for token in tokens]
    assert {post.status_code for post in posts} == {404}
    assert len(lists.scores(the_practice(), person=visit.patient)) == 1


def test_the_page_shows_nothing_about_the_person_and_links_nowhere(
    visit: Visit, people: Any, client: Client
) -> None:
    token = send(visit, people)
    for page in (client.get(f"/q/{token}/"), client.get("/q/answered/"), client.get("/q/nothing/")):
        text = page.content.decode()
        assert "Ada" not in text
        assert visit.patient[:8] not in text
        assert people[Role.COORDINATOR].display_name not in text
        assert "<script" not in text
        addresses = re.findall(r'(?:href|action|src)="([^"]*)"', text)
        assert [a for a in addresses if not a.startswith(("/static/", "tel:", "#"))] == []


def test_crisis_numbers_stand_before_and_after_and_the_page_says_that_nobody_watches(
    visit: Visit, people: Any, client: Client
) -> None:
    token = send(visit, people)
    text = client.get(f"/q/{token}/").content.decode()
    assert text.index("tel:112") < text.index("item-1") < text.rindex("tel:112")
    assert "Nobody watches these answers" in text
    after = client.get("/q/answered/").content.decode()
    assert "tel:143" in after
    assert "not watched live" in after


def test_a_clinic_without_crisis_numbers_sends_nothing(
    visit: Visit, people: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, "crisis_numbers", lambda practice: ())
    with pytest.raises(Refusal, match="no crisis number"):
        send(visit, people)


def test_only_scales_whose_text_may_be_shown_are_sent(visit: Visit, people: Any) -> None:
    assert {one.id for one in links.may_be_sent()} == {"GAD-7", "PHQ-9", "PCL-5"}
    with pytest.raises(Refusal, match="cannot be sent"):
        send(visit, people, "MADRS")
    with pytest.raises(Refusal, match="open for"):
        send(visit, people, hours=24 * 30)


def test_too_many_left_out_keeps_what_was_answered_and_the_link(
    visit: Visit, people: Any, client: Client
) -> None:
    token = send(visit, people)
    answer = client.post(f"/q/{token}/", {"item-1": "3", "item-2": "99", "item-3": "x"})
    assert answer.status_code == 422
    text = answer.content.decode()
    assert re.search(r'name="item-1" value="3" checked', text)
    assert "Not answered" in text
    assert client.post(f"/q/{token}/", ANSWERS).status_code == 302


def test_without_the_token_of_the_form_nothing_is_taken(visit: Visit, people: Any) -> None:
    token = send(visit, people)
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(f"/q/{token}/", ANSWERS).status_code == 403
    assert lists.scores(the_practice(), person=visit.patient) == ()
    page = strict.get(f"/q/{token}/").content.decode()
    form = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert form is not None
    answer = strict.post(f"/q/{token}/", {**ANSWERS, "csrfmiddlewaretoken": form[1]})
    assert answer.status_code == 302


def test_the_token_is_kept_nowhere_and_logged_nowhere(visit: Visit, people: Any, client: Client) -> None:
    token = send(visit, people)
    link = QuestionnaireLink.objects.get(digest=QuestionnaireLink.digest_of(token))
    assert token not in str(vars(link))
    said = logging.LogRecord(
        "django.request", logging.WARNING, "", 0, "Not Found: %s", (f"/q/{token}/",), None
    )
    DiscreetFilter().filter(said)
    assert token not in said.getMessage()
    assert "/q/…/" in said.getMessage()


def test_many_requests_of_one_address_are_slowed_down(
    visit: Visit, people: Any, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()  # the limits that other tests are spared
    monkeypatch.setattr(views, "_BY_ADDRESS", rates.RateLimit(burst=3, per_second=0.001))
    answers = [client.get(f"/q/try{number}/").status_code for number in range(5)]
    assert answers == [404, 404, 404, 429, 429]
    cache.clear()


def test_two_answers_at_once_leave_one(people: Any) -> None:
    make_site()
    visit = make_visit(people)
    token = send(visit, people)
    together, found = threading.Barrier(4), []

    def try_it(number: int) -> None:
        from django.db import connection

        client = Client()
        together.wait()
        try:
            answer = client.post(f"/q/{token}/", {**ANSWERS, "item-1": str(number % 4)})
            found.append(answer.status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=try_it, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [302, 404, 404, 404]
    assert len(lists.scores(the_practice(), person=visit.patient)) == 1


def test_answers_that_were_recorded_before_a_crash_are_not_recorded_again(
    visit: Visit, people: Any, client: Client
) -> None:
    token = send(visit, people)
    client.post(f"/q/{token}/", ANSWERS)
    # As if the server had stopped after the record and before the accounts database.
    QuestionnaireLink.objects.filter(digest=QuestionnaireLink.digest_of(token)).update(answered_at=None)
    assert client.post(f"/q/{token}/", {**ANSWERS, "item-1": "3"}).status_code == 302
    assert len(lists.scores(the_practice(), person=visit.patient)) == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(390, 844), (320, 640), (1280, 800)])
def test_the_questionnaire_can_be_used_by_everybody(
    new_page: Any, people: Any, server: Any, scheme: str, size: tuple[int, int]
) -> None:
    make_site()
    visit = make_visit(people)
    token = send(visit, people)
    page = new_page(scheme=scheme, size=size)
    addresses = (
        ("questionnaire", f"/q/{token}/"),
        ("questionnaire-after", "/q/answered/"),
        ("closed", "/q/x/"),
    )
    for name, path in addresses:
        page.goto(path)
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0], path
        if size == (390, 844):
            screenshot(page, name, scheme)
        _look_at(page, f"{name}-{size[0]}-{scheme}")


def test_the_questionnaire_is_answered_by_keyboard_and_without_scripts(
    chrome: Any, server: Any, people: Any
) -> None:
    make_site()
    visit = make_visit(people)
    token = send(visit, people, "GAD-7")
    context = chrome.new_context(base_url=server.url, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"/q/{token}/")
    page.focus("input[name=item-1]")
    for number in range(7):
        page.keyboard.press("Space")
        if number < 6:
            page.keyboard.press("Tab")
    page.focus("button[type=submit]")
    page.keyboard.press("Enter")
    page.wait_for_url("**/q/answered/")
    context.close()
    assert [row.total for row in lists.scores(the_practice(), person=visit.patient)] == [0.0]
