"""A record with two patients, whose names and notes are secret, and one who has nothing to seal."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from ataraxy.record.entry import ANY_VERSION, Draft, Entry
from ataraxy.record.keys import DATA_KEY, KeyRing
from ataraxy.record.master_key import MasterKey
from ataraxy.record.store import Record

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
ANN, BEN = "a" * 32, "b" * 32
SECRETS = {ANN: ("Ann Secretname", "fears open squares"), BEN: ("Ben Hiddenname", "sleeps badly")}


class Names:
    """A projection of one table: the sealed name of each person."""

    name = "names"
    version = 1
    table = sa.Table(
        "person_name",
        sa.MetaData(),
        sa.Column("person", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("notes", sa.Integer, nullable=False),
    )
    tables = (table,)

    def apply(self, connection: sa.Connection, entry: Entry) -> None:
        if entry.kind == "person.identified":
            row = {"person": entry.stream, "name": entry.payload["name"]["sealed"], "notes": 0}
            connection.execute(sa.insert(self.table).values(**row))
        elif entry.kind == "note.written":
            counted = self.table.c.notes + 1
            connection.execute(
                sa.update(self.table).where(self.table.c.person == entry.stream).values(notes=counted)
            )

    def clear(self, connection: sa.Connection) -> None:
        connection.execute(sa.delete(self.table))


@contextmanager
def small_record(place: str | Path, master: MasterKey) -> Iterator[Record]:
    """Make the record, open, with the projection."""
    with Record.create(str(place), projections=(Names(),), keys=KeyRing(master)) as record:
        for minute, patient in enumerate((ANN, BEN)):
            name, note = SECRETS[patient]
            write(record, patient, "person.identified", {"name": name, "code": "F41.1"}, ("/name",), minute)
            write(record, patient, "note.written", {"notes": [{"text": note}]}, ("/notes/0/text",), minute)
        yield record


def write(
    record: Record,
    patient: str,
    kind: str,
    payload: dict[str, object],
    sensitive: tuple[str, ...] = (),
    minute: int = 0,
) -> Entry:
    """Append one entry of a person."""
    stream = f"person/{patient}"
    at = NOW + timedelta(minutes=minute)
    draft = Draft(stream, kind, payload, at, patient=patient, sensitive=sensitive)
    return record.append([draft], author="staff-1", at=at, expected={stream: ANY_VERSION}).entries[0]


def wrapped_key(record: Record, patient: str) -> bytes:
    """The wrapped key of a patient as it stands in the database."""
    with record.reading() as connection:
        found = connection.execute(sa.select(DATA_KEY.c.wrapped).where(DATA_KEY.c.patient == patient))
        return str(found.scalar_one()).encode()


def all_bytes(*folders: Path) -> dict[Path, bytes]:
    """Every file under some folders."""
    return {
        Path(where, name): Path(where, name).read_bytes()
        for folder in folders
        for where, _, names in os.walk(folder)
        for name in names
    }


def files_with(text: bytes, *folders: Path) -> list[str]:
    """The names of files that hold these bytes."""
    return sorted(path.name for path, content in all_bytes(*folders).items() if text in content)


def texts_of(record: Record, patient: str) -> list[object]:
    """Names and notes of a patient as a reader of the record sees them."""
    opened = [record.opened(entry) for entry in record.entries(stream=f"person/{patient}")]
    return [one.get("name") or one["notes"][0]["text"] for one in opened]


def leave_traces(database: Path, content: bytes) -> None:
    """Put bytes into the free space of a file, as the moving of rows does where SQLite does not overwrite."""
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("PRAGMA secure_delete=OFF")
    connection.execute("CREATE TABLE passing (content TEXT)")
    connection.execute("INSERT INTO passing VALUES (?)", (content.decode(),))
    connection.execute("DROP TABLE passing")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
