"""`ataraxy demo`: the main job in one command and one report."""

from __future__ import annotations

import json
import os
import shlex
import sys
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from ataraxy.cli.options import worker_count
from ataraxy.cli.progress import progress_bar

DEMO_PROTOCOL = "ketamine-iv-05-six"
DEMO_MODEL = "otto-2021"


def demo_command(
    out: Annotated[Path, typer.Option(help="Folder for the report.")] = Path("out/demo"),
    people: Annotated[int, typer.Option(help="Number of virtual people.")] = 1000,
) -> None:
    """Simulate six infusions of 0.5 mg/kg in virtual adults, validate the models, and write one report of both."""
    from ataraxy.cli.show import show_simulation
    from ataraxy.evidence.kinetics import load_kinetic_evidence
    from ataraxy.exchange.protocol_file import load_protocol
    from ataraxy.pharmacology.kinetics import get_model
    from ataraxy.pharmacology.simulate import simulate
    from ataraxy.reports.document import render_simulation
    from ataraxy.reports.folder import ResultFolder
    from ataraxy.reports.tables import band_columns, table_bytes
    from ataraxy.validation.kinetics import validate_kinetics

    folder = ResultFolder(out)
    command = shlex.join(["ataraxy", *sys.argv[1:]])
    with progress_bar("people") as progress:
        result = simulate(
            load_protocol(DEMO_PROTOCOL),
            model=DEMO_MODEL,
            people=people,
            workers=worker_count(None),
            progress=progress,
            command=command,
        )
    validation = validate_kinetics(load_kinetic_evidence(None), command=command)
    folder.write(
        {
            "report.html": render_simulation(result, get_model(DEMO_MODEL), validation).encode(),
            "simulation.json": json.dumps(result.to_json(), indent=1, allow_nan=False).encode(),
            "validation.json": json.dumps(validation.to_json(), indent=1, allow_nan=False).encode(),
            "exposure.parquet": table_bytes(result.per_person, "parquet"),
            "bands.parquet": table_bytes(band_columns(result), "parquet"),
        }
    )
    show_simulation(result)
    report = (out / "report.html").resolve()
    typer.echo(f"All people are simulated. The report: {report}")
    if sys.stdout.isatty() and (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        webbrowser.open(report.as_uri())
