"""A validation of effects in the terminal: counts first, the misses plainly, and why rows were skipped."""

from __future__ import annotations

from collections import Counter

from rich.console import Console
from rich.table import Table

from ataraxy.validation.effect_row import EffectRow
from ataraxy.validation.effects import EffectsSummary, EffectsValidation

MOST_REASONS = 12


def print_effects_validation(result: EffectsValidation, console: Console, *, rows: bool = False) -> None:
    """Print counts, targets, misses and the reasons of skipped rows.

    Args:
        rows: print every compared row, not the misses alone.
    """
    console.print("[bold]Effects against published trials[/bold]")
    if result.world == "null":
        console.print(
            "[yellow]Null world: no drug has an effect on symptoms; belief by what is felt stays.[/yellow]"
        )
    console.print(
        f"{result.evidence_rows} rows of evidence gave {len(result.rows)} results. Intervals hold 90% of "
        f"{result.draws} draws ({result.doubt}) and are those of results of as many people as each arm had.",
        soft_wrap=True,
    )
    for name, part in {"all": result.summary, **result.parts}.items():
        console.print(f"  {name}: {describe(part)}", soft_wrap=True, highlight=False)
    for title, listed in (("Targets", result.targets), ("Negative controls", result.negative_controls)):
        if listed:
            table = Table(title=title, title_justify="left")
            for heading in ("id", "observation", "computed", "verdict"):
                table.add_column(heading)
            for target in listed:
                table.add_row(target.id, target.observation, target.computed_text, target.verdict)
            console.print(table)
    compared = [row for row in result.rows if row.status != "skipped"]
    wrong = [row for row in compared if row.status in ("outside", "disagrees")]
    _table("Compared rows" if rows else "Misses", compared if rows else wrong, console)
    reasons = Counter(row.reason for row in result.rows if row.status == "skipped")
    if reasons:
        console.print(f"[bold]Skipped[/bold]: {sum(reasons.values())} results, most often because")
        for reason, count in reasons.most_common(MOST_REASONS):
            console.print(f"  {count:>4}  {reason}", soft_wrap=True, highlight=False, markup=False)
        if len(reasons) > MOST_REASONS:
            console.print(
                f"  and {len(reasons) - MOST_REASONS} other reasons; --json lists every row with its own."
            )


def describe(part: EffectsSummary) -> str:
    """Counts in one line."""
    status = part.by_status
    line = f"{part.rows} results, {status['skipped']} skipped; "
    numbers = status["inside"] + status["outside"]
    line += f"{numbers} numbers, {status['inside']} inside their interval"
    if part.coverage is not None:
        line += f" ({part.coverage:.0%})"
    line += f"; {status['agrees']} claims agree, {status['disagrees']} disagree"
    widths = ", ".join(f"{width:.3g} {unit}" for unit, width in part.median_width.items())
    return f"{line}; median width of the intervals {widths}" if widths else line


def _table(title: str, rows: list[EffectRow], console: Console) -> None:
    if not rows:
        return
    table = Table(title=title, title_justify="left")
    for heading in ("trial", "arm", "what", "time", "observed", "predicted (90%)", "n", "status"):
        table.add_column(heading)
    for row in rows:
        table.add_row(*cells(row))
    console.print(table)


def cells(row: EffectRow) -> tuple[str, ...]:
    """A row as text: trial, arm, what, time, observed, predicted, n, status."""
    predicted = ""
    if row.predicted is not None:
        p = row.predicted
        predicted = f"{p.median:.3g} ({p.lo90:.3g} to {p.hi90:.3g})"
    return (
        row.trial,
        row.arm,
        f"{row.name}, {row.kind}",
        time_text(row.time_h),
        observed_text(row),
        predicted,
        "" if row.people is None else str(row.people),
        row.status,
    )


def time_text(hours: float | None) -> str:
    """Hours up to three days, then days; empty where there is none."""
    if hours is None:
        return ""
    return f"{hours:.3g} h" if hours <= 72.0 else f"{hours / 24.0:.3g} d"


def observed_text(row: EffectRow) -> str:
    """What was observed with its unit; claims in words."""
    if row.observed is None:
        return ""
    if isinstance(row.observed, str):
        return row.observed
    ends = row.observed if isinstance(row.observed, tuple) else (row.observed,)
    return f"{' to '.join(f'{end:.4g}' for end in ends)} {row.unit}".rstrip()
