from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ataraxy.errors import InputError
from ataraxy.therapy.amount import Rate
from ataraxy.therapy.infusion import RateChange, ShareOfPlan, Stretch, lay_changes

# 30 mg over one hour.
PLAN = (Stretch(0.0, 1.0, 30.0, "mg"),)


def mg(stretches: tuple[Stretch, ...]) -> float:
    return math.fsum(stretch.amount for stretch in stretches)


def half(at_h: float, for_h: float | None = None) -> RateChange:
    return RateChange(at_h=at_h, to=ShareOfPlan(percent=50.0), for_h=for_h)


def rate(at_h: float, mg_per_h: float, for_h: float | None = None) -> RateChange:
    return RateChange(at_h=at_h, to=Rate(amount=mg_per_h, per="mg/h"), for_h=for_h)


def pause(at_h: float, for_h: float | None = None) -> RateChange:
    return RateChange(at_h=at_h, to="pause", for_h=for_h)


def resume(at_h: float) -> RateChange:
    return RateChange(at_h=at_h, to="resume")


def test_without_changes_the_plan_flows() -> None:
    assert lay_changes(PLAN, ()) == PLAN


@pytest.mark.parametrize(
    ("changes", "expected_mg"),
    [
        ([half(0.0)], 15.0),
        ([half(0.5)], 22.5),
        ([half(0.25, for_h=0.5)], 22.5),
        ([rate(0.5, 60.0)], 45.0),
        ([rate(0.5, 0.0)], 15.0),
        ([rate(0.0, 60.0, for_h=0.1)], 6.0 + 27.0),
        ([pause(0.5)], 15.0),
        ([pause(0.2, for_h=0.3)], 21.0),
        ([pause(0.2), resume(0.5)], 21.0),
        ([rate(0.2, 60.0), pause(0.4), resume(0.6)], 6.0 + 12.0 + 24.0),
        ([rate(0.2, 60.0), half(0.4)], 6.0 + 12.0 + 9.0),
        ([pause(0.2), rate(0.5, 60.0)], 6.0 + 30.0),
        ([half(0.1), pause(0.3, for_h=0.2), rate(0.8, 10.0, for_h=0.1)], 3.0 + 3.0 + 4.5 + 1.0 + 1.5),
    ],
)
def test_the_amount_given_is_the_integral_of_the_rate(changes: list[RateChange], expected_mg: float) -> None:
    assert mg(lay_changes(PLAN, changes)) == pytest.approx(expected_mg, rel=1e-12)


def flowing_at(changes: list[RateChange], time_h: float) -> float:
    """Return the rate in mg/h at one moment, by reading the chart from the top: an oracle without intervals."""
    level, now = 30.0, 30.0
    for change in changes:
        if change.at_h > time_h:
            break
        if change.to == "pause":
            now = 0.0
        elif change.to == "resume":
            now = level
        else:
            assert not isinstance(change.to, str)
            new = 0.3 * change.to.percent if isinstance(change.to, ShareOfPlan) else change.to.amount
            if change.for_h is None:
                level = new
            now = new
        if change.for_h is not None and time_h >= change.at_h + change.for_h:
            now = level
    return now


@st.composite
def charts(draw: st.DrawFn) -> list[RateChange]:
    """Charts on a grid of 1/64 h, so that the oracle can integrate by sampling between the grid lines."""
    at = sorted(draw(st.lists(st.integers(0, 63), max_size=6, unique=True)))
    changes, paused = [], False
    for first, after in pairwise([*at, 64]):
        kind = draw(st.sampled_from(["resume"] if paused else ["pause", "rate", "share"]))
        for_h = draw(st.none() | st.integers(1, after - first).map(lambda length: length / 64))
        if kind == "resume":
            changes.append(resume(first / 64))
            paused = False
        elif kind == "pause":
            changes.append(pause(first / 64, for_h))
            paused = for_h is None
        elif kind == "rate":
            changes.append(rate(first / 64, float(draw(st.integers(0, 90))), for_h))
        else:
            percent = float(draw(st.integers(0, 200)))
            changes.append(RateChange(at_h=first / 64, to=ShareOfPlan(percent=percent), for_h=for_h))
    return changes


@given(charts())
def test_any_chart_flows_as_it_reads(changes: list[RateChange]) -> None:
    stretches = lay_changes(PLAN, changes)
    for cell in range(64):
        middle = (cell + 0.5) / 64
        flowing = sum(s.amount / (s.end_h - s.start_h) for s in stretches if s.start_h <= middle < s.end_h)
        assert flowing == pytest.approx(flowing_at(changes, middle), abs=1e-9)


@given(charts())
def test_stretches_never_overlap_and_stay_within_the_infusion(changes: list[RateChange]) -> None:
    stretches = lay_changes(PLAN, changes)
    ends = [0.0, *(stretch.end_h for stretch in stretches)]
    assert all(stretch.start_h >= end for end, stretch in zip(ends, stretches, strict=False))
    assert ends[-1] <= 1.0


def test_rounding_of_a_time_does_not_let_an_infusion_run_past_its_end() -> None:
    assert lay_changes(PLAN, [half(0.9, for_h=0.1 + 5e-10)])[-1].end_h == 1.0


@given(st.floats(0.01, 0.99), st.floats(0.01, 2.0))
def test_a_pause_that_is_added_at_the_end_gives_the_whole_dose(at_h: float, pause_h: float) -> None:
    changes = [pause(at_h), resume(at_h + pause_h)]
    assert mg(lay_changes(PLAN, changes, end_h=1.0 + pause_h)) == pytest.approx(30.0, rel=1e-9)


@given(st.floats(0.01, 3.0))
def test_an_infusion_that_ends_at_another_time_gives_in_proportion(end_h: float) -> None:
    assert mg(lay_changes(PLAN, (), end_h=end_h)) == pytest.approx(30.0 * end_h, rel=1e-12)


@given(st.floats(0.01, 0.99))
def test_two_consecutive_infusions_act_as_one_long_one(cut_h: float) -> None:
    cut = (Stretch(0.0, cut_h, 30.0 * cut_h, "mg"), Stretch(cut_h, 1.0, 30.0 * (1 - cut_h), "mg"))
    changes = [half(0.25, for_h=0.5)]
    assert mg(lay_changes(cut, changes)) == pytest.approx(mg(lay_changes(PLAN, changes)), rel=1e-9)


@given(st.floats(0.01, 0.98), st.floats(1, 200))
def test_the_cap_is_shared_out_as_the_dose_is(at_h: float, percent: float) -> None:
    capped = (Stretch(0.0, 1.0, 0.5, "mg/kg", 40.0),)
    changes = [RateChange(at_h=at_h, to=ShareOfPlan(percent=percent)), pause(0.99)]
    stretches = lay_changes(capped, changes)
    assert [stretch.cap_mg for stretch in stretches] == pytest.approx([80.0 * s.amount for s in stretches])
    assert sum(stretch.cap_mg or 0 for stretch in stretches) == pytest.approx(
        40.0 * (at_h + (0.99 - at_h) * percent / 100)
    )


def test_a_planned_pause_stays_a_pause_in_the_chart() -> None:
    planned = (Stretch(0.0, 0.25, 10.0, "mg"), Stretch(0.75, 1.0, 10.0, "mg"))
    assert mg(lay_changes(planned, [half(0.5)])) == pytest.approx(15.0)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ([half(0.5, for_h=0.3), pause(0.7)], "protocol.rate-overlap"),
        ([half(0.5), half(0.5)], "protocol.rate-overlap"),
        ([half(0.5), half(0.4)], "protocol.rate-overlap"),
        ([pause(0.1), pause(0.2)], "protocol.rate-overlap"),
        ([half(1.0)], "protocol.rate-outside"),
        ([half(-0.1)], "protocol.rate-outside"),
        ([half(0.9, for_h=0.2)], "protocol.rate-outside"),
        ([resume(0.5)], "protocol.rate-resume"),
        ([pause(0.2, for_h=0.1), resume(0.5)], "protocol.rate-resume"),
    ],
)
def test_a_chart_that_contradicts_itself_is_refused(changes: list[RateChange], code: str) -> None:
    with pytest.raises(InputError) as caught:
        lay_changes(PLAN, changes)
    assert caught.value.code == code


def test_a_change_may_start_at_the_moment_at_which_the_one_before_it_ends() -> None:
    assert mg(lay_changes(PLAN, [half(0.1, for_h=0.2), pause(0.1 + 0.2)])) == pytest.approx(3.0 + 3.0)
