"""Descriptions of models."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from ataraxy.engine.expression import symbol
from ataraxy.engine.model import Model, ModelBuilder
from ataraxy.errors import ModelError

SCRIPT = """
from ataraxy.engine.model import ModelBuilder
from ataraxy.engine.kernel.program import print_program
import hashlib
b = ModelBuilder("m")
k, v = b.parameters("k", "v")
x, y = b.state("x"), b.state("y", initial=v)
b.flow(x, None, k * x); b.rate(y, v - y * y * x)
b.output("c", x / v)
m = b.build()
print(m.fingerprint(), hashlib.sha256(print_program(m, ("x",), exact=True).ir.encode()).hexdigest())
"""


def described(
    change: Callable[[ModelBuilder], None] | None = None, name: str = "m", **state: object
) -> Model:
    b = ModelBuilder(name)
    k, v = b.parameters("k", "v")
    x = b.state("x", **state)  # type: ignore[arg-type]
    b.flow(x, None, k * x)
    b.output("c", x / v)
    if change:
        change(b)
    return b.build()


def test_equal_models_have_one_fingerprint() -> None:
    assert described().fingerprint() == described().fingerprint()


@pytest.mark.parametrize(
    "other",
    [
        described(name="n"),
        described(unit="g"),
        described(scale=2.0),
        described(initial=1.0),
        described(lambda b: b.rate(symbol("x"), 1e-300)),
        described(lambda b: b.output("d", 1.0)),
        described(lambda b: b.output("d", symbol("k"))),
        described(lambda b: b.output("d", symbol("v"))),
        described(lambda b: b.parameters("w") and None),
        described(lambda b: b.state("y") and None),
    ],
)
def test_a_changed_model_has_another_fingerprint(other: Model) -> None:
    assert other.fingerprint() != described().fingerprint()


def test_names_that_run_together_are_told_apart() -> None:
    first, second = ModelBuilder("m"), ModelBuilder("m")
    first.output("a,b", 1.0)
    second.output("a", 1.0)
    second.output("b", 1.0)
    assert first.build().fingerprint() != second.build().fingerprint()


def test_fingerprint_and_program_are_the_same_in_every_process() -> None:
    seen = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env={"PYTHONHASHSEED": str(seed)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in (0, 1, 2)
    }
    assert len(seen) == 1


def test_a_flow_moves_and_a_rate_adds() -> None:
    b = ModelBuilder("m")
    x, y = b.state("x"), b.state("y")
    b.flow(x, y, 2.0 * x)
    b.flow(None, x, 3.0)
    b.rate(y, 5.0)
    model = b.build()
    assert repr(model.derivatives["x"]) == "(3.0 - (2.0 * x))"
    assert repr(model.derivatives["y"]) == "((2.0 * x) + 5.0)"


def test_a_state_that_there_is_not_is_named_with_those_that_there_are() -> None:
    with pytest.raises(ModelError, match=r"no state 'y'.*x"):
        described().state_index("y")
