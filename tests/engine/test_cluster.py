"""A Ray cluster gives the bytes that threads give."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np
import pytest

from ataraxy.engine.chunks import run_in_chunks
from ataraxy.errors import InputError, SolverError


def squares(people: range) -> np.ndarray:
    return np.array([p**2 for p in people])


def fails_at_twenty(people: range) -> int:
    if 20 in people:
        raise SolverError("no step is small enough", code="test.step", person=20)
    return len(people)


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    ray = pytest.importorskip("ray", reason="the extra `ray` is not installed")
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, configure_logging=False)
    yield
    ray.shutdown()


@pytest.mark.usefixtures("cluster")
def test_a_cluster_gives_what_threads_give() -> None:
    threads = list(run_in_chunks(squares, 50, chunk=8, workers=2))
    cluster = list(run_in_chunks(squares, 50, chunk=8, workers=2, backend="ray"))
    assert [a.tobytes() for a in threads] == [b.tobytes() for b in cluster]


@pytest.mark.usefixtures("cluster")
def test_a_simulation_on_a_cluster_has_the_same_bytes() -> None:
    from ataraxy.exchange.protocol_file import load_protocol
    from ataraxy.pharmacology.simulate import simulate

    protocol = load_protocol("otto-2021")
    here, there = (
        simulate(protocol, people=24, seed=2, uncertainty_draws=2, chunk=8, workers=2, backend=backend)
        for backend in ("threads", "ray")
    )
    for name, column in here.per_person.items():
        assert column.tobytes() == there.per_person[name].tobytes()
    assert here.to_json()["sessions"] == there.to_json()["sessions"]


@pytest.mark.usefixtures("cluster")
def test_an_error_on_a_cluster_is_the_error_that_was_raised_there() -> None:
    with pytest.raises(SolverError, match="person 20"):
        list(run_in_chunks(fails_at_twenty, 50, chunk=8, backend="ray"))


def test_without_ray_the_remedy_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(InputError, match=r"cluster\.no-ray.*|pip install"):
        list(run_in_chunks(squares, 50, chunk=8, backend="ray"))
