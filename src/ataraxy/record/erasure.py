"""Erasing a patient: their key is destroyed wherever it is known to be; what it sealed stays in the chain, unreadable.

An erasure is begun in one transaction (from then on nothing of the patient opens), and completed in steps that may
each be tried again: the entry that says so, the key in the database and its traces in the files, and the key beside
each folder of backups. What could not be done is listed until it is.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from ataraxy.errors import AtaraxyError, InputError
from ataraxy.record.chain_seal import is_sealed
from ataraxy.record.database import clear_errors
from ataraxy.record.entry import Draft
from ataraxy.record.key_register import Erasure, take_out
from ataraxy.record.keys import (
    DATA_KEY,
    ERASED_PATIENT,
    ERASURE_PENDING,
    KEY_LOCATION,
    check_patient,
    utc_text,
)
from ataraxy.record.retention import refuse_within_retention
from ataraxy.record.store import Record, path_of

KIND: Final = "record.erased"  # `keys` asks for it by name
ENTRY: Final = "entry"
DATABASE: Final = "database"
LOCATIONS_STREAM: Final = "key-locations"
# How long to wait for readers to go away before the traces in the files are left for a later try.
WAIT_S: Final = 5.0
LONGEST_REASON: Final = 200


@dataclass(frozen=True)
class PendingErasure:
    """A part of an erasure that is still to be done.

    Attributes:
        patient: whose.
        location: ``entry``, ``database`` or a folder of backups.
        problem: why it could not be done at the last try; empty before the first.
    """

    patient: str
    location: str
    problem: str


def erasure_stream(patient: str) -> str:
    """Return the stream that holds the erasure of a patient."""
    return f"erasure/{patient}"


def erase(
    record: Record, patient: str, *, author: str, reason: str, legal_basis: str, at: datetime
) -> tuple[PendingErasure, ...]:
    """Destroy a patient's key. The master key is not needed.

    Args:
        reason: why, without anything identifying: it stays readable.
        legal_basis: the law that asks for it, such as "GDPR Art. 17(1)(b)".

    Returns:
        What is still to be done; empty when the key is gone everywhere.

    Raises:
        InputError: the law still wants the record (``record.retained``), the patient has no key here
            (``record.no-such-patient``), or reason or basis are missing (``record.erasure-reason``). Nothing was done.
    """
    check_patient(patient)
    for name, text in (("reason", reason), ("legal basis", legal_basis), ("author", author)):
        if not text.strip() or len(text) > LONGEST_REASON:
            raise InputError(
                f"the {name} has {len(text)} characters",
                code="record.erasure-reason",
                remedy=f"Give 1 to {LONGEST_REASON} characters, without anything identifying",
                where=patient,
            )
    refuse_within_retention(record, patient, at)
    if record.keys is not None:
        with record.reading() as connection:
            record.keys.chain_key(
                connection, make=False
            )  # another master key is said before anything is done
    with record.writing() as connection:
        known = connection.execute(
            sa.select(DATA_KEY.c.patient)
            .where(DATA_KEY.c.patient == patient)
            .union(sa.select(ERASED_PATIENT.c.patient).where(ERASED_PATIENT.c.patient == patient))
        ).first()
        if known is None:
            raise InputError(
                "this record has no key of such a patient",
                code="record.no-such-patient",
                remedy="Check the id",
                where=patient,
            )
        if not _erasure(connection, patient):
            connection.execute(
                sa.insert(ERASED_PATIENT).values(
                    patient=patient,
                    erased_at=utc_text(at),
                    erased_by=author,
                    reason=reason,
                    legal_basis=legal_basis,
                )
            )
            locations = connection.execute(sa.select(KEY_LOCATION.c.location)).scalars().all()
            connection.execute(
                sa.insert(ERASURE_PENDING),
                [
                    {"patient": patient, "location": where, "problem": ""}
                    for where in (ENTRY, DATABASE, *locations)
                ],
            )
    return retry_erasures(record, at=at, patient=patient)


def pending_erasures(record: Record) -> tuple[PendingErasure, ...]:
    """Return every part of an erasure that is still to be done."""
    with record.reading() as connection:
        rows = connection.execute(
            sa.select(ERASURE_PENDING).order_by(ERASURE_PENDING.c.patient, ERASURE_PENDING.c.location)
        ).all()
    return tuple(PendingErasure(row.patient, row.location, row.problem) for row in rows)


def retry_erasures(record: Record, *, at: datetime, patient: str | None = None) -> tuple[PendingErasure, ...]:
    """Try again what is still to be done, of one patient or of all. Returns what remains."""
    waiting = [part for part in pending_erasures(record) if patient in (None, part.patient)]
    for part in sorted(waiting, key=lambda one: (one.location != ENTRY, one.location)):
        try:
            _complete(record, part, at)
        except (AtaraxyError, OSError) as error:
            problem = (
                str(error) if isinstance(error, AtaraxyError) else error.strerror or type(error).__name__
            )
            _note(record, part, problem)
        else:
            _done(record, part)
    return tuple(part for part in pending_erasures(record) if patient in (None, part.patient))


def finish_erasures(record: Record, *, at: datetime) -> tuple[PendingErasure, ...]:
    """Try again, unasked, what is left of the erasures that somebody with the master key decided.

    Whoever may write to the database can mark a patient as erased. A program that starts must not carry that into
    every folder of backups: what no sealed entry tells of stays on the list, and waits for `retry_erasures`, which a
    person asks for.

    Returns:
        What remains.
    """
    if record.keys is None:
        return pending_erasures(record)
    waiting = {part.patient for part in pending_erasures(record)}
    for patient in sorted(waiting):
        told = next((one.seq for one in record.entries(stream=erasure_stream(patient), kinds=(KIND,))), None)
        with record.reading() as connection:
            decided = told is not None and is_sealed(connection, record.keys, told)
        if decided:
            retry_erasures(record, at=at, patient=patient)
    return pending_erasures(record)


def forget_location(
    record: Record, location: str, *, author: str, reason: str, at: datetime
) -> tuple[PendingErasure, ...]:
    """Note that a folder of backups was destroyed, with all copies, so that no erasure waits for it any more.

    Returns:
        The parts of erasures that waited for it.

    Raises:
        InputError: no such folder is known (``record.no-such-location``).
    """
    with record.reading() as connection:
        known = connection.execute(sa.select(KEY_LOCATION.c.location)).scalars().all()
    if location not in known:
        raise InputError(
            "no backup was made to such a folder",
            code="record.no-such-location",
            remedy=f"Known are: {', '.join(sorted(known)) or 'none'}",
            where=location,
        )
    waited = tuple(part for part in pending_erasures(record) if part.location == location)
    draft = Draft(
        stream=LOCATIONS_STREAM,
        kind="record.location_forgotten",
        payload={"location": location, "reason": reason, "patients": [part.patient for part in waited]},
        occurred_at=at,
    )
    record.append(
        [draft], author=author, at=at, expected={LOCATIONS_STREAM: record.version(LOCATIONS_STREAM)}
    )
    with record.writing() as connection:
        connection.execute(sa.delete(KEY_LOCATION).where(KEY_LOCATION.c.location == location))
        connection.execute(sa.delete(ERASURE_PENDING).where(ERASURE_PENDING.c.location == location))
    return waited


def scrub_sqlite(path: Path, before: Callable[[sqlite3.Connection], None] | None = None) -> None:
    """Write a database file anew and empty its log, so that deleted rows are in neither.

    Args:
        before: what to delete, inside a transaction of its own, with deleted content overwritten.

    Raises:
        AtaraxyError: another process reads or writes it now (``record.busy``); try again.
    """
    connection = sqlite3.connect(path, isolation_level=None, timeout=WAIT_S)
    try:
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA secure_delete=ON")
        if before is not None:
            connection.execute("BEGIN IMMEDIATE")
            before(connection)
            connection.execute("COMMIT")
        connection.execute("VACUUM")
        busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.OperationalError as error:
        raise AtaraxyError(
            f"the database could not be written anew: {error}",
            code="record.busy",
            remedy="Try again when nothing else uses it and the disk has room for a second copy",
            where=path.name,
        ) from None
    except sqlite3.Error as error:
        raise AtaraxyError(
            f"the database is damaged: {error}",
            code="record.damaged",
            remedy="Keep the file, run `ataraxy record verify`, restore a backup to another disk",
            where=path.name,
        ) from None
    finally:
        connection.close()
    if busy:
        raise AtaraxyError(
            "a reader still holds the log of the database, where the key may be",
            code="record.busy",
            remedy="Try again when nothing else uses it",
            where=path.name,
        )


def _complete(record: Record, part: PendingErasure, at: datetime) -> None:
    check_patient(part.patient)  # what stands in the table may have been put there by anybody
    with record.reading() as connection:
        erasure = _erasure(connection, part.patient)
    if erasure is None:
        return
    if part.location == ENTRY:
        _append_entry(record, part.patient, erasure, at)
    elif part.location == DATABASE:
        with record.writing() as connection:
            connection.execute(sa.delete(DATA_KEY).where(DATA_KEY.c.patient == part.patient))
        scrub(record)
    else:
        take_out(Path(part.location), part.patient, erasure)


def scrub(record: Record) -> None:
    """Remove the traces of deleted keys from the files of a database, as far as the database lets us.

    Raises:
        AtaraxyError: it is in use (``record.busy``).
    """
    path = path_of(record)
    if path is not None:
        scrub_sqlite(path)
        return
    outside = record.engine.execution_options(isolation_level="AUTOCOMMIT")
    with clear_errors(record.where), outside.connect() as connection:
        connection.execute(sa.text("VACUUM (FULL) data_key"))


def _append_entry(record: Record, patient: str, erasure: Erasure, at: datetime) -> None:
    stream = erasure_stream(patient)
    if record.version(stream):
        return
    draft = Draft(
        stream=stream,
        kind=KIND,
        payload={
            "patient": patient,
            "reason": erasure.reason,
            "legal_basis": erasure.legal_basis,
        },
        occurred_at=datetime.fromisoformat(erasure.erased_at),
    )
    record.append([draft], author=erasure.erased_by, at=at, expected={stream: 0})


def _erasure(connection: sa.Connection, patient: str) -> Erasure | None:
    row = connection.execute(
        sa.select(ERASED_PATIENT).where(ERASED_PATIENT.c.patient == patient)
    ).one_or_none()
    return None if row is None else Erasure(row.erased_at, row.erased_by, row.reason, row.legal_basis)


def _note(record: Record, part: PendingErasure, problem: str) -> None:
    with record.writing() as connection:
        connection.execute(
            sa.update(ERASURE_PENDING)
            .where(ERASURE_PENDING.c.patient == part.patient, ERASURE_PENDING.c.location == part.location)
            .values(problem=problem)
        )


def _done(record: Record, part: PendingErasure) -> None:
    with record.writing() as connection:
        connection.execute(
            sa.delete(ERASURE_PENDING).where(
                ERASURE_PENDING.c.patient == part.patient, ERASURE_PENDING.c.location == part.location
            )
        )
