"""How long it takes until something runs: import, compilation, machine code from the cache. Fresh processes only."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.measure import spread

ROOT = Path(__file__).resolve().parents[1]

IMPORT = """
import time
begin = time.perf_counter()
import ataraxy
print(time.perf_counter() - begin)
"""
# from the model's description to a kernel that can be called, imports of the compiler included
KERNEL = """
import sys, time
sys.path.insert(0, {root!r})
from bench.model24 import build_model24
begin = time.perf_counter()
model = build_model24()
from ataraxy.engine.kernel.native import kernel_for
kernel_for(model, ("CR", "CS"), exact={exact})
print(time.perf_counter() - begin)
"""


def measure_startup(times: int) -> dict[str, Any]:
    """Seconds, each the spread of several fresh processes."""
    result: dict[str, Any] = {"import": _spreads([_run(IMPORT, None) for _ in range(times)])}
    for name, exact in (("full", False), ("exact", True)):
        script = KERNEL.format(root=str(ROOT), exact=exact)
        cold, cached = [], []
        for _ in range(times):
            with tempfile.TemporaryDirectory() as folder:
                cold.append(_run(script, folder))
                cached.append(_run(script, folder))
        result[f"cold, {name}"] = _spreads(cold)
        result[f"cached, {name}"] = _spreads(cached)
    return result


def _spreads(pairs: list[tuple[float, float]]) -> dict[str, Any]:
    return {"seconds": spread([a for a, _ in pairs]), "whole_process_seconds": spread([b for _, b in pairs])}


def _run(script: str, cache: str | None) -> tuple[float, float]:
    """What the script printed, and the seconds that its process took."""
    environment = os.environ | ({"ATARAXY_CACHE": cache} if cache else {})
    begin = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    return float(done.stdout), time.perf_counter() - begin


def run_many_people(
    workload: str, people: int, rtol: float, cores: int, chunk: int, *, check: bool = False
) -> dict[str, Any]:
    """One run of `bench/many_people.py` in a process of its own."""
    command = [sys.executable, str(ROOT / "bench" / "many_people.py"), f"--workload={workload}"]
    command += [f"--people={people}", f"--rtol={rtol}", f"--cores={cores}", f"--chunk={chunk}"]
    begin = time.perf_counter()
    done = subprocess.run(command + ["--check"] * check, capture_output=True, text=True, check=True, cwd=ROOT)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer | {"whole_process_seconds": time.perf_counter() - begin}
