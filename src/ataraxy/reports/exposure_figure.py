"""Exposure over time: the spread between people as bands, one panel for each analyte."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from ataraxy.errors import InputError
from ataraxy.pharmacology.exposure import Band, SimulationResult
from ataraxy.reports.analyte_order import Form, in_reading_order, label, split_name
from ataraxy.reports.numbers import count
from ataraxy.reports.palette import AXIS, BOTH_CURVE, DOSE, GRID, INK, MUTED, R_CURVE, S_CURVE, Colour
from ataraxy.reports.svg import figure_settings

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = npt.NDArray[np.float64]
Span = Literal["session", "course"]
Scale = Literal["linear", "log"]

SESSION_H = 12.0
HOURS_PER_DAY = 24.0
SHORT_COURSE_H = 72.0  # up to here a course is told in hours
DECADES = 4  # of a logarithmic axis, below the highest value
COLUMNS = 220  # a panel is about that many dots wide in print
WIDTH_IN = 8.2
_CURVES: dict[Form, Colour] = {"": BOTH_CURVE, "S": S_CURVE, "R": R_CURVE}


@dataclass(frozen=True)
class _View:
    start_h: float
    length_h: float
    hours_per_unit: float
    x_label: str


def plot(
    result: SimulationResult,
    *,
    span: Span = "session",
    scale: Scale = "linear",
    session: int = 1,
    analytes: Sequence[str] | None = None,
) -> Figure:
    """Return a figure of concentration over time: median, middle half and 90% of people, doses marked.

    Rows are moieties, columns the sum and each enantiomer; panels of one row share their axis. Show it in a notebook,
    or write it with ``figure.savefig("exposure.png", dpi=200)``.

    Args:
        span: ``session`` for the first 12 hours of one session, ``course`` for all sessions, in days where it is long.
        scale: of the concentration axis. A logarithmic one reaches four decades below the highest value.
        session: number from 1, for ``span="session"``.
        analytes: names as in ``result.bands``; None for all.

    Raises:
        InputError: there is no such session, analyte, span or scale.
    """
    _check(result, span, scale, session, analytes)
    names = in_reading_order(result.bands if analytes is None else analytes)
    view = _view(result, span, session)
    with figure_settings():
        return _draw(result, names, view, scale)


def describe(result: SimulationResult, *, span: Span, scale: Scale, session: int = 1) -> str:
    """Return the text that stands for a figure where it cannot be seen."""
    names = ", ".join(label(name) for name in in_reading_order(result.bands))
    time = f"the first {SESSION_H:g} hours of session {session}" if span == "session" else "the whole course"
    axis = "a linear" if scale == "linear" else "a logarithmic"
    return (
        f"Concentration over {time} on {axis} axis in {count(result.people)} simulated "
        f"{'person' if result.people == 1 else 'people'}, one panel each for "
        f"{names}. Shown are the median, the middle half and 90% of people; doses are marked above each panel. The "
        "tables of exposure give the same in numbers."
    )


def _check(
    result: SimulationResult, span: str, scale: str, session: int, analytes: Sequence[str] | None
) -> None:
    if span not in ("session", "course"):
        raise InputError(f"span is {span!r}", code="plot.span", remedy='Use "session" or "course"')
    if scale not in ("linear", "log"):
        raise InputError(f"scale is {scale!r}", code="plot.scale", remedy='Use "linear" or "log"')
    if not 1 <= session <= len(result.sessions):
        raise InputError(
            f"there is no session {session}",
            code="plot.session",
            remedy=f"Use a number from 1 to {len(result.sessions)}",
        )
    unknown = [name for name in (analytes or ()) if name not in result.bands]
    if unknown or (analytes is not None and not analytes):
        raise InputError(
            f"{unknown[0]!r} was not simulated" if unknown else "no analyte is named",
            code="plot.analyte",
            remedy=f"Use some of {', '.join(result.bands)}",
        )


def _view(result: SimulationResult, span: Span, session: int) -> _View:
    if span == "course":
        end = max(float(band.times_h[-1]) for band in result.bands.values())
        if end <= SHORT_COURSE_H:
            return _View(0.0, end, 1.0, "hours from the first dose")
        return _View(0.0, end, HOURS_PER_DAY, "days from the first dose")
    starts = [s.start_h for s in result.sessions]
    start = starts[session - 1]
    length = min([SESSION_H, *(s - start for s in starts[session : session + 1])])
    return _View(start, length, 1.0, f"hours from the start of session {session}")


def _draw(result: SimulationResult, names: Sequence[str], view: _View, scale: Scale) -> Figure:
    from matplotlib.figure import Figure

    rows = _rows(names)
    columns = max(len(row) for row in rows)
    width = WIDTH_IN if columns > 1 else 0.7 * WIDTH_IN
    figure = Figure(figsize=(width, 0.75 + (1.8 if len(rows) > 1 else 2.4) * len(rows)), layout="constrained")
    axes = figure.subplots(len(rows), columns, sharex=True, squeeze=False)
    for panels, row in zip(axes, rows, strict=True):
        highest = [
            _panel(axis, result.bands[name], name, view, scale)
            for axis, name in zip(panels, row, strict=False)
        ]
        # one axis for what is to be compared: the forms of one moiety
        one_moiety = len({split_name(name)[1] for name in row}) == 1
        for axis, own in zip(panels, highest, strict=False):
            _concentration_axis(axis, scale, max(highest) if one_moiety else own)
            _doses(axis, result, view)
        for axis in panels[: 1 if one_moiety else len(row)]:
            axis.set_ylabel("ng/mL")
        for axis in panels[len(row) :]:
            axis.set_axis_off()
    for axis in axes[-1]:
        axis.set_xlim(0.0, view.length_h / view.hours_per_unit)
        axis.set_xlabel(view.x_label)
    _time_ticks(axes[0][0], view)
    _legend(figure)
    return figure


def _rows(names: Sequence[str]) -> list[list[str]]:
    by_moiety: dict[str, list[str]] = {}
    for name in names:
        by_moiety.setdefault(split_name(name)[1], []).append(name)
    if all(len(row) == 1 for row in by_moiety.values()):
        return [list(names)]
    return list(by_moiety.values())


def _panel(axis: Axes, band: Band, name: str, view: _View, scale: Scale) -> float:
    inside = (band.times_h >= view.start_h) & (band.times_h <= view.start_h + view.length_h)
    times = (band.times_h[inside] - view.start_h) / view.hours_per_unit
    quantiles = band.quantiles[:, inside]
    highest = float(quantiles.max(initial=0.0))
    kept = _outline(times, quantiles[2])
    times, quantiles = times[kept], quantiles[:, kept]
    if scale == "log":
        # what lies below the axis needs no more than to lie below it
        quantiles = np.maximum(quantiles, _floor(highest) / 10.0)
    colour = _CURVES[split_name(name)[0]].light
    axis.fill_between(times, quantiles[0], quantiles[4], color=colour, alpha=0.20, linewidth=0)
    axis.fill_between(times, quantiles[1], quantiles[3], color=colour, alpha=0.38, linewidth=0)
    axis.plot(times, quantiles[2], color=colour, linewidth=_width(view))
    axis.set_title(label(name), color=INK.light, loc="left", fontweight="bold", pad=11)
    axis.grid(color=GRID.light, linewidth=0.6)
    axis.set_axisbelow(True)
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axis.spines[side].set_color(AXIS.light)
    axis.tick_params(color=AXIS.light, labelcolor=MUTED.light, length=3)
    axis.xaxis.label.set_color(MUTED.light)
    axis.yaxis.label.set_color(MUTED.light)
    return highest


def _width(view: _View) -> float:
    """Points of a line: thinner where months stand side by side, so that sessions stay apart."""
    return min(1.5, max(0.35, 60.0 * HOURS_PER_DAY / view.length_h))


def _outline(times: Floats, median: Floats) -> npt.NDArray[np.int64]:
    """Indices that keep the shape: in each dot's width the first, the last, the lowest and the highest."""
    if len(times) <= 2 * COLUMNS:
        return np.arange(len(times))
    column = np.minimum(((times - times[0]) / (times[-1] - times[0]) * COLUMNS).astype(int), COLUMNS - 1)
    edges = np.flatnonzero(np.diff(column)) + 1
    kept: set[int] = set()
    for piece in np.split(np.arange(len(times)), edges):
        kept |= {
            int(piece[0]),
            int(piece[-1]),
            int(piece[median[piece].argmin()]),
            int(piece[median[piece].argmax()]),
        }
    return np.array(sorted(kept))


def _floor(highest: float) -> float:
    top = np.ceil(np.log10(highest)) if highest > 0.0 else 0.0
    return float(10.0 ** (top - DECADES))


def _concentration_axis(axis: Axes, scale: Scale, highest: float) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

    if scale == "log":
        axis.set_yscale("log")
        low = _floor(highest)
        axis.set_ylim(low, max(highest * 1.3, low * 10.0))
        axis.yaxis.set_major_locator(LogLocator(10.0, numticks=DECADES + 2))
        axis.yaxis.set_minor_locator(NullLocator())
    else:
        axis.set_ylim(0.0, highest * 1.05 or 1.0)
        axis.yaxis.set_major_locator(MaxNLocator(5))
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))


def _time_ticks(axis: Axes, view: _View) -> None:
    from matplotlib.ticker import MaxNLocator, MultipleLocator

    if view.hours_per_unit == 1.0:
        axis.xaxis.set_major_locator(MultipleLocator(2.0 if view.length_h <= SESSION_H else 12.0))
    else:
        axis.xaxis.set_major_locator(MaxNLocator(7, integer=True))


def _doses(axis: Axes, result: SimulationResult, view: _View) -> None:
    end = view.start_h + view.length_h
    doses = [d for d in result.protocol.planned_doses() if view.start_h <= d.time_h < end]
    above = axis.get_xaxis_transform()
    # pieces of one infusion are one dose, nasal devices are one each
    begun = {(d.session, d.administration, d.device_index): d.time_h for d in reversed(doses)}
    starts = [(time - view.start_h) / view.hours_per_unit for time in sorted(begun.values())]
    axis.plot(
        starts,
        [1.03] * len(starts),
        linestyle="none",
        marker="v",
        markersize=3.0 * _width(view),
        markeredgewidth=0,
        color=DOSE.light,
        transform=above,
        clip_on=False,
    )
    if view.hours_per_unit == 1.0:
        for dose in doses:
            if dose.duration_h:
                start = dose.time_h - view.start_h
                axis.axvspan(start, start + dose.duration_h, color=DOSE.light, alpha=0.16, linewidth=0)


def _legend(figure: Figure) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    ink = MUTED.light
    legend = figure.legend(
        handles=[
            Line2D([], [], color=ink, linewidth=1.5, label="median"),
            Patch(facecolor=ink, alpha=0.5, linewidth=0, label="middle half of people"),
            Patch(facecolor=ink, alpha=0.22, linewidth=0, label="90% of people"),
            Line2D([], [], color=DOSE.light, marker="v", linestyle="none", markersize=5, label="dose"),
        ],
        loc="outside upper left",
        ncols=4,
        frameon=False,
        labelcolor=ink,
        borderpad=0.0,
        handlelength=1.6,
        columnspacing=1.6,
    )
    legend.set_in_layout(True)
