"""Models under error control, against scipy, and the laws that every solution obeys."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from tests.engine.models import (
    RESPONSE_RANGES,
    RESPONSE_TARGETS,
    largest_error,
    people,
    regimens,
    response_model,
    separated,
    typical_people,
)

from ataraxy.engine.doses import DoseTable, Floats
from ataraxy.engine.expression import exp
from ataraxy.engine.model import Model, ModelBuilder
from ataraxy.engine.reference import solve_reference
from ataraxy.engine.solve import Solution, Solver, initial_states, solve

MODEL = response_model()
NOTHING = DoseTable.concatenate([DoseTable.of([], [], state, []) for state in RESPONSE_TARGETS])
COMPILED: tuple[Solver, ...] = ("auto", "full")
DAY = np.linspace(0.0, 24.0, 49)


def run(parameters: Floats, doses: DoseTable, times: Floats, **options: Any) -> Solution:
    # the same targets always: one kernel serves all tests
    return solve(MODEL, parameters, DoseTable.concatenate([NOTHING, doses]), times, **options)


def by_scipy(
    model: Model, parameters: Floats, doses: DoseTable, times: Floats, method: Literal["LSODA", "Radau"]
) -> Floats:
    start = initial_states(model, parameters)
    return solve_reference(
        model,
        parameters,
        doses,
        times,
        start_h=0.0,
        initial=start,
        method=method,
        rtol=1e-12,
        atol_factor=1e-6,
    )[0]


def over_the_doses(doses: DoseTable) -> Floats:
    """Every two hours, the begin and the end of each dose, and a while after."""
    edges = np.concatenate([doses.time_h, doses.time_h + doses.duration_h])
    return separated(np.concatenate([np.linspace(0.0, 100.0, 51), edges, edges + 0.3, edges + 0.05]))


def assert_within_tolerance(
    parameters: Floats, doses: DoseTable, times: Floats, method: Literal["LSODA", "Radau"]
) -> None:
    reference = by_scipy(MODEL, parameters, doses, times, method)
    for solver in COMPILED:
        for rtol in (1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8):
            values = run(parameters, doses, times, solver=solver, rtol=rtol).values
            assert largest_error(values, reference) < rtol, (solver, rtol)


# no shrinking: each example costs seconds of scipy
QUICK = [Phase.explicit, Phase.generate]


@settings(max_examples=20, phases=QUICK)
@given(parameters=people(RESPONSE_RANGES, 1), doses=regimens(1, RESPONSE_TARGETS, most=3))
def test_the_error_is_below_the_tolerance_asked_for(parameters: Floats, doses: DoseTable) -> None:
    assert_within_tolerance(parameters, doses, over_the_doses(doses), "LSODA")


def test_a_second_reference_says_the_same() -> None:
    doses = DoseTable.concatenate(
        [
            DoseTable.of(0, 1.0, "central", 20.0, 40.0 / 60.0),
            DoseTable.of(0, 9.7, "depot", 30.0),
            DoseTable.of(0, 20.0, "saturable", 10.0, 3.0),
        ]
    )
    times = np.array([1.5, 8.0, 14.0, 22.0, 30.0])
    assert_within_tolerance(typical_people(RESPONSE_RANGES, 1, seed=1), doses, times, "Radau")


def test_a_tighter_tolerance_gives_a_smaller_error_for_more_steps() -> None:
    parameters = typical_people(RESPONSE_RANGES, 8, seed=2)
    doses = DoseTable.of(range(8), 1.0, "central", 20.0, 0.5)
    reference = run(parameters, doses, DAY, solver="full", rtol=1e-11).values
    for solver in COMPILED:
        loose, tight = (run(parameters, doses, DAY, solver=solver, rtol=rtol) for rtol in (1e-3, 1e-6))
        assert largest_error(tight.values, reference) < 0.02 * largest_error(loose.values, reference)
        assert tight.steps[0] > loose.steps[0] > 0


@pytest.mark.parametrize("solver", COMPILED)
def test_steps_grow_as_those_of_a_method_of_order_five(solver: Solver) -> None:
    # 6.3 times as many for four digits more; a method that had lost an order would need ten times as many
    parameters = typical_people(RESPONSE_RANGES, 8, seed=2)
    doses = DoseTable.of(range(8), 1.0, "central", 20.0, 0.5)
    few, many = (
        run(parameters, doses, DAY[[0, -1]], solver=solver, rtol=rtol).steps[0] for rtol in (1e-5, 1e-9)
    )
    assert 3.0 < many / few < 8.0


def test_inside_long_steps_the_error_is_below_the_tolerance_too() -> None:
    # a metabolite nearly gone, raised a hundredfold by the next dose: interpolation alone would miss by four times
    named = {
        "KA": 0.345,
        "CL": 4.31,
        "V1": 9.78,
        "Q": 1.41,
        "V2": 93.6,
        "KE0": 0.248,
        "VMAX": 97.8,
        "HALF": 153.6,
    }
    named |= {"KIN": 0.0189, "E0": 24.4, "EMAX": 0.333, "C50": 0.516, "GAMMA": 0.59, "KT": 0.529}
    parameters = np.array([[named[name] for name in RESPONSE_RANGES]])
    doses = DoseTable.concatenate(
        [
            DoseTable.of(0, [24.701, 43.696], "depot", [41.7, 48.6], [0.0, 0.033]),
            DoseTable.of(0, 1.9, "saturable", 49.0),
        ]
    )
    times = np.linspace(43.75, 48.0, 400)
    tight = run(parameters, doses, times, solver="full", rtol=1e-11).values
    for solver in COMPILED:
        assert largest_error(run(parameters, doses, times, solver=solver, rtol=1e-8).values, tight) < 1e-8


@pytest.mark.parametrize("solver", COMPILED)
@pytest.mark.parametrize("cut", [3.0, 7.3, 2.0 / 3.0, 11.987654321])
def test_going_on_from_any_time_equals_one_run(solver: Solver, cut: float) -> None:
    parameters = typical_people(RESPONSE_RANGES, 3, seed=3)
    doses = DoseTable.concatenate(
        [
            DoseTable.of(range(3), 0.5, "central", 20.0, 4.0),
            DoseTable.of(range(3), [2.0, 7.3, 9.0], "depot", 15.0),
        ]
    )
    whole = run(parameters, doses, DAY, solver=solver, rtol=1e-8)
    early = run(parameters, doses.window(0.0, cut), np.append(DAY[cut > DAY], cut), solver=solver, rtol=1e-8)
    late = run(
        parameters,
        doses.window(cut, np.inf),
        DAY[cut <= DAY],
        initial=early.final,
        start_h=cut,
        solver=solver,
        rtol=1e-8,
    )
    together = np.concatenate([early.values[:, :-1], late.values], axis=1)
    assert largest_error(together, whole.values) < 2e-8
    np.testing.assert_allclose(late.final, whole.final, rtol=1e-7, atol=1e-9)


def test_the_linear_part_beside_a_nonlinear_one_is_exact() -> None:
    parameters = typical_people(RESPONSE_RANGES, 9, seed=4)
    doses = DoseTable.of(range(9), np.linspace(0.0, 5.0, 9), "central", 20.0, np.linspace(0.1, 2.0, 9))
    loose = run(parameters, doses, DAY, rtol=1e-2)["concentration"]
    tight = run(parameters, doses, DAY, rtol=1e-9)["concentration"]
    np.testing.assert_allclose(loose, tight, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("solver", COMPILED)
def test_at_a_bolus_the_output_is_the_value_after_it(solver: Solver) -> None:
    parameters = typical_people(RESPONSE_RANGES, 1, seed=5)
    doses = DoseTable.of(0, [0.0, 1.0, 2.0], "saturable", 10.0)
    saturable = run(parameters, doses, np.array([0.0, 1.0 - 1e-6, 1.0, 2.0]), solver=solver)["saturable"][0]
    assert saturable[0] == 10.0
    assert saturable[2] == pytest.approx(saturable[1] + 10.0, rel=1e-3)
    assert saturable[3] > 10.0


@pytest.mark.parametrize("solver", COMPILED)
@pytest.mark.parametrize("duration", [1e-3, 1e-6, 1e-9, 1e-11, 1e-13])
def test_a_short_infusion_keeps_its_mass_down_to_no_length_at_all(solver: Solver, duration: float) -> None:
    parameters = typical_people(RESPONSE_RANGES, 1, seed=6)
    times = np.array([1.3, 5.0, 24.0])
    infused, at_once = (
        run(parameters, DoseTable.of(0, 1.2, "saturable", 10.0, length), times, solver=solver, rtol=1e-8)
        for length in (duration, 0.0)
    )
    # as if all had come in the middle of the infusion
    assert largest_error(infused.values, at_once.values) < 1e-7 + 10.0 * duration


def test_a_regimen_given_later_has_its_effect_later() -> None:
    parameters = typical_people(RESPONSE_RANGES, 2, seed=7)
    doses, later = (
        DoseTable.of([0, 1], [0.3 + shift, 4.0 + shift], "central", 20.0, [0.5, 2.0])
        for shift in (0.0, 9000.25)
    )
    now = run(parameters, doses, DAY, rtol=1e-8).values
    then = run(parameters, later, DAY + 9000.25, start_h=9000.25, rtol=1e-8).values
    assert largest_error(then, now) < 1e-8


def test_over_two_years_of_weekly_doses_the_error_stays_below_the_tolerance() -> None:
    parameters = typical_people(RESPONSE_RANGES, 2, seed=8)
    weeks = np.arange(104) * 168.0
    doses = DoseTable.concatenate([DoseTable.of(k, weeks, "central", 20.0, 40.0 / 60.0) for k in range(2)])
    times = np.concatenate([weeks + 1.0, [2 * 8760.0]])
    loose = run(parameters, doses, times, rtol=1e-5).values
    tight = run(parameters, doses, times, solver="full", rtol=1e-10).values
    assert largest_error(loose, tight) < 1e-5


@pytest.mark.parametrize("power", [0.3, 0.7, 1.5])
@pytest.mark.parametrize("solver", COMPILED)
def test_a_steep_power_law_may_begin_at_nothing(solver: Solver, power: float) -> None:
    parameters = typical_people(RESPONSE_RANGES, 1, seed=9)
    parameters[0, list(RESPONSE_RANGES).index("GAMMA")] = power
    doses = DoseTable.of(0, 1.0, "central", 20.0, 0.5)
    reference = by_scipy(MODEL, parameters, doses, DAY, "LSODA")
    assert largest_error(run(parameters, doses, DAY, solver=solver, rtol=1e-6).values, reference) < 1e-6


def stiff_model() -> Model:
    """A quick state that follows a linear one, an oscillator without damping, and a state that switches."""
    b = ModelBuilder("test-stiff")
    k, quick, turn = b.parameters("K", "QUICK", "TURN")
    drug, follower = b.state("drug"), b.state("follower", initial=1.0)
    b.flow(drug, None, k * drug)
    b.rate(follower, quick * (drug - follower) * (1.0 + 0.1 * follower))
    x, y = b.state("x", initial=1.0), b.state("y")
    # nothing on the diagonal of its Jacobian, and turns that depend on the drug: no pivot is large by itself
    b.rate(x, turn * (1.0 + 0.1 * follower) * y)
    b.rate(y, -turn * (1.0 + 0.1 * follower) * x)
    gate = b.state("gate", scale=0.1)
    b.rate(gate, 50.0 / (1.0 + exp(20.0 * (2.0 - follower))) * (1.0 - gate) - gate)
    for state in (drug, follower, x, y, gate):
        b.output(state.name, state)
    return b.build()


@pytest.mark.parametrize("solver", COMPILED)
def test_quick_states_are_followed_where_no_step_of_a_tenth_of_a_second_would_do(solver: Solver) -> None:
    model = stiff_model()
    parameters = np.array([[0.5, 1e5, 0.1], [2.0, 10.0, 300.0], [0.1, 3e3, 20.0]])
    doses = DoseTable.of([0, 1, 2], [1.0, 0.2, 0.5], "drug", 5.0)
    times = np.array([0.0, 1e-4, 0.2, 0.5, 0.9, 1.0, 1.0001, 1.5, 2.0])
    reference = by_scipy(model, parameters, doses, times, "LSODA")
    for rtol in (1e-4, 1e-8):
        values = solve(model, parameters, doses, times, solver=solver, rtol=rtol).values
        # the turns go on for a hundred radians, each as exact as the tolerance
        assert largest_error(values[:, :, 2:4] + 10.0, reference[:, :, 2:4] + 10.0) < 20.0 * rtol
        assert largest_error(values[:, :, [0, 1, 4]], reference[:, :, [0, 1, 4]]) < rtol


@pytest.fixture
def model24(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The benchmark's model."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "bench"))
    import model24

    yield model24
    sys.modules.pop("model24", None)


def test_the_benchmark_model_is_within_its_tolerance(model24: Any) -> None:
    model = model24.build_model24()
    parameters, amount = model24.population24(8)
    doses = model24.doses24(amount)
    reference = solve(model, parameters, doses, model24.TIMES_H, solver="full", rtol=1e-11).values
    for solver in COMPILED:
        values = solve(model, parameters, doses, model24.TIMES_H, solver=solver, rtol=1e-4).values
        assert model24.largest_error(values, reference) < 1e-4


@pytest.mark.study
def test_the_reference_of_the_benchmark_is_that_of_scipy(model24: Any) -> None:
    model = model24.build_model24()
    parameters, amount = model24.population24(1)
    doses = model24.doses24(amount)
    ours = solve(model, parameters, doses, model24.TIMES_H, solver="full", rtol=1e-11).values
    scipys = by_scipy(model, parameters, doses, model24.TIMES_H, "LSODA")
    assert model24.largest_error(ours, scipys) < 1e-9
