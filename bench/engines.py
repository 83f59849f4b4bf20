"""What is compared: each engine takes a workload and a tolerance and returns its values and the time it took."""

from __future__ import annotations

import importlib.util
import multiprocessing
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numba
import numpy as np
from bench.right_hand_side import RightHandSide, compile_right_hand_side
from bench.workload import Stretches, Workload, cut_into_stretches
from scipy.integrate import odeint

from ataraxy.engine.doses import Floats
from ataraxy.engine.expression import Expr
from ataraxy.engine.solve import Solver, solve

MOST_STEPS = 100_000
SLICES_PER_PROCESS = 4


@dataclass(frozen=True)
class Spent:
    """Seconds by the clock, and seconds of the processor, which other work on the machine does not add to.

    The latter are known where one process did everything, which is where one core was asked for.
    """

    clock: float
    processor: float | None


# (workload, rtol, cores) -> time, f8[people, times, outputs]
Engine = Callable[[Workload, float, int], tuple[Spent, Floats]]
Tolerance = Literal["scaled", "flat"]


def _start_clock() -> Callable[[int], Spent]:
    clock, processor = time.perf_counter(), time.process_time()

    def stop(cores: int) -> Spent:
        used = time.process_time() - processor
        return Spent(time.perf_counter() - clock, used if cores == 1 else None)

    return stop


@dataclass(frozen=True)
class Ours:
    """The compiled kernel: one call of `solve`, threads for more than one core."""

    solver: Solver

    def __call__(self, workload: Workload, rtol: float, cores: int) -> tuple[Spent, Floats]:
        stop = _start_clock()
        solution = solve(
            workload.model,
            workload.parameters,
            workload.doses,
            workload.times_h,
            solver=self.solver,
            rtol=rtol,
            workers=cores,
        )
        return stop(cores), solution.values


@dataclass(frozen=True, eq=False)
class OneByOne:
    """A solver that takes one person at a time; processes for more than one core.

    The stretches are made before the clock starts, and the processes stand ready.
    """

    follow: Callable[[Stretches, Floats, float], None]
    settled: tuple[Expr, ...]

    def __call__(self, workload: Workload, rtol: float, cores: int) -> tuple[Spent, Floats]:
        shape = (len(workload), len(workload.times_h), len(workload.model.outputs))
        if cores == 1:
            stretches = cut_into_stretches(workload, self.settled)
            values = np.empty(shape)
            stop = _start_clock()
            self.follow(stretches, values, rtol)
            return stop(cores), values
        cuts = np.linspace(0, len(workload), cores * SLICES_PER_PROCESS + 1).astype(int)
        parts = [workload.people(a, b) for a, b in pairwise(cuts)]
        _forked.clear()
        _forked.append(
            (self.follow, [cut_into_stretches(part, self.settled) for part in parts], shape[1:], rtol)
        )
        with multiprocessing.get_context("fork").Pool(cores) as pool:
            pool.map(_stand_ready, range(cores), chunksize=1)
            stop = _start_clock()
            values = np.concatenate(pool.map(_follow_slice, range(len(parts)), chunksize=1))
            return stop(cores), values


# what a forked process needs; compiled functions cannot be sent, but are inherited
_forked: list[tuple[Callable[[Stretches, Floats, float], None], list[Stretches], tuple[int, ...], float]] = []


def _stand_ready(_: int) -> None:
    time.sleep(0.05)  # long enough that each process takes one


def _follow_slice(number: int) -> Floats:
    follow, parts, shape, rtol = _forked[0]
    values = np.empty((len(parts[number].rows), *shape))
    follow(parts[number], values, rtol)
    return values


def right_hand_side_for(workload: Workload) -> RightHandSide:
    """Compiled equations of the workload's model."""
    return compile_right_hand_side(workload.model, cut_into_stretches(workload.people(0, 1)).channels)


def make_odeint(
    workload: Workload, equations: RightHandSide, tolerance: Tolerance = "flat", *, jacobian: bool = False
) -> OneByOne:
    """scipy's odeint (LSODA), its right-hand side compiled by numba, restarted at each change of input.

    Args:
        tolerance: "scaled": absolute tolerances of the states as our kernel takes them; "flat": 0.001 of the
            relative one for every state.
        jacobian: hand over the analytic Jacobian, compiled too; else LSODA takes differences.
    """
    scales = np.array([s.scale for s in workload.model.states]) * 1e-2
    factor = scales if tolerance == "scaled" else np.full(len(scales), 1e-3)
    outputs_into = equations.outputs_into
    options: dict[str, Any] = {"Dfun": equations.jacobian} if jacobian else {}

    @numba.njit
    def record(path, slots, p, values):
        for k in range(len(slots)):
            if slots[k] >= 0:
                outputs_into(path[k], p, values[slots[k]])

    def follow(stretches: Stretches, values: Floats, rtol: float) -> None:
        first, points, slots = stretches.first.tolist(), stretches.points, stretches.slots
        times = [points[a:b] for a, b in pairwise(first)]
        places = [slots[a:b] for a, b in pairwise(first)]
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # odeint only warns where it gave up
            for person in range(len(stretches.rows)):
                y = stretches.initial[person]
                for k, moments in enumerate(times):
                    p = stretches.rows[person, k]
                    path = odeint(
                        equations.derivatives,
                        y,
                        moments,
                        args=(p,),
                        tfirst=True,
                        rtol=rtol,
                        atol=rtol * factor,
                        mxstep=MOST_STEPS,
                        **options,
                    )
                    record(path, places[k], p, values[person])
                    y = path[-1]

    return OneByOne(follow, equations.settled)


def numbalsoda_is_installed() -> bool:
    return importlib.util.find_spec("numbalsoda") is not None


def make_numbalsoda(equations: RightHandSide) -> OneByOne:
    """numbalsoda's LSODA (C++); the loop over people and stretches is compiled too."""
    from numbalsoda import lsoda, lsoda_sig

    derivatives_into, outputs_into = equations.derivatives_into, equations.outputs_into

    @numba.cfunc(lsoda_sig)
    def derivatives(t, y, dy, p):
        derivatives_into(t, y, dy, p)

    address = derivatives.address

    @numba.njit
    def follow_all(address, rows, initial, points, first, slots, values, rtol):
        for person in range(len(rows)):
            y = initial[person].copy()
            for k in range(len(first) - 1):
                p = rows[person, k]
                moments = points[first[k] : first[k + 1]]
                path, fine = lsoda(address, y, moments, p, rtol, rtol * 1e-3, MOST_STEPS)
                if not fine:
                    return False
                for i in range(len(moments)):
                    slot = slots[first[k] + i]
                    if slot >= 0:
                        outputs_into(path[i], p, values[person, slot])
                y = path[-1].copy()
        return True

    def follow(stretches: Stretches, values: Floats, rtol: float) -> None:
        s = stretches
        if not follow_all(address, s.rows, s.initial, s.points, s.first, s.slots, values, rtol):
            raise RuntimeError("numbalsoda gave up")

    # the address belongs to this function object, which must outlive every call
    follow.keep = derivatives  # type: ignore[attr-defined]
    return OneByOne(follow, equations.settled)
