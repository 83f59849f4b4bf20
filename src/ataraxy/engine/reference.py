"""The slow, independent way through scipy: what the compiled kernel is compared with.

Shares with the kernel only the model and the doses; breakpoints, right-hand side and integration are its own.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from functools import partial
from typing import Any, Final, Literal, cast

import numpy as np
from scipy.integrate import solve_ivp

from ataraxy.engine.doses import DoseTable, Floats, Integers
from ataraxy.engine.expression import differentiate, evaluate, to_python_lines
from ataraxy.engine.model import Model
from ataraxy.errors import SolverError

# Moments closer together than this are one, and what enters during less time enters at once.
SAME_MOMENT_H: Final = 3e-11
EVALUATIONS: Final = 200_000  # between two stops

RightHandSide = Callable[[list[float], list[float], list[float]], list[float]]


def compile_to_python(model: Model) -> tuple[RightHandSide, RightHandSide]:
    """Functions (states, parameters, inputs) -> derivatives and -> Jacobian, row by row, over plain floats."""
    names = {name: f"y[{i}]" for i, name in enumerate(model.state_names)}
    names |= {name: f"p[{i}]" for i, name in enumerate(model.parameters)}
    derivatives = [model.derivatives[name] for name in model.state_names]
    columns = [differentiate(derivatives, name) for name in model.state_names]
    rows = [columns[j][i] for i in range(len(derivatives)) for j in range(len(columns))]

    def function(terms: list[Any], with_inputs: bool) -> RightHandSide:
        lines, results = to_python_lines(terms, names)
        if with_inputs:
            results = [f"{r} + u[{i}]" for i, r in enumerate(results)]
        body = [*lines, f"return [{', '.join(results)}]"]
        scope: dict[str, Any] = {"math": math}
        exec("def f(y, p, u):\n" + "\n".join("    " + line for line in body), scope)
        return cast(RightHandSide, scope["f"])

    return function(derivatives, True), function(rows, False)


def solve_reference(
    model: Model,
    parameters: Floats,
    doses: DoseTable,
    times_h: Floats,
    *,
    start_h: float,
    initial: Floats,
    method: Literal["LSODA", "Radau"] = "LSODA",
    rtol: float = 1e-10,
    atol_factor: float = 1e-3,
) -> tuple[Floats, Floats]:
    """Outputs f8[people, times, outputs] and final states f8[people, states], one person after another."""
    rhs, jacobian = compile_to_python(model)
    n_states = len(model.states)
    atol = np.array([s.scale for s in model.states]) * rtol * atol_factor
    outputs = list(model.outputs.values())
    values = np.empty((len(parameters), len(times_h), len(outputs)))
    final = np.empty((len(parameters), n_states))
    columns = [model.state_index(name) for name in doses.targets]
    for person, row in enumerate(parameters):
        own = doses.select(doses.person == person)
        p = [float(x) for x in row]
        path = np.empty((len(times_h), n_states))
        y = initial[person].copy()
        starts = np.clip(own.time_h, start_h, times_h[-1])
        ends = np.clip(own.time_h + own.duration_h, starts, times_h[-1])
        stops = _merged(np.concatenate([[start_h, times_h[-1]], starts, ends, times_h]))
        begin, end, shown = (_nearest(stops, at) for at in (starts, ends, times_h))
        for k in range(len(stops)):
            for dose in np.flatnonzero((begin == k) & (end == k)):
                y[columns[own.target[dose]]] += own.amount[dose]
            path[shown == k] = y
            if k + 1 == len(stops):
                break
            u = [0.0] * n_states
            for dose in np.flatnonzero((begin <= k) & (k < end)):
                length = stops[end[dose]] - stops[begin[dose]]
                u[columns[own.target[dose]]] += float(own.amount[dose] / length)
            y = _integrate(model, person, rhs, jacobian, p, u, stops[k], stops[k + 1], y, method, rtol, atol)
        final[person] = y
        scope: dict[str, Any] = {name: path[:, i] for i, name in enumerate(model.state_names)}
        scope |= dict(zip(model.parameters, p, strict=True))
        with np.errstate(all="ignore"):  # who is not finite is named by the caller
            for column, series in enumerate(evaluate(outputs, scope)):
                values[person, :, column] = series
    return values, final


def _merged(moments: Floats) -> Floats:
    """In order, without those that follow another one so closely that they must be meant to be it."""
    ordered = np.unique(moments)
    kept: Floats = ordered[np.append(True, np.diff(ordered) > SAME_MOMENT_H)]
    return kept


def _nearest(stops: Floats, moments: Floats) -> Integers:
    """For each moment the stop that it was merged into."""
    return np.asarray(np.searchsorted(stops, moments, side="right") - 1, np.int64)


def _integrate(
    model: Model,
    person: int,
    rhs: RightHandSide,
    jacobian: RightHandSide,
    p: list[float],
    u: list[float],
    begin: float,
    end: float,
    y: Floats,
    method: Literal["LSODA", "Radau"],
    rtol: float,
    atol: Floats,
) -> Floats:
    """States at `end`. Raises SolverError naming the person and a state."""
    try:
        result = solve_ivp(
            _limited(rhs, p, u),
            (float(begin), float(end)),
            y,
            method=method,
            rtol=rtol,
            atol=atol,
            jac=partial(_jacobian, jacobian, p),
        )
        last = result.y[:, -1]
        problem = "" if result.success and np.all(np.isfinite(last)) else str(result.message)
    except (
        ArithmeticError,
        ValueError,
    ) as error:  # a division by zero, an overflow, a root of a negative number
        last, problem = y, str(error)
    if problem:
        worst = int(np.argmax(np.where(np.isfinite(last), np.abs(last), np.inf)))
        raise SolverError(
            f"the reference solver stopped between {begin:g} h and {end:g} h at state {model.state_names[worst]}: "
            f"{problem}",
            code="solver.reference-failed",
            person=person,
            remedy="Check this person's parameters for zeros and for values far outside the model's range",
        )
    return np.array(last)


def _limited(rhs: RightHandSide, p: list[float], u: list[float]) -> Callable[[float, Floats], list[float]]:
    """Derivatives that refuse when they are asked for without end, as scipy does near a singularity."""
    left = itertools.count(EVALUATIONS, -1)

    def derivatives(t: float, y: Floats) -> list[float]:
        if not next(left):
            raise ArithmeticError(f"no end after {EVALUATIONS} evaluations, at {t:g} h")
        return rhs(y.tolist(), p, u)

    return derivatives


def _jacobian(jacobian: RightHandSide, p: list[float], t: float, y: Floats) -> Floats:
    return np.reshape(jacobian(y.tolist(), p, []), (y.size, y.size))
