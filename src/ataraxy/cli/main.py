"""The entry point: one application of all commands, and what errors look like."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable

import typer

from ataraxy.cli import compare, demo, evidence, models, protocols, sbml, simulate, validate
from ataraxy.errors import AtaraxyError

Command = Callable[..., None]


def interruptible(command: Command) -> Command:
    """The command; an interruption becomes our line in place of the library's silence."""

    @functools.wraps(command)
    def guarded(*arguments: object, **options: object) -> None:
        try:
            command(*arguments, **options)
        except KeyboardInterrupt:
            print("ataraxy: interrupted: nothing was written", file=sys.stderr)
            raise typer.Exit(130) from None

    return guarded


app = typer.Typer(
    name="ataraxy",
    help="Ketamine therapy of anxiety in a controlled setting: what a dose does, from published pharmacology, and how "
    "wrong that is. Research software, not a medical device.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("simulate")(interruptible(simulate.simulate_command))
app.command("validate")(interruptible(validate.validate_command))
app.command("compare")(compare.compare_command)
app.command("models")(interruptible(models.models_command))
app.command("protocols")(interruptible(protocols.protocols_command))
app.command("evidence")(interruptible(evidence.evidence_command))
app.command("sbml")(interruptible(sbml.sbml_command))
app.command("demo")(interruptible(demo.demo_command))


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
    except BrokenPipeError:
        # the reader of a pipe went away: not an error of ours, and nothing more can be said
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


def _stop(line: str, status: int) -> None:
    print(f"ataraxy: {line}", file=sys.stderr)
    sys.exit(status)
