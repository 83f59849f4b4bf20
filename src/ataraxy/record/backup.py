"""Backups: one consistent moment of the record in a folder, with a manifest, and without any key.

A folder of backups holds many backups and one register of keys (`key_register`). The folder is noted in the database
before the first byte is copied, so that a later erasure knows where keys may be.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from ataraxy.errors import AtaraxyError, InputError
from ataraxy.record.chain_seal import seals
from ataraxy.record.database import clear_errors
from ataraxy.record.entry import NO_HASH
from ataraxy.record.export import export_lines
from ataraxy.record.key_register import (
    PARTIAL,
    KeyRegister,
    discard_partial,
    locked,
    read_register,
    recorded_only,
    register_of,
    write_register,
)
from ataraxy.record.keys import DATA_KEY, ERASURE_PENDING, KEY_LOCATION, utc_text
from ataraxy.record.private_file import OWNER_ONLY, sync_folder, write_private, writing_private
from ataraxy.record.store import Record, path_of

FORMAT: Final = "ataraxy.backup/1"
MANIFEST: Final = "manifest.json"
DATABASE_FILE: Final = "record.sqlite3"
ENTRIES_FILE: Final = "entries.jsonl"
SEALS_FILE: Final = "seals.jsonl"


@dataclass(frozen=True)
class BackedUpFile:
    """A file of a backup: its name, size and SHA-256."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a backup holds.

    Attributes:
        made_at: when it was made, UTC.
        genesis: hash of the first entry; empty where there is none.
        seq: number of the last entry; 0 where there is none.
        hash: hash of the last entry; zeros where there is none.
        content: the file with the record.
        seals: the file with the seals of its chain, where they are not in the first.
    """

    made_at: str
    genesis: str
    seq: int
    hash: str
    content: BackedUpFile
    seals: BackedUpFile | None = None
    format: str = FORMAT

    def to_json(self) -> dict[str, Any]:
        """Return the manifest as JSON values."""
        return asdict(self)


@dataclass(frozen=True)
class Backup:
    """A backup that was made: where it is and what it holds."""

    folder: Path
    manifest: Manifest


def backup(record: Record, location: Path, *, at: datetime) -> Backup:
    """Make a backup in a folder of backups, while the record is in use.

    Args:
        location: the folder; made where it is not there. Each record needs one of its own.
        at: now; it names the backup.

    Raises:
        InputError: the folder is of another record (``record.other-record``), or has a backup of this second
            (``record.backup-exists``), or the record no longer holds what an earlier backup has
            (``record.backup-contradicts``).
        AtaraxyError: the disk refused (``record.backup-failed``); nothing half-made stays.
    """
    location = location.resolve()
    made_at = utc_text(at)
    folder = location / at.astimezone(UTC).strftime("%Y-%m-%dT%H%M%SZ")
    try:
        location.mkdir(parents=True, exist_ok=True, mode=0o700)
        _note_location(record, location)
        # held to the end: an erasure waits, and then finds what this backup wrote
        with locked(location):
            discard_partial(location)
            if folder.exists():
                raise InputError(
                    "a backup of this second is there", code="record.backup-exists", where=str(folder)
                )
            work = location / f"{PARTIAL}{folder.name}"
            work.mkdir(mode=0o700)
            try:
                manifest, register = _copied(record, work, made_at)
                _refuse_contradicted(record, location, manifest)
                _write_manifest(work, manifest)
                sync_folder(work)
                _update_register(record, location, register)
                os.rename(work, folder)
                sync_folder(location)
            finally:
                shutil.rmtree(work, ignore_errors=True)
    except (OSError, sqlite3.Error) as error:
        raise AtaraxyError(
            f"the backup could not be made: {getattr(error, 'strerror', None) or error}",
            code="record.backup-failed",
            remedy="Make room or name another folder; no half-made backup stays",
            where=str(location),
        ) from None
    return Backup(folder, manifest)


def _refuse_contradicted(record: Record, location: Path, made: Manifest) -> None:
    """Look whether the record still holds the last entry of every earlier backup: each is an anchor too."""
    for folder in sorted(location.iterdir(), reverse=True):
        try:
            earlier = read_manifest(folder)
        except InputError:
            continue
        if earlier.seq == 0 or earlier.genesis != made.genesis:
            continue  # of another record: the register says that
        found = next((entry.hash for entry in record.entries(after=earlier.seq - 1, until=earlier.seq)), None)
        if found != earlier.hash:
            what = (
                f"has {earlier.seq} entries, and the record ends with entry {made.seq}"
                if found is None
                else f"holds another entry {earlier.seq} than the record"
            )
            raise InputError(
                f"an earlier backup {what}: entries are missing or changed",
                code="record.backup-contradicts",
                remedy="Keep both and find out why; where the record was restored from an older backup, back it up "
                "to another folder",
                where=str(folder),
            )


def read_manifest(folder: Path) -> Manifest:
    """Return what a backup says it holds.

    Raises:
        InputError: it is not a backup (``record.backup-format``).
    """
    try:
        document: Any = json.loads((folder / MANIFEST).read_bytes())
        if document["format"] != FORMAT:
            raise ValueError("format")
        beside = document.get("seals")
        manifest = Manifest(
            **{
                **document,
                "content": BackedUpFile(**document["content"]),
                "seals": beside and BackedUpFile(**beside),
            }
        )
        if manifest.content.name not in (DATABASE_FILE, ENTRIES_FILE) or type(manifest.seq) is not int:
            raise ValueError("content")
        if manifest.seals is not None and manifest.seals.name != SEALS_FILE:
            raise ValueError("seals")
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(
            "it is not a backup of this program",
            code="record.backup-format",
            remedy=f"Name a folder that holds {MANIFEST}",
            where=str(folder),
        ) from None
    return manifest


def check_content(folder: Path, manifest: Manifest) -> Path:
    """Return the file with the record, after size and hash of all files were found to be those of the manifest.

    Raises:
        InputError: one is missing or was changed (``record.backup-damaged``).
    """
    if manifest.seals is not None:
        _check_file(folder, manifest.seals)
    return _check_file(folder, manifest.content)


def _check_file(folder: Path, wanted: BackedUpFile) -> Path:
    path = folder / wanted.name
    try:
        found = described(path)
    except OSError as error:
        why = error.strerror or "it cannot be read"
    else:
        if found == wanted:
            return path
        why = "it is not the one that the manifest describes"
    raise InputError(
        f"the backup is damaged: {why}",
        code="record.backup-damaged",
        remedy="Use another backup; this one lost or changed bytes after it was made",
        where=str(path),
    )


def described(path: Path) -> BackedUpFile:
    """Return name, size and hash of a file."""
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        return BackedUpFile(path.name, file.tell(), digest.hexdigest())


def _copied(record: Record, work: Path, made_at: str) -> tuple[Manifest, KeyRegister]:
    path = path_of(record)
    if path is not None:
        return _copied_sqlite(path, work, made_at)
    return _copied_entries(record, work, made_at)


def _copied_sqlite(source: Path, work: Path, made_at: str) -> tuple[Manifest, KeyRegister]:
    """Copy the database by SQLite's backup, take the keys out, and write what is left to a file without a past."""
    raw, clean = work / "with-keys", work / DATABASE_FILE
    os.close(os.open(raw, os.O_CREAT | os.O_EXCL | os.O_WRONLY, OWNER_ONLY))
    with _sqlite(source) as live, _sqlite(raw) as copy:
        live.backup(copy)  # all pages in one step: one snapshot, and no writer waits
        copy.execute("PRAGMA journal_mode=DELETE")
        copy.commit()
    engine = sa.create_engine("sqlite://", creator=lambda: sqlite3.connect(raw))
    try:
        with clear_errors(source.name), engine.begin() as connection:
            register = register_of(connection, "")
            connection.execute(sa.delete(DATA_KEY))
    finally:
        engine.dispose()
    os.close(os.open(clean, os.O_CREAT | os.O_EXCL | os.O_WRONLY, OWNER_ONLY))
    with _sqlite(raw) as copy:
        # a file written anew has no free pages in which a key could have stayed
        copy.isolation_level = None
        copy.execute("VACUUM INTO ?", (str(clean),))
    raw.unlink()
    for left in work.glob("with-keys-*"):
        left.unlink()
    with open(clean, "rb") as file:
        os.fsync(file.fileno())
    with _sqlite(clean) as copy:
        first = copy.execute("SELECT hash FROM entry WHERE seq = 1").fetchone()
        last = copy.execute("SELECT seq, hash FROM entry ORDER BY seq DESC LIMIT 1").fetchone()
    genesis = first[0] if first else ""
    seq, head = last or (0, NO_HASH)
    manifest = Manifest(made_at, genesis, seq, head, described(clean))
    return manifest, KeyRegister(genesis, register.keys, register.erased)


def _copied_entries(record: Record, work: Path, made_at: str) -> tuple[Manifest, KeyRegister]:
    """Write all entries up to one head as lines. What was there then stays there, so that one head is one moment."""
    path = work / ENTRIES_FILE
    head = record.head()
    with writing_private(path) as file:
        for line in export_lines(record, until=head.seq):
            file.write(line)
    genesis = genesis_of(record)
    # after the entries: every key that they need is there by now
    beside = work / SEALS_FILE
    with record.reading() as connection, writing_private(beside) as file:
        register = register_of(connection, genesis)
        for first, last, mac in seals(connection):
            if last <= head.seq:
                file.write((json.dumps([first, last, mac]) + "\n").encode())
    return Manifest(made_at, genesis, head.seq, head.hash, described(path), described(beside)), register


def genesis_of(record: Record) -> str:
    """Return the hash of the first entry, by which a record is known; empty where there is none."""
    first = next(iter(record.entries(until=1)), None)
    return first.hash if first is not None else ""


def _write_manifest(work: Path, manifest: Manifest) -> None:
    write_private(work / MANIFEST, (json.dumps(manifest.to_json(), indent=1) + "\n").encode())


def _note_location(record: Record, location: Path) -> None:
    with record.writing() as connection:
        known = connection.execute(
            sa.select(KEY_LOCATION.c.location).where(KEY_LOCATION.c.location == str(location))
        ).first()
        if known is None:
            connection.execute(sa.insert(KEY_LOCATION).values(location=str(location)))


def _update_register(record: Record, location: Path, copied: KeyRegister) -> None:
    """Add the keys of the copy to the register, without those that were erased since, here or there."""
    with record.writing() as connection:
        now = recorded_only(connection, register_of(connection, copied.genesis))
        copied = recorded_only(connection, copied)
        merged = (read_register(location) or KeyRegister()).merged(copied).merged(now)
        write_register(location, merged)
        # what an erasure still had to do here is done by this
        connection.execute(
            sa.delete(ERASURE_PENDING).where(
                ERASURE_PENDING.c.location == str(location), ERASURE_PENDING.c.patient.in_(now.erased)
            )
        )


@contextmanager
def _sqlite(path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(path)
    try:
        yield connection
    finally:
        connection.close()
