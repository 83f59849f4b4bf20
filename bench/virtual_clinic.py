"""Many people in one record: how fast the virtual clinic fills it, and how long it takes to open, project and verify.

    python bench/virtual_clinic.py --patients 200                            (what `make bench` runs)
    python bench/virtual_clinic.py --patients 5000 --weeks 130 --home DIR    (most of an hour; DIR is kept)
    python bench/clinic_load.py --home DIR --patients 10000 --date ...       (load on a copy of it)

A clinic that is at DIR already is not filled again: what it cost stands in DIR/filled.json.

Entries are written by the commands of a clinic, each decided by the rules of therapy and sealed; SQLite does not wait
for the disk here, which it does in a real clinic (see the benchmark of the record).
"""

import argparse
import json
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.machine import describe_commit, describe_machine

from ataraxy.clinic.home import ClinicHome, ClinicSettings
from ataraxy.clinic.serve import create_clinic
from ataraxy.practice import lists
from ataraxy.practice.course_report import clinic_report
from ataraxy.practice.practice import Practice
from ataraxy.practice.projections import clinic_projections
from ataraxy.practice.virtual.clinic import simulate_clinic
from ataraxy.record.keys import KeyRing
from ataraxy.record.master_key import read_master_key
from ataraxy.record.store import Record
from ataraxy.record.verify import verify_file

ROOT = Path(__file__).resolve().parents[1]
RESULT = ROOT / "bench" / "results" / "virtual_clinic.json"
PAGE = ROOT / "docs" / "benchmark-virtual-clinic.md"
SCHEMA = "ataraxy.bench-virtual-clinic/1"
FILLED = "filled.json"


def fill(home: Path, patients: int, weeks: int, seed: int) -> None:
    """Make a clinic and fill its record up to this moment; what it cost goes beside it."""
    made = create_clinic(home, ClinicSettings(name="Virtual clinic"))
    keys = KeyRing(read_master_key(made.master_key_file))
    clock, processor = time.perf_counter(), time.process_time()
    with Record.open(made.record_url, projections=clinic_projections(), keys=keys) as record:
        done = simulate_clinic(
            record,
            weeks=weeks,
            patients=patients,
            seed=seed,
            ends_now=datetime.now(UTC),
            tell=lambda words: print(words, file=sys.stderr, flush=True),
        )
    cost = {
        "patients": patients,
        "weeks": weeks,
        "seed": seed,
        "entries": done.entries,
        "fill_s": time.perf_counter() - clock,
        "fill_processor_s": time.process_time() - processor,
    }
    (home / FILLED).write_text(json.dumps(cost, indent=1) + "\n", encoding="utf-8")


def measure(directory: Path) -> dict[str, Any]:
    """Measure a clinic that is filled; times in seconds by the clock and of the processor."""
    found: dict[str, Any] = json.loads((directory / FILLED).read_text(encoding="utf-8"))
    home = ClinicHome.open(directory)
    path = home.record_url
    keys = KeyRing(read_master_key(home.master_key_file))

    def timed(name: str, work: Any) -> Any:
        clock, processor = time.perf_counter(), time.process_time()
        result = work()
        found[f"{name}_s"] = time.perf_counter() - clock
        found[f"{name}_processor_s"] = time.process_time() - processor
        print(f"{name}: {found[f'{name}_s']:.1f} s", file=sys.stderr, flush=True)
        return result

    record = timed("open", lambda: Record.open(path, projections=clinic_projections(), keys=keys))
    with record:
        practice = Practice(record)
        found["people"] = timed("list_people", lambda: len(lists.people(practice)))
        timed("report", lambda: clinic_report(practice))
        timed("rebuild", record.rebuild)
    found["bytes"] = sum(file.stat().st_size for file in directory.glob("record.sqlite3*"))
    found["valid"] = timed("verify", lambda: verify_file(path).valid)
    return found


def write_page(result: dict[str, Any]) -> str:
    """Return the page of the documents."""
    f = result["found"]
    rows = [
        ("filled by the commands of a clinic", "fill"),
        ("opened", "open"),
        ("everybody listed", "list_people"),
        ("report over everybody", "report"),
        ("tables built anew from the entries", "rebuild"),
        ("chain verified by the standard library alone", "verify"),
    ]
    lines = "\n".join(
        f"| {words} | {f[name + '_s']:.2f} s | {f[name + '_processor_s']:.2f} s | "
        f"{f['entries'] / max(f[name + '_s'], 1e-9):,.0f} |"
        for words, name in rows
    )
    machine = ", ".join(f"{name} {value}" for name, value in result["machine"].items())
    note = f" {result['note']}" if result.get("note") else ""
    return f"""# Benchmark of the virtual clinic

Made by `python bench/virtual_clinic.py --patients {f["patients"]} --weeks {f["weeks"]} --date {result["date"]}`; not
edited by hand. `make bench` runs it with 200 people.{note}

{f["patients"]:,} simulated people in {f["weeks"]} weeks (seed {f["seed"]}): **{f["entries"]:,} entries**,
{f["bytes"] / 1e6:,.1f} MB, {f["bytes"] / f["entries"]:,.0f} bytes for each entry with its tables. The chain is
{"valid" if f["valid"] else "**not valid**"}.

| what | by the clock | of the processor | entries/s |
| :-- | --: | --: | --: |
{lines}

Filling is one process, in which models, rules, seals and the record take turns; SQLite does not wait for the disk
while people are simulated. The rates are those of a shared machine: quote the benchmark of the record for the cost of
an entry.

Date: {result["date"]}. Commit: {result["commit"]}. Machine: {machine}.
"""


def main(arguments: list[str]) -> int:
    """Measure, and write the page and the numbers."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--patients", type=int, default=200)
    parser.add_argument("--weeks", type=int, default=26)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--date", default="")
    parser.add_argument("--home", type=Path, help="where the clinic is, or is made and kept")
    parser.add_argument("--note", default="", help="what else the machine was doing")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="ataraxy-bench-") as folder:
        home = options.home or Path(folder) / "home"
        if not (home / FILLED).is_file():
            fill(home, options.patients, options.weeks, options.seed)
        found = measure(home)
    result = {
        "schema": SCHEMA,
        "date": options.date,
        "commit": describe_commit(),
        "machine": describe_machine(),
        "note": options.note,
        "found": found,
    }
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    PAGE.write_text(write_page(result))
    print(f"{RESULT.relative_to(ROOT)}, {PAGE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
