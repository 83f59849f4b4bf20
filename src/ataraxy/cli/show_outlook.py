"""What effects, scales and safety look like in a terminal."""

from __future__ import annotations

import math

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ataraxy.pharmacology.exposure import Endpoint
from ataraxy.pharmacology.symptoms import get_indication
from ataraxy.reports.numbers import share_range, share_text
from ataraxy.trials.outlook import EVENTS, NAUSEA, PEAKS, WAYS_BACK, Outlook, Share

CAPTION = "median (90% of people) [90% uncertainty of the median]"


def show_standing(outlook: Outlook) -> None:
    """Prints what a reader must know before any number: what the evidence says, and what was switched."""
    console = Console()
    if outlook.world == "null":
        console.print("[bold red]NULL WORLD: the drug has no effect on symptoms here.[/bold red]")
    for line in outlook.standing:
        sources = "; ".join(f"{r.citation} {r.url}" for r in line.references)
        console.print(
            f"[bold yellow]{escape(line.claim)}[/bold yellow] {escape(line.text)} [dim]{escape(sources)}[/dim]",
            highlight=False,
        )
    for hypothesis in outlook.hypotheses:
        against = "; ".join(str(finding) for finding in hypothesis.evidence_against)
        console.print(
            f"[yellow]hypothesis switched on:[/yellow] {hypothesis.name}. Against it: {escape(against)}",
            highlight=False,
        )


def show_outlook(outlook: Outlook) -> None:
    """Prints effects and safety of the first and the last session, the scales, and hours against weeks."""
    console = Console()
    console.print(
        f"[bold]Effects[/bold], driven by {outlook.kinetics} ({outlook.kinetics_site}): {outlook.indication}, "
        f"setting {outlook.setting}, design {outlook.design}; {outlook.draws} draws of the parameters "
        f"({outlook.doubt}), {outlook.people} people",
        highlight=False,
    )
    for line in (*outlook.outside_studied_range, *outlook.assumptions):
        console.print(f"[yellow]of {outlook.kinetics}:[/yellow] {escape(line)}", highlight=False)
    shown = [outlook.sessions[k] for k in dict.fromkeys((0, len(outlook.sessions) - 1))]
    table = Table(
        title="Highest values and the way back", title_justify="left", caption=CAPTION, caption_justify="left"
    )
    table.add_column("quantity")
    for session in shown:
        table.add_column(f"session {session.session}", justify="right")
    for what, measures in (("peaks", PEAKS), ("ways_back", WAYS_BACK)):
        for m in measures:
            table.add_row(f"{m.title}, {m.unit}", *(_text(getattr(s, what)[m.name]) for s in shown))
    console.print(table)
    events = Table(
        title="Share of people",
        title_justify="left",
        caption="mean \\[90% uncertainty]",
        caption_justify="left",
    )
    events.add_column("event")
    for session in shown:
        events.add_column(f"session {session.session}", justify="right")
    events.add_column("course, at least once", justify="right")
    for m in (*EVENTS, NAUSEA):
        events.add_row(
            m.title,
            *(_share(s.events.get(m.name)) for s in shown),
            _share(outlook.events[m.name]),
        )
    console.print(events)
    for scale in outlook.scales:
        outcomes = Table(
            title=f"{scale.instrument.name}: fall in points, shares of people; control: {outlook.control}",
            title_justify="left",
            caption=f"{CAPTION}; shares: mean \\[90% uncertainty], then control",
            caption_justify="left",
        )
        for heading in ("when", "fall", "gain over control", "relief that matters", "response", "remission"):
            outcomes.add_column(heading, justify="left" if heading == "when" else "right")
        for o in scale.outcomes:
            doubt = o.gain_uncertainty
            behind = "" if doubt is None else f"\n\\[{doubt.lo90:.3g} to {doubt.hi90:.3g}]"
            outcomes.add_row(
                o.when,
                _text(o.fall),
                f"{o.gain:.3g}{behind}",
                *(
                    f"{_share(own)}\n{_share(other)}"
                    for own, other in (
                        (o.relieved, o.control_relieved),
                        (o.response, o.control_response),
                        (o.remission, o.control_remission),
                    )
                ),
            )
        console.print(outcomes)
        console.print(f"first relief that matters, h: {_text(scale.time_to_relief_h)}", highlight=False)
        if scale.time_to_loss_d is not None:
            console.print(f"response lost again after, days: {_text(scale.time_to_loss_d)}", highlight=False)
    _show_onset(outlook, console)


def _show_onset(outlook: Outlook, console: Console) -> None:
    main = get_indication(outlook.indication).main.instrument.name
    hours = {1.0: "1 h", 4.0: "4 h", 24.0: "1 d", 168.0: "1 week", 672.0: "4 weeks", 2016.0: "12 weeks"}
    table = Table(
        title=f"Hours against weeks: people whose {main} fell by what matters, masked against placebo",
        title_justify="left",
        caption="median \\[90% uncertainty]",
        caption_justify="left",
    )
    table.add_column("treatment")
    for words in hours.values():
        table.add_column(words, justify="right")
    for curve in outlook.onset:
        places = [list(curve.times_h).index(h) for h in hours]
        cells = []
        for k in places:
            middle, low, high = (float(v) for v in curve.relieved[:, k])
            cells.append(f"{share_text(middle)} \\[{share_range(low, high)}]")
        table.add_row(curve.treatment, *cells)
    console.print(table)


def _text(endpoint: Endpoint) -> str:
    people, doubt = endpoint.between_people, endpoint.median_uncertainty
    line = f"{_number(endpoint.median)} ({_number(people.lo90)} to {_number(people.hi90)})"
    return line if doubt is None else f"{line} \\[{_number(doubt.lo90)} to {_number(doubt.hi90)}]"


def _number(value: float) -> str:
    return f"{value:.3g}" if math.isfinite(value) else "not reached"


def _share(share: Share | None) -> str:
    if share is None:
        return "–"
    doubt = share.uncertainty
    behind = "" if doubt is None else f" \\[{share_range(doubt.lo90, doubt.hi90)}]"
    return f"{share_text(share.percent)}{behind}"
