from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.therapy.session.visit import AUDITOR, DOCTOR, GOOD_DOOR, THERAPIST, Visit, at, policy, risk

from ataraxy.therapy.actor import Actor, Role
from ataraxy.therapy.alert import (
    KINDS,
    Alert,
    AlertWanted,
    Event,
    acknowledge,
    alert_of_assessment,
    alerts_of_session,
    due_escalations,
    escalate,
    evolve_alerts,
    parse_alert_event,
    raise_alert,
)
from ataraxy.therapy.refusal import Refusal
from ataraxy.therapy.risk_level import RiskLevel
from ataraxy.therapy.session.adverse_event import AdverseEvent
from ataraxy.therapy.session.state import FollowUp

COORDINATOR = Actor(id="desk", roles=frozenset({Role.COORDINATOR}))
AFTER_1H = FollowUp(plan="1h", at=at(105), by="nurse", reached=True)


def fold(alerts: tuple[Alert, ...], events: tuple[Event, ...]) -> tuple[Alert, ...]:
    for event in events:
        alerts = evolve_alerts(alerts, event)
    return alerts


def wanted(key: str = "k", urgency: Any = "immediate") -> AlertWanted:
    return AlertWanted(key=key, kind="other", urgency=urgency, reason="for the test")


def raised(urgency: Any = "immediate") -> tuple[Alert, ...]:
    return fold((), raise_alert((), "a1", wanted(urgency=urgency), by="clock", policy=policy(), at=at(0)))


@pytest.mark.parametrize(
    ("minute", "to"),
    [
        (14.99, []),
        (15, [Role.PRESCRIBER]),
        (29.99, [Role.PRESCRIBER]),
        (30, [Role.PRESCRIBER, Role.MEDICAL_DIRECTOR]),
        (9999, [Role.PRESCRIBER, Role.MEDICAL_DIRECTOR]),
    ],
)
def test_an_alert_that_nobody_acknowledges_climbs_the_ladder(minute: float, to: list[Role]) -> None:
    assert [due.to for due in due_escalations(raised(), policy(), at(minute))] == to


def test_a_step_is_taken_once() -> None:
    alerts = raised()
    alerts = fold(alerts, escalate(alerts, policy=policy(), at=at(16)))
    assert escalate(alerts, policy=policy(), at=at(20)) == ()
    assert [due.step for due in due_escalations(alerts, policy(), at(31))] == [1]


def test_an_acknowledged_alert_does_not_climb() -> None:
    alerts = raised()
    alerts = fold(alerts, acknowledge(alerts, "a1", "seen", actor=THERAPIST, at=at(10)))
    assert (alerts[0].acknowledged_by, alerts[0].open) == ("therapist", False)
    assert due_escalations(alerts, policy(), at(9999)) == ()


@pytest.mark.parametrize(
    ("alert", "actor", "minute", "code"),
    [
        ("a1", COORDINATOR, 1, "role.not-permitted"),
        ("a1", AUDITOR, 1, "role.not-permitted"),
        ("a9", DOCTOR, 1, "alert.unknown"),
        ("a1", DOCTOR, -1, "alert.time"),
    ],
)
def test_a_named_clinician_acknowledges_what_there_is(
    alert: str, actor: Any, minute: float, code: str
) -> None:
    with pytest.raises(Refusal) as refused:
        acknowledge(raised(), alert, actor=actor, at=at(minute))
    assert refused.value.code == code


def test_the_second_acknowledgement_is_refused_and_changes_nothing() -> None:
    alerts = raised()
    first = acknowledge(alerts, "a1", actor=DOCTOR, at=at(1))
    second = acknowledge(alerts, "a1", actor=THERAPIST, at=at(2))
    alerts = fold(alerts, (*first, *second))
    assert alerts[0].acknowledged_by == "doctor"
    with pytest.raises(Refusal) as refused:
        acknowledge(alerts, "a1", actor=THERAPIST, at=at(3))
    assert refused.value.code == "alert.acknowledged"


def test_the_same_alert_is_raised_once() -> None:
    alerts = raised()
    assert raise_alert(alerts, "a2", wanted(), by="clock", policy=policy(), at=at(5)) == ()
    with pytest.raises(Refusal) as refused:
        raise_alert(alerts, "a1", wanted("other"), by="clock", policy=policy(), at=at(5))
    assert refused.value.code == "alert.twice"


@pytest.mark.parametrize("level", list(RiskLevel))
@pytest.mark.parametrize("item9", [None, 0, 1, 3])
def test_a_judgement_or_an_answer_to_item_9_raises_an_alert(level: RiskLevel, item9: int | None) -> None:
    found = alert_of_assessment(risk(level=level).replace(phq9_item9=item9), policy())
    expected = level not in (RiskLevel.NONE, RiskLevel.LOW) or bool(item9)
    assert (found is not None) == expected
    if found is not None:
        assert found.urgency == "immediate"


def kinds(visit: Visit, minute: float) -> set[str]:
    return {alert.kind for alert in alerts_of_session(visit.now, policy(), at(minute))}


def test_a_good_visit_raises_nothing() -> None:
    assert (
        kinds(
            Visit().ready().do("follow_up", AFTER_1H, minute=160).do("discharge", GOOD_DOOR, minute=161), 162
        )
        == set()
    )


def test_a_large_rise_calls_the_prescriber_once_for_each_reading() -> None:
    visit = Visit().dosing().read(10, systolic=165)
    first = alerts_of_session(visit.now, policy(), at(10))
    assert [alert.kind for alert in first] == ["session"]
    assert alerts_of_session(visit.now, policy(), at(11)) == first
    visit.read(12, systolic=170)
    assert {a.key for a in alerts_of_session(visit.now, policy(), at(12))}.isdisjoint(a.key for a in first)


def test_a_serious_adverse_event_a_missed_contact_and_a_risk_raise_alerts() -> None:
    event = AdverseEvent(
        id="x", term="fall", grade=3, serious=("hospital_stay",), started_at=at(50), outcome="resolved"
    )
    visit = Visit().ready().do("record_adverse_event", event, minute=160)
    visit.do("record_suicide_risk", risk(160, RiskLevel.MODERATE, "r7"), minute=160, actor=DOCTOR)
    visit.do("discharge", GOOD_DOOR, minute=161)
    assert kinds(visit, 159) == {"adverse_event", "suicide_risk"}
    assert kinds(visit, 100_000) == {"adverse_event", "suicide_risk", "follow_up_missed"}
    missed = [a for a in alerts_of_session(visit.now, policy(), at(100_000)) if a.kind == "follow_up_missed"]
    assert {a.key.rpartition(":")[2]: a.urgency for a in missed} == {
        "1h": "routine",
        "24h": "today",
        "7d": "routine",
    }


EVENTS = st.sampled_from(
    [
        *raise_alert((), "a1", wanted(), by="c", policy=policy(), at=at(0)),
        *raise_alert((), "a2", wanted("z", "routine"), by="c", policy=policy(), at=at(5)),
        *acknowledge(raised(), "a1", actor=DOCTOR, at=at(8)),
        *escalate(raised(), policy=policy(), at=at(40)),
    ]
)


@given(st.lists(EVENTS, max_size=12))
def test_every_order_of_events_folds(events: list[Event]) -> None:
    alerts = fold((), tuple(events))
    assert len(alerts) == len({alert.id for alert in alerts})
    due_escalations(alerts, policy(), at(1000))
    for event in events:
        assert parse_alert_event(event.kind, event.model_dump(mode="json")) == event


def test_an_unknown_kind_is_refused() -> None:
    assert len(KINDS) == 3
    with pytest.raises(Refusal):
        parse_alert_event("alert.ignored", {})
