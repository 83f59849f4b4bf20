"""Pieces of people on a Ray cluster: the same call, the same bytes. Needs the extra `ray`."""

from __future__ import annotations

import os
import platform
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from importlib.metadata import version
from typing import Any, TypeVar

from ataraxy.errors import AtaraxyError, InputError
from ataraxy.provenance import NUMERICAL_PACKAGES

Result = TypeVar("Result")
Versions = Mapping[str, str]


def run_on_cluster(
    task: Callable[[range], Result], pieces: Sequence[range], workers: int
) -> Iterator[Result]:
    """Yields `task(piece)` for every piece, in order, computed by Ray tasks.

    Connects to the cluster that the environment names (``RAY_ADDRESS``), or to one that this process has started
    already, or starts one on this machine. At most `workers` pieces are under way and one more waits, so that memory is
    bounded. An error of a piece is raised as it was raised there. A piece whose machine was lost is computed again
    elsewhere, by Ray.

    Raises:
        InputError: Ray is not installed, no cluster answers where one is named, or a machine of the cluster has other
            versions than this one.
        AtaraxyError: Ray lost a piece for good.
    """
    ray = _ray()
    if not ray.is_initialized():
        _join(ray)
    remote = ray.remote(_one_piece)
    shared = ray.put(task)
    waiting: deque[tuple[range, Any]] = deque()

    def first() -> Result:
        piece, reference = waiting[0]
        result: Result = _result(ray, piece, reference)
        waiting.popleft()
        return result

    try:
        for piece in pieces:
            waiting.append((piece, remote.remote(shared, piece, versions())))
            if len(waiting) > workers:
                yield first()
        while waiting:
            yield first()
    finally:
        # after an error or an interruption, what has not begun never does
        for _, reference in waiting:
            ray.cancel(reference, force=False)


@cache
def versions() -> Versions:
    """What a machine must share with this one for a result to have the same bytes."""
    packages = {name: version(name) for name in ("ataraxy", *NUMERICAL_PACKAGES)}
    return {"Python": platform.python_version(), **packages}


def _one_piece(task: Callable[[range], Result], piece: range, due: Versions) -> Result:
    here = versions()
    other = [f"{name} {here.get(name)} and not {due[name]}" for name in due if here.get(name) != due[name]]
    if other:
        raise InputError(
            f"a machine of the cluster has {', '.join(other)}",
            code="cluster.versions",
            remedy="Install the same lock on every machine",
            where="Ray",
        )
    return task(piece)


def _join(ray: Any) -> None:
    # no word about a run leaves the machines that compute it
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        ray.init(include_dashboard=False, log_to_driver=False, configure_logging=False)
    except (ConnectionError, OSError, RuntimeError, ValueError) as error:
        address = os.environ.get("RAY_ADDRESS", "")
        raise InputError(
            f"no Ray cluster could be joined{f' at {address}' if address else ''}: {error}",
            code="cluster.not-joined",
            remedy="Start one with `ray start --head`, correct RAY_ADDRESS, or leave Ray out",
            where="Ray",
        ) from None


def _result(ray: Any, piece: range, reference: Any) -> Any:
    try:
        return ray.get(reference)
    except ray.exceptions.RayTaskError as error:
        # Ray wraps what a task raised; the user should see our error, which names the person
        raise error.cause from None
    except ray.exceptions.RayError as error:
        raise AtaraxyError(
            f"Ray lost the people {piece.start} to {piece.stop - 1}: {type(error).__name__}",
            code="cluster.lost",
            remedy="Look at the memory of the cluster's machines, ask for smaller pieces, and run again",
            where="Ray",
        ) from error


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
