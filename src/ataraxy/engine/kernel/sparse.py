"""Elimination order and fill-in of a sparse matrix whose pattern is known before its values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

Position = tuple[int, int]


@dataclass(frozen=True)
class Elimination:
    """LU factorisation without pivoting as a list of rows to visit.

    Attributes:
        order: rows in the order of their elimination (Markowitz: least fill first).
        pattern: positions that can be non-zero after elimination, diagonal included.
    """

    order: tuple[int, ...]
    pattern: frozenset[Position]


def plan_elimination(size: int, nonzero: Iterable[Position]) -> Elimination:
    """The order that creates least fill, found greedily, and the pattern that results."""
    rows: dict[int, set[int]] = {i: {i} for i in range(size)}
    for i, j in nonzero:
        rows[i].add(j)
    left = set(range(size))
    order: list[int] = []
    while left:

        def fill(k: int) -> tuple[int, int]:
            return (len(rows[k] & left) - 1) * (sum(k in rows[i] for i in left) - 1), k

        pivot = min(left, key=fill)
        left.remove(pivot)
        order.append(pivot)
        for i in left:
            if pivot in rows[i]:
                rows[i] |= rows[pivot] & left
    return Elimination(tuple(order), frozenset((i, j) for i in rows for j in rows[i]))


def reachable(size: int, nonzero: Iterable[Position]) -> frozenset[Position]:
    """Pattern of every power, and so of the exponential, of a matrix with this pattern."""
    rows: dict[int, set[int]] = {i: {i} for i in range(size)}
    for i, j in nonzero:
        rows[i].add(j)
    for k in range(size):
        for i in range(size):
            if k in rows[i]:
                rows[i] |= rows[k]
    return frozenset((i, j) for i in rows for j in rows[i])
