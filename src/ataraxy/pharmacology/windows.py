"""The course of a protocol cut into sessions, each with the times at which it is looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ataraxy.therapy.planned_dose import PlannedDose
from ataraxy.therapy.protocol import Protocol

Floats = npt.NDArray[np.float64]

EXPOSURE_H = 24.0
WASHOUT_H = 48.0
ROUNDING_H = 1e-7
Grid = tuple[tuple[float, float], ...]
# hours after a dose begins, and the distance of the times up to there
FINE_GRID: Grid = ((3.0, 1.0 / 60.0), (8.0, 5.0 / 60.0), (24.0, 0.5), (48.0, 2.0), (np.inf, 6.0))
COARSE_GRID: Grid = ((3.0, 5.0 / 60.0), (8.0, 0.25), (24.0, 1.0), (48.0, 4.0), (np.inf, 12.0))


@dataclass(frozen=True, eq=False)
class Window:
    """One session and the time until the next.

    Attributes:
        session: index from 0.
        start_h, end_h: from the start of the protocol.
        exposure_h: length of the part over which Cmax and AUC are taken.
        times_h: f8[times], from `start_h` to `end_h`, both included.
        doses: what is given in the session.
    """

    session: int
    start_h: float
    end_h: float
    exposure_h: float
    times_h: Floats
    doses: tuple[PlannedDose, ...]

    @property
    def in_exposure(self) -> npt.NDArray[np.bool_]:
        """Which of `times_h` belong to the exposure."""
        return self.times_h <= self.start_h + self.exposure_h + ROUNDING_H


def cut_into_windows(
    protocol: Protocol, grid: Grid = FINE_GRID, charted: Sequence[PlannedDose] = ()
) -> tuple[Window, ...]:
    """The sessions of a protocol in order; the last one ends 48 hours after its start, or after its last dose.

    `charted` are doses that single people had apart from the protocol: they are looked at as closely.
    """
    doses = protocol.planned_doses()
    sessions = protocol.sessions
    windows = []
    for session in sessions:
        own = tuple(d for d in doses if d.session == session.index)
        last = session.index == len(sessions) - 1
        dose_end = max((d.end_h for d in own), default=session.time_h)
        end = max(session.time_h, dose_end) + WASHOUT_H if last else sessions[session.index + 1].time_h
        exposure = min(EXPOSURE_H, end - session.time_h)
        others = [d for d in charted if session.time_h <= d.time_h and d.end_h <= end]
        times = _times(session.time_h, end, exposure, [*own, *others], grid)
        windows.append(Window(session.index, session.time_h, end, exposure, times, own))
    return tuple(windows)


def _times(start: float, end: float, exposure: float, doses: Sequence[PlannedDose], grid: Grid) -> Floats:
    marks = [np.array([start, start + exposure, end])]
    for dose in doses:
        marks.append(np.array([dose.time_h, dose.end_h]))
        marks.append(dose.time_h + _after(end - dose.time_h, grid))
    times: Floats = np.unique(np.concatenate(marks))
    times = times[(times >= start) & (times <= end)]
    # times that differ by rounding alone are one, and the edges are what they are called
    times = times[np.concatenate([[True], np.diff(times) > ROUNDING_H])]
    times[0], times[-1] = start, end
    return times


def _after(length: float, grid: Grid) -> Floats:
    steps = []
    begin = 0.0
    for until, distance in grid:
        stop = min(until, length)
        if stop <= begin:
            break
        count = int(np.floor((stop - begin) / distance + 1e-9))
        steps.append(begin + distance * np.arange(1, count + 1))
        begin = begin + distance * count if stop == length else until
    return np.concatenate(steps) if steps else np.empty(0)
