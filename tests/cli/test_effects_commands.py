"""`ataraxy validate --effects` and `ataraxy compare` as a user meets them."""

import json
import sys

import pytest
import yaml

from ataraxy.cli import main

TRIAL = {
    "id": "one_2030",
    "use": "context",
    "design": "open-label",
    "indication": "GAD",
    "arms": [
        {
            "id": "k",
            "drug": "ketamine",
            "route": "IV",
            "dose": 0.5,
            "unit": "mg/kg",
            "duration_min": 40,
            "n": 9,
        }
    ],
    "outcomes": [{"instrument": "HAM-A", "arm": "k", "time_h": 24, "kind": "change", "mean": -8}],
}


@pytest.fixture
def run(monkeypatch, capsys):
    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["ataraxy", *map(str, arguments)])
        status = 0
        try:
            main()
        except SystemExit as end:
            status = end.code or 0
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return call


@pytest.fixture
def trials(tmp_path):
    path = tmp_path / "trials.yaml"
    path.write_text(yaml.safe_dump([TRIAL]))
    return path


def test_effects_of_a_file_are_json_and_nothing_else(run, trials):
    status, out, err = run("validate", "--effects", "--trials", trials, "--draws", 3, "--json")
    content = json.loads(out)
    assert (status, err.strip()) == (0, "")
    assert content["schema"] == "ataraxy.effects-validation/1"
    assert [row["instrument"] for row in content["rows"]] == ["HAM-A"]
    assert "--trials" in content["provenance"]["command"]


def test_the_world_of_a_validation_is_said(run, trials):
    status, out, _ = run("validate", "--trials", trials, "--draws", 3, "--world", "null")
    assert status == 0
    assert "Null world" in out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["validate", "--effects", "--world", "best", "--draws", 2], "validation.world"),
        (["validate", "--effects", "--draws", 0], "trials.draws"),
        (["validate", "--effects", "--model", "otto-2021"], "cli.option"),
        (["validate", "--effects", "--trials", "no-such-file.yaml"], "evidence.file-missing"),
        (["compare", "ketamine-iv-05-once"], "compare.protocols"),
        (["compare", "ketamine-iv-05-once", "nothing-like-it"], "protocol"),
    ],
)
def test_bad_input_is_one_line_and_status_two(run, arguments, code):
    status, out, err = run(*arguments)
    assert (status, out) == (2, "")
    assert code in err
    assert len(err.strip().splitlines()) == 1


def test_a_protocol_compared_with_itself_is_the_same_in_words(run):
    name = "ketamine-iv-05-once"
    status, out, _ = run("compare", name, name, "--draws", 2, "--people", 2)
    assert status == 0
    assert "are the same" in out


def test_a_comparison_is_json_and_nothing_else(run):
    status, out, err = run(
        "compare", "ketamine-iv-05-once", "ketamine-iv-05-six", "--draws", 2, "--people", 2, "--json",
        "--indication", "PTSD",
    )  # fmt: skip
    assert (status, err.strip()) == (0, "")
    assert json.loads(out)["instrument"] == "CAPS-5"
