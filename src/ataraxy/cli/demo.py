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
    """Simulate six infusions in virtual adults, effects included, validate the models, and write one report."""
    from ataraxy.cli.show import show_simulation
    from ataraxy.cli.show_outlook import show_outlook, show_standing
    from ataraxy.evidence.kinetics import load_kinetic_evidence
    from ataraxy.exchange.protocol_file import load_protocol
    from ataraxy.pharmacology.kinetics import get_model
    from ataraxy.pharmacology.simulate import simulate
    from ataraxy.reports.document import render_simulation
    from ataraxy.reports.folder import ResultFolder
    from ataraxy.reports.tables import band_columns, outlook_columns, table_bytes
    from ataraxy.trials.outlook_run import foresee
    from ataraxy.validation.kinetics import validate_kinetics

    folder = ResultFolder(out)
    command = shlex.join(["ataraxy", *sys.argv[1:]])
    protocol = load_protocol(DEMO_PROTOCOL)
    with progress_bar("people") as progress:
        result = simulate(
            protocol,
            model=DEMO_MODEL,
            people=people,
            workers=worker_count(None),
            progress=progress,
            command=command,
        )
    with progress_bar("effects"):
        outlook = foresee(protocol, people=people, workers=worker_count(None), command=command)
    validation = validate_kinetics(load_kinetic_evidence(None), command=command)
    content = {**result.to_json(), "effects": outlook.to_json()}
    report = render_simulation(result, get_model(DEMO_MODEL), validation, outlook=outlook)
    folder.write(
        {
            "report.html": report.encode(),
            "simulation.json": json.dumps(content, indent=1, allow_nan=False).encode(),
            "validation.json": json.dumps(validation.to_json(), indent=1, allow_nan=False).encode(),
            "exposure.parquet": table_bytes(result.per_person, "parquet"),
            "bands.parquet": table_bytes(band_columns(result), "parquet"),
            "effects.parquet": table_bytes(outlook_columns(outlook), "parquet"),
        }
    )
    show_standing(outlook)
    show_simulation(result)
    show_outlook(outlook)
    place = (out / "report.html").resolve()
    typer.echo(f"All people are simulated. The report: {place}")
    if sys.stdout.isatty() and (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        webbrowser.open(place.as_uri())
