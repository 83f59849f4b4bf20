"""Elimination planned before the numbers are known."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import expm

from ataraxy.engine.kernel.sparse import Elimination, Position, plan_elimination, reachable

N = 8
PATTERNS = st.sets(st.tuples(st.integers(0, N - 1), st.integers(0, N - 1)), max_size=24)


def dominant(pattern: set[Position], seed: int) -> np.ndarray:
    """A random matrix of this pattern whose diagonal outweighs its rows."""
    rng = np.random.default_rng(seed)
    matrix = np.zeros((N, N))
    for i, j in pattern:
        matrix[i, j] = rng.uniform(-1.0, 1.0)
    matrix[np.diag_indices(N)] = 1.0 + np.abs(matrix).sum(axis=1)
    return matrix


def factorised(plan: Elimination, matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Factors of the rows and columns in the plan's order, touching only the plan's pattern."""
    lu = {p: matrix[p] for p in plan.pattern}
    for n, k in enumerate(plan.order):
        later = plan.order[n + 1 :]
        for i in (i for i in later if (i, k) in lu):
            lu[i, k] /= lu[k, k]
            for j in (j for j in later if (k, j) in lu):
                lu[i, j] -= lu[i, k] * lu[k, j]
    lower, upper = np.eye(N), np.zeros((N, N))
    place = {k: n for n, k in enumerate(plan.order)}
    for (i, j), value in lu.items():
        if place[i] > place[j]:
            lower[place[i], place[j]] = value
        else:
            upper[place[i], place[j]] = value
    return lower, upper


@given(pattern=PATTERNS, seed=st.integers(0, 1000))
def test_the_plan_gives_the_factors_of_any_matrix_of_its_pattern(pattern: set[Position], seed: int) -> None:
    matrix = dominant(pattern, seed)
    plan = plan_elimination(N, pattern)
    lower, upper = factorised(plan, matrix)
    order = list(plan.order)
    np.testing.assert_allclose(lower @ upper, matrix[np.ix_(order, order)], rtol=1e-12, atol=1e-13)


@given(pattern=PATTERNS)
def test_every_row_is_eliminated_once_and_nothing_of_the_matrix_is_left_out(pattern: set[Position]) -> None:
    plan = plan_elimination(N, pattern)
    assert sorted(plan.order) == list(range(N))
    assert plan.pattern >= pattern | {(i, i) for i in range(N)}


def test_a_star_is_eliminated_from_its_rays_without_fill() -> None:
    # with the hub first every ray would touch every other
    star = {(0, j) for j in range(N)} | {(j, 0) for j in range(N)}
    plan = plan_elimination(N, star)
    assert plan.pattern == frozenset(star | {(i, i) for i in range(N)})


@given(pattern=PATTERNS, seed=st.integers(0, 1000))
def test_what_is_reachable_is_the_pattern_of_the_exponential(pattern: set[Position], seed: int) -> None:
    rng = np.random.default_rng(seed)
    matrix = np.zeros((N, N))
    for i, j in pattern:
        matrix[i, j] = rng.uniform(0.5, 1.0)
    expected = {(int(i), int(j)) for i, j in np.argwhere(expm(matrix) > 0.0)}
    assert reachable(N, pattern) == expected
