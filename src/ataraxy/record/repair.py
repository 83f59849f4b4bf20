"""Putting the guards of a database back after somebody altered it; what was found becomes an entry.

Also what is left of entries that are not there any more (seals, tables that had seen them) is cleared away, so that the
clinic can go on where no backup has them. The entry keeps what it was.
"""

from __future__ import annotations

import tempfile
from datetime import datetime
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from ataraxy.errors import InputError
from ataraxy.record.chain_seal import last_sealed
from ataraxy.record.checking import check_exported
from ataraxy.record.database import open_database
from ataraxy.record.entry import Draft
from ataraxy.record.export import export_sealed
from ataraxy.record.guards import alterations, put_back
from ataraxy.record.keys import CHAIN_SEAL
from ataraxy.record.schema import ENTRY, PROJECTION_STATE
from ataraxy.record.store import WAIT_S, Record

STREAM: Final = "guards"
KIND: Final = "record.guards_restored"
LONGEST_REASON: Final = 200


def restore_guards(place: str | Path, *, author: str, reason: str, at: datetime) -> tuple[str, ...]:
    """Make the guards anew, remove other triggers, and have all projections built anew when they are opened next.

    The chain has to be valid. What was found is recorded, so that nobody can say that it was always so.

    Args:
        place: file of SQLite or ``postgresql://...``.
        reason: what is known of it; nothing identifying.

    Returns:
        What was not as it should be; empty where nothing was done.

    Raises:
        InputError: the history is not valid (``record.not-valid``), a table is missing (``record.guards``), or the
            reason is (``record.repair-reason``). Nothing was changed.
    """
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise InputError(
            f"the reason has {len(reason)} characters",
            code="record.repair-reason",
            remedy=f"Say in 1 to {LONGEST_REASON} characters what is known of it, without anything identifying",
        )
    with Record.open(place, read_only=True) as record:
        _require_valid(record)
    database = open_database(place, read_only=False, wait_s=WAIT_S)
    try:
        with database.writing() as connection:
            last = connection.execute(sa.select(sa.func.max(ENTRY.c.seq))).scalar_one_or_none() or 0
            found = (*alterations(connection), *_ahead(connection, last))
            if not found:
                return ()
            put_back(connection)
            connection.execute(sa.delete(CHAIN_SEAL).where(CHAIN_SEAL.c.last > last))
            connection.execute(sa.delete(PROJECTION_STATE))
            left = alterations(connection)
            if left:
                raise InputError(
                    f"this cannot be put back: {'; '.join(left)}",
                    code="record.guards",
                    remedy="Export the entries, keep the file, and restore a backup",
                    where=database.where,
                )
    finally:
        database.engine.dispose()
    with Record.open(place) as record:
        draft = Draft(STREAM, KIND, {"found": list(found), "reason": reason}, at)
        record.append([draft], author=author, at=at, expected={STREAM: record.version(STREAM)})
    return found


def _require_valid(record: Record) -> None:
    with tempfile.TemporaryDirectory(prefix="ataraxy-repair-") as folder:
        exported = Path(folder) / "entries.jsonl"
        found = check_exported(exported, export_sealed(record, exported))
    if found.problem is not None:
        raise InputError(
            f"entry {found.problem.seq}: {found.problem.why}",
            code="record.not-valid",
            remedy="Keep the file and restore a backup",
            where=record.where,
        )


def _ahead(connection: sa.Connection, last: int) -> tuple[str, ...]:
    """Return what has seen entries that are not there."""
    rows = connection.execute(sa.select(PROJECTION_STATE).where(PROJECTION_STATE.c.seq > last))
    found = [f"{row.name} was made from {row.seq} entries, and there are {last}" for row in rows]
    sealed = last_sealed(connection)
    if sealed > last:
        found.append(f"{sealed} entries were sealed, and there are {last}")
    return tuple(found)
