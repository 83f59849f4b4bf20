"""Laws of paths with kinks: equations that take the larger or the smaller of two terms."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from tests.engine.models import largest_error_of_peak

from ataraxy.engine.doses import DoseTable, Floats
from ataraxy.engine.expression import maximum, minimum, symbol
from ataraxy.engine.kernel.layout import make_layout
from ataraxy.engine.kernel.program import print_program
from ataraxy.engine.model import Model, ModelBuilder
from ataraxy.engine.solve import Solution, solve

TIMES = np.concatenate([np.linspace(0.05, 6.0, 60), [12.0, 24.0, 48.0]])


@functools.cache
def ramp() -> Model:
    """A clock, and a state driven by what the clock is above a threshold: its path is known in closed form."""
    b = ModelBuilder("test-ramp")
    threshold = b.parameter("threshold")
    clock, driven = b.state("clock"), b.state("driven")
    b.rate(clock, threshold / threshold)
    b.rate(driven, maximum(clock - threshold, 0.0) - driven)
    b.output("driven", driven)
    return b.build()


@functools.cache
def gated() -> Model:
    """A saturable drive that opens above one level and is capped at another, with a one-sided tolerance to it."""
    b = ModelBuilder("test-gated")
    k, opens, cap, out, tolerance_rate = b.parameters("k", "opens", "cap", "out", "slow")
    amount, response, tolerance = (
        b.state("amount"),
        b.state("response", scale=0.1),
        b.state("tolerance", scale=0.1),
    )
    b.flow(amount, None, k * amount)
    drive = minimum(maximum(amount - opens, 0.0), cap) + minimum(amount - opens, 0.0) / 10.0
    b.rate(response, drive / (1.0 + 2.0 * maximum(tolerance, 0.0)) - out * response)
    b.rate(tolerance, tolerance_rate * (response - tolerance))
    b.output("response", response)
    b.output("tolerance", tolerance)
    return b.build()


def people(n: int) -> tuple[Floats, DoseTable]:
    draws = np.random.default_rng(4).standard_normal((n, 5))
    parameters = np.array([0.8, 0.7, 1.5, 1.2, 0.4]) * np.exp(0.4 * draws)
    who = np.arange(n)
    doses = [DoseTable.of(who, 0.0, "amount", 4.0, 40.0 / 60.0), DoseTable.of(who, 3.0, "amount", 2.0)]
    return parameters, DoseTable.concatenate(doses)


def gate(n: int, **options: object) -> Solution:
    parameters, doses = people(n)
    return solve(gated(), parameters, doses, TIMES, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("solver", ["auto", "full"])
@pytest.mark.parametrize("rtol", [1e-4, 1e-6, 1e-9])
def test_a_path_with_a_kink_is_that_of_the_closed_form(solver: str, rtol: float) -> None:
    thresholds = np.array([0.3, 0.3001, 1.7, 5.0, 50.0])
    found = solve(ramp(), thresholds[:, None], DoseTable.empty(), TIMES, solver=solver, rtol=rtol)["driven"]  # type: ignore[arg-type]
    since = np.maximum(TIMES - thresholds[:, None], 0.0)
    assert np.all(np.abs(found - (since - 1.0 + np.exp(-since))) < rtol * (1.0 + since))


@pytest.mark.parametrize("solver", ["auto", "full"])
def test_kinks_leave_the_tolerance_its_meaning(solver: str) -> None:
    expected = gate(24, solver="reference").values
    errors = [
        largest_error_of_peak(gate(24, solver=solver, rtol=r).values, expected) for r in (1e-3, 1e-5, 1e-7)
    ]
    assert [e < r for e, r in zip(errors, (1e-3, 1e-5, 1e-7), strict=True)] == [True] * 3


@pytest.mark.parametrize("solver", ["auto", "full"])
def test_kinks_do_not_cost_many_steps(solver: str) -> None:
    accepted, rejected = gate(256, solver=solver, rtol=1e-6).steps
    assert rejected < 0.15 * accepted
    loose, _ = gate(256, solver=solver, rtol=1e-4).steps
    # steps of a method of order five are longer by the fifth root; those that a kink stops are not
    assert accepted < 100.0 ** (1.0 / 5.0) * 1.15 * loose


def test_where_a_kink_lies_does_not_depend_on_the_company() -> None:
    # whole blocks of eight; 600 people are more than one piece of work
    everybody = gate(600, rtol=1e-6, workers=7).values
    assert np.array_equal(gate(600, rtol=1e-6).values, everybody)
    assert np.array_equal(gate(8, rtol=1e-6).values, everybody[:8])


def test_a_state_that_rests_on_its_switch_is_not_stepped_for_ever() -> None:
    b = ModelBuilder("test-rest")
    rate = b.parameter("rate")
    x = b.state("x")
    b.rate(x, rate * (maximum(-x, 0.0) - 2.0 * maximum(x, 0.0)))
    b.output("x", x)
    rest = solve(b.build(), [[1.0], [5.0]], DoseTable.empty(), [1.0, 1000.0], solver="full")
    assert rest.steps[0] < 200
    assert np.all(rest.values == 0.0)


def test_noise_around_a_switch_is_no_crossing() -> None:
    b = ModelBuilder("test-noise")
    rate = b.parameter("rate")
    x, y = b.state("x"), b.state("y")
    b.flow(x, None, rate * x)
    # exactly nothing but for rounding
    drive = (1.0 + x) * (1.0 + x) - 1.0 - x * (2.0 + x)
    b.rate(y, maximum(drive, 0.0) / (1.0 + maximum(y, 0.0)) + 2.0 * minimum(drive, 0.0) - y)
    b.output("y", y)
    doses = DoseTable.of([0, 1], 0.0, "x", 3.0)
    accepted, rejected = solve(b.build(), [[0.3], [1.1]], doses, [1.0, 240.0]).steps
    assert accepted + rejected < 400


def test_two_comparisons_of_the_same_terms_are_one_switch() -> None:
    b = ModelBuilder("test-pairs")
    p = b.parameter("p")
    x = b.state("x")
    b.rate(x, maximum(x, p) + minimum(p, x) + maximum(p, 1.0))
    b.output("x", x)
    model = b.build()
    (switch,) = make_layout(model, (), exact=False).switches
    assert {switch.first, switch.second} == {x, symbol("p")}


def test_without_comparisons_nothing_of_them_is_printed() -> None:
    b = ModelBuilder("test-none")
    p = b.parameter("p")
    x = b.state("x")
    b.rate(x, -p * x * x)
    b.output("x", maximum(x, 0.1))
    assert "switch_defect" not in print_program(b.build(), (), exact=True).ir
