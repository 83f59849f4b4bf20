from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.record.small_record import NOW, small_record

from ataraxy.errors import InputError
from ataraxy.record.checking import check_record
from ataraxy.record.entry import NO_HASH
from ataraxy.record.master_key import MasterKey
from ataraxy.record.signature import (
    Meaning,
    Signature,
    SignatureState,
    check_all_signatures,
    check_signature,
    entry_at,
    sign,
    signatures,
)
from ataraxy.record.store import Record

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def record(tmp_path: Path) -> Iterator[Record]:
    with small_record(tmp_path / "clinic.sqlite3", MasterKey.fresh()) as record:
        yield record


def put(record: Record, seq: int, meaning: Meaning = Meaning.REVIEWED, **changes: Any) -> Signature:
    words: dict[str, Any] = {
        "statement": "I have read this note",
        "signer": "staff-3",
        "role": "prescriber",
        "authenticated_by": "password and one-time code",
        "at": LATER,
        **changes,
    }
    return sign(record, seq, meaning=meaning, **words)


def test_a_signature_names_entry_meaning_and_signer_and_is_valid(record: Record, tmp_path: Path) -> None:
    entry = entry_at(record, 2)
    assert entry is not None
    signature = put(record, 2)
    assert (signature.seq, signature.entry_hash, signature.signed_by_entry) == (2, entry.hash, 5)
    assert (signature.meaning, signature.signer, signature.at) == (Meaning.REVIEWED, "staff-3", LATER)
    assert check_signature(record, 2) == ((signature, SignatureState.VALID),)
    assert check_record(str(tmp_path / "clinic.sqlite3")).valid


def test_signatures_are_listed_per_entry_in_their_order(record: Record) -> None:
    given = [(2, Meaning.AUTHOR, "s1"), (3, Meaning.APPROVED, "s2"), (2, Meaning.WITNESSED, "s3")]
    for seq, meaning, signer in given:
        put(record, seq, meaning, signer=signer)
    assert [one.signer for one in signatures(record, 2)] == ["s1", "s3"]
    assert [one.signer for one in signatures(record, 3)] == ["s2"]
    assert signatures(record, 1) == ()
    assert {state for _, state in check_all_signatures(record)} == {SignatureState.VALID}


def test_signing_does_not_move_the_stream_of_what_is_signed(record: Record) -> None:
    entry = entry_at(record, 2)
    assert entry is not None
    before = record.version(entry.stream)
    put(record, 2)
    assert record.version(entry.stream) == before


def test_a_signature_no_longer_fits_when_its_entry_was_exchanged(record: Record, tmp_path: Path) -> None:
    put(record, 2)
    with sqlite3.connect(tmp_path / "clinic.sqlite3") as connection:
        connection.execute("DROP TRIGGER entry_unchanged")
        connection.execute("UPDATE entry SET hash = ? WHERE seq = 2", ("f" * 64,))
    connection.close()
    assert [state for _, state in check_signature(record, 2)] == [SignatureState.HASH_DIFFERS]
    assert [state for _, state in check_all_signatures(record)] == [SignatureState.HASH_DIFFERS]


def test_a_signature_moved_to_another_entry_does_not_fit(record: Record, tmp_path: Path) -> None:
    put(record, 2)
    with sqlite3.connect(tmp_path / "clinic.sqlite3") as connection:
        connection.execute("DROP TRIGGER entry_unchanged")
        connection.execute("UPDATE entry SET stream = 'signature/3' WHERE seq = 5")
    connection.close()
    assert [state for _, state in check_signature(record, 3)] == [SignatureState.HASH_DIFFERS]
    assert [state for _, state in check_all_signatures(record)] == [SignatureState.HASH_DIFFERS]


def test_only_what_was_shown_is_signed(record: Record) -> None:
    entry = entry_at(record, 2)
    assert entry is not None
    with pytest.raises(InputError) as refused:
        put(record, 2, entry_hash=NO_HASH)
    assert refused.value.code == "signature.hash-differs"
    assert put(record, 2, entry_hash=entry.hash).entry_hash == entry.hash


@pytest.mark.parametrize("seq", [0, -1, 99])
def test_what_is_not_recorded_is_not_signed(record: Record, seq: int) -> None:
    with pytest.raises(InputError) as refused:
        put(record, seq)
    assert refused.value.code == "signature.no-entry"


@pytest.mark.parametrize("name", ["statement", "signer", "role", "authenticated_by"])
def test_no_part_of_a_signature_may_be_empty(record: Record, name: str) -> None:
    with pytest.raises(InputError) as refused:
        put(record, 2, **{name: " "})
    assert refused.value.code == "signature.empty"
    assert signatures(record, 2) == ()


def test_the_meanings_are_closed(record: Record) -> None:
    assert [one.value for one in Meaning] == [
        "author",
        "reviewed",
        "approved",
        "witnessed",
        "verified",
        "consented",
        "administered",
    ]
    with pytest.raises(ValueError, match="seen"):
        Meaning("seen")
