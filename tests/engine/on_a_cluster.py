"""Computes the same things on threads and on a Ray cluster of this machine; prints what each gave, as JSON.

A program of its own: Ray's native parts live in the process that joins a cluster, and if they fall while the cluster is
taken down they must not take a process of other tests with them.
"""

from __future__ import annotations

import json
import sys

import numpy as np
import ray

from ataraxy.engine.chunks import run_in_chunks
from ataraxy.errors import SolverError
from ataraxy.exchange.protocol_file import load_protocol
from ataraxy.pharmacology.simulate import simulate

BACKENDS = ("threads", "ray")


def squares(people: range) -> np.ndarray:
    return np.array([p**2 for p in people])


def fails_at_twenty(people: range) -> int:
    if 20 in people:
        raise SolverError("no step is small enough", code="test.step", person=20)
    return len(people)


def pieces(backend: str) -> list[str]:
    return [a.tobytes().hex() for a in run_in_chunks(squares, 50, chunk=8, workers=2, backend=backend)]


def simulation(backend: str) -> dict[str, object]:
    found = simulate(
        load_protocol("otto-2021"),
        people=24,
        seed=2,
        uncertainty_draws=2,
        chunk=8,
        workers=2,
        backend=backend,
    )
    return {
        "per_person": {name: column.tobytes().hex() for name, column in found.per_person.items()},
        "sessions": found.to_json()["sessions"],
    }


def error(backend: str) -> str:
    try:
        list(run_in_chunks(fails_at_twenty, 50, chunk=8, backend=backend))
    except SolverError as raised:
        return str(raised)
    return ""


if __name__ == "__main__":
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, configure_logging=False)
    found = {work.__name__: {b: work(b) for b in BACKENDS} for work in (pieces, simulation, error)}
    json.dump(found, sys.stdout)
    sys.stdout.flush()
    ray.shutdown()
