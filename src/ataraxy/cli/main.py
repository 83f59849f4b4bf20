"""The entry point: one application of all commands, and what errors look like."""

from __future__ import annotations

import errno
import functools
import io
import os
import sys
from collections.abc import Callable
from typing import NoReturn

import typer

from ataraxy.cli import (
    calibrate,
    clinic,
    clinic_virtual,
    compare,
    demo,
    evidence,
    models,
    protocols,
    record,
    sbml,
    screen,
    simulate,
    validate,
)
from ataraxy.errors import AtaraxyError

Command = Callable[..., None]
# what another name mends, and what it does not: a full disk
PLACE_IS_WRONG = (
    errno.ENAMETOOLONG,
    errno.ENOENT,
    errno.ENOTDIR,
    errno.EISDIR,
    errno.EACCES,
    errno.EPERM,
    errno.ELOOP,
)


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
app.command("calibrate")(interruptible(calibrate.calibrate_command))
app.command("compare")(interruptible(compare.compare_command))
app.command("models")(interruptible(models.models_command))
app.command("protocols")(interruptible(protocols.protocols_command))
app.command("evidence")(interruptible(evidence.evidence_command))
app.command("screen")(interruptible(screen.screen_command))
app.command("sbml")(interruptible(sbml.sbml_command))
app.command("demo")(interruptible(demo.demo_command))
clinic_virtual.add_to(clinic.app)
app.add_typer(clinic.app)
app.add_typer(record.app, name="record")


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
    for stream in (sys.stdout, sys.stderr):
        # a terminal that has no sign for something shows another in its place
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        status = app(standalone_mode=False)
        sys.stdout.flush()
    except AtaraxyError as error:
        _stop(str(error), error.exit_status)
    except BrokenPipeError:
        # the reader of a pipe went away: not an error of ours, and nothing more can be said
        _discard_output()
        sys.exit(1)
    except OSError as error:
        if error.filename is not None:
            what = f"{os.fspath(error.filename)[:200]}: {error.strerror or error}"
            _stop(f"{what}. Name another place [file.unusable]", 2 if error.errno in PLACE_IS_WRONG else 1)
        _discard_output()
        _stop(f"the output could not be written: {error.strerror or error}", 1)
    except Exception as error:
        _stop_for_usage(error)
        raise
    sys.exit(status if isinstance(status, int) else 0)


def _stop_for_usage(error: Exception) -> None:
    """One line for what the parser of the command line refuses. Returns where the error is another one."""
    describe, context = getattr(error, "format_message", None), getattr(error, "ctx", None)
    if describe is None:
        return
    command = context.command_path if context is not None else "ataraxy"
    lines = describe().strip().splitlines()
    if context is not None and (not lines or len(lines) > 3):  # no arguments at all: the help is the message
        typer.echo(context.get_help(), err=True)
        sys.exit(2)
    message = " ".join(" ".join(lines).split()).rstrip(".")
    _stop(f"{message}. See {command} --help [cli.usage]", 2)


def _discard_output() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _stop(line: str, status: int) -> NoReturn:
    print(f"ataraxy: {line}", file=sys.stderr)
    sys.exit(status)
