"""`make bench`: measures, and writes `bench/results/latest.json` and `docs/benchmark.md`."""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.comparison import EFFECT_SIZES, FULL_SIZES, QUICK_SIZES, compare_engines
from bench.machine import describe_commit, describe_machine, describe_versions
from bench.measure import spread
from bench.page import write_page
from bench.startup import measure_startup, run_many_people
from bench.targets import judge
from bench.workload import workload24, workload_effects_once, workload_effects_six, workload_simons

ROOT = Path(__file__).resolve().parents[1]
RESULT = ROOT / "bench" / "results" / "latest.json"
PAGE = ROOT / "docs" / "benchmark.md"
SCHEMA = "ataraxy.benchmark/2"
MANY_PEOPLE = 100_000
# for an error of a thousandth
MANY_RTOL = {"model24": 5e-3, "effects-six": 1e-3}
MANY_CHUNK = 1024


def main(arguments: list[str]) -> int:
    """Returns the exit status: 0, also where a target is missed, because a shared machine decides nothing."""
    parser = argparse.ArgumentParser(prog="bench/run.py", description=__doc__)
    parser.add_argument(
        "--rounds", type=int, default=FULL_SIZES.rounds, help="how often each engine is timed"
    )
    parser.add_argument("--date", default="not given", help="recorded with the results, such as 2026-11-23")
    parser.add_argument("--note", default="", help="recorded with the results, such as 'quiet machine'")
    parser.add_argument("--quick", action="store_true", help="few people, one round, nothing written")
    parser.add_argument("--page", action="store_true", help="only write the page anew from the results")
    a = parser.parse_args(arguments)
    if a.page:
        PAGE.write_text(write_page(json.loads(RESULT.read_text())))
        return 0
    if a.rounds < 1:
        parser.error("--rounds must be 1 or more")
    began = time.perf_counter()

    def tell(what: str) -> None:
        print(f"{time.perf_counter() - began:6.0f} s  {what}", file=sys.stderr, flush=True)

    sizes = QUICK_SIZES if a.quick else replace(FULL_SIZES, rounds=a.rounds)
    effect_sizes = QUICK_SIZES if a.quick else replace(EFFECT_SIZES, rounds=a.rounds)
    many = MANY_PEOPLE // 50 if a.quick else MANY_PEOPLE
    result: dict[str, Any] = {
        "schema": SCHEMA,
        "date": a.date,
        "note": a.note,
        "commit": describe_commit(),
        "machine": describe_machine(),
        "versions": describe_versions(),
        "rounds": sizes.rounds,
        "workloads": {
            "model24": compare_engines(workload24, sizes, tell),
            "simons-2022": compare_engines(workload_simons, sizes, tell),
            "effects-once": compare_engines(workload_effects_once, effect_sizes, tell),
            "effects-six": compare_engines(workload_effects_six, effect_sizes, tell),
        },
        "many_people": {name: _many_people(name, many, sizes.rounds) for name in MANY_RTOL},
    }
    tell("many people")
    result["startup"] = measure_startup(1 if a.quick else max(3, sizes.rounds))
    tell("start-up")
    result["targets"] = judge(result)
    page = write_page(result)
    if a.quick:
        print(page)
        return 0
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    PAGE.write_text(page)
    print(f"{RESULT.relative_to(ROOT)}, {PAGE.relative_to(ROOT)}")
    for target in result["targets"]:
        print(f"{'reached' if target['reached'] else 'MISSED ':7}  {target['what']}: {target['text']}")
    return 0


def _many_people(workload: str, people: int, rounds: int) -> dict[str, Any]:
    rtol = MANY_RTOL[workload]
    runs = [run_many_people(workload, people, rtol, 2, MANY_CHUNK) for _ in range(rounds)]
    check = run_many_people(workload, people, rtol, 2, MANY_CHUNK, check=True)
    return {
        "people": people,
        "rtol": rtol,
        "cores": 2,
        "chunk": MANY_CHUNK,
        "max_error": check["largest_error"],
        "seconds": spread([r["seconds"] for r in runs]),
        "whole_process_seconds": spread([r["whole_process_seconds"] for r in runs]),
        "peak_bytes": max(r["peak_bytes"] for r in runs),
    }
