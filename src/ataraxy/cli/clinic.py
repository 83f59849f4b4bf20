"""`ataraxy clinic`: the clinic in the browser. Needs the extra `clinic`."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

from ataraxy.errors import InputError

Directory = Annotated[Path, typer.Argument(help="The clinic's directory.", show_default=False)]

app = typer.Typer(
    name="clinic",
    help="The clinic in the browser: create, serve, administer.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def needs_clinic(command: Callable[..., None]) -> Callable[..., None]:
    """The command; without the extra it ends with one line."""

    @wraps(command)
    def checked(*args: Any, **kwargs: Any) -> None:
        missing = [
            n
            for n in ("django", "allauth", "csp", "argon2", "gunicorn", "whitenoise")
            if not importlib.util.find_spec(n)
        ]
        if missing:
            raise InputError(
                f"the clinic needs {', '.join(missing)}",
                code="clinic.extra",
                remedy="pip install 'ataraxy[clinic]'",
            )
        command(*args, **kwargs)

    return checked


@app.command("init")
@needs_clinic
def init_command(
    directory: Directory,
    name: Annotated[str, typer.Option(help="Name of the clinic, as its pages show it.")] = "Clinic",
    host: Annotated[
        list[str] | None, typer.Option(help="Name by which browsers reach it; may be repeated.")
    ] = None,
    administrator: Annotated[str, typer.Option(help="Sign-in name of the first administrator.")] = "admin",
) -> None:
    """Creates a clinic: settings, keys, accounts, its first administrator."""
    from ataraxy.clinic.home import ClinicSettings
    from ataraxy.clinic.serve import create_clinic

    home = create_clinic(directory, ClinicSettings(name=name, hosts=tuple(host or ())))
    from ataraxy.clinic.access.roles import Role
    from ataraxy.clinic.accounts.administration import create

    _, password = create(administrator, "Administrator", [Role.ADMINISTRATOR], by=None)
    typer.echo(f"Created {home.path}")
    typer.echo(f"First sign-in: {administrator}  one-time password: {password}")
    typer.echo("Keep keys/ apart from the databases' backups: without them nothing can be read.")


@app.command("serve")
@needs_clinic
def serve_command(
    directory: Directory,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 8000,
    workers: Annotated[
        int | None, typer.Option(help="Processes; by the cores where not given.", min=1, max=32)
    ] = None,
) -> None:
    """Serves the clinic; refuses an unsafe set-up."""
    from ataraxy.clinic.home import ClinicHome, is_loopback
    from ataraxy.clinic.serve import serve

    home = ClinicHome.open(directory)
    shown = "localhost" if is_loopback(host) else (home.settings.hosts or (host,))[0]
    typer.echo(
        f"{home.settings.name}: {'https' if home.settings.tls else 'http'}://{shown}:{port}/", err=True
    )
    serve(home, host=host, port=port, workers=workers)


@app.command("migrate")
@needs_clinic
def migrate_command(directory: Directory) -> None:
    """Brings the accounts database to this version."""
    from ataraxy.clinic.home import ClinicHome
    from ataraxy.clinic.serve import prepare_accounts

    prepare_accounts(ClinicHome.open(directory))
    typer.echo("The accounts database is up to date.")


@app.command("check")
@needs_clinic
def check_command(
    directory: Directory,
    host: Annotated[str, typer.Option(help="Address that it is to listen on.")] = "127.0.0.1",
) -> None:
    """Says whether the clinic can be served as it is."""
    from ataraxy.clinic.home import ClinicHome
    from ataraxy.clinic.serve import refuse_failed_checks, refuse_unmigrated, refuse_unsafe

    home = ClinicHome.open(directory)
    refuse_unsafe(home, host)
    refuse_unmigrated(home)
    refuse_failed_checks(home)
    typer.echo("Ready to serve.")


@app.command("password")
@needs_clinic
def password_command(
    directory: Directory,
    sign_in_name: Annotated[str, typer.Argument(help="Whose password is replaced.")],
) -> None:
    """A one-time password from the server's console, where no administrator can sign in."""
    from ataraxy.clinic.home import ClinicHome
    from ataraxy.clinic.serve import configure

    configure(ClinicHome.open(directory))
    from ataraxy.clinic.accounts.administration import renew_password
    from ataraxy.clinic.accounts.models import Person

    person = Person.objects.filter(sign_in_name=sign_in_name.lower()).first()
    if person is None:
        raise InputError(f"nobody signs in as {sign_in_name!r}", code="clinic.no-person")
    typer.echo(f"One-time password: {renew_password(person, by=None)}")


@app.command("escalate")
@needs_clinic
def escalate_command(
    directory: Directory,
    quiet: Annotated[
        bool, typer.Option("--quiet", help="Says nothing unless an alert was raised or escalated.")
    ] = False,
) -> None:
    """Raises what was missed and escalates alerts that nobody took; for the machine's clock, every few minutes."""
    from ataraxy.clinic.home import ClinicHome
    from ataraxy.clinic.serve import configure

    configure(ClinicHome.open(directory))
    from ataraxy.clinic.the_practice import the_practice
    from ataraxy.practice.lists import open_alerts_by_urgency
    from ataraxy.practice.watch import watch

    practice = the_practice()
    done = watch(practice)
    waiting = open_alerts_by_urgency(practice)
    if quiet and not done.raised and not done.escalated:
        return
    typer.echo(
        f"raised {done.raised}, escalated {done.escalated}; open: {waiting.get('immediate', 0)} now, "
        f"{waiting.get('today', 0)} today, {waiting.get('routine', 0)} routine"
    )
