"""The directory of one clinic: its settings, its two databases, its keys.

A clinic's settings are read from ``clinic.yaml`` in that directory and from nowhere else, so that a copy of the
directory is a copy of the clinic.
"""

from __future__ import annotations

import os
import secrets
import stat
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from ataraxy.errors import InputError
from ataraxy.record.master_key import create_master_key

FILE: Final = "clinic.yaml"
ENVIRONMENT: Final = "ATARAXY_CLINIC_HOME"
LOOPBACK_HOSTS: Final = ("localhost", "127.0.0.1", "[::1]")
SECRET_LENGTH: Final = 50

_HEADER = """\
# Settings of this clinic. docs/clinic-setup.md says what each means; `ataraxy clinic check DIR` reads them.
"""


class Tls(BaseModel):
    """Files of the certificate chain and its private key, relative to the clinic's directory or absolute."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    certificate: str
    key: str


class CrisisNumber(BaseModel):
    """A number that a patient in danger is shown, as it is to be read and dialled."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: str = Field(min_length=1, max_length=120)
    number: str = Field(min_length=2, max_length=40)


class ClinicSettings(BaseModel):
    """What ``clinic.yaml`` says. Everything has a safe default but the clinic's name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=80)
    demo: bool = Field(False, description="all people are simulated; loopback only")
    debug: bool = Field(False, description="refused by serve; here so that it can be refused")
    time_zone: str = "UTC"
    hosts: tuple[str, ...] = Field((), description="names by which browsers reach the clinic, without port")
    record: str = "record.sqlite3"
    accounts: str = "accounts.sqlite3"
    tls: Tls | None = None
    trusted_proxy: tuple[str, ...] = Field((), description="addresses of the reverse proxy that ends TLS")
    second_factor: Literal["required", "off"] = "required"
    care_scope: Literal["team", "clinic"] = Field(
        "team", description="whose patients a clinician opens without break-glass"
    )
    idle_lock_seconds: int = Field(300, ge=30, le=1800)
    session_hours: float = Field(12, gt=0, le=24)
    break_glass_minutes: int = Field(60, ge=5, le=480)
    crisis_numbers: tuple[CrisisNumber, ...] = ()

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"{value!r} is not a time zone such as Europe/Zurich") from error
        return value

    @field_validator("trusted_proxy")
    @classmethod
    def _addresses(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        for value in values:
            ip_address(value)
        return values


class ClinicHome(BaseModel):
    """A clinic's directory with its settings read. `path` is absolute."""

    model_config = ConfigDict(frozen=True)

    path: Path
    settings: ClinicSettings

    @classmethod
    def open(cls, directory: Path | str) -> ClinicHome:
        """The clinic in `directory`. Raises InputError where there is none or its settings are wrong."""
        path = Path(directory).expanduser().resolve()
        file = path / FILE
        if not file.is_file():
            raise InputError(
                f"no {FILE} in {directory}",
                code="clinic.no-home",
                remedy="Create one with `ataraxy clinic init DIR`",
            )
        try:
            content = yaml.safe_load(file.read_text(encoding="utf-8"))
        except yaml.YAMLError as error:
            line = getattr(getattr(error, "problem_mark", None), "line", -1) + 1
            raise InputError(
                "not YAML", code="clinic.settings", remedy="Correct the file", where=f"{file.name}:{line}"
            ) from error
        try:
            settings = ClinicSettings.model_validate(content if content is not None else {})
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            field = ".".join(str(part) for part in first["loc"]) or "the file"
            raise InputError(
                f"{field}: {first['msg']}",
                code="clinic.settings",
                remedy="docs/clinic-setup.md lists the settings",
                where=file.name,
            ) from error
        return cls(path=path, settings=settings)

    @classmethod
    def from_environment(cls) -> ClinicHome:
        """The clinic that the process was started for. Raises InputError where it was started for none."""
        directory = os.environ.get(ENVIRONMENT)
        if not directory:
            raise InputError(
                f"{ENVIRONMENT} names no clinic",
                code="clinic.no-home",
                remedy="Start through `ataraxy clinic serve DIR`",
            )
        return cls.open(directory)

    @classmethod
    def create(cls, directory: Path | str, settings: ClinicSettings) -> ClinicHome:
        """Writes a new directory with settings and keys. Raises InputError where there is something already."""
        path = Path(directory).expanduser().resolve()
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise InputError(
                f"{directory} exists and is not empty",
                code="clinic.exists",
                remedy="Name a new directory; a clinic is never overwritten",
            )
        keys = path / "keys"
        keys.mkdir(parents=True, mode=0o700)
        path.chmod(0o700)
        home = cls(path=path, settings=settings)
        _write_private(home.secret_file, secrets.token_urlsafe(64).encode() + b"\n")
        create_master_key(home.master_key_file)
        written = settings.model_dump(mode="json", exclude_defaults=True) | {"name": settings.name}
        text = _HEADER + yaml.safe_dump(written, sort_keys=False, allow_unicode=True)
        _write_private(path / FILE, text.encode())  # an address of a database holds its password
        return home

    @property
    def secret_file(self) -> Path:
        return self.path / "keys" / "secret.key"

    @property
    def master_key_file(self) -> Path:
        return self.path / "keys" / "master.key"

    @property
    def record_url(self) -> str:
        """Where the record is: a path, or a ``postgresql://`` address."""
        return self._database(self.settings.record)

    @property
    def accounts_url(self) -> str:
        """Where the accounts are: a path, or a ``postgresql://`` address."""
        return self._database(self.settings.accounts)

    @property
    def secure(self) -> bool:
        """Whether browsers reach this clinic through TLS."""
        return self.settings.tls is not None or bool(self.settings.trusted_proxy)

    @property
    def hosts(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.settings.hosts, *LOOPBACK_HOSTS)))

    def tls_files(self) -> tuple[Path, Path] | None:
        tls = self.settings.tls
        return (self.path / tls.certificate, self.path / tls.key) if tls else None

    def secret(self) -> str:
        """The secret that signs cookies. Raises InputError where it is missing, short or open to others."""
        return read_secret(self.secret_file)

    def _database(self, value: str) -> str:
        if value.startswith(("postgresql://", "postgres://")):
            return value
        return str(self.path / value)


def read_secret(file: Path) -> str:
    """A secret from a file that only its owner can read. Raises InputError otherwise."""
    require_private(file)
    secret = file.read_text(encoding="utf-8").strip()
    if len(secret) < SECRET_LENGTH or len(set(secret)) < 10 or secret.startswith("django-insecure-"):
        raise InputError(
            "the secret is a default or too short to be one",
            code="clinic.secret",
            remedy="Create a clinic anew with `ataraxy clinic init`, or write 64 random characters",
            where=f"keys/{file.name}",
        )
    return secret


def require_private(file: Path) -> None:
    """Raises InputError unless `file` exists and only its owner can read or write it."""
    where = f"{file.parent.name}/{file.name}"
    try:
        mode = file.stat().st_mode
    except OSError as error:
        raise InputError(
            "the file is missing",
            code="clinic.key-missing",
            remedy="Restore it from its backup; it is never made anew by itself",
            where=where,
        ) from error
    if stat.S_IMODE(mode) & 0o077:
        raise InputError(
            f"others can read it (mode {stat.S_IMODE(mode):04o})",
            code="clinic.key-open",
            remedy=f"chmod 600 {where}",
            where=where,
        )


def is_loopback(host: str) -> bool:
    """Whether an address to listen on can be reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return any(
            ip_address(host) in ip_network(net)
            for net in ("127.0.0.0/8", "::1/128")
            if ip_network(net).version == ip_address(host).version
        )
    except ValueError:
        return False


def _write_private(file: Path, content: bytes) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)


def database_parts(url: str) -> dict[str, Any]:
    """A database address as Django's settings want it. Raises InputError for an address that has no name."""
    if not url.startswith(("postgresql://", "postgres://")):
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": url,
            "OPTIONS": {
                "timeout": 20,
                # A transaction that starts as a reader and becomes a writer cannot wait for another; this can.
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON",
            },
        }
    from urllib.parse import unquote, urlsplit

    parts = urlsplit(url)
    name = parts.path.removeprefix("/")
    if not name:
        raise InputError("the address of the database names no database", code="clinic.database")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(name),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
    }
