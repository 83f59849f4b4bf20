"""Outcomes: what is usable, what is not, and why."""

from pathlib import Path
from typing import Any

import pytest
from tests.evidence.trial_file import load_one, outcome

from ataraxy.evidence.outcome import Outcome


def read(folder: Path, **changes: Any) -> Outcome:
    return load_one(folder, outcomes=[outcome(**changes)]).outcomes[0]


def test_a_plain_outcome_is_usable(tmp_path: Path) -> None:
    row = read(tmp_path)
    assert row.usable
    assert (row.kind, row.estimate.centre, row.estimate.sd, row.estimate.n) == ("change", -12.0, 9.0, 20)
    assert row.estimate.standard_error == pytest.approx(9 / 20**0.5)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"instrument": "Moon Scale"}, "not known"),
        ({"instrument": None}, "no instrument"),
        ({"instrument": "CAPS"}, "version of CAPS"),
        ({"kind": "absolute", "mean": 95}, "outside the range of CAPS-5, 0 to 80"),
        ({"kind": "absolute", "mean": -3}, "outside the range"),
        ({"kind": "absolute", "mean": None, "median": 81}, "outside the range"),
        ({"kind": "absolute", "mean": [20, 90]}, "outside the range"),
        ({"mean": -95}, "wider than CAPS-5"),
        ({"kind": "percent_change", "mean": -120}, "not possible"),
        ({"kind": "absolute", "mean": 40, "sd": 50}, "SD 50"),
        ({"sd": -1}, "out of range"),
        ({"ci": [3, -20]}, "lower one first"),
        ({"ci": [-5, 5]}, "not inside its interval"),
        ({"ci": 3}, "pair"),
        ({"mean": "about ten"}, "not a number"),
        ({"mean": None}, "no number"),
        ({"kind": "wish"}, "not known"),
        ({"kind": None}, "no kind"),
        ({"arm": "nobody"}, "not one of the entry's arms"),
        ({"arm": None}, "no arm stated"),
        ({"time_d": None, "time_ref": None}, "no time"),
        ({"kind": "odds_ratio"}, "ratio of odds"),
        ({"kind": "association"}, "association"),
        ({"kind": "schedule"}, "schedule of ratings"),
        ({"kind": "qualitative"}, "no machine-readable claim"),
        ({"kind": "test"}, "no machine-readable claim"),
        ({"kind": "bound"}, "a limit"),
    ],
)
def test_what_keeps_a_row_from_being_used_is_said(tmp_path: Path, changes: dict[str, Any], word: str) -> None:
    row = load_one(tmp_path, outcomes=[outcome(**changes)], responders=None).outcomes[0]
    assert not row.usable
    assert word in row.reason


def test_the_reason_of_an_arm_is_the_reason_of_its_rows(tmp_path: Path) -> None:
    arms = [{"id": "ket", "drug": "ketamine", "route": "IV", "n": 5}]
    row = load_one(tmp_path, arms=arms).outcomes[0]
    assert "arm ket: a ketamine arm without a dose" in row.reasons


def test_people_before_treatment_need_no_arm_that_can_be_simulated(tmp_path: Path) -> None:
    for name in ("ket", "somebody else", None):
        row = load_one(
            tmp_path,
            arms=[{"id": "ket"}, {"id": "other"}],
            outcomes=[outcome(arm=name, kind="absolute", time_d=0, mean=40.0)],
        ).outcomes[0]
        assert row.usable
        assert row.is_baseline


def test_a_number_of_two_scales_holds_for_each_and_a_strange_one_is_left_out(tmp_path: Path) -> None:
    row = read(tmp_path, instrument="HAM-A, GAD-7 and SAD-D-10", kind="percent_change", mean=-50)
    assert [item.name for item in row.instruments] == ["HAM-A", "GAD-7"]
    assert row.usable
    assert any("SAD-D-10" in flag for flag in row.flags)


def test_two_numbers_are_a_range_and_more_are_a_series(tmp_path: Path) -> None:
    assert read(tmp_path, mean=[-12, -18]).estimate.mean == (-18.0, -12.0)
    series = read(tmp_path, mean=[-5, -8, -9], time_d=[1, 7, 14])
    assert series.estimate.series == (-5.0, -8.0, -9.0)
    assert len(series.times.points) == 3


def test_an_effect_size_without_a_sign_means_improvement(tmp_path: Path) -> None:
    row = read(tmp_path, kind="effect_size", mean=None, sd=None, effect_size_d=1.1, effect_ci=[0.4, 1.9])
    assert (row.estimate.effect, row.estimate.effect_ci) == ((-1.1, -1.1), (-1.9, -0.4))
    assert row.standardised
    signed = read(tmp_path, kind="effect_size", mean=None, sd=None, effect_size_d=-1.1)
    assert signed.estimate.effect == (-1.1, -1.1)


def test_the_version_of_a_scale_is_taken_from_the_other_rows_of_the_entry(tmp_path: Path) -> None:
    rows = [outcome(instrument="PCL", kind="change"), outcome(instrument="PCL (DSM-IV)", kind="change")]
    first = load_one(tmp_path, outcomes=rows).outcomes[0]
    assert [item.name for item in first.instruments] == ["PCL-IV"]
    assert any("version of PCL" in flag for flag in first.flags)
    both = [*rows, outcome(instrument="PCL-5")]
    assert not load_one(tmp_path, outcomes=both).outcomes[0].usable


def test_every_reason_of_a_row_is_kept(tmp_path: Path) -> None:
    row = read(tmp_path, instrument="Moon Scale", arm="nobody", time_d=None, time_ref=None, mean="x")
    assert len(row.reasons) >= 4
