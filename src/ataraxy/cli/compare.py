"""`ataraxy compare`: protocols side by side in the same virtual people."""

from __future__ import annotations

import json
import shlex
import sys
from typing import Annotated

import typer

from ataraxy.cli.options import JsonOption, SeedOption, WorkersOption
from ataraxy.cli.progress import progress_bar


def compare_command(
    protocols: Annotated[
        list[str],
        typer.Argument(
            help="Two or more protocol files, or names of shipped ones; the first is the reference."
        ),
    ],
    indication: Annotated[str, typer.Option(help="GAD, SAD, PTSD or TRD.")] = "GAD",
    world: Annotated[
        str, typer.Option(help="published, or null: no effect of the drug on symptoms.")
    ] = "published",
    draws: Annotated[int, typer.Option(help="Draws of the parameters' uncertainty.")] = 60,
    people: Annotated[int, typer.Option(help="Virtual people for each draw.")] = 40,
    seed: SeedOption = 1,
    workers: WorkersOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare protocols: exposure, relief, side effects, time in the chair, and what the evidence can tell apart."""
    from ataraxy.cli.options import worker_count
    from ataraxy.exchange.protocol_file import load_protocol
    from ataraxy.trials.compare import compare_protocols

    with progress_bar("protocols") as progress:
        result = compare_protocols(
            [load_protocol(name) for name in protocols],
            indication=indication,
            world=world,
            draws=draws,
            people=people,
            seed=seed,
            workers=worker_count(workers),
            command=shlex.join(["ataraxy", *sys.argv[1:]]),
            progress=progress,
        )
    if as_json:
        typer.echo(json.dumps(result.to_json(), indent=1, allow_nan=False))
        return
    from rich.console import Console

    from ataraxy.trials.comparison_text import print_comparison

    print_comparison(result, Console())
