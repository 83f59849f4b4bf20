"""Pieces of people on a Ray cluster: the same call, the same bytes. Needs the extra `ray`."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from ataraxy.errors import InputError

Result = TypeVar("Result")


def run_on_cluster(
    task: Callable[[range], Result], pieces: Sequence[range], workers: int
) -> Iterator[Result]:
    """Yields `task(piece)` for every piece, in order, computed by Ray tasks.

    Connects to the cluster that the environment names (``RAY_ADDRESS``), or to one that this process has started
    already, or starts one on this machine. At most `workers` pieces are under way and one more waits, so that memory is
    bounded. An error of a piece is raised as it was raised there.

    Raises:
        InputError: Ray is not installed.
    """
    ray = _ray()
    if not ray.is_initialized():
        ray.init(include_dashboard=False, log_to_driver=False, configure_logging=False)
    remote = ray.remote(_one_piece)
    shared = ray.put(task)
    waiting: deque[Any] = deque()
    try:
        for piece in pieces:
            waiting.append(remote.remote(shared, piece))
            if len(waiting) > workers:
                yield _result(ray, waiting.popleft())
        while waiting:
            yield _result(ray, waiting.popleft())
    finally:
        # after an error or an interruption, what has not begun never does
        for reference in waiting:
            ray.cancel(reference, force=False)


def _one_piece(task: Callable[[range], Result], piece: range) -> Result:
    return task(piece)


def _result(ray: Any, reference: Any) -> Any:
    try:
        return ray.get(reference)
    except ray.exceptions.RayTaskError as error:
        # Ray wraps what a task raised; the user should see our error, which names the person
        raise error.cause from None


def _ray() -> Any:
    try:
        import ray
    except ImportError:
        raise InputError(
            "Ray is not installed",
            code="cluster.no-ray",
            remedy='Install it with pip install "ataraxy[ray]", or leave --ray out',
            where="--ray",
        ) from None
    return ray
