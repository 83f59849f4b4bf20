"""What enters: mass is kept whatever is done with a table."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engine.models import regimens

from ataraxy.engine.doses import DoseTable
from ataraxy.errors import InputError


def mass(table: DoseTable, person: int, state: str) -> float:
    chosen = (table.person == person) & (np.array(table.targets, object)[table.target] == state)
    return float(table.amount[chosen].sum())


@given(doses=regimens(2), cuts=st.lists(st.floats(-1.0, 120.0), min_size=1, max_size=4))
def test_windows_that_follow_each_other_hold_everything_once(doses: DoseTable, cuts: list[float]) -> None:
    edges = [-np.inf, *sorted(cuts), np.inf]
    parts = [doses.window(a, b) for a, b in pairwise(edges)]
    for person in range(2):
        for state in doses.targets:
            together = sum(mass(part, person, state) for part in parts)
            assert together == pytest.approx(mass(doses, person, state), rel=1e-9)
    for part, (a, b) in zip(parts, pairwise(edges), strict=True):
        assert np.all(part.time_h >= a)
        assert np.all(part.time_h < b)
        assert np.all(part.time_h + part.duration_h <= b + 1e-9)


def test_a_window_leaves_what_it_does_not_cut_untouched() -> None:
    doses = DoseTable.of(0, [1000.1, 1000.7], "x", 3.0, [1e-9, 0.3])
    whole = doses.window(1000.1, 1001.0)
    assert whole.time_h.tolist() == doses.time_h.tolist()
    assert whole.amount.tolist() == doses.amount.tolist()
    assert whole.duration_h.tolist() == doses.duration_h.tolist()


def test_an_infusion_too_short_to_move_the_clock_is_not_lost() -> None:
    doses = DoseTable.of(0, 1000.0, "x", 3.0, 1e-14)
    assert doses.window(0.0, 1000.0).amount.tolist() == []
    assert doses.window(1000.0, 2000.0).amount.tolist() == [3.0]


def test_an_infusion_is_cut_in_proportion() -> None:
    cut = DoseTable.of(0, 2.0, "x", 12.0, 6.0).window(3.0, 5.0)
    assert (cut.time_h.item(), cut.duration_h.item(), cut.amount.item()) == (3.0, 2.0, 4.0)


def test_a_dose_at_the_edge_belongs_to_the_later_window() -> None:
    doses = DoseTable.of(0, 5.0, "x", 1.0)
    assert len(doses.window(0.0, 5.0)) == 0
    assert len(doses.window(5.0, 9.0)) == 1


def test_tables_are_joined_by_the_names_of_their_targets() -> None:
    first = DoseTable.of([0, 1], 1.0, "x", [1.0, 2.0])
    second = DoseTable.concatenate([DoseTable.of(0, 2.0, "y", 4.0), DoseTable.of(0, 3.0, "x", 8.0)])
    both = DoseTable.concatenate([first, second])
    assert len(both) == 4
    assert (mass(both, 0, "x"), mass(both, 0, "y"), mass(both, 1, "x")) == (9.0, 4.0, 2.0)


def test_a_target_without_doses_is_kept() -> None:
    # what a person's results are must not depend on whether somebody else had doses there
    joined = DoseTable.concatenate([DoseTable.of([], [], "x", []), DoseTable.of(0, 1.0, "y", 1.0)])
    assert joined.targets == ("x", "y")
    assert joined.select(joined.person == 5).targets == ("x", "y")
    assert joined.window(50.0, 60.0).targets == ("x", "y")


def test_arguments_broadcast() -> None:
    table = DoseTable.of(np.arange(3), [[0.0], [1.0]], "x", 2.0)
    assert table.person.tolist() == [0, 1, 2, 0, 1, 2]
    assert table.time_h.tolist() == [0.0, 0.0, 0.0, 1.0, 1.0, 1.0]


def test_no_tables_are_no_doses() -> None:
    assert len(DoseTable.concatenate([])) == 0
    assert len(DoseTable.empty()) == 0


@pytest.mark.parametrize(
    ("time", "amount", "duration", "part"),
    [
        (np.nan, 1.0, 0.0, "time"),
        (0.0, np.inf, 0.0, "amount"),
        (0.0, 1.0, np.nan, "duration"),
        (0.0, -1.0, 0.0, "below zero"),
        (0.0, 1.0, -0.5, "below zero"),
    ],
)
def test_impossible_doses_are_refused(time: float, amount: float, duration: float, part: str) -> None:
    with pytest.raises(InputError, match=part) as caught:
        DoseTable.of(0, time, "x", amount, duration)
    assert caught.value.remedy


def test_columns_of_different_length_are_refused() -> None:
    one, two = np.zeros(1), np.zeros(2)
    who = np.zeros(2, np.int64)
    with pytest.raises(InputError, match="length"):
        DoseTable(who, two, ("x",), who, one, two)


def test_a_window_of_no_length_holds_nothing() -> None:
    doses = DoseTable.concatenate(
        [DoseTable.of(0, 0.0, "central", 1.0, 24.0), DoseTable.of(0, 1.0, "central", 1.0)]
    )
    assert len(doses.window(1.0, 1.0)) == 0
