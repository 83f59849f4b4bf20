"""Rounds of writers that are killed. Run as `python -m tests.record.rounds URL ROUNDS SEED FOLDER`; prints JSON.

Eight processes write to one record, each its own requests under their keys, to streams that they share. At random
moments one is killed with SIGKILL; others kill themselves at a statement, before a commit, or between the commit and
the noting of its answer. Each is started again: it reads its journal, sends the request again that it does not know
the end of, and goes on. It is a program of its own so that it has no threads when it forks.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from tests.record.history import Acknowledged, Found, Sent, problems
from tests.record.tallies import LastWord, Tally, rows

from ataraxy.errors import AtaraxyError
from ataraxy.record.canonical import entry_line, entry_text
from ataraxy.record.chain_seal import check_seals
from ataraxy.record.entry import Draft
from ataraxy.record.keys import KeyRing
from ataraxy.record.master_key import MasterKey
from ataraxy.record.store import Record, VersionConflict
from ataraxy.record.verify import verify_file

WRITERS = 8
REQUESTS = 4
KILLS = 6
SELF_KILLS = 6
STREAMS = 3
PATIENTS = 3
MASTER = MasterKey(bytes(range(32)))


def write(url: str, writer: str, seed: int, journal: Path, die_at: int | None) -> None:
    """Send the requests of one writer, those that its journal shows as done aside.

    Args:
        die_at: how many statements and commits it lives to see; below 0, how many answers.
    """
    lines = [json.loads(line) for line in journal.read_text().splitlines()] if journal.exists() else []
    told = {line["key"] for line in lines if line["kind"] == "acknowledged"}
    descriptor = os.open(journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    with Record.open(url, projections=(Tally(), LastWord()), keys=KeyRing(MASTER)) as record:
        answered = _mortal(record.engine, die_at)
        for number in range(REQUESTS):
            key = f"{writer}-{number}"
            again = random.Random(f"{seed} {key} again").random() < 0.2
            if key not in told or again:
                _send(record, writer, key, seed, descriptor, answered)


def _mortal(engine: sa.Engine, die_at: int | None) -> Callable[[], None]:
    """Return what is called at every answer; die at one of these or at a step."""
    steps, answers = itertools.count(1), itertools.count(1)

    def step(*_: object) -> None:
        if next(steps) == die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def answer() -> None:
        if -next(answers) == die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    sa.event.listen(engine, "before_cursor_execute", step)
    sa.event.listen(engine, "after_cursor_execute", step)
    sa.event.listen(engine, "commit", step)
    return answer


def _send(
    record: Record, writer: str, key: str, seed: int, descriptor: int, answered: Callable[[], None]
) -> None:
    choice = random.Random(f"{seed} {key}")  # the same content whenever it is sent again
    streams = [f"shared/{choice.randrange(STREAMS)}" for _ in range(choice.choice((1, 1, 2, 3)))]
    tokens = [f"{key}-{place}" for place in range(len(streams))]
    at = datetime(2026, 1, 1, tzinfo=UTC)
    drafts = [
        Draft(
            stream,
            "test.written",
            {"token": token, "filling": "x" * choice.randrange(2000), "note": f"secret {token}"},
            at,
            patient=f"p{choice.randrange(PATIENTS)}",
            sensitive=("/note",),
        )
        for stream, token in zip(streams, tokens, strict=True)
    ]
    _note(
        descriptor,
        kind="sent",
        key=key,
        at_ns=time.monotonic_ns(),
        drafts=list(zip(streams, tokens, strict=True)),
    )
    while True:
        expected = {stream: record.version(stream) for stream in streams}
        try:
            appended = record.append(drafts, author=writer, at=datetime.now(UTC), expected=expected, key=key)
        except VersionConflict:
            continue
        except AtaraxyError as error:
            if error.code == "record.busy":
                continue
            raise
        break
    answered()
    _note(
        descriptor,
        kind="acknowledged",
        key=key,
        at_ns=time.monotonic_ns(),
        seqs=[entry.seq for entry in appended.entries],
        hashes=[entry.hash for entry in appended.entries],
        expected=expected,
        replayed=appended.replayed,
    )


def _note(descriptor: int, **fields: Any) -> None:
    os.write(descriptor, (json.dumps(fields) + "\n").encode())  # in one piece, and beyond the reach of a kill


def one_round(url: str, seed: int, folder: Path) -> int:
    """Let the writers write and be killed. Returns how many were."""
    choice = random.Random(seed)
    running: dict[int, int] = {}

    self_kills = iter(range(SELF_KILLS))

    def start(writer: int) -> None:
        dies = choice.random() < 0.5 and next(self_kills, None) is not None
        die_at = choice.choice((choice.randrange(1, 60), -choice.randrange(1, 4))) if dies else None
        process = os.fork()
        if process == 0:
            status = 1
            try:
                write(url, f"s{seed}w{writer}", seed, folder / f"{seed}-{writer}", die_at)
                status = 0
            except BaseException as error:
                print(f"writer {writer}: {error!r}", file=sys.stderr)
            finally:
                os._exit(status)
        running[process] = writer

    for writer in range(WRITERS):
        start(writer)
    killed, kills_left, next_kill = 0, KILLS, time.monotonic() + choice.uniform(0.0, 0.1)
    while running:
        process, status = os.waitpid(-1, os.WNOHANG)
        if process:
            writer = running.pop(process)
            if os.WIFSIGNALED(status):
                killed += 1
                start(writer)
            elif os.WEXITSTATUS(status):
                raise SystemExit(f"round {seed}: writer {writer} failed")
            continue
        if kills_left and time.monotonic() >= next_kill:
            os.kill(choice.choice(sorted(running)), signal.SIGKILL)
            kills_left -= 1
            next_kill = time.monotonic() + choice.uniform(0.002, 0.08)
        time.sleep(0.001)
    return killed


def judged(url: str, folder: Path) -> tuple[list[str], int, int]:
    """Return what is wrong with the record after all rounds, its entries, and how often an answer was lost.

    An answer was lost where an entry was stored and its writer was killed before it knew.
    """
    sent, told = [], []
    for journal in sorted(folder.iterdir()):
        for line in map(json.loads, journal.read_text().splitlines()):
            kind = line.pop("kind")
            if kind == "sent":
                sent.append(Sent(line["key"], line["at_ns"], tuple(map(tuple, line["drafts"]))))
            else:
                told.append(
                    Acknowledged(**{**line, "seqs": tuple(line["seqs"]), "hashes": tuple(line["hashes"])})
                )
    with Record.open(url, projections=(Tally(), LastWord()), keys=KeyRing(MASTER)) as record:
        entries = list(record.entries())
        with record.reading() as connection:
            seals = check_seals(connection, KeyRing(MASTER))
        unread = [e.seq for e in entries if record.opened(e)["note"] != f"secret {e.payload['token']}"]
        with record.reading() as connection:
            along_the_way = rows(connection)
        record.rebuild()
        with record.reading() as connection:
            anew = rows(connection)
    found = [
        Found(
            e.seq,
            e.stream,
            e.version,
            e.key or "",
            e.payload["token"],
            e.previous_hash,
            e.hash,
            entry_text(e).encode(),
        )
        for e in entries
    ]
    wrong = list(problems(sent, told, found))
    if seals.problem is not None or seals.sealed != len(entries):
        wrong.append(f"seals: {seals}")
    if unread:
        wrong.append(f"sealed texts: entries {unread} do not open to what was written")
    if along_the_way != anew:
        wrong.append("projections: rebuilt from nothing they are other ones")
    if {request.key for request in sent} != {entry.key for entry in entries}:
        wrong.append("lost: a request that was sent until it was acknowledged")
    with tempfile.TemporaryDirectory() as place:
        export = Path(place) / "export.jsonl"
        export.write_bytes(b"".join(entry_line(entry) for entry in entries))
        for file in [export, *([] if "://" in url else [Path(url)])]:
            verified = verify_file(file)
            if not verified.valid or verified.entries != len(entries):
                wrong.append(f"verifier: {verified.problem}")
    first: dict[str, Acknowledged] = {}
    for one in sorted(told, key=lambda one: one.at_ns):
        first.setdefault(one.key, one)
    return wrong, len(entries), sum(one.replayed for one in first.values())


def main(url: str, rounds: int, seed: int, folder: Path) -> None:
    """Run the rounds on a new record and print what was found."""
    begun = time.monotonic()
    Record.create(url, projections=(Tally(), LastWord())).close()
    killed = sum(one_round(url, seed + number, folder) for number in range(rounds))
    wrong, entries, answers_lost = judged(url, folder)
    told = sum(line.count('"acknowledged"') for line in (j.read_text() for j in folder.iterdir()))
    print(
        json.dumps(
            {
                "problems": wrong,
                "entries": entries,
                "acknowledged": told,
                "killed": killed,
                "answers_lost": answers_lost,
                "seconds": round(time.monotonic() - begun, 1),
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
