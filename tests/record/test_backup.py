from __future__ import annotations

import json
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.record.small_record import (
    ANN,
    BEN,
    NOW,
    SECRETS,
    Names,
    all_bytes,
    files_with,
    leave_traces,
    small_record,
    texts_of,
    wrapped_key,
    write,
)

from ataraxy.errors import AtaraxyError, InputError
from ataraxy.record import backup as backup_module
from ataraxy.record.backup import DATABASE_FILE, MANIFEST, backup, read_manifest
from ataraxy.record.checking import check_record
from ataraxy.record.entry import Draft
from ataraxy.record.erasure import erase, pending_erasures, retry_erasures
from ataraxy.record.export import export_lines
from ataraxy.record.key_register import NAME, PARTIAL, KeyRegister, read_register, write_register
from ataraxy.record.keys import CHAIN, DATA_KEY, ERASED, ERASED_PATIENT, KeyRing
from ataraxy.record.master_key import MasterKey
from ataraxy.record.restore import drill, restore
from ataraxy.record.rotation import rotate_master_key
from ataraxy.record.store import Record

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def master() -> MasterKey:
    return MasterKey.fresh()


@pytest.fixture
def live(tmp_path: Path, master: MasterKey) -> Iterator[Record]:
    (tmp_path / "live").mkdir()
    with small_record(tmp_path / "live" / "clinic.sqlite3", master) as record:
        yield record


def test_a_restored_record_is_byte_for_byte_the_one_that_was_backed_up(
    live: Record, tmp_path: Path, master: MasterKey
) -> None:
    made = backup(live, tmp_path / "disk", at=NOW)
    restored = restore(made.folder, str(tmp_path / "again.sqlite3"), master=master)
    assert (restored.entries, restored.head) == (4, live.head().hash)
    assert (restored.erased_since, restored.without_key) == ((), ())
    assert (tmp_path / "again.sqlite3").stat().st_mode & 0o777 == 0o600
    with Record.open(tmp_path / "again.sqlite3", projections=(Names(),), keys=KeyRing(master)) as again:
        assert list(export_lines(again)) == list(export_lines(live))
        for patient, texts in SECRETS.items():
            assert texts_of(again, patient) == list(texts)
        # and it goes on from there
        write(again, ANN, "note.written", {"notes": [{"text": "more"}]}, ("/notes/0/text",), 60)
    assert check_record(str(tmp_path / "again.sqlite3")).entries == 5


def test_a_backup_holds_no_key_no_name_and_is_the_owners_alone(
    live: Record, tmp_path: Path, master: MasterKey
) -> None:
    made = backup(live, tmp_path / "disk", at=NOW)
    assert sorted(path.name for path in made.folder.iterdir()) == [MANIFEST, DATABASE_FILE]
    for patient, texts in SECRETS.items():
        assert files_with(wrapped_key(live, patient), tmp_path / "disk") == [NAME]
        for text in texts:
            assert files_with(text.encode(), tmp_path / "disk") == []
    assert files_with(master.secret, tmp_path) == []
    assert files_with(master.secret.hex().encode(), tmp_path) == []
    assert {path.stat().st_mode & 0o077 for path in all_bytes(tmp_path / "disk")} == {0}


def test_a_backup_leaves_out_what_the_file_kept_of_a_key_elsewhere(live: Record, tmp_path: Path) -> None:
    key = wrapped_key(live, ANN)
    leave_traces(tmp_path / "live" / "clinic.sqlite3", key[8:])
    assert (tmp_path / "live" / "clinic.sqlite3").read_bytes().count(key[8:]) == 2
    backup(live, tmp_path / "disk", at=NOW)
    assert files_with(key[8:], tmp_path / "disk") == [NAME]


def test_an_erasure_while_a_backup_is_made_is_not_undone_by_it(
    live: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = wrapped_key(live, ANN)
    written = backup_module._write_manifest

    def meanwhile(work: Path, manifest: backup_module.Manifest) -> None:
        written(work, manifest)
        with live.writing() as connection:
            values = {"erased_at": "t", "erased_by": "s", "reason": "r", "legal_basis": "b"}
            connection.execute(sa.insert(ERASED_PATIENT).values(patient=ANN, **values))
        draft = Draft(
            f"erasure/{ANN}", "record.erased", {"patient": ANN, "reason": "r", "legal_basis": "b"}, NOW
        )
        live.append([draft], author="s", at=LATER, expected={draft.stream: 0})

    monkeypatch.setattr(backup_module, "_write_manifest", meanwhile)
    backup(live, tmp_path / "disk", at=NOW)
    assert files_with(key, tmp_path / "disk") == []


def test_the_drill_passes_on_a_good_backup_and_says_what_it_compared(
    live: Record, tmp_path: Path, master: MasterKey
) -> None:
    made = backup(live, tmp_path / "disk", at=NOW)
    write(live, ANN, "note.written", {"notes": []}, (), 30)  # the clinic goes on
    before = all_bytes(tmp_path / "disk")
    report = drill(made.folder, live, master=master, projections=(Names(),))
    assert report.passed, report
    notes = [check.note for check in report.checks]
    assert "4 compared" in notes
    assert "1 tables compared" in notes
    assert all_bytes(tmp_path / "disk") == before
    assert json.dumps(report.to_json())


def change_head(folder: Path, _: Record) -> None:
    path = folder / MANIFEST
    path.write_text(path.read_text().replace('"seq": 4', '"seq": 3'))


def flip_a_byte(folder: Path, _: Record) -> None:
    path = folder / DATABASE_FILE
    content = bytearray(path.read_bytes())
    content[content.find(b"person.identified")] ^= 1
    path.write_bytes(content)


def break_the_chain(folder: Path, _: Record) -> None:
    """Change an entry and make the manifest fit: the files are in order, the chain is not."""
    path = folder / DATABASE_FILE
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TRIGGER entry_unchanged")
        connection.execute("UPDATE entry SET author = 'somebody' WHERE seq = 2")
    connection.close()
    fit(folder)


def cut_off(folder: Path, _: Record) -> None:
    path = folder / DATABASE_FILE
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TRIGGER entry_undeleted")
        connection.execute("DELETE FROM entry WHERE seq = 4")
    connection.close()
    fit(folder)


def fit(folder: Path) -> None:
    document = json.loads((folder / MANIFEST).read_text())
    document["content"] = vars(backup_module.described(folder / DATABASE_FILE))
    (folder / MANIFEST).write_text(json.dumps(document))


def change_a_projection(folder: Path, _: Record) -> None:
    path = folder / DATABASE_FILE
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE person_name SET notes = 7")
    connection.close()
    fit(folder)


def lose_the_keys(folder: Path, _: Record) -> None:
    (folder.parent / NAME).unlink()


def go_another_way(folder: Path, live: Record) -> None:
    """The running record is not the one that was backed up."""
    path = Path(str(live.engine.url.database))
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TRIGGER entry_unchanged")
        connection.execute("UPDATE entry SET author = 'somebody' WHERE seq = 2")
    connection.close()


@pytest.mark.parametrize(
    "harm",
    [
        change_head,
        flip_a_byte,
        break_the_chain,
        cut_off,
        change_a_projection,
        lose_the_keys,
        go_another_way,
    ],
)
def test_the_drill_fails_on_each_kind_of_harm(
    live: Record, tmp_path: Path, master: MasterKey, harm: Callable[[Path, Record], None]
) -> None:
    made = backup(live, tmp_path / "disk", at=NOW)
    harm(made.folder, live)
    assert not drill(made.folder, live, master=master, projections=(Names(),)).passed


@pytest.mark.parametrize(
    ("harm", "code"),
    [
        (flip_a_byte, "record.backup-damaged"),
        (break_the_chain, "record.backup-broken"),
        (cut_off, "record.backup-broken"),
        (change_head, "record.backup-broken"),
    ],
)
def test_a_damaged_backup_is_not_restored(
    live: Record, tmp_path: Path, harm: Callable[[Path, Record], None], code: str
) -> None:
    made = backup(live, tmp_path / "disk", at=NOW)
    harm(made.folder, live)
    with pytest.raises(InputError) as refused:
        restore(made.folder, str(tmp_path / "again.sqlite3"))
    assert refused.value.code == code
    assert sorted(path.name for path in tmp_path.iterdir()) == ["disk", "live"]


def test_without_the_master_key_the_drill_does_not_pass(live: Record, tmp_path: Path) -> None:
    made = backup(live, tmp_path / "disk", at=NOW)
    assert [check.passed for check in drill(made.folder, live).checks].count(False) == 1
    assert not drill(made.folder, live, master=MasterKey.fresh()).passed


def test_a_restore_never_writes_over_anything(live: Record, tmp_path: Path) -> None:
    made = backup(live, tmp_path / "disk", at=NOW)
    for name in ("again.sqlite3", "other.sqlite3-wal"):
        (tmp_path / name).write_bytes(b"precious")
        with pytest.raises(InputError) as refused:
            restore(made.folder, str(tmp_path / name.removesuffix("-wal")))
        assert refused.value.code == "record.exists"
        assert (tmp_path / name).read_bytes() == b"precious"
    with pytest.raises(InputError):
        restore(made.folder, str(live.engine.url.database))


def test_an_old_backup_does_not_bring_an_erased_patient_back(
    live: Record, tmp_path: Path, master: MasterKey
) -> None:
    made = backup(live, tmp_path / "disk", at=NOW)
    key = wrapped_key(live, ANN)
    erase(live, ANN, author="staff-2", reason="request", legal_basis="law", at=LATER)
    restored = restore(made.folder, str(tmp_path / "again.sqlite3"), master=master)
    assert (restored.erased_since, restored.without_key) == ((ANN,), ())
    with Record.open(tmp_path / "again.sqlite3", keys=KeyRing(master)) as again:
        assert all(text is ERASED for text in texts_of(again, ANN))
        assert texts_of(again, BEN) == list(SECRETS[BEN])
        assert {part.location for part in pending_erasures(again)} == {
            "entry",
            "database",
            str(tmp_path / "disk"),
        }
        assert retry_erasures(again, at=LATER) == ()
        last = list(again.entries())[-1]
        assert (last.kind, last.author, last.payload["patient"]) == ("record.erased", "staff-2", ANN)
    assert files_with(key, tmp_path) == []


def test_a_tombstone_beats_a_key_that_somebody_put_back(
    live: Record, tmp_path: Path, master: MasterKey
) -> None:
    made = backup(live, tmp_path / "disk", at=NOW)
    before = read_register(tmp_path / "disk")
    erase(live, ANN, author="staff-2", reason="request", legal_basis="law", at=LATER)
    after = read_register(tmp_path / "disk")
    assert before is not None
    assert after is not None
    write_register(tmp_path / "disk", KeyRegister(after.genesis, before.keys, after.erased))
    with sqlite3.connect(made.folder / DATABASE_FILE) as connection:
        connection.execute("INSERT INTO data_key VALUES (?, ?, ?)", (ANN, *vars(before.keys[ANN]).values()))
    connection.close()
    fit(made.folder)
    restore(made.folder, str(tmp_path / "again.sqlite3"), master=master)
    with Record.open(tmp_path / "again.sqlite3", keys=KeyRing(master)) as again:
        assert all(text is ERASED for text in texts_of(again, ANN))
        with again.reading() as connection:
            assert set(connection.execute(sa.select(DATA_KEY.c.patient)).scalars()) == {BEN, CHAIN}


def test_an_old_register_put_back_does_not_bring_back_whom_the_chain_has_as_erased(
    live: Record, tmp_path: Path, master: MasterKey
) -> None:
    backup(live, tmp_path / "disk", at=NOW)
    shutil.copy(tmp_path / "disk" / NAME, tmp_path / "kept")
    key = wrapped_key(live, ANN)
    erase(live, ANN, author="staff-2", reason="request", legal_basis="law", at=LATER)
    made = backup(live, tmp_path / "disk", at=LATER)
    (tmp_path / "kept").rename(tmp_path / "disk" / NAME)
    restore(made.folder, str(tmp_path / "again.sqlite3"), master=master)
    assert files_with(key, tmp_path) == [NAME]
    with Record.open(tmp_path / "again.sqlite3", keys=KeyRing(master)) as again:
        assert all(text is ERASED for text in texts_of(again, ANN))


def test_a_backup_without_its_keys_says_who_cannot_be_read(live: Record, tmp_path: Path) -> None:
    made = backup(live, tmp_path / "disk", at=NOW)
    shutil.copytree(made.folder, tmp_path / "elsewhere" / "copy")
    restored = restore(tmp_path / "elsewhere" / "copy", str(tmp_path / "again.sqlite3"))
    assert restored.without_key == (ANN, BEN)


def test_the_chain_itself_tells_who_was_erased_where_the_register_was_lost(
    live: Record, tmp_path: Path, master: MasterKey
) -> None:
    erase(live, ANN, author="staff-2", reason="request", legal_basis="law", at=LATER)
    made = backup(live, tmp_path / "disk", at=LATER)
    (tmp_path / "disk" / NAME).unlink()
    restored = restore(made.folder, str(tmp_path / "again.sqlite3"))
    assert (restored.erased_since, restored.without_key) == ((), (BEN,))
    with Record.open(tmp_path / "again.sqlite3", keys=KeyRing(master)) as again:
        assert all(text is ERASED for text in texts_of(again, ANN))


def test_a_backup_during_appends_is_one_moment_and_loses_no_write(
    live: Record, tmp_path: Path, master: MasterKey
) -> None:
    written: list[int] = []
    stop, one_more = threading.Event(), threading.Semaphore(0)

    def work(number: int) -> None:
        patient = f"writer{number}"
        while not stop.is_set():
            entry = write(live, patient, "note.written", {"notes": [{"text": "t"}]}, ("/notes/0/text",), 200)
            written.append(entry.seq)
            one_more.release()
            stop.wait(0.002)  # lets the others have the only right to write

    threads = [threading.Thread(target=work, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    made = []
    try:
        for number in range(3):
            for _ in range(5):
                assert one_more.acquire(timeout=60)
            made.append(backup(live, tmp_path / "disk", at=LATER + timedelta(seconds=number)))
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert sorted(written) == list(range(5, 5 + len(written)))
    assert 4 < made[0].manifest.seq < made[1].manifest.seq < made[2].manifest.seq
    for one in made:
        # every key that the entries of the moment need is there, and so is every entry before the last
        report = drill(one.folder, live, master=master, projections=(Names(),))
        assert report.passed, report


def test_a_backup_that_fails_leaves_nothing_and_one_that_was_killed_is_cleared_away(
    live: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = wrapped_key(live, ANN)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(backup_module, "_write_manifest", full)
        with pytest.raises(AtaraxyError, match="No space left") as refused:
            backup(live, tmp_path / "disk", at=NOW)
        assert refused.value.code == "record.backup-failed"
    assert files_with(key, tmp_path / "disk") == []
    left = tmp_path / "disk" / f"{PARTIAL}killed"
    left.mkdir()
    (left / "with-keys").write_bytes(key)
    backup(live, tmp_path / "disk", at=NOW)
    assert not left.exists()


def test_an_erasure_clears_away_what_a_killed_backup_left(live: Record, tmp_path: Path) -> None:
    backup(live, tmp_path / "disk", at=NOW)
    key = wrapped_key(live, ANN)
    left = tmp_path / "disk" / f"{PARTIAL}killed"
    left.mkdir()
    (left / "with-keys").write_bytes(key)
    assert erase(live, ANN, author="s", reason="r", legal_basis="b", at=LATER) == ()
    assert files_with(key, tmp_path) == []


def test_two_records_do_not_share_a_folder(live: Record, tmp_path: Path) -> None:
    backup(live, tmp_path / "disk", at=NOW)
    with small_record(tmp_path / "other.sqlite3", MasterKey.fresh()) as other:
        with pytest.raises(InputError) as refused:
            backup(other, tmp_path / "disk", at=LATER)
        assert refused.value.code == "record.other-record"
    assert len(list((tmp_path / "disk").glob("2026*"))) == 1


def test_a_backup_of_a_second_is_made_once(live: Record, tmp_path: Path) -> None:
    backup(live, tmp_path / "disk", at=NOW)
    with pytest.raises(InputError) as refused:
        backup(live, tmp_path / "disk", at=NOW)
    assert refused.value.code == "record.backup-exists"


def test_an_empty_record_can_be_backed_up_and_restored(tmp_path: Path) -> None:
    with Record.create(tmp_path / "empty.sqlite3") as record:
        made = backup(record, tmp_path / "disk", at=NOW)
    assert read_manifest(made.folder).seq == 0
    assert restore(made.folder, str(tmp_path / "again.sqlite3")).entries == 0


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": "ataraxy.backup/1"}'])
def test_what_is_not_a_backup_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / MANIFEST).write_text(content)
    for folder in (tmp_path, tmp_path / "absent"):
        with pytest.raises(InputError) as refused:
            restore(folder, str(tmp_path / "again.sqlite3"))
        assert refused.value.code == "record.backup-format"


def test_a_manifest_cannot_point_out_of_its_folder(live: Record, tmp_path: Path) -> None:
    made = backup(live, tmp_path / "disk", at=NOW)
    document = json.loads((made.folder / MANIFEST).read_text())
    document["content"]["name"] = "../../live/clinic.sqlite3"
    (made.folder / MANIFEST).write_text(json.dumps(document))
    with pytest.raises(InputError) as refused:
        restore(made.folder, str(tmp_path / "again.sqlite3"))
    assert refused.value.code == "record.backup-format"


def test_after_a_rotation_the_old_master_key_opens_nothing_anywhere(
    live: Record, tmp_path: Path, master: MasterKey
) -> None:
    made = backup(live, tmp_path / "disk", at=NOW)
    old_wrapped = [wrapped_key(live, patient) for patient in (ANN, BEN)]
    new = MasterKey.fresh()
    rotated = rotate_master_key(live, master, new)
    assert (rotated.keys, dict(rotated.left)) == (3, {})
    for wrapped in old_wrapped:
        assert files_with(wrapped, tmp_path) == []
    with Record.open(str(live.engine.url.database), keys=KeyRing(new)) as record:
        assert texts_of(record, ANN) == list(SECRETS[ANN])
    with pytest.raises(InputError) as refused:
        texts_of(live, ANN)
    assert refused.value.code == "master-key.wrong"
    assert drill(made.folder, live, master=new, projections=(Names(),)).passed
    assert not drill(made.folder, live, master=master, projections=(Names(),)).passed


def test_a_rotation_that_missed_a_folder_says_so_and_is_completed_by_running_it_again(
    live: Record, tmp_path: Path, master: MasterKey
) -> None:
    backup(live, tmp_path / "disk", at=NOW)
    (tmp_path / "disk").rename(tmp_path / "away")
    new = MasterKey.fresh()
    assert list(rotate_master_key(live, master, new).left) == [str(tmp_path / "disk")]
    (tmp_path / "away").rename(tmp_path / "disk")
    again = rotate_master_key(live, master, new)
    assert (again.keys, dict(again.left)) == (0, {})
    register = read_register(tmp_path / "disk")
    assert register is not None
    assert {key.master for key in register.keys.values()} == {new.id}


def test_a_rotation_with_the_wrong_old_key_changes_nothing(live: Record, master: MasterKey) -> None:
    key = wrapped_key(live, ANN)
    with pytest.raises(InputError) as refused:
        rotate_master_key(live, MasterKey.fresh(), MasterKey.fresh())
    assert refused.value.code == "master-key.wrong"
    assert wrapped_key(live, ANN) == key
