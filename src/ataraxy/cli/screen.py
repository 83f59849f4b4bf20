"""`ataraxy screen`: the gate on one chart."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Annotated

import typer

from ataraxy.cli.options import JsonOption
from ataraxy.errors import InputError

if TYPE_CHECKING:
    from ataraxy.therapy.gate import Finding, Judgement
    from ataraxy.therapy.rule import RuleSet


def screen_command(
    chart: Annotated[str, typer.Argument(help="A chart in YAML, or the name of an example chart.")],
    rules: Annotated[
        str, typer.Option(help="Rules in YAML, or the name of shipped rules.")
    ] = "ketamine-anxiety",
    at: Annotated[
        str,
        typer.Option(
            help="The moment to judge at, with its offset from UTC; a date means the end of that day in UTC; "
            '"now" means now. By default the moment that the chart describes, or now.'
        ),
    ] = "",
    everything: Annotated[bool, typer.Option("--all", help="Show the rules that are met too.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Say whether the rules let a person be treated, and why."""
    from ataraxy.exchange.patient_chart_file import load_chart
    from ataraxy.exchange.rules_file import load_rules
    from ataraxy.exchange.screening import screening_document
    from ataraxy.therapy.gate import judge

    loaded = load_chart(chart)
    rule_set = load_rules(rules)
    now = datetime.now(UTC)
    if at:
        moment, moment_from = (now, "clock") if at == "now" else (_moment(at), "option")
    else:
        moment, moment_from = (now, "clock") if loaded.as_of is None else (loaded.as_of, "chart")
    judgement = judge(loaded.chart, rule_set, moment)
    if as_json:
        typer.echo(
            json.dumps(screening_document(judgement, moment_from=moment_from), indent=1, ensure_ascii=False)
        )
        return
    _show(judgement, rule_set, moment_from, everything)
    if moment_from == "chart" and abs((now - moment).days) >= 1:
        typer.echo("\nThe chart describes a moment of its own. Today facts may be stale: use --at now.")


def _moment(text: str) -> datetime:
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        try:
            return datetime.combine(date.fromisoformat(text), time(23, 59, 59), UTC)
        except ValueError:
            pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(
            f"{text!r} is not a time",
            code="cli.time",
            remedy="Write 2026-03-01T09:30+01:00, 2026-03-01 or now",
            where="--at",
        ) from None
    if moment.tzinfo is None:
        raise InputError(
            f"{text} has no offset from UTC",
            code="time.naive",
            remedy="Write 2026-03-01T09:30+01:00",
            where="--at",
        )
    return moment


_COLOURS = {"allow": "green", "delay": "yellow", "block": "red", "caution": "cyan"}
_MEANS = {
    "allow": "the rules allow treatment",
    "delay": "not now: something has to be supplied, or to pass, first",
    "block": "the rules forbid treatment",
}
_SENSE = {"require": "required", "trigger": "triggers"}
_HEADINGS = {"block": "Blocks", "delay": "Delays", "caution": "Cautions: these stop nothing"}


def _show(judgement: Judgement, rules: RuleSet, moment_from: str, everything: bool) -> None:
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

    console = Console(highlight=False)
    decision = judgement.decision.value
    console.print(Text.assemble((decision.upper(), f"bold {_COLOURS[decision]}"), f": {_MEANS[decision]}"))
    origin = {"chart": ", as the chart says", "clock": ", now", "option": ""}[moment_from]
    console.print(
        f"Judged at {judgement.at:%Y-%m-%d %H:%M} UTC{origin}, by the rules {rules.label}"
        f" ({judgement.rules_hash}); facts {judgement.facts_hash}"
    )
    for effect, heading in _HEADINGS.items():
        chosen = [f for f in judgement.findings if f.effect is not None and f.effect.value == effect]
        if not chosen:
            continue
        console.print()
        console.print(Text(heading, style=f"bold {_COLOURS[effect]}"))
        for group in _grouped(chosen):
            for number, line in enumerate(_lines(group)):
                console.print(
                    Padding(
                        Text(line, style="bold" if number == 0 else ""), (0, 0, 0, 2 if number == 0 else 4)
                    )
                )
    met = [f for f in judgement.others if f.status.value == "met"]
    console.print()
    console.print(
        f"{len(met)} rules are met; {len(judgement.others) - len(met)} do not apply or are disabled."
    )
    if everything:
        for finding in judgement.others:
            status = finding.status.value.replace("_", " ")
            console.print(
                Padding(
                    Text(f"{finding.rule}/{finding.version} {status}: {finding.value or finding.reason}"),
                    (0, 0, 0, 2),
                )
            )


def _grouped(findings: list[Finding]) -> list[list[Finding]]:
    """Findings that are unknown for the same reason stand together; all others alone."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        unknown = finding.status.value == "unknown"
        groups.setdefault((finding.reason if unknown else finding.rule, finding.status.value), []).append(
            finding
        )
    return list(groups.values())


def _lines(group: list[Finding]) -> list[str]:
    first = group[0]
    names = ", ".join(f"{f.rule}/{f.version}" for f in group)
    lines = [first.reason[:1].upper() + first.reason[1:], f"rule{'s' if len(group) > 1 else ''} {names}"]
    if len(group) == 1:
        extrapolated = "; extrapolated from esketamine" if first.extrapolated else ""
        lines.append(f"fact {first.fact}; {_SENSE[first.sense.value]}: {first.threshold}")
        lines.append(f"source: {first.source} ({first.grade.label}{extrapolated})")
    else:
        lines.append(
            f"fact {first.fact}; sources: {'; '.join(dict.fromkeys(f'{f.source} ({f.grade.label})' for f in group))}"
        )
    lines.append(f"what would change it: {first.remedy}")
    if first.effect is not None and first.effect.value != "caution":
        lines.append(
            "a prescriber in date may override it with a reason"
            if first.override.value == "prescriber"
            else "cannot be overridden"
        )
    return lines
