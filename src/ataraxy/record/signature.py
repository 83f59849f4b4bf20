"""Signatures: who put their name to an entry, meaning what. Each is an entry itself, bound to the hash of the other.

A signature stands in a stream of its own, ``signature/<number of the signed entry>``, so that signing changes the
version of nothing else. A signature says that a person, authenticated in this way, meant this about exactly this
content. It is no public-key signature: its proof is the chain, and the anchors kept outside.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from ataraxy.errors import InputError
from ataraxy.record.entry import Draft, Entry
from ataraxy.record.store import Record

KIND: Final = "record.signed"


class Meaning(StrEnum):
    """What a signature means. There are no others."""

    AUTHOR = "author"
    REVIEWED = "reviewed"
    APPROVED = "approved"
    WITNESSED = "witnessed"
    VERIFIED = "verified"
    CONSENTED = "consented"
    ADMINISTERED = "administered"


class SignatureState(StrEnum):
    """Whether a signature still fits what it was put to."""

    VALID = "valid"
    HASH_DIFFERS = "hash differs"
    ENTRY_MISSING = "entry missing"


@dataclass(frozen=True)
class Signature:
    """One signature as the record holds it.

    Attributes:
        seq: number of the entry that was signed.
        entry_hash: hash of that entry when it was signed.
        meaning: what the signature means.
        statement: the words that the signer was shown; nothing identifying stands in them.
        signer: opaque id of the person.
        role: as what they signed.
        authenticated_by: how the person was authenticated for it, such as "password and one-time code".
        at: when it was signed, as the record has it.
        signed_by_entry: number of the entry that holds the signature.
    """

    seq: int
    entry_hash: str
    meaning: Meaning
    statement: str
    signer: str
    role: str
    authenticated_by: str
    at: datetime
    signed_by_entry: int


def signature_stream(seq: int) -> str:
    """Return the stream that holds the signatures of an entry."""
    return f"signature/{seq}"


def sign(
    record: Record,
    seq: int,
    *,
    meaning: Meaning,
    statement: str,
    signer: str,
    role: str,
    authenticated_by: str,
    at: datetime,
    entry_hash: str | None = None,
) -> Signature:
    """Put a signature to an entry.

    Args:
        entry_hash: hash of the entry that the signer was shown; where given, another one is refused.

    Raises:
        InputError: no such entry (``signature.no-entry``), it is not the one that was shown
            (``signature.hash-differs``), or a part is empty (``signature.empty``).
    """
    for name, value in {
        "statement": statement,
        "signer": signer,
        "role": role,
        "authenticated_by": authenticated_by,
    }.items():
        if not value.strip():
            raise InputError(
                f"{name} is empty", code="signature.empty", remedy="Say it", where=f"entry {seq}"
            )
    entry = entry_at(record, seq)
    if entry is None:
        raise InputError(
            f"there is no entry {seq} to sign", code="signature.no-entry", remedy="Sign what is recorded"
        )
    if entry_hash is not None and entry_hash != entry.hash:
        raise InputError(
            f"the entry has hash {entry.hash[:12]}, and the one that was shown has {entry_hash[:12]}",
            code="signature.hash-differs",
            remedy="Show the entry again before it is signed",
            where=f"entry {seq}",
        )
    stream = signature_stream(seq)
    draft = Draft(
        stream=stream,
        kind=KIND,
        payload={
            "seq": seq,
            "entry_hash": entry.hash,
            "meaning": Meaning(meaning).value,
            "statement": statement,
            "signer": signer,
            "role": role,
            "authenticated_by": authenticated_by,
        },
        occurred_at=at,
    )
    appended = record.append([draft], author=signer, at=at, expected={stream: record.version(stream)})
    return _signature(appended.entries[0])


def signatures(record: Record, seq: int) -> tuple[Signature, ...]:
    """Return the signatures of an entry, the earliest first."""
    return tuple(_signature(entry) for entry in record.entries(stream=signature_stream(seq), kinds=(KIND,)))


def check_signature(record: Record, seq: int) -> tuple[tuple[Signature, SignatureState], ...]:
    """Return each signature of an entry with whether it fits the entry as it is now."""
    entry = entry_at(record, seq)
    return tuple((signature, _state(signature, seq, entry)) for signature in signatures(record, seq))


def check_all_signatures(record: Record) -> Iterator[tuple[Signature, SignatureState]]:
    """Yield every signature of a record with whether it fits its entry."""
    for holder in record.entries(kinds=(KIND,)):
        signature = _signature(holder)
        expected = holder.stream.removeprefix("signature/")
        entry = entry_at(record, signature.seq)
        yield signature, _state(signature, int(expected) if expected.isdecimal() else -1, entry)


def entry_at(record: Record, seq: int) -> Entry | None:
    """Return the entry of a number, or None."""
    return next(iter(record.entries(after=seq - 1, until=seq)), None) if seq >= 1 else None


def _state(signature: Signature, seq: int, entry: Entry | None) -> SignatureState:
    if entry is None:
        return SignatureState.ENTRY_MISSING
    fits = signature.seq == seq and signature.entry_hash == entry.hash and signature.signed_by_entry > seq
    return SignatureState.VALID if fits else SignatureState.HASH_DIFFERS


def _signature(entry: Entry) -> Signature:
    content = entry.payload
    return Signature(
        seq=int(content["seq"]),
        entry_hash=str(content["entry_hash"]),
        meaning=Meaning(content["meaning"]),
        statement=str(content["statement"]),
        signer=str(content["signer"]),
        role=str(content["role"]),
        authenticated_by=str(content["authenticated_by"]),
        at=entry.recorded_at,
        signed_by_entry=entry.seq,
    )
