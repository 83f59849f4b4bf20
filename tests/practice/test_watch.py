"""While nobody looks: alerts climb their ladder, missed follow-ups are said, each once."""

from __future__ import annotations

from datetime import timedelta

from tests.practice.conftest import COURSE, PERSON, Clinic
from tests.practice.test_sessions import VISIT, do, session, to_the_door
from tests.therapy.session.visit import COLLEAGUE, DOCTOR, GOOD_DOOR, NINE, risk

from ataraxy.practice import alerts, lists
from ataraxy.practice.aggregate import ALERTS
from ataraxy.practice.follow_ups import follow_ups
from ataraxy.practice.sessions import plan_session
from ataraxy.practice.watch import escalate_all, raise_missed, watch
from ataraxy.therapy.alert import Alert, AlertWanted
from ataraxy.therapy.risk_level import RiskLevel
from ataraxy.therapy.session import decide
from ataraxy.therapy.session.state import FollowUp

WANTED = AlertWanted(key="k", kind="other", urgency="immediate", reason="somebody must look")


def raised(clinic: Clinic) -> tuple[Alert, ...]:
    return clinic.practice.load(ALERTS, PERSON).state or ()


def home(clinic: Clinic) -> None:
    to_the_door(clinic)
    do(clinic, decide.discharge, GOOD_DOOR.replace(missed_readings_reason="none missed"), minute=296)


def test_an_alert_that_nobody_takes_climbs_step_by_step(clinic: Clinic) -> None:
    begun = clinic.clock.at(0)
    alerts.raise_alert(clinic.practice, PERSON, WANTED, by=DOCTOR)
    assert escalate_all(clinic.practice) == 0
    clinic.clock.now = begun + timedelta(minutes=16)
    assert escalate_all(clinic.practice) == 1
    assert escalate_all(clinic.practice) == 0
    clinic.clock.now = begun + timedelta(minutes=31)
    assert escalate_all(clinic.practice) == 1
    row = lists.alerts(clinic.practice, open_only=True)[0]
    assert row.escalated_to == "medical_director"


def test_an_alert_that_somebody_took_climbs_no_more(clinic: Clinic) -> None:
    clinic.clock.at(0)
    alerts.raise_alert(clinic.practice, PERSON, WANTED, by=DOCTOR)
    alerts.acknowledge(clinic.practice, PERSON, raised(clinic)[0].id, "called", by=DOCTOR)
    clinic.clock.at(600)
    assert escalate_all(clinic.practice) == 0


def test_a_missed_follow_up_is_said_once(clinic: Clinic) -> None:
    home(clinic)
    before = len(raised(clinic))
    # the contact at 24 h may be made for another 24 h
    clinic.clock.at(45 + 60 * 48 - 5)
    assert raise_missed(clinic.practice) == 0
    clinic.clock.at(45 + 60 * 48 + 5)
    assert raise_missed(clinic.practice) == 1
    assert raise_missed(clinic.practice) == 0
    new = raised(clinic)[before:]
    assert [(a.wanted.kind, a.raised_by) for a in new] == [("follow_up_missed", "clock")]


def test_the_watch_does_both_and_nothing_twice(clinic: Clinic) -> None:
    home(clinic)
    clinic.clock.at(45 + 60 * 24 * 5)
    first, again = watch(clinic.practice), watch(clinic.practice)
    assert first.raised == 1
    assert first.escalated > 0
    assert (again.raised, again.escalated) == (0, 0)


def test_what_is_due_is_listed_with_its_session(clinic: Clinic) -> None:
    home(clinic)
    when = clinic.clock.at(45 + 60 * 25)
    statuses = {one.follow_up.plan: one.follow_up.status for one in follow_ups(clinic.practice, when)}
    assert statuses == {"1h": "missed", "24h": "due", "7d": "pending", "before-next": "pending"}
    assessed = risk(45 + 60 * 25 - 1, RiskLevel.MODERATE, "r24")
    made = FollowUp(plan="24h", at=assessed.at, by=COLLEAGUE.id, reached=True, suicide_risk=assessed)
    do(clinic, decide.follow_up, made, minute=45 + 60 * 25, by=COLLEAGUE)
    found = {one.follow_up.plan: one.follow_up.status for one in follow_ups(clinic.practice, when)}
    assert found["24h"] == "done"
    assert {one.row.session for one in follow_ups(clinic.practice, when)} == {VISIT}
    assert "suicide_risk" in [a.wanted.kind for a in raised(clinic)]


def test_the_contact_before_a_session_that_has_come_is_nobodys_alert(clinic: Clinic) -> None:
    home(clinic)
    plan_session(clinic.practice, "4" * 32, COURSE, 1, NINE + timedelta(days=2), by=DOCTOR)
    when = clinic.clock.at(60 * 24 * 3)
    found = {one.follow_up.plan: one.follow_up.status for one in follow_ups(clinic.practice, when)}
    assert found["before-next"] == "missed"
    raise_missed(clinic.practice)
    assert not [a for a in raised(clinic) if "before-next" in a.wanted.key]


def test_a_dose_that_ended_earlier_than_charted_moves_what_is_due_after_it(clinic: Clinic) -> None:
    home(clinic)
    state = session(clinic)
    stop = next(point for point in state.delivery if point.kind == "stop")
    when = clinic.clock.at(300)
    before = {one.follow_up.plan: one.follow_up.due_at for one in follow_ups(clinic.practice, when)}
    earlier = stop.at - timedelta(minutes=3)
    do(clinic, decide.correct_delivery, stop.id, "read wrongly", to_at=earlier, minute=299)
    after = {one.follow_up.plan: one.follow_up.due_at for one in follow_ups(clinic.practice, when)}
    assert before["24h"] is not None
    assert after["24h"] == before["24h"] - timedelta(minutes=3)
