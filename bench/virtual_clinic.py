"""Many people in one record: how fast the virtual clinic fills it, and how long it takes to open, project and verify.

    python bench/virtual_clinic.py --patients 200               (what `make bench` runs)
    python bench/virtual_clinic.py --patients 10000 --weeks 260 (hours)

Entries are written by the commands of a clinic, each decided by the rules of therapy and sealed; SQLite does not wait
for the disk here, which it does in a real clinic (see the benchmark of the record).
"""

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.machine import describe_commit, describe_machine

from ataraxy.practice import lists
from ataraxy.practice.course_report import clinic_report
from ataraxy.practice.practice import Practice
from ataraxy.practice.projections import clinic_projections
from ataraxy.practice.virtual.clinic import simulate_clinic
from ataraxy.record.keys import KeyRing
from ataraxy.record.master_key import MasterKey
from ataraxy.record.store import Record
from ataraxy.record.verify import verify_file

ROOT = Path(__file__).resolve().parents[1]
RESULT = ROOT / "bench" / "results" / "virtual_clinic.json"
PAGE = ROOT / "docs" / "benchmark-virtual-clinic.md"
SCHEMA = "ataraxy.bench-virtual-clinic/1"


def measure(patients: int, weeks: int, seed: int) -> dict[str, Any]:
    """Fill one record and measure it; times in seconds by the clock and of the processor."""
    found: dict[str, Any] = {"patients": patients, "weeks": weeks, "seed": seed}
    with tempfile.TemporaryDirectory(prefix="ataraxy-bench-") as folder:
        path = str(Path(folder) / "record.sqlite3")
        keys = KeyRing(MasterKey.fresh())

        def timed(name: str, work: Any) -> Any:
            clock, processor = time.perf_counter(), time.process_time()
            result = work()
            found[f"{name}_s"] = time.perf_counter() - clock
            found[f"{name}_processor_s"] = time.process_time() - processor
            print(f"{name}: {found[f'{name}_s']:.1f} s", file=sys.stderr, flush=True)
            return result

        def tell(words: str) -> None:
            print(words, file=sys.stderr, flush=True)

        with Record.create(path, projections=clinic_projections(), keys=keys) as record:
            done = timed(
                "fill",
                lambda: simulate_clinic(record, weeks=weeks, patients=patients, seed=seed, tell=tell),
            )
        found["entries"] = done.entries
        found["bytes"] = sum(
            os.path.getsize(Path(folder) / name) for name in os.listdir(folder) if name.startswith("record")
        )
        record = timed("open", lambda: Record.open(path, projections=clinic_projections(), keys=keys))
        with record:
            practice = Practice(record)
            found["people"] = timed("list_people", lambda: len(lists.people(practice)))
            timed("report", lambda: clinic_report(practice))
            timed("rebuild", record.rebuild)
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
    return f"""# Benchmark of the virtual clinic

Made by `python bench/virtual_clinic.py --patients {f["patients"]} --weeks {f["weeks"]} --date {result["date"]}`; not
edited by hand. `make bench` runs it with 200 people.

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
    options = parser.parse_args(arguments)
    result = {
        "schema": SCHEMA,
        "date": options.date,
        "commit": describe_commit(),
        "machine": describe_machine(),
        "found": measure(options.patients, options.weeks, options.seed),
    }
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    PAGE.write_text(write_page(result))
    print(f"{RESULT.relative_to(ROOT)}, {PAGE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
