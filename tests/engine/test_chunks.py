"""Pieces of people: in order, at whole blocks, bounded, and stopped by the first error."""

from __future__ import annotations

import functools
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engine.models import RESPONSE_RANGES, doses_of, response_model, typical_people

from ataraxy.engine.chunks import run_in_chunks
from ataraxy.engine.doses import DoseTable, Floats
from ataraxy.engine.kernel.ir import LANES
from ataraxy.engine.reducers import CountReducer, ExtremesReducer, MomentsReducer, QuantileReducer
from ataraxy.engine.solve import solve
from ataraxy.errors import InputError


@settings(max_examples=40, deadline=None)
@given(n=st.integers(0, 300), chunk=st.integers(1, 100), workers=st.integers(1, 5))
def test_pieces_cover_everybody_once_in_order_from_whole_blocks(n: int, chunk: int, workers: int) -> None:
    pieces = list(run_in_chunks(lambda people: people, n, chunk=chunk, workers=workers))
    assert [p for piece in pieces for p in piece] == list(range(n))
    assert all(piece.start % LANES == 0 for piece in pieces)
    assert all(len(piece) <= -(-chunk // LANES) * LANES for piece in pieces)


def test_no_more_pieces_are_under_way_than_workers_and_one() -> None:
    begun: list[range] = []
    lock = threading.Lock()

    def task(people: range) -> range:
        with lock:
            begun.append(people)
        return people

    results = run_in_chunks(task, 400, chunk=8, workers=2)
    next(results)
    assert len(begun) <= 4
    results.close()  # type: ignore[attr-defined]
    assert len(begun) <= 4


@pytest.mark.parametrize("workers", [1, 3])
def test_the_first_error_stops_the_rest(workers: int) -> None:
    begun: list[int] = []

    def task(people: range) -> None:
        begun.append(people.start)
        raise InputError("this piece is bad", code="test.bad")

    with pytest.raises(InputError, match="this piece is bad"):
        list(run_in_chunks(task, 800, chunk=8, workers=workers))
    assert len(begun) <= workers + 1


def test_progress_ends_with_everybody() -> None:
    told: list[tuple[int, int]] = []
    list(run_in_chunks(len, 50, chunk=16, workers=2, progress=lambda done, n: told.append((done, n))))
    assert told == [(16, 50), (32, 50), (48, 50), (50, 50)]


@pytest.mark.parametrize("change", [{"chunk": 0}, {"workers": 0}, {"n_people": -1}])
def test_impossible_numbers_are_refused(change: dict[str, int]) -> None:
    arguments = {"n_people": 8, "chunk": 8, "workers": 1, **change}
    with pytest.raises(InputError, match=r"chunks\.numbers"):
        list(run_in_chunks(len, **arguments))


TIMES_H = np.array([0.0, 0.5, 1.0, 2.0, 6.0, 12.0])
PEOPLE = 61


@functools.cache
def cohort() -> tuple[Floats, DoseTable]:
    parameters = typical_people(RESPONSE_RANGES, PEOPLE, 11)
    everybody = np.arange(PEOPLE)
    return parameters, DoseTable.concatenate(
        [
            DoseTable.of(everybody, everybody / 60.0, "central", 20.0, 2.0 / 3.0),
            DoseTable.of(everybody, 3.0, "depot", 5.0 + everybody),
        ]
    )


def solve_piece(people: range) -> Floats:
    parameters, doses = cohort()
    return solve(
        response_model(), parameters[people.start : people.stop], doses_of(doses, people), TIMES_H
    ).values


@functools.cache
def bytes_of_everybody(chunk: int, workers: int) -> tuple[bytes, ...]:
    """Trajectories, and all that four reducers say of them."""
    shape = (len(TIMES_H), 4)
    quantiles = QuantileReducer.logarithmic(shape, 1e-6, 1e6)
    moments, extremes = MomentsReducer(shape), ExtremesReducer(shape)
    count = CountReducer(shape, 1.0)
    pieces, first = [], 0
    for values in run_in_chunks(solve_piece, PEOPLE, chunk=chunk, workers=workers):
        for reducer in (quantiles, moments, extremes, count):
            reducer.update(first, values)
        pieces.append(values)
        first += len(values)
    found = (
        np.concatenate(pieces), quantiles.histogram, quantiles.quantiles([0.05, 0.5, 0.95]), moments.mean(),
        moments.variance(), extremes.minimum, extremes.maximum, extremes.maximum_person, count.exceeding,
    )  # fmt: skip
    return tuple(np.ascontiguousarray(a).tobytes() for a in found)


@pytest.mark.parametrize("workers", [1, 2, 7])
@pytest.mark.parametrize("chunk", [1, 8, 11, 24, 64, 4096])
def test_no_bit_depends_on_the_size_of_pieces_or_the_number_of_workers(chunk: int, workers: int) -> None:
    assert bytes_of_everybody(chunk, workers) == bytes_of_everybody(PEOPLE, 1)


@pytest.mark.parametrize("workers", [1, 2, 7])
def test_the_error_of_the_first_person_surfaces_whoever_fails_sooner(workers: int) -> None:
    later_has_failed = threading.Event()

    def task(people: range) -> range:
        if people.start == 8 and workers > 1:
            assert later_has_failed.wait(30.0)
        if people.start >= 8:
            later_has_failed.set()
            raise InputError("too heavy", code="test.bad", where=f"person {people.start}")
        return people

    results = run_in_chunks(task, 80, chunk=8, workers=workers)
    assert next(results) == range(8)
    with pytest.raises(InputError) as caught:
        next(results)
    assert caught.value.where == "person 8"


@pytest.mark.parametrize("workers", [1, 3])
def test_an_interruption_begins_nothing_more_and_leaves_no_thread(workers: int) -> None:
    begun: list[int] = []
    before = set(threading.enumerate())

    def task(people: range) -> range:
        begun.append(people.start)
        return people

    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(run_in_chunks(task, 8000, chunk=8, workers=workers, progress=interrupt))
    assert len(begun) <= workers + 1
    assert set(threading.enumerate()) <= before
