"""Doses as stretches of constant input: nothing is lost, nothing comes twice, nobody meddles with another block."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engine.models import TARGETS, doses_of, regimens

from ataraxy.engine.doses import DoseTable
from ataraxy.engine.kernel.ir import LANES
from ataraxy.engine.kernel.schedule import Schedule, make_schedule

END = 100.0


def scheduled(doses: DoseTable, n: int = 8, start: float = 0.0, end: float = END) -> Schedule:
    return make_schedule(doses, TARGETS, n, start, end)


def block_of(schedule: Schedule, block: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Edges, rates and amounts of one block."""
    first, last = schedule.segments[block], schedule.segments[block + 1]
    edges = schedule.changes[first + block : last + block + 1]
    return edges, schedule.rates[first:last], schedule.amounts[first:last]


def entered(schedule: Schedule, block: int) -> np.ndarray:
    """f8[channels, lanes] that enters in all."""
    edges, rates, amounts = block_of(schedule, block)
    return amounts.sum(axis=0) + (rates * np.diff(edges)[:, None, None]).sum(axis=0)


@given(doses=regimens(19))
def test_what_enters_is_what_was_ordered(doses: DoseTable) -> None:
    schedule = scheduled(doses, 19)
    for person in range(19):
        for channel, state in enumerate(TARGETS):
            own = (doses.person == person) & (np.array(doses.targets)[doses.target] == state)
            got = entered(schedule, person // LANES)[channel, person % LANES]
            assert got == pytest.approx(doses.amount[own].sum(), rel=1e-11)


@given(doses=regimens(19), stops=st.lists(st.floats(0.0, END), max_size=5))
def test_stretches_follow_each_other_from_start_to_end(doses: DoseTable, stops: list[float]) -> None:
    schedule = make_schedule(doses, TARGETS, 19, 0.0, END, np.array(stops))
    assert schedule.segments[0] == 0
    assert schedule.segments[-1] == len(schedule.rates) == len(schedule.amounts)
    assert len(schedule.changes) == len(schedule.rates) + 3
    for block in range(3):
        edges, _, _ = block_of(schedule, block)
        assert edges[0] == pytest.approx(0.0, abs=1e-9)
        assert edges[-1] == pytest.approx(END, abs=1e-9)
        assert np.all(np.diff(edges) >= 0.0)
        for stop in stops:
            assert np.abs(edges - stop).min() < 1e-9


@given(doses=regimens(24))
def test_a_block_does_not_depend_on_other_blocks(doses: DoseTable) -> None:
    together = scheduled(doses, 24)
    for block in range(3):
        alone = scheduled(doses_of(doses, range(8 * block, 8 * block + 8)))
        for mine, theirs in zip(block_of(together, block), block_of(alone, 0), strict=True):
            assert np.array_equal(mine, theirs)


def test_one_moment_computed_in_different_ways_is_one_edge() -> None:
    for hour in (0.3, 100.7, 17000.3):
        times = np.array([hour, np.nextafter(hour, 0.0), np.nextafter(hour, 1e9), hour + 1e-12])
        doses = DoseTable.of(np.arange(4), times, "central", 1.0, 40.0 / 60.0)
        edges, _, _ = block_of(scheduled(doses, end=20000.0), 0)
        assert len(edges) == 4


def test_moments_apart_stay_apart() -> None:
    doses = DoseTable.of([0, 1], [5.0, 5.0 + 1e-9], "central", 1.0)
    edges, _, amounts = block_of(scheduled(doses), 0)
    assert len(edges) == 4
    assert np.all(amounts[1, 1, :2] == [1.0, 0.0])
    assert np.all(amounts[2, 1, :2] == [0.0, 1.0])


def test_an_infusion_of_no_length_enters_at_once() -> None:
    _, rates, amounts = block_of(scheduled(DoseTable.of(0, 5.0, "central", 7.0, 1e-12)), 0)
    assert np.all(rates == 0.0)
    assert amounts[1, 1, 0] == 7.0


def test_a_dose_at_the_very_end_has_a_stretch_of_no_length() -> None:
    edges, _, amounts = block_of(scheduled(DoseTable.of(0, END, "central", 7.0)), 0)
    assert edges.tolist() == [0.0, END, END]
    assert amounts[1, 1, 0] == 7.0


def test_where_start_and_end_are_one_everything_enters_there() -> None:
    doses = DoseTable.of([0, 9], 5.0, "central", [7.0, 8.0])
    schedule = scheduled(doses, 16, 5.0, 5.0)
    assert schedule.segments.tolist() == [0, 1, 2]
    assert schedule.changes.tolist() == [5.0] * 4
    assert entered(schedule, 0)[1, 0] == 7.0
    assert entered(schedule, 1)[1, 1] == 8.0


def test_doses_a_hair_outside_are_moved_to_the_edge() -> None:
    doses = DoseTable.of(
        0, [-5e-10, END + 5e-10, END - 1.0], "central", [1.0, 2.0, 4.0], [0.0, 0.0, 1.0 + 5e-10]
    )
    edges, rates, amounts = block_of(scheduled(doses), 0)
    assert edges.tolist() == [0.0, END - 1.0, END, END]
    assert amounts[:, 1, 0].tolist() == [1.0, 0.0, 2.0]
    assert rates[1, 1, 0] == pytest.approx(4.0)


def test_overlapping_infusions_add_up() -> None:
    doses = DoseTable.of(0, [1.0, 2.0], "central", [4.0, 10.0], [4.0, 2.0])
    edges, rates, _ = block_of(scheduled(doses), 0)
    assert edges.tolist() == [0.0, 1.0, 2.0, 4.0, 5.0, END]
    assert rates[:, 1, 0].tolist() == [0.0, 1.0, 6.0, 1.0, 0.0]


def test_without_doses_there_is_one_stretch_for_each_block() -> None:
    schedule = scheduled(DoseTable.empty(), 17)
    assert schedule.segments.tolist() == [0, 1, 2, 3]
    assert schedule.changes.tolist() == [0.0, END] * 3


def test_without_people_there_is_nothing() -> None:
    schedule = scheduled(DoseTable.empty(), 0)
    assert schedule.segments.tolist() == [0]
    assert schedule.changes.size == 0
