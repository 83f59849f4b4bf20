"""Alerts reach somebody with a name, stay until they are taken, and climb while nobody looks."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from tests.clinic.a_visit import DOCTOR, Visit, make_site, make_visit
from tests.clinic.conftest import screenshot, sign_in_by_cookie, violations
from tests.clinic.test_preparation import _look_at

from ataraxy.clinic import watching
from ataraxy.clinic.access import care
from ataraxy.clinic.access.rates import OncePer
from ataraxy.clinic.access.roles import Role
from ataraxy.clinic.accounts.models import Person, RoleGrant
from ataraxy.clinic.alert_sight import shown_alerts, waiting_for
from ataraxy.clinic.the_practice import the_practice
from ataraxy.errors import InputError
from ataraxy.practice import alerts, lists
from ataraxy.practice.aggregate import ALERTS
from ataraxy.therapy.alert import AlertKind, AlertWanted, Urgency

REASON = "PHQ-9: item 9 was answered with thoughts of death or self-harm"


@pytest.fixture
def visit(accounts: None, people: dict[Role, Person]) -> Visit:
    make_site()
    return make_visit(people)


def wake(
    visit: Visit,
    urgency: Urgency = "immediate",
    kind: AlertKind = "suicide_risk",
    ago: timedelta = timedelta(),
    reason: str = REASON,
) -> str:
    wanted = AlertWanted(key=uuid.uuid4().hex, kind=kind, urgency=urgency, reason=reason)
    done = alerts.raise_alert(the_practice(), visit.patient, wanted, by=DOCTOR, at=datetime.now(UTC) - ago)
    return str(done.entries[0].payload["alert"])


def mine(person: Person, visit: Visit) -> list[tuple[str, bool]]:
    return [
        (one.row.kind, one.in_care)
        for one in shown_alerts(the_practice(), person)
        if one.row.person == visit.patient
    ]


def take(client: Client, alert: str, comment: str = "called her, safe tonight, appointment at 9") -> Any:
    return client.post(f"/alerts/{alert}/acknowledge/", {"comment": comment})


def test_an_alert_is_taken_in_ones_own_name_with_what_was_done(
    visit: Visit, sign_in: Any, people: Any
) -> None:
    alert, doctor = wake(visit), sign_in(Role.PRESCRIBER)
    page = doctor.get("/alerts/").content.decode()
    assert REASON[:20] in page
    assert "prescriber: Prescriber Example" in page
    assert take(doctor, alert).status_code == 302
    state = the_practice().load(ALERTS, visit.patient).state or ()
    assert [(a.acknowledged_by, a.open) for a in state] == [(people[Role.PRESCRIBER].staff_id, False)]
    page = doctor.get("/alerts/").content.decode()
    assert "safe tonight" in page


def test_saying_nothing_takes_nothing(visit: Visit, sign_in: Any) -> None:
    alert = wake(visit)
    answer = take(sign_in(Role.PRESCRIBER), alert, "  ")
    assert answer.status_code == 422
    assert "Say what was done" in answer.content.decode()
    assert (the_practice().load(ALERTS, visit.patient).state or ())[0].open


def test_the_second_of_two_learns_who_was_first_and_keeps_their_words(visit: Visit, sign_in: Any) -> None:
    alert = wake(visit)
    assert take(sign_in(Role.THERAPIST), alert).status_code == 302
    answer = take(sign_in(Role.PRESCRIBER), alert, "I drove there")
    assert answer.status_code == 409
    assert "acknowledged by another clinician" in answer.content.decode()
    assert "I drove there" in answer.content.decode()


def test_only_those_who_may_take_an_alert_do(visit: Visit, sign_in: Any) -> None:
    alert = wake(visit)
    for role in (Role.MONITOR, Role.COORDINATOR, Role.AUDITOR, Role.RESEARCHER, Role.ADMINISTRATOR):
        assert take(sign_in(role), alert).status_code == 403
    assert take(sign_in(Role.PRESCRIBER), "0" * 32).status_code == 404
    assert (the_practice().load(ALERTS, visit.patient).state or ())[0].open


def test_every_page_of_somebody_who_cares_shows_the_badge(visit: Visit, sign_in: Any, people: Any) -> None:
    therapist = sign_in(Role.THERAPIST)
    before = waiting_for(the_practice(), people[Role.THERAPIST]).count
    wake(visit)
    wake(visit, "today", "worsening", reason="GAD-7: 8 points at first, 15 now")
    for path in ("/account/", "/alerts/", f"/session/{visit.id}/"):
        assert f"{before + 2} alerts" in therapist.get(path).content.decode(), path
    assert f"{before + 2} alerts" in therapist.get("/alerts/badge/").content.decode()
    assert 'class="alert-badge' not in sign_in(Role.ADMINISTRATOR).get("/account/").content.decode()


def test_an_alert_outside_ones_care_says_nothing_and_reaches_somebody_all_the_same(
    visit: Visit, sign_in: Any, people: Any
) -> None:
    doctor = people[Role.PRESCRIBER]
    visit = make_visit(people, name="Zelda Onlyhere")
    wake(visit, reason="something that names a symptom")
    care.release(doctor, visit.patient, by="test")
    assert mine(doctor, visit) == [("suicide_risk", False)]
    page = sign_in(Role.PRESCRIBER).get("/alerts/").content.decode()
    assert "something that names a symptom" not in page
    assert "Open with a reason" in page
    assert "Zelda" not in page
    # A team that has a prescriber of its own is not the business of another.
    other = Person.objects.create_person(
        "other.doctor", "Other Doctor", password="calm harbour lights", roles=[Role.PRESCRIBER]
    )
    care.assign(other, visit.patient, by="test")
    assert mine(doctor, visit) == []


def test_an_alert_that_climbed_to_a_role_that_nobody_has_reaches_those_who_may_take_it(
    visit: Visit, people: Any
) -> None:
    for person in people.values():
        care.release(person, visit.patient, by="test")
    RoleGrant.objects.filter(role="medical_director").delete()
    wake(visit, ago=timedelta(hours=1))
    alerts.escalate(the_practice(), visit.patient)
    row = lists.alerts(the_practice(), person=visit.patient, open_only=True)[0]
    assert row.escalated_to == "medical_director"
    assert mine(people[Role.PRESCRIBER], visit) == [("suicide_risk", False)]


@pytest.mark.skipif(not hasattr(Role, "MEDICAL_DIRECTOR"), reason="nobody signs in as medical director")
def test_an_alert_that_climbed_reaches_the_medical_director_though_the_team_has_a_prescriber(
    visit: Visit, people: Any
) -> None:
    director = people[Role("medical_director")]
    care.release(director, visit.patient, by="test")
    wake(visit, ago=timedelta(minutes=20))
    alerts.escalate(the_practice(), visit.patient)
    assert mine(director, visit) == []
    wake(visit, ago=timedelta(minutes=40))
    alerts.escalate(the_practice(), visit.patient)
    assert mine(director, visit) == [("suicide_risk", False)]


def test_an_open_page_keeps_the_clock_going(
    visit: Visit, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = [0.0]
    monkeypatch.setattr(watching, "_ESCALATE", OncePer(60, clock=lambda: moment[0]))
    client = sign_in(Role.COORDINATOR)
    client.get("/alerts/badge/")
    wake(visit, ago=timedelta(minutes=20))

    def escalated() -> int:
        return sum(len(a.escalated) for a in the_practice().load(ALERTS, visit.patient).state or ())

    client.get("/alerts/badge/")
    assert escalated() == 0
    moment[0] = 61
    client.get("/alerts/badge/")
    assert escalated() == 1
    moment[0] = 122
    client.get("/alerts/badge/")
    assert escalated() == 1


def test_a_record_that_cannot_be_read_now_stops_no_page(
    visit: Visit, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def broken() -> Any:
        asked.append("record")
        raise InputError("the disk is full", code="record.full")

    monkeypatch.setattr(watching, "_ESCALATE", OncePer(60))
    monkeypatch.setattr(watching, "the_practice", broken)
    assert sign_in(Role.COORDINATOR).get("/account/").status_code == 200
    assert asked == ["record"]


def test_somebody_who_is_not_signed_in_moves_no_clock(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(watching, "tick", lambda: asked.append("tick"))
    Client().get("/sign-in/")
    Client().get("/q/nothing/")
    assert asked == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1280, 800), (390, 844)])
def test_alerts_can_be_used_by_everybody(
    new_page: Any, sign_in: Any, server: Any, people: Any, scheme: str, size: tuple[int, int]
) -> None:
    make_site()
    visit = make_visit(people)
    wake(visit, ago=timedelta(minutes=20))
    wake(visit, "today", "worsening", reason="GAD-7: 8 points at first, 15 now")
    taken = wake(visit, "routine", "follow_up_missed", reason="the follow-up 7d was missed")
    alerts.escalate(the_practice(), visit.patient)
    take(sign_in(Role.THERAPIST), taken)
    page = new_page(scheme=scheme, size=size)
    sign_in_by_cookie(page, sign_in(Role.THERAPIST))
    page.goto("/alerts/")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    if size == (1280, 800):
        screenshot(page, "alerts", scheme)
    _look_at(page, f"alerts-{size[0]}-{scheme}")
    for row in lists.alerts(the_practice(), person=visit.patient, open_only=True):
        alerts.acknowledge(the_practice(), visit.patient, row.alert, "test", by=DOCTOR)
