"""Predicted beside observed: one figure of the values themselves, one of the errors study by study."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ataraxy.evidence.metric import DIMENSION, Kind, parse_metric
from ataraxy.evidence.unit import CLEARANCE, CONCENTRATION, EXPOSURE, PURE_NUMBER, TIME, VOLUME, parse_unit
from ataraxy.reports.palette import (
    AXIS,
    GRID,
    INK,
    MUTED,
    NOT_SCORED,
    R_CURVE,
    S_CURVE,
    WITHIN_2,
    WITHIN_125,
)
from ataraxy.reports.svg import figure_settings
from ataraxy.validation.kinetics import KineticValidation, ValidationRow

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH_IN: Final = 8.2
TYPICAL_WEIGHT_KG: Final = 70.0
# Quantity -> its title, the unit of its axis, and that unit in house units (mg, L, h).
_PANELS: Final = {
    CONCENTRATION: ("Concentration", "ng/mL", 1e-3),
    EXPOSURE: ("Area under the curve", "ng h/mL", 1e-3),
    TIME: ("Time of peak, half-life", "h", 1.0),
    CLEARANCE: ("Clearance of 70 kg", "L/h", 1.0),
    VOLUME: ("Volume of 70 kg", "L", 1.0),
}


@dataclass(frozen=True, slots=True)
class _Point:
    panel: tuple[str, str]  # title, unit
    observed: float
    predicted: float
    style: str


@dataclass(frozen=True, slots=True)
class _Style:
    name: str
    edge: str
    face: str
    marker: str


_STYLES: Final = {
    "independent": _Style("independent study", S_CURVE.light, S_CURVE.light, "o"),
    "own": _Style("a model's own data", R_CURVE.light, "none", "o"),
    "unscored": _Style("not scored", NOT_SCORED.light, NOT_SCORED.light, "x"),
}


def drawn_rows(rows: Iterable[ValidationRow]) -> tuple[ValidationRow, ...]:
    """Return the rows that a logarithmic axis can show: those with a fold error."""
    return tuple(row for row in rows if row.fold_error is not None)


def plot_observed_predicted(validation: KineticValidation) -> Figure:
    """Return a figure of predicted against observed on logarithmic axes, a panel for each quantity and its unit.

    The line of unity and the 1.25-fold and 2-fold zones are drawn. Units of one quantity are brought to one; a unit
    that cannot be has a panel of its own.
    """
    from matplotlib.figure import Figure

    points = [_point(row) for row in drawn_rows(validation.rows)]
    panels = sorted({p.panel for p in points}, key=lambda panel: -sum(p.panel == panel for p in points))
    with figure_settings():
        columns = min(3, max(len(panels), 1))
        lines = max(-(-len(panels) // columns), 1)
        figure = Figure(figsize=(WIDTH_IN * columns / 3, 0.6 + 2.75 * lines), layout="constrained")
        axes = figure.subplots(lines, columns, squeeze=False)
        for axis, panel in zip(axes.flat, panels, strict=False):
            _observed_predicted(axis, panel, [p for p in points if p.panel == panel])
        for axis in axes.flat[len(panels) :]:
            axis.set_axis_off()
        _legend(figure, {p.style for p in points})
        return figure


def plot_fold_errors(validation: KineticValidation) -> Figure:
    """Return a figure of predicted over observed, one line for each study, those off by most at the top."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    rows = drawn_rows(validation.rows)
    studies = _studies_in_order(rows)
    with figure_settings():
        figure = Figure(figsize=(WIDTH_IN, 1.0 + 0.19 * max(len(studies), 3)), layout="constrained")
        axis = figure.subplots()
        _zones_upright(axis)
        places = {study: place for place, study in enumerate(reversed(studies))}
        for row in rows:
            assert row.predicted is not None
            assert row.observed is not None
            style = _STYLES[_style(row)]
            _mark(axis, row.predicted / row.observed, places[row.study], style)
        axis.set_xscale("log")
        reach = max([2.4, *(row.fold_error * 1.15 for row in rows if row.fold_error is not None)])
        axis.set_xlim(1.0 / reach, reach)
        ticks = [
            t for t in (0.05, 0.1, 0.2, 0.3, 0.5, 0.8, 1.0, 1.25, 2, 3, 5, 10, 20) if 1 / reach <= t <= reach
        ]
        axis.xaxis.set_major_locator(FixedLocator(ticks))
        axis.xaxis.set_minor_locator(NullLocator())
        axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.3g}"))
        axis.set_yticks(list(places.values()), list(places))
        axis.set_ylim(-0.8, max(len(studies), 1) - 0.2)
        axis.grid(axis="y", color=GRID.light, linewidth=0.6)
        axis.set_xlabel("predicted / observed (no unit)")
        _dress(axis)
        axis.tick_params(axis="y", length=0)
        _legend(figure, {_style(row) for row in rows})
        return figure


def describe_observed_predicted(validation: KineticValidation) -> str:
    """Return the text that stands for `plot_observed_predicted` where it cannot be seen."""
    return (
        f"{len(drawn_rows(validation.rows))} predictions against what was observed, on logarithmic axes, one panel for "
        "each quantity. A prediction on the diagonal is right; the inner zone is within 1.25-fold, the outer within "
        "2-fold. The tables of rows give the same in numbers."
    )


def describe_fold_errors(validation: KineticValidation) -> str:
    """Return the text that stands for `plot_fold_errors` where it cannot be seen."""
    rows = drawn_rows(validation.rows)
    return (
        f"Predicted over observed for {len(rows)} rows of {len(_studies_in_order(rows))} studies on a logarithmic "
        "axis, a line for each study, those off by most at the top. 1 is right, 2 is twice too high, 0.5 is half of "
        "what was observed. The tables of rows give the same in numbers."
    )


def _style(row: ValidationRow) -> str:
    if not row.scored:
        return "unscored"
    return "independent" if row.relation == "independent" else "own"


def _point(row: ValidationRow) -> _Point:
    assert row.observed is not None
    assert row.predicted is not None
    title, unit, factor = _quantity(row.metric, row.unit)
    return _Point((title, unit), row.observed * factor, row.predicted * factor, _style(row))


def _quantity(metric_text: str, unit_text: str) -> tuple[str, str, float]:
    """Title, unit, and what a printed number is multiplied by; the printed unit itself where it is not understood."""
    metric, unit = parse_metric(metric_text), parse_unit(unit_text)
    as_printed = (metric_text, unit_text, 1.0)
    if metric is None or unit is None or unit.dimension.amount:
        return as_printed
    if metric.kind is Kind.BIOAVAILABILITY and unit.dimension == PURE_NUMBER:
        return ("Bioavailability", "%", 100.0 * unit.factor)
    if metric.ratio or metric.kind is None:
        return as_printed
    title, shown, size = _PANELS.get(DIMENSION[metric.kind], ("", "", 0.0))
    if not title or not unit.fits(DIMENSION[metric.kind]):
        return as_printed
    return title, shown, unit.read(1.0, weight_kg=TYPICAL_WEIGHT_KG) / size


def _observed_predicted(axis: Axes, panel: tuple[str, str], points: Sequence[_Point]) -> None:
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    title, unit = panel
    values = [v for p in points for v in (p.observed, p.predicted)]
    low, high = min(values) / 1.5, max(values) * 1.5
    ends = [low, high]
    axis.fill_between(
        ends, [v / 2.0 for v in ends], [v * 2.0 for v in ends], color=WITHIN_2.light, linewidth=0
    )
    axis.fill_between(
        ends, [v / 1.25 for v in ends], [v * 1.25 for v in ends], color=WITHIN_125.light, linewidth=0
    )
    axis.plot(ends, ends, color=INK.light, linewidth=0.9)
    for factor in (1.25, 0.8, 2.0, 0.5):
        dashes = (4, 3) if factor in (2.0, 0.5) else (1, 2)
        axis.plot(ends, [v * factor for v in ends], color=MUTED.light, linewidth=0.7, dashes=dashes)
    # the scored ones last, so that nothing lies over them
    for key in ("unscored", "own", "independent"):
        for point in points:
            if point.style == key:
                _mark(axis, point.observed, point.predicted, _STYLES[key])
    axis.set_xscale("log")
    axis.set_yscale("log")
    axis.set_xlim(low, high)
    axis.set_ylim(low, high)
    axis.set_aspect("equal")
    ticks = FixedLocator(_ticks(low, high))
    for side in (axis.xaxis, axis.yaxis):
        side.set_major_locator(ticks)
        side.set_minor_locator(NullLocator())
        side.set_major_formatter(
            FuncFormatter(lambda value, _: f"{value:,.3g}" if value < 1000 else f"{value:,.0f}")
        )
    axis.set_xlabel(f"observed, {unit}")
    axis.set_ylabel(f"predicted, {unit}")
    axis.set_title(title, color=INK.light, loc="left", fontweight="bold")
    _dress(axis)


def _ticks(low: float, high: float) -> list[float]:
    for steps in ((1.0,), (1.0, 3.0), (1.0, 2.0, 5.0)):
        ticks = [step * 10.0**power for power in range(-9, 10) for step in steps]
        inside = [tick for tick in ticks if low <= tick <= high]
        if len(inside) >= 3:
            return inside
    return inside


def _mark(axis: Axes, x: float, y: float, style: _Style) -> None:
    axis.plot(
        [x], [y], linestyle="none", marker=style.marker, markersize=4.6, markeredgewidth=1.1,
        markeredgecolor=style.edge, markerfacecolor=style.face, alpha=0.9,
    )  # fmt: skip


def _zones_upright(axis: Axes) -> None:
    axis.axvspan(0.5, 2.0, color=WITHIN_2.light, linewidth=0)
    axis.axvspan(0.8, 1.25, color=WITHIN_125.light, linewidth=0)
    axis.axvline(1.0, color=INK.light, linewidth=0.9)
    for edge, dashes in ((0.5, (4, 3)), (0.8, (1, 2)), (1.25, (1, 2)), (2.0, (4, 3))):
        axis.axvline(edge, color=MUTED.light, linewidth=0.7, dashes=dashes)


def _studies_in_order(rows: Sequence[ValidationRow]) -> list[str]:
    # studies with scored rows first, by those rows: they are what the headline stands on
    scored = {row.study for row in rows if row.scored}
    worst: dict[str, float] = {}
    for row in rows:
        if row.scored or row.study not in scored:
            worst[row.study] = max(worst.get(row.study, 0.0), row.fold_error or 0.0)
    return sorted(worst, key=lambda study: (study not in scored, -worst[study], study))


def _dress(axis: Axes) -> None:
    axis.set_axisbelow(True)
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axis.spines[side].set_color(AXIS.light)
    axis.tick_params(color=AXIS.light, labelcolor=MUTED.light, length=3)
    axis.xaxis.label.set_color(MUTED.light)
    axis.yaxis.label.set_color(MUTED.light)


def _legend(figure: Figure, used: set[str]) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    marks = [
        Line2D([], [], linestyle="none", marker=s.marker, markersize=5.5, markeredgewidth=1.2,
               markeredgecolor=s.edge, markerfacecolor=s.face, label=s.name)
        for key, s in _STYLES.items() if key in used
    ]  # fmt: skip
    zones = [
        Patch(facecolor=WITHIN_125.light, edgecolor=MUTED.light, linewidth=0.5, label="within 1.25-fold"),
        Patch(facecolor=WITHIN_2.light, edgecolor=MUTED.light, linewidth=0.5, label="within 2-fold"),
    ]
    figure.legend(
        handles=[*marks, *zones],
        loc="outside upper left",
        ncols=5,
        frameon=False,
        labelcolor=MUTED.light,
        borderpad=0.0,
        handletextpad=0.5,
        columnspacing=1.4,
    )
