"""Checking a record wherever it is, by the verifier; one in PostgreSQL is exported for that and the export removed."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Final

from ataraxy.errors import InputError
from ataraxy.record.chain_seal import SealReport, check_seals
from ataraxy.record.export import export_sealed
from ataraxy.record.guards import alterations
from ataraxy.record.keys import KeyRing
from ataraxy.record.master_key import MasterKey
from ataraxy.record.store import Record
from ataraxy.record.verify import NO_HASH, Unreadable, Verification, is_database, verify_file

SCHEMA: Final = "ataraxy.verification/1"
POSTGRES: Final = ("postgres://", "postgresql://", "postgresql+psycopg://")


def check_record(place: str, anchors: Path | None = None) -> Verification:
    """Return what the verifier finds.

    Args:
        place: a database of SQLite, an exported file, or ``postgresql://...``.
        anchors: a file of anchors that was kept elsewhere.

    Raises:
        InputError: one of the files is not what it should be (``record.unreadable``).
    """
    if place.startswith(POSTGRES):
        with tempfile.TemporaryDirectory(prefix="ataraxy-verify-") as folder:
            exported = Path(folder) / "entries.jsonl"
            with Record.open(place, read_only=True) as record:
                written = export_sealed(record, exported)
                with record.reading() as connection:
                    altered = alterations(connection)
            found = _verified(exported, anchors, written)
            return found._replace(notes=(*found.notes, *altered))
    return _verified(Path(place.removeprefix("sqlite:///")), anchors)


def check_sealed(place: str, master: MasterKey) -> SealReport | None:
    """Return what the seals of a record's chain say; None for an exported file, which has none.

    Raises:
        WrongMasterKey: another master key wraps the key of this record's chain.
        InputError: as `Record.open` does.
    """
    if not place.startswith(POSTGRES) and not is_database(place.removeprefix("sqlite:///")):
        return None
    with Record.open(place, read_only=True) as record, record.reading() as connection:
        return check_seals(connection, KeyRing(master))


def check_exported(path: Path, entries: int) -> Verification:
    """Return what the verifier finds in an exported file that may be of a record without entries.

    Raises:
        InputError: the file is not what it should be (``record.unreadable``).
    """
    return _verified(path, None, entries)


def verification_record(found: Verification) -> dict[str, Any]:
    """Return a verification as JSON values, in the form that the verifier prints."""
    return {
        "schema": SCHEMA,
        "valid": found.valid,
        "entries": found.entries,
        "head": found.head,
        "anchors": found.anchors,
        "problem": found.problem and found.problem._asdict(),
        "notes": list(found.notes),
    }


def _verified(path: Path, anchors: Path | None, entries: int | None = None) -> Verification:
    if entries == 0 and anchors is None and path.stat().st_size == 0:
        return Verification(0, NO_HASH, NO_HASH, 0, None, ())
    try:
        return verify_file(path, anchors)
    except Unreadable as error:
        raise InputError(
            str(error),
            code="record.unreadable",
            remedy="Name a database of SQLite or an exported record, and a file of anchors",
        ) from None
