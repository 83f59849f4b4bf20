"""The pump: who may raise it, what may always be done, and what was given in the end."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.therapy.session.visit import DOCTOR, GOOD_DOOR, Visit, at

from ataraxy.exchange.protocol_file import load_protocol
from ataraxy.therapy.chart import with_charted_changes
from ataraxy.therapy.planned_dose import total_mg_base
from ataraxy.therapy.refusal import Refusal
from ataraxy.therapy.session.delivery import DeliveryPoint, current_rate, delivered
from ataraxy.therapy.session.discharge import discharge_findings
from ataraxy.therapy.session.given_dose import charted_changes
from ataraxy.therapy.session.state import SessionState


def code_of(visit: Visit, command: str, *args: Any, **options: Any) -> str:
    with pytest.raises(Refusal) as refused:
        visit.do(command, *args, **options)
    return refused.value.code


def test_a_rate_above_the_plan_is_the_prescribers_and_has_a_reason() -> None:
    visit = Visit().dosing()
    assert code_of(visit, "change_rate", Decimal(76), "x", minute=5) == "role.not-permitted"
    assert code_of(visit, "change_rate", Decimal(76), minute=5, actor=DOCTOR) == "dose.reason"
    visit.do("change_rate", Decimal(76), "no effect yet", minute=5, actor=DOCTOR)


def test_the_nurse_goes_back_to_the_plan_alone() -> None:
    visit = Visit().dosing().do("change_rate", Decimal(40), minute=5)
    visit.do("change_rate", Decimal(75), minute=8)
    assert current_rate(visit.now.delivery, at(9)) == 75


def test_a_first_rate_above_the_plan_is_the_prescribers() -> None:
    visit = Visit().arrived().prepared()
    assert code_of(visit, "start_dosing", minute=0, rate_ml_per_h=Decimal(80)) == "role.not-permitted"
    visit.do("start_dosing", minute=0, rate_ml_per_h=Decimal(80), actor=DOCTOR)


@pytest.mark.parametrize("rate", [Decimal(201), Decimal(750)])
def test_nobody_pumps_above_the_cap(rate: Decimal) -> None:
    assert code_of(Visit().dosing(), "change_rate", rate, "x", minute=5, actor=DOCTOR) == "dose.cap"


@pytest.mark.parametrize("rate", [Decimal(0), Decimal(-5)])
def test_a_rate_is_above_zero(rate: Decimal) -> None:
    assert code_of(Visit().dosing(), "change_rate", rate, minute=5) == "dose.rate"


def test_a_pause_stops_the_flow_and_resume_restores_the_rate() -> None:
    visit = Visit().dosing().do("change_rate", Decimal(60), minute=5).do("pause", minute=8)
    assert current_rate(visit.now.delivery, at(9)) == 0
    assert code_of(visit, "pause", minute=9) == "dose.paused"
    assert code_of(visit, "change_rate", Decimal(10), minute=9) == "dose.paused"
    visit.do("resume", minute=10)
    assert current_rate(visit.now.delivery, at(11)) == 60
    assert code_of(visit, "resume", minute=11) == "dose.not-paused"


def test_after_the_stop_nothing_is_given() -> None:
    visit = Visit().dosing().do("stop", minute=10)
    for command, args in (("change_rate", (Decimal(5),)), ("pause", ()), ("resume", ()), ("stop", ())):
        assert code_of(visit, command, *args, minute=11) == "dose.stopped"
    assert visit.now.stopped_early
    assert visit.now.given_mg_base() == Decimal("8.75")


def test_a_full_dose_is_not_called_early() -> None:
    assert not Visit().dosed().now.stopped_early


def test_observation_begins_after_the_stop() -> None:
    assert code_of(Visit().dosing(), "begin_observation", minute=40) == "session.still-dosing"


def test_steps_are_charted_in_the_order_of_their_times() -> None:
    assert code_of(Visit().dosing().do("pause", minute=10), "resume", minute=9) == "session.time-order"


def test_time_in_a_pause_does_not_use_up_the_planned_time() -> None:
    visit = Visit().dosing().do("pause", minute=1).read(2)
    visit.read(12).read(22).read(32).read(42).read(52).do("resume", minute=53).read(62)
    visit.do("change_rate", Decimal(70), minute=63)
    visit.do("change_rate", Decimal(75), minute=64)  # the plan still runs: no prescriber is needed
    assert visit.now.state is SessionState.DOSING


# --- what was given ---

steps = st.lists(
    st.tuples(st.integers(1, 20 * 60), st.sampled_from(["rate", "pause", "resume"]), st.integers(1, 1500)),
    max_size=8,
)


def points(course: list[tuple[int, str, int]], stop_after: int) -> tuple[list[DeliveryPoint], int]:
    found = [DeliveryPoint(id=0, kind="start", at=at(0), by="n", rate_ml_per_h=Decimal(75))]
    second, before = 0, Decimal(75)
    for wait, kind, rate in course:
        second += wait
        if kind == "rate":
            before = Decimal(rate) / 10
        value = Decimal(0) if kind == "pause" else before
        moment = at(0) + timedelta(seconds=second)
        found.append(DeliveryPoint(id=len(found), kind=kind, at=moment, by="n", rate_ml_per_h=value))
    second += stop_after
    found.append(DeliveryPoint(id=len(found), kind="stop", at=at(0) + timedelta(seconds=second), by="n"))
    return found, second


@given(steps, st.integers(1, 3600), st.randoms())
def test_the_closed_form_agrees_with_numeric_integration(
    course: list[tuple[int, str, int]], stop_after: int, random: Any
) -> None:
    found, seconds = points(course, stop_after)
    # Every change lies on a whole second, so a sum over seconds of the rate in each middle is exact.
    numeric = sum(
        current_rate(found, at(0) + timedelta(seconds=second + 0.5)) for second in range(seconds)
    ) / Decimal(3600)
    shuffled = list(found)
    random.shuffle(shuffled)
    end = at(0) + timedelta(seconds=seconds)
    assert delivered(shuffled, end) == pytest.approx(numeric, rel=Decimal("1e-20"))
    assert delivered(found, end + timedelta(days=3)) == delivered(found, end)


@given(steps)
def test_what_is_given_only_grows(course: list[tuple[int, str, int]]) -> None:
    found, seconds = points(course, 60)
    amounts = [delivered(found, at(0) + timedelta(seconds=s)) for s in range(0, seconds + 1, 37)]
    assert amounts == sorted(amounts)
    assert delivered(found, at(-1)) == 0


def run(changes: list[tuple[str, int, int]]) -> Visit:
    visit = Visit().dosing()
    minute = 0
    for kind, wait, rate in changes:
        minute += wait
        visit.read(minute)
        if kind == "rate":
            visit.do("change_rate", Decimal(rate), "as needed", minute=minute, actor=DOCTOR)
        else:
            visit.do("pause", minute=minute).read(minute + 1).do("resume", minute=minute + 1)
            minute += 1
    return visit.do("stop", minute=minute + 3)


@given(
    st.lists(
        st.tuples(st.sampled_from(["rate", "pause"]), st.integers(1, 9), st.integers(20, 190)), max_size=6
    )
)
def test_a_model_sees_exactly_the_dose_that_the_chart_gives(changes: list[tuple[str, int, int]]) -> None:
    visit = run(changes)
    planned = load_protocol("ketamine-iv-05-six").planned_doses()
    given_doses = with_charted_changes(planned, charted_changes(visit.now))
    first = [dose for dose in given_doses if dose.session == 0]
    assert total_mg_base(first, 70.0) == pytest.approx(float(visit.now.given_mg_base()), rel=1e-9)
    assert [d for d in given_doses if d.session > 0] == [d for d in planned if d.session > 0]


def test_a_session_without_drug_is_missed_in_the_plan() -> None:
    visit = Visit().arrived().do("abort", "not_dosed", "felt ill", minute=0)
    planned = load_protocol("ketamine-iv-05-six").planned_doses()
    assert {d.session for d in with_charted_changes(planned, charted_changes(visit.now))} == {1, 2, 3, 4, 5}


def test_a_running_session_has_no_given_dose_yet() -> None:
    assert charted_changes(Visit().dosing().now) == ()


# --- corrections at the pump ---


def test_a_corrected_time_changes_what_was_given_and_is_marked() -> None:
    visit = Visit().dosed()
    assert visit.now.given_mg_base() == 35
    visit.do("correct_delivery", 1, "charted late", to_at=at(36), minute=60)
    assert visit.now.given_mg_base() == Decimal("31.5")
    assert visit.now.dosing_ended_at == at(36)
    assert visit.now.delivery[1].corrected


def test_a_corrected_rate_changes_what_was_given() -> None:
    visit = Visit().dosed().do("correct_delivery", 0, "read wrongly", to_rate_ml_per_h=Decimal(60), minute=60)
    assert visit.now.given_mg_base() == 28


@pytest.mark.parametrize(
    ("point", "reason", "options", "code"),
    [
        (7, "x", {"to_at": at(10)}, "correction.unknown"),
        (1, " ", {"to_at": at(10)}, "correction.reason"),
        (1, "x", {}, "correction.nothing"),
        (1, "x", {"to_rate_ml_per_h": Decimal(5)}, "correction.nothing"),
        (0, "x", {"to_amount": Decimal(5)}, "correction.nothing"),
        (0, "x", {"to_at": at(41)}, "session.time-order"),
        (0, "x", {"to_at": at(-30)}, "session.time-order"),
        (1, "x", {"to_at": at(90)}, "session.time-order"),
        (0, "x", {"to_rate_ml_per_h": Decimal(-5)}, "dose.rate"),
    ],
)
def test_a_correction_at_the_pump_makes_sense(
    point: int, reason: str, options: dict[str, Any], code: str
) -> None:
    assert code_of(Visit().dosed(), "correct_delivery", point, reason, minute=60, **options) == code


def test_more_than_was_prepared_keeps_the_person_until_the_chart_is_right() -> None:
    visit = Visit().dosing()
    for minute in (10, 20, 30, 40, 50):
        visit.read(minute)
    visit.do("stop", minute=55).do("begin_observation", minute=55)
    names = {f.rule for f in discharge_findings(visit.now, GOOD_DOOR, visit.policy, at(56))}
    assert "more-than-prepared" in names
    visit.do("correct_delivery", 1, "the syringe was empty at 40", to_at=at(40), minute=56)
    names = {f.rule for f in discharge_findings(visit.now, GOOD_DOOR, visit.policy, at(56))}
    assert "more-than-prepared" not in names
