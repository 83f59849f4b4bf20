"""The tables of the record, and the guards in the database that refuse to change an entry whoever asks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import sqlalchemy as sa

from ataraxy.record.entry import NO_HASH, Entry, time_of, time_text

SCHEMA_VERSION: Final = 1
FORMAT_NAME: Final = "ataraxy.record"

METADATA = sa.MetaData()

ENTRY = sa.Table(
    "entry",
    METADATA,
    sa.Column(
        "seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=False
    ),
    sa.Column("stream", sa.Text, nullable=False),
    sa.Column("version", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("payload", sa.Text, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("recorded_at", sa.Text, nullable=False),
    sa.Column("occurred_at", sa.Text, nullable=False),
    sa.Column("late", sa.SmallInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
    sa.Column("corrects", sa.BigInteger().with_variant(sa.Integer, "sqlite")),
    sa.Column("key", sa.Text),
    sa.Column("clock_behind_us", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
    sa.Column("previous_hash", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
    sa.UniqueConstraint("stream", "version", name="entry_stream_version"),
    sa.CheckConstraint("late IN (0, 1)", name="entry_late"),
    sqlite_strict=True,
)
sa.Index(
    "entry_key",
    ENTRY.c.key,
    sqlite_where=ENTRY.c.key.is_not(None),
    postgresql_where=ENTRY.c.key.is_not(None),
)

# One row: what this database is.
RECORD_FORMAT = sa.Table(
    "record_format",
    METADATA,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sqlite_strict=True,
)

# How far each projection has come.
PROJECTION_STATE = sa.Table(
    "projection_state",
    METADATA,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("definition", sa.Text, nullable=False),  # what its tables looked like when it was built
    sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
    sqlite_strict=True,
)

# "ataraxy:" is how the errors of these are known from others.
SQLITE_GUARDS: Final = {
    "entry_unchanged": """CREATE TRIGGER entry_unchanged BEFORE UPDATE ON entry
    BEGIN SELECT RAISE(ABORT, 'ataraxy: entries are never changed'); END""",
    "entry_undeleted": """CREATE TRIGGER entry_undeleted BEFORE DELETE ON entry
    BEGIN SELECT RAISE(ABORT, 'ataraxy: entries are never deleted'); END""",
    # also what refuses INSERT OR REPLACE, which deletes without a trigger of DELETE in some builds
    "entry_follows": f"""CREATE TRIGGER entry_follows BEFORE INSERT ON entry
    WHEN NEW.seq IS NOT (SELECT COALESCE(MAX(seq), 0) + 1 FROM entry)
    OR NEW.previous_hash IS NOT COALESCE((SELECT hash FROM entry ORDER BY seq DESC LIMIT 1), '{NO_HASH}')
    OR NEW.version IS NOT COALESCE(
        (SELECT version FROM entry WHERE stream = NEW.stream ORDER BY version DESC LIMIT 1), 0) + 1
    OR NEW.recorded_at < (SELECT recorded_at FROM entry ORDER BY seq DESC LIMIT 1)
    OR (NEW.corrects IS NOT NULL
        AND NEW.stream IS NOT (SELECT stream FROM entry WHERE seq = NEW.corrects))
    BEGIN SELECT RAISE(ABORT, 'ataraxy: the entry does not follow the last one'); END""",
}


class PostgresGuards(NamedTuple):
    """The guards of PostgreSQL.

    Attributes:
        bodies: of each function, what it does.
        triggers: name, function, what it fires on, and how the catalogue of the server writes that as a number.
    """

    bodies: dict[str, str]
    triggers: dict[str, tuple[str, str, int]]

    def statements(self) -> Iterator[str]:
        """Yield what makes them."""
        for name, body in self.bodies.items():
            yield (
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT"
                f" AS $${body}$$"
            )
        for name, (function, event, _) in self.triggers.items():
            yield f"CREATE TRIGGER {name} BEFORE {event} EXECUTE FUNCTION {function}()"
            # also where replication would leave triggers out
            yield f"ALTER TABLE entry ENABLE ALWAYS TRIGGER {name}"


POSTGRES_GUARDS: Final = PostgresGuards(
    bodies={
        "entry_refuse_change": """
    BEGIN RAISE EXCEPTION 'ataraxy: entries are never changed or deleted'; END """,
        "entry_check_follows": f"""
    DECLARE last record;
    BEGIN
        SELECT seq, hash, recorded_at INTO last FROM entry ORDER BY seq DESC LIMIT 1;
        IF NEW.seq IS DISTINCT FROM COALESCE(last.seq, 0) + 1
        OR NEW.previous_hash IS DISTINCT FROM COALESCE(last.hash, '{NO_HASH}')
        OR NEW.version IS DISTINCT FROM COALESCE(
            (SELECT version FROM entry WHERE stream = NEW.stream ORDER BY version DESC LIMIT 1), 0) + 1
        OR NEW.recorded_at COLLATE "C" < last.recorded_at COLLATE "C"
        OR (NEW.corrects IS NOT NULL
            AND NEW.stream IS DISTINCT FROM (SELECT stream FROM entry WHERE seq = NEW.corrects))
        THEN RAISE EXCEPTION 'ataraxy: the entry does not follow the last one';
        END IF;
        RETURN NEW;
    END """,
    },
    triggers={
        # bits of pg_trigger.tgtype: 1 each row, 2 before, 4 insert, 8 delete, 16 update, 32 truncate
        "entry_unchanged": (
            "entry_refuse_change",
            "UPDATE OR DELETE OR TRUNCATE ON entry FOR EACH STATEMENT",
            2 + 8 + 16 + 32,
        ),
        "entry_follows": ("entry_check_follows", "INSERT ON entry FOR EACH ROW", 1 + 2 + 4),
    },
)


def create_schema(connection: sa.Connection, *others: sa.MetaData) -> None:
    """Create the tables and guards of an empty record, in the caller's transaction.

    Args:
        others: further tables that belong to every record.
    """
    METADATA.create_all(connection, checkfirst=False)
    for metadata in others:
        metadata.create_all(connection, checkfirst=False)
    sqlite = connection.dialect.name == "sqlite"
    for guard in SQLITE_GUARDS.values() if sqlite else POSTGRES_GUARDS.statements():
        connection.exec_driver_sql(guard)
    connection.execute(sa.insert(RECORD_FORMAT).values(name=FORMAT_NAME, version=SCHEMA_VERSION))
    if sqlite:
        connection.exec_driver_sql(f"PRAGMA application_id = {0x41545258}")


def row_of(entry: Entry, payload: str) -> dict[str, Any]:
    """Return an entry as a row of `ENTRY`.

    Args:
        payload: its payload as canonical JSON.
    """
    return {
        "seq": entry.seq,
        "stream": entry.stream,
        "version": entry.version,
        "kind": entry.kind,
        "payload": payload,
        "author": entry.author,
        "recorded_at": time_text(entry.recorded_at),
        "occurred_at": time_text(entry.occurred_at),
        "late": int(entry.late),
        "corrects": entry.corrects,
        "key": entry.key,
        "clock_behind_us": entry.clock_behind_us,
        "previous_hash": entry.previous_hash,
        "hash": entry.hash,
    }


def entry_of(row: sa.Row[Any], payload: dict[str, Any]) -> Entry:
    """Return the entry of a row of `ENTRY`."""
    return Entry(
        seq=row.seq,
        stream=row.stream,
        version=row.version,
        kind=row.kind,
        payload=payload,
        author=row.author,
        recorded_at=time_of(row.recorded_at),
        occurred_at=time_of(row.occurred_at),
        late=bool(row.late),
        corrects=row.corrects,
        key=row.key,
        clock_behind_us=row.clock_behind_us,
        previous_hash=row.previous_hash,
        hash=row.hash,
    )
