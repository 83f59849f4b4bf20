"""Nobody leaves while something keeps them, and nobody can override it."""

from __future__ import annotations

from typing import Any

import pytest
from tests.therapy.session.visit import DOCTOR, GOOD_DOOR, Visit, at, reading, risk, session_plan

from ataraxy.therapy.actor import Actor, Role
from ataraxy.therapy.alert import alerts_of_session
from ataraxy.therapy.refusal import Refusal
from ataraxy.therapy.risk_level import RiskLevel
from ataraxy.therapy.session.adverse_event import AdverseEvent
from ataraxy.therapy.session.discharge import QUESTIONS, concerns_after_discharge
from ataraxy.therapy.session.state import SessionState

EVERYBODY = Actor(id="all", roles=frozenset(Role))


def kept_by(visit: Visit, door: Any = GOOD_DOOR, minute: float = 161) -> list[str]:
    """Return the rules that keep the person, whoever asks; empty after a discharge."""
    try:
        visit.do("discharge", door, minute=minute, actor=EVERYBODY)
    except Refusal as refusal:
        return [finding.rule for finding in refusal.findings] or [refusal.code]
    return []


def test_a_visit_that_goes_well_ends_at_home() -> None:
    visit = Visit().ready()
    assert kept_by(visit) == []
    assert visit.now.state is SessionState.DISCHARGED
    assert visit.now.disposition == "home_with_escort"
    assert visit.now.irregular == ()


@pytest.mark.parametrize("answer", [False, None])
@pytest.mark.parametrize("question", [field for field, _, _ in QUESTIONS])
def test_each_question_at_the_door_is_answered_yes(question: str, answer: bool | None) -> None:
    door = GOOD_DOOR.replace(**{question: answer})
    assert kept_by(Visit().ready(), door) == [question.replace("_", "-")]


def test_the_shortest_stay_counts_from_the_end_of_the_dose() -> None:
    visit = Visit().recovering().read(131).read(159)
    assert kept_by(visit, minute=159.9) == ["minimum-stay"]
    assert kept_by(visit, minute=160) == []


@pytest.mark.parametrize("grade", [1, 2, 3, 4])
@pytest.mark.parametrize("outcome", ["ongoing", "handed_over", "unknown", "resolved"])
def test_an_adverse_event_keeps_the_person_from_its_grade_on_until_it_is_over(
    grade: int, outcome: Any
) -> None:
    event = AdverseEvent(
        id="ae",
        term="vomiting",
        grade=grade,
        started_at=at(60),
        serious=("danger_to_life",) if grade == 4 else (),
        outcome=outcome,
    )
    visit = Visit().ready().do("record_adverse_event", event, minute=160)
    assert kept_by(visit) == (["adverse-event"] if grade >= 3 and outcome != "resolved" else [])


def test_an_update_of_an_adverse_event_lets_the_person_go() -> None:
    event = AdverseEvent(id="ae", term="syncope", grade=3, started_at=at(60), related="possible")
    visit = Visit().ready().do("record_adverse_event", event, minute=150)
    assert kept_by(visit) == ["adverse-event"]
    by_hand = Visit().ready().do("record_adverse_event", event, minute=150)
    by_hand.do("follow_adverse_event", "ae", outcome="resolved", note="after lying down", minute=160)
    assert kept_by(by_hand) == []
    assert by_hand.now.adverse_events == (event.replace(outcome="resolved", note="after lying down"),)
    visit.do("record_adverse_event", event.replace(outcome="resolved"), minute=160)
    assert kept_by(visit) == []


@pytest.mark.parametrize("level", list(RiskLevel))
def test_a_high_suicide_risk_keeps_the_person(level: RiskLevel) -> None:
    visit = Visit().ready().do("record_suicide_risk", risk(159, level, "r2"), minute=160, actor=DOCTOR)
    high = level in (RiskLevel.HIGH, RiskLevel.IMMINENT)
    assert kept_by(visit) == (["suicide-risk-level"] if high else [])


def test_missed_readings_must_be_explained() -> None:
    visit = Visit().dosed()
    for minute in (70, 85, 100):
        visit.read(minute)
    visit.do("begin_recovery", minute=101).read(131).read(160)
    assert kept_by(visit) == ["missed-readings"]
    assert kept_by(visit, GOOD_DOOR.replace(missed_readings_reason="cuff was broken")) == []


def test_discharge_is_from_recovery_only() -> None:
    visit = Visit().dosed()
    with pytest.raises(Refusal) as refused:
        visit.do("discharge", GOOD_DOOR, minute=200)
    assert refused.value.code == "session.state"


def test_close_observation_has_its_shortest_time() -> None:
    visit = Visit().dosed()
    for minute in (55, 70, 85, 99):
        visit.read(minute)
    with pytest.raises(Refusal) as refused:
        visit.do("begin_recovery", minute=99.9)
    assert [f.rule for f in refused.value.findings] == ["close-observation"]
    visit.do("begin_recovery", minute=100)


def test_a_correction_after_discharge_becomes_an_alert() -> None:
    visit = Visit().ready().do("discharge", GOOD_DOOR, minute=161)
    assert concerns_after_discharge(visit.now, visit.policy) == ()
    last = visit.now.readings[-1].reading
    visit.do("correct_reading", last.id, reading("true", 160, systolic=170), "typo", minute=300)
    assert [f.rule for f in concerns_after_discharge(visit.now, visit.policy)] == ["stay-systolic"]
    kinds = {alert.kind for alert in alerts_of_session(visit.now, visit.policy, at(301))}
    assert "chart_corrected" in kinds
    assert visit.now.state is SessionState.DISCHARGED


# --- other ends ---


def code_of(visit: Visit, *args: Any, **options: Any) -> str:
    with pytest.raises(Refusal) as refused:
        visit.do("abort", *args, **options)
    return refused.value.code


@pytest.mark.parametrize("disposition", ["not_dosed", "cancelled", "did_not_attend", "home_with_escort"])
def test_a_session_with_drug_does_not_end_as_one_without(disposition: str) -> None:
    assert code_of(Visit().dosed(), disposition, "x", minute=60) == "abort.disposition"


def test_going_home_well_is_a_discharge_and_nothing_else() -> None:
    assert code_of(Visit().arrived(), "home_with_escort", "x", minute=0) == "abort.disposition"


def test_the_desk_cancels_what_has_not_begun_and_nothing_else() -> None:
    desk = Actor(id="desk", roles=frozenset({Role.COORDINATOR}))
    visit = Visit().do("plan", "s", session_plan(), minute=-60, actor=desk)
    assert code_of(visit, "transferred", "x", minute=-50, actor=desk) == "role.not-permitted"
    assert code_of(Visit().arrived(), "cancelled", "x", minute=0, actor=desk) == "role.not-permitted"
    visit.do("abort", "did_not_attend", "no answer", minute=30, actor=desk)
    assert visit.now.state is SessionState.ABORTED


def test_leaving_against_advice_names_the_prescriber_who_was_told_and_alerts() -> None:
    visit = Visit().dosed()
    assert code_of(visit, "left_against_advice", "wants to go", minute=60) == "abort.prescriber"
    assert code_of(visit, "left_against_advice", " ", minute=60, prescriber="doctor") == "abort.reason"
    visit.do("abort", "left_against_advice", "wants to go", minute=60, prescriber="doctor")
    assert visit.now.state is SessionState.ABORTED
    assert visit.now.state is not SessionState.DISCHARGED
    kinds = {a.kind for a in alerts_of_session(visit.now, visit.policy, at(61))}
    assert "left_against_advice" in kinds


def test_a_transfer_during_the_infusion_stops_it_first() -> None:
    visit = Visit().dosing().do("abort", "transferred", "chest pain", minute=10, prescriber="doctor")
    assert [event.kind for event in visit.events[-2:]] == ["session.stopped", "session.aborted"]
    assert visit.now.given_mg_base() == pytest.approx(8.75)
    assert visit.now.stopped_early


def test_an_ended_session_takes_late_entries_and_nothing_else() -> None:
    visit = Visit().ready().do("discharge", GOOD_DOOR, minute=161).read(150, charted=400)
    for command, args in (("begin_recovery", ()), ("stop", ()), ("discharge", (GOOD_DOOR,))):
        with pytest.raises(Refusal) as refused:
            visit.do(command, *args, minute=401)
        assert refused.value.code == "session.state"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"grade": 4}, "adverse-event.seriousness"),
        ({"grade": 5, "serious": ("death",)}, "adverse-event.outcome"),
        ({"grade": 2, "outcome": "fatal"}, "adverse-event.outcome"),
    ],
)
def test_grade_seriousness_and_outcome_agree(fields: dict[str, Any], code: str) -> None:
    with pytest.raises(Refusal) as refused:
        AdverseEvent(id="a", term="fall", started_at=at(0), **fields)
    assert refused.value.code == code


def test_severe_is_not_serious_by_itself() -> None:
    assert AdverseEvent(id="a", term="headache", grade=3, started_at=at(0)).serious == ()
