"""What rows say without a number: read by hand in the shipped file, carried by the row elsewhere."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.evidence.trial_file import load_one, outcome, shipped

from ataraxy.evidence.claim import Claim
from ataraxy.evidence.outcome import Outcome
from ataraxy.evidence.reading import FILE, readings, row_digest
from ataraxy.evidence.trials import SHIPPED_TRIALS, load_trials


def read(folder: Path, **changes: Any) -> Outcome:
    row = outcome(kind="qualitative", mean=None, sd=None, **changes)
    return load_one(folder, outcomes=[row]).outcomes[0]


def claims_of(trial: str, section: str, index: int) -> list[str]:
    return [claim.text for claim in getattr(shipped().by_id[trial], section)[index].claims]


def test_the_order_of_doses_in_glue_2017_is_read() -> None:
    row = shipped().by_id["glue_2017"].outcomes[0]
    order, onset = row.claims
    assert (order.kind, [side[0].id for side in order.sides]) == ("order", ["ket_0.25", "ket_0.5", "ket_1.0"])
    assert order.relations == ("<", "<=")
    assert (onset.kind, onset.direction) == ("direction", "lower")
    assert row.usable
    assert row.times.points == ((1.0, 1.0),)


def test_the_null_result_of_abdallah_2022_is_read() -> None:
    row = shipped().by_id["abdallah_2022"].outcomes[1]
    assert [claim.direction for claim in row.claims] == ["none", "none"]
    assert [[side[0].id for side in claim.sides] for claim in row.claims] == [
        ["ket_0.2", "placebo"],
        ["ket_0.5", "placebo"],
    ]
    assert row.usable


def test_every_reading_belongs_to_a_shipped_row_and_says_where_it_is_from() -> None:
    raw = {item["id"]: item for item in yaml.safe_load(SHIPPED_TRIALS.read_text(encoding="utf-8"))}
    for item in yaml.safe_load(FILE.read_text(encoding="utf-8")):
        row = raw[item["trial"]][item["section"]][item["row"]]
        assert row_digest(item["trial"], item["section"], row) == item["digest"], item
        assert item["says"]
        assert len({"claims", "no_claim", "bound", "group", "responder", "arm"} & set(item)) == 1
    assert len(readings()) == len(yaml.safe_load(FILE.read_text(encoding="utf-8")))


def test_every_row_of_words_or_a_test_was_read_by_hand_or_carries_no_known_measure() -> None:
    for trial in shipped().trials:
        for row in (*trial.outcomes, *trial.safety):
            if row.kind in ("qualitative", "test"):
                assert row_digest(trial.id, row.origin.section, row.origin.fields) in readings(), (
                    trial.id,
                    row.origin,
                )


def test_no_reading_has_a_claim_that_cannot_be_resolved() -> None:
    for trial in shipped().trials:
        for row in (*trial.outcomes, *trial.safety):
            reading = readings().get(row_digest(trial.id, row.origin.section, row.origin.fields))
            if reading and reading.claims:
                assert len(row.claims) >= len(reading.claims)
                assert all(side for claim in row.claims for side in claim.sides)


def test_a_row_that_says_something_else_has_no_reading(tmp_path: Path) -> None:
    raw = yaml.safe_load(SHIPPED_TRIALS.read_text(encoding="utf-8"))
    taylor = next(item for item in raw if item["id"] == "taylor_2018")
    taylor["outcomes"][2]["note"] = "no difference from placebo at day 2"
    path = tmp_path / "t.yaml"
    path.write_text(yaml.safe_dump([taylor]), encoding="utf-8")
    rows = load_trials(path).trials[0].outcomes
    assert rows[2].claims == ()
    assert "no machine-readable claim" in rows[2].reason
    assert rows[3].claims


@pytest.mark.parametrize("direction", ["lower", "higher", "none", "LOWER"])
def test_a_row_may_carry_a_direction(tmp_path: Path, direction: str) -> None:
    row = read(tmp_path, arm="ket vs mid", direction=direction)
    claim = row.claims[0]
    assert row.usable
    assert (claim.kind, claim.direction, claim.basis) == ("direction", direction.lower(), "in the row")
    assert [side[0].id for side in claim.sides] == ["ket", "mid"]


def test_a_direction_of_one_arm_is_against_its_own_baseline(tmp_path: Path) -> None:
    claim = read(tmp_path, direction="lower").claims[0]
    assert len(claim.sides) == 1
    assert claim.text == "ket lower than its baseline"


@pytest.mark.parametrize(
    ("order", "relations"),
    [
        (["mid", "ket"], ("<",)),
        ("mid < ket", ("<",)),
        ("mid <= ket", ("<=",)),
        (["mid", "<=", "ket"], ("<=",)),
    ],
)
def test_a_row_may_carry_an_order(tmp_path: Path, order: Any, relations: tuple[str, ...]) -> None:
    row = read(tmp_path, arm="all", order=order)
    assert row.usable
    claim: Claim = row.claims[0]
    assert ([side[0].id for side in claim.sides], claim.relations) == (["mid", "ket"], relations)


@pytest.mark.parametrize(
    "changes",
    [
        {"direction": "sideways"},
        {"direction": False},
        {"direction": None, "order": ["ket"]},
        {"direction": None, "order": ["ket", "nobody"]},
        {"direction": None, "order": "ket <"},
        {"direction": None, "order": "< ket"},
        {"direction": None, "order": ["<", "<"]},
        {"direction": None, "order": []},
        {"direction": None, "order": 3},
        {"direction": None, "order": [["ket"], {"a": 1}]},
        {"direction": None, "order": ["ket", "<", "<=", "mid"]},
    ],
)
def test_a_claim_that_cannot_be_read_is_a_reason(tmp_path: Path, changes: dict[str, Any]) -> None:
    row = read(tmp_path, **changes)
    assert not row.usable


def test_text_alone_is_never_a_claim(tmp_path: Path) -> None:
    row = read(tmp_path, note="significantly lower than midazolam (p < .001)")
    assert row.claims == ()
    assert row.reason.endswith("no machine-readable claim")


def test_what_was_put_in_by_hand_is_said_on_the_arm_and_on_its_rows() -> None:
    yale = shipped().by_id["yale_2024_bp"]
    assert "assumed" in yale.arms[0].by_hand
    assert any("assumed" in flag for flag in yale.safety[0].flags)
    elsewhere = shipped().by_id["hull_2022"].arms[0]
    assert elsewhere.by_hand == ""
