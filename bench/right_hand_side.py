"""A model's equations as compiled functions for other solvers: the same graph, printed as Python, compiled by numba.

What depends on parameters alone is computed once for each person, not at each call, as our kernel does it too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np

from ataraxy.engine.expression import Expr, differentiate, rebuild, symbol, to_python_lines, topological
from ataraxy.engine.model import Model


@dataclass(frozen=True, eq=False)
class RightHandSide:
    """Compiled by numba, without fastmath; `p` holds parameters, then `settled`, then the rate into each channel.

    Attributes:
        settled: terms of parameters alone, to be computed beforehand.
        derivatives_into: (t, y, dy, p) writes dy.
        derivatives: (t, y, p) -> dy.
        jacobian: (t, y, p) -> f8[states, states].
        outputs_into: (y, p, out) writes the model's outputs.
    """

    settled: tuple[Expr, ...]
    derivatives_into: Any
    derivatives: Any
    jacobian: Any
    outputs_into: Any


def compile_right_hand_side(model: Model, channels: Sequence[int]) -> RightHandSide:
    """Functions for `model` with doses into the states at positions `channels`."""
    n = len(model.states)
    derivatives = [model.derivatives[name] for name in model.state_names]
    columns = [differentiate(derivatives, name) for name in model.state_names]
    entries = {
        (i, j): columns[j][i]
        for i in range(n)
        for j in range(n)
        if not (columns[j][i].is_constant and columns[j][i].value == 0.0)
    }
    roots, settled = _settle([*derivatives, *entries.values(), *model.outputs.values()], model)
    names = {name: f"y[{i}]" for i, name in enumerate(model.state_names)}
    names |= {name: f"p[{i}]" for i, name in enumerate((*model.parameters, *settled))}
    first_rate = len(model.parameters) + len(settled)
    inputs = {state: f" + p[{first_rate + k}]" for k, state in enumerate(channels)}
    derivatives_into = _compile(
        "t, y, dy, p", roots[:n], names, [f"dy[{i}] = {{}}{inputs.get(i, '')}" for i in range(n)]
    )
    jacobian_into = _compile(
        "t, y, jac, p", roots[n : n + len(entries)], names, [f"jac[{i}, {j}] = {{}}" for i, j in entries]
    )
    stores = [f"out[{k}] = {{}}" for k in range(len(model.outputs))]
    outputs_into = _compile("y, p, out", roots[n + len(entries) :], names, stores)

    @numba.njit
    def derivatives_of(t, y, p):
        dy = np.empty(n)
        derivatives_into(t, y, dy, p)
        return dy

    @numba.njit
    def jacobian_of(t, y, p):
        jac = np.zeros((n, n))
        jacobian_into(t, y, jac, p)
        return jac

    return RightHandSide(tuple(settled.values()), derivatives_into, derivatives_of, jacobian_of, outputs_into)


def _compile(arguments: str, terms: list[Expr], names: dict[str, str], stores: list[str]) -> Any:
    lines, results = to_python_lines(terms, names)
    body = [*lines, *(store.format(result) for store, result in zip(stores, results, strict=True))]
    scope: dict[str, Any] = {"math": math}
    exec(f"def f({arguments}):\n" + "\n".join("    " + line for line in body), scope)
    return numba.njit(scope["f"])


def _settle(roots: Sequence[Expr], model: Model) -> tuple[list[Expr], dict[str, Expr]]:
    """The roots with each largest term of parameters alone replaced by a name, and the terms by name."""
    parameters = frozenset(model.parameters)
    new: dict[int, Expr] = {}
    names: dict[int, Expr] = {}
    settled: dict[str, Expr] = {}

    def placed(node: Expr) -> Expr:
        if node.is_constant or node.op == "sym" or not node.symbols <= parameters:
            return new[id(node)]
        if id(node) not in names:
            names[id(node)] = symbol(f"settled_{len(settled)}")
            settled[names[id(node)].name] = node
        return names[id(node)]

    for node in topological(roots):
        if node.symbols <= parameters:
            new[id(node)] = node
        else:
            new[id(node)] = rebuild(node, tuple(placed(a) for a in node.args)) if node.args else node
    return [placed(root) for root in roots], settled
