"""Restoring a backup to an empty place, and the drill that shows that it would work.

The chain is verified before anything appears under its name. Patients who were erased after the backup was made stay
erased: the register of keys beside the backups names them, and has no key of theirs.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, replace
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final, TypeVar

import sqlalchemy as sa

from ataraxy.errors import AtaraxyError, InputError
from ataraxy.record.backup import DATABASE_FILE, SEALS_FILE, Manifest, check_content, read_manifest
from ataraxy.record.canonical import canonical_text, entry_of_line
from ataraxy.record.chain_seal import check_seals, seals
from ataraxy.record.checking import POSTGRES, check_exported
from ataraxy.record.database import clear_errors, open_database
from ataraxy.record.entry import Entry
from ataraxy.record.erasure import DATABASE
from ataraxy.record.erasure import ENTRY as ENTRY_PART
from ataraxy.record.erasure import KIND as ERASED_KIND
from ataraxy.record.export import export_lines
from ataraxy.record.key_register import Erasure, KeyRegister, read_register
from ataraxy.record.keys import (
    CHAIN_SEAL,
    DATA_KEY,
    ERASED_PATIENT,
    ERASURE_PENDING,
    KEY_LOCATION,
    KEY_METADATA,
    KeyRing,
    sealed_patient,
    sealed_texts,
    unwrap_for,
)
from ataraxy.record.master_key import MasterKey, WrongMasterKey
from ataraxy.record.private_file import OWNER_ONLY, refuse_directory, sync_folder
from ataraxy.record.projection import Projection
from ataraxy.record.schema import ENTRY, create_schema, row_of
from ataraxy.record.signature import SignatureState, check_all_signatures
from ataraxy.record.store import WAIT_S, Record

BATCH: Final = 1000
T = TypeVar("T")


@dataclass(frozen=True)
class Restored:
    """What a restore did.

    Attributes:
        entries: how many entries the record has.
        head: hash of the last one.
        erased_since: patients who were erased after the backup was made. `erasure.retry_erasures` adds the entries
            that say so.
        without_key: patients whose texts cannot be read, though nobody erased them.
        not_erased: patients who were marked as erased in the backup, of which neither an entry nor the keys beside the
            backups tell: the mark was not taken over.
        seal_problem: what the seals of the chain say against it, where the master key was given; None where nothing.
    """

    entries: int
    head: str
    erased_since: tuple[str, ...]
    without_key: tuple[str, ...]
    not_erased: tuple[str, ...] = ()
    seal_problem: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the same as JSON values."""
        return asdict(self)


@dataclass(frozen=True)
class Check:
    """One line of a drill: what was looked at, whether it is as it should be, and a note."""

    what: str
    passed: bool
    note: str = ""


@dataclass(frozen=True)
class DrillReport:
    """What a drill found."""

    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        """Return whether all is as it should be."""
        return all(check.passed for check in self.checks)

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        return {"passed": self.passed, "checks": [asdict(check) for check in self.checks]}


def restore(folder: Path, to: str, *, master: MasterKey | None = None) -> Restored:
    """Restore a backup to a place where no record is.

    Args:
        folder: the backup.
        to: path of a SQLite file that is not there, or ``postgresql://...`` of a database without a record.
        master: where given, every key has to open under it.

    Raises:
        InputError: it is no backup, it is damaged, its chain is broken (``record.backup-broken``), the place is taken
            (``record.exists``), or the master key is another. Nothing was changed.
    """
    folder = folder.resolve()
    manifest = read_manifest(folder)
    content = check_content(folder, manifest)
    _verified(content, manifest)
    register = _register(folder.parent, manifest, master)
    if to.startswith(POSTGRES):
        with _new_database(to) as connection:
            restored = _filled(connection, content, manifest, register, folder.parent)
            return _with_seals(connection, restored, master)
    target = Path(to.removeprefix("sqlite:///"))
    return _restored_file(target, content, manifest, register, folder.parent, master)


def drill(
    folder: Path,
    live: Record | None,
    *,
    master: MasterKey | None = None,
    projections: Sequence[Projection] = (),
) -> DrillReport:
    """Restore a backup to a temporary place, compare it with what it came from, and remove it again.

    Args:
        folder: the backup.
        live: the record that it was made from; without it, entries are compared with the backup alone.
        master: the master key, from the place where its safe copy is kept.
        projections: those of the record; rebuilt ones are compared with those in the backup.

    Raises:
        InputError: there is no backup in the folder.
    """
    manifest = read_manifest(folder)
    with tempfile.TemporaryDirectory(prefix="ataraxy-drill-") as temporary:
        place = Path(temporary) / DATABASE_FILE
        try:
            restored = restore(folder, str(place), master=master)
        except AtaraxyError as error:
            return DrillReport((Check("files as in the manifest, chain valid, restored", False, str(error)),))
        checks = [
            Check("files as in the manifest", True, manifest.content.name),
            Check("chain valid up to the head of the manifest", True, f"{restored.entries:,} entries"),
        ]
        held = _projected(place, projections)
        with Record.open(str(place), projections=projections) as record:
            checks.append(_same_entries(record, live, folder / manifest.content.name, manifest))
            checks.append(_same_projections(record, place, projections, held))
            checks.append(_signatures(record))
            if master is not None:
                checks.append(_seals(record, master))
        checks.append(_keys(restored, master))
        return DrillReport(tuple(checks))


def _verified(content: Path, manifest: Manifest) -> None:
    found = check_exported(content, manifest.seq)
    if found.problem is not None:
        problem = f"entry {found.problem.seq}: {found.problem.why}"
    elif (found.entries, found.head) != (manifest.seq, manifest.hash):
        problem = f"it ends with entry {found.entries}, and the manifest says {manifest.seq}"
    else:
        return
    raise InputError(
        f"the chain in the backup is broken: {problem}",
        code="record.backup-broken",
        remedy="Use another backup",
        where=str(content),
    )


def _register(location: Path, manifest: Manifest, master: MasterKey | None) -> KeyRegister:
    register = KeyRegister(manifest.genesis).merged(read_register(location) or KeyRegister())
    if master is not None:
        for patient, key in register.keys.items():
            if key.master != master.id:
                raise WrongMasterKey(
                    f"the keys beside this backup are wrapped by master key {key.master}, and {master.id} was given",
                    code="master-key.wrong",
                    remedy="Name the master-key file of this record",
                    where=str(location),
                )
            unwrap_for(master, patient, key.wrapped)
    return register


def _restored_file(
    target: Path,
    content: Path,
    manifest: Manifest,
    register: KeyRegister,
    location: Path,
    master: MasterKey | None,
) -> Restored:
    refuse_directory(target)
    for taken in (target, *(target.with_name(target.name + end) for end in ("-wal", "-shm", "-journal"))):
        if os.path.lexists(taken):
            raise InputError(
                "there is a file already",
                code="record.exists",
                remedy="Restore to a place where nothing is",
                where=str(taken),
            )
    try:
        with tempfile.TemporaryDirectory(prefix=".restoring-", dir=target.parent) as work:
            place = Path(work) / DATABASE_FILE
            os.close(os.open(place, os.O_CREAT | os.O_EXCL | os.O_WRONLY, OWNER_ONLY))
            if content.name == DATABASE_FILE:
                shutil.copyfile(content, place)
                opened = _copied_database(place)
            else:
                opened = _new_database(str(place))
            with opened as connection:
                restored = _filled(connection, content, manifest, register, location)
                restored = _with_seals(connection, restored, master)
            _settle(place)
            os.link(place, target)
            sync_folder(target.parent)
    except FileExistsError:
        raise InputError("there is a file already", code="record.exists", where=str(target)) from None
    except OSError as error:
        raise AtaraxyError(
            f"the record could not be restored: {error.strerror or error}",
            code="record.restore-failed",
            remedy="Make room or name another place; nothing was changed",
            where=str(target),
        ) from None
    return restored


def _settle(place: Path) -> None:
    """Bring all of a database into its one file, on the disk."""
    with closing(sqlite3.connect(place, isolation_level=None)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA journal_mode=DELETE")
    with open(place, "rb") as file:
        os.fsync(file.fileno())


@contextmanager
def _new_database(to: str) -> Iterator[sa.Connection]:
    """A transaction in which an empty record was made; the record is there when the block ends well."""
    database = open_database(to, read_only=False, wait_s=WAIT_S, make=True)
    try:
        with clear_errors(database.where), database.engine.begin() as connection:
            if sa.inspect(connection).has_table(ENTRY.name):
                raise InputError(
                    "there is a record already",
                    code="record.exists",
                    remedy="Restore to a database that holds none",
                    where=database.where,
                )
            create_schema(connection, KEY_METADATA)
            yield connection
    finally:
        database.engine.dispose()


@contextmanager
def _copied_database(place: Path) -> Iterator[sa.Connection]:
    database = open_database(place, read_only=False, wait_s=WAIT_S)
    try:
        with clear_errors(database.where), database.engine.begin() as connection:
            yield connection
    finally:
        database.engine.dispose()


def _filled(
    connection: sa.Connection, content: Path, manifest: Manifest, register: KeyRegister, location: Path
) -> Restored:
    """Put entries, where they are not there yet, keys and erasures into a new record."""
    if connection.execute(sa.select(ENTRY.c.seq).limit(1)).first() is None:
        _import(connection, content)
    not_erased = _drop_unrecorded(connection, register)
    erased_since = _note_erasures(connection, register)
    connection.execute(sa.delete(DATA_KEY))
    erased = set(connection.execute(sa.select(ERASED_PATIENT.c.patient)).scalars())
    keys = {who: key for who, key in register.keys.items() if who not in erased}
    if keys:
        connection.execute(
            sa.insert(DATA_KEY),
            [{"patient": who, "master": key.master, "wrapped": key.wrapped} for who, key in keys.items()],
        )
    if str(location) not in _locations(connection):
        connection.execute(sa.insert(KEY_LOCATION).values(location=str(location)))
    without = _patients_with_sealed_texts(connection) - set(keys) - erased
    return Restored(manifest.seq, manifest.hash, erased_since, tuple(sorted(without)), not_erased)


def _import(connection: sa.Connection, content: Path) -> None:
    if content.name == DATABASE_FILE:
        with Record.open(content, read_only=True) as original:
            _insert(connection, original.entries())
            with original.reading() as source:
                _insert_seals(connection, seals(source))
    else:
        with open(content, "rb") as lines:
            _insert(connection, (entry_of_line(line) for line in lines))
        beside = content.with_name(SEALS_FILE)
        if beside.is_file():
            with open(beside, "rb") as lines:
                _insert_seals(connection, (_seal_of(line, beside) for line in lines))


def _seal_of(line: bytes, path: Path) -> tuple[int, int, str]:
    try:
        first, last, mac = json.loads(line)
        if type(first) is not int or type(last) is not int or type(mac) is not str:
            raise TypeError("seal")
    except (ValueError, TypeError):
        raise InputError(
            "a line is not a seal",
            code="record.backup-broken",
            remedy="Use another backup",
            where=str(path),
        ) from None
    return first, last, mac


def _insert_seals(connection: sa.Connection, found: Iterator[Sequence[Any]]) -> None:
    for batch in _batches(found):
        connection.execute(
            sa.insert(CHAIN_SEAL), [{"first": first, "last": last, "mac": mac} for first, last, mac in batch]
        )


def _insert(connection: sa.Connection, entries: Iterator[Entry]) -> None:
    for batch in _batches(entries):
        connection.execute(
            sa.insert(ENTRY), [row_of(entry, canonical_text(entry.payload)) for entry in batch]
        )


def _batches(found: Iterator[T]) -> Iterator[list[T]]:
    batch: list[T] = []
    for one in found:
        batch.append(one)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _with_seals(connection: sa.Connection, restored: Restored, master: MasterKey | None) -> Restored:
    """Add what the seals say. It is told and does not stop a restore: there may be no other backup."""
    if master is None:
        return restored
    return replace(restored, seal_problem=check_seals(connection, KeyRing(master)).problem)


def _drop_unrecorded(connection: sa.Connection, register: KeyRegister) -> tuple[str, ...]:
    """Remove the marks of erasures that nothing else tells of. Returns whose they were."""
    marked = set(connection.execute(sa.select(ERASED_PATIENT.c.patient)).scalars())
    unrecorded = sorted(marked - set(_recorded_erasures(connection)) - set(register.erased))
    for table in (ERASED_PATIENT, ERASURE_PENDING):
        connection.execute(sa.delete(table).where(table.c.patient.in_(unrecorded)))
    return tuple(unrecorded)


def _note_erasures(connection: sa.Connection, register: KeyRegister) -> tuple[str, ...]:
    """Note who was erased. Returns those of whom the chain does not say so, since it ends before."""
    noted = set(connection.execute(sa.select(ERASED_PATIENT.c.patient)).scalars())
    recorded = _recorded_erasures(connection)
    for patient, erasure in {**recorded, **register.erased}.items():
        if patient not in noted:
            connection.execute(sa.insert(ERASED_PATIENT).values(patient=patient, **vars(erasure)))
    since = tuple(sorted(set(register.erased) - set(recorded)))
    # other folders of backups may still have the key: the erasure is done again everywhere
    places = {ENTRY_PART, DATABASE, *_locations(connection)}
    for patient in since:
        connection.execute(sa.delete(ERASURE_PENDING).where(ERASURE_PENDING.c.patient == patient))
        connection.execute(
            sa.insert(ERASURE_PENDING),
            [
                {"patient": patient, "location": where, "problem": "restored from before the erasure"}
                for where in sorted(places)
            ],
        )
    return since


def _recorded_erasures(connection: sa.Connection) -> dict[str, Erasure]:
    """The erasures that the chain itself tells of."""
    rows = connection.execute(
        sa.select(ENTRY.c.payload, ENTRY.c.author, ENTRY.c.occurred_at).where(ENTRY.c.kind == ERASED_KIND)
    )
    found = {}
    for row in rows:
        content = json.loads(row.payload)
        found[content["patient"]] = Erasure(
            row.occurred_at, row.author, content["reason"], content["legal_basis"]
        )
    return found


def _locations(connection: sa.Connection) -> set[str]:
    return set(connection.execute(sa.select(KEY_LOCATION.c.location)).scalars())


_SEALED = re.compile(r'"sealed":"1\.')


def _patients_with_sealed_texts(connection: sa.Connection) -> set[str]:
    found: set[str] = set()
    for payload in connection.execute(sa.select(ENTRY.c.payload)).scalars():
        if _SEALED.search(payload):
            found.update(sealed_patient(text) for text in sealed_texts(json.loads(payload)))
    return found


def _same_entries(record: Record, live: Record | None, content: Path, manifest: Manifest) -> Check:
    restored = export_lines(record, until=manifest.seq)
    if live is not None:
        what = "entries byte for byte those of the running record"
        return _compared(what, restored, export_lines(live, until=manifest.seq))
    what = "entries byte for byte those of the backup"
    if content.name == DATABASE_FILE:
        with Record.open(str(content), read_only=True) as original:
            return _compared(what, restored, export_lines(original))
    with open(content, "rb") as lines:
        return _compared(what, restored, lines)


def _compared(what: str, restored: Iterable[bytes], others: Iterable[bytes]) -> Check:
    number = 0
    for number, (one, other) in enumerate(zip_longest(restored, others), 1):
        if one != other:
            return Check(what, False, f"entry {number} differs")
    return Check(what, True, f"{number:,} compared")


def _projected(place: Path, projections: Sequence[Projection]) -> dict[str, list[str]]:
    """What a database holds in the tables of projections that it has."""
    engine = sa.create_engine("sqlite://", creator=lambda: sqlite3.connect(place))
    try:
        with clear_errors(place.name), engine.connect() as connection:
            there = set(sa.inspect(connection).get_table_names())
            return {
                table.name: sorted(repr(tuple(row)) for row in connection.execute(sa.select(table)))
                for projection in projections
                for table in projection.tables
                if table.name in there
            }
    finally:
        engine.dispose()


def _same_projections(
    record: Record, place: Path, projections: Sequence[Projection], held: dict[str, list[str]]
) -> Check:
    what = "projections rebuilt from nothing are those of the backup"
    if not held:
        return Check(what, True, "the backup has none")
    record.rebuild()
    rebuilt = _projected(place, projections)
    different = [name for name, rows in held.items() if rebuilt.get(name) != rows]
    return Check(what, not different, ", ".join(different) or f"{len(held)} tables compared")


def _signatures(record: Record) -> Check:
    states = [state for _, state in check_all_signatures(record)]
    bad = sum(state is not SignatureState.VALID for state in states)
    return Check("signatures fit what they were put to", not bad, f"{bad} of {len(states)} do not")


def _seals(record: Record, master: MasterKey) -> Check:
    with record.reading() as connection:
        found = check_seals(connection, KeyRing(master))
    note = f"{found.sealed:,} entries, {len(found.without_key)} of kinds that need no key"
    return Check("entries bear the seal of this record", found.problem is None, found.problem or note)


def _keys(restored: Restored, master: MasterKey | None) -> Check:
    what = "every key is there and opens with this master key"
    if restored.without_key:
        return Check(what, False, f"no key and no erasure: {', '.join(restored.without_key)}")
    if master is None:
        return Check(what, False, "no master key was given: nobody knows whether it could be read")
    return Check(what, True)
