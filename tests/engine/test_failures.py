"""Nothing wrong passes silently: who, when, which state, and what to do, on one line."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.engine.models import (
    LINEAR_RANGES,
    RESPONSE_RANGES,
    linear_model,
    response_model,
    typical_people,
)

from ataraxy.engine.doses import DoseTable
from ataraxy.engine.expression import log, maximum, sqrt, symbol
from ataraxy.engine.kernel import controlled_driver, native
from ataraxy.engine.kernel import run as kernel_run
from ataraxy.engine.kernel.ir import LANES
from ataraxy.engine.model import Model, ModelBuilder
from ataraxy.engine.solve import Solver, solve
from ataraxy.errors import AtaraxyError, InputError, ModelError, SolverError

SOLVERS: tuple[Solver, ...] = ("auto", "full", "reference")
DAY = np.linspace(0.0, 24.0, 5)


def assert_one_helpful_line(error: AtaraxyError, *parts: str) -> None:
    text = str(error)
    assert "\n" not in text
    assert error.remedy
    assert text.endswith(f"[{error.code}]")
    for part in parts:
        assert part in text


def explosion() -> Model:
    b = ModelBuilder("test-explosion")
    rate, start = b.parameters("RATE", "START")
    x = b.state("x", initial=start)
    b.rate(x, rate * x * x)
    b.output("x", x)
    return b.build()


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_path_without_end_names_person_time_and_state(solver: Solver) -> None:
    # 1/(1/START - RATE t): person 9 reaches infinity at 4 h, the others never within a day
    parameters = np.array([[0.01, 1.0]] * 9 + [[0.25, 1.0]])
    with pytest.raises(SolverError) as caught:
        solve(explosion(), parameters, DoseTable.empty(), DAY, solver=solver)
    assert_one_helpful_line(caught.value, "person 9", "x")
    assert caught.value.exit_status == 1
    if solver != "reference":
        when = float(re.search(r"at ([\d.]+) h", str(caught.value)).group(1))  # type: ignore[union-attr]
        assert when == pytest.approx(4.0, abs=1e-3)


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_parameter_that_is_not_a_number_is_refused(solver: Solver, value: float) -> None:
    parameters = typical_people(LINEAR_RANGES, 3, seed=1)
    parameters[2, 1] = value
    with pytest.raises(InputError) as caught:
        solve(linear_model(), parameters, DoseTable.empty(), DAY, solver=solver)
    assert caught.value.code == "solve.parameter-not-finite"
    assert_one_helpful_line(caught.value, "person 2", "CL")
    assert caught.value.exit_status == 2


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("model", ["linear", "response"])
def test_a_volume_of_zero_never_gives_a_result(solver: Solver, model: str) -> None:
    ranges = LINEAR_RANGES if model == "linear" else RESPONSE_RANGES
    parameters = typical_people(ranges, 10, seed=2)
    parameters[8, 2] = 0.0
    doses = DoseTable.of(range(10), 1.0, "central", 10.0)
    with pytest.raises(SolverError) as caught:
        solve(
            linear_model() if model == "linear" else response_model(), parameters, doses, DAY, solver=solver
        )
    assert_one_helpful_line(caught.value, "person 8")


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_start_that_is_not_a_number_is_refused(solver: Solver) -> None:
    parameters = typical_people(LINEAR_RANGES, 2, seed=3)
    start = np.zeros((2, 7))
    start[1, 2] = np.nan
    with pytest.raises(InputError) as caught:
        solve(linear_model(), parameters, DoseTable.empty(), DAY, solver=solver, initial=start)
    assert_one_helpful_line(caught.value, "person 1", "peripheral")


def outputs_only(output: Any) -> Model:
    b = ModelBuilder("test-outputs")
    (k,) = b.parameters("K")
    x = b.state("x", initial=1.0)
    b.flow(x, None, k * x)
    b.output("shown", output(x, k))
    return b.build()


@pytest.mark.parametrize("solver", SOLVERS)
def test_an_output_that_is_not_a_number_is_named(solver: Solver) -> None:
    # the larger of NaN and one would be one in most programming languages
    model = outputs_only(lambda x, k: maximum(sqrt(x - 0.5), 0.1))
    with pytest.raises(SolverError) as caught:
        solve(model, [[0.01], [1.0]], DoseTable.empty(), [0.0, 1.0, 2.0], solver=solver)
    assert_one_helpful_line(caught.value, "person 1", "shown", "1 h")


def test_a_rate_too_fast_for_the_exact_path_is_refused_and_the_full_solver_takes_it() -> None:
    parameters = typical_people(LINEAR_RANGES, 10, seed=4)
    parameters[9, 0] = 2e4
    doses = DoseTable.of(range(10), 1.0, "depot", 10.0)
    with pytest.raises(SolverError) as caught:
        solve(linear_model(), parameters, doses, DAY)
    assert caught.value.code == "solver.rate-too-large"
    assert_one_helpful_line(caught.value, "person 9", "depot", "20000", 'solver="full"')
    full = solve(linear_model(), parameters, doses, DAY, solver="full")
    reference = solve(linear_model(), parameters, doses, DAY, solver="reference")
    np.testing.assert_allclose(full.values, reference.values, rtol=1e-5, atol=1e-8)


def circle(units: float) -> Model:
    """Two states that drive each other, one of them in other units."""
    b = ModelBuilder(f"test-circle-{units:g}")
    (turn,) = b.parameters("TURN")
    x, y = b.state("x", initial=1.0), b.state("y", initial=0.0, scale=units)
    b.rate(x, -turn * y / units)
    b.rate(y, turn * x * units)
    b.output("x", x)
    b.output("y", y / units)
    return b.build()


def test_what_counts_as_too_fast_does_not_depend_on_units() -> None:
    for units in (1.0, 1e9):
        model = circle(units)
        times = np.array([0.0, 1e-4, 1e-3])
        turn = 9e3
        path = solve(model, [[turn]], DoseTable.empty(), times).values[0]
        np.testing.assert_allclose(path[:, 0], np.cos(turn * times), atol=1e-10)
        np.testing.assert_allclose(path[:, 1], np.sin(turn * times), atol=1e-10)
        with pytest.raises(SolverError, match="too fast"):
            solve(model, [[1.2e4]], DoseTable.empty(), times)


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown solver": ({"solver": "euler"}, "euler"),
    "a tolerance of nothing": ({"rtol": 0.0}, "rtol"),
    "a tolerance of one": ({"rtol": 1.0}, "rtol"),
    "no workers": ({"workers": 0}, "workers"),
    "a missing parameter": ({"parameters": np.ones((2, 7))}, "8 columns"),
    "times out of order": ({"times_h": [1.0, 0.5]}, "increase"),
    "a time asked for twice": ({"times_h": [1.0, 1.0]}, "increase"),
    "no time": ({"times_h": []}, "increase"),
    "a time before the start": ({"times_h": [-1.0, 1.0]}, "before the start"),
    "a start that is no time": ({"start_h": np.nan}, "finite"),
    "a dose for nobody": ({"doses": DoseTable.of(2, 0.0, "central", 1.0)}, "person"),
    "a dose before the start": ({"doses": DoseTable.of(0, -0.1, "central", 1.0)}, "before the start"),
    "a dose after the end": ({"doses": DoseTable.of(0, 24.1, "central", 1.0)}, "after the last time"),
    "an infusion past the end": (
        {"doses": DoseTable.of(0, 23.0, "central", 1.0, 2.0)},
        "after the last time",
    ),
    "a dose into nothing": ({"doses": DoseTable.of(0, 1.0, "liver", 1.0)}, "liver"),
    "no dose into nothing": ({"doses": DoseTable.of([], [], "liver", [])}, "liver"),
    "a start of another shape": ({"initial": np.zeros((2, 3))}, "shape"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_input_is_refused_with_one_line(case: str) -> None:
    changed, part = REFUSED[case]
    arguments: dict[str, Any] = {
        "parameters": typical_people(LINEAR_RANGES, 2, seed=5),
        "doses": DoseTable.empty(),
        "times_h": DAY,
    }
    with pytest.raises(InputError) as caught:
        solve(linear_model(), **(arguments | changed))
    assert_one_helpful_line(caught.value, part)


MALFORMED: dict[str, Callable[[ModelBuilder], Any]] = {
    "a name that is none": lambda b: b.parameter("a b"),
    "a parameter twice": lambda b: b.parameters("K", "K"),
    "a state that is a parameter": lambda b: (b.parameter("K"), b.state("K")),
    "an output twice": lambda b: (b.output("y", 1.0), b.output("y", 2.0)),
    "a rate of a parameter": lambda b: b.rate(b.parameter("K"), 1.0),
    "an undeclared symbol": lambda b: (b.rate(b.state("x"), symbol("unknown")), b.build()),
    "an undeclared symbol at the start": lambda b: (b.state("x", initial=symbol("unknown")), b.build()),
    "a start that depends on a state": lambda b: (b.state("y", initial=b.state("x")), b.build()),
    "a scale of nothing": lambda b: (b.state("x", scale=0.0), b.build()),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_a_malformed_model_is_refused_with_one_line(case: str) -> None:
    with pytest.raises(ModelError) as caught:
        MALFORMED[case](ModelBuilder("test-malformed"))
    assert_one_helpful_line(caught.value, "test-malformed")


@pytest.mark.parametrize("solver", ["auto", "full"])
def test_a_path_that_turns_without_end_is_given_up(
    solver: Solver, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ATARAXY_CACHE", str(tmp_path))
    monkeypatch.setattr(native, "_loaded", {})
    monkeypatch.setattr(controlled_driver, "STEP_LIMIT", 300)
    b = ModelBuilder("test-turning")
    (turn,) = b.parameters("TURN")
    x, y = b.state("x", initial=1.0), b.state("y")
    b.rate(x, turn * y * (x * x + y * y))
    b.rate(y, -turn * x * (x * x + y * y))
    still = b.state("still")
    b.flow(still, None, still)
    b.output("x", x)
    with pytest.raises(SolverError) as caught:
        solve(b.build(), [[0.1], [50.0]], DoseTable.empty(), [0.0, 24.0], solver=solver)
    assert caught.value.code == "solver.too-many-steps"
    assert_one_helpful_line(caught.value, "person 1", " h, for state")


@pytest.mark.parametrize("workers", [1, 3])
def test_an_interrupted_run_stops_and_leaves_nothing_behind(
    workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    n_people = 20_000
    pieces = n_people / LANES / 32
    parameters = typical_people(LINEAR_RANGES, n_people, seed=6)
    doses = DoseTable.of(range(n_people), 1.0, "central", 10.0)
    undisturbed = solve(linear_model(), parameters, doses, DAY).values
    real, calls = kernel_run.kernel_for, []

    class Interrupted:
        def __init__(self, kernel: Any) -> None:
            self.program, self._run = kernel.program, kernel.run

        def run(self, *arguments: Any) -> None:
            calls.append(arguments[0])
            if len(calls) == 3:
                raise KeyboardInterrupt
            if len(calls) > 3:
                time.sleep(0.02)  # the other workers would be through before the first thread has heard of it
            self._run(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(kernel_run, "kernel_for", lambda *a, **k: Interrupted(real(*a, **k)))
        with pytest.raises(KeyboardInterrupt):
            solve(linear_model(), parameters, doses, DAY, workers=workers)
    assert len(calls) < pieces / 2
    assert np.array_equal(solve(linear_model(), parameters, doses, DAY, workers=workers).values, undisturbed)


def test_the_logarithm_of_what_is_used_up_stays_finite() -> None:
    model = outputs_only(lambda x, k: log(x))
    for solver in SOLVERS:
        last = solve(model, [[50.0]], DoseTable.empty(), [0.0, 24.0], solver=solver).values[0, 1, 0]
        assert -691.0 < last < -10.0
