"""What a simulation looks like in a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from ataraxy.pharmacology.exposure import Endpoint, SimulationResult


def show_simulation(result: SimulationResult) -> None:
    """Prints warnings first, then exposure in the first and the last session."""
    console = Console()
    console.print(
        f"[bold]{result.protocol.title or result.protocol.name}[/bold]: {result.protocol.dose}, "
        f"{len(result.sessions)} sessions; model {result.model} ({result.site}); {result.people} virtual people",
        highlight=False,
    )
    for line in result.outside_studied_range:
        console.print(f"[yellow]outside the studied range:[/yellow] {line}", highlight=False)
    for line in result.assumptions:
        console.print(f"[yellow]assumed:[/yellow] {line}", highlight=False)
    shown = dict.fromkeys((result.sessions[0], result.sessions[-1]))
    for session in shown:
        table = Table(
            title=f"Session {session.session}, from {session.start_h / 24:g} days; {session.window_h:g} h",
            title_justify="left",
            caption="median (90% of people) [90% uncertainty of the median]",
            caption_justify="left",
            show_lines=True,
        )
        for heading in ("analyte", "Cmax ng/mL", "Tmax h", "AUC ng h/mL", "half-life h"):
            table.add_column(heading, justify="left" if heading == "analyte" else "right")
        for a in session.analytes:
            table.add_row(
                a.analyte,
                *(_text(e) for e in (a.cmax_ng_per_ml, a.tmax_h, a.auc_ng_h_per_ml, a.half_life_h)),
            )
        console.print(table)


def _text(endpoint: Endpoint) -> str:
    people, doubt = endpoint.between_people, endpoint.median_uncertainty
    lines = [f"{endpoint.median:.3g}", f"({people.lo90:.3g} to {people.hi90:.3g})"]
    if doubt is not None:
        lines.append(f"\\[{doubt.lo90:.3g} to {doubt.hi90:.3g}]")
    return "\n".join(lines)
