"""One graph, four ways to read it: all must say the same."""

from __future__ import annotations

import copy
import math
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ataraxy.engine.doses import DoseTable
from ataraxy.engine.expression import (
    ONE,
    ZERO,
    Expr,
    constant,
    differentiate,
    evaluate,
    exp,
    log,
    maximum,
    minimum,
    sqrt,
    symbol,
    to_infix,
    to_listing,
    to_python_lines,
    topological,
    total,
)
from ataraxy.engine.model import ModelBuilder
from ataraxy.engine.solve import solve

NAMES = ("a", "b", "c")
A, B, C = (symbol(name) for name in NAMES)

_LEAVES = st.one_of(st.sampled_from([A, B, C]), st.sampled_from([0.5, 1.0, 2.0, 3.7, -1.3]).map(constant))


def _grown(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    pair = st.tuples(inner, inner)
    return st.one_of(
        pair.map(lambda x: x[0] + x[1]),
        pair.map(lambda x: x[0] - x[1]),
        pair.map(lambda x: x[0] * x[1]),
        pair.map(lambda x: x[0] / x[1]),
        pair.map(lambda x: maximum(x[0], x[1])),
        pair.map(lambda x: minimum(x[0], x[1])),
        pair.map(lambda x: x[0] ** x[1]),
        inner.map(lambda x: -x),
        inner.map(exp),
        inner.map(log),
        inner.map(sqrt),
        st.tuples(inner, st.sampled_from([-2, 2, 3, 5, 0.5, 1.4])).map(lambda x: x[0] ** x[1]),
    )


EXPRESSIONS = st.recursive(_LEAVES, _grown, max_leaves=10)
POINTS = st.tuples(*(st.floats(0.2, 3.0) for _ in NAMES)).map(lambda x: dict(zip(NAMES, x, strict=True)))


def is_tame(root: Expr, point: dict[str, float]) -> bool:
    """Whether all that is met on the way is of middling size and far from the edges of its operation."""
    nodes = list(topological([root]))
    with np.errstate(all="ignore"):
        values = dict(zip(map(id, nodes), evaluate(nodes, point), strict=True))
    for node in nodes:
        if not 1e-4 < abs(values[id(node)]) < 1e4:
            return False
        inner = [values[id(x)] for x in node.args]
        if node.op in ("log", "sqrt", "pow") and inner[0] < 1e-2:
            return False
        if node.op in ("max", "min", "ge") and abs(inner[0] - inner[1]) < 1e-3:
            return False
    return True


def by_python(root: Expr, point: dict[str, float]) -> float:
    lines, results = to_python_lines([root], {name: name for name in NAMES})
    scope: dict[str, Any] = {"math": math, **point}
    exec("\n".join([*lines, f"result = {results[0]}"]), scope)
    return float(scope["result"])


@given(root=EXPRESSIONS, point=POINTS)
@settings(max_examples=150)
def test_the_lines_of_python_say_what_evaluate_says(root: Expr, point: dict[str, float]) -> None:
    assume(is_tame(root, point))
    assert by_python(root, point) == pytest.approx(float(evaluate([root], point)[0]), rel=1e-12)


@given(roots=st.lists(EXPRESSIONS, min_size=25, max_size=25), point=POINTS)
@settings(max_examples=4)
def test_the_kernel_says_what_evaluate_says(roots: list[Expr], point: dict[str, float]) -> None:
    kept = [root for root in roots if is_tame(root, point)]
    assume(len(kept) > 3)
    b = ModelBuilder("test-expressions")
    # a is a state that stays where it is, so that not all is computed before the run
    b.state("a", initial=b.parameter("start"))
    b.parameters("b", "c")
    for k, root in enumerate(kept):
        b.output(str(k), root)
    start = {"start": point["a"]} | {name: point[name] for name in ("b", "c")}
    values = solve(b.build(), [list(start.values())], DoseTable.empty(), [0.0]).values[0, 0]
    np.testing.assert_allclose(values, np.array(evaluate(kept, point), float), rtol=1e-11)


@given(root=EXPRESSIONS, point=POINTS, name=st.sampled_from(NAMES))
@settings(max_examples=150)
def test_a_derivative_is_the_limit_of_differences(root: Expr, point: dict[str, float], name: str) -> None:
    assume(is_tame(root, point))
    slope = float(evaluate(differentiate([root], name), point)[0])
    # the error of a difference is of the order of the higher derivatives: two widths say how large those are
    wide, narrow = (
        (
            evaluate([root], point | {name: point[name] + h})[0]
            - evaluate([root], point | {name: point[name] - h})[0]
        )
        / (2.0 * h)
        for h in (2e-4, 1e-4)
    )
    extrapolated = narrow + (narrow - wide) / 3.0
    assume(abs(narrow - wide) < 1e-3 * (1.0 + abs(slope)))
    assert slope == pytest.approx(float(extrapolated), rel=1e-5, abs=1e-6)


@pytest.mark.parametrize(
    ("root", "expected"),
    [
        (maximum(A, B), (1.0, 0.0)),
        (maximum(B, A), (1.0, 0.0)),
        (minimum(A, B), (0.0, 1.0)),
        (minimum(B, A), (0.0, 1.0)),
    ],
)
def test_the_larger_and_the_smaller_have_the_derivative_of_the_one_that_they_are(
    root: Expr, expected: tuple[float, float]
) -> None:
    point = {"a": 2.0, "b": 1.0}
    assert tuple(float(evaluate(differentiate([root], n), point)[0]) for n in "ab") == expected


@pytest.mark.parametrize("root", [maximum(A, 2.0 * A / 2.0), minimum(A, 2.0 * A / 2.0)])
def test_where_both_are_equal_the_derivative_counts_once(root: Expr) -> None:
    assert float(evaluate(differentiate([root], "a"), {"a": 1.5})[0]) == 1.0


@pytest.mark.parametrize("exponent", [0.4, 1.7, 2, -3, 0, 5])
def test_a_power_has_the_derivative_of_a_power(exponent: float) -> None:
    slope = evaluate(differentiate([A**exponent], "a"), {"a": 1.3})[0]
    assert float(slope) == pytest.approx(exponent * 1.3 ** (exponent - 1), rel=1e-13, abs=1e-15)


@pytest.mark.parametrize("root", [A**0.5, A**1.5, sqrt(A), A**B])
def test_a_derivative_at_nothing_is_finite(root: Expr) -> None:
    for value in (0.0, -1e-12) if root.op == "pow" else (0.0,):
        assert math.isfinite(float(evaluate(differentiate([root], "a"), {"a": value, "b": 0.3})[0]))


def test_a_power_or_logarithm_of_a_hair_below_zero_is_that_of_next_to_nothing() -> None:
    for root in (A**1.5, log(A)):
        assert evaluate([root], {"a": -1e-9})[0] == evaluate([root], {"a": 0.0})[0]
        assert by_python(root, {"a": -1e-9, "b": 1.0, "c": 1.0}) == pytest.approx(
            float(evaluate([root], {"a": 0.0})[0])
        )


def test_equal_terms_are_one_term() -> None:
    assert A + B is A + symbol("b")
    assert exp(A * 2.0) is exp(A * constant(2.0))
    assert (A + B) * C is not (A - B) * C
    assert constant(0.0) is ZERO
    assert constant(-0.0) is not ZERO


def test_what_is_nothing_or_one_disappears() -> None:
    assert A + 0.0 is A
    assert 0.0 + A is A
    assert A - A is ZERO
    assert A * 1.0 is A
    assert A * 0.0 is ZERO
    assert A / 1.0 is A
    negative = -A
    assert -negative is A
    assert A**0 is ONE
    assert total([]) is ZERO
    assert constant(2.0) * 3.0 + 1.0 is constant(7.0)


def test_a_division_of_constants_by_zero_waits_for_evaluation() -> None:
    assert (constant(1.0) / 0.0).op == "div"
    with np.errstate(all="ignore"):
        assert np.isinf(evaluate([constant(1.0) / 0.0 + A], {"a": 1.0})[0])


@given(root=EXPRESSIONS)
@settings(max_examples=50)
def test_a_copy_is_the_same_term(root: Expr) -> None:
    assert pickle.loads(pickle.dumps(root)) is root
    assert copy.deepcopy(root) is root


def test_text_is_stable() -> None:
    assert to_infix((A + B) * C / 2.0 - log(A) ** 1.5) == "((((a + b) * c) / 2.0) - (ln(a) ^ 1.5))"
    assert to_infix(maximum(-A, -0.5)) == "max((-a), (-0.5))"
    assert repr(A * A * A) == "((a * a) * a)"


def test_a_listing_tells_different_graphs_apart_and_is_short_where_text_is_not() -> None:
    assert to_listing([A - B]) != to_listing([B - A])
    assert to_listing([A - B, A]) != to_listing([A - B, B])
    assert to_listing([A + 1.0]) != to_listing([A + (1.0 + 2**-52)])
    deep = A
    for _ in range(60):
        deep = deep * deep + B  # as text longer than any memory
    assert len(to_listing([deep])) == 2 + 60 * 2 + 1


def test_a_deep_graph_does_not_need_a_deep_stack() -> None:
    deep = A
    for _ in range(5000):
        deep = deep + B
    assert float(evaluate([deep], {"a": 1.0, "b": 2.0})[0]) == 10001.0
    assert differentiate([deep], "a")[0] is ONE
