from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.therapy.session.visit import (
    AUDITOR,
    DOCTOR,
    GOOD_DOOR,
    NURSE,
    THERAPIST,
    Visit,
    at,
    iv_order,
    policy,
    risk,
    session_plan,
)

from ataraxy.errors import InputError
from ataraxy.therapy import course_decide as decide
from ataraxy.therapy.course import (
    Course,
    CourseState,
    checks_due,
    evolve_course,
    exposure_text,
    fold_course,
)
from ataraxy.therapy.course_events import KINDS, Event, OrderedDose, SessionEnded, parse_course_event
from ataraxy.therapy.refusal import Refusal
from ataraxy.therapy.session.gate_result import GateResult

ALLOW = GateResult(decision="allow", judged_at=at(-5))


class Journey:
    def __init__(self) -> None:
        self.course: Course | None = None
        self.events: list[Event] = []

    def do(self, command: str, *args: Any, minute: float = 0, actor: Any = DOCTOR, **options: Any) -> Journey:
        found = getattr(decide, command)(self.course, *args, actor=actor, at=at(minute), **options)
        self.events.extend(found)
        self.course = fold_course(found, self.course)
        return self

    @property
    def now(self) -> Course:
        assert self.course is not None
        return self.course

    def screened(self) -> Journey:
        self.do("open_course", "course-1", "person-1", "F41.1", actor=NURSE, simulated=True)
        self.do("begin_screening", actor=NURSE)
        return self.do("assign_protocol", "ketamine-iv-05-six", "1", 6)

    def active(self) -> Journey:
        return self.screened().do("activate", ALLOW, True, policy=policy())


def code_of(journey: Journey, command: str, *args: Any, **options: Any) -> str:
    before = journey.course
    with pytest.raises(Refusal) as refused:
        journey.do(command, *args, **options)
    assert journey.course is before
    assert refused.value.remedy
    return refused.value.code


def ended(index: int, minute: float, mg: str = "35") -> SessionEnded:
    return SessionEnded(
        course="course-1",
        at=at(minute + 160),
        by="nurse",
        session=f"s{index}",
        index=index,
        disposition="home_with_escort",
        first_dose_at=at(minute),
        given_mg_base=Decimal(mg),
        weight_kg=Decimal(70 + index),
    )


def with_sessions(*events: SessionEnded) -> Course:
    course = fold_course(events, Journey().active().now)
    assert course is not None
    return course


def test_a_course_goes_from_referral_to_completion() -> None:
    journey = Journey()
    states = []
    for command, args, options in (
        ("open_course", ("course-1", "person-1"), {}),
        ("begin_screening", (), {}),
        ("assign_protocol", ("p", "1", 6), {}),
        ("activate", (ALLOW, True), {"policy": policy()}),
        ("complete", (), {}),
    ):
        journey.do(command, *args, **options) if command != "open_course" else journey.do(
            command, *args, actor=NURSE
        )
        states.append(journey.now.state.value)
    assert states == ["referred", "screening", "screening", "active", "completed"]
    assert journey.now.irregular == ()


@pytest.mark.parametrize(
    ("gate", "consent", "code"),
    [
        (None, True, "course.gate"),
        (GateResult(decision="block", judged_at=at(-5)), True, "course.gate"),
        (GateResult(decision="delay", judged_at=at(-5)), True, "course.gate"),
        (GateResult(decision="allow", judged_at=at(-25 * 60)), True, "course.gate"),
        (ALLOW, False, "course.consent"),
        (ALLOW, None, "course.consent"),
    ],
)
def test_treatment_begins_only_behind_the_gate_and_with_consent(
    gate: GateResult | None, consent: bool | None, code: str
) -> None:
    assert code_of(Journey().screened(), "activate", gate, consent, policy=policy()) == code


def test_an_override_by_a_prescriber_passes_the_gate() -> None:
    gate = GateResult(decision="block", overridden_by="doctor", judged_at=at(-5))
    journey = Journey().screened().do("activate", gate, True, policy=policy())
    assert journey.now.state is CourseState.ACTIVE


def test_without_a_protocol_nothing_begins() -> None:
    journey = Journey().do("open_course", "c", "p", actor=NURSE).do("begin_screening", actor=NURSE)
    assert code_of(journey, "activate", ALLOW, True, policy=policy()) == "course.no-protocol"


@pytest.mark.parametrize(
    ("command", "args", "options"),
    [
        ("assign_protocol", ("p", "1", 6), {}),
        ("change_dose", (OrderedDose(amount=Decimal("0.4"), per="mg/kg"), "dizzy"), {}),
        ("stop_course", ("other", "x"), {}),
        ("complete", (), {}),
    ],
)
def test_what_a_prescriber_decides_nobody_else_does(command: str, args: Any, options: Any) -> None:
    for actor in (NURSE, THERAPIST, AUDITOR):
        assert code_of(Journey().active(), command, *args, actor=actor, **options) == "role.not-permitted"


def test_a_change_of_dose_has_a_reason_and_a_prescriber_and_changes_the_next_order() -> None:
    journey = Journey().active()
    lower = OrderedDose(amount=Decimal("0.4"), per="mg/kg")
    assert code_of(journey, "change_dose", lower, " ") == "course.reason"
    assert journey.now.order(iv_order()) == iv_order()
    for slip in (
        OrderedDose(amount=Decimal(500), per="mg/kg"),
        OrderedDose(amount=Decimal(5000), per="mg"),
        OrderedDose(amount=Decimal(1), per="mg/kg", cap_mg=Decimal(9999)),
    ):
        with pytest.raises(InputError, match="error of unit"):
            journey.do("change_dose", slip, "no reason repairs a slip")
    journey.do("change_dose", lower, "dissociation was too much")
    assert journey.now.order(iv_order()).amount == Decimal("0.4")
    assert journey.now.order(iv_order()).stretches == iv_order().stretches
    assert journey.now.dose_changes[0].by == "doctor"
    assert code_of(journey, "change_dose", lower, "again") == "course.no-change"
    journey.do("change_dose", None, "well tolerated now")
    assert journey.now.order(iv_order()) == iv_order()


def test_exposure_adds_up_over_sessions_and_a_correction_replaces_its_session() -> None:
    course = with_sessions(ended(0, 0), ended(1, 3000, "0"), ended(2, 6000, "31.5"))
    assert course.cumulative_mg_base == Decimal("66.5")
    assert exposure_text(course) == "66.5 mg (base) in 2 sessions"
    assert course.first_dose_at == at(0)
    assert course.next_index == 1
    assert course.last_weight_kg == 72
    again = evolve_course(course, ended(0, 0, "30"))
    assert again.cumulative_mg_base == Decimal("61.5")
    assert len(again.sessions) == 3


def test_a_session_is_added_with_the_dose_that_its_chart_gives() -> None:
    visit = Visit().ready().do("discharge", GOOD_DOOR, minute=161)
    journey = Journey().active().do("end_session", visit.now, minute=170, actor=NURSE)
    assert journey.now.cumulative_mg_base == visit.now.given_mg_base() == 35
    assert code_of(journey, "end_session", Visit().dosed().now, minute=170) == "course.session-open"
    other = Visit().arrived(plan=session_plan(patient="person-2"))
    other.do("abort", "not_dosed", "ill", minute=0)
    assert code_of(journey, "end_session", other.now, minute=170) == "course.session-other"


def test_sessions_are_planned_in_an_active_course_within_its_protocol() -> None:
    journey = Journey().active()
    assert decide.require_session(journey.now, 5) is journey.now
    for course, index, code in (
        (journey.now, 6, "course.no-more-sessions"),
        (None, 0, "course.state"),
        (Journey().screened().now, 0, "course.state"),
    ):
        with pytest.raises(Refusal) as refused:
            decide.require_session(course, index)
        assert refused.value.code == code


# --- checks ---


def due(course: Course, check: str, minute: float) -> bool:
    return next(c.due for c in checks_due(course, policy(), at(minute)) if c.check == check)


def test_without_a_baseline_a_check_is_due() -> None:
    found = checks_due(Journey().active().now, policy(), at(0))
    assert [c.check for c in found] == ["bladder", "liver", "cognition"]
    assert all(c.due and c.reason == "no baseline is recorded" for c in found)
    assert all(c.source for c in found)


@pytest.mark.parametrize(("sessions", "expected"), [(5, False), (6, True), (7, True)])
def test_the_bladder_is_asked_after_its_sessions(sessions: int, expected: bool) -> None:
    journey = Journey().active().do("record_check", "bladder", "normal", policy=policy(), minute=1)
    course = fold_course([ended(i, 10 + i * 2000) for i in range(sessions)], journey.now)
    assert course is not None
    assert due(course, "bladder", 20_000) == expected


@pytest.mark.parametrize(("days", "expected"), [(89, False), (90, True), (91, True)])
def test_the_bladder_is_asked_after_its_time(days: int, expected: bool) -> None:
    journey = Journey().active().do("record_check", "bladder", "abnormal", policy=policy())
    minute = timedelta(days=days) / timedelta(minutes=1)
    found = next(c for c in checks_due(journey.now, policy(), at(minute)) if c.check == "bladder")
    assert found.due == expected
    assert found.abnormal


def test_sessions_before_a_check_do_not_count() -> None:
    journey = Journey().active()
    journey.course = fold_course([ended(i, i * 2000) for i in range(6)], journey.now)
    journey.do("record_check", "bladder", "normal", policy=policy(), minute=20_000)
    assert not due(journey.now, "bladder", 20_001)


def test_a_check_is_one_of_the_policy() -> None:
    assert code_of(Journey().active(), "record_check", "mood ring", "normal", policy=policy()) == (
        "course.check-unknown"
    )


# --- ends ---


@pytest.mark.parametrize("state", ["opened", "screened", "active"])
def test_a_person_withdraws_at_any_time(state: str) -> None:
    journey = Journey()
    if state == "opened":
        journey.do("open_course", "c", "p", actor=NURSE)
    else:
        getattr(journey, state)()
    assert code_of(journey, "withdraw", " ", actor=NURSE) == "course.reason"
    assert journey.do("withdraw", "moves away", actor=NURSE).now.state is CourseState.WITHDRAWN
    assert code_of(journey, "withdraw", "again", actor=NURSE) == "course.state"


def test_a_course_is_not_completed_with_an_open_session() -> None:
    assert code_of(Journey().active(), "complete", open_sessions=["s1"]) == "course.session-open"


def test_an_assessment_outside_of_a_session_is_kept_in_the_course() -> None:
    journey = Journey().active().do("record_risk", risk(0), actor=THERAPIST)
    assert journey.now.suicide_risk == (risk(0),)
    assert code_of(journey, "record_risk", risk(60), actor=THERAPIST) == "suicide-risk.future"


def sample() -> list[Event]:
    journey = Journey().active()
    journey.do("change_dose", OrderedDose(amount=Decimal("0.4"), per="mg/kg"), "r")
    journey.do("record_check", "liver", "normal", policy=policy()).do("record_risk", risk(0))
    events = [*journey.events, ended(0, 0)]
    for command, args in (("complete", ()), ("withdraw", ("r",)), ("stop_course", ("no_benefit", "r"))):
        events.extend(Journey().active().do(command, *args).events[-1:])
    return events


def test_the_sample_holds_every_kind_and_survives_json() -> None:
    assert {event.kind for event in sample()} == set(KINDS)
    for event in sample():
        assert parse_course_event(event.kind, event.model_dump(mode="json")) == event
    with pytest.raises(Refusal):
        parse_course_event("course.lost", {})


@given(st.lists(st.integers(0, 100), max_size=15))
def test_every_order_of_events_folds_and_an_end_stays_an_end(numbers: list[int]) -> None:
    events = sample()
    course: Course | None = None
    for number in numbers:
        was_ended = course is not None and course.state.ended
        course = evolve_course(course, events[number % len(events)])
        assert not was_ended or course.state.ended
    if course is not None:
        checks_due(course, policy(), at(500))
        assert course.cumulative_mg_base >= 0
        assert course.next_index >= 0
        assert Course.model_validate(course.model_dump(mode="json")) == course
