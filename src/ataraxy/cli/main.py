"""The entry point: one application of all commands, and what errors look like."""

from __future__ import annotations

import os
import sys

import typer

from ataraxy.cli import demo, evidence, models, protocols, sbml, simulate, validate
from ataraxy.errors import AtaraxyError

app = typer.Typer(
    name="ataraxy",
    help="Ketamine therapy of anxiety in a controlled setting: what a dose does, from published pharmacology, and how "
    "wrong that is. Research software, not a medical device.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("simulate")(simulate.simulate_command)
app.command("validate")(validate.validate_command)
app.command("models")(models.models_command)
app.command("protocols")(protocols.protocols_command)
app.command("evidence")(evidence.evidence_command)
app.command("sbml")(sbml.sbml_command)
app.command("demo")(demo.demo_command)


@app.callback(invoke_without_command=True)
def _global(
    version: bool = typer.Option(False, "--version", help="Print the version and stop.", is_eager=True),
) -> None:
    if version:
        from importlib.metadata import version as installed

        typer.echo(f"ataraxy {installed('ataraxy')}")
        raise typer.Exit


def main() -> None:
    """Runs the command line and exits with its status."""
    try:
        app()
    except AtaraxyError as error:
        _stop(str(error), error.exit_status)
    except KeyboardInterrupt:
        _stop("interrupted: nothing was written", 130)
    except BrokenPipeError:
        # the reader of a pipe went away: not an error of ours, and nothing more can be said
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


def _stop(line: str, status: int) -> None:
    print(f"ataraxy: {line}", file=sys.stderr)
    sys.exit(status)
