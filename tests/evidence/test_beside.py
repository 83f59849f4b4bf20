"""Trials beside a protocol: drug and route must agree; dose and sessions say how near they are."""

from __future__ import annotations

from typing import Any

import pytest
from tests.evidence.trial_file import entry

from ataraxy.evidence.beside import Nearness, trials_beside
from ataraxy.evidence.trial import Trial, read_trial
from ataraxy.evidence.trials import load_trials
from ataraxy.exchange.protocol_file import load_protocol, shipped_protocols

SIX = load_protocol("ketamine-iv-05-six")


def one(**arm: Any) -> Trial:
    """A trial with one arm, that of the protocol of six infusions where nothing else is said."""
    whole = {
        "id": "a",
        "drug": "ketamine",
        "route": "IV",
        "dose": 0.5,
        "unit": "mg/kg",
        "duration_min": 40,
        "schedule_days": [0, 2, 4, 7, 9, 11],
        **arm,
    }
    bare = {"outcomes": None, "responders": None, "safety": None, "durability": None, "dropouts": None}
    return read_trial(
        entry(arms=[{key: value for key, value in whole.items() if value is not None}], **bare), "t.yaml"
    )


@pytest.mark.parametrize(
    ("arm", "nearness"),
    [
        ({}, Nearness.COURSE),
        ({"schedule_days": [0]}, Nearness.DOSE),
        ({"schedule_days": None}, Nearness.DOSE),
        ({"dose": [0.25, 0.5]}, Nearness.COURSE),
        ({"dose": [0.51, 1.0]}, Nearness.OTHER),
        ({"dose": 0.2}, Nearness.OTHER),
        ({"dose": 40, "unit": "mg"}, Nearness.OTHER),
        ({"dose": 0.5, "unit": "mg"}, Nearness.OTHER),
        ({"dose": None}, Nearness.NOT_STATED),
    ],
)
def test_how_near_an_arm_is(arm: dict[str, Any], nearness: Nearness) -> None:
    assert [beside.nearness for beside in trials_beside([one(**arm)], SIX)] == [nearness]


@pytest.mark.parametrize("arm", [{"drug": "esketamine"}, {"drug": "midazolam"}, {"route": "SC"}])
def test_another_drug_or_route_is_not_beside_it(arm: dict[str, Any]) -> None:
    assert trials_beside([one(**arm)], SIX) == ()


def test_a_protocol_of_rising_doses_is_the_same_only_where_every_dose_was_given() -> None:
    rising = load_protocol("ketamine-sc-ascending")
    narrow, wide = one(route="SC", dose=[0.25, 0.5]), one(route="SC", dose=[0.25, 1.0])
    assert [beside.nearness for beside in trials_beside([narrow, wide], rising)] == [
        Nearness.DOSE,
        Nearness.OTHER,
    ]


def test_of_what_ships_the_trial_a_protocol_comes_from_stands_first() -> None:
    found = trials_beside(load_trials().trials, SIX)
    assert found[0].trial.id == "feder_2021"
    assert found[0].nearness is Nearness.COURSE
    assert [b.nearness for b in found] == sorted((b.nearness for b in found), key=list(Nearness).index)
    assert next(b for b in found if b.trial.id == "mcinnes_2022").nearness is Nearness.NOT_STATED
    assert next(b for b in found if b.trial.id == "taylor_2018").nearness is Nearness.DOSE


@pytest.mark.parametrize("name", shipped_protocols())
def test_every_shipped_protocol_has_an_answer(name: str) -> None:
    for beside in trials_beside(load_trials().trials, load_protocol(name)):
        assert beside.arms
        assert beside.nearness.words
