"""The two databases: how each is reached, made durable and locked for one writer, and what its refusals mean."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from ataraxy.errors import AtaraxyError, InputError

# An advisory lock of PostgreSQL is a number in a space that all programs share: this half is ours.
LOCK_SPACE: Final = 0x41545258
CACHE_KIB: Final = 64 * 1024

_SEND_AGAIN: Final = "Nothing was stored; send it again with the same key"
_UNKNOWN: Final = "It is not known whether it was stored; send it again with the same key to find out"


class DatabaseError(AtaraxyError):
    """The database refused, or cannot be reached. What was acknowledged before is not affected."""


class NoRecord(DatabaseError, InputError):
    """What was named is no record: the name is wrong, not the database."""


@dataclass(frozen=True)
class Database:
    """A database that is open.

    Attributes:
        engine: where a transaction begins with the right to write, unless the database was opened for reading.
        where: its name for people, without password.
        read_only: whether it was opened for reading.
    """

    engine: sa.Engine
    where: str
    read_only: bool

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a file of SQLite."""
        return self.engine.dialect.name == "sqlite"

    def use_log(self) -> None:
        """Let a file of SQLite have a write-ahead log, so that readers and the writer do not wait for each other.

        This changes the file; it is done when it is known to be a record.
        """
        if not self.is_sqlite:
            return
        with clear_errors(self.where), contextlib.closing(self.engine.raw_connection()) as connection:
            cursor = connection.cursor()
            cursor.execute("PRAGMA journal_mode=WAL")
            mode = cursor.fetchone()
            cursor.close()
        if mode is None or mode[0] != "wal":
            raise DatabaseError(
                "the file system does not let SQLite keep a write-ahead log",
                code="record.no-log",
                remedy="Keep the record on a local disk",
                where=self.where,
            )

    @contextlib.contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection that sees one state of the database in SQLite, and one for each statement in PostgreSQL."""
        with clear_errors(self.where):
            connection = self.engine.connect().execution_options(ataraxy_reads=True)
            with connection:
                yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction of which there is one at a time; it is on the disk when the block has ended."""
        if self.read_only:
            raise InputError(
                "the record was opened for reading",
                code="record.read-only",
                remedy="Open it for writing",
                where=self.where,
            )
        with clear_errors(self.where):
            connection = self.engine.connect()
        with connection:
            try:
                with clear_errors(self.where):
                    transaction = connection.begin()
                    if not self.is_sqlite:
                        connection.execute(_LOCK, {"space": LOCK_SPACE})
                    yield connection
            except BaseException:
                with contextlib.suppress(sa.exc.DBAPIError):
                    connection.rollback()
                raise
            try:
                with clear_errors(self.where, committing=True):
                    transaction.commit()
            except BaseException:
                # whatever state the connection is in, nobody uses it again
                connection.invalidate()
                raise


_LOCK: Final = sa.text(
    "SELECT pg_advisory_xact_lock((CAST(:space AS bigint) << 32) | CAST(CAST('entry' AS regclass) AS oid)::bigint)"
)


def open_database(url: str | Path, *, read_only: bool, wait_s: float, make: bool = False) -> Database:
    """Return the database of a path or an address. Nothing in it is changed.

    Args:
        url: path of a SQLite file, or ``postgresql://...``.
        read_only: whether it may be written.
        wait_s: how long to wait for another writer.
        make: whether a SQLite file is made where there is none.

    Raises:
        InputError: there is no such file (``record.no-such-file``), or the address is of another kind
            (``record.url``).
        DatabaseError: it cannot be reached.
    """
    text = str(url)
    if text.startswith(("postgresql://", "postgres://", "postgresql+psycopg://")):
        return _open_postgres(text, read_only=read_only, wait_s=wait_s)
    text = text.removeprefix("sqlite:///")
    if "://" in text or not text or text == ":memory:":
        raise InputError(
            f"{text.split('://')[0]!r} is no place for a record",
            code="record.url",
            remedy="Name a file of SQLite, or postgresql://user@host/database",
        )
    return _open_sqlite(Path(text), read_only=read_only, wait_s=wait_s, make=make)


def _open_sqlite(path: Path, *, read_only: bool, wait_s: float, make: bool) -> Database:
    if not make and not path.is_file():
        raise InputError(
            "there is no such file" if not path.exists() else "it is not a file",
            code="record.no-such-file",
            remedy="Name the file of a record, or make one with `ataraxy record init`",
            where=str(path),
        )
    if not (read_only or make or (os.access(path, os.W_OK) and os.access(path.absolute().parent, os.W_OK))):
        raise DatabaseError(
            "the file or its folder may not be written",
            code="record.read-only",
            remedy="Let this user write both, or open the record for reading",
            where=str(path),
        )
    if not (read_only or make) and path.stat().st_nlink > 1:
        raise DatabaseError(
            "the file has a second name (a hard link), under which its log would be another one",
            code="record.two-names",
            remedy="Remove the other name, and copy with `ataraxy record backup`",
            where=str(path),
        )
    mode = "ro" if read_only else "rwc" if make else "rw"
    address = f"{path.absolute().as_uri()}?mode={mode}"
    if read_only and not _may_share(path):
        address += "&immutable=1"

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(
            address, uri=True, timeout=wait_s, isolation_level=None, check_same_thread=False
        )

    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(path)), creator=connect, poolclass=sa.pool.QueuePool
    )

    @sa.event.listens_for(engine, "connect")
    def set_up(connection: Any, _: object) -> None:
        cursor = connection.cursor()
        if not read_only:
            # the default with a log is NORMAL on some systems, which may lose the last commits with the power
            cursor.execute("PRAGMA synchronous=FULL")
            cursor.execute("PRAGMA fullfsync=ON")  # macOS: the disk's own cache too
            cursor.execute("PRAGMA recursive_triggers=ON")  # a REPLACE fires the triggers of DELETE
        # the file may have been in the hands of others
        cursor.execute("PRAGMA trusted_schema=OFF")
        cursor.execute("PRAGMA cell_size_check=ON")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
        cursor.close()

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        # a transaction that reads first and wants to write later would fail where another wrote between
        reads = read_only or connection.get_execution_options().get("ataraxy_reads")
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    return Database(engine, str(path), read_only)


def _may_share(path: Path) -> bool:
    """Whether readers can agree with writers about a database in WAL mode: they need a file beside it."""
    path = path.resolve()
    beside = [path.with_name(path.name + end) for end in ("-wal", "-shm", "-journal")]
    if any(one.exists() for one in beside):
        return True
    try:
        descriptor = path.with_name(path.name + "-shm")
        with open(descriptor, "xb"):
            pass
        descriptor.unlink()
    except OSError:
        return False
    return True


def _open_postgres(text: str, *, read_only: bool, wait_s: float) -> Database:
    try:
        import psycopg  # noqa: F401
    except ImportError:
        raise InputError(
            "PostgreSQL needs the package psycopg, which is not installed",
            code="record.no-driver",
            remedy="Install ataraxy[postgres]",
        ) from None
    try:
        url = sa.make_url(text).set(drivername="postgresql+psycopg")
    except sa.exc.ArgumentError:
        raise InputError(
            "the address of the database cannot be read",
            code="record.url",
            remedy="Write postgresql://user@host:port/database",
        ) from None
    engine = sa.create_engine(url, pool_pre_ping=True)

    @sa.event.listens_for(engine, "connect")
    def set_up(connection: Any, _: object) -> None:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SET timezone TO 'UTC'")
            cursor.execute(f"SET lock_timeout TO {max(1, round(wait_s * 1000))}")
            # a server may be set to acknowledge before the disk has it
            cursor.execute("SHOW synchronous_commit")
            if cursor.fetchone()[0] == "off":
                cursor.execute("SET synchronous_commit TO on")
            if read_only:
                cursor.execute("SET default_transaction_read_only TO on")
        connection.autocommit = False

    return Database(engine, url.render_as_string(hide_password=True), read_only)


@contextlib.contextmanager
def clear_errors(where: str, *, committing: bool = False) -> Iterator[None]:
    """Say in one line what a database's refusal means and what to do.

    Raises:
        DatabaseError: ``record.disk-full``, ``record.read-only``, ``record.busy``, ``record.unreachable``,
            ``record.damaged``, ``record.append-only`` or, for what has no name of its own, ``record.database``.
        NoRecord: ``record.not-a-database``, ``record.not-a-record``.
    """
    try:
        yield
    except sa.exc.DBAPIError as error:
        raise _clear(error.orig, where, committing) from error
    except sqlite3.Error as error:
        raise _clear(error, where, committing) from error
    except UnicodeDecodeError as error:
        # text that is none: the driver does not make an error of the database of it
        raise _clear(error, where, committing) from error
    except sa.exc.TimeoutError as error:
        raise DatabaseError(
            "no connection to the database became free", code="record.busy", remedy=_SEND_AGAIN, where=where
        ) from error


def _clear(error: object, where: str, committing: bool) -> DatabaseError:
    message = " ".join(str(error).split("\n")[0].split())
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", None)
        found = _OF_SQLITE.get((code or 0) & 0xFF) if code else None
        if code is None and "not a database" in message:
            found = _OF_SQLITE[sqlite3.SQLITE_NOTADB]
        if code is None and "decode" in message:
            found, message = _DAMAGED, "a text is not UTF-8"  # the text itself may be of a patient
    elif isinstance(error, UnicodeDecodeError):
        found = _DAMAGED
    else:
        state = getattr(error, "sqlstate", None) or ""
        found = _OF_POSTGRES.get(state) or _OF_POSTGRES.get(state[:2])
        if found is None and not state:
            found = _UNREACHABLE  # the server did not live to answer
    if "ataraxy:" in message:
        found = _APPEND_ONLY
    name, what, remedy = found or ("record.database", "the database refused", _SEND_AGAIN)
    if committing and name not in ("record.disk-full", "record.read-only", "record.busy"):
        remedy = _UNKNOWN
    kind = NoRecord if found in (_NOT_A_DATABASE, _NOT_A_RECORD) else DatabaseError
    return kind(f"{what} ({message})", code=name, remedy=remedy, where=where)


_APPEND_ONLY = (
    "record.append-only",
    "entries are added at the end and never changed",
    "Record a correction instead",
)
_UNREACHABLE = ("record.unreachable", "the database cannot be reached", "Start it or mend the address")
_FULL = ("record.disk-full", "the disk is full", f"Make room. {_SEND_AGAIN}")
_READ_ONLY = ("record.read-only", "the database may only be read", f"Let this user write. {_SEND_AGAIN}")
_BUSY = ("record.busy", "another writer holds the database", _SEND_AGAIN)
_DAMAGED = (
    "record.damaged",
    "the database is damaged or the disk fails",
    "Keep the file, run `ataraxy record verify`, restore a backup to another disk",
)
_NOT_A_DATABASE = ("record.not-a-database", "the file is not a database", "Name the file of a record")
_NOT_A_RECORD = ("record.not-a-record", "a table of the record is missing", "Name the database of a record")
_OF_SQLITE = {
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_BUSY: _BUSY,
    sqlite3.SQLITE_LOCKED: _BUSY,
    sqlite3.SQLITE_IOERR: _DAMAGED,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _NOT_A_DATABASE,
    sqlite3.SQLITE_CANTOPEN: ("record.unreachable", "the file cannot be opened", "Look at its permissions"),
}
# by SQLSTATE, whole or its class
_OF_POSTGRES = {
    "53100": _FULL,
    "25006": _READ_ONLY,
    "42501": _READ_ONLY,
    "55P03": _BUSY,
    "40P01": _BUSY,
    "53300": _BUSY,
    "58": _DAMAGED,
    "XX": _DAMAGED,
    "08": _UNREACHABLE,
    "57": _UNREACHABLE,
    "28": _UNREACHABLE,
    "3D": _UNREACHABLE,
    "42P01": _NOT_A_RECORD,
}
