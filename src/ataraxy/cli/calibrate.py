"""`ataraxy calibrate`: the effects fitted to the evidence that may be fitted to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from ataraxy.cli.options import JsonOption, SeedOption, WorkersOption, worker_count
from ataraxy.cli.progress import progress_bar


def calibrate_command(
    out: Annotated[Path, typer.Option(help="Folder for ensemble.csv and calibration.json.")] = Path(
        "ataraxy-calibration"
    ),
    trials: Annotated[
        Path | None, typer.Option(help="A file of trials; the shipped one where not given.")
    ] = None,
    without: Annotated[
        list[str] | None, typer.Option(help="A study that nothing is fitted to; may be given more than once.")
    ] = None,
    draws: Annotated[int, typer.Option(help="Parameter sets in each round.")] = 2000,
    rounds: Annotated[int, typer.Option(help="The first samples the published uncertainty.")] = 8,
    moves: Annotated[int, typer.Option(help="Markov steps of each draw afterwards.")] = 80,
    seed: SeedOption = 1,
    workers: WorkersOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fit the effects to the entries of use calibrate: an ensemble, what moved, what did not, and what misses."""
    from ataraxy.calibration.calibrate import calibrate
    from ataraxy.evidence.trials import load_trials
    from ataraxy.reports.folder import ResultFolder

    folder = ResultFolder(out)
    with progress_bar("rounds") as progress:
        result = calibrate(
            load_trials(trials),
            without=tuple(without or ()),
            draws=draws,
            rounds=rounds,
            moves=moves,
            seed=seed,
            workers=worker_count(workers),
            progress=progress,
        )
    document = result.to_json()
    text = json.dumps(document, indent=1, allow_nan=False)
    folder.write({"ensemble.csv": result.ensemble_csv.encode(), "calibration.json": text.encode()})
    if as_json:
        typer.echo(text)
        return
    from rich.console import Console

    from ataraxy.calibration.summary import print_calibration

    print_calibration(document, Console())
    typer.echo(f"ensemble: {out / 'ensemble.csv'}")
