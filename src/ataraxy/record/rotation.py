"""Changing the master key: every patient's key is wrapped anew, in the database and beside the backups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from ataraxy.errors import AtaraxyError
from ataraxy.record.erasure import DATABASE, scrub
from ataraxy.record.key_register import (
    KeyRegister,
    WrappedKey,
    discard_partial,
    locked,
    read_register,
    unreachable,
    write_register,
)
from ataraxy.record.keys import KEY_LOCATION, KeyRing, rewrapped
from ataraxy.record.master_key import MasterKey
from ataraxy.record.store import Record


@dataclass(frozen=True)
class Rotation:
    """What a change of the master key did.

    Attributes:
        keys: how many keys of the database were wrapped anew.
        left: where old wrapped keys may still be, with the reason: ``database`` or a folder of backups.
    """

    keys: int
    left: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the same as JSON values."""
        return {"keys": self.keys, "left": dict(self.left)}


def rotate_master_key(record: Record, old: MasterKey, new: MasterKey) -> Rotation:
    """Wrap every key under a new master key. May be run again with the same two keys until nothing is left.

    Raises:
        WrongMasterKey: the old key is not that of this database; nothing was changed.
    """
    with record.writing() as connection:
        changed = KeyRing(old).rewrap(connection, new)
        locations = connection.execute(sa.select(KEY_LOCATION.c.location)).scalars().all()
    left: dict[str, str] = {}
    try:
        scrub(record)
    except AtaraxyError as error:
        left[DATABASE] = str(error)
    for location in locations:
        try:
            _rotate_register(Path(location), old, new)
        except AtaraxyError as error:
            left[location] = str(error)
    return Rotation(changed, left)


def _rotate_register(folder: Path, old: MasterKey, new: MasterKey) -> None:
    with locked(folder):
        register = read_register(folder)
        if register is None:
            raise unreachable(folder, "its register of keys is not there")
        discard_partial(folder)
        write_register(folder, _rewrapped_register(register, old, new))


def _rewrapped_register(register: KeyRegister, old: MasterKey, new: MasterKey) -> KeyRegister:
    keys = {
        who: WrappedKey(new.id, rewrapped(old, new, who, key.wrapped)) if key.master == old.id else key
        for who, key in register.keys.items()
    }
    return replace(register, keys=keys)
