"""`ataraxy record` as an administrator meets it: what it prints, its exit statuses, and what it refuses."""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.record.small_record import ANN, BEN, SECRETS, small_record, texts_of, write

from ataraxy.cli import main
from ataraxy.practice.projections import clinic_projections
from ataraxy.record import master_key
from ataraxy.record.keys import KeyRing
from ataraxy.record.master_key import create_master_key, read_master_key
from ataraxy.record.store import Record
from ataraxy.record.verify import main as verify_main


@dataclass(frozen=True)
class Outcome:
    status: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out)
        return found


Run = Callable[..., Outcome]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    for name in ("ATARAXY_DATABASE", "ATARAXY_MASTER_KEY", "ATARAXY_PASSPHRASE"):
        monkeypatch.delenv(name, raising=False)

    def call(*arguments: str | Path) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["ataraxy", "record", *map(str, arguments)])
        status: int | str | None = 0
        try:
            main()
        except SystemExit as end:
            status = end.code
        captured = capsys.readouterr()
        return Outcome(int(status or 0), captured.out, captured.err)

    return call


@pytest.fixture
def key(tmp_path: Path) -> Path:
    create_master_key(tmp_path / "master.key")
    return tmp_path / "master.key"


@pytest.fixture
def database(tmp_path: Path, key: Path) -> Path:
    with small_record(tmp_path / "clinic.sqlite3", read_master_key(key)):
        pass
    return tmp_path / "clinic.sqlite3"


def refused(outcome: Outcome, code: str, status: int = 2) -> None:
    assert (outcome.status, outcome.out) == (status, "")
    assert len(outcome.err.splitlines()) == 1, outcome.err
    assert outcome.err.startswith("ataraxy: ")
    assert outcome.err.rstrip().endswith(f"[{code}]"), outcome.err


def change_entry(database: Path) -> None:
    with sqlite3.connect(database) as connection:
        connection.execute("DROP TRIGGER entry_unchanged")
        connection.execute("UPDATE entry SET author = 'somebody' WHERE seq = 2")
    connection.close()


def test_from_nothing_to_a_restored_record(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = tmp_path / "new.key"
    monkeypatch.setenv("ATARAXY_DATABASE", str(tmp_path / "c.sqlite3"))
    monkeypatch.setenv("ATARAXY_MASTER_KEY", str(key))
    assert run("init").status == 0
    assert key.stat().st_mode & 0o777 == 0o600
    made = run("backup", "--to", tmp_path / "disk", "--json").document
    assert run("drill", made["folder"]).status == 0
    assert run("restore", made["folder"], "--to", tmp_path / "again.sqlite3").status == 0
    assert run("verify", tmp_path / "again.sqlite3").out.startswith("Valid: 0 entries")
    refused(run("init"), "record.exists")
    refused(run("init", tmp_path / "c.sqlite3", "--key", tmp_path / "second.key"), "record.exists")
    assert not (tmp_path / "second.key").exists()


def test_verify_says_and_exits_as_the_verifier_alone_does(
    run: Run, database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for status in (0, 1):
        assert verify_main([str(database), "--json"]) == status
        alone = json.loads(capsys.readouterr().out)
        outcome = run("verify", database, "--json")
        assert (outcome.status, outcome.document) == (status, alone)
        assert run("verify", database).status == status
        if status == 0:
            change_entry(database)
    outcome = run("verify", database)
    assert outcome.out == ""
    assert "entry 2" in outcome.err


def test_an_anchor_never_takes_the_place_of_the_record(run: Run, database: Path) -> None:
    before = database.read_bytes()
    refused(run("anchor", database, "--out", database), "file.unreadable")
    assert database.read_bytes() == before


@pytest.mark.parametrize("place", [".", "/", "n" * 300])
def test_a_place_that_is_no_file_is_one_line(
    run: Run, database: Path, key: Path, tmp_path: Path, place: str
) -> None:
    made = run("backup", database, "--to", tmp_path / "disk", "--json").document
    for arguments in (
        ("export", database, "--out", place),
        ("anchor", database, "--out", place),
        ("anchor", database, "--append", place),
        ("restore", made["folder"], "--to", place, "--key", key),
        ("verify", place),
        ("verify", database, "--anchor", place),
        ("init", tmp_path / "new.sqlite3", "--key", place),
    ):
        outcome = run(*arguments)
        assert (outcome.status, outcome.out, outcome.err.count("\n")) == (2, "", 1), (arguments, outcome.err)


def test_a_stream_that_is_not_there_is_not_exported(run: Run, database: Path, tmp_path: Path) -> None:
    out = tmp_path / "none.jsonl"
    refused(run("export", database, "--out", out, "--stream", "person/nobody"), "record.no-stream")
    assert not out.exists()


def test_no_key_stays_where_no_record_could_be_made(run: Run, tmp_path: Path) -> None:
    other = tmp_path / "notes.txt"
    other.write_text("not a database")
    for place in (other, tmp_path):
        assert run("init", place, "--key", tmp_path / "new.key").status in (1, 2)
        assert sorted(tmp_path.iterdir()) == [other]
    assert other.read_text() == "not a database"


def test_an_anchor_finds_what_was_cut_off(run: Run, database: Path, tmp_path: Path) -> None:
    anchors = tmp_path / "anchors.jsonl"
    assert run("anchor", database, "--append", anchors).status == 0
    assert run("anchor", database, "--out", tmp_path / "one.json").status == 0
    assert run("anchor", database).out.count("\n") == 1
    assert run("verify", database, "--anchor", anchors).status == 0
    with sqlite3.connect(database) as connection:
        connection.execute("DROP TRIGGER entry_undeleted")
        connection.execute("DELETE FROM entry WHERE seq = 4")
        connection.execute("CREATE TRIGGER entry_undeleted BEFORE DELETE ON entry BEGIN SELECT 1; END")
    connection.close()
    assert "it is missing" in run("verify", database).err  # the tables had seen it
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE projection_state SET seq = 3")
        connection.execute("DELETE FROM chain_seal WHERE last > 3")
    connection.close()
    assert run("verify", database).status == 0
    for kept in (anchors, tmp_path / "one.json"):
        assert run("verify", database, "--anchor", kept).status == 1
    refused(run("anchor", database, "--append", anchors), "anchor.contradicts", status=1)


def test_a_database_that_was_altered_is_refused_until_it_is_repaired_and_that_is_recorded(
    run: Run, database: Path, tmp_path: Path
) -> None:
    by = ("--author", "staff-1", "--reason", "incident 7")
    assert run("repair", database, *by).out == "Nothing was altered.\n"
    with sqlite3.connect(database) as connection:
        connection.execute("CREATE TRIGGER calm AFTER INSERT ON entry BEGIN DELETE FROM person_name; END")
    connection.close()
    assert "trigger calm" in run("verify", database).err
    refused(run("backup", database, "--to", tmp_path / "disk"), "record.guards", status=1)
    refused(run("repair", database, "--author", "staff-1"), "record.repair-reason")
    assert run("repair", database, *by, "--json").document["found"] == ["trigger calm is not of this program"]
    assert run("backup", database, "--to", tmp_path / "disk").status == 0
    assert run("verify", database, "--json").document["entries"] == 5


def test_with_the_master_key_an_entry_that_was_added_without_it_is_found(
    run: Run, database: Path, key: Path, tmp_path: Path
) -> None:
    assert "Sealed: 4 entries" in run("verify", database, "--key", key).out
    with Record.open(database) as forged:
        write(forged, ANN, "consent.given", {"consent": "c1"}, minute=5)
    assert run("verify", database).status == 0
    outcome = run("verify", database, "--key", key)
    assert outcome.status == 1
    assert "entry 5 bears no seal" in outcome.err
    assert run("verify", database, "--key", key, "--json").document["seals"]["unsealed"] == [5]
    assert run("export", database, "--out", tmp_path / "e.jsonl").status == 0
    assert run("verify", tmp_path / "e.jsonl", "--key", key).status == 0  # an export has no seals


def test_an_export_is_sealed_unless_it_is_opened_for_a_reason(
    run: Run, database: Path, key: Path, tmp_path: Path
) -> None:
    assert run("export", database, "--out", tmp_path / "sealed.jsonl").status == 0
    assert run("verify", tmp_path / "sealed.jsonl").status == 0
    refused(run("export", database, "--out", tmp_path / "o.jsonl", "--open"), "master-key.missing")
    opening = ("export", database, "--out", tmp_path / "o.jsonl", "--open", "--key", key)
    refused(run(*opening), "cli.option")
    refused(run(*opening, "--author", "s"), "record.export-reason")
    assert run(*opening, "--author", "s", "--reason", "referral").status == 0
    assert SECRETS[ANN][0] in (tmp_path / "o.jsonl").read_text()
    assert run("verify", database, "--json").document["entries"] == 5


def test_erasing_waits_for_the_law_and_for_unplugged_disks(run: Run, database: Path, tmp_path: Path) -> None:
    words = ("--author", "s", "--reason", "request", "--basis", "law")
    until = ("--until", "2999-12-31", "--policy", "policy 4", "--author", "s")
    assert run("retain", database, BEN, *until).status == 0
    refused(run("erase", database, BEN, *words), "record.retained")
    refused(run("erase", database, ANN), "cli.option")
    refused(run("erase", database), "cli.argument")
    refused(run("erase", database, ANN, "--pending"), "cli.argument")
    assert run("backup", database, "--to", tmp_path / "disk").status == 0
    (tmp_path / "disk").rename(tmp_path / "away")
    outcome = run("erase", database, ANN, *words, "--json")
    assert (outcome.status, outcome.document["pending"][0]["location"]) == (1, str(tmp_path / "disk"))
    assert run("erase", database, "--pending").status == 1
    assert run("erase", database, "--retry").status == 1
    (tmp_path / "away").rename(tmp_path / "disk")
    assert run("erase", database, "--retry").status == 0
    assert run("erase", database, "--pending").out == "Nothing is still to be done.\n"
    assert run("verify", database).status == 0


def test_the_key_is_changed_and_the_old_one_is_refused(
    run: Run, database: Path, key: Path, tmp_path: Path
) -> None:
    new = tmp_path / "new.key"
    made = Path(run("backup", database, "--to", tmp_path / "disk", "--json").document["folder"])
    outcome = run("rotate-key", database, "--key", key, "--new-key", new, "--json")
    assert (outcome.status, outcome.document["keys"], outcome.document["left"]) == (0, 3, {})
    assert run("drill", made, "--database", database, "--key", new).status == 0
    outcome = run("drill", made, "--database", database, "--key", key)
    assert (outcome.status, "NO " in outcome.out) == (1, True)
    refused(run("restore", made, "--to", tmp_path / "again.sqlite3", "--key", key), "master-key.wrong")
    with Record.open(database, keys=KeyRing(read_master_key(new))) as record:
        assert texts_of(record, ANN) == list(SECRETS[ANN])


def test_the_drill_fails_when_the_running_record_was_changed(
    run: Run, database: Path, key: Path, tmp_path: Path
) -> None:
    made = run("backup", database, "--to", tmp_path / "disk", "--json").document["folder"]
    assert run("drill", made, "--database", database, "--key", key).status == 0
    change_entry(database)
    outcome = run("drill", made, "--database", database, "--key", key, "--json")
    assert (outcome.status, outcome.document["passed"]) == (1, False)


def test_a_master_key_that_others_may_read_or_that_is_missing_is_refused(
    run: Run, database: Path, key: Path, tmp_path: Path
) -> None:
    arguments = ("rotate-key", database, "--new-key", tmp_path / "new.key", "--key")
    key.chmod(0o644)
    refused(run(*arguments, key), "master-key.readable")
    refused(run(*arguments, tmp_path / "absent.key"), "master-key.missing")
    assert not (tmp_path / "new.key").exists()


def test_a_passphrase_is_read_from_the_environment(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(master_key, "SCRYPT_N", 2**10)
    monkeypatch.setattr(sys, "stdin", open("/dev/null"))  # noqa: SIM115
    make = ("init", tmp_path / "c.sqlite3", "--key", tmp_path / "p.key", "--passphrase")
    refused(run(*make), "master-key.passphrase-missing")
    monkeypatch.setenv("ATARAXY_PASSPHRASE", "correct horse")
    assert run(*make).status == 0
    rotate = (
        "rotate-key",
        tmp_path / "c.sqlite3",
        "--key",
        tmp_path / "p.key",
        "--new-key",
        tmp_path / "n.key",
    )
    monkeypatch.setenv("ATARAXY_PASSPHRASE", "wrong horse")
    refused(run(*rotate), "master-key.passphrase-wrong")
    monkeypatch.setenv("ATARAXY_PASSPHRASE", "correct horse")
    assert run(*rotate).status == 0


def test_projections_are_rebuilt_on_request(run: Run, database: Path) -> None:
    done = run("rebuild", database, "--json").document
    assert (done["entries"], done["projections"]) == (4, ["clinic"])
    with sqlite3.connect(database) as connection:
        people = connection.execute("SELECT person FROM clinic_person ORDER BY person").fetchall()
        connection.execute("DELETE FROM clinic_person")
    connection.close()
    assert people == [(ANN,), (BEN,)]
    run("rebuild", database)
    with sqlite3.connect(database) as connection:
        assert connection.execute("SELECT person FROM clinic_person ORDER BY person").fetchall() == people
    connection.close()


def test_what_adds_entries_keeps_the_tables_of_the_clinic_at_the_last_one(
    run: Run, database: Path, tmp_path: Path
) -> None:
    run("rebuild", database)
    by = ("--author", "staff-1")
    run("retain", database, BEN, "--until", "2036-12-31", "--policy", "p", *by)
    run("erase", database, ANN, "--reason", "r", "--basis", "b", *by)
    with Record.open(database, projections=clinic_projections(), read_only=True) as record:
        assert record.head().seq == 6


NO_RECORDS = {
    "text": b"hello\n",
    "long": b"a letter, not a database\n" * 400,
    "json": b'{"a": 1}\n',
    "latin": b"caf\xe9\n",
    "zeros": b"\0" * 5000,
    "empty": b"",
    "absent": None,
}


@pytest.mark.parametrize("kind", NO_RECORDS)
@pytest.mark.parametrize(
    "arguments",
    [
        ("verify", "IT"),
        ("export", "IT", "--out", "x"),
        ("anchor", "IT"),
        ("anchor", "IT", "--append", "x"),
        ("backup", "IT", "--to", "d"),
        ("restore", "IT", "--to", "x"),
        ("drill", "IT"),
        ("erase", "IT", "--pending"),
        ("erase", "IT", "--retry"),
        ("rebuild", "IT"),
        ("rotate-key", "IT", "--key", "KEY", "--new-key", "x"),
        ("retain", "IT", "p", "--until", "2030-01-01", "--policy", "p", "--author", "a"),
    ],
    ids=" ".join,
)
def test_what_is_no_record_gives_one_line_and_status_two_and_is_left_alone(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], kind: str
) -> None:
    create_master_key(tmp_path / "key")
    place = tmp_path / "place"
    place.mkdir()
    monkeypatch.chdir(place)
    file, content = place / "it", NO_RECORDS[kind]
    if content is not None:
        file.write_bytes(content)
    words = {"IT": str(file), "KEY": str(tmp_path / "key")}
    outcome = run(*(words.get(one, one) for one in arguments))
    assert (outcome.status, outcome.out) == (2, ""), outcome.err
    assert len(outcome.err.splitlines()) == 1, outcome.err
    assert {path.name: path.read_bytes() for path in place.iterdir()} == (
        {} if content is None else {"it": content}
    )


def test_what_is_no_file_is_not_waited_for(run: Run, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for command in ("verify", "anchor"):
        outcome = run(command, tmp_path / "pipe")
        assert (outcome.status, len(outcome.err.splitlines())) == (2, 1)


@pytest.mark.parametrize(
    "arguments",
    [
        ("retain", "absent", "p", "--until", "soon", "--policy", "p", "--author", "a"),
        ("verify",),
        ("init", "x"),
        ("erase", "absent"),
    ],
    ids=" ".join,
)
def test_wrong_input_gives_one_line_and_status_two(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = run(*arguments)
    assert len(outcome.err.splitlines()) == 1, outcome.err
    assert (outcome.status, outcome.out) == (2, "")
    assert list(tmp_path.iterdir()) == []
