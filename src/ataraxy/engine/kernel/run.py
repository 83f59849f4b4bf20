"""Feeds people to a kernel in blocks of eight and gives their results back in order."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from ataraxy.engine.doses import DoseTable, Floats
from ataraxy.engine.expression import evaluate
from ataraxy.engine.kernel.controlled_driver import STEP_LIMIT
from ataraxy.engine.kernel.exact_part import LARGEST_RATE_PER_H
from ataraxy.engine.kernel.ir import LANES
from ataraxy.engine.kernel.linear import CONSTANT, split_model
from ataraxy.engine.kernel.native import Kernel, kernel_for
from ataraxy.engine.kernel.schedule import make_schedule
from ataraxy.engine.kernel.sparse import reachable
from ataraxy.engine.kernel.workspace import (
    STATUS_FIELDS,
    STATUS_OK,
    STATUS_RATE_TOO_LARGE,
    STATUS_TOO_MANY_STEPS,
)
from ataraxy.engine.model import Model
from ataraxy.errors import SolverError

# Errors of single steps add up, and grow where a path is sensitive to them: each step gets this share of the tolerance.
_STEP_SHARE = 0.25
# What is interpolated inside a step beside an exact part is of order 4 only: below this tolerance steps end at outputs.
_STOP_BELOW_RTOL = 1e-6
_BLOCKS_PER_CALL = 32  # short enough that an interruption is felt within a second


def _in_lanes(rows: Floats, n_blocks: int) -> Floats:
    """f8[people, columns] -> f8[blocks, columns, lanes]; lanes without a person repeat the last one."""
    people = np.minimum(np.arange(n_blocks * LANES), len(rows) - 1)
    lanes = rows[people].reshape(n_blocks, LANES, rows.shape[1])
    return np.ascontiguousarray(lanes.transpose(0, 2, 1))


def run_kernel(
    model: Model,
    parameters: Floats,
    doses: DoseTable,
    times_h: Floats,
    *,
    start_h: float,
    initial: Floats,
    rtol: float,
    exact: bool,
    workers: int,
) -> tuple[Floats, Floats, tuple[int, int]]:
    """Values f8[people, times, outputs], final states f8[people, states], (accepted, rejected) steps of all blocks."""
    n_people = len(parameters)
    used = set(doses.targets)
    channels = tuple(name for name in model.state_names if name in used)
    kernel = kernel_for(model, channels, exact=exact)
    n_blocks = -(-n_people // LANES)
    stops = times_h if kernel.program.kind == "hybrid" and rtol < _STOP_BELOW_RTOL else None
    filled = _fill_lanes(doses, n_people, n_blocks)
    schedule = make_schedule(filled, channels, n_blocks * LANES, start_h, times_h[-1], stops)
    values = np.empty((n_blocks, len(times_h), len(model.outputs), LANES))
    final = np.empty((n_blocks, len(model.states), LANES))
    status = np.zeros((n_blocks, STATUS_FIELDS))
    scales = np.array([model.states[i].scale for i in kernel.program.controlled])
    arrays = (
        _in_lanes(parameters, n_blocks),
        _in_lanes(initial, n_blocks),
        schedule.segments,
        schedule.changes,
        schedule.rates,
        schedule.amounts,
        times_h,
    )
    step_rtol = rtol * _STEP_SHARE
    atol = scales * step_rtol * 1e-6

    def some(first: int) -> None:
        last = min(first + _BLOCKS_PER_CALL, n_blocks)
        scratch, base = _aligned(kernel.program.scratch_bytes)
        kernel.run(
            first,
            last,
            *(a.ctypes.data for a in arrays),
            len(times_h),
            values.ctypes.data,
            final.ctypes.data,
            step_rtol,
            atol.ctypes.data,
            status.ctypes.data,
            base,
        )
        del scratch

    starts = range(0, n_blocks, _BLOCKS_PER_CALL)
    if workers == 1 or len(starts) == 1:
        for first in starts:
            some(first)
    else:
        with ThreadPoolExecutor(workers) as pool:
            for _ in pool.map(some, starts):
                pass
    _raise_for_failures(model, kernel, parameters, status, final, start_h)
    path = values.transpose(0, 3, 1, 2).reshape(n_blocks * LANES, len(times_h), len(model.outputs))
    end = final.transpose(0, 2, 1).reshape(n_blocks * LANES, len(model.states))
    return path[:n_people], end[:n_people], (int(status[:, 2].sum()), int(status[:, 3].sum()))


def _fill_lanes(doses: DoseTable, n_people: int, n_blocks: int) -> DoseTable:
    # lanes without a person repeat the last person, doses included, so that they never decide a step
    missing = n_blocks * LANES - n_people
    own = doses.select(doses.person == n_people - 1)
    copies = [
        DoseTable(own.person + k, own.time_h, own.targets, own.target, own.amount, own.duration_h)
        for k in range(1, missing + 1)
    ]
    return DoseTable.concatenate([doses, *copies]) if copies else doses


def _aligned(size: int) -> tuple[npt.NDArray[np.uint8], int]:
    memory = np.empty(size + 64, np.uint8)
    return memory, -(-memory.ctypes.data // 64) * 64


def _raise_for_failures(
    model: Model, kernel: Kernel, parameters: Floats, status: Floats, final: Floats, start_h: float
) -> None:
    failed = np.flatnonzero(status[:, 0] != STATUS_OK)
    if not failed.size:
        return
    block = int(failed[0])
    first, last = block * LANES, min(block * LANES + LANES, len(parameters))
    if status[block, 0] == STATUS_RATE_TOO_LARGE:
        person, state, rate = _fastest(model, parameters[first:last])
        raise SolverError(
            f"state {state} changes at {rate:.6g} per hour at {start_h:.6g} h; "
            f"above {LARGEST_RATE_PER_H:g} per hour is too fast for the exact path",
            code="solver.rate-too-large",
            person=first + person,
            remedy='Check this person\'s parameters for zero volumes, or use solver="full"',
        )
    error = final[block][list(kernel.program.controlled)]
    error = np.where(np.isnan(error), np.inf, error)[:, : last - first]
    row, lane = np.unravel_index(int(np.argmax(error)), error.shape)
    state = model.state_names[kernel.program.controlled[int(row)]]
    if status[block, 0] == STATUS_TOO_MANY_STEPS:
        problem, code = f"{STEP_LIMIT} steps did not get further", "solver.too-many-steps"
    else:
        problem, code = "no step is small enough to go on", "solver.step-too-small"
    raise SolverError(
        f"{problem} at {status[block, 1]:.6g} h, for state {state}",
        code=code,
        person=first + int(lane),
        remedy="Check this person's parameters for values far outside the model's range, or use a larger rtol",
    )


def _fastest(model: Model, parameters: Floats) -> tuple[int, str, float]:
    """Person (row), state and rate of the largest element of the exact part's matrix that acts in a circle."""
    split = split_model(model, exact=True)
    positions = {name: i for i, name in enumerate(split.linear)}
    inner = {(positions[r], positions[c]): v for (r, c), v in split.matrix.items() if c != CONSTANT}
    circles = reachable(len(positions), inner)
    chosen = [(i, value) for (i, j), value in inner.items() if (j, i) in circles]
    scope = {name: parameters[:, k] for k, name in enumerate(model.parameters)}
    with np.errstate(all="ignore"):
        values = evaluate([value for _, value in chosen], scope)
    rates = np.abs([np.broadcast_to(value, len(parameters)) for value in values])
    rates = np.where(np.isnan(rates), np.inf, rates)
    row, person = np.unravel_index(int(np.argmax(rates)), rates.shape)
    return int(person), split.linear[chosen[int(row)][0]], float(rates[row, person])
