"""`ataraxy screen`: one decision, or one clear line."""

from __future__ import annotations

import contextlib
import io
import json
import sys
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from unittest import mock

import jsonschema
import pytest

from ataraxy.cli.main import main
from ataraxy.exchange.screening import screening_schema

EXAMPLE = (files("ataraxy") / "charts" / "example-allow.yaml").read_text("utf-8")
RULES = (files("ataraxy") / "rules" / "ketamine-anxiety.yaml").read_text("utf-8")


@dataclass(frozen=True)
class Result:
    exit_code: int
    stdout: str
    stderr: str

    @property
    def output(self) -> str:
        return self.stdout + self.stderr


def run(*arguments: str) -> Result:
    """The command as the shell starts it, in this process."""
    out, err = io.StringIO(), io.StringIO()
    with (
        mock.patch.object(sys, "argv", ["ataraxy", "screen", *arguments]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        pytest.raises(SystemExit) as ended,
    ):
        main()
    code = ended.value.code
    return Result(code if isinstance(code, int) else 0, out.getvalue(), err.getvalue())


@pytest.mark.parametrize("decision", ["allow", "delay", "block"])
def test_each_example_is_what_its_name_says_and_fits_the_schema(decision: str) -> None:
    result = run(f"example-{decision}", "--json")
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    jsonschema.validate(document, screening_schema())
    assert document["schema"] == "ataraxy.screening/1"
    assert document["decision"] == decision
    for finding in document["findings"]:
        assert {
            "rule",
            "version",
            "effect",
            "fact",
            "threshold",
            "source",
            "grade",
            "remedy",
        } <= finding.keys()


def test_people_read_the_decision_and_each_reason_with_its_source() -> None:
    text = run("example-block").output
    assert text.startswith("BLOCK")
    assert "aneurysm-or-avm/1" in text
    assert "extrapolated from esketamine" in " ".join(text.split())
    assert "source:" in text
    assert "what would change it:" in text


def test_today_an_old_chart_is_not_allowed() -> None:
    document = json.loads(run("example-allow", "--json", "--at", "2031-01-01").stdout)
    assert document["decision"] != "allow"
    assert document["at_from"] == "option"


DEEP = "a: " + "[" * 5000
PERSON = "format: ataraxy.chart/1\nperson: {id: x}\n"
NOW = "2026-11-20T10:00Z"
FACTS = f"{PERSON}facts_observed_at: {NOW}\nfacts: "
GAD = f"{PERSON}scores: [{{at: {NOW}, scale: "
BAD: dict[str, str | bytes] = {
    "empty": "",
    "only a comment": "# nothing\n",
    "a list": "- 1\n- 2\n",
    "a word": "hello",
    "not YAML": "person: {id: [",
    "a tab": "person:\n\tid: x\n",
    "no format": "person: {id: x}\n",
    "another format": "format: ataraxy.rules/1\nperson: {id: x}\n",
    "another version": "format: ataraxy.chart/99\nperson: {id: x}\n",
    "no person": "format: ataraxy.chart/1\n",
    "unknown key": EXAMPLE + "\nunheard_of: 1\n",
    "a key twice": EXAMPLE + "\nperson: {id: y}\n",
    "a tag": "format: ataraxy.chart/1\nperson: !!python/object/apply:os.system ['true']\n",
    "an alias": "format: ataraxy.chart/1\nperson: &a {id: x}\ndiagnoses: [*a]\n",
    "not UTF-8": b"format: ataraxy.chart/1\nperson: {id: \xff\xfe}\n",
    "a NUL": "format: ataraxy.chart/1\nperson: {id: \"a\x00b\"}\n",
    "too deep": DEEP,
    "no offset": "format: ataraxy.chart/1\nas_of: 2026-11-20T10:00\nperson: {id: x}\n",
    "no such day": "format: ataraxy.chart/1\nperson: {id: x, born: 1990-02-30}\n",
    "a derived fact": FACTS + "{person.age: 30}\n",
    "no such fact": FACTS + "{vitals.sistolic: 120 mmHg}\n",
    "a wrong unit": FACTS + "{vitals.systolic: 120 kg}\n",
    "no unit": FACTS + "{vitals.systolic: 120}\n",
    "out of range": FACTS + "{vitals.systolic: 1200 mmHg}\n",
    "not a number": FACTS + "{vitals.systolic: .nan mmHg}\n",
    "a fact without a time": PERSON + "facts: {pregnancy.possible: true}\n",
    "too few answers": GAD + "GAD-7, answers: [1, 2]}]\n",
    "an answer out of range": GAD + "GAD-7, answers: [1, 2, 3, 4, 0, 0, 0]}]\n",
    "an unknown version": GAD + "GAD-7, version: 9, total: 12}]\n",
    "an unknown scale": GAD + "GAD-77, total: 12}]\n",
    "a total out of range": GAD + "GAD-7, total: 22}]\n",
    "drug and therapy": PERSON + "treatments: [{drug: sertraline, therapy: cbt}]\n",
    "a huge number": PERSON + "treatments: [{drug: sertraline, weeks: 1e999}]\n",
}  # fmt: skip


def refused(result: Result, name: str) -> None:
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1, result.stderr
    assert name in lines[0]
    assert "Traceback" not in result.output


@pytest.mark.parametrize("case", list(BAD))
def test_a_bad_chart_is_one_clear_line_and_status_2(case: str, tmp_path: Path) -> None:
    path = tmp_path / "chart.yaml"
    content = BAD[case]
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    refused(run(str(path)), "chart.yaml")
    refused(run(str(path), "--json"), "chart.yaml")


def test_a_chart_that_is_no_file_is_one_clear_line(tmp_path: Path) -> None:
    refused(run(str(tmp_path)), tmp_path.name)
    refused(run(str(tmp_path / "absent.yaml")), "absent.yaml")
    result = run("exampel-allow")
    refused(result, "exampel-allow")
    assert "example-allow" in result.stderr


@pytest.mark.parametrize(
    "moment", ["yesterday", "2026-13-01", "2026-11-20T10:00", "", "99999-01-01T00:00+00:00"]
)
def test_a_bad_moment_is_one_clear_line(moment: str) -> None:
    if moment:
        refused(run("example-allow", "--at", moment), "--at")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("count_at_least: 1}", "count_at_least: 0}"),
        ("enabled: false", "enabled: true"),
        ("effect: block", "effect: forbid"),
        ("one_of:", "evaluate:"),
        ("fact: basis.kind", "fact: basis.kinds"),
        ("140 mmHg", "140 kPa"),
        ("format: ataraxy.rules/1", "format: ataraxy.rules/2"),
    ],
)
def test_bad_rules_are_one_clear_line(old: str, new: str, tmp_path: Path) -> None:
    assert old in RULES
    path = tmp_path / "rules.yaml"
    path.write_text(RULES.replace(old, new), "utf-8")
    refused(run("example-allow", "--rules", str(path)), "rules.yaml")
