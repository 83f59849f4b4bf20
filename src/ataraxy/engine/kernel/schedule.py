"""Turns doses into stretches of constant input, block by block."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ataraxy.engine.doses import DoseTable, Floats, Integers
from ataraxy.engine.kernel.ir import LANES
from ataraxy.engine.kernel.workspace import TIME_SLACK_H


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
    doses: DoseTable,
    channels: tuple[str, ...],
    n_people: int,
    start_h: float,
    end_h: float,
    stops_h: Floats | None = None,
) -> Schedule:
    """Stretches of constant input for every block from `start_h` to `end_h`, all cut at `stops_h` too.

    Moments of one block that lie closer together than `TIME_SLACK_H` are one: two changes meant for the same moment
    then are at the same moment, however they were computed. No amount is lost by that: what enters during less time
    enters at once. What blocks there are besides has no influence on a block.
    """
    n_blocks = -(-n_people // LANES)
    block, lane = doses.person // LANES, doses.person % LANES
    channel = np.array([channels.index(name) for name in doses.targets], np.int64)[doses.target]
    begin = np.clip(doses.time_h, start_h, end_h)
    stop = np.clip(doses.time_h + doses.duration_h, begin, end_h)

    # an edge is a block and a moment, as one number that sorts by block, then by time
    stops = np.empty(0) if stops_h is None else stops_h
    moments = np.unique(np.concatenate([[start_h, end_h], begin, stop, stops]))
    every = np.arange(n_blocks) * moments.size
    from_key = block * moments.size + np.searchsorted(moments, begin)
    to_key = block * moments.size + np.searchsorted(moments, stop)
    end_key = every + np.searchsorted(moments, end_h)
    everywhere = np.searchsorted(moments, np.append(start_h, stops))
    keys = np.unique(np.concatenate([(every[:, None] + everywhere).ravel(), end_key, from_key, to_key]))
    # edges that are one, by their number
    times, owner = moments[keys % moments.size], keys // moments.size
    apart = np.ones(keys.size, bool)
    apart[1:] = (owner[1:] != owner[:-1]) | (times[1:] - times[:-1] > TIME_SLACK_H)
    number = np.cumsum(apart) - 1
    times, owner = times[apart], owner[apart]
    first, last = (number[np.searchsorted(keys, k)] for k in (from_key, to_key))
    ends = number[np.searchsorted(keys, end_key)]
    # what enters at the very end, or where start and end are one, needs a stretch of no length to arrive in
    instant = (doses.duration_h == 0.0) | (first == last)
    length = times[last] - times[first]
    late = np.bincount(block[instant & (first == ends[block])], minlength=n_blocks) > 0
    late |= ends == np.append(-1, ends[:-1]) + 1
    changes = np.insert(times, ends[late] + 1, times[ends[late]])
    segments = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=n_blocks) - 1 + late)])
    rates = np.zeros((int(segments[-1]), len(channels), LANES))
    amounts = np.zeros_like(rates)
    # every block has one edge more than stretches, so a stretch's number is its edge's less the block's
    shift = (np.cumsum(late) - late - np.arange(n_blocks))[block]
    first, last = first + shift, last + shift
    np.add.at(amounts, (first[instant], channel[instant], lane[instant]), doses.amount[instant])
    steady = np.flatnonzero(~instant)
    spans = (last - first)[steady]
    dose = np.repeat(steady, spans)
    within = np.arange(dose.size) - np.repeat(np.cumsum(spans) - spans, spans)
    rate = doses.amount[dose] / length[dose]
    np.add.at(rates, (first[dose] + within, channel[dose], lane[dose]), rate)
    return Schedule(segments.astype(np.int64), changes, rates, amounts)
