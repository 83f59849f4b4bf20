"""The record: entries a second, and whether an entry costs the same in a long record as in a short one.

Part of `make bench`; writes `bench/results/record.json` and `docs/benchmark-record.md`. PostgreSQL is measured where
ATARAXY_TEST_POSTGRES names a server.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sqlite3
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import sqlalchemy as sa

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.machine import describe_commit, describe_machine  # noqa: E402

from ataraxy.record.canonical import hash_of, hashed_text  # noqa: E402
from ataraxy.record.entry import ANY_VERSION, NO_HASH, Draft, Entry, time_text  # noqa: E402
from ataraxy.record.keys import KeyRing  # noqa: E402
from ataraxy.record.master_key import MasterKey  # noqa: E402
from ataraxy.record.schema import ENTRY  # noqa: E402
from ataraxy.record.store import Record  # noqa: E402
from ataraxy.record.verify import verify_file  # noqa: E402

RESULT = ROOT / "bench" / "results" / "record.json"
PAGE = ROOT / "docs" / "benchmark-record.md"
SCHEMA = "ataraxy.benchmark-record/1"
SIZES = (1_000, 10_000, 100_000, 1_000_000)
BEGUN = datetime(2026, 1, 1, tzinfo=UTC)
# a session has about so many entries
OF_A_STREAM = 40
# a record of a thousand entries must not grow to many during its measurement
SINGLE = 200
TURNS = 10
BATCH = 50
REBUILT = 100_000


class LastReading:
    """A projection of the usual kind: one row for each stream, the last reading in it."""

    name = "bench-last-reading"
    version = 1
    table = sa.Table(
        "bench_last_reading",
        sa.MetaData(),
        sa.Column("stream", sa.Text, primary_key=True),
        sa.Column("entries", sa.Integer, nullable=False),
        sa.Column("systolic", sa.Integer, nullable=False),
    )
    tables = (table,)

    def apply(self, connection: sa.Connection, entry: Entry) -> None:
        systolic = entry.payload["systolic_mmhg"]
        if entry.version == 1:
            connection.execute(
                sa.insert(self.table).values(stream=entry.stream, entries=1, systolic=systolic)
            )
        else:
            connection.execute(
                sa.update(self.table)
                .where(self.table.c.stream == entry.stream)
                .values(entries=entry.version, systolic=systolic)
            )

    def clear(self, connection: sa.Connection) -> None:
        connection.execute(sa.delete(self.table))


def session(number: int) -> str:
    """The stream of the session that an entry belongs to; ids are random, as they are in a clinic."""
    return f"session/{uuid.UUID(int=random.Random(number // OF_A_STREAM).getrandbits(128)).hex}"


def reading(number: int) -> dict[str, Any]:
    """A charted set of vital signs."""
    return {
        "kind": "session.reading_recorded",
        "session": number // OF_A_STREAM,
        "systolic_mmhg": 110 + number % 40,
        "diastolic_mmhg": 70 + number % 20,
        "heart_rate_per_min": 60 + number % 50,
        "oxygen_saturation_pct": 95 + number % 5,
        "sedation": {"scale": "MOAA/S", "score": 5 - number % 3},
        "minutes": number % 120 + 0.5,
    }


def fill(record: Record, after: int, until: int) -> None:
    """Bring a record to a size, past `append`: only the guards of the database look at these entries."""
    last = next(record.entries(after=after - 1)) if after else None
    previous = last.hash if last else NO_HASH
    versions: dict[str, int] = {}
    if last:
        versions[last.stream] = last.version
    for first in range(after, until, 20_000):
        rows = []
        for number in range(first, min(first + 20_000, until)):
            stream = session(number)
            versions[stream] = versions.get(stream, 0) + 1
            at = time_text(BEGUN + timedelta(seconds=number))
            fields: dict[str, Any] = {
                "seq": number + 1,
                "stream": stream,
                "version": versions[stream],
                "kind": "session.reading_recorded",
                "payload": json.dumps(reading(number), sort_keys=True, separators=(",", ":")),
                "author": "staff-1",
                "recorded_at": at,
                "occurred_at": at,
                "late": False,
                "corrects": None,
                "key": uuid.UUID(int=random.Random(-number).getrandbits(128)).hex,
                "clock_behind_us": 0,
                "previous_hash": previous,
            }
            previous = hash_of(hashed_text(**fields))
            rows.append({**fields, "late": 0, "hash": previous})
        with record.writing() as connection:
            if connection.dialect.name == "sqlite":
                connection.execute(sa.insert(ENTRY), rows)
            else:
                copy(connection, rows)


def copy(connection: sa.Connection, rows: Sequence[dict[str, Any]]) -> None:
    names = list(rows[0])
    cursor = connection.connection.cursor()
    with cursor.copy(f"COPY entry ({', '.join(names)}) FROM STDIN") as into:  # type: ignore[attr-defined]
        for row in rows:
            into.write_row([row[name] for name in names])


def append(record: Record, first: int, count: int) -> None:
    """Append readings, as one request."""
    drafts = [
        Draft(session(number), "session.reading_recorded", reading(number), BEGUN + timedelta(seconds=number))
        for number in range(first, first + count)
    ]
    record.append(
        drafts,
        author="staff-1",
        at=BEGUN + timedelta(seconds=first + count),
        expected={draft.stream: ANY_VERSION for draft in drafts},
        key=f"bench-{first}",
    )


def timed(act: Callable[[], object]) -> tuple[float, float]:
    """Seconds by the clock and of this process's processor time."""
    clock, processor = time.perf_counter(), time.process_time()
    act()
    return time.perf_counter() - clock, time.process_time() - processor


def size_of(record: Record, path: Path | None) -> int:
    """Bytes of tables and indexes."""
    if path is not None:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(
                "PRAGMA wal_checkpoint(TRUNCATE)"
            )  # the log is of one size whatever the record's
        return path.stat().st_size
    with record.reading() as connection:
        return int(
            connection.exec_driver_sql(
                "SELECT sum(pg_total_relation_size(oid)) FROM pg_class"
                " WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace"
            ).scalar_one()
        )


@dataclass
class Sample:
    """A record of one size, and what its appends took."""

    entries: int
    record: Record
    path: Path | None
    next: int
    single: list[tuple[float, float]] = field(default_factory=list)
    batch: list[tuple[float, float]] = field(default_factory=list)
    read: list[tuple[float, float]] = field(default_factory=list)

    def take_turn(self) -> None:
        for _ in range(SINGLE // TURNS):
            self.single.append(timed(lambda: append(self.record, self.next, 1)))
            self.next += 1
        self.batch.append(timed(lambda: append(self.record, self.next, BATCH)))
        self.next += BATCH
        last = self.next
        self.read.append(timed(lambda: sum(1 for _ in self.record.entries(after=last - BATCH, until=last))))

    def row(self) -> dict[str, Any]:
        return {
            "entries": self.entries,
            "single_s": median(clock for clock, _ in self.single),
            "single_processor_s": median(processor for _, processor in self.single),
            "batch_s_per_entry": median(clock for clock, _ in self.batch) / BATCH,
            "batch_processor_s_per_entry": median(processor for _, processor in self.batch) / BATCH,
            "read_s_per_entry": median(clock for clock, _ in self.read) / BATCH,
            "bytes_per_entry": size_of(self.record, self.path) / self.record.head().seq,
        }


def measure(
    place: Callable[[], tuple[str, Path | None]], sizes: Sequence[int], tell: Callable[[str], None]
) -> dict[str, Any]:
    """What one database does at each size. Sizes take turns: what else the machine does meets all of them."""
    with ExitStack() as opened:
        samples = []
        for size in sizes:
            url, path = place()
            with Record.create(url) as empty:
                fill(empty, 0, size)
            # as a clinic opens it: every append is sealed
            record = opened.enter_context(Record.open(url, keys=KeyRing(MasterKey.fresh())))
            append(record, size, 1)  # connections and compiled statements are there from now on
            samples.append(Sample(size, record, path, size + 1))
            tell(f"{size:,} entries made")
        for _ in range(TURNS):
            for sample in samples:
                sample.take_turn()
        tell("appended")
        rows = [sample.row() for sample in samples]
        largest, verified = samples[-1], None
        if largest.path is not None:
            file = largest.path
            seconds, _ = timed(lambda: require_valid(file))
            verified = largest.record.head().seq / seconds
            tell("verified")
    return {"rows": rows, "verify_entries_per_s": verified}


def require_valid(path: Path) -> None:
    found = verify_file(path)
    if found.problem:
        raise SystemExit(f"the measured record is not valid: {found.problem}")


def measure_rebuild(url: str, entries: int) -> dict[str, Any]:
    """How long one projection takes from nothing."""
    with Record.create(url) as record:
        fill(record, 0, entries)
    with Record.open(url, projections=(LastReading(),)) as record:
        seconds, _ = timed(record.rebuild)
    return {"entries": entries, "seconds": seconds, "entries_per_s": entries / seconds}


@contextmanager
def places(postgres: str | None) -> Iterator[Callable[[], tuple[str, Path | None]]]:
    """Gives one new place after the other, and removes them all."""
    if postgres is None:
        with tempfile.TemporaryDirectory() as folder:

            def file() -> tuple[str, Path]:
                path = Path(folder) / uuid.uuid4().hex / "record.sqlite3"
                path.parent.mkdir()
                return str(path), path

            yield file
        return
    schemas: list[str] = []
    address = sa.make_url(postgres).set(drivername="postgresql+psycopg")
    engine = sa.create_engine(address, isolation_level="AUTOCOMMIT")

    def schema() -> tuple[str, None]:
        schemas.append(f"bench_{uuid.uuid4().hex}")
        with engine.connect() as connection:
            connection.execute(sa.schema.CreateSchema(schemas[-1]))
        url = address.update_query_dict({"options": f"-csearch_path={schemas[-1]}"})
        return url.render_as_string(hide_password=False), None

    try:
        yield schema
    finally:
        with engine.connect() as connection:
            for name in schemas:
                connection.execute(sa.schema.DropSchema(name, cascade=True))
        engine.dispose()


def said_of_load(result: dict[str, Any]) -> str:
    if "load" not in result:
        return "The machine is shared and noisy. "
    first, last = result["load"]
    return (
        f"Processes that wanted to run, on average of a minute: {first:.1f} at the start, {last:.1f} at the end; with "
        "more than there are cores, times by the clock say little. "
    )


def write_page(result: dict[str, Any]) -> str:
    machine = result["machine"]
    parts = [
        "# Benchmark of the record\n",
        "Made by `make bench` from `bench/results/record.json`; not edited by hand.\n",
        f"Date: {result['date']}. Commit: {result['commit']}. Machine: {machine['processor']}, "
        f"{machine['cores']} cores, {machine['memory_gib']} GiB, {machine['system']}, Python {machine['python']}. "
        f"{said_of_load(result)}"
        "A single append waits for the disk: its time by the clock is that of the "
        "disk, its processor time that of this program.\n",
    ]
    for name, found in result["databases"].items():
        parts += [
            f"## {name} {found['version']}\n",
            "| entries in the record | one append, ms | of processor time, ms | appends/s | entry of a batch of "
            f"{BATCH}, ms | entries/s | read an entry, ms | bytes/entry |",
            "|---:|---:|---:|---:|---:|---:|---:|---:|",
            *[
                f"| {row['entries']:,} | {1e3 * row['single_s']:.2f} | {1e3 * row['single_processor_s']:.2f} "
                f"| {1 / row['single_s']:,.0f} | {1e3 * row['batch_s_per_entry']:.3f} "
                f"| {1 / row['batch_s_per_entry']:,.0f} | {1e3 * row['read_s_per_entry']:.3f} "
                f"| {row['bytes_per_entry']:.0f} |"
                for row in found["rows"]
            ],
            "",
            f"One append at {found['rows'][-1]['entries']:,} entries costs {found['ratio_processor']:.2f} times the "
            f"processor time, and {found['ratio_clock']:.2f} times the time by the clock, of one at "
            f"{found['rows'][0]['entries']:,}; an entry of a batch {found['ratio_batch']:.2f} times. "
            "A projection of one row a stream is built from nothing at "
            f"{found['rebuild']['entries_per_s']:,.0f} entries/s "
            f"({found['rebuild']['entries']:,} in {found['rebuild']['seconds']:.1f} s)."
            + (
                f" `verify.py` checks {found['verify_entries_per_s']:,.0f} entries/s."
                if found["verify_entries_per_s"]
                else ""
            )
            + "\n",
        ]
    parts.append(
        "## How it is measured\n\n"
        f"Entries are readings of a session, {OF_A_STREAM} to a stream, every request with a key of its own, "
        "without texts to seal. A record is brought to each size past the program, with guards and chain as always; "
        "what is measured then goes through `Record.append`, each append sealed under the record's key. The sizes "
        f"take {TURNS} turns, so that what else the "
        f"machine does meets all of them: in each, {SINGLE // TURNS} single appends, one after the other, each on the "
        f"disk when it returns, and one request of {BATCH} entries, which are then read. Medians are shown; a record "
        f"grows by {SINGLE + TURNS * BATCH} entries meanwhile. Processor time is that of this program: of PostgreSQL's "
        "server only the time by the clock tells. Sizes count tables and indexes.\n"
    )
    return "\n".join(parts)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="bench/record.py", description=__doc__)
    parser.add_argument("--date", default="not given")
    parser.add_argument("--quick", action="store_true", help="small records, nothing written")
    parser.add_argument("--page", action="store_true", help="only write the page anew from the results")
    options = parser.parse_args(arguments)
    if options.page:
        PAGE.write_text(write_page(json.loads(RESULT.read_text())))
        return 0
    began, load = time.perf_counter(), os.getloadavg()[0]
    sizes = SIZES[:2] if options.quick else SIZES
    server = os.environ.get("ATARAXY_TEST_POSTGRES")
    databases: dict[str, Any] = {}
    for name, address in (("SQLite", None), ("PostgreSQL", server)):
        if name == "PostgreSQL" and address is None:
            continue

        def tell(what: str, name: str = name) -> None:
            print(f"{time.perf_counter() - began:6.0f} s  {name}: {what}", file=sys.stderr, flush=True)

        with places(address) as place:
            found = measure(place, sizes, tell)
            url, _ = place()
            found["rebuild"] = measure_rebuild(url, min(REBUILT, sizes[-1]))
            tell("rebuilt")
            with Record.open(url, read_only=True) as record, record.reading() as connection:
                found["version"] = ".".join(map(str, connection.dialect.server_version_info or ()))
        first, last = found["rows"][0], found["rows"][-1]
        found["ratio_clock"] = last["single_s"] / first["single_s"]
        found["ratio_processor"] = last["single_processor_s"] / first["single_processor_s"]
        found["ratio_batch"] = last["batch_s_per_entry"] / first["batch_s_per_entry"]
        databases[name] = found
    result = {
        "schema": SCHEMA,
        "date": options.date,
        "commit": describe_commit(),
        "machine": describe_machine(),
        "load": [load, os.getloadavg()[0]],
        "databases": databases,
    }
    page = write_page(result)
    if options.quick:
        print(page)
        return 0
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    PAGE.write_text(page)
    print(f"{RESULT.relative_to(ROOT)}, {PAGE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
