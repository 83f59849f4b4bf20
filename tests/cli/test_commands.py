"""The command line as a user meets it: results, one-line errors, exit statuses, nothing half-written."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from ataraxy.cli import main


@dataclass(frozen=True)
class Outcome:
    status: int
    out: str
    err: str


Run = Callable[..., Outcome]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: str | Path) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["ataraxy", *map(str, arguments)])
        status: int | str | None = 0
        try:
            main()
        except SystemExit as end:
            status = end.code
        captured = capsys.readouterr()
        return Outcome(int(status or 0), captured.out, captured.err)

    return call


def _one_line(outcome: Outcome) -> str:
    assert outcome.status == 2, outcome
    lines = outcome.err.strip().splitlines()
    assert len(lines) == 1, outcome.err
    assert "Traceback" not in outcome.err
    return lines[0]


def test_simulate_writes_everything_and_says_where(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "result"
    outcome = run(
        "simulate",
        "ketamine-iv-05-once",
        "--people",
        16,
        "--uncertainty-draws",
        2,
        "--out",
        out,
        "--table",
        "csv",
    )
    assert outcome.status == 0, outcome.err
    assert str(out / "report.html") in outcome.out.replace("\n", "")
    tables = {"exposure.csv", "bands.csv", "effects.csv"}
    assert {p.name for p in out.iterdir()} == {"report.html", "simulation.json", *tables}
    content = json.loads((out / "simulation.json").read_text())
    assert content["people"] == 16
    rows = (out / "exposure.csv").read_text().splitlines()
    assert len(rows) == 1 + 16 * len(content["sessions"][0]["analytes"])


def test_a_second_run_replaces_the_first(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "result"
    for people in (8, 16):
        assert (
            run("simulate", "otto-2021", "--people", people, "--uncertainty-draws", 0, "--out", out).status
            == 0
        )
    assert json.loads((out / "simulation.json").read_text())["people"] == 16
    assert [p.name for p in tmp_path.iterdir()] == ["result"]


def test_json_is_json_and_nothing_else(run: Run) -> None:
    simulation = run("simulate", "otto-2021", "--people", 8, "--uncertainty-draws", 2, "--json")
    assert json.loads(simulation.out)["schema"] == "ataraxy.simulation/1"
    assert json.loads(run("models", "--json").out)["schema"] == "ataraxy.models/1"
    assert json.loads(run("protocols", "--json").out)["schema"] == "ataraxy.protocols/1"
    validation = json.loads(run("validate", "--json").out)
    assert validation["schema"] == "ataraxy.validation/1"
    assert validation["headline"]["n"] > 0


def test_the_same_seed_gives_the_same_table(run: Run, tmp_path: Path) -> None:
    for name, workers in (("a", 1), ("b", 2)):
        run(
            "simulate", "otto-2021", "--people", 24, "--seed", 5, "--uncertainty-draws", 0,
            "--workers", workers, "--out", tmp_path / name,
        )  # fmt: skip
    assert (tmp_path / "a/exposure.parquet").read_bytes() == (tmp_path / "b/exposure.parquet").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["simulate", "no-such-protocol"], "file.missing"),
        (["simulate", "otto-2021", "--model", "loo-2016"], "kinetics.unknown-model"),
        (["simulate", "simons-2022-film-50", "--model", "otto-2021"], "kinetics.route-not-supported"),
        (["simulate", "otto-2021", "--people", "0"], "simulate.people"),
        (["simulate", "otto-2021", "--table", "xlsx"], "--table"),
        (["simulate", "otto-2021", "--solver", "euler"], "--solver"),
        (["simulate", "otto-2021", "--workers", "0"], "--workers"),
        (["simulate", "otto-2021", "--seed", "-1"], "seed"),
        (["simulate", "otto-2021", "--clint-factor", "0.5"], "kinetics.no-liver"),
        (["sbml", "otto-2021", "--out", "/nonexistent/x.xml", "--weight-kg", "10"], "weight_kg"),
        (["validate", "--evidence", "/nonexistent"], "/nonexistent"),
        (["validate", "--model", "loo-2016"], "loo-2016"),
    ],
)
def test_wrong_input_is_one_line_and_status_2(run: Run, arguments: list[str], words: str) -> None:
    assert words in _one_line(run(*arguments))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["simulate", "otto-2021", "--dose", "5"], "--dose"),
        (["simulate"], "protocol"),
        (["validate", "--draws", "x"], "--draws"),
        (["validate", "more"], "more"),
        (["dance"], "dance"),
        (["--nope"], "--nope"),
        (["evidence", "--use", "as_you_like"], "as_you_like"),
    ],
)
def test_a_wrong_command_line_is_one_line_with_where_to_look(
    run: Run, arguments: list[str], words: str
) -> None:
    line = _one_line(run(*arguments))
    assert words in line
    assert line.startswith("ataraxy: ")
    assert line.endswith("]")


def test_without_arguments_the_help_is_the_message(run: Run) -> None:
    outcome = run()
    assert "simulate" in outcome.out + outcome.err
    assert "Traceback" not in outcome.err


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
@pytest.mark.parametrize("command", [["models", "--json"], ["protocols"]])
def test_output_that_cannot_be_written_is_one_line_and_status_1(command: list[str]) -> None:
    with open("/dev/full", "w") as full:
        ended = _own_process(command, stdout=full)
    assert ended.returncode == 1
    assert ended.stderr.splitlines() == ["ataraxy: the output could not be written: No space left on device"]


def test_a_terminal_without_a_sign_shows_another_in_its_place() -> None:
    environment = {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    ended = _own_process(["protocols"], stdout=subprocess.PIPE, **environment)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "Chong 2006" in ended.stdout


def _own_process(command: list[str], stdout: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from ataraxy.cli import main; main()", *command],
        stdout=stdout,  # type: ignore[call-overload]
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        env=os.environ | environment,
    )


def test_a_bad_row_of_people_is_named(run: Run, tmp_path: Path) -> None:
    people = tmp_path / "people.csv"
    people.write_text("age_y,sex,weight_kg\n40,female,70\n41,male,10\n")
    line = _one_line(run("simulate", "otto-2021", "--people-file", people))
    assert f"{people}" in line
    assert "3" in line
    assert "weight_kg" in line


def test_a_bad_protocol_is_named_with_its_line(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "protocol.yaml"
    file.write_text("name: x\ndrug: racemic_ketamine\ndose: 0.5\n")
    assert f"{file}" in _one_line(run("simulate", file))


def test_nothing_is_written_where_the_input_is_wrong(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "result"
    _one_line(run("simulate", "otto-2021", "--model", "none", "--out", out))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_somebody_else_is_left_alone(run: Run, tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").write_text("years of work")
    assert "thesis.docx" in _one_line(run("simulate", "otto-2021", "--out", tmp_path))
    assert (tmp_path / "thesis.docx").read_text() == "years of work"


def test_the_result_cannot_be_a_file(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "result"
    file.write_text("")
    assert "is a file" in _one_line(run("simulate", "otto-2021", "--out", file))


def test_an_interrupted_run_leaves_nothing(tmp_path: Path) -> None:
    out = tmp_path / "result"
    process = subprocess.Popen(
        [
            sys.executable, "-c", "from ataraxy.cli import main; main()",
            "simulate", "ketamine-iv-05-six", "--people", "1000000", "--out", str(out),
        ],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "ATARAXY_CACHE": str(tmp_path / "cache")},
    )  # fmt: skip
    # the cache appears when the kernel is compiled, so the run is then in its first pieces
    deadline = time.monotonic() + 60
    while not (tmp_path / "cache").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "nothing was written" in err
    assert [p.name for p in tmp_path.iterdir()] == ["cache"]


def test_help_names_every_command(run: Run) -> None:
    text = run("--help").out
    for command in ("simulate", "validate", "models", "protocols", "demo", "sbml"):
        assert command in text


def test_demo_writes_one_report_of_both(run: Run, tmp_path: Path) -> None:
    outcome = run("demo", "--out", tmp_path / "demo", "--people", 24)
    assert outcome.status == 0, outcome.err
    assert "All people are simulated" in outcome.out
    report = (tmp_path / "demo/report.html").read_text()
    assert "otto-2021" in report
    assert json.loads((tmp_path / "demo/validation.json").read_text())["headline"]["n"] > 0
