"""`ataraxy validate`: predictions beside what was observed, misses included."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from ataraxy.cli.options import JsonOption
from ataraxy.cli.progress import progress_bar


def validate_command(
    evidence: Annotated[
        Path | None,
        typer.Option(
            help="Folder with pk_studies.yaml and pk_observations.csv; the shipped evidence where not given."
        ),
    ] = None,
    model: Annotated[str, typer.Option(help="A kinetic model, or auto: matched to each study.")] = "auto",
    out: Annotated[Path | None, typer.Option(help="Folder for a report.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Simulate every study as it was dosed and compare with what it reported."""
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
