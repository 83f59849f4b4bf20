import json
import platform
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime, timedelta, timezone

import pytest

from ataraxy.errors import InputError
from ataraxy.provenance import Provenance, content_hash, record_provenance

NOON = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)


def made_at(time: datetime) -> Provenance:
    return record_provenance(
        time=time,
        command="ataraxy simulate once.yaml",
        model_name="otto-2021",
        model_hash="ab" * 32,
        data_hash="cd" * 32,
        seed=7,
        solver="reference",
        rtol=1e-6,
    )


def test_the_same_inputs_give_the_same_bytes() -> None:
    first, second = (json.dumps(made_at(NOON).to_json()) for _ in range(2))
    assert first == second


def test_every_value_passed_in_is_in_the_json_text() -> None:
    shown = json.loads(json.dumps(made_at(NOON).to_json()))
    assert shown["schema"] == "ataraxy.provenance/1"
    assert shown["model"] == {"name": "otto-2021", "sha256": "ab" * 32}
    assert shown["data_sha256"] == "cd" * 32
    assert (shown["seed"], shown["solver"], shown["rtol"]) == (7, "reference", 1e-6)
    assert shown["command"] == "ataraxy simulate once.yaml"
    assert shown["time_utc"] == "2026-03-01T12:00:00Z"


def test_versions_are_those_of_the_packages_that_compute() -> None:
    import numpy
    import scipy

    packages = made_at(NOON).to_json()["packages"]
    assert (packages["numpy"], packages["scipy"]) == (numpy.__version__, scipy.__version__)
    assert list(packages) == ["llvmlite", "numpy", "scipy"]


def test_the_host_is_not_named(monkeypatch: pytest.MonkeyPatch) -> None:
    host = "ward-seven-desktop"
    real = platform.uname()
    monkeypatch.setattr(platform, "node", lambda: host)
    monkeypatch.setattr(platform, "uname", lambda: real._replace(node=host))
    shown = json.dumps(made_at(NOON).to_json())
    assert host not in shown
    assert real.machine in shown


def test_a_time_outside_utc_is_refused() -> None:
    for time in (NOON.replace(tzinfo=None), NOON.astimezone(timezone(timedelta(hours=2)))):
        with pytest.raises(InputError) as caught:
            made_at(time)
        assert caught.value.code == "provenance.time-not-utc"


def test_provenance_cannot_be_changed() -> None:
    provenance = made_at(NOON)
    with pytest.raises(FrozenInstanceError):
        provenance.seed = 8  # type: ignore[misc]


def test_the_hash_of_contents_does_not_depend_on_their_order() -> None:
    forward = content_hash({"a": b"1", "b": b"2"})
    assert content_hash({"b": b"2", "a": b"1"}) == forward


@pytest.mark.parametrize(
    "other",
    [{"a": b"12", "b": b""}, {"a": b"1"}, {"a": b"1", "c": b"2"}, {"a": b"2", "b": b"1"}, {}],
)
def test_the_hash_of_contents_changes_with_any_name_or_byte(other: dict[str, bytes]) -> None:
    assert content_hash(other) != content_hash({"a": b"1", "b": b"2"})
