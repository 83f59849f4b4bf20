"""Effects in `ataraxy simulate` as a user meets them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ataraxy.cli import main
from ataraxy.exchange.protocol_file import shipped_protocols

Run = Callable[..., tuple[int, str, str]]
FEW = ("--people", "6", "--uncertainty-draws", "2")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
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


@pytest.mark.parametrize("name", shipped_protocols())
def test_every_shipped_protocol_has_effects_by_default(run: Run, name: str) -> None:
    status, out, err = run("simulate", name, *FEW, "--json")
    assert status == 0, err
    effects = json.loads(out)["effects"]
    assert effects["driven_by"] == {"model": "simons-2022", "site": "arterial"}
    assert len(effects["sessions"]) == len(json.loads(out)["sessions"])


def test_a_borrowed_route_is_marked_in_the_effects(run: Run) -> None:
    _, out, _ = run("simulate", "ketamine-im-05", *FEW, "--json")
    assert any("IM injection: assumed" in line for line in json.loads(out)["effects"]["assumptions"])


def test_without_effects_there_is_no_key_of_them_and_the_report_is_as_it_was(
    run: Run, tmp_path: Path
) -> None:
    out = tmp_path / "r"
    status, _, err = run(
        "simulate", "ketamine-iv-05-once", *FEW, "--no-effects", "--out", out, "--table", "csv"
    )
    assert status == 0, err
    assert "effects" not in json.loads((out / "simulation.json").read_text())
    assert not (out / "effects.csv").exists()
    html = (out / "report.html").read_text()
    assert 'id="session"' not in html
    assert "contested" not in html


def test_a_venous_model_is_fine_for_concentrations_and_does_not_drive_the_effects(run: Run) -> None:
    _, out, _ = run("simulate", "ketamine-iv-05-once", *FEW, "--model", "otto-2021", "--json")
    content = json.loads(out)
    assert (content["model"], content["effects"]["driven_by"]["model"]) == ("otto-2021", "simons-2022")


def test_effects_of_a_venous_driver_are_refused_with_the_reason(run: Run) -> None:
    status, out, err = run("simulate", "ketamine-iv-05-once", *FEW, "--effects-model", "otto-2021")
    assert (status, out) == (2, "")
    assert "arterial" in err
    assert "effects.site" in err


def test_what_the_evidence_says_is_printed_before_any_number(run: Run) -> None:
    _, out, _ = run("simulate", "ketamine-iv-05-once", *FEW)
    assert out.index("contested") < out.index("Cmax")
    assert "Not approved for anxiety" in out[: out.index("Cmax")]


def test_the_null_world_is_said_first(run: Run) -> None:
    _, out, _ = run("simulate", "ketamine-iv-05-once", *FEW, "--world", "null")
    assert out.startswith("NULL WORLD")


def test_a_hypothesis_that_is_on_says_what_stands_against_it(run: Run) -> None:
    _, out, _ = run("simulate", "ketamine-iv-05-once", *FEW, "--hypothesis", "bdnf-pool")
    assert "Against it: serum BDNF does not differ" in " ".join(out.split())


def test_an_inhibitor_that_the_driver_cannot_show_leaves_the_effects_out_and_says_so(run: Run) -> None:
    arguments = ("--model", "perez-ruixo-2021", "--clint-factor", "0.5", "--json")
    status, out, err = run("simulate", "esketamine-nasal-84", *FEW, *arguments)
    assert status == 0, err
    content = json.loads(out)
    assert "no liver" in content["effects_left_out"]
    assert "effects" not in content


def test_the_scales_that_were_asked_for_are_read(run: Run) -> None:
    arguments = ("--indication", "PTSD", "--instrument", "PCL-5", "--instrument", "MADRS", "--json")
    _, out, _ = run("simulate", "ketamine-iv-05-once", *FEW, *arguments)
    assert [scale["instrument"] for scale in json.loads(out)["effects"]["scales"]] == ["PCL-5", "MADRS"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--instrument", "HAM-Z"], "symptoms.instrument"),
        (["--instrument", "CAPS-5"], "symptoms.scale"),
        (["--indication", "OCD"], "symptoms.indication"),
        (["--setting", "prison"], "outlook.setting"),
        (["--design", "blind"], "outlook.design"),
        (["--world", "best"], "outlook.world"),
        (["--hypothesis", "magic"], "outlook.hypothesis"),
        (["--no-effects", "--world", "null"], "cli.option"),
        (["--effects-model", "kamp-2020"], "effects.no-norketamine"),
    ],
)
def test_what_cannot_be_asked_of_effects_is_one_line_and_status_two(
    run: Run, arguments: list[str], code: str
) -> None:
    status, out, err = run("simulate", "ketamine-iv-05-once", *FEW, *arguments)
    assert (status, out) == (2, "")
    assert len(err.strip().splitlines()) == 1
    assert code in err
