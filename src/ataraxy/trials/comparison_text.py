"""A comparison of protocols in the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from ataraxy.trials.compare import PLANNED, QUANTITIES, Comparison, Quantity, Spread


def print_comparison(result: Comparison, console: Console) -> None:
    """Print cautions, numbers of each protocol, and what the evidence can and cannot tell apart."""
    console.print(f"[bold]{' and '.join(p.name for p in result.protocols)} in the same virtual people[/bold]")
    console.print(
        f"{result.indication}, {result.instrument}; {result.draws} draws of the parameters ({result.doubt}), "
        f"{result.people} people each",
        soft_wrap=True,
        highlight=False,
    )
    for caution in result.cautions:
        console.print(f"[yellow]{caution}[/yellow]", soft_wrap=True, highlight=False)
    table = Table(
        title="Means over people",
        title_justify="left",
        caption="mean [90% uncertainty of the mean] (90% of people)",
        caption_justify="left",
        show_lines=True,
    )
    table.add_column("")
    for protocol in result.protocols:
        table.add_column(f"{protocol.name}\n{protocol.dose}", justify="right")
    for quantity in QUANTITIES:
        unit = f", {quantity.unit}" if quantity.unit else ""
        table.add_row(
            f"{quantity.title}{unit}",
            *(spread_text(quantity, protocol.values[quantity.name]) for protocol in result.protocols),
        )
    console.print(table)
    apart = [d for d in result.differences if d.tells_apart]
    rest = [d for d in result.differences if not d.tells_apart]
    for title, listed in (("Told apart", apart), ("Not told apart by the evidence", rest)):
        if listed:
            console.print(f"[bold]{title}[/bold]")
            for difference in listed:
                console.print(f"  - {difference.sentence}", soft_wrap=True, highlight=False, markup=False)


def spread_text(quantity: Quantity, value: Spread) -> str:
    """A quantity of a protocol in two lines."""
    if quantity.name in PLANNED:
        return f"{value.mean:.3g}"
    doubt, people = value.uncertainty, value.people
    return (
        f"{value.mean:.3g} \\[{doubt.lo90:.3g} to {doubt.hi90:.3g}]\n({people.lo90:.3g} to {people.hi90:.3g})"
    )
