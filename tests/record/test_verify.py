"""The verifier finds every change, and says of an unchanged record that it is valid."""

import hashlib
import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ataraxy.record import verify
from ataraxy.record.anchor import Anchor, write_anchor
from ataraxy.record.canonical import entry_line
from ataraxy.record.entry import ANY_VERSION, Draft
from ataraxy.record.schema import SQLITE_GUARDS
from ataraxy.record.store import Record
from ataraxy.record.verify import Unreadable, verify_file

NOW = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
WHOLE = st.integers(-(2**53) + 1, 2**53 - 1)
BROKEN_NUMBERS = st.floats(-1e6, 1e6, allow_nan=False)
PAYLOADS = st.dictionaries(
    TEXT,
    st.recursive(
        st.none() | st.booleans() | WHOLE | BROKEN_NUMBERS | TEXT,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
        max_leaves=6,
    ),
    max_size=4,
)
DRAFTS = st.builds(
    Draft,
    stream=st.sampled_from(["site", "person/1", "session/2"]),
    kind=st.sampled_from(["test.one", "test.two"]),
    payload=PAYLOADS,
    occurred_at=st.integers(-(10**7), 10**7).map(lambda s: NOW + timedelta(microseconds=s * 997)),
)
# each log is drawn with what will be done to it; making a database for each is what takes the time
LOGS = settings(max_examples=30, suppress_health_check=list(HealthCheck))


def make(folder: Path, requests: list[list[Draft]]) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    path = folder / "record.sqlite3"
    with Record.create(path) as record:
        for number, drafts in enumerate(requests):
            record.append(
                drafts,
                author=f"staff-{number % 2}",
                at=NOW + timedelta(seconds=number),
                expected={draft.stream: ANY_VERSION for draft in drafts},
                key=f"request {number}" if number % 3 else None,
            )
        (folder / "export.jsonl").write_bytes(b"".join(map(entry_line, record.entries())))
    return path


def edit(path: Path, change: Callable[[sqlite3.Connection], object]) -> None:
    """Change a database as one who owns the file can: without its guards, and with these put back."""
    connection = sqlite3.connect(path)
    guards = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in guards:
        connection.execute(f"DROP TRIGGER {name}")
    change(connection)
    for _, sql in guards:
        connection.execute(sql)
    connection.commit()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


REQUESTS = st.lists(st.lists(DRAFTS, min_size=1, max_size=3), min_size=2, max_size=6)


@LOGS
@given(requests=REQUESTS)
def test_an_unchanged_record_is_valid(requests: list[list[Draft]], tmp_path: Path) -> None:
    path = make(tmp_path / "log", requests)
    entries = sum(map(len, requests))
    for file in (path, path.with_name("export.jsonl")):
        found = verify_file(file)
        assert found.problem is None
        assert found.entries == entries
        assert found.notes == ()


@LOGS
@given(requests=REQUESTS, data=st.data())
def test_a_changed_byte_of_an_export_is_found(
    requests: list[list[Draft]], data: st.DataObject, tmp_path: Path
) -> None:
    file = make(tmp_path / "log", requests).with_name("export.jsonl")
    content = file.read_bytes()
    for _ in range(20):
        place = data.draw(st.integers(0, len(content) - 1))
        byte = data.draw(st.integers(1, 255)) ^ content[place]
        file.write_bytes(content[:place] + bytes([byte]) + content[place + 1 :])
        assert not valid(file)
        file.write_bytes(content[:place] + content[place + 1 :])  # left out
        assert not valid(file)
        file.write_bytes(content[:place] + bytes([byte]) + content[place:])  # put in
        assert not valid(file)


@LOGS
@given(requests=REQUESTS, data=st.data())
def test_a_line_of_an_export_removed_exchanged_or_doubled_is_found(
    requests: list[list[Draft]], data: st.DataObject, tmp_path: Path
) -> None:
    file = make(tmp_path / "log", requests).with_name("export.jsonl")
    lines = file.read_bytes().splitlines(keepends=True)
    one = data.draw(st.integers(0, len(lines) - 2))
    other = data.draw(st.integers(one + 1, len(lines) - 1))
    exchanged = list(lines)
    exchanged[one], exchanged[other] = lines[other], lines[one]
    for changed in (
        [*lines[:one], *lines[one + 1 :]],
        exchanged,
        [*lines[:other], lines[one], *lines[other:]],
        [*lines, lines[one]],
        [*lines[:one], b"\n", *lines[one:]],
    ):
        file.write_bytes(b"".join(changed))
        assert not valid(file)


TEXT_COLUMNS = ("stream", "kind", "payload", "author", "recorded_at", "occurred_at", "previous_hash", "hash")
NUMBER_COLUMNS = ("seq", "version", "late", "corrects", "clock_behind_us")


@LOGS
@given(requests=REQUESTS, data=st.data())
def test_a_changed_value_of_a_database_is_found(
    requests: list[list[Draft]], data: st.DataObject, tmp_path: Path
) -> None:
    path = make(tmp_path / "log", requests)
    seq = data.draw(st.integers(1, sum(map(len, requests))))
    column = data.draw(st.sampled_from([*TEXT_COLUMNS, *NUMBER_COLUMNS, "key"]))

    def change(connection: sqlite3.Connection) -> None:
        (old,) = connection.execute(f"SELECT {column} FROM entry WHERE seq = ?", (seq,)).fetchone()
        if column in NUMBER_COLUMNS:
            new: object = 1 - old if column == "late" else (old or 0) + data.draw(st.sampled_from([1, 100]))
        elif old is None:
            new = "k"
        else:
            place = data.draw(st.integers(0, len(old) - 1))
            character = data.draw(st.characters(codec="ascii").filter(lambda c: c != old[place]))
            new = old[:place] + character + old[place + 1 :]
        connection.execute(f"UPDATE OR REPLACE entry SET {column} = ? WHERE seq = ?", (new, seq))

    edit(path, change)
    assert not valid(path)


@LOGS
@given(requests=REQUESTS, data=st.data())
def test_a_row_of_a_database_removed_exchanged_or_inserted_is_found(
    requests: list[list[Draft]], data: st.DataObject, tmp_path: Path
) -> None:
    path = make(tmp_path / "log", requests)
    count = sum(map(len, requests))
    kept = path.read_bytes()
    one = data.draw(st.integers(1, count - 1))
    other = data.draw(st.integers(one + 1, count))
    others = (
        "stream, version + 100, kind, payload, author, recorded_at, occurred_at, late, corrects, key,"
        " clock_behind_us"
    )

    def remove(connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM entry WHERE seq = ?", (one,))

    def remove_and_close_up(connection: sqlite3.Connection) -> None:
        remove(connection)
        for seq in range(one + 1, count + 1):
            connection.execute("UPDATE entry SET seq = seq - 1 WHERE seq = ?", (seq,))

    def exchange(connection: sqlite3.Connection) -> None:
        for old, new in ((one, -1), (other, one), (-1, other)):
            connection.execute("UPDATE entry SET seq = ? WHERE seq = ?", (new, old))

    def insert(connection: sqlite3.Connection) -> None:
        for seq in range(count, one, -1):
            connection.execute("UPDATE entry SET seq = seq + 1 WHERE seq = ?", (seq,))
        connection.execute(
            f"INSERT INTO entry SELECT ?, {others}, previous_hash, hash FROM entry WHERE seq = ?",
            (one + 1, one),
        )

    def add(connection: sqlite3.Connection) -> None:
        connection.execute(
            f"INSERT INTO entry SELECT ?, {others}, hash, hash FROM entry WHERE seq = ?", (count + 1, count)
        )

    for change in (remove, remove_and_close_up, exchange, insert, add):
        path.write_bytes(kept)
        edit(path, change)
        assert not valid(path), change.__name__


@LOGS
@given(requests=REQUESTS, data=st.data())
def test_where_a_changed_byte_of_a_database_file_goes_unnoticed_every_entry_is_as_it_was(
    requests: list[list[Draft]], data: st.DataObject, tmp_path: Path
) -> None:
    path = make(tmp_path / "log", requests)
    kept, lines = path.read_bytes(), path.with_name("export.jsonl").read_bytes()
    for _ in range(20):
        place = data.draw(st.integers(0, len(kept) - 1))
        byte = data.draw(st.integers(1, 255)) ^ kept[place]
        path.write_bytes(kept[:place] + bytes([byte]) + kept[place + 1 :])
        if valid(path):
            with Record.open(path, read_only=True) as record:
                assert b"".join(map(entry_line, record.entries())) == lines
                for stream in ("site", "person/1", "session/2"):
                    mine = b"".join(map(entry_line, record.entries(stream)))
                    assert mine == b"".join(
                        line
                        for line in lines.splitlines(keepends=True)
                        if json.loads(line)["entry"]["stream"] == stream
                    )


def valid(file: Path, anchors: Path | None = None) -> bool:
    try:
        return verify_file(file, anchors).valid
    except Unreadable:
        return False


REQUEST = [[Draft("site", "test.one", {"a": 1}, NOW)]]


@pytest.mark.parametrize("name", ["record.sqlite3", "export.jsonl"])
def test_an_end_that_was_cut_off_is_found_by_an_anchor_and_only_by_it(name: str, tmp_path: Path) -> None:
    file = make(tmp_path / "log", REQUEST * 5).with_name(name)
    with Record.open(tmp_path / "log" / "record.sqlite3", read_only=True) as record:
        head = record.head()
    anchors = tmp_path / "anchor"
    write_anchor(anchors, Anchor.of(head.seq, head.hash, NOW))
    assert verify_file(file, anchors).anchors == 1
    assert valid(file, anchors)
    if name == "export.jsonl":
        file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:3]))
    else:
        edit(file, lambda connection: connection.execute("DELETE FROM entry WHERE seq > 3"))
    assert valid(file)
    found = verify_file(file, anchors)
    assert found.problem is not None
    assert found.problem.seq == 4
    assert "missing" in found.problem.why


def test_a_record_written_anew_with_valid_hashes_is_found_by_an_anchor(tmp_path: Path) -> None:
    path = make(tmp_path / "log", REQUEST * 3)
    with Record.open(path, read_only=True) as record:
        second = list(record.entries())[1]
    anchors = tmp_path / "anchor"
    write_anchor(anchors, Anchor.of(second.seq, second.hash, NOW))
    forged = make(tmp_path / "forged", [[Draft("site", "test.one", {"a": 2}, NOW)]] * 3)
    assert valid(forged)
    found = verify_file(forged, anchors)
    assert found.problem is not None
    assert found.problem.seq == 2


def test_the_guards_that_the_verifier_knows_are_those_that_the_program_makes() -> None:
    assert {
        name: hashlib.sha256(" ".join(text.split()).encode()).hexdigest()
        for name, text in SQLITE_GUARDS.items()
    } == verify.GUARDS


def test_missing_guards_are_noted(tmp_path: Path) -> None:
    path = make(tmp_path / "log", REQUEST)
    connection = sqlite3.connect(path)
    connection.execute("DROP TRIGGER entry_undeleted")
    connection.close()
    found = verify_file(path)
    assert found.valid
    assert "entry_undeleted" in found.notes[0]


@pytest.mark.parametrize("content", [b"", b"no record", b"SQLite format 3\x00", b"\x00" * 5000])
def test_a_file_of_another_kind_is_not_valid(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "other"
    file.write_bytes(content)
    assert not valid(file)


def test_a_database_without_a_record_is_told_from_a_broken_one(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite3"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE other (a)")
    connection.close()
    with pytest.raises(Unreadable):
        verify_file(path)


def test_a_name_that_is_too_long_is_no_finding_about_a_record() -> None:
    assert run("n" * 300).returncode == 2


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    # -I: no packages of the environment's, -S: none that are installed
    command = [sys.executable, "-I", "-S", str(verify.__file__), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_the_file_runs_alone_and_its_exit_status_says_what_it_found(tmp_path: Path) -> None:
    path = make(tmp_path / "log", REQUEST * 3)
    export = path.with_name("export.jsonl")
    for file in (path, export):
        done = run(file)
        assert done.returncode == 0
        assert "valid, 3 entries" in done.stdout
    export.write_bytes(export.read_bytes().replace(b'"a":1', b'"a":2', 1))
    done = run(export, "--json")
    assert done.returncode == 1
    document: dict[str, Any] = json.loads(done.stdout)
    assert document["problem"]["seq"] == 1
    assert document["valid"] is False
    done = run(tmp_path / "nothing")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1


def test_the_verifier_imports_nothing_but_the_standard_library() -> None:
    program = (
        f"import sys, runpy; runpy.run_path({str(verify.__file__)!r});"
        "print(*sorted({name.split('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    loaded = set(done.stdout.split())
    assert "sqlite3" in loaded
    assert not loaded & {"ataraxy", "sqlalchemy", "cryptography", "pydantic"}
