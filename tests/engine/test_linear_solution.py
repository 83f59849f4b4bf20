"""Models that are exact as a whole, against superposition, and the laws that linear kinetics obey."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engine.models import (
    LINEAR_RANGES,
    TARGETS,
    largest_error_of_peak,
    linear_matrix,
    linear_model,
    output_times,
    people,
    regimens,
    typical_people,
)
from tests.engine.superposition import superposition

from ataraxy.engine.doses import DoseTable, Floats
from ataraxy.engine.solve import Solution, solve

MODEL = linear_model()
COLUMNS = {name: MODEL.state_index(name) for name in TARGETS}
NOTHING = DoseTable.concatenate([DoseTable.of([], [], state, []) for state in TARGETS])
DAY = np.linspace(0.0, 24.0, 25)


def dosed(*tables: DoseTable) -> DoseTable:
    """The same two targets always: one kernel serves all tests."""
    return DoseTable.concatenate([NOTHING, *tables])


def expected(parameters: Floats, doses: DoseTable, times: Floats, **start: Floats | float) -> Floats:
    paths = []
    for person, row in enumerate(parameters):
        matrix, production = linear_matrix(row)
        own = doses.select(doses.person == person)
        paths.append(superposition(matrix, production, own, COLUMNS, times, **start))
    return np.array(paths)


def run(parameters: Floats, doses: DoseTable, times: Floats, **options: object) -> Solution:
    return solve(MODEL, parameters, dosed(doses), times, **options)


@settings(max_examples=40)
@given(data=st.data(), parameters=people(LINEAR_RANGES, 3), doses=regimens(3))
def test_the_exact_path_is_the_superposition_of_its_doses(
    data: st.DataObject, parameters: Floats, doses: DoseTable
) -> None:
    times = data.draw(output_times(doses))
    solution = run(parameters, doses, times)
    assert solution.steps == (0, 0)
    assert largest_error_of_peak(solution.values, expected(parameters, doses, times)) < 1e-9


def test_several_routes_at_once_with_lag_and_repeats() -> None:
    people_ = typical_people(LINEAR_RANGES, 9, seed=1)
    who = np.arange(9)
    lag, zero_order = 0.1 + 0.037 * who, 0.3 + 0.11 * who
    doses = DoseTable.concatenate(
        [
            DoseTable.of(who, 0.0, "central", 7.0),
            DoseTable.of(who, 5.0, "central", 30.0, 40.0 / 60.0),
            *(DoseTable.of(who, 12.0 * k + lag, "depot", 12.5) for k in range(14)),
            *(DoseTable.of(who, 24.0 * k + 1.0, "central", 4.0, zero_order) for k in range(7)),
            DoseTable.of(who, 3.0 + lag, "depot", 9.0, zero_order),
        ]
    )
    times = np.linspace(0.0, 200.0, 31)
    assert largest_error_of_peak(run(people_, doses, times).values, expected(people_, doses, times)) < 1e-11


@pytest.mark.parametrize("duration", [1e-3, 1e-5, 1e-7, 1e-9, 1e-10, 3e-11, 1e-11, 1e-12, 1e-14])
def test_a_short_infusion_keeps_its_mass_down_to_no_length_at_all(duration: float) -> None:
    parameters = typical_people(LINEAR_RANGES, 1, seed=2)
    doses = DoseTable.of(0, [1.0, 10.0, 777.7], "central", 10.0, duration)
    times = np.array([5.0, 20.0, 800.0])
    reference = expected(parameters, doses, times)
    assert largest_error_of_peak(run(parameters, doses, times).values, reference) < 1e-10


@pytest.mark.parametrize("years", [2, 20])
def test_slow_states_stay_exact_over_years(years: int) -> None:
    # washes out with half-lives from minutes to years, so that rounding has all the time to add up
    slow = np.array(
        [[0.05, 0.1, 100.0, 300.0, 1e4, 1e-4, 1e-5, 1e-3], [3.0, 1e-3, 20.0, 2.0, 50.0, 1e-6, 1e-3, 0.0]]
    )
    doses = DoseTable.of([0, 1], 3.0, "central", 100.0, 1.0)
    times = np.linspace(0.0, years * 8760.0, 9)
    got = run(slow, doses, times).values
    assert largest_error_of_peak(got, expected(slow, doses, times)) < 1e-11


def test_mass_is_conserved() -> None:
    parameters = typical_people(LINEAR_RANGES, 16, seed=3)
    parameters[:, -1] = 0.0
    doses = DoseTable.concatenate(
        [
            DoseTable.of(np.arange(16), 1.0, "depot", 10.0),
            DoseTable.of(np.arange(16), 2.0, "central", 5.0, 3.3),
        ]
    )
    solution = run(parameters, doses, np.array([10.0, 8760.0]))
    clearance = parameters[:, 1, None]
    # half of what is cleared becomes metabolite
    held = sum(solution[name] for name in ("depot", "central", "peripheral"))
    np.testing.assert_allclose(held + clearance * solution["area"], 15.0, rtol=1e-12)
    np.testing.assert_allclose(
        solution["metabolite"] + solution["out"], 0.5 * clearance * solution["area"], rtol=1e-12
    )


@given(parameters=people(LINEAR_RANGES, 2), doses=regimens(2), factor=st.floats(0.01, 100.0))
@settings(max_examples=25)
def test_a_multiple_of_all_that_enters_gives_the_multiple(
    parameters: Floats, doses: DoseTable, factor: float
) -> None:
    times = np.linspace(0.0, 100.0, 21)
    more = DoseTable(
        doses.person, doses.time_h, doses.targets, doses.target, doses.amount * factor, doses.duration_h
    )
    scaled = parameters * np.array([1.0] * 7 + [factor])
    once, multiple = run(parameters, doses, times).values, run(scaled, more, times).values
    assert largest_error_of_peak(multiple, once * factor) < 1e-13


@given(parameters=people(LINEAR_RANGES, 2), first=regimens(2), second=regimens(2))
@settings(max_examples=25)
def test_two_regimens_together_give_the_sum_of_both(
    parameters: Floats, first: DoseTable, second: DoseTable
) -> None:
    parameters[:, -1] = 0.0  # production would be counted twice
    times = np.linspace(0.0, 100.0, 21)
    both = run(parameters, DoseTable.concatenate([first, second]), times).values
    apart = run(parameters, first, times).values + run(parameters, second, times).values
    assert largest_error_of_peak(both, apart) < 1e-12


@given(parameters=people(LINEAR_RANGES, 2), doses=regimens(2), shift=st.floats(-50.0, 20000.0))
@settings(max_examples=25)
def test_a_regimen_given_later_has_its_effect_later(
    parameters: Floats, doses: DoseTable, shift: float
) -> None:
    times = np.linspace(0.0, 100.0, 21)
    later = DoseTable(
        doses.person, doses.time_h + shift, doses.targets, doses.target, doses.amount, doses.duration_h
    )
    now = run(parameters, doses, times).values
    # moving a moment rounds it by up to 2e-12 h, and rates go to a thousand per hour
    assert largest_error_of_peak(run(parameters, later, times + shift, start_h=shift).values, now) < 1e-8


@given(
    parameters=people(LINEAR_RANGES, 2),
    doses=regimens(2),
    cut=st.one_of(st.integers(1, 99), st.floats(0.5, 99.0)),
)
@settings(max_examples=40)
def test_going_on_from_any_time_equals_one_run(parameters: Floats, doses: DoseTable, cut: float) -> None:
    times = np.linspace(0.0, 100.0, 41)
    whole = run(parameters, doses, times)
    early = run(parameters, doses.window(0.0, cut), np.append(times[times < cut], cut))
    late = run(
        parameters,
        doses.window(cut, np.inf),
        times[times >= cut],
        initial=early.final,
        start_h=cut,
    )
    together = np.concatenate([early.values[:, :-1], late.values], axis=1)
    assert largest_error_of_peak(together, whole.values) < 1e-10
    np.testing.assert_allclose(late.final, whole.final, rtol=1e-10, atol=1e-12)


def test_two_consecutive_infusions_act_as_one_long_one() -> None:
    parameters = typical_people(LINEAR_RANGES, 1, seed=4)
    one = run(parameters, DoseTable.of(0, 1.0, "central", 30.0, 3.0), DAY).values
    two = run(parameters, DoseTable.of(0, [1.0, 2.1], "central", [11.0, 19.0], [1.1, 1.9]), DAY).values
    assert largest_error_of_peak(two, one) < 1e-13


def test_at_a_bolus_the_output_is_the_value_after_it() -> None:
    parameters = typical_people(LINEAR_RANGES, 1, seed=5)
    times = np.array([0.0, 1.0 - 1e-6, 1.0, 2.0])
    central = run(parameters, DoseTable.of(0, [0.0, 1.0, 2.0], "central", 10.0), times)["central"][0]
    assert central[0] == 10.0
    assert central[2] == pytest.approx(central[1] + 10.0, rel=1e-3)
    assert central[3] > 10.0


@pytest.mark.parametrize("hour", [0.3, 100.3, 3000.3, 17000.3])
def test_one_moment_computed_in_two_ways_is_one_moment(hour: float) -> None:
    parameters = typical_people(LINEAR_RANGES, 1, seed=6)
    before, after = np.nextafter(hour, 0.0), np.nextafter(hour, np.inf)
    for dose_time, asked in ((before, after), (hour, before), (after, before)):
        doses = DoseTable.of(0, dose_time, "central", 10.0)
        central = run(parameters, doses, np.array([0.0, asked, hour + 1.0]))["central"][0]
        assert central[1] == pytest.approx(10.0, rel=1e-9)


def test_outputs_do_not_disturb_each_other() -> None:
    parameters = typical_people(LINEAR_RANGES, 3, seed=7)
    doses = DoseTable.of([0, 1, 2], 0.7, "central", 10.0, [0.1, 0.5, 2.0])
    dense = np.linspace(0.0, 24.0, 24 * 97 + 1)
    whole = run(parameters, doses, dense).values
    few = run(parameters, doses, dense[::97]).values
    assert largest_error_of_peak(whole[:, ::97], few) < 1e-12


def test_without_doses_and_production_nothing_moves() -> None:
    parameters = typical_people(LINEAR_RANGES, 2, seed=8)
    parameters[:, -1] = 0.0
    assert np.all(run(parameters, DoseTable.empty(), DAY).values == 0.0)


def test_a_single_time_at_the_start_shows_the_doses_given_there() -> None:
    parameters = typical_people(LINEAR_RANGES, 2, seed=9)
    solution = run(parameters, DoseTable.of([0, 1], 5.0, "central", [3.0, 4.0]), np.array([5.0]), start_h=5.0)
    assert solution["central"].tolist() == [[3.0], [4.0]]
    assert solution.final[:, COLUMNS["central"]].tolist() == [3.0, 4.0]


def test_a_dose_at_the_very_end_arrives() -> None:
    parameters = typical_people(LINEAR_RANGES, 2, seed=10)
    doses = DoseTable.of([0, 1], [24.0, 3.0], "central", 8.0)
    solution = run(parameters, doses, DAY)
    assert solution["central"][0, -1] == 8.0
    assert solution.final[0, COLUMNS["central"]] == 8.0
    assert solution["central"][0, -2] == 0.0


def test_nobody_has_no_results() -> None:
    solution = run(np.empty((0, 8)), DoseTable.empty(), DAY)
    assert solution.values.shape == (0, 25, 7)
    assert solution.final.shape == (0, 7)


def test_the_full_solver_agrees_within_its_tolerance() -> None:
    parameters = typical_people(LINEAR_RANGES, 9, seed=11)
    doses = DoseTable.concatenate(
        [
            DoseTable.of(range(9), 0.0, "depot", 20.0),
            DoseTable.of(range(9), 6.0, "central", 10.0, 40.0 / 60.0),
        ]
    )
    exact = run(parameters, doses, DAY).values
    full = run(parameters, doses, DAY, solver="full", rtol=1e-7).values
    assert 1e-13 < largest_error_of_peak(full, exact) < 1e-7
