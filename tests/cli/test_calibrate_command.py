"""`ataraxy calibrate` as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.calibration.made_up import MORE, write_trials

from ataraxy.cli.main import main
from ataraxy.trials.uncertainty import read_ensemble


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr("sys.argv", ["ataraxy", "calibrate", *map(str, arguments)])
    try:
        main()
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0


def test_a_folder_with_the_ensemble_and_its_document_is_written(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = write_trials(tmp_path, ("one", "calibrate", MORE), ("two", "calibrate", ""))
    few = ("--draws", 100, "--rounds", 1, "--moves", 1, "--trials", file, "--without", "price_2022")
    assert run(monkeypatch, *few, "--without", "two", "--out", tmp_path / "result", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document == json.loads((tmp_path / "result" / "calibration.json").read_text())
    assert {t["study"] for t in document["targets"]} == {"one", "hartland_2023"}
    assert document["without"] == ["price_2022", "two"]
    made = document["provenance"]["command"]
    assert "--without price_2022 --without two --trials trials.yaml" in made
    assert str(tmp_path) not in made
    assert len(read_ensemble((tmp_path / "result" / "ensemble.csv").read_text(), "ensemble.csv")) == 400


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--without", "nobody_1999"), "calibration.unknown-study"),
        (("--draws", 3), "calibration.numbers"),
        (("--rounds", 0), "calibration.numbers"),
        (("--moves", -1), "calibration.numbers"),
        (("--trials", "no_such_file.yaml"), "evidence."),
    ],
)
def test_bad_input_is_one_line_and_status_2(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    arguments: tuple[object, ...],
    code: str,
) -> None:
    assert run(monkeypatch, *arguments, "--out", tmp_path / "result") == 2
    error = capsys.readouterr().err.lstrip()
    assert error.startswith("ataraxy: ")
    assert error.count("\n") == 1
    assert code in error
    assert not (tmp_path / "result").exists()
