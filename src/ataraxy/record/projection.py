"""Projections: tables that say how things stand, folded from the entries. They can be thrown away and built anew."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.schema import CreateTable

from ataraxy.record.entry import Entry


class Projection(Protocol):
    """What a projection has to offer.

    It looks at the entries alone, in their order, so that building it anew gives the same rows. Sealed texts stay
    sealed in it and are opened where they are read.

    Attributes:
        name: its name in the record; no two have the same.
        version: raised whenever the same entries would give other rows.
        tables: its tables; no two projections share one.
    """

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> int: ...

    @property
    def tables(self) -> Sequence[sa.Table]: ...

    def apply(self, connection: sa.Connection, entry: Entry) -> None:
        """Take one more entry in, in the transaction that stores it. An error here refuses the entry."""

    def clear(self, connection: sa.Connection) -> None:
        """Empty the tables."""


def definition_of(projection: Projection, dialect: sa.Dialect) -> str:
    """Return a short hash that changes with the version of a projection and with its tables."""
    tables = "".join(str(CreateTable(table).compile(dialect=dialect)) for table in projection.tables)
    text = f"{projection.name} {projection.version} {tables}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def create_tables(projection: Projection, connection: sa.Connection) -> None:
    """Create the tables of a projection that are not there."""
    for table in projection.tables:
        table.create(connection, checkfirst=True)


def replace_tables(projection: Projection, connection: sa.Connection) -> None:
    """Drop the tables of a projection and create them as they are to be now."""
    for table in reversed(projection.tables):
        table.drop(connection, checkfirst=True)
    for table in projection.tables:
        table.create(connection)
