"""The published range: of a protocol and never of a person, computed once, and nothing that a rule could read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import ataraxy.therapy
from ataraxy.clinic.run_sheet import published_range as of
from ataraxy.exchange.protocol_file import load_protocol


@pytest.fixture(scope="module")
def computed() -> dict[str, object]:
    return of.compute(load_protocol("ketamine-iv-05-once"), solved=20, read=200)


def test_the_band_holds_its_middle_and_begins_at_the_stated_reference(computed: dict[str, object]) -> None:
    bands = computed["sessions"][0]  # type: ignore[index]
    for name, rows in bands.items():
        assert all(low <= middle <= high for _, low, middle, high in rows), name
    for name, value in of.REFERENCE.items():
        assert abs(bands[name][0][2] - value) < 5.0
    assert bands["cadss_total"][0][1:] == [0.0, 0.0, 0.0]
    peak = max(rows[2] for rows in bands["cadss_total"])
    assert peak > 1.0


def test_the_same_protocol_gives_the_same_range(computed: dict[str, object]) -> None:
    assert of.compute(load_protocol("ketamine-iv-05-once"), solved=20, read=200) == computed


def test_what_is_kept_is_shown_and_nothing_is_computed(
    tmp_path: Path, computed: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(of, "_begin", lambda *_: pytest.fail("it was there"))
    folder = tmp_path / of.FOLDER
    folder.mkdir()
    (folder / "p-3.json").write_text(json.dumps(computed))
    assert of.published_range(tmp_path, "p", "3", 0).state == "ready"
    beyond = of.published_range(tmp_path, "p", "3", 7)
    assert (beyond.state, beyond.bands) == ("not possible", {})


def test_a_first_request_begins_and_does_not_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[tuple[str, str]] = []
    monkeypatch.setattr(of, "_begin", lambda home, protocol, version: begun.append((protocol, version)))
    assert of.published_range(tmp_path, "p", "3", 0) == of.PublishedRange("being computed", {})
    assert begun == [("p", "3")]


def test_a_damaged_file_is_computed_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(of, "_begin", lambda *_: None)
    (tmp_path / of.FOLDER).mkdir()
    (tmp_path / of.FOLDER / "p-3.json").write_text("{")
    assert of.published_range(tmp_path, "p", "3", 0).state == "being computed"


def test_no_rule_can_read_it() -> None:
    for file in Path(ataraxy.therapy.__file__).parent.rglob("*.py"):
        assert "published_range" not in file.read_text(encoding="utf-8"), file.name
