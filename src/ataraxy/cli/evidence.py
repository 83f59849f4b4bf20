"""`ataraxy evidence`: what others published, what it may be used for, and which rows cannot be used and why."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ataraxy.cli.options import JsonOption, one_of
from ataraxy.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console

    from ataraxy.evidence.pd_parameter import PdParameter
    from ataraxy.evidence.row import Row
    from ataraxy.evidence.trial import Trial
    from ataraxy.evidence.trials import TrialEvidence

WHATS = ("list", "show", "parameters")


def evidence_command(
    what: Annotated[
        str, typer.Argument(help="list, show (an entry or a parameter by its id), or parameters.")
    ] = "list",
    identity: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="What to show, or a parameter's id.")
    ] = None,
    trials: Annotated[
        Path | None,
        typer.Option(help="A file of the form of the shipped trials.yaml; the shipped one if not given."),
    ] = None,
    use: Annotated[str | None, typer.Option(help="calibrate, context or do_not_use.")] = None,
    entry_type: Annotated[
        str | None, typer.Option("--type", help="trial, cohort, meta_analysis, ...")
    ] = None,
    indication: Annotated[str | None, typer.Option(help="A part of the indication, such as PTSD.")] = None,
    drug: Annotated[
        str | None, typer.Option(help="A part of what an arm was given, such as esketamine.")
    ] = None,
    measure: Annotated[
        str | None, typer.Option(help="A scale or safety measure, such as HAM-A or sbp_rise; a part will do.")
    ] = None,
    species: Annotated[
        str | None, typer.Option(help="Of parameters: human, rat, mouse, in vitro, ...")
    ] = None,
    include_refused: Annotated[
        bool, typer.Option("--include-refused", help="Show entries that are retracted or unsound as well.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """List, filter and show the published evidence; refused entries stand apart with the reason."""
    from ataraxy.evidence.pd_parameter import load_pd_parameters
    from ataraxy.evidence.trials import load_trials
    from ataraxy.evidence.use import read_use

    task = one_of("evidence", what, WHATS)
    if task == "parameters":
        found = load_pd_parameters().select(ids=identity or "", species=species or "", words=measure or "")
        if as_json:
            _print_json({"parameters": _parameter_records(found)})
        else:
            _print_parameters(found, _console())
        return
    evidence = load_trials(trials)
    if task == "show":
        if not identity:
            raise InputError(
                "nothing to show",
                code="cli.argument",
                remedy="Give the id of an entry or a parameter",
                where="show",
            )
        if identity not in evidence.by_id and (row := load_pd_parameters().by_id.get(identity.upper())):
            if as_json:
                _print_json({"parameters": _parameter_records([row])})
            else:
                _print_parameters([row], _console())
            return
        trial = evidence.get(identity, include_refused=include_refused)
        if as_json:
            from ataraxy.evidence.record import trial_record

            _print_json({"file": evidence.file, "sha256": evidence.sha256, "trial": trial_record(trial)})
        else:
            _print_trial(trial, _console())
        return
    if identity:
        raise InputError(
            f"{identity!r} is one word too many",
            code="cli.argument",
            remedy=f"Use show {identity}",
            where="list",
        )
    if use:
        use = read_use(use, "--use")
    wanted = [t for t in evidence.trials if _fits(t, use, entry_type, indication, drug, measure)]
    listed = [t for t in wanted if include_refused or not t.refused]
    refused = [t for t in wanted if t.refused]
    if as_json:
        from ataraxy.evidence.record import trial_summary

        _print_json(
            {
                "file": evidence.file,
                "sha256": evidence.sha256,
                "counts": dict(evidence.counts()),
                "trials": [trial_summary(t) for t in listed],
                "refused": [{"id": t.id, "citation": t.citation, "refusal": t.refusal} for t in refused],
            }
        )
        return
    _print_list(evidence, listed, refused, _console())


def _fits(
    trial: Trial,
    use: str | None,
    entry_type: str | None,
    indication: str | None,
    drug: str | None,
    measure: str | None,
) -> bool:
    """Return whether an entry has all of what was asked for; case, hyphens and underscores make no difference."""

    def among(wanted: str | None, words: Sequence[str]) -> bool:
        return not wanted or any(_plain(wanted) in _plain(word) for word in words)

    kinds = [arm.kind.value for arm in trial.arms]
    texts = [row.text for row in trial.outcomes] + [row.text for row in trial.safety]
    return (
        (not use or use == trial.use)
        and (not entry_type or _plain(entry_type) == _plain(trial.entry_type))
        and among(indication, trial.indications)
        and among(drug, [*trial.drugs, *kinds])
        and among(measure, [*trial.instruments, *trial.measures, *texts])
    )


def _plain(text: str) -> str:
    return "".join(character for character in text.lower() if character.isalnum())


def _print_json(content: dict[str, Any]) -> None:
    from ataraxy.evidence.record import SCHEMA

    typer.echo(json.dumps({"schema": SCHEMA, **content}, indent=1, allow_nan=False))


def _parameter_records(rows: Sequence[PdParameter]) -> list[dict[str, Any]]:
    from ataraxy.evidence.record import parameter_record

    return [parameter_record(row) for row in rows]


def _console() -> Console:
    from rich.console import Console

    return Console()


def _print_list(
    evidence: TrialEvidence, listed: Sequence[Trial], refused: Sequence[Trial], console: Console
) -> None:
    from rich.markup import escape
    from rich.table import Table

    table = Table(
        "entry", "use", "type", "of what", "n", "rows usable", title=f"Evidence in {escape(evidence.file)}"
    )
    for t in listed:
        usable = 0 if t.refused else sum(row.usable for row in t.rows)
        table.add_row(
            escape(t.id),
            "[red]refused[/red]" if t.refused else t.use,
            escape(t.entry_type),
            escape(", ".join(t.indications)),
            "" if t.n is None else f"{t.n:,}",
            f"{usable} of {len(t.rows)}",
        )
    console.print(table)
    for t in refused:
        console.print(f"[red]refused[/red] {escape(t.id)}: {escape(t.refusal)}")
    addresses = [t.id for t in listed if t.url_status == "stem"]
    if addresses:
        console.print(f"Address cut short in the source, to be found again: {escape(', '.join(addresses))}")
    console.print(
        f"{len(listed)} of {len(evidence.trials)} entries. `ataraxy evidence show ENTRY` shows one."
    )


def _print_trial(trial: Trial, console: Console) -> None:
    from rich.markup import escape
    from rich.table import Table

    from ataraxy.evidence.arm import arm_text

    if trial.refused:
        console.print(f"[red]REFUSED[/red]: {escape(trial.refusal)}")
    head = Table(
        show_header=False, title=escape(trial.citation), title_justify="left", box=None, pad_edge=False
    )
    head.add_column(style="bold", no_wrap=True)
    head.add_column()
    facts = (
        ("entry", f"{trial.id} ({trial.entry_type}), use: {trial.use}"),
        ("address", f"{trial.url} ({trial.url_status or 'status not stated'})"),
        ("doi, registry", ", ".join(filter(None, (trial.doi, trial.registry)))),
        ("seen", trial.seen),
        ("design", f"{trial.design} [read as {trial.setting.masking}]"),
        ("people", ", ".join(filter(None, (trial.population, "" if trial.n is None else f"n = {trial.n}")))),
        ("of what", ", ".join(trial.indications)),
        ("why", trial.why),
        ("caveats", trial.caveats),
        *(("left aside", flag) for flag in trial.flags),
    )
    for name, text in facts:
        if text:
            head.add_row(name, escape(text))
    console.print(head)
    if trial.arms:
        table = Table("arm", "what", "n", "can be simulated", title="Arms", title_justify="left")
        for arm in trial.arms:
            notes = "; ".join(
                filter(None, ("yes" if arm.usable else "no", *arm.reasons, *arm.flags, arm.by_hand))
            )
            table.add_row(
                escape(arm.id), escape(arm_text(arm)), "" if arm.n is None else str(arm.n), escape(notes)
            )
        console.print(table)
    for section in ("outcomes", "responders", "safety", "durability", "dropouts"):
        rows: Sequence[Row] = getattr(trial, section)
        if rows:
            table = Table(
                "what", "arms", "time", "number or claim", "usable", title=section, title_justify="left"
            )
            for row in rows:
                why = "yes" if row.usable else f"no: {row.reason}"
                notes = "; ".join([why, *row.flags])
                table.add_row(*(escape(cell) for cell in (*_cells(row), notes)))
            console.print(table)


def _cells(row: Row) -> tuple[str, str, str, str]:
    """Return what, arms, time and number of a row as text."""
    from ataraxy.evidence.durability import Durability
    from ataraxy.evidence.outcome import Outcome
    from ataraxy.evidence.responders import Responders
    from ataraxy.evidence.safety import SafetyOutcome

    if isinstance(row, Outcome):
        estimate = row.estimate
        numbers = [_range(estimate.mean)] if estimate.mean else [f"{value:g}" for value in estimate.series]
        numbers += [f"median {estimate.median:g}"] if estimate.median is not None else []
        numbers += [f"SD {estimate.sd:g}"] if estimate.sd is not None else []
        numbers += [f"95% {estimate.ci.low:g} to {estimate.ci.high:g}"] if estimate.ci else []
        numbers += [f"d {_range(estimate.effect)}"] if estimate.effect else []
        what = f"{', '.join(item.name for item in row.instruments) or row.text} {row.kind.replace('_', ' ')}"
        said = [claim.text for claim in row.claims]
        return (
            what,
            row.comparison.text,
            _time(row.times.points),
            "; ".join([" ".join(numbers), *said]).strip("; "),
        )
    if isinstance(row, Responders):
        shares = ", ".join(f"{_range(share.percent)} %" for share in row.shares)
        name = ", ".join(item.name for item in row.instruments)
        return f"{name} {row.definition}".strip(), row.comparison.text, _time(row.times.points), shares
    if isinstance(row, SafetyOutcome):
        value = "" if row.value is None else f"{row.bound} {_range(row.value)}".strip()
        unit = row.measures[0].unit if row.measures and value else ""
        said = [claim.text for claim in row.claims]
        return (
            row.text,
            row.comparison.text,
            _time(row.times.points),
            "; ".join([f"{value} {unit}", *said]).strip("; "),
        )
    if isinstance(row, Durability):
        points = ", ".join(f"{number:g} % at day {day:g}" for day, number in row.points)
        return row.measure, row.comparison.text, "", points
    return "; ".join(f"{key}: {value}" for key, value in row.origin.fields.items()), "", "", ""


def _range(number: tuple[float, float]) -> str:
    return f"{number[0]:.4g}" if number[0] == number[1] else f"{number[0]:.4g} to {number[1]:.4g}"


def _time(points: Sequence[tuple[float, float]]) -> str:
    """Return times in hours up to two days, in days beyond."""
    if not points:
        return ""
    latest = max(point[1] for point in points)
    scale, unit = (1.0, "h") if latest <= 48 else (24.0, "d")
    return ", ".join(_range((low / scale, high / scale)) for low, high in points) + f" {unit}"


def _print_parameters(rows: Sequence[PdParameter], console: Console) -> None:
    from rich.markup import escape
    from rich.table import Table

    table = Table(
        "id", "quantity", "value", "unit", "range", "species", "grade", "source", title="Published parameters"
    )
    for row in rows:
        limits = "" if row.low is None or row.high is None else f"{row.low:g} to {row.high:g}"
        cells = (
            row.id,
            row.quantity,
            row.printed,
            row.unit,
            limits,
            row.species or row.population,
            row.grade,
        )
        table.add_row(*(escape(cell) for cell in (*cells, f"{row.source} {row.url}")))
    console.print(table)
    console.print(f"{len(rows)} rows")
    if len(rows) == 1 and rows[0].note:
        console.print(f"note: {escape(rows[0].note)}")
