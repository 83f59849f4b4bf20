"""`ataraxy validate`: predictions beside what was observed, misses included."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from ataraxy.cli.options import JsonOption, SeedOption, WorkersOption, worker_count
from ataraxy.cli.progress import progress_bar
from ataraxy.errors import InputError


def validate_command(
    evidence: Annotated[
        Path | None,
        typer.Option(
            help="Folder with pk_studies.yaml and pk_observations.csv; the shipped evidence where not given."
        ),
    ] = None,
    model: Annotated[str, typer.Option(help="A kinetic model, or auto: matched to each study.")] = "auto",
    out: Annotated[Path | None, typer.Option(help="Folder for a report.")] = None,
    effects: Annotated[
        bool, typer.Option("--effects", help="Symptoms and side effects against trials, not concentrations.")
    ] = False,
    trials: Annotated[
        Path | None, typer.Option(help="With --effects: a file of trials; the shipped one where not given.")
    ] = None,
    world: Annotated[
        str, typer.Option(help="With --effects: published, or null: no effect of drugs on symptoms.")
    ] = "published",
    draws: Annotated[int, typer.Option(help="With --effects: draws of the parameters' uncertainty.")] = 40,
    seed: SeedOption = 1,
    workers: WorkersOption = None,
    as_json: JsonOption = False,
) -> None:
    """Simulate every study as it was dosed and compare with what it reported."""
    if effects or trials is not None:
        if evidence is not None or model != "auto" or out is not None:
            raise InputError(
                "--evidence, --model and --out belong to the validation of concentrations",
                code="cli.option",
                remedy="Leave them out, or leave --effects and --trials out",
                where="validate --effects",
            )
        _validate_effects(trials, world, draws, seed, worker_count(workers), as_json)
        return
    from ataraxy.evidence.kinetics import load_kinetic_evidence
    from ataraxy.validation.kinetics import validate_kinetics

    folder = None
    if out is not None:
        from ataraxy.reports.folder import ResultFolder

        folder = ResultFolder(out)
    with progress_bar("studies") as progress:
        result = validate_kinetics(
            load_kinetic_evidence(evidence),
            model=model,
            command=shlex.join(["ataraxy", *sys.argv[1:]]),
            progress=progress,
        )
    text = json.dumps(result.to_json(), indent=1, allow_nan=False)
    if folder is not None:
        from ataraxy.reports.document import render_validation

        folder.write({"report.html": render_validation(result).encode(), "validation.json": text.encode()})
    if as_json:
        typer.echo(text)
        return
    from rich.console import Console

    from ataraxy.validation.summary import print_validation

    print_validation(result, Console())
    if out is not None:
        typer.echo(f"report: {out / 'report.html'}")


def _validate_effects(
    trials: Path | None, world: str, draws: int, seed: int, workers: int, as_json: bool
) -> None:
    from ataraxy.evidence.trials import load_trials
    from ataraxy.validation.effects import validate_effects

    with progress_bar("trials") as progress:
        result = validate_effects(
            load_trials(trials),
            world=world,
            draws=draws,
            seed=seed,
            workers=workers,
            tables=trials is None,
            command=shlex.join(["ataraxy", *sys.argv[1:]]),
            progress=progress,
        )
    if as_json:
        typer.echo(json.dumps(result.to_json(), indent=1, allow_nan=False))
        return
    from rich.console import Console

    from ataraxy.validation.effects_summary import print_effects_validation

    print_effects_validation(result, Console())
