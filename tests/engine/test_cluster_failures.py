"""What a cluster can do wrong, played by a stand-in for Ray: no test waits for a machine to die."""

from __future__ import annotations

import os
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from ataraxy.engine import cluster
from ataraxy.engine.chunks import run_in_chunks
from ataraxy.engine.cluster import versions
from ataraxy.errors import AtaraxyError, InputError


class RayError(Exception):
    pass


class RayTaskError(RayError):
    def __init__(self, cause: Exception) -> None:
        super().__init__("a long remote traceback")
        self.cause = cause


class StandIn:
    """Runs a piece when its result is asked for, and remembers what was asked."""

    exceptions = SimpleNamespace(RayError=RayError, RayTaskError=RayTaskError)

    def __init__(self) -> None:
        self.joined_with: dict[str, Any] = {}
        self.usage_statistics: str | None = None
        self.most_under_way = 0
        self.under_way: list[Any] = []
        self.cancelled: list[range] = []
        self.init_fails: Exception | None = None
        self.get_fails: Exception | None = None

    def is_initialized(self) -> bool:
        return False

    def init(self, **options: Any) -> None:
        self.joined_with = options
        self.usage_statistics = os.environ.get("RAY_USAGE_STATS_ENABLED")
        if self.init_fails is not None:
            raise self.init_fails

    def put(self, value: Any) -> Any:
        return value

    def remote(self, function: Any) -> Any:
        def submit(*arguments: Any) -> tuple[Any, tuple[Any, ...]]:
            reference = (function, arguments)
            self.under_way.append(reference)
            self.most_under_way = max(self.most_under_way, len(self.under_way))
            return reference

        return SimpleNamespace(remote=submit)

    def get(self, reference: tuple[Any, tuple[Any, ...]]) -> Any:
        if self.get_fails is not None:
            raise self.get_fails
        self.under_way.remove(reference)
        function, arguments = reference
        try:
            return function(*arguments)
        except Exception as error:
            raise RayTaskError(error) from error

    def cancel(self, reference: tuple[Any, tuple[Any, ...]], *, force: bool) -> None:
        self.cancelled.append(reference[1][1])


@pytest.fixture
def ray(monkeypatch: pytest.MonkeyPatch) -> StandIn:
    stand_in = StandIn()
    monkeypatch.setitem(sys.modules, "ray", stand_in)
    for name in ("RAY_USAGE_STATS_ENABLED", "RAY_ADDRESS"):
        # set first, so that what the code sets is taken back as well
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    return stand_in


def test_no_more_pieces_are_under_way_than_workers_and_one(ray: StandIn) -> None:
    assert list(run_in_chunks(len, 100, chunk=8, workers=3, backend="ray")) == [8] * 12 + [4]
    assert ray.most_under_way == 4


def test_nothing_about_a_run_is_sent_to_anybody(ray: StandIn) -> None:
    list(run_in_chunks(len, 8, backend="ray"))
    assert ray.usage_statistics == "0"
    assert ray.joined_with["include_dashboard"] is False


def test_an_interruption_cancels_every_piece_that_has_not_been_handed_out(ray: StandIn) -> None:
    ray.get_fails = KeyboardInterrupt()  # type: ignore[assignment]
    with pytest.raises(KeyboardInterrupt):
        list(run_in_chunks(len, 800, chunk=8, workers=2, backend="ray"))
    assert ray.cancelled == [range(8), range(8, 16), range(16, 24)]


def test_the_error_of_a_piece_is_raised_as_it_was(ray: StandIn) -> None:
    def task(people: range) -> int:
        raise InputError("too heavy", code="test.bad", where=f"person {people.start}")

    with pytest.raises(InputError, match=r"^person 0: too heavy \[test\.bad\]$"):
        list(run_in_chunks(task, 80, chunk=8, backend="ray"))


def test_a_lost_piece_names_its_people(ray: StandIn) -> None:
    ray.get_fails = RayError("a node died")
    with pytest.raises(AtaraxyError, match="people 0 to 7") as caught:
        list(run_in_chunks(len, 80, chunk=8, backend="ray"))
    assert caught.value.code == "cluster.lost"
    assert caught.value.exit_status == 1


def test_a_cluster_that_does_not_answer_is_named(ray: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "cluster.example:6379")
    ray.init_fails = ConnectionError("could not connect")
    with pytest.raises(InputError, match=r"cluster\.example:6379") as caught:
        list(run_in_chunks(len, 80, backend="ray"))
    assert caught.value.code == "cluster.not-joined"


def test_a_machine_with_another_version_is_refused(ray: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    here = versions()
    answers = iter([here, {**here, "numpy": "1.0"}])
    monkeypatch.setattr(cluster, "versions", lambda: next(answers))
    with pytest.raises(InputError, match=rf"numpy 1\.0 and not {here['numpy']}") as caught:
        list(run_in_chunks(len, 8, backend="ray"))
    assert caught.value.code == "cluster.versions"
