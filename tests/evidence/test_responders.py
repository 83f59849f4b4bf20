"""Rules of response, and the shares that were reported."""

from pathlib import Path
from typing import Any

import pytest
from tests.evidence.trial_file import load_one, outcome

from ataraxy.evidence.responders import Responders, Rule, parse_rule


def read(folder: Path, **changes: Any) -> Responders:
    row = {
        "arm": "ket",
        "instrument": "CAPS-5",
        "definition": ">=30% reduction at week 2",
        "pct": 60,
        "N": 20,
    }
    row.update(changes)
    return load_one(folder, responders=[{k: v for k, v in row.items() if v is not None}]).responders[0]


@pytest.mark.parametrize(
    ("text", "rule", "scale"),
    [
        (">=50% reduction wk 4", Rule("percent_fall", ">=", 50), ""),
        (">35% reduction, first 2 weeks", Rule("percent_fall", ">", 35), ""),
        (">=50%", Rule("percent_fall", ">=", 50), ""),
        ("at least 50% improvement", Rule("percent_fall", ">=", 50), ""),
        (">=5-point drop", Rule("point_fall", ">=", 5), ""),
        (">=10 point reduction", Rule("point_fall", ">=", 10), ""),
        ("HAM-A <=7", Rule("score", "<=", 7), "HAM-A"),
        ("CAPS-SX17 <=20", Rule("score", "<=", 20), "CAPS-SX17"),
        ("CGI-I 1-2", Rule("score", "<=", 2), "CGI-I"),
        ("remission <5", Rule("score", "<", 5), ""),
        ("remission <5 with baseline >=10", Rule("score", "<", 5, 10), ""),
        (">=10-point drop plus loss of diagnosis", Rule("point_fall", ">=", 10, None, True), ""),
        ("response", None, ""),
        ("improved social/work functioning", None, ""),
        ("CGI-I <=2 and CAPS >=30%", None, ""),
        ("8-week conditional response", None, ""),
        ("", None, ""),
    ],
)
def test_a_rule_is_read_or_it_is_not_guessed(text: str, rule: Rule | None, scale: str) -> None:
    assert parse_rule(text) == (rule, scale)


def test_a_plain_share_is_usable(tmp_path: Path) -> None:
    row = read(tmp_path)
    assert row.usable
    assert row.times.points == ((336.0, 336.0),)
    assert (row.shares[0].percent, row.shares[0].total) == ((60.0, 60.0), 20.0)


def test_a_share_is_worked_out_from_counts(tmp_path: Path) -> None:
    assert read(tmp_path, pct=None, n=10, N=40).shares[0].percent == (25.0, 25.0)


def test_lists_of_counts_are_one_share_for_each_time(tmp_path: Path) -> None:
    row = read(tmp_path, pct=None, n=[10, 20], N=[40, 40], definition=">=30% reduction, week 4/8")
    assert [share.percent.low for share in row.shares] == [25.0, 50.0]
    assert row.times.points == ((672.0, 672.0), (1344.0, 1344.0))
    assert row.usable


def test_two_percentages_are_a_range(tmp_path: Path) -> None:
    assert read(tmp_path, pct=[39, 41]).shares[0].percent == (39.0, 41.0)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"pct": 160}, "out of range"),
        ({"pct": None, "n": 30, "N": 20}, "more responders than people"),
        ({"pct": None, "n": 0, "N": 0}, "share of nobody"),
        ({"pct": None, "N": None}, "no share"),
        ({"pct": [1, 2, 3]}, "3 shares and 1 times"),
        ({"instrument": "Moon Scale"}, "not known"),
        ({"definition": "response"}, "no single threshold"),
        ({"definition": None}, "no definition"),
        ({"arm": "ket vs mid"}, "two arms"),
        ({"definition": "CAPS-5 <=90", "instrument": None}, "outside the range"),
        ({"n": [1, 2], "N": [3]}, "as many numbers"),
    ],
)
def test_what_keeps_a_share_from_being_used_is_said(
    tmp_path: Path, changes: dict[str, Any], word: str
) -> None:
    row = read(tmp_path, **changes)
    assert word in row.reason


def test_scale_and_time_are_taken_from_the_outcomes_only_where_these_leave_no_choice(tmp_path: Path) -> None:
    bare = {"arm": "ket", "definition": ">=50%", "pct": 50}
    row = load_one(tmp_path, responders=[bare]).responders[0]
    assert row.usable
    assert [item.name for item in row.instruments] == ["CAPS-5"]
    assert row.times.points == ((336.0, 336.0),)
    assert len([flag for flag in row.flags if "not stated" in flag]) == 2
    two = load_one(tmp_path, responders=[bare], outcomes=[outcome(), outcome(instrument="MADRS")]).responders[
        0
    ]
    assert "the scale is not stated" in two.reasons
    none = load_one(tmp_path, responders=[{**bare, "instrument": "CAPS-5"}], outcomes=None).responders[0]
    assert "the time is not stated" in none.reasons


@pytest.mark.parametrize(
    ("definition", "hours"),
    [
        (">=50% reduction at 24 h", 24),
        (">=50% reduction 2 h post dose", 2),
        (">=50% reduction at day 10", 240),
    ],
)
def test_a_time_in_the_definition_is_read(tmp_path: Path, definition: str, hours: float) -> None:
    assert read(tmp_path, definition=definition).times.points == ((hours, hours),)


def test_a_first_period_is_a_window(tmp_path: Path) -> None:
    assert read(tmp_path, definition=">35% reduction, first 2 weeks").times.points == ((0.0, 336.0),)
