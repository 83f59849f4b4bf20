from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.record.small_record import (
    ANN,
    BEN,
    NOW,
    SECRETS,
    Names,
    files_with,
    leave_traces,
    small_record,
    texts_of,
    wrapped_key,
    write,
)

from ataraxy.errors import AtaraxyError, InputError
from ataraxy.record import erasure as erasure_module
from ataraxy.record.backup import backup
from ataraxy.record.checking import check_record
from ataraxy.record.erasure import erase, forget_location, pending_erasures, retry_erasures
from ataraxy.record.key_register import NAME, read_register
from ataraxy.record.keys import CHAIN, DATA_KEY, ERASED, KeyRing
from ataraxy.record.master_key import MasterKey
from ataraxy.record.retention import retention, set_retention, years_after
from ataraxy.record.store import Record

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def master() -> MasterKey:
    return MasterKey.fresh()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "database").mkdir()
    return tmp_path / "database"


@pytest.fixture
def record(folder: Path, master: MasterKey) -> Iterator[Record]:
    with small_record(folder / "clinic.sqlite3", master) as record:
        yield record


def erase_ann(record: Record, at: datetime = LATER) -> tuple[erasure_module.PendingErasure, ...]:
    return erase(record, ANN, author="staff-2", reason="request", legal_basis="GDPR Art. 17", at=at)


def test_what_is_recorded_can_be_read_and_stands_nowhere_in_the_files(record: Record, folder: Path) -> None:
    for patient, texts in SECRETS.items():
        assert texts_of(record, patient) == list(texts)
        for text in texts:
            assert files_with(text.encode(), folder) == []


def test_after_erasure_nothing_of_the_patient_opens_and_the_chain_is_valid(
    record: Record, folder: Path
) -> None:
    before = list(record.entries())
    assert erase_ann(record) == ()
    assert all(text is ERASED for text in texts_of(record, ANN))
    assert texts_of(record, BEN) == list(SECRETS[BEN])
    assert list(record.entries())[: len(before)] == before
    last = list(record.entries())[-1]
    assert (last.kind, last.author) == ("record.erased", "staff-2")
    assert last.payload == {"patient": ANN, "reason": "request", "legal_basis": "GDPR Art. 17"}
    assert check_record(str(folder / "clinic.sqlite3")).valid
    record.rebuild()
    assert all(text is ERASED for text in texts_of(record, ANN))


def test_projections_show_erased(record: Record) -> None:
    erase_ann(record)
    assert record.keys is not None
    with record.reading() as connection:
        names = {
            row.person: record.keys.open(connection, row.name)
            for row in connection.execute(sa.select(Names.table))
        }
    assert names == {f"person/{ANN}": "[erased]", f"person/{BEN}": SECRETS[BEN][0]}


def test_no_file_of_the_database_or_of_any_backup_holds_the_key_after_erasure(
    record: Record, folder: Path, tmp_path: Path
) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    backup(record, old, at=NOW)
    write(record, ANN, "note.written", {"notes": [{"text": "more"}]}, ("/notes/0/text",), 5)
    backup(record, old, at=NOW + timedelta(minutes=10))
    backup(record, new, at=NOW + timedelta(minutes=20))
    key = wrapped_key(record, ANN)
    # the search finds what is there: otherwise it would prove nothing
    assert set(files_with(key, folder)) & {"clinic.sqlite3", "clinic.sqlite3-wal"}
    assert files_with(key, old, new) == [NAME, NAME]
    assert erase_ann(record) == ()
    for path in (folder, old, new):
        assert files_with(key, path) == []
    for location in (old, new):
        register = read_register(location)
        assert register is not None
        assert set(register.erased) == {ANN}
        assert set(register.keys) == {BEN, CHAIN}


def test_without_writing_the_file_anew_the_key_would_still_be_in_it(
    record: Record, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The law above is able to fail: this is what deleting the row alone leaves behind."""
    key = wrapped_key(record, ANN)
    monkeypatch.setattr(erasure_module, "scrub", lambda record: None)
    erase_ann(record)
    assert files_with(key, folder)


def test_erasing_reaches_what_the_file_kept_of_the_key_elsewhere(record: Record, folder: Path) -> None:
    key = wrapped_key(record, ANN)
    leave_traces(folder / "clinic.sqlite3", key[8:])
    with record.writing() as connection:
        connection.execute(sa.delete(DATA_KEY).where(DATA_KEY.c.patient == ANN))
    assert files_with(key[8:], folder)
    with record.writing() as connection:
        connection.execute(sa.insert(DATA_KEY).values(patient=ANN, master="m", wrapped=key.decode()))
    assert erase_ann(record) == ()
    assert files_with(key[8:], folder) == []


def test_a_reader_who_holds_the_log_leaves_the_erasure_pending_until_a_retry(
    record: Record, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasure_module, "WAIT_S", 0.05)
    key = wrapped_key(record, ANN)
    reader = sqlite3.connect(folder / "clinic.sqlite3", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM entry").fetchone()
    left = erase_ann(record)
    assert [(part.patient, part.location) for part in left] == [(ANN, "database")]
    assert "record.busy" in left[0].problem
    assert pending_erasures(record) == left
    assert all(text is ERASED for text in texts_of(record, ANN))
    reader.close()
    assert retry_erasures(record, at=LATER) == ()
    assert files_with(key, folder) == []
    assert sum(entry.kind == "record.erased" for entry in record.entries()) == 1


def test_a_folder_of_backups_that_is_away_keeps_the_erasure_pending(record: Record, tmp_path: Path) -> None:
    location, away = tmp_path / "disk", tmp_path / "unplugged"
    backup(record, location, at=NOW)
    key = wrapped_key(record, ANN)
    location.rename(away)
    left = erase_ann(record)
    assert [part.location for part in left] == [str(location)]
    assert files_with(key, away) == [NAME]
    assert retry_erasures(record, at=LATER) == left
    away.rename(location)
    assert retry_erasures(record, at=LATER) == ()
    assert files_with(key, location) == []


def test_the_next_backup_to_a_folder_does_what_was_pending_there(record: Record, tmp_path: Path) -> None:
    location, away = tmp_path / "disk", tmp_path / "unplugged"
    backup(record, location, at=NOW)
    key = wrapped_key(record, ANN)
    location.rename(away)
    erase_ann(record)
    away.rename(location)
    backup(record, location, at=LATER)
    assert pending_erasures(record) == ()
    assert files_with(key, location) == []


def test_an_old_register_put_back_does_not_bring_a_key_back_at_the_next_backup(
    record: Record, tmp_path: Path
) -> None:
    location = tmp_path / "disk"
    backup(record, location, at=NOW)
    key = wrapped_key(record, ANN)
    shutil.copy(location / NAME, tmp_path / "kept")
    erase_ann(record)
    shutil.copy(tmp_path / "kept", location / NAME)
    assert files_with(key, location) == [NAME]
    backup(record, location, at=LATER)
    assert files_with(key, location) == []


def test_a_destroyed_folder_can_be_forgotten_and_that_is_recorded(record: Record, tmp_path: Path) -> None:
    location = tmp_path / "disk"
    backup(record, location, at=NOW)
    shutil.rmtree(location)
    assert len(erase_ann(record)) == 1
    with pytest.raises(InputError) as refused:
        forget_location(record, "/elsewhere", author="s", reason="r", at=LATER)
    assert refused.value.code == "record.no-such-location"
    forget_location(record, str(location), author="staff-1", reason="shredded", at=LATER)
    assert pending_erasures(record) == ()
    last = list(record.entries())[-1]
    assert (last.kind, last.payload["patients"]) == ("record.location_forgotten", [ANN])


@pytest.mark.parametrize("step", ["_append_entry", "_done", "scrub", "take_out"])
def test_an_erasure_that_was_cut_short_at_any_step_is_completed_by_a_retry(
    record: Record, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    backup(record, tmp_path / "disk", at=NOW)
    key = wrapped_key(record, ANN)

    def cut(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(erasure_module, step, cut)
        with pytest.raises(KeyboardInterrupt):
            erase_ann(record)
    assert all(text is ERASED for text in texts_of(record, ANN))
    assert pending_erasures(record)
    assert retry_erasures(record, at=LATER) == ()
    assert files_with(key, folder, tmp_path / "disk") == []
    assert sum(entry.kind == "record.erased" for entry in record.entries()) == 1


def test_erasing_twice_is_erasing_once(record: Record) -> None:
    erase_ann(record)
    head = record.head()
    assert erase_ann(record, LATER + timedelta(days=1)) == ()
    assert record.head() == head


def test_nothing_more_is_recorded_under_an_erased_patient(record: Record) -> None:
    erase_ann(record)
    head = record.head()
    with pytest.raises(InputError) as refused:
        write(record, ANN, "note.written", {"notes": [{"text": "x"}]}, ("/notes/0/text",), 90)
    assert refused.value.code == "record.patient-erased"
    assert record.head() == head


def test_an_unknown_patient_is_not_erased(record: Record) -> None:
    head = record.head()
    with pytest.raises(InputError) as refused:
        erase(record, "c" * 32, author="s", reason="r", legal_basis="b", at=LATER)
    assert refused.value.code == "record.no-such-patient"
    assert record.head() == head


@pytest.mark.parametrize("missing", ["author", "reason", "legal_basis"])
def test_who_why_and_on_what_basis_have_to_be_said(record: Record, missing: str) -> None:
    words = {"author": "s", "reason": "r", "legal_basis": "b", missing: "  "}
    with pytest.raises(InputError) as refused:
        erase(record, ANN, at=LATER, **words)
    assert refused.value.code == "record.erasure-reason"
    assert texts_of(record, ANN) == list(SECRETS[ANN])


def test_a_patient_whose_record_the_law_wants_is_not_erased_before_the_day_is_over(record: Record) -> None:
    key = wrapped_key(record, ANN)
    set_retention(record, ANN, until=date(2036, 12, 31), policy="policy 4", author="s", at=NOW)
    for at in (LATER, datetime(2036, 12, 31, 23, 59, tzinfo=UTC), datetime(2037, 1, 1, 11, 59, tzinfo=UTC)):
        with pytest.raises(InputError, match=r"2036-12-31 \(policy 4\)") as refused:
            erase_ann(record, at)
        assert refused.value.code == "record.retained"
    assert wrapped_key(record, ANN) == key
    assert pending_erasures(record) == ()
    assert erase_ann(record, datetime(2037, 1, 1, 12, 0, tzinfo=UTC)) == ()
    assert all(text is ERASED for text in texts_of(record, ANN))


def test_the_latest_retention_counts_and_belongs_to_one_patient(record: Record) -> None:
    assert retention(record, ANN) is None
    for year in (2040, 2030):
        set_retention(record, ANN, until=date(year, 1, 1), policy=f"of {year}", author="s", at=NOW)
    kept = retention(record, ANN)
    assert kept is not None
    assert (kept.until, kept.policy) == (date(2030, 1, 1), "of 2030")
    assert retention(record, BEN) is None


def test_years_are_calendar_years() -> None:
    assert years_after(date(2026, 3, 1), 10) == date(2036, 3, 1)
    assert years_after(date(2028, 2, 29), 1) == date(2029, 3, 1)
    assert years_after(date(2028, 2, 29), 4) == date(2032, 2, 29)


def test_another_master_key_cannot_read_but_erasing_needs_none(
    record: Record, folder: Path, master: MasterKey
) -> None:
    with Record.open(folder / "clinic.sqlite3", keys=KeyRing(MasterKey.fresh())) as other:
        with pytest.raises(AtaraxyError) as refused:
            texts_of(other, ANN)
        assert refused.value.code == "master-key.wrong"
        assert master.secret.hex() not in str(refused.value)
    with Record.open(folder / "clinic.sqlite3") as without:
        assert erase_ann(without) == ()
    with record.reading() as connection:
        assert set(connection.execute(sa.select(DATA_KEY.c.patient)).scalars()) == {BEN, CHAIN}
