"""Machine code on disk: it may be lost or damaged at any time, and never belongs to another model."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ataraxy.engine.doses import DoseTable
from ataraxy.engine.kernel import native
from ataraxy.engine.model import Model, ModelBuilder
from ataraxy.engine.solve import solve

TIMES = np.array([0.0, 1.0, 2.0])


def decay(factor: float = 1.0) -> Model:
    b = ModelBuilder("test-cache")
    (k,) = b.parameters("K")
    x = b.state("x", initial=1.0)
    b.flow(x, None, factor * k * x)
    b.output("x", x)
    return b.build()


def values(model: Model) -> list[float]:
    return solve(model, [[0.5]], DoseTable.empty(), TIMES).values[0, :, 0].tolist()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache for a process that has loaded nothing yet."""
    monkeypatch.setenv("ATARAXY_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(native, "_loaded", {})
    return tmp_path / "cache"


def forget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "_loaded", {})


@pytest.fixture
def compilations(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Grows by one with each compilation."""
    done: list[str] = []
    real = native._compile

    def counted(ir: str) -> bytes:
        done.append(ir)
        return real(ir)

    monkeypatch.setattr(native, "_compile", counted)
    return done


def test_a_model_is_compiled_once_and_found_by_the_next_process(
    folder: Path, compilations: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = values(decay())
    assert values(decay()) == first
    forget(monkeypatch)
    assert values(decay()) == first
    assert len(compilations) == 1
    assert len(list(folder.iterdir())) == 1


def test_a_changed_model_never_gets_an_old_kernel(folder: Path, compilations: list[str]) -> None:
    once, twice = values(decay()), values(decay(2.0))
    assert once[1] == pytest.approx(np.exp(-0.5))
    assert twice[1] == pytest.approx(np.exp(-1.0))
    assert len(compilations) == 2


def test_other_targets_of_doses_are_another_kernel(folder: Path, compilations: list[str]) -> None:
    values(decay())
    with_dose = solve(decay(), [[0.5]], DoseTable.of(0, 1.0, "x", 3.0), TIMES).values[0, 1, 0]
    assert with_dose == pytest.approx(3.0 + np.exp(-0.5))
    assert len(compilations) == 2


@pytest.mark.parametrize("how", ["empty", "short", "a bit", "the end", "other"])
def test_a_damaged_entry_is_compiled_anew(
    how: str, folder: Path, compilations: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = values(decay())
    (entry,) = folder.iterdir()
    data = entry.read_bytes()
    damaged = {
        "empty": b"",
        "short": data[:35],
        "a bit": data[:500] + bytes([data[500] ^ 1]) + data[501:],
        "the end": data[:-7],
        "other": b"\0" * len(data),
    }[how]
    entry.write_bytes(damaged)
    forget(monkeypatch)
    assert values(decay()) == expected
    assert len(compilations) == 2
    assert entry.read_bytes() == data


def test_a_folder_that_cannot_be_written_costs_time_alone(
    tmp_path: Path, compilations: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # a file where the folder should be: nobody can write there, not even root
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("ATARAXY_CACHE", str(tmp_path / "file" / "cache"))
    forget(monkeypatch)
    assert values(decay())[1] == pytest.approx(np.exp(-0.5))
    forget(monkeypatch)
    assert values(decay())[1] == pytest.approx(np.exp(-0.5))
    assert len(compilations) == 2


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write into any folder")
def test_a_read_only_folder_costs_time_alone(folder: Path, compilations: list[str]) -> None:
    folder.mkdir()
    folder.chmod(0o500)
    assert values(decay())[1] == pytest.approx(np.exp(-0.5))
    assert list(folder.iterdir()) == []


def test_a_disk_that_fills_up_leaves_no_part_of_a_file(
    folder: Path, compilations: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(native.os, "replace", full)
        assert values(decay())[1] == pytest.approx(np.exp(-0.5))
    assert list(folder.iterdir()) == []


def test_an_interruption_while_saving_leaves_no_part_of_a_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(native.os, "replace", interrupted)
        with pytest.raises(KeyboardInterrupt):
            values(decay())
    assert list(folder.iterdir()) == []
    assert values(decay())[1] == pytest.approx(np.exp(-0.5))


SCRIPT = """
import numpy as np
from ataraxy.engine.doses import DoseTable
from ataraxy.engine.model import ModelBuilder
from ataraxy.engine.solve import solve
b = ModelBuilder("race")
(k,) = b.parameters("K")
x = b.state("x", initial=1.0)
b.rate(x, -k * x * x)
b.output("x", x)
print(solve(b.build(), [[0.5]], DoseTable.empty(), [0.0, 1.0]).values.tolist())
"""


def test_two_processes_at_once_get_the_same_result(folder: Path) -> None:
    racers = [
        subprocess.Popen([sys.executable, "-c", SCRIPT], stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    printed = [racer.communicate(timeout=120)[0] for racer in racers]
    assert all(racer.returncode == 0 for racer in racers)
    assert len(set(printed)) == 1
    assert len(list(folder.iterdir())) == 1


def test_the_folder_is_where_the_environment_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ATARAXY_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert native.cache_folder() == tmp_path / "ataraxy"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert native.cache_folder() == tmp_path / ".cache" / "ataraxy"
