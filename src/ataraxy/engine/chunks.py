"""Many people in pieces: the same results for any size of the pieces and any number of workers.

A piece always begins at a whole block of people, as the kernel takes them, so that nobody's block depends on the
piece. Threads do the work, because the kernel releases the interpreter; on a cluster Ray does.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Literal, TypeVar

from ataraxy.engine.kernel.ir import LANES
from ataraxy.errors import InputError

Result = TypeVar("Result")
Backend = Literal["threads", "ray"]
Progress = Callable[[int, int], None]
DEFAULT_CHUNK = 4096


def run_in_chunks(
    task: Callable[[range], Result],
    n_people: int,
    *,
    chunk: int = DEFAULT_CHUNK,
    workers: int = 1,
    backend: Backend = "threads",
    progress: Progress | None = None,
) -> Iterator[Result]:
    """Yields `task(people)` for consecutive ranges of people, in their order.

    Args:
        task: called with a range of person numbers; for Ray it and its results must be picklable.
        n_people: how many there are.
        chunk: people in a piece, rounded up to whole blocks.
        workers: pieces at a time; at most one more is kept waiting, so memory is bounded.
        backend: "threads", or "ray" for a Ray cluster (the extra `ray`).
        progress: called with people done and people in all after each piece.

    Raises:
        InputError: a number is out of its range, or Ray is not installed.
    """
    if n_people < 0 or chunk < 1 or workers < 1:
        raise InputError(
            f"{n_people} people in pieces of {chunk} for {workers} workers",
            code="chunks.numbers",
            remedy="Use at least one person in a piece and one worker",
            where="chunks",
        )
    size = -(-chunk // LANES) * LANES
    pieces = [range(first, min(first + size, n_people)) for first in range(0, n_people, size)]
    if backend == "ray":
        from ataraxy.engine.cluster import run_on_cluster

        results = run_on_cluster(task, pieces, workers)
    elif workers == 1:
        results = map(task, pieces)
    else:
        results = _in_threads(task, pieces, workers)
    for piece, result in zip(pieces, results, strict=True):
        if progress is not None:
            progress(piece.stop, n_people)
        yield result


def _in_threads(task: Callable[[range], Result], pieces: list[range], workers: int) -> Iterator[Result]:
    waiting: deque[Future[Result]] = deque()
    left = iter(pieces)
    pool = ThreadPoolExecutor(workers)
    try:
        for piece in left:
            waiting.append(pool.submit(task, piece))
            if len(waiting) > workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        # after an error or an interruption, what has not begun never does
        pool.shutdown(wait=True, cancel_futures=True)
