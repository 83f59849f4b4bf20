"""Starting a clinic: creating its directory, preparing its accounts, refusing unsafe set-ups, running gunicorn."""

from __future__ import annotations

import os
import ssl
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ataraxy.clinic.home import (
    ENVIRONMENT,
    ClinicHome,
    ClinicSettings,
    is_loopback,
    require_private,
)
from ataraxy.clinic.warm import begin_reading_ahead
from ataraxy.errors import AtaraxyError, InputError
from ataraxy.practice.projections import clinic_projections
from ataraxy.record.erasure import PendingErasure
from ataraxy.record.erasure import finish_erasures as retry_decided
from ataraxy.record.keys import KeyRing
from ataraxy.record.master_key import read_master_key
from ataraxy.record.store import Record

_SETTINGS = "ataraxy.clinic.settings"


def configure(home: ClinicHome) -> None:
    """Sets Django up for this clinic. A process serves one clinic: a second is refused."""
    import django
    from django.conf import settings

    if settings.configured and Path(str(settings.BASE_DIR)) != home.path:
        raise AtaraxyError("this process already serves another clinic", code="clinic.one-process")
    os.environ[ENVIRONMENT] = str(home.path)
    os.environ["DJANGO_SETTINGS_MODULE"] = _SETTINGS
    django.setup()


def prepare_accounts(home: ClinicHome) -> None:
    """Creates or updates the tables of the accounts database. Safe to repeat."""
    configure(home)
    from django.core.management import call_command

    before = os.umask(0o077)
    try:
        call_command("migrate", verbosity=0, interactive=False)
        call_command("createcachetable", verbosity=0)
    finally:
        os.umask(before)


def create_clinic(directory: Path | str, settings: ClinicSettings) -> ClinicHome:
    """A new clinic's directory with keys and accounts. Raises InputError where there is something already."""
    if settings.demo is False and settings.second_factor == "off":
        raise InputError("only a demo clinic may do without second factors", code="clinic.second-factor")
    home = ClinicHome.create(directory, settings)
    prepare_accounts(home)
    prepare_record(home)
    return home


def prepare_record(home: ClinicHome) -> None:
    """Make the clinic's empty record. Raises InputError where there is one already."""
    keys = KeyRing(read_master_key(home.master_key_file))
    before = os.umask(0o077)
    try:
        Record.create(home.record_url, projections=clinic_projections(), keys=keys).close()
    finally:
        os.umask(before)


def finish_erasures(home: ClinicHome) -> tuple[PendingErasure, ...]:
    """Bring the clinic's tables to the last entry, and try again what is left of erasures. Returns what remains."""
    if not home.record_url.startswith("postgres") and not Path(home.record_url).is_file():
        return ()  # pages say it where they need it
    keys = KeyRing(read_master_key(home.master_key_file))
    with Record.open(home.record_url, projections=clinic_projections(), keys=keys) as record:
        return retry_decided(record, at=datetime.now(UTC))


def refuse_unsafe(home: ClinicHome, host: str) -> None:
    """Raises InputError for the first thing that makes it unsafe to serve this clinic at `host`."""
    settings = home.settings
    if settings.debug:
        raise InputError(
            "debug is on",
            code="clinic.debug",
            remedy="Remove it: error pages would show patients' data",
            where="clinic.yaml",
        )
    home.secret()
    require_private(home.master_key_file)
    read_master_key(home.master_key_file)
    if settings.second_factor == "off" and not settings.demo:
        raise InputError(
            "second factors are off",
            code="clinic.second-factor",
            remedy="Remove the line",
            where="clinic.yaml",
        )
    for file in (home.accounts_url, home.record_url):
        if not file.startswith("postgres") and Path(file).exists() and Path(file).stat().st_mode & 0o077:
            raise InputError(
                "others can read this database",
                code="clinic.database-open",
                remedy=f"chmod 600 {Path(file).name}",
                where=Path(file).name,
            )
    if not is_loopback(host):
        if settings.demo:
            raise InputError(
                "a demo clinic is served on loopback only",
                code="clinic.demo",
                remedy="Use --host 127.0.0.1; its passwords are printed",
                where=host,
            )
        if not home.secure:
            raise InputError(
                "off loopback without TLS",
                code="clinic.tls",
                remedy="Set tls or trusted_proxy in clinic.yaml; docs/clinic-setup.md shows how",
                where=host,
            )
        if not settings.hosts:
            raise InputError(
                "hosts is empty: no browser could reach it by name",
                code="clinic.hosts",
                remedy="List the names of this server under hosts",
                where="clinic.yaml",
            )
    _check_tls(home)


def refuse_unmigrated(home: ClinicHome) -> None:
    """Raises InputError where the accounts database is missing or of an older version."""
    if not home.accounts_url.startswith("postgres") and not Path(home.accounts_url).is_file():
        raise InputError(
            "there is no accounts database",
            code="clinic.accounts-missing",
            remedy="Run `ataraxy clinic migrate DIR`, or restore it from its backup",
        )
    configure(home)
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    connection.close()
    if waiting:
        raise InputError(
            f"the accounts database lacks {len(waiting)} migrations",
            code="clinic.accounts-old",
            remedy="Back it up, then run `ataraxy clinic migrate DIR`",
        )


def refuse_failed_checks(home: ClinicHome) -> None:
    """Raises InputError for the first failed system check, such as a view that states no permission.

    Behind TLS Django's list for deployment counts too, warnings of it as well.
    """
    configure(home)
    from django.core import checks

    found = checks.run_checks(include_deployment_checks=home.secure)
    errors = [m for m in found if m.is_serious(checks.WARNING if home.secure else checks.ERROR)]
    if errors:
        raise InputError(
            f"{errors[0].msg}", code="clinic.check", remedy=str(errors[0].hint or ""), where=str(errors[0].id)
        )


def serve(home: ClinicHome, *, host: str, port: int, workers: int | None = None) -> None:
    """Serves until it is told to stop; then finishes the requests that it has. Raises InputError for unsafe set-ups."""
    refuse_unsafe(home, host)
    refuse_unmigrated(home)
    refuse_failed_checks(home)
    for part in finish_erasures(home):
        print(
            f"ataraxy: still to be erased: {part.patient} in {part.location}: {part.problem}", file=sys.stderr
        )
    from django.db import connections
    from gunicorn.app.base import BaseApplication

    connections.close_all()
    options = gunicorn_options(home, host=host, port=port, workers=workers)

    class Application(BaseApplication):  # type: ignore[misc]
        def load_config(self) -> None:
            for name, value in options.items():
                self.cfg.set(name, value)

        def load(self) -> Any:
            from ataraxy.clinic.wsgi import application

            return application

    Application().run()


def gunicorn_options(home: ClinicHome, *, host: str, port: int, workers: int | None) -> dict[str, Any]:
    """How gunicorn runs this clinic: few processes with threads, no log of addresses, a graceful stop."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    bound = f"[{host}]" if ":" in host else host
    options: dict[str, Any] = {
        "bind": f"{bound}:{port}",
        # SQLite has one writer: more processes wait for each other, threads wait more cheaply.
        "workers": workers or max(2, min(4, cores)),
        "worker_class": "gthread",
        "threads": 8,
        "timeout": 60,
        "graceful_timeout": 20,
        "keepalive": 5,
        "limit_request_line": 2048,
        "limit_request_fields": 60,
        "accesslog": None,
        "errorlog": "-",
        "loglevel": "warning",
        "proc_name": "ataraxy-clinic",
        "umask": 0o077,
        "post_worker_init": begin_reading_ahead,
        "forwarded_allow_ips": ",".join(home.settings.trusted_proxy),
    }
    files = home.tls_files()
    if files is not None:
        certificate, key = files
        options |= {"certfile": str(certificate), "keyfile": str(key), "ssl_context": _modern_tls}
    return options


def _modern_tls(config: Any, default_factory: Any) -> ssl.SSLContext:
    context: ssl.SSLContext = default_factory()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _check_tls(home: ClinicHome) -> None:
    files = home.tls_files()
    if files is None:
        return
    certificate, key = files
    require_private(key)
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise InputError(
            "certificate and key cannot be used together",
            code="clinic.certificate",
            remedy="Name a PEM chain and its key in clinic.yaml",
            where=certificate.name,
        ) from error
