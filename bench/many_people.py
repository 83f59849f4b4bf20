"""100,000 people through reducers, in a process of its own, so that its peak memory is its own.

Called by `bench/run.py`; prints one line of JSON. With --check it measures the error instead: every person against the
same kernel at a tolerance that leaves nothing to see.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from bench.model24 import PARAMETERS, TIMES_H, build_model24, doses24, largest_error
from bench.workload import EFFECT_PROTOCOLS, Workload, effects_of

from ataraxy.engine.chunks import run_in_chunks
from ataraxy.engine.doses import DoseTable, Floats
from ataraxy.engine.random import normals
from ataraxy.engine.reducers import QuantileReducer
from ataraxy.engine.solve import solve

SEED = 1
CHECK_RTOL = 1e-7
# Bands: the bins of a quantile are as wide as a 64th of an octave, from far below any output to far above.
LOWEST, HIGHEST = 1e-6, 1e4
PROBABILITIES = (0.05, 0.5, 0.95)
# the output whose quantiles are printed
SHOWN = {"model24": "S"} | dict.fromkeys(EFFECT_PROTOCOLS, "plastic_pool")


def people24(rows: range) -> tuple[Floats, DoseTable]:
    """Parameters and doses of these people; nobody depends on who else is asked for."""
    typical = np.array([value for value, _ in PARAMETERS.values()])
    spread = np.array([omega for _, omega in PARAMETERS.values()])
    draws = normals(SEED, "benchmark-24", 0, rows, len(typical) + 1)
    weight = 75.0 * np.exp(0.18 * draws[:, -1])
    return typical * np.exp(spread * draws[:, :-1]), doses24(0.25 * weight)


def people_of(key: str, rows: range) -> Workload:
    """Some of the people of a workload."""
    if key in EFFECT_PROTOCOLS:
        return effects_of(key, rows)
    return Workload("model24", "", build_model24(), *people24(rows), TIMES_H)


@dataclass(frozen=True)
class Values:
    """Solves the people of a chunk."""

    key: str
    rtol: float

    def __call__(self, rows: range) -> Floats:
        w = people_of(self.key, rows)
        return solve(w.model, w.parameters, w.doses, w.times_h, rtol=self.rtol).values


@dataclass(frozen=True)
class Error:
    """Largest error of a chunk."""

    key: str
    rtol: float

    def __call__(self, rows: range) -> float:
        return largest_error(Values(self.key, self.rtol)(rows), Values(self.key, CHECK_RTOL)(rows))


def peak_bytes() -> int:
    """The most memory that this process held at any time."""
    try:
        # Linux counts the parent's memory into ru_maxrss of a process that it started; this line it does not
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))
    except (OSError, StopIteration):
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024


def main(arguments: list[str]) -> None:
    """Prints seconds and bytes, or the largest error."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--workload", default="model24", choices=("model24", *EFFECT_PROTOCOLS))
    parser.add_argument("--people", type=int, required=True)
    parser.add_argument("--rtol", type=float, required=True)
    parser.add_argument("--cores", type=int, required=True)
    parser.add_argument("--chunk", type=int, required=True)
    parser.add_argument("--check", action="store_true")
    a = parser.parse_args(arguments)
    if a.check:
        errors = run_in_chunks(Error(a.workload, a.rtol), a.people, chunk=a.chunk, workers=a.cores)
        print(json.dumps({"largest_error": max(errors)}))
        return
    begin = time.perf_counter()
    few = people_of(a.workload, range(1))
    reducer = QuantileReducer.logarithmic((len(few.times_h), len(few.model.outputs)), LOWEST, HIGHEST)
    done = 0
    for values in run_in_chunks(Values(a.workload, a.rtol), a.people, chunk=a.chunk, workers=a.cores):
        reducer.update(done, values)
        done += len(values)
    bands = reducer.quantiles(PROBABILITIES)
    seconds = time.perf_counter() - begin
    shown = list(few.model.outputs).index(SHOWN[a.workload])
    print(
        json.dumps(
            {
                "seconds": seconds,
                "peak_bytes": peak_bytes(),
                "quantiles_at_end": bands[:, -1, shown].tolist(),
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1:])
