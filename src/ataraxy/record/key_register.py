"""The keys beside the backups: one file for a folder of backups, from which an erased patient's key is taken out.

No backup holds keys in itself. All backups of a folder share this one file, which has every patient's key in its
wrapped form, and the patients who were erased. An erased key is therefore gone for the oldest backup too, and a
restored backup knows who was erased after it was made.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from ataraxy.errors import InputError
from ataraxy.record.keys import CHAIN, DATA_KEY, ERASED_PATIENT, key_id
from ataraxy.record.private_file import OWNER_ONLY, write_private
from ataraxy.record.schema import ENTRY

FORMAT: Final = "ataraxy.keys/1"
NAME: Final = "ataraxy-keys.json"
# What a backup is called until it is complete; until then it may hold keys.
PARTIAL: Final = ".partial-"


@dataclass(frozen=True)
class WrappedKey:
    """A patient's key as the master key of that id wraps it."""

    master: str
    wrapped: str


@dataclass(frozen=True)
class Erasure:
    """Who erased a patient, when, why, and on what legal basis."""

    erased_at: str
    erased_by: str
    reason: str
    legal_basis: str


@dataclass(frozen=True)
class KeyRegister:
    """The wrapped keys of a record and its erased patients.

    Attributes:
        genesis: hash of the first entry: which record it belongs to; empty before there is an entry.
        keys: wrapped key of every patient who has one and was not erased.
        erased: the patients whose keys were destroyed.
    """

    genesis: str = ""
    keys: Mapping[str, WrappedKey] = field(default_factory=dict)
    erased: Mapping[str, Erasure] = field(default_factory=dict)

    def merged(self, other: KeyRegister) -> KeyRegister:
        """Return what both know: a later key wins, and an erasure known to either wins over any key.

        Raises:
            InputError: they belong to different records (``record.other-record``), or a patient has different keys in
                them (``record.key-replaced``).
        """
        if self.genesis and other.genesis and self.genesis != other.genesis:
            raise InputError(
                f"the folder holds keys of the record that starts with {self.genesis[:12]}, not {other.genesis[:12]}",
                code="record.other-record",
                remedy="Give each record a folder of its own for its backups",
            )
        erased = {**self.erased, **other.erased}
        for who in sorted(self.keys.keys() & other.keys.keys() - erased.keys()):
            # keeping the later one would destroy the only copy of the key under which the older texts are sealed
            if key_id(self.keys[who].wrapped) != key_id(other.keys[who].wrapped):
                raise InputError(
                    "this patient's key is another than the one beside the backups: somebody removed that one",
                    code="record.key-replaced",
                    remedy="Nothing was written over; restore the latest backup, whose key opens the older texts",
                    where=who,
                )
        keys = {who: key for who, key in {**self.keys, **other.keys}.items() if who not in erased}
        return KeyRegister(self.genesis or other.genesis, keys, erased)

    def without(self, patient: str, erasure: Erasure) -> KeyRegister:
        """Return the register after a patient was erased."""
        keys = {who: key for who, key in self.keys.items() if who != patient}
        return replace(self, keys=keys, erased={**self.erased, patient: erasure})


def register_of(connection: sa.Connection, genesis: str) -> KeyRegister:
    """Return the keys and erasures that a database holds."""
    keys = {
        patient: WrappedKey(master, wrapped)
        for patient, master, wrapped in connection.execute(
            sa.select(DATA_KEY.c.patient, DATA_KEY.c.master, DATA_KEY.c.wrapped)
        )
    }
    erased = {
        patient: Erasure(*rest)
        for patient, *rest in connection.execute(
            sa.select(
                ERASED_PATIENT.c.patient,
                ERASED_PATIENT.c.erased_at,
                ERASED_PATIENT.c.erased_by,
                ERASED_PATIENT.c.reason,
                ERASED_PATIENT.c.legal_basis,
            ).where(ERASED_PATIENT.c.patient != CHAIN)  # the key of the chain is nobody's to erase
        )
    }
    return KeyRegister(genesis, {who: key for who, key in keys.items() if who not in erased}, erased)


def recorded_only(connection: sa.Connection, register: KeyRegister) -> KeyRegister:
    """Return a register of a database without the erasures that no entry of its chain tells of.

    A mark of erasure in a table is set in a moment by whoever may write there; it must not take the keys beside the
    backups with it.
    """
    streams = [f"erasure/{patient}" for patient in register.erased]
    told = set(
        connection.execute(
            sa.select(ENTRY.c.stream).where(ENTRY.c.stream.in_(streams), ENTRY.c.kind == "record.erased")
        ).scalars()
    )
    erased = {who: how for who, how in register.erased.items() if f"erasure/{who}" in told}
    return replace(register, erased=erased)


def read_register(folder: Path) -> KeyRegister | None:
    """Return the register of a folder of backups, or None where it has none.

    Raises:
        InputError: the folder or the file cannot be read (``record.location-unreachable``), or is not a register
            (``record.register-format``).
    """
    path = folder / NAME
    if not folder.is_dir():
        raise unreachable(folder, "there is no such folder")
    try:
        document = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise unreachable(folder, error.strerror or "it cannot be read") from None
    except ValueError:
        document = None
    try:
        return _register(document)
    except (TypeError, KeyError, AttributeError, ValueError):
        raise InputError(
            "it is not a register of keys",
            code="record.register-format",
            remedy="Take it from its safe copy, or name another folder",
            where=str(path),
        ) from None


def write_register(folder: Path, register: KeyRegister) -> None:
    """Write the register of a folder, in one step. Raises AtaraxyError where the disk refuses."""
    document = {
        "format": FORMAT,
        "genesis": register.genesis,
        "keys": {who: vars(key) for who, key in sorted(register.keys.items())},
        "erased": {who: vars(erasure) for who, erasure in sorted(register.erased.items())},
    }
    write_private(folder / NAME, (json.dumps(document, indent=1) + "\n").encode())


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the register of a folder while it is read and rewritten: two at once would lose an erasure.

    Raises:
        InputError: the folder cannot be written to (``record.location-unreachable``).
    """
    try:
        descriptor = os.open(folder / f".{NAME}.lock", os.O_RDWR | os.O_CREAT, OWNER_ONLY)
    except OSError as error:
        raise unreachable(folder, error.strerror or "it cannot be written to") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def take_out(folder: Path, patient: str, erasure: Erasure) -> None:
    """Take a patient's key out of a folder's register and note the erasure there.

    Raises:
        AtaraxyError: the folder is out of reach (``record.location-unreachable``) or could not be written.
    """
    if not (folder / NAME).is_file():  # before a lock is made there: it may be no folder of backups at all
        raise unreachable(folder, f"{NAME} is not there")
    with locked(folder):
        register = read_register(folder)
        if register is None:
            raise unreachable(folder, f"{NAME} is not there")
        discard_partial(folder)
        write_register(folder, register.without(patient, erasure))


def discard_partial(folder: Path) -> None:
    """Remove what backups left that were killed while they copied. The folder must be locked.

    Raises:
        InputError: something stays (``record.location-unreachable``).
    """
    for left in folder.glob(f"{PARTIAL}*"):
        try:
            shutil.rmtree(left)
        except OSError as error:
            raise unreachable(folder, f"{left.name} cannot be removed: {error.strerror}") from None


def unreachable(folder: Path, why: str) -> InputError:
    """Return the error for a folder of backups that cannot be used now."""
    return InputError(
        f"the folder of backups cannot be reached: {why}",
        code="record.location-unreachable",
        remedy="Connect it and try again",
        where=str(folder),
    )


def _register(document: Any) -> KeyRegister:
    if document["format"] != FORMAT or not isinstance(document["genesis"], str):
        raise ValueError("format")
    if CHAIN in document["erased"]:
        raise ValueError("erased")
    keys = {str(who): WrappedKey(**key) for who, key in document["keys"].items()}
    erased = {str(who): Erasure(**erasure) for who, erasure in document["erased"].items()}
    if not all(
        isinstance(text, str) for value in [*keys.values(), *erased.values()] for text in vars(value).values()
    ):
        raise TypeError("text")
    return KeyRegister(document["genesis"], keys, erased)
