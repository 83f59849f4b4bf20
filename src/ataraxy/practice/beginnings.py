"""Rows whose text begins with something, found through the index on SQLite and rightly on PostgreSQL too."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa


def begins_with(engine: sa.Engine, column: sa.Column[str], beginning: str) -> sa.ColumnElement[bool]:
    """Return the condition that a text begins with another, letter by letter, whatever the database sorts by.

    Args:
        engine: of the database that is asked.
        column: of text.
        beginning: ASCII, not empty.
    """
    # The next text after all that begin so, in the order of bytes; PostgreSQL may sort by a language's rules.
    after = beginning[:-1] + chr(ord(beginning[-1]) + 1)
    compared: Any = column if engine.dialect.name == "sqlite" else column.collate("C")
    return sa.and_(compared >= beginning, compared < after)
