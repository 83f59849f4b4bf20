"""A Ray cluster gives the bytes that threads give."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ataraxy.engine.chunks import run_in_chunks
from ataraxy.errors import InputError

PROGRAM = Path(__file__).with_name("on_a_cluster.py")


@pytest.fixture(scope="module")
def found() -> dict[str, dict[str, Any]]:
    """What threads and a cluster gave: ``{"pieces": {"threads": ..., "ray": ...}, ...}``."""
    pytest.importorskip("ray", reason="the extra `ray` is not installed")
    ran = subprocess.run(
        [sys.executable, str(PROGRAM)], capture_output=True, text=True, timeout=300, check=False
    )
    # how the program ended is Ray's affair once everything was computed and written
    assert ran.stdout.endswith("}"), ran.stderr[-4000:]
    return dict(json.loads(ran.stdout))


def test_a_cluster_gives_what_threads_give(found: dict[str, dict[str, Any]]) -> None:
    assert len(found["pieces"]["threads"]) == 7
    assert found["pieces"]["threads"] == found["pieces"]["ray"]


def test_a_simulation_on_a_cluster_has_the_same_bytes(found: dict[str, dict[str, Any]]) -> None:
    assert found["simulation"]["threads"]["per_person"]
    assert found["simulation"]["threads"] == found["simulation"]["ray"]


def test_an_error_on_a_cluster_is_the_error_that_was_raised_there(found: dict[str, dict[str, Any]]) -> None:
    assert "person 20" in found["error"]["ray"]
    assert found["error"]["threads"] == found["error"]["ray"]


def test_without_ray_the_remedy_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(InputError, match="pip install"):
        list(run_in_chunks(len, 50, chunk=8, backend="ray"))
