"""The kernel's own exponential and logarithm, against numpy in longer numbers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ataraxy.engine.doses import Floats
from ataraxy.engine.kernel import native
from ataraxy.engine.kernel.functions import DECLARATIONS, exp_ir, log_ir
from ataraxy.engine.kernel.ir import LANES, VECTOR, Function
from ataraxy.engine.kernel.program import Program
from ataraxy.engine.kernel.workspace import RUN_ARGUMENTS

Vectorised = Callable[[Floats], Floats]


@pytest.fixture(scope="module")
def compiled() -> dict[str, Vectorised]:
    """`vexp` and `vlog` for arrays, compiled the way kernels are."""
    return {name: _compiled(name) for name in ("vexp", "vlog")}


def _compiled(name: str) -> Vectorised:
    f = Function("run", RUN_ARGUMENTS, attributes="nounwind")
    block = f.variable("i64", f.args["first"])
    with f.loop(lambda: block.get().lt(f.args["last"])):
        x = f.load(f.args["parameters"], block.get())
        f.store(f.call(VECTOR, name, x), f.args["values"], block.get())
        block.set(block.get() + 1)
    ir = "\n".join([DECLARATIONS, exp_ir(), log_ir(), f.text(external=True)])
    program = Program(ir, "linear", (), 0, ())
    kernel = native._load(program, native._compile(ir))

    def apply(x: Floats) -> Floats:
        padded = np.resize(x, -(-x.size // LANES) * LANES)
        out = np.empty_like(padded)
        places = [padded.ctypes.data, 0, 0, 0, 0, 0, 0]
        kernel.run(0, padded.size // LANES, *places, 0, out.ctypes.data, 0, 0.0, 0, 0, 0)
        return out[: x.size]

    return apply


def in_last_places(got: Floats, exact: np.ndarray) -> float:
    """Largest error, in units of the last place of the exact value."""
    return float(np.max(np.abs(got - exact) / np.spacing(np.abs(exact.astype(float)))))


RNG = np.random.default_rng(1)
EXPONENTS = np.concatenate(
    [RNG.uniform(-700.0, 700.0, 20000), RNG.normal(0.0, 1.0, 20000), RNG.normal(0.0, 1e-6, 5000), [0.0]]
)
ARGUMENTS = np.concatenate(
    [
        10.0 ** RNG.uniform(-299.0, 308.0, 20000),
        RNG.uniform(0.5, 2.0, 20000),
        1.0 + RNG.normal(0.0, 1e-6, 5000),
    ]
)


def test_the_exponential_is_right_to_the_last_places(compiled: dict[str, Vectorised]) -> None:
    exact = np.exp(EXPONENTS.astype(np.longdouble))
    assert in_last_places(compiled["vexp"](EXPONENTS), exact) <= 4.0


def test_the_logarithm_is_right_to_the_last_places(compiled: dict[str, Vectorised]) -> None:
    exact = np.log(ARGUMENTS.astype(np.longdouble))
    assert in_last_places(compiled["vlog"](ARGUMENTS), exact) <= 4.0


def test_exponential_and_logarithm_of_the_simplest_numbers_are_exact(compiled: dict[str, Vectorised]) -> None:
    assert compiled["vexp"](np.array([0.0, -0.0])).tolist() == [1.0, 1.0]
    assert compiled["vlog"](np.array([1.0])).tolist() == [0.0]


@given(x=st.lists(st.floats(allow_nan=True), min_size=1, max_size=9))
def test_any_number_gives_what_numpy_gives_or_the_edge(
    compiled: dict[str, Vectorised], x: list[float]
) -> None:
    values = np.array(x)
    with np.errstate(all="ignore"):
        powers = np.where(values > 709.0, np.inf, np.exp(np.maximum(values, -708.0)))
        logs = np.log(np.maximum(values, 1e-300))
    np.testing.assert_allclose(compiled["vexp"](values), powers, rtol=1e-15)
    np.testing.assert_allclose(compiled["vlog"](values), logs, rtol=1e-15)


@pytest.mark.parametrize("name", ["vexp", "vlog"])
def test_what_is_not_a_number_stays_so(compiled: dict[str, Vectorised], name: str) -> None:
    mixed = np.array([1.0, np.nan, 2.0])
    assert np.isnan(compiled[name](mixed)).tolist() == [False, True, False]


def test_far_below_nothing_is_nearly_nothing_and_far_above_is_infinite(
    compiled: dict[str, Vectorised],
) -> None:
    low, high = compiled["vexp"](np.array([-1e5, 1e5]))
    assert 0.0 < low < 1e-300
    assert np.isinf(high)
    assert np.isinf(compiled["vlog"](np.array([np.inf]))[0])


def test_the_exponential_never_falls(compiled: dict[str, Vectorised]) -> None:
    steps = np.sort(EXPONENTS)
    assert np.all(np.diff(compiled["vexp"](steps)) >= 0.0)
