"""Effects of a protocol on one clock: panels above each other that share their time axis, in hours or in days."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from ataraxy.pharmacology.exposure import Endpoint
from ataraxy.pharmacology.kinetics import enantiomers_of
from ataraxy.reports.palette import (
    AXIS,
    BLOCK_CURVE,
    BOTH_CURVE,
    CADSS_CURVE,
    CONTROL_CURVE,
    DIASTOLIC_CURVE,
    DOSE,
    GABA_CURVE,
    GLUTAMATE_CURVE,
    GRID,
    INK,
    MUTED,
    SCORE_CURVE,
    SYSTOLIC_CURVE,
    Colour,
)
from ataraxy.reports.svg import figure_settings
from ataraxy.therapy.protocol import Protocol
from ataraxy.trials.outlook import Curve, Outlook

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = npt.NDArray[np.float64]

WIDTH_IN: Final = 8.2
PANEL_IN: Final = 1.32
HOURS_PER_DAY: Final = 24.0
DASHES: Final = (3.0, 2.0)


@dataclass(frozen=True, slots=True)
class _Line:
    """What is drawn of one quantity in a panel."""

    label: str
    colour: Colour
    curve: Curve


@dataclass(frozen=True, slots=True)
class _Peaks:
    """The highest value of each session of one quantity."""

    label: str
    colour: Colour
    name: str


def plot_session(outlook: Outlook, protocol: Protocol) -> Figure:
    """Return a figure of the first session in hours: ketamine, block, glutamate and GABA, score, CADSS, pressure."""
    curves = outlook.session_curves
    scale = outlook.scales[0]
    end = outlook.session_h
    panels: list[tuple[str, list[_Line]]] = [
        (f"Arterial {_ketamine(protocol)}, ng/mL", [_Line("", BOTH_CURVE, curves["ketamine_ng_per_ml"])]),
        ("Block of NMDA receptors, %", [_Line("", BLOCK_CURVE, curves["receptor_block_percent"])]),
        (
            "Prefrontal glutamate and GABA above baseline, %",
            [
                _Line("glutamate", GLUTAMATE_CURVE, curves["glutamate_percent"]),
                _Line("GABA", GABA_CURVE, curves["gaba_percent"]),
            ],
        ),
        (
            f"{scale.instrument.name}, points (true severity)",
            [
                _Line("protocol", SCORE_CURVE, scale.curve.between(0.0, end)),
                _Line("control", CONTROL_CURVE, scale.control.between(0.0, end)),
            ],
        ),
        ("Dissociation (CADSS), points", [_Line("", CADSS_CURVE, curves["cadss_points"])]),
        (
            "Blood pressure above baseline by the drug, mmHg",
            [
                _Line("systolic", SYSTOLIC_CURVE, curves["sbp_rise_mmhg"]),
                _Line("diastolic", DIASTOLIC_CURVE, curves["dbp_rise_mmhg"]),
            ],
        ),
    ]
    with figure_settings():
        figure, axes = _stack(len(panels), "hours from the start of session 1", end)
        for axis, (title, lines) in zip(axes, panels, strict=True):
            _lines(axis, lines, 1.0)
            _dress(axis, title, from_zero=lines[0].colour is not SCORE_CURVE)
            _names(axis, [(line.label, line.colour) for line in lines if line.label])
            _doses(axis, protocol, end)
        _hours(axes[-1], end)
        _legend(figure, peaks=False)
        return figure


def plot_course(outlook: Outlook, protocol: Protocol) -> Figure:
    """Return a figure of the whole course in days: the highest values of each session, the pool and the scores."""
    end = outlook.end_h / HOURS_PER_DAY
    panels: list[tuple[str, Callable[[Axes], None], bool, list[tuple[str, Colour]]]] = []

    def peaks(title: str, *quantities: _Peaks) -> None:
        def draw(axis: Axes) -> None:
            for place, quantity in enumerate(quantities):
                shift = (place - (len(quantities) - 1) / 2) * end / 110
                _whiskers(axis, outlook, quantity, shift)

        panels.append((title, draw, True, [(q.label, q.colour) for q in quantities if q.label]))

    def curves(title: str, from_zero: bool, *lines: _Line) -> None:
        def draw(axis: Axes) -> None:
            _lines(axis, lines, HOURS_PER_DAY)

        panels.append((title, draw, from_zero, [(line.label, line.colour) for line in lines if line.label]))

    peaks(
        f"Arterial {_ketamine(protocol)}, highest of each session, ng/mL",
        _Peaks("", BOTH_CURVE, "ketamine_ng_per_ml"),
    )
    peaks("Block of NMDA receptors, highest, %", _Peaks("", BLOCK_CURVE, "receptor_block_percent"))
    peaks(
        "Prefrontal glutamate and GABA above baseline, highest, %",
        _Peaks("glutamate", GLUTAMATE_CURVE, "glutamate_percent"),
        _Peaks("GABA", GABA_CURVE, "gaba_percent"),
    )
    curves(
        "Plastic pool, what the drug leaves behind (0 to 1, no unit)",
        True,
        _Line("", BLOCK_CURVE, outlook.pool),
    )
    for scale in outlook.scales:
        curves(
            f"{scale.instrument.name}, points (true severity, {scale.instrument.low:g} to {scale.instrument.high:g})",
            False,
            _Line("protocol", SCORE_CURVE, scale.curve),
            _Line("control", CONTROL_CURVE, scale.control),
        )
    peaks("Dissociation (CADSS), highest, points", _Peaks("", CADSS_CURVE, "cadss_points"))
    peaks(
        "Blood pressure above baseline by the drug, highest, mmHg",
        _Peaks("systolic", SYSTOLIC_CURVE, "sbp_rise_mmhg"),
        _Peaks("diastolic", DIASTOLIC_CURVE, "dbp_rise_mmhg"),
    )
    with figure_settings():
        figure, axes = _stack(len(panels), "days from the first dose", end)
        for axis, (title, draw, from_zero, names) in zip(axes, panels, strict=True):
            draw(axis)
            _dress(axis, title, from_zero=from_zero)
            _names(axis, names)
            starts = [s.start_h / HOURS_PER_DAY for s in outlook.sessions]
            _triangles(axis, starts, 3.2 if len(starts) < 20 else 2.2)
        axes[-1].set_xlim(-end / 60, end)
        _days(axes[-1])
        _legend(figure, peaks=True)
        return figure


def describe_session(outlook: Outlook) -> str:
    """Return the text that stands for `plot_session` where it cannot be seen."""
    first = outlook.sessions[0]
    block, cadss = first.peaks["receptor_block_percent"], first.peaks["cadss_points"]
    return (
        f"Six panels above each other share one clock of {outlook.session_h:g} hours: arterial ketamine, block of NMDA "
        f"receptors (median peak {block.median:.0f}%), glutamate and GABA, {outlook.scales[0].instrument.name}, CADSS "
        f"(median peak {cadss.median:.1f} points) and the rise of blood pressure. Each has the median person, 90% of "
        "people as a band and the 90% uncertainty of the median as dashed lines. The tables give the same in numbers."
    )


def describe_course(outlook: Outlook) -> str:
    """Return the text that stands for `plot_course` where it cannot be seen."""
    scales = " and ".join(scale.instrument.name for scale in outlook.scales)
    return (
        f"Panels above each other share one clock of {outlook.end_h / HOURS_PER_DAY:g} days: for each of the "
        f"{len(outlook.sessions)} sessions the highest ketamine, block, glutamate, GABA, CADSS and rise of pressure, "
        f"over all days the plastic pool and {scales}, with the control beside them. The tables give the same."
    )


def _ketamine(protocol: Protocol) -> str:
    given = enantiomers_of([protocol.drug])
    return f"{given[0]}-ketamine" if len(given) == 1 else "ketamine (S + R)"


def _stack(count: int, label: str, end: float) -> tuple[Figure, Sequence[Axes]]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH_IN, 0.85 + PANEL_IN * count), layout="constrained")
    figure.get_layout_engine().set(h_pad=0.075)  # type: ignore[union-attr, call-arg]
    axes = figure.subplots(count, 1, sharex=True, squeeze=False)[:, 0]
    axes[-1].set_xlim(0.0, end)
    axes[-1].set_xlabel(label)
    return figure, list(axes)


def _lines(axis: Axes, lines: Sequence[_Line], hours_per_unit: float) -> None:
    for place, line in enumerate(lines):
        curve, colour = line.curve, line.colour.light
        times = curve.times_h / hours_per_unit
        # the control stands for comparison: its middle alone, so that two bands are not read as one
        if line.colour is not CONTROL_CURVE:
            axis.fill_between(times, curve.people[0], curve.people[1], color=colour, alpha=0.16, linewidth=0)
            for edge in () if curve.median_uncertainty is None else curve.median_uncertainty:
                axis.plot(times, edge, color=colour, linewidth=0.8, dashes=DASHES)
        # the second line is thinner, so that both are seen where they coincide
        axis.plot(times, curve.median, color=colour, linewidth=2.2 if place == 0 and len(lines) > 1 else 1.4)


def _whiskers(axis: Axes, outlook: Outlook, quantity: _Peaks, shift: float) -> None:
    few = len(outlook.sessions) < 20
    colour = quantity.colour.light
    for session in outlook.sessions:
        at = session.start_h / HOURS_PER_DAY + shift
        value: Endpoint = session.peaks[quantity.name]
        people, doubt = value.between_people, value.median_uncertainty
        axis.plot([at, at], [people.lo90, people.hi90], color=colour, alpha=0.28, linewidth=5.0 if few else 3.0,
                  solid_capstyle="butt")  # fmt: skip
        if doubt is not None:
            axis.plot([at, at], [doubt.lo90, doubt.hi90], color=colour, linewidth=1.2)
        axis.plot(
            [at], [value.median], linestyle="none", marker="o", markersize=4.2 if few else 3.0, color=colour
        )


def _dress(axis: Axes, title: str, *, from_zero: bool) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis.set_title(title, color=INK.light, loc="left", fontweight="bold", pad=10)
    low, high = axis.dataLim.intervaly
    if from_zero and low > -0.02 * max(high, 1e-9):
        axis.set_ylim(0.0, 1.06 * high if high > 0.0 else 1.0)
    axis.yaxis.set_major_locator(MaxNLocator(4))
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}".replace("-", "−")))
    axis.grid(color=GRID.light, linewidth=0.6)
    axis.set_axisbelow(True)
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axis.spines[side].set_color(AXIS.light)
    axis.tick_params(color=AXIS.light, labelcolor=MUTED.light, length=3)
    axis.xaxis.label.set_color(MUTED.light)


def _names(axis: Axes, names: Sequence[tuple[str, Colour]]) -> None:
    """The names of a panel's lines, at the right above it, each in its colour."""
    from matplotlib.lines import Line2D

    if names:
        axis.legend(
            handles=[Line2D([], [], color=colour.light, linewidth=2.2, label=text) for text, colour in names],
            loc="lower right",
            bbox_to_anchor=(1.0, 1.0),
            ncols=len(names),
            frameon=False,
            labelcolor=MUTED.light,
            borderpad=0.0,
            borderaxespad=0.15,
            handlelength=1.3,
            columnspacing=1.2,
        )


def _doses(axis: Axes, protocol: Protocol, end: float) -> None:
    doses = [d for d in protocol.planned_doses() if d.session == 0]
    begun = {(d.administration, d.device_index): d.time_h for d in reversed(doses)}
    _triangles(axis, sorted(begun.values()), 4.0)
    for dose in doses:
        if dose.duration_h:
            axis.axvspan(dose.time_h, min(dose.end_h, end), color=DOSE.light, alpha=0.14, linewidth=0)


def _triangles(axis: Axes, times: Sequence[float], size: float) -> None:
    axis.plot(
        list(times), [1.05] * len(times), linestyle="none", marker="v", markersize=size, markeredgewidth=0,
        color=DOSE.light, transform=axis.get_xaxis_transform(), clip_on=False,
    )  # fmt: skip


def _hours(axis: Axes, end: float) -> None:
    from matplotlib.ticker import MultipleLocator

    axis.xaxis.set_major_locator(MultipleLocator(0.5 if end <= 6.0 else 1.0))


def _days(axis: Axes) -> None:
    from matplotlib.ticker import MaxNLocator

    axis.xaxis.set_major_locator(MaxNLocator(10, integer=True))


def _legend(figure: Figure, *, peaks: bool) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    ink = MUTED.light
    doubt = "90% uncertainty of the median"
    median = Line2D([], [], color=ink, linewidth=1.6, label="median person")
    dashed = Line2D([], [], color=ink, linewidth=0.9, dashes=DASHES, label=doubt)
    dose = Line2D([], [], color=DOSE.light, marker="v", linestyle="none", markersize=5, label="dose")
    if peaks:
        median = Line2D([], [], color=ink, linewidth=1.4, marker="o", markersize=4.2, label="median person")
        dashed.set_label(f"{doubt} (of a dot: its line)")
        dose.set_label("session")
    people = Patch(facecolor=ink, alpha=0.22, linewidth=0, label="90% of people")
    figure.legend(
        handles=[median, people, dashed, dose], loc="outside upper left", ncols=4, frameon=False, labelcolor=ink,
        borderpad=0.0, handlelength=1.8, columnspacing=1.4,
    )  # fmt: skip
