"""Verify a record: python verify.py FILE [--anchor FILE] [--json]

FILE is a database of SQLite or an exported file of JSON lines. Every entry is hashed again and compared with the hash
that it bears and that the next one names; numbers, versions and times must follow one another. What was changed,
removed, exchanged or inserted is found, with the number of the first entry that is wrong. That the end was cut off
is found with an anchor: a hash of an earlier last entry that was kept elsewhere.

This file needs Python 3.10 or later and nothing else. It shares no code with the program that writes the record, so
it can be read in one sitting, and kept and used without that program. It never writes.

Exit status: 0 valid, 1 not valid, 2 the file cannot be read or is something else.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import re
import sqlite3
import sys
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

FORMAT = "ataraxy.entry/1"
ANCHOR_FORMAT = "ataraxy.anchor/1"
NO_HASH = "0" * 64
# The triggers that this program makes: SHA-256 of each, with runs of blanks as one.
GUARDS = {
    "entry_unchanged": "d86a3868a7f030ea171528380e74eba3f1e02d650fb641cc93a5e50936ad9b0f",
    "entry_undeleted": "7b661c29fab56c191ff5d58784b7f65f3b6980250f7822906cbe9e95a83f6876",
    "entry_follows": "da2d5db61f913436cc1f65c9c34746a7b65141b47cc0d4b2ef135c775cb298c1",
}
# What stands beside the entries.
TABLES = (
    "record_format",
    "projection_state",
    "data_key",
    "erased_patient",
    "key_location",
    "erasure_pending",
    "chain_seal",
)
CLOCK_BEHIND_US = 300 * 1_000_000

# What an entry consists of. The hash covers all of it, written in the order of the names.
COLUMNS = (
    "author",
    "clock_behind_us",
    "corrects",
    "key",
    "kind",
    "late",
    "occurred_at",
    "payload",
    "previous_hash",
    "recorded_at",
    "seq",
    "stream",
    "version",
)
WRITTEN = sorted([*COLUMNS, "format"])
LINE_START, HASH_START, LINE_END = b'{"entry":', b',"hash":"', b'"}\n'
HASH = re.compile("[0-9a-f]{64}")
TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")


class Unreadable(Exception):
    """The file cannot be read, or is neither a record nor an export of one."""


class Broken(Exception):
    """An entry is not as it was written."""


class Problem(NamedTuple):
    """The first thing that is wrong: the number of the entry, 0 for the file as a whole, and why."""

    seq: int
    why: str


class Verification(NamedTuple):
    """What was found.

    Attributes:
        entries: how many entries are valid, from the first on.
        genesis: hash of the first; zeros where there is none.
        head: hash of the last valid one; zeros where there is none.
        anchors: how many anchors were compared.
        problem: the first thing that is wrong, or None.
        notes: what is odd without changing an entry.
    """

    entries: int
    genesis: str
    head: str
    anchors: int
    problem: Problem | None
    notes: tuple[str, ...]

    @property
    def valid(self) -> bool:
        """Whether nothing is wrong."""
        return self.problem is None


class Read(NamedTuple):
    """An entry as it was found: the bytes that its hash covers, what they say, and the hash that it bears."""

    hashed: bytes
    fields: dict[str, Any]
    hash: str


def verify_file(path: os.PathLike[str] | str, anchors: os.PathLike[str] | str | None = None) -> Verification:
    """Return what is found in a file.

    Args:
        path: a database of SQLite or an exported file.
        anchors: a file of anchors, one a line.

    Raises:
        Unreadable: one of the files is not what it should be.
    """
    path = Path(path)
    kept = read_anchors(Path(anchors)) if anchors is not None else {}
    try:
        is_file, is_there = path.is_file(), path.exists()
    except OSError as error:  # such as a name that is too long
        raise Unreadable(f"{path}: {error.strerror}") from None
    if is_there and not is_file:
        raise Unreadable(f"{path}: it is not a file")
    if is_database(path):
        return _verify_database(path, kept)
    if not _start_of(path).startswith(LINE_START):
        raise Unreadable(f"{path}: neither a database of SQLite nor an exported record")
    with open(path, "rb") as file:
        return _verify(_lines(file), kept, ())


def is_database(path: os.PathLike[str] | str) -> bool:
    """Return whether a file is a database of SQLite, without harm to a process that works with it.

    A process that opens and closes a file by itself loses every lock that it holds on it (POSIX), and SQLite with it:
    another process could then take the log of changes for its own. Only a file that SQLite knows nothing of is opened
    in any other way.

    Raises:
        Unreadable: the file cannot be read.
    """
    try:
        if os.stat(path).st_size == 0:
            return False
        connection = sqlite3.connect(Path(path).absolute().as_uri() + "?mode=ro", uri=True, timeout=30)
    except (OSError, sqlite3.Error) as error:
        raise Unreadable(f"{path}: {getattr(error, 'strerror', None) or error}") from None
    try:
        connection.execute("PRAGMA schema_version").fetchone()
        return True
    except sqlite3.Error as error:
        if "locked" in str(error) or "busy" in str(error):
            return True
        return _start_of(path) == b"SQLite format 3\x00"
    finally:
        connection.close()


def _start_of(path: os.PathLike[str] | str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(16)
    except OSError as error:
        raise Unreadable(f"{path}: {error.strerror}") from None


def read_anchors(path: Path) -> dict[int, list[tuple[str, str]]]:
    """Return the anchors of a file: for each number of an entry, its hash and when that was noted."""
    kept: dict[int, list[tuple[str, str]]] = {}
    try:
        for line in path.read_text("utf-8").splitlines():
            if line.strip():
                anchor = _strict(line)
                if anchor["format"] != ANCHOR_FORMAT or type(anchor["seq"]) is not int:
                    raise ValueError("format")
                if anchor["seq"] < 1 or not HASH.fullmatch(anchor["hash"]):
                    raise ValueError("hash")
                kept.setdefault(anchor["seq"], []).append((anchor["hash"], str(anchor["at"])))
    except OSError as error:
        raise Unreadable(f"{path}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError):
        raise Unreadable(f"{path}: this is no file of anchors") from None
    if not kept:
        raise Unreadable(f"{path}: there is no anchor in it")
    return kept


def _verify(
    found: Iterator[Read], kept: dict[int, list[tuple[str, str]]], notes: tuple[str, ...]
) -> Verification:
    chain = _Chain(kept)
    problem = None
    behind = (0, 0)
    try:
        for entry in found:
            chain.take(entry)
            behind = max(behind, (entry.fields["clock_behind_us"], entry.fields["seq"]))
        chain.end()
    except Broken as error:
        problem = Problem(chain.seq + 1, str(error))
    except _Missing as error:
        problem = Problem(error.seq, str(error))
    if behind[0] > CLOCK_BEHIND_US:
        notes = (
            *notes,
            f"at entry {behind[1]} the clock was {behind[0] / 6e7:.0f} minutes behind the entry before: one of the two "
            "times is wrong",
        )
    return Verification(chain.seq, chain.genesis, chain.head, sum(map(len, kept.values())), problem, notes)


class _Missing(Exception):
    def __init__(self, seq: int, why: str) -> None:
        super().__init__(why)
        self.seq = seq


class _Chain:
    """What the next entry has to follow."""

    def __init__(self, kept: dict[int, list[tuple[str, str]]]) -> None:
        self.seq = 0
        self.genesis = self.head = NO_HASH
        self.recorded_at = ""
        self.kept = kept
        self.streams: dict[str, list[int]] = {}  # name -> [number of the stream, version]
        self.stream_of = array("L")  # number of the stream of each entry, for corrections

    def take(self, entry: Read) -> None:
        fields = entry.fields
        if hashlib.sha256(entry.hashed).hexdigest() != entry.hash:
            raise Broken("its content is not what its hash was made of")
        _check_types(fields)
        if fields["seq"] != self.seq + 1:
            raise Broken(f"entry {fields['seq']} stands where entry {self.seq + 1} belongs")
        if fields["previous_hash"] != self.head:
            raise Broken("it does not follow the entry before it: the hash that it names is another")
        stream = self.streams.setdefault(fields["stream"], [len(self.streams), 0])
        if fields["version"] != stream[1] + 1:
            raise Broken(
                f"it is version {fields['version']} of {fields['stream']}, after version {stream[1]}"
            )
        if fields["recorded_at"] < self.recorded_at:
            raise Broken("it was recorded before the entry before it")
        corrects = fields["corrects"]
        if corrects is not None and not (
            1 <= corrects <= self.seq and self.stream_of[corrects - 1] == stream[0]
        ):
            raise Broken(f"it corrects entry {corrects}, which is no earlier entry of its stream")
        for hash_, at in self.kept.get(fields["seq"], ()):
            if hash_ != entry.hash:
                raise Broken(f"its hash was {hash_} by the anchor of {at}, and is {entry.hash}")
        self.seq = fields["seq"]
        self.head = entry.hash
        self.genesis = entry.hash if self.seq == 1 else self.genesis
        self.recorded_at = fields["recorded_at"]
        stream[1] += 1
        self.stream_of.append(stream[0])

    def end(self) -> None:
        later = sorted(seq for seq in self.kept if seq > self.seq)
        if later:
            raise _Missing(
                self.seq + 1,
                f"it is missing: by the anchor of {self.kept[later[0]][0][1]} there were {later[0]} entries",
            )


def _check_types(fields: dict[str, Any]) -> None:
    if sorted(fields) != list(COLUMNS):
        raise Broken("its fields are not those of an entry")
    for name in ("author", "kind", "stream", "occurred_at", "previous_hash", "recorded_at"):
        if type(fields[name]) is not str:
            raise Broken(f"{name} is not text")
    for name in ("seq", "version", "clock_behind_us"):
        if type(fields[name]) is not int or fields[name] < 0:
            raise Broken(f"{name} is not a number from 0 on")
    for name in ("recorded_at", "occurred_at"):
        if not TIME.fullmatch(fields[name]):
            raise Broken(f"{name} is not a time in UTC with microseconds")
    if type(fields["late"]) is not bool:
        raise Broken("late is neither true nor false")
    if fields["corrects"] is not None and type(fields["corrects"]) is not int:
        raise Broken("corrects is not the number of an entry")
    if fields["key"] is not None and type(fields["key"]) is not str:
        raise Broken("key is not text")
    if type(fields["payload"]) is not dict:
        raise Broken("its payload is not an object")


def _lines(file: Any) -> Iterator[Read]:
    """Take the entries out of an exported file. The hashed bytes stand in each line as they are."""
    for line in file:
        start = len(line) - len(LINE_END) - 64
        middle = line[len(LINE_START) : start - len(HASH_START)]
        hash_ = line[start : start + 64].decode("ascii", "replace")
        if line != LINE_START + middle + HASH_START + line[start : start + 64] + LINE_END:
            whole = line.endswith(b"\n")
            raise Broken("the line is not an entry" if whole else "the line is cut off")
        if not HASH.fullmatch(hash_):
            raise Broken("its hash is not 64 hexadecimal digits")
        try:
            fields = _strict(middle.decode("utf-8"))
            if type(fields) is not dict or fields.pop("format", None) != FORMAT:
                raise ValueError("it is of another format")
        except (ValueError, RecursionError) as error:
            raise Broken(f"it cannot be read: {error}") from None
        yield Read(middle, fields, hash_)


def _verify_database(path: Path, kept: dict[int, list[tuple[str, str]]]) -> Verification:
    connection = _opened(path)
    try:
        made = {row[1]: row for row in connection.execute("SELECT type, name, sql FROM sqlite_master")}
        if "entry" not in made:
            raise Unreadable(f"{path}: a database of SQLite that holds no record")
        altered = _altered_table(connection, made["entry"])
        if altered:
            return Verification(0, NO_HASH, NO_HASH, 0, Problem(0, altered), ())
        erased: set[str] = set()
        found = _verify(_rows(connection, erased), kept, _altered_guards(made))
        if found.problem is None:
            problem = _ahead(connection, made, found.entries)
            # an index that does not fit its table would show a reader other entries
            answer = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
            if answer != "ok":
                problem = Problem(0, f"the database is damaged: {answer}")
            notes = (*found.notes, *_erasures(connection, made, erased))
            found = found._replace(problem=problem, notes=notes)
        return found
    except (sqlite3.Error, UnicodeDecodeError) as error:
        if "locked" in str(error) or "unable to open" in str(error):
            raise Unreadable(f"{path}: {error}") from None
        return Verification(0, NO_HASH, NO_HASH, 0, Problem(0, f"the database is damaged: {error}"), ())
    finally:
        connection.close()


def _altered_table(connection: sqlite3.Connection, made: tuple[str, str, str]) -> str | None:
    """Say what is wrong with the table of entries: one of another make could show each reader something else."""
    kind, _, sql = made
    if kind != "table" or _plain(sql).lower().startswith("create virtual"):
        return "entry is not a table of the usual kind"
    columns = connection.execute("PRAGMA table_xinfo(entry)").fetchall()
    if sorted(column[1] for column in columns) != sorted((*COLUMNS, "hash")) or any(
        column[6] for column in columns
    ):
        return "the table of entries has other columns"
    if "collate" in sql.lower():
        return "the table of entries compares texts in another way"
    return None


def _altered_guards(made: dict[str, tuple[str, str, str]]) -> tuple[str, ...]:
    """Say what is not as the program made it, though no entry was changed by that."""
    notes = []
    missing = sorted(name for name in GUARDS if made.get(name, ("",))[0] != "trigger")
    if missing:
        notes.append(f"guards are missing in the database: {', '.join(missing)}")
    for name, (kind, _, sql) in sorted(made.items()):
        if kind == "trigger" and name not in GUARDS:
            notes.append(f"trigger {name} is not of this program")
        elif kind == "trigger" and hashlib.sha256(_plain(sql).encode()).hexdigest() != GUARDS[name]:
            notes.append(f"guard {name} was changed")
        elif name in TABLES and (kind != "table" or _plain(sql).lower().startswith("create virtual")):
            notes.append(f"{name} is no table")
    return tuple(notes)


def _plain(sql: str | None) -> str:
    return " ".join((sql or "").split())


def _ahead(
    connection: sqlite3.Connection, made: dict[str, tuple[str, str, str]], entries: int
) -> Problem | None:
    """Find an end that was cut off by the tables that had seen it. Who cuts with care changes these too."""
    if "projection_state" not in made:
        return None
    seen = connection.execute("SELECT MAX(seq) FROM projection_state").fetchone()[0]
    if type(seen) is int and seen > entries:
        return Problem(entries + 1, f"it is missing: tables beside the entries were made from {seen} entries")
    if "chain_seal" in made:
        sealed = connection.execute("SELECT MAX(last) FROM chain_seal").fetchone()[0]
        if type(sealed) is int and sealed > entries:
            return Problem(entries + 1, f"it is missing: {sealed} entries were sealed")
    return None


def _erasures(
    connection: sqlite3.Connection, made: dict[str, tuple[str, str, str]], erased: set[str]
) -> Iterator[str]:
    """Compare the erasures that the chain tells of with the tables that keys are in."""
    if not {"data_key", "erased_patient", "erasure_pending"} <= made.keys():
        return
    waiting = set(connection.execute("SELECT patient, location FROM erasure_pending"))
    for (patient,) in connection.execute("SELECT patient FROM data_key ORDER BY patient").fetchall():
        if patient in erased and (patient, "database") not in waiting:
            yield f"patient {patient} was erased, and a key of theirs is there"
    for (patient,) in connection.execute("SELECT patient FROM erased_patient ORDER BY patient").fetchall():
        if patient not in erased and (patient, "entry") not in waiting:
            yield f"patient {patient} is marked as erased, and no entry says who did it"


def _opened(path: Path) -> sqlite3.Connection:
    path = path.resolve()  # logs lie beside the file itself, not beside a link to it
    address = path.as_uri() + "?mode=ro"
    connection = sqlite3.connect(address, uri=True, timeout=30, isolation_level=None)
    try:
        connection.execute("SELECT 1 FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:
        # a place that cannot be written to, where readers cannot agree with writers: there are none, then
        connection.close()
        for log in (path.with_name(path.name + end) for end in ("-wal", "-journal")):
            if log.exists() and log.stat().st_size:
                raise Unreadable(
                    f"{path}: {log.name} was left by a crash: copy both to a place that may be written to, and "
                    "open the copy with Ataraxy once"
                ) from None
        connection = sqlite3.connect(address + "&immutable=1", uri=True, isolation_level=None)
    except (sqlite3.DatabaseError, UnicodeDecodeError):
        pass  # the caller's first question says it
    # the file may have been in the hands of others
    for caution in ("trusted_schema=OFF", "cell_size_check=ON"):
        with contextlib.suppress(sqlite3.Error):
            connection.execute(f"PRAGMA {caution}")
    connection.text_factory = lambda raw: raw.decode("utf-8")
    return connection


def _rows(connection: sqlite3.Connection, erased: set[str]) -> Iterator[Read]:
    """Take the entries out of a database, and write down again what their hashes cover. Notes who was erased."""
    cursor = connection.execute(f"SELECT {', '.join(COLUMNS)}, hash FROM entry ORDER BY seq")
    while True:
        try:
            row = cursor.fetchone()
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise Broken(f"it cannot be read: {error}") from None
        if row is None:
            return
        fields = dict(zip(COLUMNS, row[:-1], strict=True))
        payload = fields["payload"]
        if type(payload) is not str or type(row[-1]) is not str or fields["late"] not in (0, 1):
            raise Broken("payload, hash or late is of another type")
        fields["late"] = fields["late"] == 1
        try:
            fields["payload"] = _strict(payload)
            text = {name: _WRITE(value) for name, value in fields.items() if name != "payload"}
            text.update(payload=payload, format=_WRITE(FORMAT))
            hashed = ("{" + ",".join([f'"{name}":{text[name]}' for name in WRITTEN]) + "}").encode("utf-8")
        except (ValueError, TypeError, RecursionError) as error:
            raise Broken(f"it cannot be read: {error}") from None
        if fields["kind"] == "record.erased":
            erased.add(str(fields["stream"]).partition("/")[2])
        yield Read(hashed, fields, row[-1])


def _strict(text: str) -> Any:
    """Read JSON that has each name once, and no NaN."""
    return _READ(text)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a name stands in it twice")
    return result


def _constant(name: str) -> None:
    raise ValueError(f"{name} is no number")


_READ = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_constant).decode
_WRITE = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode


def shown(text: str) -> str:
    """Return what a file says as a terminal may be shown it: on one line, and without signs that would steer it."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return line if len(line) <= 400 else f"{line[:400]}..."


def main(arguments: list[str] | None = None) -> int:
    """Verify the file that the command line names; print one line, or JSON. Returns the exit status."""
    parser = argparse.ArgumentParser(description="Verify a record of Ataraxy.")
    parser.add_argument("file", help="a database of SQLite, or an exported file")
    parser.add_argument("--anchor", metavar="FILE", help="anchors that were kept elsewhere")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(arguments)
    try:
        found = verify_file(options.file, options.anchor)
    except Unreadable as error:
        print(error, file=sys.stderr)
        return 2
    if options.json:
        document = {
            "schema": "ataraxy.verification/1",
            "valid": found.valid,
            "entries": found.entries,
            "head": found.head,
            "anchors": found.anchors,
            "problem": found.problem and found.problem._asdict(),
            "notes": list(found.notes),
        }
        print(json.dumps(document))
    elif found.problem:
        at = f"entry {found.problem.seq}" if found.problem.seq else "not valid"
        why = shown(found.problem.why)
        print(f"{options.file}: {at}: {why}. The {found.entries} entries before it are valid.")
    else:
        compared = f", {found.anchors} anchors fit" if found.anchors else ""
        print(f"{options.file}: valid, {found.entries} entries, head {found.head}{compared}")
    for note in found.notes:
        print(f"{options.file}: note: {shown(note)}", file=sys.stderr)
    return 0 if found.valid else 1


if __name__ == "__main__":
    raise SystemExit(main())
