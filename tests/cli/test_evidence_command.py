"""`ataraxy evidence`: lists, filters, shows, refuses."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

import ataraxy.evidence
from ataraxy.cli.evidence import evidence_command
from ataraxy.errors import InputError
from ataraxy.evidence.use import EvidenceRefused

app = typer.Typer(pretty_exceptions_enable=False)
app.command()(evidence_command)


def run(*words: str) -> str:
    result = CliRunner().invoke(app, list(words))
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


SCHEMA = json.loads((Path(ataraxy.evidence.__file__).parent / "schemas" / "evidence-1.json").read_text())


def as_json(*words: str) -> Any:
    content = json.loads(run(*words, "--json"))
    validator().validate(content)
    return content


@cache
def validator() -> Any:
    """Made once: each command is validated, and there are hundreds."""
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    return jsonschema.Draft202012Validator(SCHEMA)


def test_every_entry_and_every_parameter_is_of_the_schema() -> None:
    for item in as_json("list", "--include-refused")["trials"]:
        as_json("show", item["id"], "--include-refused")
    assert as_json("show", as_json("parameters")["parameters"][0]["id"])["parameters"]


def test_the_list_shows_every_entry_once_and_refused_ones_apart() -> None:
    content = as_json("list")
    ids = [item["id"] for item in content["trials"]]
    refused = [item["id"] for item in content["refused"]]
    assert len(ids) + len(refused) == content["counts"]["entries"]
    assert refused == ["mills_2025_kads_anxiety"]
    assert "RETRACTED" in content["refused"][0]["refusal"]
    opened = as_json("list", "--include-refused")
    assert len(opened["trials"]) == content["counts"]["entries"]


def test_filters_narrow_the_list() -> None:
    everything = {item["id"] for item in as_json()["trials"]}
    for words in (
        ["--use", "calibrate"],
        ["--indication", "ptsd"],
        ["--drug", "esketamine"],
        ["--measure", "HAMA"],
        ["--measure", "sbp_rise"],
        ["--type", "meta-analysis"],
    ):
        some = {item["id"] for item in as_json("list", *words)["trials"]}
        assert some
        assert some < everything
    both = {item["id"] for item in as_json("list", "--indication", "PTSD", "--drug", "midazolam")["trials"]}
    assert both == {"feder_2021", "duek_2023"}
    assert as_json("list", "--drug", "aspirin")["trials"] == []


def test_an_entry_is_shown_with_the_reason_of_each_row_that_is_not_usable() -> None:
    trial = as_json("show", "glue_2017")["trial"]
    assert len(trial["outcomes"]) == 3
    assert [row["status"] for row in trial["outcomes"]] == ["usable", "unusable", "usable"]
    assert trial["outcomes"][1]["reason"]
    assert trial["outcomes"][0]["claims"][0]["relations"] == ["<", "<="]
    text = run("show", "glue_2017")
    assert "0.25" in text


def test_a_refused_entry_is_shown_only_when_asked_for() -> None:
    with pytest.raises(EvidenceRefused, match="RETRACTED"):
        run("show", "mills_2025_kads_anxiety")
    assert "REFUSED" in run("show", "mills_2025_kads_anxiety", "--include-refused")
    shown = as_json("show", "mills_2025_kads_anxiety", "--include-refused")["trial"]
    assert shown["refused"] is True


def test_the_terminal_list_names_the_refused_entry_and_why() -> None:
    text = run("list")
    assert "refused" in text
    assert "mills_2025_kads_anxiety" in text
    assert "RETRACTED" in text


def test_parameters_are_listed_and_filtered() -> None:
    assert [row["id"] for row in as_json("parameters", "C01")["parameters"]] == ["C01"]
    assert {row["species"] for row in as_json("parameters", "--species", "rat")["parameters"]} == {"rat"}
    assert as_json("show", "der01")["parameters"][0]["id"] == "DER01"
    assert "DER01" in run("parameters", "DER")


def test_another_file_is_listed(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("- {id: mine, use: context, citation: '[bold]Mine[/bold]'}\n", encoding="utf-8")
    assert [item["id"] for item in as_json("list", "--trials", str(path))["trials"]] == ["mine"]
    assert "[bold]Mine[/bold]" in run("show", "mine", "--trials", str(path))


@pytest.mark.parametrize("words", [["shew"], ["show"], ["show", "nothing_2031"], ["list", "glue_2017"]])
def test_words_that_are_not_understood_are_errors(words: list[str]) -> None:
    with pytest.raises(InputError):
        run(*words)


@pytest.mark.parametrize(
    "identity", ["abdallah_2022", "spravato_label_safety", "mitchell_2021_placebo_therapy"]
)
def test_every_kind_of_entry_prints(identity: str) -> None:
    assert identity in run("show", identity)
