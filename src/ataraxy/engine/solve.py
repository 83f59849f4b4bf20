"""One verb: `solve` turns a model, people's parameters and doses into values at the times asked for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from ataraxy.engine.doses import DoseTable, Floats
from ataraxy.engine.expression import evaluate
from ataraxy.engine.model import Model
from ataraxy.engine.reference import solve_reference
from ataraxy.errors import InputError, SolverError

Solver = Literal["auto", "full", "reference"]
DEFAULT_RTOL = 1e-6
_FORGIVEN_H = 1e-9


@dataclass(frozen=True, eq=False)
class Solution:
    """What `solve` returns.

    Attributes:
        values: f8[people, times, outputs], in the order of `times_h` and of the model's outputs.
        final: f8[people, states] at the last time: hand it on as `initial` to go on from there.
        outputs: names along the last axis of `values`.
        times_h: times along the second axis.
        steps: accepted and rejected steps over all people's blocks; zero where every step is exact.
    """

    values: Floats
    final: Floats
    outputs: tuple[str, ...]
    times_h: Floats
    steps: tuple[int, int] = (0, 0)

    def __getitem__(self, output: str) -> Floats:
        """f8[people, times] of one output."""
        return self.values[:, :, self.outputs.index(output)]


def initial_states(model: Model, parameters: Floats) -> Floats:
    """f8[people, states] at the start, before any dose."""
    scope = {name: parameters[:, i] for i, name in enumerate(model.parameters)}
    with np.errstate(all="ignore"):  # what is not finite is refused with its name
        values = evaluate([s.initial for s in model.states], scope)
    return np.stack([np.broadcast_to(v, len(parameters)) for v in values], axis=1).astype(float)


def solve(
    model: Model,
    parameters: npt.ArrayLike,
    doses: DoseTable,
    times_h: npt.ArrayLike,
    *,
    solver: Solver = "auto",
    rtol: float = DEFAULT_RTOL,
    initial: Floats | None = None,
    start_h: float = 0.0,
    workers: int = 1,
) -> Solution:
    """Integrates `model` for every person.

    Args:
        parameters: f8[people, parameters], columns in the order of `model.parameters`.
        doses: what enters; doses outside `start_h` to the last time are an error (a thousand-millionth of an hour is
            forgiven, as different ways of computing the same time may differ).
        times_h: increasing, hours, none before `start_h`; at the time of an instantaneous dose the value is that
            after the dose.
        solver: "auto" is the compiled kernel with the linear part solved exactly; "full" is the kernel with error
            control on every state; "reference" is scipy.
        rtol: relative tolerance of the nonlinear part.
        initial: f8[people, states] at `start_h`, where going on from an earlier solution.
        workers: threads. The result does not depend on it.

    Raises:
        InputError: shapes, order or values are wrong.
        SolverError: naming person, time and state, where no result of the asked quality was found.
    """
    p = np.ascontiguousarray(parameters, dtype=float)
    t = np.ascontiguousarray(times_h, dtype=float)
    _check(model, p, doses, t, solver, rtol, start_h, workers)
    y0 = initial_states(model, p) if initial is None else np.ascontiguousarray(initial, dtype=float)
    _check_initial(model, y0, len(p))
    names = tuple(model.outputs)
    if solver == "reference":
        steps = (0, 0)
        values, final = solve_reference(
            model, p, doses, t, start_h=start_h, initial=y0, rtol=min(rtol, 1e-10)
        )
    else:
        from ataraxy.engine.kernel.run import run_kernel

        values, final, steps = run_kernel(
            model,
            p,
            doses,
            t,
            start_h=start_h,
            initial=y0,
            rtol=rtol,
            exact=solver == "auto",
            workers=workers,
        )
    _raise_for_lost_values(model, values, final, t)
    return Solution(values, final, names, t, steps)


def _check_initial(model: Model, y0: Floats, n_people: int) -> None:
    if y0.shape != (n_people, len(model.states)):
        raise _refused("initial states", f"have shape {y0.shape}", "Hand on `final` of an earlier solution")
    bad = np.argwhere(~np.isfinite(y0))
    if bad.size:
        i, j = bad[0]
        raise InputError(
            f"state {model.state_names[j]} begins at {y0[i, j]}",
            code="solve.initial-not-finite",
            where=f"person {i}",
            remedy="Check this person's parameters for zeros, or give finite initial states",
        )


def _check(
    model: Model,
    p: Floats,
    doses: DoseTable,
    t: Floats,
    solver: str,
    rtol: float,
    start_h: float,
    workers: int,
) -> None:
    if solver not in get_args(Solver):
        raise _refused("solver", f"is {solver!r}", f"Use one of {', '.join(get_args(Solver))}")
    if not 1e-12 <= rtol <= 1e-1:
        raise _refused("rtol", f"is {rtol}", "Use a value from 1e-12 to 0.1")
    if workers < 1:
        raise _refused("workers", f"is {workers}", "Use one or more")
    if p.ndim != 2 or p.shape[1] != len(model.parameters):
        raise _refused(
            "parameters",
            f"have shape {p.shape}",
            f"Give one row per person and {len(model.parameters)} columns",
        )
    bad = np.argwhere(~np.isfinite(p))
    if bad.size:
        i, j = bad[0]
        raise InputError(
            f"parameter {model.parameters[j]} is {p[i, j]}",
            code="solve.parameter-not-finite",
            where=f"person {i}",
            remedy="Give a finite number",
        )
    if t.ndim != 1 or not t.size or not np.all(np.isfinite(t)) or np.any(np.diff(t) <= 0.0):
        raise _refused("times", "do not increase strictly", "Give finite times in hours, in order, each once")
    for name in doses.targets:
        model.state_index(name)
    if not math.isfinite(start_h):
        raise _refused("start", f"is {start_h} h", "Give a finite time")
    if t[0] < start_h:
        raise _refused("times", f"begin at {t[0]} h, before the start at {start_h} h", "Begin later")
    if len(doses):
        if doses.person.min() < 0 or doses.person.max() >= len(p):
            raise _refused("doses", "name a person who has no parameters", "Number people from 0")
        if doses.time_h.min() < start_h - _FORGIVEN_H:
            raise _refused(
                "doses", f"begin at {doses.time_h.min()} h, before the start", "Use `window` first"
            )
        if (doses.time_h + doses.duration_h).max() > t[-1] + _FORGIVEN_H:
            raise _refused("doses", "go on after the last time", "Ask for a later time or use `window` first")


def _raise_for_lost_values(model: Model, values: Floats, final: Floats, times_h: Floats) -> None:
    with np.errstate(all="ignore"):  # one pass that allocates nothing in the usual case
        if np.isfinite(values.sum()) and np.isfinite(final.sum()):
            return
    lost = np.argwhere(~np.isfinite(values))
    if lost.size:
        person, time, output = lost[0]
        name, when = list(model.outputs)[output], f"{times_h[time]:.6g}"
    else:
        lost = np.argwhere(~np.isfinite(final))
        if not lost.size:
            return
        person, state = lost[0]
        name, when = model.state_names[state], f"{times_h[-1]:.6g}"
    raise SolverError(
        f"{name} is not a finite number at {when} h",
        code="solver.not-finite",
        person=int(person),
        remedy="Check this person's parameters for zero volumes or values far outside the model's range",
    )


def _refused(what: str, problem: str, remedy: str) -> InputError:
    return InputError(f"{what} {problem}", code=f"solve.{what.split()[0]}", remedy=remedy, where="solve")
