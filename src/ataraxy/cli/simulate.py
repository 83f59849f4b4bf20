"""`ataraxy simulate`: a protocol in virtual people, as a folder with a report and tables."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from ataraxy.cli.options import JsonOption, SeedOption, WorkersOption
from ataraxy.cli.progress import progress_bar


def simulate_command(
    protocol: Annotated[str, typer.Argument(help="A protocol file, or the name of a shipped one.")],
    people: Annotated[int, typer.Option(help="Number of virtual people.")] = 1000,
    model: Annotated[str, typer.Option(help="Kinetic model; see `ataraxy models`.")] = "otto-2021",
    seed: SeedOption = 1,
    out: Annotated[Path | None, typer.Option(help="Folder for the report and the tables.")] = None,
    people_file: Annotated[
        Path | None, typer.Option(help="CSV of people (age_y, sex, weight_kg, ...) in place of --people.")
    ] = None,
    uncertainty_draws: Annotated[
        int, typer.Option(help="Draws of the parameters for the uncertainty of the median; 0 for none.")
    ] = 100,
    clint_factor: Annotated[
        float,
        typer.Option(help="Factor on hepatic intrinsic clearance: a CYP inhibitor (<1) or inducer (>1)."),
    ] = 1.0,
    r_factor: Annotated[
        float | None, typer.Option(help="Clearance of R over S; the model's own where not given.")
    ] = None,
    table: Annotated[str, typer.Option(help="Tables as parquet or csv.")] = "parquet",
    solver: Annotated[str, typer.Option(help="auto, full or reference.")] = "auto",
    workers: WorkersOption = None,
    ray: Annotated[
        bool, typer.Option("--ray", help="Run on the Ray cluster that this machine reaches.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Give a protocol to virtual people and say what concentrations follow.

    With --out, writes report.html, exposure and band tables and simulation.json, all of them or none.
    """
    from ataraxy.cli.options import SOLVERS, TABLES, one_of, worker_count
    from ataraxy.exchange.people_file import read_people_csv
    from ataraxy.exchange.protocol_file import load_protocol
    from ataraxy.pharmacology.kinetics import Scenario, get_model
    from ataraxy.pharmacology.simulate import simulate

    kind = one_of("--table", table, TABLES)
    chosen = one_of("--solver", solver, SOLVERS)
    folder = None
    if out is not None:
        from ataraxy.reports.folder import ResultFolder

        folder = ResultFolder(out)  # refuses now what could not be written in the end
    loaded = load_protocol(protocol)
    with progress_bar("people") as progress:
        result = simulate(
            loaded,
            model=model,
            people=people if people_file is None else read_people_csv(people_file),
            seed=seed,
            uncertainty_draws=uncertainty_draws,
            scenario=Scenario(clint_factor, r_factor),
            solver=chosen,
            workers=worker_count(workers),
            backend="ray" if ray else "threads",
            progress=progress,
            command=shlex.join(["ataraxy", *sys.argv[1:]]),
        )
    text = json.dumps(result.to_json(), indent=1, allow_nan=False)
    if folder is not None:
        from ataraxy.reports.document import render_simulation
        from ataraxy.reports.tables import band_columns, table_bytes

        folder.write(
            {
                "report.html": render_simulation(result, get_model(result.model)).encode(),
                "simulation.json": text.encode(),
                f"exposure.{kind}": table_bytes(result.per_person, kind),
                f"bands.{kind}": table_bytes(band_columns(result), kind),
            }
        )
    if as_json:
        typer.echo(text)
        return
    from ataraxy.cli.show import show_simulation

    show_simulation(result)
    if out is not None:
        typer.echo(f"report: {out / 'report.html'}")
