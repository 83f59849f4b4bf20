"""The seal of the chain: who has no key can write a history that hashes well, but cannot seal it.

A chain of hashes shows that entries fit each other; whoever owns the database may write all of it anew, or add an entry
at its end in another's name. Therefore every append by a program that has the master key is sealed: HMAC-SHA256 over
its numbers and its last hash, under a key of the record's own that the master key wraps. The hash covers all entries
before it, so a seal speaks for them too. Whoever has the master key can look whether seals and chain fit.

What it does not show: that the end was cut off together with its seals (anchors do), and what somebody with the master
key wrote.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from ataraxy.record.database import DatabaseError
from ataraxy.record.keys import CHAIN_SEAL, KeyRing
from ataraxy.record.schema import ENTRY

# What the record itself writes for people who need no key for it, such as an erasure. It is told apart, not trusted.
WITHOUT_KEY: Final = frozenset(
    {"record.erased", "record.retention_set", "record.location_forgotten", "record.guards_restored"}
)
PAGE: Final = 10_000


@dataclass(frozen=True)
class SealReport:
    """What the seals of a chain say.

    Attributes:
        sealed: how many entries were appended by a program that had the key.
        without_key: numbers of entries of kinds that need no key, and have no seal.
        unsealed: numbers of the other entries that have no seal.
        problem: the first thing that is wrong, or None.
    """

    sealed: int
    without_key: tuple[int, ...]
    unsealed: tuple[int, ...]
    problem: str | None


def seal(connection: sa.Connection, keys: KeyRing, first: int, last: int, hash_: str) -> None:
    """Seal the entries from one number to another, in the transaction that stores them.

    Raises:
        WrongMasterKey: the key of this record's chain is wrapped by another master key.
        DatabaseError: there are seals of entries that are not there any more (``record.entries-missing``).
    """
    key = keys.chain_key(connection, make=True)
    assert key is not None
    reached = last_sealed(connection)
    if reached >= first:
        raise DatabaseError(
            f"entries up to {reached} were sealed, and the record ended with entry {first - 1}: entries are missing",
            code="record.entries-missing",
            remedy="Keep the file, run `ataraxy record verify` with your anchors, and look for a backup",
        )
    connection.execute(
        sa.insert(CHAIN_SEAL).values(first=first, last=last, mac=_mac(key, first, last, hash_))
    )


def last_sealed(connection: sa.Connection) -> int:
    """Return the number of the last entry that was sealed; 0 where none was."""
    return connection.execute(sa.select(sa.func.max(CHAIN_SEAL.c.last))).scalar_one_or_none() or 0


def check_seals(connection: sa.Connection, keys: KeyRing) -> SealReport:
    """Return what the seals of a record say; its chain has to be valid.

    Raises:
        WrongMasterKey: the key of this record's chain is wrapped by another master key.
    """
    key = keys.chain_key(connection, make=False)
    end = connection.execute(sa.select(sa.func.max(ENTRY.c.seq))).scalar_one_or_none() or 0
    if key is None:
        gone = "the record has no key of its chain: nothing was ever sealed, or somebody removed it"
        return SealReport(0, (), (), gone if end else None)
    sealed, problem, reached = 0, None, 0
    without_key: list[int] = []
    unsealed: list[int] = []
    for first, last, mac, hash_ in _seals(connection):
        if hash_ is None:
            problem = f"entries {first} to {last} were sealed, and entry {last} is missing"
            break
        if not hmac.compare_digest(mac, _mac(key, first, last, hash_)):
            problem = (
                f"the seal of entries {first} to {last} does not fit: they, or some before, were written anew"
            )
            break
        _sort(connection, reached + 1, first - 1, without_key, unsealed)
        sealed, reached = sealed + last - first + 1, last
    if problem is None:
        _sort(connection, reached + 1, end, without_key, unsealed)
        if unsealed:
            problem = (
                f"entry {unsealed[0]} bears no seal: it was recorded by something that had not the key"
                f" ({len(unsealed)} such entries)"
            )
    return SealReport(sealed, tuple(without_key), tuple(unsealed), problem)


def is_sealed(connection: sa.Connection, keys: KeyRing, seq: int) -> bool:
    """Return whether an entry was appended by a program that had the key.

    Raises:
        WrongMasterKey: the key of this record's chain is wrapped by another master key.
    """
    key = keys.chain_key(connection, make=False)
    row = connection.execute(
        sa.select(CHAIN_SEAL, ENTRY.c.hash)
        .join(ENTRY, ENTRY.c.seq == CHAIN_SEAL.c.last)
        .where(CHAIN_SEAL.c.last >= seq)
        .order_by(CHAIN_SEAL.c.last)
        .limit(1)
    ).one_or_none()
    if key is None or row is None or row.first > seq:
        return False
    return hmac.compare_digest(row.mac, _mac(key, row.first, row.last, row.hash))


def seals(connection: sa.Connection) -> Iterator[tuple[int, int, str]]:
    """Yield every seal in its order: the first and the last entry that it is for, and the code itself."""
    for first, last, mac, _ in _seals(connection):
        yield first, last, mac


def _seals(connection: sa.Connection) -> Iterator[tuple[int, int, str, str | None]]:
    """Yield seals, a page at a time, each with the hash of the entry that it was made for."""
    query = (
        sa.select(CHAIN_SEAL, ENTRY.c.hash)
        .outerjoin(ENTRY, ENTRY.c.seq == CHAIN_SEAL.c.last)
        .order_by(CHAIN_SEAL.c.last)
        .limit(PAGE)
    )
    after = 0
    while True:
        rows = connection.execute(query.where(CHAIN_SEAL.c.last > after)).all()
        if not rows:
            return
        for row in rows:
            yield row.first, row.last, row.mac, row.hash
        after = rows[-1].last


def _sort(
    connection: sa.Connection, first: int, last: int, without_key: list[int], unsealed: list[int]
) -> None:
    """Tell apart the entries without a seal, from one number to another."""
    if first > last:
        return
    for seq, kind in connection.execute(
        sa.select(ENTRY.c.seq, ENTRY.c.kind).where(ENTRY.c.seq.between(first, last)).order_by(ENTRY.c.seq)
    ):
        (without_key if kind in WITHOUT_KEY else unsealed).append(seq)


def _mac(key: bytes, first: int, last: int, hash_: str) -> str:
    return hmac.new(key, f"ataraxy chain seal/1 {first} {last} {hash_}".encode(), hashlib.sha256).hexdigest()
