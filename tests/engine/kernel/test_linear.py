"""What is taken as the exact part: the largest closed linear one, no more and no less."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engine.models import LINEAR_RANGES, linear_matrix, linear_model, typical_people

from ataraxy.engine.expression import Expr, constant, evaluate, exp, maximum, symbol
from ataraxy.engine.kernel.linear import CONSTANT, affine_form, split_model
from ataraxy.engine.model import Model, ModelBuilder

X, Y, K, V = (symbol(name) for name in ("x", "y", "k", "v"))
STATES, PARAMETERS = frozenset(("x", "y")), frozenset(("k", "v"))


@pytest.mark.parametrize(
    ("root", "coefficients"),
    [
        (K * X / V, {"x": 1.5, "y": 0.0, "": 0.0}),
        (K * (X - 2.0 * Y) + V, {"x": 3.0, "y": -6.0, "": 2.0}),
        (-(X + Y) * (K + exp(V)), {"x": -10.389056, "y": -10.389056, "": 0.0}),
        (X / (1.0 / K) - X, {"x": 2.0, "y": 0.0, "": 0.0}),
        (K / V, {"x": 0.0, "y": 0.0, "": 1.5}),
    ],
)
def test_an_affine_term_gives_its_coefficients(root: Expr, coefficients: dict[str, float]) -> None:
    form = affine_form(root, STATES, PARAMETERS)
    assert form is not None
    for name, expected in coefficients.items():
        term = form.get(name, constant(0.0))
        assert float(evaluate([term], {"k": 3.0, "v": 2.0})[0]) == pytest.approx(expected)


@pytest.mark.parametrize("root", [X * Y, X * X, K / X, exp(X), maximum(X, 0.0), X**K, X * (Y + 1.0)])
def test_a_term_that_is_not_affine_has_no_form(root: Expr) -> None:
    assert affine_form(root, STATES, PARAMETERS) is None


@given(x=st.floats(-3, 3), y=st.floats(-3, 3))
def test_a_form_says_what_the_term_says(x: float, y: float) -> None:
    root = (K * X - (Y + V) * 3.0) / V - (X - Y) * K * K + 1.0
    form = affine_form(root, STATES, PARAMETERS)
    assert form is not None
    point = {"x": x, "y": y, "k": 1.7, "v": 0.6}
    values = dict(zip(form, evaluate(list(form.values()), point), strict=True))
    again = sum(float(v) * point.get(name, 1.0) for name, v in values.items())
    assert again == pytest.approx(float(evaluate([root], point)[0]), abs=1e-12)


def chain() -> Model:
    """a feeds b; b feeds the saturable c; c feeds d, which is linear in itself; e is on its own with production."""
    m = ModelBuilder("chain")
    (k,) = m.parameters("k")
    a, b, c, d, e = (m.state(name) for name in "abcde")
    m.flow(a, b, k * a)
    m.flow(b, c, 2.0 * k * b)
    m.flow(c, d, c / (1.0 + c))
    m.rate(d, -k * d)
    m.rate(e, 5.0 - k * e)
    m.output("d", d)
    return m.build()


def test_a_state_that_depends_on_a_nonlinear_one_is_not_taken() -> None:
    split = split_model(chain(), exact=True)
    assert split.linear == ("a", "b", "e")
    assert split.nonlinear == ("c", "d")


def test_production_that_does_not_depend_on_states_is_a_column_of_its_own() -> None:
    split = split_model(chain(), exact=True)
    assert split.matrix["e", CONSTANT] is constant(5.0)
    assert [row for row, column in split.matrix if column == CONSTANT] == ["e"]


def test_without_the_exact_part_nothing_is_taken() -> None:
    split = split_model(chain(), exact=False)
    assert split.linear == ()
    assert split.nonlinear == tuple("abcde")
    assert not split.signals


def test_the_rest_sees_the_exact_part_through_signals_alone() -> None:
    split = split_model(chain(), exact=True)
    assert len(split.signals) == 1
    assert set(split.signals["signal 0"]) == {"b"}
    seen = frozenset[str]().union(*(d.symbols for d in split.derivatives.values()))
    assert seen <= {"c", "d", "k", "signal 0"}


def test_a_sum_that_is_seen_as_one_is_one_signal() -> None:
    m = ModelBuilder("sum")
    (k,) = m.parameters("k")
    a, b, r = m.state("a"), m.state("b"), m.state("r")
    m.flow(a, None, k * a)
    m.flow(b, None, 2.0 * k * b)
    c = a + 3.0 * b
    m.rate(r, c / (1.0 + c) - r * c)
    split = split_model(m.build(), exact=True)
    assert len(split.signals) == 1 + 1  # c, and c in the sum with one


def test_states_that_need_each_other_are_taken_or_left_together() -> None:
    for square in (0.0, 1.0):
        m = ModelBuilder("circle")
        (k,) = m.parameters("k")
        a, b, c = (m.state(name) for name in "abc")
        m.rate(a, -k * a + b)
        m.rate(b, k * c)
        m.rate(c, a + square * b * b)
        assert split_model(m.build(), exact=True).linear == (("a", "b", "c") if square == 0.0 else ())


def test_the_matrix_is_the_one_written_by_hand() -> None:
    model = linear_model()
    row = typical_people(LINEAR_RANGES, 1, seed=1)[0]
    expected, production = linear_matrix(row)
    split = split_model(model, exact=True)
    assert split.linear == model.state_names
    values = evaluate(list(split.matrix.values()), dict(zip(model.parameters, row, strict=True)))
    matrix, constants = np.zeros((7, 7)), np.zeros(7)
    for (r, c), value in zip(split.matrix, values, strict=True):
        if c == CONSTANT:
            constants[model.state_index(r)] = value
        else:
            matrix[model.state_index(r), model.state_index(c)] = value
    np.testing.assert_allclose(matrix, expected, rtol=1e-14)
    np.testing.assert_allclose(constants, production, rtol=1e-14)
