"""`ataraxy clinic simulate` and `report`: a clinic of simulated people on one command line, and what it came to."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ataraxy.cli import main

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    for name in ("ATARAXY_DATABASE", "ATARAXY_MASTER_KEY", "ATARAXY_PASSPHRASE"):
        monkeypatch.delenv(name, raising=False)

    def call(*arguments: str | Path) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["ataraxy", *map(str, arguments)])
        status: int | str | None = 0
        try:
            main()
        except SystemExit as end:
            status = end.code
        captured = capsys.readouterr()
        return int(status or 0), captured.out, captured.err

    return call


def test_what_was_simulated_is_reported_as_simulated(tmp_path: Path, run: Run) -> None:
    file = tmp_path / "virtual.sqlite3"
    numbers = ("--patients", "2", "--weeks", "3", "--seed", "4")
    status, out, _ = run("clinic", "simulate", *numbers, "--db", file, "--json")
    made = json.loads(out)
    assert (status, made["schema"], made["simulated"]) == (0, "ataraxy.clinic-simulation/1", True)
    assert made["entries"] > 50
    assert run("record", "verify", file)[0] == 0
    status, out, _ = run("clinic", "report", file, "--json")
    report = json.loads(out)
    assert (status, report["schema"]) == (0, "ataraxy.clinic-report/1")
    assert report["people"] == report["simulated_courses"] == sum(report["courses"].values()) == 2
    assert sum(report["gate"]["answers"].values()) >= 1
    assert report["treated_courses"] >= sum(report["dropouts"]["by_reason"].values())
    status, out, _ = run("clinic", "report", file)
    assert status == 0
    assert out.startswith("All people are simulated.")
    assert "they show no effect of the drug" in out


@pytest.mark.parametrize(
    ("numbers", "why"),
    [
        (("--patients", "0"), "0 patients"),
        (("--weeks", "0"), "0 weeks"),
        (("--seed", "-1"), "seed -1 is out of range"),
    ],
)
def test_numbers_that_make_no_clinic_leave_nothing_behind(
    tmp_path: Path, run: Run, numbers: tuple[str, str], why: str
) -> None:
    status, out, error = run("clinic", "simulate", *numbers, "--db", tmp_path / "virtual.sqlite3")
    assert (status, out) == (2, "")
    assert why in error
    assert error.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_no_key_stays_where_no_record_could_be_made(tmp_path: Path, run: Run) -> None:
    other = tmp_path / "notes.txt"
    other.write_text("not a database")
    status, _, error = run("clinic", "simulate", "--patients", "1", "--weeks", "1", "--db", other)
    assert status == 2
    assert error.count("\n") == 1
    assert list(tmp_path.iterdir()) == [other]
