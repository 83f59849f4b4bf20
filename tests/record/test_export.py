from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.record.small_record import ANN, BEN, NOW, SECRETS, small_record

from ataraxy.errors import AtaraxyError, InputError
from ataraxy.record.checking import check_record
from ataraxy.record.erasure import erase
from ataraxy.record.export import export_opened, export_sealed
from ataraxy.record.keys import KeyRing
from ataraxy.record.master_key import MasterKey
from ataraxy.record.store import Record

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def master() -> MasterKey:
    return MasterKey.fresh()


@pytest.fixture
def record(tmp_path: Path, master: MasterKey) -> Iterator[Record]:
    with small_record(tmp_path / "clinic.sqlite3", master) as record:
        yield record


def opened(record: Record, master: MasterKey, path: Path, stream: str | None = None) -> str:
    export_opened(
        record, KeyRing(master), path, author="s", reason="referral to Dr S", at=LATER, stream=stream
    )
    return path.read_text()


def test_a_sealed_export_verifies_and_holds_no_name(record: Record, tmp_path: Path) -> None:
    path = tmp_path / "all.jsonl"
    assert export_sealed(record, path) == 4
    found = check_record(str(path))
    assert (found.valid, found.entries, found.head) == (True, 4, record.head().hash)
    assert not any(text in path.read_text() for texts in SECRETS.values() for text in texts)
    assert path.stat().st_mode & 0o777 == 0o600


def test_an_export_of_one_stream_has_that_stream_alone(record: Record, tmp_path: Path) -> None:
    path = tmp_path / "one.jsonl"
    assert export_sealed(record, path, stream=f"person/{ANN}") == 2
    streams = {json.loads(line)["entry"]["stream"] for line in path.read_text().splitlines()}
    assert streams == {f"person/{ANN}"}


def test_an_opened_export_shows_the_texts_and_is_recorded_with_its_reason(
    record: Record, tmp_path: Path, master: MasterKey
) -> None:
    text = opened(record, master, tmp_path / "open.jsonl", f"person/{ANN}")
    assert all(secret in text for secret in SECRETS[ANN])
    assert not any(secret in text for secret in SECRETS[BEN])
    assert all(json.loads(line)["opened"] is True for line in text.splitlines())
    last = list(record.entries())[-1]
    assert (last.kind, last.author) == ("record.exported", "s")
    assert last.payload == {"of": f"person/{ANN}", "until": 4, "reason": "referral to Dr S"}
    assert (tmp_path / "open.jsonl").stat().st_mode & 0o777 == 0o600
    with pytest.raises(InputError, match="neither"):  # nobody takes it for the record
        check_record(str(tmp_path / "open.jsonl"))


def test_an_opened_export_shows_erased_for_who_was_erased(
    record: Record, tmp_path: Path, master: MasterKey
) -> None:
    erase(record, ANN, author="s", reason="r", legal_basis="b", at=LATER)
    text = opened(record, master, tmp_path / "open.jsonl")
    assert not any(secret in text for secret in SECRETS[ANN])
    assert text.count("[erased]") == 2
    assert all(secret in text for secret in SECRETS[BEN])


def test_nothing_is_opened_without_a_reason_or_with_another_key(
    record: Record, tmp_path: Path, master: MasterKey
) -> None:
    path = tmp_path / "open.jsonl"
    with pytest.raises(InputError) as refused:
        export_opened(record, KeyRing(master), path, author="s", reason=" ", at=LATER)
    assert refused.value.code == "record.export-reason"
    assert record.head().seq == 4
    with pytest.raises(InputError) as refused:
        export_opened(record, KeyRing(MasterKey.fresh()), path, author="s", reason="r", at=LATER)
    assert refused.value.code == "master-key.wrong"
    assert [one.name for one in tmp_path.iterdir() if "open" in one.name] == []


def test_an_export_never_writes_over_a_file(record: Record, tmp_path: Path, master: MasterKey) -> None:
    place = tmp_path / "clinic.sqlite3"
    before = place.read_bytes()
    for attempt in (
        lambda: export_sealed(record, place),
        lambda: export_opened(record, KeyRing(master), place, author="s", reason="r", at=LATER),
    ):
        with pytest.raises(AtaraxyError) as refused:
            attempt()
        assert refused.value.code == "file.exists"
    assert place.read_bytes() == before
    assert record.head().seq == 4


def test_a_folder_that_is_not_there_gives_one_clear_line(record: Record, tmp_path: Path) -> None:
    with pytest.raises(AtaraxyError) as refused:
        export_sealed(record, tmp_path / "absent" / "all.jsonl")
    assert refused.value.code == "file.not-written"
