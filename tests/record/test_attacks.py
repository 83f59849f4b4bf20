"""Somebody who may write to the files, and has no key: what they try, and what they get.

They own the database: guards, tables and logs are theirs to change. What they do not have is the master key, the
anchors that were given to somebody else, and the power to make SHA-256 collide.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.record.small_record import (
    ANN,
    BEN,
    NOW,
    SECRETS,
    Names,
    small_record,
    texts_of,
    wrapped_key,
    write,
)

from ataraxy.errors import AtaraxyError
from ataraxy.record import verify
from ataraxy.record.anchor import Anchor, append_anchor
from ataraxy.record.backup import MANIFEST, SEALS_FILE, backup, described
from ataraxy.record.canonical import hash_of, hashed_text
from ataraxy.record.chain_seal import SealReport
from ataraxy.record.checking import check_record, check_sealed
from ataraxy.record.entry import ANY_VERSION, NO_HASH, Draft
from ataraxy.record.erasure import erase, finish_erasures, retry_erasures
from ataraxy.record.key_register import read_register
from ataraxy.record.keys import (
    CHAIN,
    CHAIN_SEAL,
    DATA_KEY,
    ERASED,
    ERASED_PATIENT,
    ERASURE_PENDING,
    KEY_LOCATION,
    KeyRing,
)
from ataraxy.record.master_key import MasterKey, WrongMasterKey
from ataraxy.record.repair import restore_guards
from ataraxy.record.restore import drill, restore
from ataraxy.record.rotation import rotate_master_key
from ataraxy.record.store import Record
from ataraxy.record.verify import Unreadable, verify_file

LATER = NOW + timedelta(hours=1)
KEYED = MasterKey(bytes(range(32)))


@pytest.fixture
def master() -> MasterKey:
    return MasterKey.fresh()


@pytest.fixture
def database(tmp_path: Path, master: MasterKey) -> Path:
    (tmp_path / "clinic").mkdir()
    path = tmp_path / "clinic" / "clinic.sqlite3"
    with small_record(path, master):
        pass
    return path


def seize(database: Path, *statements: str) -> None:
    """Do as the owner of the file can."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def found(database: Path) -> str:
    """What the verifier says beside an unchanged history: its problem and its notes."""
    result = verify_file(database)
    return " ".join([*([result.problem.why] if result.problem else []), *result.notes])


def code_of(act: Callable[[], object]) -> str:
    with pytest.raises(AtaraxyError) as error:
        act()
    assert "\n" not in str(error.value)
    return error.value.code


# --- an entry that is acknowledged and not there -----------------------------------------------------------------


@pytest.mark.parametrize(
    "trigger",
    [
        "CREATE TRIGGER z BEFORE INSERT ON entry BEGIN SELECT RAISE(IGNORE); END",
        "CREATE TRIGGER z BEFORE INSERT ON entry WHEN NEW.kind = 'note.written' BEGIN SELECT RAISE(IGNORE); END",
    ],
)
def test_an_entry_that_the_database_swallowed_is_not_acknowledged(
    database: Path, master: MasterKey, trigger: str
) -> None:
    with Record.open(database, keys=KeyRing(master)) as record:
        seize(database, trigger)  # while the clinic works
        assert code_of(lambda: write(record, ANN, "note.written", {"a": 1})) == "record.not-stored"
        assert record.head().seq == 4


def test_an_entry_that_a_rule_of_postgres_swallowed_is_not_acknowledged(postgres_url: str) -> None:
    with Record.create(postgres_url) as record:
        with record.engine.begin() as connection:
            connection.exec_driver_sql("CREATE RULE z AS ON INSERT TO entry DO INSTEAD NOTHING")
        assert code_of(lambda: write(record, ANN, "note.written", {"a": 1})) == "record.not-stored"


# --- guards, triggers, views and tables of another make -------------------------------------------------------------

ALTERED = {
    "guard dropped": ["DROP TRIGGER entry_undeleted"],
    "guard emptied": [
        "DROP TRIGGER entry_unchanged",
        "CREATE TRIGGER entry_unchanged BEFORE UPDATE ON entry BEGIN SELECT 1; END",
    ],
    "guard moved": [
        "DROP TRIGGER entry_unchanged",
        "CREATE TRIGGER entry_unchanged BEFORE UPDATE ON data_key BEGIN"
        " SELECT RAISE(ABORT, 'ataraxy: entries are never changed'); END",
    ],
    "alarms silenced": ["CREATE TRIGGER calm AFTER INSERT ON entry BEGIN DELETE FROM person_name; END"],
    "backups hidden": [
        "ALTER TABLE key_location RENAME TO hidden",
        "CREATE VIEW key_location AS SELECT location FROM hidden WHERE 0",
    ],
}


@pytest.mark.parametrize("name", ALTERED)
def test_a_database_that_was_altered_is_noted_and_refused_for_writing_until_its_guards_are_back(
    database: Path, master: MasterKey, name: str
) -> None:
    seize(database, *ALTERED[name])
    assert found(database)
    assert code_of(lambda: Record.open(database, keys=KeyRing(master))) == "record.guards"
    with Record.open(database, read_only=True) as record:  # what is there can still be read and exported
        assert record.head().seq == 4
    if name == "backups hidden":
        return  # a table that is gone is not made up: that is for a backup
    report = restore_guards(database, author="staff-9", reason="after the incident", at=LATER)
    assert report
    with Record.open(database, projections=(Names(),), keys=KeyRing(master)) as record:
        last = list(record.entries())[-1]
        assert (last.kind, last.payload["found"]) == ("record.guards_restored", list(report))
        write(record, ANN, "note.written", {"a": 1}, minute=61)
    assert found(database) == ""


def test_guards_of_postgres_that_were_altered_are_refused_and_put_back(postgres_url: str) -> None:
    statements = [
        "ALTER TABLE entry DISABLE TRIGGER entry_unchanged",
        "DROP TRIGGER entry_follows ON entry",
        "CREATE OR REPLACE FUNCTION entry_refuse_change() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RETURN OLD; END $$",
        "CREATE RULE z AS ON INSERT TO entry DO INSTEAD NOTHING",
        "ALTER TABLE entry ENABLE ROW LEVEL SECURITY",
    ]
    Record.create(postgres_url).close()
    engine = sa.create_engine(sa.make_url(postgres_url).set(drivername="postgresql+psycopg"))
    for statement in statements:
        with engine.begin() as connection:
            connection.exec_driver_sql(statement)
        assert code_of(lambda: Record.open(postgres_url)) == "record.guards", statement
        assert check_record(postgres_url).notes, statement
        assert restore_guards(postgres_url, author="staff-9", reason="incident", at=LATER)
        with Record.open(postgres_url) as record:
            assert list(record.entries())[-1].kind == "record.guards_restored"
    engine.dispose()


def test_guards_are_not_put_back_over_a_history_that_is_not_valid(database: Path) -> None:
    seize(database, "DROP TRIGGER entry_unchanged", "UPDATE entry SET author = 'somebody' WHERE seq = 2")
    assert code_of(lambda: restore_guards(database, author="a", reason="r", at=LATER)) == "record.not-valid"


def test_after_a_repair_the_clinic_goes_on_and_what_was_missing_is_written_down(
    database: Path, master: MasterKey
) -> None:
    cut(database, 1)
    found_ = restore_guards(database, author="staff-9", reason="no backup has them", at=LATER)
    assert found_ == (
        "names was made from 4 entries, and there are 1",
        "4 entries were sealed, and there are 1",
    )
    with Record.open(database, projections=(Names(),), keys=KeyRing(master)) as record:
        for minute in range(61, 66):
            write(record, ANN, "note.written", {"a": 1}, minute=minute)
        assert [entry.kind for entry in record.entries()][1] == "record.guards_restored"
    assert found(database) == ""
    assert seals_of(database, master) == SealReport(6, (2,), (), None)


@pytest.mark.parametrize("change", ["COLLATE NOCASE", "virtual", "view"])
def test_a_table_of_entries_of_another_make_is_not_valid(database: Path, change: str) -> None:
    if change == "COLLATE NOCASE":
        with closing(sqlite3.connect(database, isolation_level=None)) as connection:
            connection.execute("PRAGMA writable_schema = ON")
            connection.execute(
                "UPDATE sqlite_master SET sql ="
                " replace(sql, 'stream TEXT NOT NULL', 'stream TEXT COLLATE NOCASE NOT NULL') WHERE name = 'entry'"
            )
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    elif change == "view":
        seize(database, "ALTER TABLE entry RENAME TO e", "CREATE VIEW entry AS SELECT * FROM e")
    else:
        columns = ", ".join((*verify.COLUMNS, "hash"))
        seize(
            database,
            "ALTER TABLE entry RENAME TO e",
            f"CREATE VIRTUAL TABLE entry USING fts5({columns})",
            f"INSERT INTO entry({columns}) SELECT {columns} FROM e",
        )
    result = verify_file(database)
    assert result.problem is not None
    assert "table of" in result.problem.why or "not a table" in result.problem.why


# --- the end cut off -------------------------------------------------------------------------------------------


def cut(database: Path, after: int) -> None:
    """Remove the last entries as one who puts the guards back."""
    with closing(sqlite3.connect(database)) as connection:
        guards = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in guards:
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("DELETE FROM entry WHERE seq > ?", (after,))
        for _, sql in guards:
            connection.execute(sql)
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def test_an_end_that_was_cut_off_is_missed_by_the_tables_that_had_seen_it(
    database: Path, master: MasterKey
) -> None:
    cut(database, 3)
    seize(database, "DELETE FROM chain_seal WHERE last > 3")
    result = verify_file(database)
    assert result.problem is not None
    assert result.problem.seq == 4
    assert (
        code_of(lambda: Record.open(database, projections=(Names(),), keys=KeyRing(master)))
        == "record.entries-missing"
    )


def test_an_end_cut_off_while_the_clinic_works_is_missed_at_the_next_entry(
    database: Path, master: MasterKey
) -> None:
    with Record.open(database, projections=(Names(),), keys=KeyRing(master)) as record:
        cut(database, 3)
        assert code_of(lambda: write(record, ANN, "note.written", {"a": 1})) == "record.entries-missing"


def test_a_backup_is_refused_where_the_last_one_had_what_is_missing_now(
    database: Path, master: MasterKey, tmp_path: Path
) -> None:
    with Record.open(database, keys=KeyRing(master)) as record:
        backup(record, tmp_path / "disk", at=NOW)
    cut(database, 3)
    with Record.open(database, keys=KeyRing(master)) as record:
        assert code_of(lambda: backup(record, tmp_path / "disk", at=LATER)) == "record.backup-contradicts"
        with record.writing() as connection:
            connection.execute(sa.delete(CHAIN_SEAL).where(CHAIN_SEAL.c.last > 3))
        write(record, ANN, "note.written", {"a": 1})  # the number is reached again, by another entry
        assert code_of(lambda: backup(record, tmp_path / "disk", at=LATER)) == "record.backup-contradicts"
        assert len([one for one in (tmp_path / "disk").iterdir() if one.is_dir()]) == 1


def test_a_list_of_anchors_takes_none_of_a_record_that_contradicts_it(
    database: Path, master: MasterKey, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Record.open(database, keys=KeyRing(master)) as record:
        head = record.head()
        append_anchor(tmp_path / "anchors", Anchor.of(head.seq, head.hash, NOW))
    cut(database, 3)
    with Record.open(database) as record:
        for number in range(3):
            write(record, ANN, "note.written", {"a": number})
    before = (tmp_path / "anchors").read_bytes()
    program = "from ataraxy.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "record", "anchor", database, "--append", tmp_path / "anchors"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode != 0
    assert "anchor.contradicts" in done.stderr
    assert (tmp_path / "anchors").read_bytes() == before


# --- logs and names of the file ---------------------------------------------------------------------------------


def test_a_log_that_is_taken_away_or_put_back_shows_no_entry_that_was_not_recorded(
    database: Path, master: MasterKey, tmp_path: Path
) -> None:
    """A log of another moment either fits and shows what was recorded, or is ignored."""
    wal = database.with_name(database.name + "-wal")
    with Record.open(database, keys=KeyRing(master)) as record:
        for number in range(5):
            write(record, ANN, "note.written", {"a": number})
        kept = wal.read_bytes()
        whole = database.read_bytes()
        lines = [(entry.seq, entry.hash) for entry in record.entries()]
    for name, content, log in (
        ("without", whole, b""),
        ("with", whole, kept),
        ("older log", database.read_bytes(), kept),
        ("half a log", whole, kept[: len(kept) // 2]),
        ("changed log", whole, kept[:5000] + bytes([kept[5000] ^ 1]) + kept[5001:]),
    ):
        place = tmp_path / name / "r.sqlite3"
        place.parent.mkdir()
        place.write_bytes(content)
        place.with_name("r.sqlite3-wal").write_bytes(log)
        result = verify_file(place)
        with Record.open(place, keys=KeyRing(master)) as record:
            seen = [(entry.seq, entry.hash) for entry in record.entries()]
        assert seen == lines[: len(seen)], name
        if result.valid:
            assert result.entries == len(seen), name


def test_the_verifier_does_not_pass_over_a_journal_that_the_program_would_play_back(
    database: Path, master: MasterKey, tmp_path: Path
) -> None:
    """A journal left by a crash is rolled back by whoever may write; a reader has to say that it did not."""
    seize(database, "PRAGMA journal_mode = DELETE")
    place = tmp_path / "hot"
    place.mkdir()
    program = (
        "import sqlite3, os, sys\n"
        "c = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "c.execute('PRAGMA cache_size = 1'); c.execute('PRAGMA cache_spill = 1')\n"
        "c.execute('BEGIN IMMEDIATE')\n"
        "c.execute('CREATE TABLE filling (a)')\n"
        "c.executemany('INSERT INTO filling VALUES (?)', [('x' * 3000,)] * 200)\n"
        "os._exit(0)\n"
    )
    subprocess.run([sys.executable, "-c", program, str(database)], check=True)
    journal = database.with_name(database.name + "-journal")
    assert journal.stat().st_size > 512
    for path in (database, journal):
        shutil.copy(path, place / path.name)
    with pytest.raises(Unreadable, match="journal"):
        verify_file(place / database.name)
    with Record.open(place / database.name, keys=KeyRing(master)) as record:
        assert record.head().seq == 4
    assert verify_file(place / database.name).valid


def test_verifying_a_record_leaves_the_locks_of_who_works_with_it(database: Path, master: MasterKey) -> None:
    """A process that closes a file loses its locks on it; the next one to close would then throw the log away."""
    wal = database.with_name(database.name + "-wal")
    program = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); print(*c.execute('SELECT max(seq) FROM entry'))"
    with Record.open(database, keys=KeyRing(master)) as record:
        write(record, ANN, "note.written", {"a": 1})
        assert verify_file(database).valid
        assert check_sealed(str(database), master) is not None
        subprocess.run([sys.executable, "-c", program, database], check=True, capture_output=True)
        assert wal.is_file()
        write(record, ANN, "note.written", {"a": 2})
    assert verify_file(database).entries == 6


def test_a_file_under_two_names_is_not_written(database: Path, master: MasterKey, tmp_path: Path) -> None:
    other = tmp_path / "other.sqlite3"
    os.link(database, other)
    for path in (database, other):
        assert code_of(lambda path=path: Record.open(path, keys=KeyRing(master))) == "record.two-names"  # type: ignore[misc]
    other.unlink()
    Record.open(database, keys=KeyRing(master)).close()


def test_a_link_to_the_file_is_the_file(database: Path, master: MasterKey, tmp_path: Path) -> None:
    link = tmp_path / "link.sqlite3"
    link.symlink_to(database)
    with Record.open(link, keys=KeyRing(master)) as record:
        write(record, ANN, "note.written", {"a": 1})
        assert verify_file(link).entries == verify_file(database).entries == 5
    assert verify_file(database).entries == 5


# --- what is sealed -----------------------------------------------------------------------------------------------


def test_an_erased_person_stays_erased_when_key_and_tombstone_are_put_back_as_they_were(
    url: str, master: MasterKey
) -> None:
    with small_record(url, master) as record:
        with record.reading() as connection:
            row = connection.execute(sa.select(DATA_KEY).where(DATA_KEY.c.patient == ANN)).one()
        erase(record, ANN, author="staff-2", reason="request", legal_basis="GDPR Art. 17", at=LATER)
        with record.writing() as connection:
            connection.execute(sa.delete(ERASED_PATIENT))
            connection.execute(sa.insert(DATA_KEY).values(**row._mapping))
        assert texts_of(record, ANN) == [ERASED, ERASED]
        assert (
            code_of(lambda: write(record, ANN, "note.written", {"text": "again"}, ("/text",)))
            == "record.patient-erased"
        )


def test_the_verifier_notes_a_key_of_an_erased_patient_and_a_tombstone_that_no_entry_tells_of(
    database: Path, master: MasterKey
) -> None:
    with Record.open(database, projections=(Names(),), keys=KeyRing(master)) as record:
        with record.reading() as connection:
            row = connection.execute(sa.select(DATA_KEY).where(DATA_KEY.c.patient == ANN)).one()
        erase(record, ANN, author="staff-2", reason="request", legal_basis="GDPR Art. 17", at=LATER)
        assert found(database) == ""
        with record.writing() as connection:
            connection.execute(sa.insert(DATA_KEY).values(**row._mapping))
        assert "key" in found(database)
        assert ANN in found(database)
        with record.writing() as connection:
            connection.execute(sa.delete(DATA_KEY).where(DATA_KEY.c.patient == ANN))
            connection.execute(
                sa.insert(ERASED_PATIENT).values(
                    patient=BEN, erased_at="x", erased_by="x", reason="x", legal_basis="x"
                )
            )
        assert BEN in found(database)


def forge_erasure(record: Record, patient: str) -> None:
    """Mark a patient as erased as one who may write to the tables can."""
    with record.writing() as connection:
        connection.execute(
            sa.insert(ERASED_PATIENT).values(
                patient=patient,
                erased_at="2026-03-01T09:00:00+00:00",
                erased_by="s",
                reason="r",
                legal_basis="b",
            )
        )
        places = ["entry", "database", *connection.execute(sa.select(KEY_LOCATION.c.location)).scalars()]
        for where in places:
            connection.execute(sa.insert(ERASURE_PENDING).values(patient=patient, location=where, problem=""))


def test_an_erasure_that_nobody_decided_reaches_no_key(url: str, master: MasterKey, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    with small_record(url, master) as record:
        backup(record, disk, at=NOW)
        forge_erasure(record, BEN)
        assert len(finish_erasures(record, at=LATER)) == 3  # as when the clinic starts
        made = backup(record, disk, at=LATER)
        register = read_register(disk)
        assert register is not None
        assert BEN in register.keys
        assert wrapped_key(record, BEN)
    restored = restore(made.folder, str(tmp_path / "again.sqlite3"), master=master)
    assert restored.not_erased == (BEN,) if "://" not in url else restored.not_erased == ()
    with Record.open(tmp_path / "again.sqlite3", keys=KeyRing(master)) as again:
        assert texts_of(again, BEN) == list(SECRETS[BEN])


def test_an_erasure_with_a_forged_entry_is_not_completed_unasked(url: str, master: MasterKey) -> None:
    with small_record(url, master) as record:
        forge_erasure(record, BEN)
        with Record.open(url) as forged:
            draft = Draft(
                f"erasure/{BEN}", "record.erased", {"patient": BEN, "reason": "r", "legal_basis": "b"}, NOW
            )
            forged.append([draft], author="s", at=LATER, expected={draft.stream: 0})
        assert len(finish_erasures(record, at=LATER)) == 2 + 0
        assert wrapped_key(record, BEN)


def test_an_erasure_that_was_decided_with_the_key_is_completed_unasked(
    url: str, master: MasterKey, tmp_path: Path
) -> None:
    disk, away = tmp_path / "disk", tmp_path / "away"
    with small_record(url, master) as record:
        backup(record, disk, at=NOW)
        disk.rename(away)
        assert erase(record, ANN, author="s", reason="r", legal_basis="b", at=LATER)
        away.rename(disk)
        assert finish_erasures(record, at=LATER) == ()
    register = read_register(disk)
    assert register is not None
    assert ANN not in register.keys


def test_a_place_that_is_no_folder_of_backups_is_left_as_it_is(
    database: Path, master: MasterKey, tmp_path: Path
) -> None:
    victim = tmp_path / "victim"
    (victim / ".partial-work").mkdir(parents=True)
    with Record.open(database, projections=(Names(),), keys=KeyRing(master)) as record:
        with record.writing() as connection:
            connection.execute(sa.insert(KEY_LOCATION).values(location=str(victim)))
        left = erase(record, ANN, author="s", reason="r", legal_basis="b", at=LATER)
    assert [part.location for part in left] == [str(victim)]
    assert [path.name for path in victim.iterdir()] == [".partial-work"]


def test_the_key_of_the_chain_is_nobodys_to_erase(url: str, master: MasterKey, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    with small_record(url, master) as record:
        forge_erasure(record, CHAIN)
        made = backup(record, disk, at=NOW)
        with pytest.raises(AtaraxyError):
            erase(record, CHAIN, author="s", reason="r", legal_basis="b", at=LATER)
        assert all(part.problem for part in retry_erasures(record, at=LATER))
        assert wrapped_key(record, CHAIN)
    assert restore(made.folder, str(tmp_path / "again.sqlite3"), master=master).seal_problem is None
    register = disk / "ataraxy-keys.json"
    forged = json.loads(register.read_text())
    forged["erased"][CHAIN] = {"erased_at": "t", "erased_by": "s", "reason": "r", "legal_basis": "b"}
    register.write_text(json.dumps(forged))
    assert code_of(lambda: read_register(disk)) == "record.register-format"


@pytest.mark.parametrize("line", [b"no json", b"[1, 2]", b'[1, "2", "m"]', b"{}", b"\xff"])
def test_seals_in_a_backup_that_are_none_are_one_clear_line(
    postgres_url: str, master: MasterKey, tmp_path: Path, line: bytes
) -> None:
    with small_record(postgres_url, master) as record:
        made = backup(record, tmp_path / "disk", at=NOW)
    seals_file, manifest = made.folder / SEALS_FILE, made.folder / MANIFEST
    seals_file.write_bytes(line + b"\n")
    document = json.loads(manifest.read_text())
    document["seals"] = vars(described(seals_file))
    manifest.write_text(json.dumps(document))
    assert code_of(lambda: restore(made.folder, str(tmp_path / "again.sqlite3"))) == "record.backup-broken"
    assert not (tmp_path / "again.sqlite3").exists()


def test_what_a_file_says_does_not_steer_the_terminal(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seize(database, 'CREATE TRIGGER "a\x1b[2J\x07\r\nvalid" AFTER INSERT ON entry BEGIN SELECT 1; END')
    verify.main([str(database)])
    said = capsys.readouterr().err
    assert "trigger a" in said
    assert all(sign.isprintable() or sign == "\n" for sign in said)
    assert said.count("\n") == 1


def test_a_key_that_was_removed_and_made_anew_does_not_replace_the_one_beside_the_backups(
    database: Path, master: MasterKey, tmp_path: Path
) -> None:
    disk = tmp_path / "disk"
    with Record.open(database, projections=(Names(),), keys=KeyRing(master)) as record:
        backup(record, disk, at=NOW)
        before = read_register(disk)
        with record.writing() as connection:
            connection.execute(sa.delete(DATA_KEY).where(DATA_KEY.c.patient == ANN))
        write(record, ANN, "note.written", {"text": "sealed under a new key"}, ("/text",))
        assert code_of(lambda: backup(record, disk, at=LATER)) == "record.key-replaced"
        assert read_register(disk) == before


def test_keys_of_two_patients_cannot_be_exchanged(database: Path, master: MasterKey) -> None:
    with Record.open(database, projections=(Names(),), keys=KeyRing(master)) as record:
        with record.writing() as connection:
            rows = connection.execute(sa.select(DATA_KEY).where(DATA_KEY.c.patient.in_([ANN, BEN]))).all()
            for one, other in (rows, rows[::-1]):
                connection.execute(
                    sa.update(DATA_KEY).where(DATA_KEY.c.patient == one.patient).values(wrapped=other.wrapped)
                )
        assert code_of(lambda: texts_of(record, ANN)) == "master-key.wrong"


# --- bytes that mean nothing ---------------------------------------------------------------------------------------


@settings(max_examples=60, suppress_health_check=list(HealthCheck), deadline=None)
@given(data=st.data())
def test_whatever_bytes_are_changed_everything_ends_well_or_with_one_clear_line(
    data: st.DataObject, tmp_path: Path
) -> None:
    shutil.rmtree(tmp_path / "it", ignore_errors=True)
    place = tmp_path / "it"
    place.mkdir()
    path, good = place / "r.sqlite3", tmp_path / "good.sqlite3"
    if not good.exists():
        with small_record(good, KEYED):
            pass
        seize(good)
    content = bytearray(good.read_bytes())
    for _ in range(data.draw(st.sampled_from([1, 2, 10, 60]))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)

    def read() -> None:
        with Record.open(path, read_only=True, keys=KeyRing(KEYED)) as record:
            texts_of(record, ANN)

    def work() -> None:
        with Record.open(path, projections=(Names(),), keys=KeyRing(KEYED)) as record:
            write(record, ANN, "note.written", {"notes": [{"text": "again"}]}, ("/notes/0/text",), 90)
            record.rebuild()

    def keep() -> None:
        with Record.open(path, keys=KeyRing(KEYED)) as record:
            made = backup(record, place / "disk", at=NOW)
        drill(made.folder, None, master=KEYED, projections=(Names(),))

    def forget() -> None:
        with Record.open(path, keys=KeyRing(KEYED)) as record:
            erase(record, BEN, author="s", reason="r", legal_basis="b", at=LATER)

    for act in (
        lambda: check_record(str(path)),
        lambda: check_sealed(str(path), KEYED),
        read,
        keep,
        work,
        forget,
    ):
        said = ""
        try:
            act()
        except AtaraxyError as error:
            said = str(error)
        assert "\n" not in said
        assert SECRETS[ANN][0] not in said


# --- a history written anew --------------------------------------------------------------------------------------


def written_anew(database: Path, after: int, change: Callable[[dict[str, Any]], None]) -> None:
    """Write all entries after one anew, with hashes and links that fit, as one who knows the format can."""

    def forge(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        for row in rows[after:]:
            change(row)
        return rows

    rewrite(database, forge)


def another_author(row: dict[str, Any]) -> None:
    if row["seq"] == 2:
        row["author"] = "somebody-else"


def seals_of(place: str | Path, master: MasterKey) -> SealReport:
    report = check_sealed(str(place), master)
    assert report is not None
    return report


def test_a_history_written_anew_hashes_well_and_its_seals_do_not_fit(
    database: Path, master: MasterKey, tmp_path: Path
) -> None:
    assert seals_of(database, master) == SealReport(4, (), (), None)
    written_anew(database, 1, another_author)
    assert verify_file(database).valid  # this is what a chain alone cannot show
    problem = seals_of(database, master).problem
    assert problem is not None
    assert "entries 2 to 2" in problem
    with Record.open(database, keys=KeyRing(master)) as record:
        made = backup(record, tmp_path / "disk", at=NOW)
    restored = restore(made.folder, str(tmp_path / "again.sqlite3"), master=master)
    assert (
        restored.seal_problem == problem
    )  # there may be no other backup: it is told, and the record is there
    checks = {check.what: check.passed for check in drill(made.folder, None, master=master).checks}
    assert checks["entries bear the seal of this record"] is False


COLUMNS = ("kind", "author", "payload", "occurred_at", "late", "key", "stream")


@settings(max_examples=40, suppress_health_check=list(HealthCheck), deadline=None)
@given(data=st.data())
def test_no_history_that_was_written_anew_passes_both_verifier_and_seals(
    data: st.DataObject, tmp_path: Path
) -> None:
    shutil.rmtree(tmp_path / "log", ignore_errors=True)
    (tmp_path / "log").mkdir()
    path = tmp_path / "log" / "r.sqlite3"
    sizes = data.draw(st.lists(st.integers(1, 3), min_size=2, max_size=5))
    with Record.create(path, keys=KeyRing(KEYED)) as record:
        for number, size in enumerate(sizes):
            drafts = [Draft(f"s/{place % 2}", "test.one", {"n": number}, NOW) for place in range(size)]
            record.append(drafts, author="a", at=NOW, expected={"s/0": ANY_VERSION, "s/1": ANY_VERSION})
        before = [(entry.seq, entry.hash) for entry in record.entries()]
    count = len(before)
    one, other = data.draw(st.integers(1, count)), data.draw(st.integers(1, count))
    column = data.draw(st.sampled_from(COLUMNS))
    act = data.draw(st.sampled_from(["change", "exchange", "remove", "insert"]))

    def forge(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        at, with_ = rows[one - 1], rows[other - 1]
        if act == "change":
            new = {
                "late": 1,
                "payload": '{"n":99}',
                "stream": "s/2",
                "occurred_at": "2026-01-01T00:00:00.000000Z",
            }
            at[column] = new.get(column, "z")
        elif act == "exchange":
            at["payload"], with_["payload"] = with_["payload"], at["payload"]
        elif act == "remove":
            del rows[one - 1]
        else:
            rows.insert(one, dict(at, payload='{"n":99}'))
        versions: dict[str, int] = {}
        for seq, row in enumerate(rows, 1):
            versions[row["stream"]] = versions.get(row["stream"], 0) + 1
            row.update(seq=seq, version=versions[row["stream"]])
        return rows

    rewrite(path, forge)
    assert verify_file(path).valid or act == "remove"  # the forger knows the trade
    with Record.open(path, read_only=True) as record:
        same = [(entry.seq, entry.hash) for entry in record.entries()] == before
    assert same == (seals_of(path, KEYED).problem is None)


def rewrite(database: Path, forge: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> None:
    """Put other entries in the place of all, with hashes and links that fit."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.row_factory = sqlite3.Row
        guards = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for guard in guards:
            connection.execute(f"DROP TRIGGER {guard['name']}")
        rows = [dict(row) for row in connection.execute("SELECT * FROM entry ORDER BY seq")]
        connection.execute("DELETE FROM entry")
        previous = NO_HASH
        for row in forge(rows):
            row["previous_hash"] = previous
            fields = {name: value for name, value in row.items() if name != "hash"}
            previous = row["hash"] = hash_of(hashed_text(**{**fields, "late": bool(fields["late"])}))
            names = ", ".join(row)
            connection.execute(f"INSERT INTO entry ({names}) VALUES (:{', :'.join(row)})", row)
        for guard in guards:
            connection.execute(guard["sql"])
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


OF_A_PATIENT = f"(SELECT wrapped FROM data_key WHERE patient = '{ANN}')"


@pytest.mark.parametrize(
    "statements",
    [
        ["DELETE FROM chain_seal WHERE last >= 2"],
        ["DELETE FROM chain_seal"],
        ["DELETE FROM chain_seal", "DELETE FROM data_key WHERE patient = ':chain'"],
        ["DELETE FROM chain_seal WHERE last < 4", "UPDATE chain_seal SET first = 1"],
        ["UPDATE chain_seal SET mac = (SELECT mac FROM chain_seal WHERE last = 3) WHERE last = 2"],
        [f"UPDATE data_key SET wrapped = {OF_A_PATIENT} WHERE patient = ':chain'"],
    ],
)
def test_seals_that_were_taken_away_moved_or_stretched_do_not_hide_it(
    database: Path, master: MasterKey, statements: list[str]
) -> None:
    written_anew(database, 1, another_author)
    seize(database, *statements)
    with suppress(WrongMasterKey):  # which says it too
        assert seals_of(database, master).problem is not None


def test_an_entry_that_was_added_without_the_key_is_named_though_later_ones_are_sealed(
    url: str, master: MasterKey
) -> None:
    with small_record(url, master) as record:
        with Record.open(url) as forged:
            write(forged, ANN, "consent.given", {"consent": "c1"}, minute=5)
        write(record, ANN, "note.written", {"a": 1}, minute=6)
    assert check_record(url).valid
    report = seals_of(url, master)
    assert (report.sealed, report.unsealed) == (5, (5,))
    assert report.problem is not None


def test_what_the_record_writes_without_a_key_is_told_apart(url: str, master: MasterKey) -> None:
    with small_record(url, master):
        pass
    with Record.open(url) as without:
        erase(without, ANN, author="staff-2", reason="request", legal_basis="GDPR Art. 17", at=LATER)
    assert seals_of(url, master) == SealReport(4, (5,), (), None)


def test_seals_outlive_backup_restore_and_a_change_of_the_master_key(
    url: str, master: MasterKey, tmp_path: Path
) -> None:
    successor = MasterKey.fresh()
    with small_record(url, master) as record:
        made = backup(record, tmp_path / "disk", at=NOW)
        rotate_master_key(record, master, successor)
        assert code_of(lambda: write(record, ANN, "note.written", {"a": 1})) == "master-key.wrong"
    assert seals_of(url, successor) == SealReport(4, (), (), None)
    restore(made.folder, str(tmp_path / "again.sqlite3"), master=successor)
    assert seals_of(tmp_path / "again.sqlite3", successor) == SealReport(4, (), (), None)
    with Record.open(tmp_path / "again.sqlite3", keys=KeyRing(successor)) as again:
        write(again, ANN, "note.written", {"a": 1}, minute=5)
    assert seals_of(tmp_path / "again.sqlite3", successor).sealed == 5


def test_seals_of_entries_that_are_not_there_stop_writing(database: Path, master: MasterKey) -> None:
    cut(database, 3)
    seize(database, "DELETE FROM projection_state")
    assert "4 entries were sealed" in found(database)
    with Record.open(database, keys=KeyRing(master)) as record:
        assert code_of(lambda: write(record, ANN, "note.written", {"a": 1})) == "record.entries-missing"


# --- requests -------------------------------------------------------------------------------------------------------


@pytest.fixture
def record(url: str, master: MasterKey) -> Iterator[Record]:
    with small_record(url, master) as record:
        yield record


def send(record: Record, key: str, **changes: object) -> object:
    draft = Draft("session/1", "session.noted", {"minutes": 5, "note": "a"}, NOW, patient=ANN)
    values = {**{name: getattr(draft, name) for name in draft.__slots__}, "sensitive": ("/note",), **changes}
    author = str(values.pop("author", "staff-1"))
    return record.append(
        [Draft(**values)], author=author, at=LATER, expected={str(values["stream"]): ANY_VERSION}, key=key
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"author": "staff-2"},
        {"stream": "session/2"},
        {"kind": "session.noted_late"},
        {"payload": {"minutes": 5.5, "note": "a"}},
        {"payload": {"minutes": True, "note": "a"}},
        {"payload": {"minutes": 5, "note": "A"}},
        {"payload": {"minutes": 5, "note": "a\u0301"}},
        {"payload": {"minutes": 5, "note": "a", "more": None}},
        {"occurred_at": NOW + timedelta(microseconds=1)},
        {"corrects": 1, "stream": f"person/{ANN}"},
        {"patient": BEN},
    ],
    ids=str,
)
def test_a_key_stands_for_one_request_in_every_respect(record: Record, changes: dict[str, object]) -> None:
    send(record, "k")
    head = record.head()
    assert code_of(lambda: send(record, "k", **changes)) in ("record.key-reused", "record.sealed-broken")
    assert record.head() == head


def test_keys_are_told_apart_to_the_last_character(record: Record) -> None:
    for number, key in enumerate(("k", "K", "k ", " k", "k\u0301", "\u212a", "k%", "_"), 1):
        send(record, key)
        assert record.head().seq == 4 + number


# --- the clock -------------------------------------------------------------------------------------------------------


def test_a_clock_that_was_far_behind_is_noted_by_the_verifier(database: Path, master: MasterKey) -> None:
    with Record.open(database, projections=(Names(),), keys=KeyRing(master)) as record:
        draft = Draft("site", "site.noted", {}, NOW)
        record.append([draft], author="a", at=NOW + timedelta(days=400), expected={"site": 0})
        assert found(database) == ""
        record.append([draft], author="a", at=NOW, expected={"site": 1})
    assert "clock" in found(database)
    assert "6" in found(database)
