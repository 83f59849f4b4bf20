"""History is history: every order of events folds, and what was irregular is said."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.therapy.session.visit import GOOD_DOOR, Visit, at, policy, reading, risk

from ataraxy.therapy.preparation import NearMiss, Problem
from ataraxy.therapy.refusal import Refusal
from ataraxy.therapy.risk_level import RiskLevel
from ataraxy.therapy.sensitive import sensitive_paths
from ataraxy.therapy.session.adverse_event import AdverseEvent
from ataraxy.therapy.session.delivery import delivered
from ataraxy.therapy.session.discharge import discharge_findings
from ataraxy.therapy.session.events import (
    KINDS,
    Aborted,
    AdverseEventCharted,
    DeliveryCorrected,
    DoseGiven,
    Event,
    FollowUpCharted,
    HoldOverridden,
    PreparationRefused,
    ReadingCorrected,
    SuicideRiskRecorded,
    parse_event,
)
from ataraxy.therapy.session.evolve import evolve, fold
from ataraxy.therapy.session.follow_up import due_follow_ups
from ataraxy.therapy.session.given_dose import charted_changes
from ataraxy.therapy.session.monitoring import due_times
from ataraxy.therapy.session.rules import session_findings
from ataraxy.therapy.session.start_checks import start_findings
from ataraxy.therapy.session.state import FollowUp, Override, Session, SessionState


@cache
def every_event() -> tuple[Event, ...]:
    """Return events of every kind, among them a whole good visit."""
    head: dict[str, Any] = {"session": "session-1", "at": at(50), "by": "nurse"}
    visit = Visit().dosing().do("change_rate", Decimal(50), minute=1).do("pause", minute=2)
    visit.do("resume", minute=3).do("stop", minute=40)
    good = Visit().ready().do("discharge", GOOD_DOOR, minute=161)
    rest: tuple[Event, ...] = (
        HoldOverridden(
            **head, override=Override(rule="food", evidence=("x",), by="doctor", at=at(0), reason="why")
        ),
        PreparationRefused(
            **head,
            near_miss=NearMiss(
                at=at(0), by=("a", "b"), problems=(Problem(code="c", message="m", remedy="r"),)
            ),
        ),
        DoseGiven(**head, amount=Decimal(1)),
        DeliveryCorrected(**head, point=0, to_at=at(5), to_rate_ml_per_h=Decimal(0), reason="r"),
        DeliveryCorrected(**head, point=99, reason="r"),
        ReadingCorrected(**head, corrects="r1", reading=reading("c1", 2), reason="r"),
        ReadingCorrected(**head, corrects="r2", reading=None, reason="r"),
        AdverseEventCharted(
            **head, adverse_event=AdverseEvent(id="a", term="nausea", grade=2, started_at=at(9))
        ),
        SuicideRiskRecorded(**head, assessment=risk(30, RiskLevel.HIGH, "r9")),
        Aborted(**head, disposition="transferred", prescriber="doctor", reason="r"),
        FollowUpCharted(**head, follow_up=FollowUp(plan="1h", at=at(100), by="n", reached=True)),
    )
    return (*good.events, *visit.events, *rest)


def test_the_sample_holds_every_kind() -> None:
    assert {event.kind for event in every_event()} == set(KINDS)


@settings(max_examples=300)
@given(st.lists(st.integers(0, 10_000), max_size=25), st.integers(-60, 400))
def test_every_order_of_events_folds_and_can_be_asked_anything(numbers: list[int], minute: int) -> None:
    events = [every_event()[n % len(every_event())] for n in numbers]
    session = fold(events)
    assert (session is None) == (not events)
    if session is None:
        return
    session_findings(session, policy(), at(minute))
    start_findings(session, policy(), at(minute))
    discharge_findings(session, GOOD_DOOR, policy(), at(minute))
    due_times(session, policy(), at(minute))
    due_follow_ups(session, policy(), at(minute))
    charted_changes(session)
    assert session.given_mg_base() >= 0
    assert delivered(session.delivery, at(minute)) >= 0
    assert Session.model_validate(session.model_dump(mode="json")) == session


def test_a_good_history_has_nothing_irregular() -> None:
    visit = Visit().ready().do("discharge", GOOD_DOOR, minute=161)
    assert fold(visit.events) == visit.now
    assert visit.now.irregular == ()


def test_folding_in_two_parts_is_folding_at_once() -> None:
    events = Visit().ready().events
    for cut in range(len(events) + 1):
        assert fold(events[cut:], fold(events[:cut])) == fold(events)


def test_an_event_out_of_its_place_is_kept_and_noted() -> None:
    events = Visit().ready().do("discharge", GOOD_DOOR, minute=161).events
    session = fold([e for e in events if e.kind != "session.checked_in"])
    assert session is not None
    assert session.state is SessionState.DISCHARGED
    assert "session.dosing_started in the state planned" in session.irregular


def test_an_ended_session_does_not_begin_again() -> None:
    visit = Visit().ready().do("discharge", GOOD_DOOR, minute=161)
    session: Session | None = visit.now
    for event in visit.events[:-1]:
        session = evolve(session, event)
        assert session.state is SessionState.DISCHARGED


@pytest.mark.parametrize("event", every_event(), ids=lambda event: event.kind)
def test_an_event_survives_json(event: Event) -> None:
    payload = event.model_dump(mode="json")
    assert parse_event(event.kind, payload) == event
    assert parse_event(event.kind, {k: v for k, v in payload.items() if k != "kind"}) == event


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(Refusal) as refused:
        parse_event("session.levitated", {})
    assert refused.value.code == "event.unknown-kind"


def test_all_free_text_of_a_session_is_marked_for_sealing() -> None:
    found = {f"{event.kind}{path}" for event in every_event() for path in sensitive_paths(event)}
    assert {
        "session.checked_in/check_in/note",
        "session.checked_in/check_in/suicide_risk/note",
        "session.hold_overridden/override/reason",
        "session.preparation_refused/near_miss/note",
        "session.rate_changed/reason",
        "session.stopped/reason",
        "session.delivery_corrected/reason",
        "session.reading/reading/note",
        "session.reading_corrected/reason",
        "session.adverse_event/adverse_event/note",
        "session.suicide_risk/assessment/note",
        "session.discharged/check/missed_readings_reason",
        "session.aborted/reason",
        "session.follow_up/follow_up/note",
    } <= found
