"""Whether the guards of a database are those that the program made, and nothing else acts in their place.

Whoever owns the database can drop a guard, put another of the same name in its place, add a trigger that silences
alerts, or a view that hides a table. None of that changes an entry, and the chain stays valid: it is looked for here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import sqlalchemy as sa

from ataraxy.record.database import DatabaseError
from ataraxy.record.keys import CHAIN_SEAL, KEY_METADATA
from ataraxy.record.schema import METADATA, POSTGRES_GUARDS, SQLITE_GUARDS

# the table of seals is made where it is missing, in records from before there was one
_TABLES: Final = tuple(name for name in (*METADATA.tables, *KEY_METADATA.tables) if name != CHAIN_SEAL.name)


def refuse_altered(connection: sa.Connection, where: str) -> None:
    """Refuse a database that is not as the program made it.

    Raises:
        DatabaseError: something is missing, changed or added (``record.guards``).
    """
    found = alterations(connection)
    if found:
        raise DatabaseError(
            f"somebody altered the database: {'; '.join(found)}",
            code="record.guards",
            remedy="Find out who and why, run `ataraxy record verify` and a drill, then `ataraxy record repair`",
            where=where,
        )


def alterations(connection: sa.Connection) -> tuple[str, ...]:
    """Return what is not as the program made it, each in a few words; nothing where all is."""
    sqlite = connection.dialect.name == "sqlite"
    return tuple(_of_sqlite(connection) if sqlite else _of_postgres(connection))


def put_back(connection: sa.Connection) -> None:
    """Remove every trigger that acts on the tables of a record, and make the guards anew."""
    if connection.dialect.name == "sqlite":
        for (name,) in connection.exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).all():
            connection.exec_driver_sql(f"DROP TRIGGER {_quoted(name)}")
        for statement in SQLITE_GUARDS.values():
            connection.exec_driver_sql(statement)
        return
    for (name,) in connection.execute(_RULES).all():
        connection.exec_driver_sql(f"DROP RULE {_quoted(name)} ON entry")
    for name in _TABLES:
        connection.exec_driver_sql(f"ALTER TABLE {name} DISABLE ROW LEVEL SECURITY")
    for row in connection.execute(_TRIGGERS).all():
        connection.exec_driver_sql(f"DROP TRIGGER {_quoted(row.tgname)} ON entry")
    for name in POSTGRES_GUARDS.bodies:
        connection.exec_driver_sql(f"DROP FUNCTION IF EXISTS {name}()")
    for statement in POSTGRES_GUARDS.statements():
        connection.exec_driver_sql(statement)


def _of_sqlite(connection: sa.Connection) -> Iterator[str]:
    rows = connection.exec_driver_sql("SELECT type, name, sql FROM sqlite_master").all()
    triggers = {row.name: _plain(row.sql) for row in rows if row.type == "trigger"}
    yield from _differences(triggers, {name: _plain(text) for name, text in SQLITE_GUARDS.items()})
    tables = {
        row.name
        for row in rows
        if row.type == "table" and not _plain(row.sql).lower().startswith("create virtual")
    }
    yield from (f"{name} is no table" for name in _TABLES if name not in tables)


def _of_postgres(connection: sa.Connection) -> Iterator[str]:
    found = {
        row.tgname: f"{row.tgenabled} {row.tgtype} {_plain(row.prosrc)}"
        for row in connection.execute(_TRIGGERS)
    }
    wanted = {
        name: f"A {number} {_plain(POSTGRES_GUARDS.bodies[function])}"
        for name, (function, _, number) in POSTGRES_GUARDS.triggers.items()
    }
    yield from _differences(found, wanted)
    yield from (f"rule {name} is not of this program" for (name,) in connection.execute(_RULES))
    for name, kind, row_security in connection.execute(_KINDS, {"names": list(_TABLES)}):
        if kind != "r":
            yield f"{name} is no table"
        if row_security:
            yield f"row security hides rows of {name}"


def _differences(found: Mapping[str, str], wanted: Mapping[str, str]) -> Iterator[str]:
    for name in sorted(wanted.keys() | found.keys()):
        if name not in found:
            yield f"guard {name} is missing"
        elif name not in wanted:
            yield f"trigger {name} is not of this program"
        elif found[name] != wanted[name]:
            yield f"guard {name} was changed"


def _plain(text: str | None) -> str:
    return " ".join((text or "").split())


def _quoted(name: str) -> str:
    escaped = name.replace('"', '""')
    return f'"{escaped}"'


_TRIGGERS: Final = sa.text(
    "SELECT t.tgname, t.tgenabled, t.tgtype, p.prosrc FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid"
    " WHERE t.tgrelid = CAST('entry' AS regclass) AND NOT t.tgisinternal"
)
_KINDS: Final = sa.text(
    "SELECT relname, relkind, relrowsecurity FROM pg_class WHERE relname = ANY(:names)"
    " AND pg_table_is_visible(oid) ORDER BY relname"
)
_RULES: Final = sa.text("SELECT rulename FROM pg_rewrite WHERE ev_class = CAST('entry' AS regclass)")
