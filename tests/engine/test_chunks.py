"""Pieces of people: in order, at whole blocks, bounded, and stopped by the first error."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ataraxy.engine.chunks import run_in_chunks
from ataraxy.engine.kernel.ir import LANES
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
