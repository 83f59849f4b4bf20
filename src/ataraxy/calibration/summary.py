"""A calibration in the terminal and as a page: what moved, what did not, what still misses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

OFF = 1.6449


def counts_text(document: Mapping[str, Any]) -> list[str]:
    """Sentences about a calibration in the shape of ``calibration-1.json``."""
    inside = document["share_inside_90"]
    targets = document["targets"]
    moved = [p["parameter"] for p in document["parameters"] if p["moved"]]
    left = document["effective_size_without"]
    weakest = min(left, key=lambda name: left[name]) if left else ""
    return [
        f"{len(targets)} numbers of {len({t['study'] for t in targets})} studies were fitted; "
        f"{len(document['not_fitted'])} rows of the same entries were not.",
        f"{document['draws']} weighed draws count as {document['effective_size_of_draws']:.0f}; "
        f"{document['moved']['draws']} moved on from them "
        f"({100 * document['moved']['accepted']:.0f}% of moves accepted) count as {document['effective_size']:.0f}"
        + (f"; without {weakest} as {left[weakest]:.0f}, which is the least." if weakest else "."),
        f"Inside their 90% interval: {100 * inside['before']:.0f}% of the fitted numbers before and "
        f"{100 * inside['after']:.0f}% after. They were fitted: this shows misfit, it validates nothing.",
        f"{len(moved)} of {len(document['parameters'])} parameters were moved by the data: "
        f"{', '.join(moved) or 'none'}.",
    ]


def target_cells(target: Mapping[str, Any]) -> tuple[str, ...]:
    """study, arm, what, time, observed, before, after, off."""
    time = target["time_h"]
    after = target["after"]
    return (
        target["study"],
        target["arm"],
        f"{target['scale']} {target['kind'].replace('_', ' ')}",
        f"{time:g} h" if time < 48 else f"{time / 24:.4g} d",
        f"{target['observed']:.4g} {target['unit']}",
        f"{target['before']['median']:.3g}",
        f"{after['median']:.3g} ({after['lo90']:.3g} to {after['hi90']:.3g})",
        f"{target['off']:+.1f}",
    )


HEADINGS = ("study", "arm", "what", "time", "observed", "before", "after (90%)", "off, SD")


def print_calibration(document: Mapping[str, Any], console: Console) -> None:
    """Prints a calibration."""
    for sentence in counts_text(document):
        console.print(sentence, highlight=False, markup=False)
    table = Table(*HEADINGS, title="Fitted numbers")
    for target in document["targets"]:
        table.add_row(*target_cells(target), style="bold" if abs(target["off"]) > OFF else "")
    console.print(table)
    shifts = Table(
        "parameter", "shift", "SD", "moved", title="Parameters, in SD of their published uncertainty"
    )
    for shift in document["parameters"]:
        shifts.add_row(
            shift["parameter"],
            f"{shift['mean']:+.2f}",
            f"{shift['sd']:.2f}",
            "yes" if shift["moved"] else "no",
        )
    console.print(shifts)
    for pair, correlation in document["overlaps"].items():
        console.print(f"{pair}: correlation {correlation:+.2f} after the fit", highlight=False, markup=False)


def page_text(document: Mapping[str, Any]) -> str:
    """The tables as Markdown."""
    made = document["provenance"]
    reasons: dict[str, set[str]] = {}
    for row in document["not_fitted"]:
        reasons.setdefault(row["reason"], set()).add(row["study"])
    parts = [
        f"Made by `{made['command']}`; data {made['data_sha256'][:12]}, model {made['model']['sha256'][:12]}, "
        f"seed {document['seed']}.",
        "\n".join(f"- {sentence}" for sentence in counts_text(document)),
        "## Fitted numbers",
        "In the unit of `observed`. `off` is observed less predicted, over the standard deviation of both.",
        _markdown(HEADINGS, [target_cells(t) for t in document["targets"]]),
        "## Spectroscopy, fitted through the circuit sets",
        "These numbers were used up when the circuit sets were drawn (see [effects](effects.md)). They are "
        "calibration, and no further term of the fit. On the disposition of Kamp 2020:",
        _markdown(
            ("row", "what", "observed", "all solved sets", "fitted sets"),
            [
                (
                    s["row"],
                    s["quantity"],
                    f"{s['observed']:g} ({s['low']:g} to {s['high']:g})",
                    f"{s['all_sets']:.3g}",
                    f"{s['fitted_sets']:.3g}",
                )
                for s in document["spectroscopy"]
            ],
        ),
        "## Parameters",
        "Shift and SD after the fit, in standard deviations of the published uncertainty: 0 and 1 is a parameter that "
        "the data say nothing about.",
        _markdown(
            ("parameter", "shift", "SD", "moved"),
            [
                (p["parameter"], f"{p['mean']:+.2f}", f"{p['sd']:.2f}", "yes" if p["moved"] else "no")
                for p in document["parameters"]
            ],
        ),
        "Correlations after the fit of parameters that overlap: "
        + "; ".join(f"{pair} {value:+.2f}" for pair, value in document["overlaps"].items())
        + ".",
        "## Rows that were not fitted",
        _markdown(
            ("reason", "entries"),
            [
                (why, ", ".join(sorted(names)))
                for why, names in sorted(reasons.items(), key=lambda x: (-len(x[1]), x[0]))
            ],
        ),
    ]
    return "\n\n".join(parts)


def _markdown(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(headings)} |", "|" + "---|" * len(headings)]
    lines += ["| " + " | ".join(c.replace("|", ", ").replace("*", "\\*") for c in row) + " |" for row in rows]
    return "\n".join(lines)
