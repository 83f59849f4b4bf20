"""Comparisons in a model's equations: where they change sides, its path has a kink.

A step across a kink has a low order, and its error is estimated badly. So a step keeps the side that each comparison
had at its begin; where this turns out to matter the step ends at the change, and the next one has the other side.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from ataraxy.engine.expression import Expr, topological


@dataclass(frozen=True, eq=False)
class Switch:
    """The larger or the smaller of two terms; which of them changes where their difference goes through zero."""

    first: Expr
    second: Expr


def find_switches(roots: Iterable[Expr], parameters: Collection[str]) -> tuple[Switch, ...]:
    """Pairs of terms that `roots` take the larger or the smaller of, each once; not those of parameters alone."""
    fixed = frozenset(parameters)
    found: dict[frozenset[int], Switch] = {}
    for node in topological(roots):
        if node.op in ("max", "min") and not node.symbols <= fixed:
            a, b = node.args
            found.setdefault(frozenset((id(a), id(b))), Switch(a, b))
    return tuple(found.values())
