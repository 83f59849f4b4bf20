"""Which arms a row is of."""

import pytest

from ataraxy.evidence.arm import Arm, read_arm
from ataraxy.evidence.comparison import read_comparison, read_group

ARMS: dict[str, Arm] = {
    item["id"]: read_arm(item, "nowhere")
    for item in (
        {"id": "placebo", "drug": "placebo"},
        {"id": "ket_0.2", "drug": "ketamine", "route": "IV", "dose": 0.2, "unit": "mg/kg"},
        {"id": "ket_0.5", "drug": "ketamine", "route": "IV", "dose": 0.5, "unit": "mg/kg"},
        {"id": "esk", "drug": "esketamine", "route": "IN", "dose": [56, 84], "unit": "mg"},
    )
}


@pytest.mark.parametrize(
    ("text", "arms", "against"),
    [
        ("ket_0.5", ["ket_0.5"], []),
        ("ket_0.5 vs placebo", ["ket_0.5"], ["placebo"]),
        ("ket_0.5 versus placebo", ["ket_0.5"], ["placebo"]),
        ("ket_0.2|ket_0.5", ["ket_0.2", "ket_0.5"], []),
        ("ket_0.2|ket_0.5 vs placebo", ["ket_0.2", "ket_0.5"], ["placebo"]),
        ("ket_0.2 and ket_0.5", ["ket_0.2", "ket_0.5"], []),
        ("all", list(ARMS), []),
        ("ket_*", ["ket_0.2", "ket_0.5"], []),
        ("ket", ["ket_0.2", "ket_0.5"], []),
        ("escitalopram vs placebo", ["escitalopram"], ["placebo"]),
    ],
)
def test_arms_are_found(text: str, arms: list[str], against: list[str]) -> None:
    read = read_comparison(text, ARMS)
    assert [arm.id for arm in read.arms] == arms
    assert [arm.id for arm in read.against] == against
    assert read.reasons == ()


def test_an_arm_that_only_a_row_names_is_marked() -> None:
    implied = read_comparison("Carl 2020 waitlist", ARMS).arms[0]
    assert (implied.declared, implied.kind.value) == (False, "untreated")
    assert not read_comparison("esketamine", {}).arms[0].usable


@pytest.mark.parametrize("text", ["nobody", "ket_9", "ket_0.5 vs nobody", "esk_100", "a vs b vs c", "rat_*"])
def test_an_arm_that_is_not_there_is_said(text: str) -> None:
    assert read_comparison(text, ARMS).reasons


def test_no_arm_is_the_only_arm_or_a_reason() -> None:
    only = {"esk": ARMS["esk"]}
    assert read_comparison("", only).arms == (ARMS["esk"],)
    assert read_comparison("", ARMS).reasons == ("no arm stated",)
    assert "lists none" in read_comparison("", {}).reasons[0]


def test_a_suffix_may_name_a_dose_of_the_range_or_an_age() -> None:
    dosed = read_comparison("esk_56", ARMS)
    assert dosed.arms[0].dose is not None
    assert dosed.arms[0].dose.mg == (56.0, 56.0)
    young = read_comparison("esk_lt65", ARMS)
    assert (young.arms, young.group.age_from, young.group.age_below) == ((ARMS["esk"],), None, 65.0)
    old = read_comparison("esk_ge65", ARMS)
    assert (old.group.age_from, old.group.age_below) == (65.0, None)
    assert dosed.flags
    assert young.flags


def test_an_id_that_is_declared_wins_over_every_other_reading() -> None:
    declared = {**ARMS, "esk_56": ARMS["ket_0.2"], "ket_0.5 vs placebo": ARMS["placebo"]}
    assert read_comparison("esk_56", declared).arms == (ARMS["ket_0.2"],)
    assert read_comparison("ket_0.5 vs placebo", declared).arms == (ARMS["placebo"],)


@pytest.mark.parametrize(
    ("text", "low", "below"),
    [
        ("age>=65", 65, None),
        (">=65", 65, None),
        ("age < 65", None, 65),
        ("18-64 y", 18, 65),
        ("age 18 to 64 y", 18, 65),
        ("with anxiety", None, None),
        ("<=1 y", None, None),
    ],
)
def test_groups_of_age_are_read(text: str, low: float | None, below: float | None) -> None:
    group = read_group(text)
    assert (group.age_from, group.age_below) == (low, below)


def test_the_clock_is_that_of_the_ketamine_arm() -> None:
    assert read_comparison("placebo|ket_0.2 vs placebo", ARMS).clock_arm is ARMS["ket_0.2"]
    assert read_comparison("placebo", ARMS).clock_arm is ARMS["placebo"]
