"""The slow, independent way through scipy: what the compiled kernel is compared with.

Shares with the kernel only the model and the doses; breakpoints, right-hand side and integration are its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any, Literal, cast

import numpy as np
from scipy.integrate import solve_ivp

from ataraxy.engine.doses import DoseTable, Floats
from ataraxy.engine.expression import differentiate, evaluate, to_python_lines
from ataraxy.engine.model import Model
from ataraxy.errors import SolverError

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
        stops = np.unique(
            np.concatenate([[start_h, times_h[-1]], own.time_h, own.time_h + own.duration_h, times_h])
        )
        stops = stops[(stops >= start_h) & (stops <= times_h[-1])]
        for now, following in zip(stops, np.append(stops[1:], np.inf), strict=True):
            for k in np.flatnonzero((own.time_h == now) & (own.duration_h == 0.0)):
                y[columns[own.target[k]]] += own.amount[k]
            path[times_h == now] = y
            if not np.isfinite(following):
                break
            u = [0.0] * n_states
            middle = 0.5 * (now + following)
            running = (own.time_h < middle) & (middle < own.time_h + own.duration_h)
            for k in np.flatnonzero(running):
                u[columns[own.target[k]]] += float(own.amount[k] / own.duration_h[k])
            step = solve_ivp(
                partial(_derivatives, rhs, p, u),
                (float(now), float(following)),
                y,
                method=method,
                rtol=rtol,
                atol=atol,
                jac=partial(_jacobian, jacobian, p),
            )
            if not step.success or not np.all(np.isfinite(step.y[:, -1])):
                worst = int(np.argmax(~np.isfinite(step.y[:, -1])))
                raise SolverError(
                    f"the reference solver stopped between {now:g} h and {following:g} h: {step.message}",
                    code="solver.reference-failed",
                    where=f"person {person}, state {model.state_names[worst]}",
                    remedy="Check this person's parameters for values far outside the model's range",
                )
            y = step.y[:, -1].copy()
        final[person] = y
        scope: dict[str, Any] = {name: path[:, i] for i, name in enumerate(model.state_names)}
        scope |= dict(zip(model.parameters, p, strict=True))
        for column, series in enumerate(evaluate(outputs, scope)):
            values[person, :, column] = series
    return values, final


def _derivatives(rhs: RightHandSide, p: list[float], u: list[float], t: float, y: Floats) -> list[float]:
    return rhs(y.tolist(), p, u)


def _jacobian(jacobian: RightHandSide, p: list[float], t: float, y: Floats) -> Floats:
    return np.reshape(jacobian(y.tolist(), p, []), (y.size, y.size))
