"""Two projections for tests: how many entries each stream has, and the last words of each author."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from ataraxy.record.canonical import canonical_text
from ataraxy.record.entry import Entry

METADATA = sa.MetaData()
TALLY = sa.Table(
    "test_tally",
    METADATA,
    sa.Column("stream", sa.Text, primary_key=True),
    sa.Column("entries", sa.Integer, nullable=False),
    sa.Column("late", sa.Integer, nullable=False),
)
LAST_WORD = sa.Table(
    "test_last_word",
    METADATA,
    sa.Column("author", sa.Text, primary_key=True),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("payload", sa.Text, nullable=False),
)


class Tally:
    name = "tally"
    version = 1
    tables = (TALLY,)

    def apply(self, connection: sa.Connection, entry: Entry) -> None:
        changed = connection.execute(
            sa.update(TALLY)
            .where(TALLY.c.stream == entry.stream)
            .values(entries=TALLY.c.entries + 1, late=TALLY.c.late + int(entry.late))
        )
        if not changed.rowcount:
            connection.execute(sa.insert(TALLY).values(stream=entry.stream, entries=1, late=int(entry.late)))

    def clear(self, connection: sa.Connection) -> None:
        connection.execute(sa.delete(TALLY))


class LastWord:
    name = "last-word"
    version = 1
    tables = (LAST_WORD,)

    def apply(self, connection: sa.Connection, entry: Entry) -> None:
        connection.execute(sa.delete(LAST_WORD).where(LAST_WORD.c.author == entry.author))
        connection.execute(
            sa.insert(LAST_WORD).values(
                author=entry.author, seq=entry.seq, payload=canonical_text(entry.payload)
            )
        )

    def clear(self, connection: sa.Connection) -> None:
        connection.execute(sa.delete(LAST_WORD))


def rows(connection: sa.Connection) -> dict[str, list[tuple[Any, ...]]]:
    """Return everything that the two tables hold."""
    return {
        table.name: sorted(tuple(row) for row in connection.execute(sa.select(table)))
        for table in (TALLY, LAST_WORD)
    }
