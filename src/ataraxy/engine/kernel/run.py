"""Feeds people to a kernel in blocks of eight and gives their results back in order."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ataraxy.engine.doses import DoseTable, Floats, Integers
from ataraxy.engine.kernel.ir import LANES
from ataraxy.engine.kernel.native import Kernel, kernel_for
from ataraxy.engine.kernel.workspace import (
    STATUS_FIELDS,
    STATUS_OK,
    STATUS_RATE_TOO_LARGE,
)
from ataraxy.engine.model import Model
from ataraxy.errors import SolverError

# Times are compared as whole numbers of this many hours (2^-40, about 3 nanoseconds): two changes meant for the same
# moment then are the same moment, however they were computed.
_TICKS_PER_H = float(2**40)
_BLOCKS_PER_CALL = 32  # short enough that an interruption is felt within a second


@dataclass(frozen=True, eq=False)
class Schedule:
    """Inputs of all blocks as stretches of constant rate.

    Attributes:
        segments: i8[blocks + 1], where each block's stretches begin in `rates` and `amounts`.
        changes: f8, the edges of the stretches; one more per block than it has stretches.
        rates: f8[stretches, channels, lanes], entering during a stretch, per hour.
        amounts: f8[stretches, channels, lanes], entering at once at its begin.
    """

    segments: Integers
    changes: Floats
    rates: Floats
    amounts: Floats


def make_schedule(
    doses: DoseTable, channels: tuple[str, ...], n_people: int, start_h: float, end_h: float
) -> Schedule:
    """Stretches of constant input for every block from `start_h` to `end_h`."""
    n_blocks = -(-n_people // LANES)
    block, lane = doses.person // LANES, doses.person % LANES
    channel = np.array([channels.index(name) for name in doses.targets], np.int64)[doses.target]
    start, end = round(start_h * _TICKS_PER_H), round(end_h * _TICKS_PER_H)
    begin = np.rint(doses.time_h * _TICKS_PER_H).astype(np.int64)
    stop = np.rint((doses.time_h + doses.duration_h) * _TICKS_PER_H).astype(np.int64)
    stop = np.minimum(np.maximum(stop, begin), end)

    # an edge is a block and a moment, as one number that sorts by block, then by time
    moments = np.unique(np.concatenate([[start, end], begin, stop]))
    every = np.arange(n_blocks) * moments.size
    from_key = block * moments.size + np.searchsorted(moments, begin)
    to_key = block * moments.size + np.searchsorted(moments, stop)
    ends = every + np.searchsorted(moments, end)
    keys = np.unique(np.concatenate([every + np.searchsorted(moments, start), ends, from_key, to_key]))
    # what enters at the very end, or where start and end are one, needs a stretch of no length to arrive in
    instant = (doses.duration_h == 0.0) | (stop == begin)
    late = np.unique(block[instant & (begin == end)])
    if start == end:
        late = np.arange(n_blocks)
    keys = np.sort(np.concatenate([keys, ends[late]]))
    counts = np.bincount(keys // moments.size, minlength=n_blocks)
    segments = np.concatenate([[0], np.cumsum(counts - 1)]).astype(np.int64)
    rates = np.zeros((int(segments[-1]), len(channels), LANES))
    amounts = np.zeros_like(rates)
    # every block has one edge more than stretches, so a stretch's number is its edge's less the block's
    first = np.searchsorted(keys, from_key) - block
    np.add.at(amounts, (first[instant], channel[instant], lane[instant]), doses.amount[instant])
    steady = np.flatnonzero(~instant)
    spans = (np.searchsorted(keys, to_key) - np.searchsorted(keys, from_key))[steady]
    dose = np.repeat(steady, spans)
    within = np.arange(dose.size) - np.repeat(np.cumsum(spans) - spans, spans)
    rate = doses.amount[dose] / ((stop - begin)[dose] / _TICKS_PER_H)
    np.add.at(rates, (first[dose] + within, channel[dose], lane[dose]), rate)
    return Schedule(segments, moments[keys % moments.size] / _TICKS_PER_H, rates, amounts)


def _in_lanes(rows: Floats, n_blocks: int) -> Floats:
    """f8[people, columns] -> f8[blocks, columns, lanes]; lanes without a person repeat the last one."""
    people = np.minimum(np.arange(n_blocks * LANES), len(rows) - 1)
    return np.ascontiguousarray(rows[people].reshape(n_blocks, LANES, -1).transpose(0, 2, 1))


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
    schedule = make_schedule(
        _fill_lanes(doses, n_people, n_blocks), channels, n_blocks * LANES, start_h, times_h[-1]
    )
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
    atol = scales * rtol * 1e-2

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
            rtol,
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
    _raise_for_failures(model, kernel, status, final, n_people)
    path = values.transpose(0, 3, 1, 2).reshape(n_blocks * LANES, len(times_h), -1)[:n_people]
    end = final.transpose(0, 2, 1).reshape(n_blocks * LANES, -1)[:n_people]
    _raise_for_lost_values(model, path, end, times_h)
    return path, end, (int(status[:, 2].sum()), int(status[:, 3].sum()))


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


def _raise_for_failures(model: Model, kernel: Kernel, status: Floats, final: Floats, n_people: int) -> None:
    failed = np.flatnonzero(status[:, 0] != STATUS_OK)
    if not failed.size:
        return
    block = int(failed[0])
    if status[block, 0] == STATUS_RATE_TOO_LARGE:
        raise SolverError(
            "a rate is above 7680 per hour, too fast for the exact path",
            code="solver.rate-too-large",
            where=f"people {block * LANES} to {min(block * LANES + LANES, n_people) - 1}",
            remedy='Check the parameters, or use solver="full"',
        )
    error = final[block][list(kernel.program.controlled)]
    error = np.where(np.isnan(error), np.inf, error)[:, : min(LANES, n_people - block * LANES)]
    row, lane = np.unravel_index(int(np.argmax(error)), error.shape)
    state = model.state_names[kernel.program.controlled[int(row)]]
    raise SolverError(
        f"no step is small enough to follow state {state} at {status[block, 1]:.6g} h",
        code="solver.step-too-small",
        where=f"person {block * LANES + int(lane)}",
        remedy="Check this person's parameters for values far outside the model's range, or use a larger rtol",
    )


def _raise_for_lost_values(model: Model, values: Floats, final: Floats, times_h: Floats) -> None:
    # one pass that allocates nothing in the usual case
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
        where=f"person {person}",
        remedy="Check this person's parameters for zero volumes or values far outside the model's range",
    )
