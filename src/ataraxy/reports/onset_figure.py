"""Hours against weeks: how many people have relief that matters, on one time axis from half an hour to twelve weeks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from ataraxy.reports.palette import (
    AXIS,
    BLOCK_CURVE,
    BOTH_CURVE,
    CONTROL_CURVE,
    GRID,
    MUTED,
    SCORE_CURVE,
    Colour,
)
from ataraxy.reports.svg import figure_settings
from ataraxy.trials.outlook import Outlook

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WEEK_H: Final = 168.0
TICKS: Final = (
    (0.5, "30 min"), (1.0, "1 h"), (2.0, "2 h"), (4.0, "4 h"), (8.0, "8 h"), (24.0, "1 d"), (48.0, "2 d"),
    (WEEK_H, "1 wk"), (2 * WEEK_H, "2 wk"), (4 * WEEK_H, "4 wk"), (8 * WEEK_H, "8 wk"), (12 * WEEK_H, "12 wk"),
)  # fmt: skip
_STYLES: Final[Mapping[str, tuple[Colour, str, float]]] = {
    "ketamine": (BOTH_CURVE, "o", 0.93),
    "SSRI or SNRI": (SCORE_CURVE, "s", 0.98),
    "psychotherapy": (BLOCK_CURVE, "D", 1.03),
    "placebo": (CONTROL_CURVE, "x", 1.08),
}


def plot_onset(outlook: Outlook) -> Figure:
    """Return a figure of the share of people with relief that matters: a line and 90% intervals for each treatment."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    with figure_settings():
        figure = Figure(figsize=(8.2, 3.9), layout="constrained")
        axis = figure.subplots()
        for curve in outlook.onset:
            colour, marker, shift = _STYLES[curve.treatment]
            middle, low, high = curve.relieved
            axis.errorbar(
                curve.times_h * shift, middle, yerr=[middle - low, high - middle], color=colour.light, linewidth=1.6,
                marker=marker, markersize=4.4, elinewidth=0.9, capsize=2.0, capthick=0.9, label=curve.treatment,
                linestyle="--" if curve.treatment == "placebo" else "-",
            )  # fmt: skip
        axis.set_xscale("log")
        axis.set_xlim(0.42, 13.4 * WEEK_H)
        axis.set_ylim(0.0, 102.0)
        names = dict(TICKS)
        axis.xaxis.set_major_locator(FixedLocator(list(names)))
        axis.xaxis.set_minor_locator(NullLocator())
        axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: names.get(value, "")))
        axis.set_xlabel("time from the start of treatment (logarithmic: hours, days, weeks)")
        axis.set_ylabel("people with relief that matters, %")
        axis.grid(color=GRID.light, linewidth=0.6)
        axis.set_axisbelow(True)
        for side in ("top", "right"):
            axis.spines[side].set_visible(False)
        for side in ("left", "bottom"):
            axis.spines[side].set_color(AXIS.light)
        axis.tick_params(color=AXIS.light, labelcolor=MUTED.light, length=3)
        axis.xaxis.label.set_color(MUTED.light)
        axis.yaxis.label.set_color(MUTED.light)
        figure.legend(
            loc="outside upper left", ncols=4, frameon=False, labelcolor=MUTED.light, borderpad=0.0, handlelength=2.4,
            columnspacing=1.6,
        )  # fmt: skip
        return figure


def describe_onset(outlook: Outlook) -> str:
    """Return the text that stands for the figure where it cannot be seen."""
    names = ", ".join(curve.treatment for curve in outlook.onset)
    return (
        "Share of people with relief that matters on a logarithmic clock from half an hour to twelve weeks; a line "
        f"with 90% intervals each for {names}. The table gives the same in numbers."
    )
