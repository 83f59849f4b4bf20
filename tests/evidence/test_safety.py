"""Safety: names of measures, numbers in their units, what is not usable."""

from pathlib import Path
from typing import Any

import pytest
from tests.evidence.trial_file import load_one, shipped

from ataraxy.evidence.measure import parse_measure
from ataraxy.evidence.safety import SafetyOutcome


def read(folder: Path, **changes: Any) -> SafetyOutcome:
    row = {"measure": "AE:nausea", "arm": "ket", "kind": "percent", "mean": 20}
    row.update(changes)
    return load_one(folder, safety=[{k: v for k, v in row.items() if v is not None}]).safety[0]


@pytest.mark.parametrize(
    ("text", "kind", "names"),
    [
        ("SBP_mmHg", "peak_change", ["sbp_rise"]),
        ("SBP_mmHg mean", "peak_change", ["sbp_rise"]),
        ("DBP_mmHg, age>=65", "peak_change", ["dbp_rise"]),
        ("HR_bpm", "change", ["hr_rise"]),
        ("CADSS_total", "absolute", ["cadss_total"]),
        ("CADSS, BP, HR", "qualitative", ["cadss_total", "sbp_rise", "dbp_rise", "hr_rise"]),
        ("SBP rise >=40", "percent", ["share_sbp_rise_ge_40"]),
        ("SBP rise ≥ 40 mmHg", "percent", ["share_sbp_rise_ge_40"]),
        ("SBP >=180", "percent", ["share_sbp_ge_180"]),
        ("SBP>=180 and/or DBP>=110, 18-64 y", "percent_range", ["share_sbp_ge_180_or_dbp_ge_110"]),
        (
            "SBP rise >=40 and/or DBP rise >=25 mmHg within 1.5 h, at least once in first 4 weeks",
            "percent_range",
            ["share_sbp_rise_ge_40_or_dbp_rise_ge_25"],
        ),
        ("treatment-emergent hypertension >=165/100", "percent", ["share_sbp_ge_165_or_dbp_ge_100"]),
        ("CADSS total >4 and change >0", "percent", ["share_cadss_gt_4"]),
        ("CADSS dissociation", "percent", ["share_cadss_gt_4"]),
        ("MOAA/S sedation (any decrease)", "percent", ["share_sedation"]),
        ("sedation, REMS, sessions", "percent", ["share_sedation"]),
        ("loss of consciousness", "percent", ["share_loss_of_consciousness"]),
        ("AE:nausea", "percent", ["ae:nausea"]),
        ("nausea", "percent", ["ae:nausea"]),
        ("blurred vision", "count", ["ae:blurred_vision"]),
        ("AE:nausea per session", "percent", ["ae:nausea"]),
        ("systolic blood pressure", "peak_change", ["sbp_rise"]),
        ("Diastolic BP change", "change", ["dbp_rise"]),
        ("SBP_mmHg", "absolute", ["sbp"]),
        ("SBP increase >=40", "percent", ["share_sbp_rise_ge_40"]),
        ("AE:blood_pressure_increased", "percent", ["ae:blood_pressure_increased"]),
        ("AE:BP increased", "percent", ["ae:blood_pressure_increased"]),
        ("AE:headache (SUSTAIN-3, any time)", "percent", ["ae:headache"]),
        ("any AE", "bound", ["ae:any"]),
        ("serious AE", "count", ["ae:serious"]),
        ("BP peak time", "time", ["time_of_peak:bp"]),
        ("BP return to predose range", "time", ["time_to_baseline:bp"]),
        ("BP and HR return to baseline", "time", ["time_to_baseline:bp"]),
        ("MOAA/S onset", "time", ["time_of_onset:sedation"]),
        ("MOAA/S back to 5", "time", ["time_to_baseline:sedation"]),
        ("CADSS peak", "time", ["time_of_peak:cadss"]),
        ("ready for discharge", "bound", ["share_ready_for_discharge"]),
        ("colour of the walls", "percent", []),
        ("", "percent", []),
        (",,(", "percent", []),
    ],
)
def test_measures_have_one_name_each(text: str, kind: str, names: list[str]) -> None:
    read_measure = parse_measure(text, kind)
    assert [item.name for item in read_measure.found] == names
    assert bool(read_measure.reasons) == (not names)


def test_shares_of_people_and_of_sessions_are_told_apart() -> None:
    assert parse_measure("sedation, REMS, sessions", "percent").per == "sessions"
    assert parse_measure("AE:drowsiness, infusions", "percent").per == "sessions"
    assert parse_measure("sedation, REMS, patients", "percent").per == "people"
    assert parse_measure("AE:nausea per infusion", "percent").per == "sessions"
    assert parse_measure("AE:nausea", "percent").per == ""


def test_same_means_the_measure_before() -> None:
    read_measure = parse_measure("same, age>=65", "percent", "SBP>=180 and/or DBP>=110, 18-64 y")
    assert [item.name for item in read_measure.found] == ["share_sbp_ge_180_or_dbp_ge_110"]
    assert read_measure.group.age_from == 65
    assert parse_measure("same, age>=65", "percent").reasons


def test_numbers_are_in_the_unit_of_the_measure(tmp_path: Path) -> None:
    row = read(tmp_path)
    assert (row.usable, row.value, row.measures[0].unit) == (True, (20.0, 20.0), "%")
    assert read(tmp_path, kind="count", mean=None, n_events=5, N=20).value == (25.0, 25.0)
    assert read(tmp_path, kind="percent_range", mean=[8, 19]).value == (8.0, 19.0)
    limit = read(tmp_path, kind="bound", mean=None, bound="<", value=5)
    assert (limit.usable, limit.bound, limit.value) == (True, "<", (5.0, 5.0))
    moment = read(tmp_path, measure="BP peak time", kind="time", mean=None, time_min=[30, 45])
    assert (moment.usable, moment.value) == (True, (0.5, 0.75))


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"mean": 120}, "not possible"),
        ({"mean": -3}, "below zero"),
        ({"mean": None}, "no number"),
        ({"kind": "count", "mean": None, "n_events": 5}, "without the number of people"),
        ({"kind": "count", "mean": None, "n_events": 50, "N": 20}, "more events than people"),
        ({"kind": "bound"}, "side of the limit"),
        ({"kind": "protocol"}, "a rule of the trial"),
        ({"kind": "odds_ratio"}, "odds"),
        ({"kind": "qualitative", "mean": None}, "no machine-readable claim"),
        ({"kind": "guess"}, "not known"),
        ({"measure": "aura"}, "not known"),
        ({"measure": "severe hypertension"}, "limit that is not stated"),
        ({"measure": "SBP_mmHg"}, "does not fit"),
        ({"kind": "change"}, "does not fit"),
        ({"arm": "nobody"}, "not one of"),
        ({"arm": "ket vs mid"}, "two arms"),
        ({"time_h": "late"}, "not a number"),
        ({"measure": "CADSS_total", "kind": "absolute", "mean": -2}, "below zero"),
    ],
)
def test_what_keeps_a_row_from_being_used_is_said(tmp_path: Path, changes: dict[str, Any], word: str) -> None:
    row = read(tmp_path, **changes)
    assert not row.usable
    assert word in row.reason


def test_a_group_of_age_in_measure_or_arm_is_that_of_the_row(tmp_path: Path) -> None:
    assert read(tmp_path, measure="AE:nausea, age>=65").comparison.group.age_from == 65
    assert read(tmp_path, arm="ket_lt65").comparison.group.age_below == 65


def test_same_after_same_is_still_the_first_measure() -> None:
    rows = [row for row in shipped().by_id["doherty_2020_esk_cardiac"].safety if row.text.startswith("same")]
    assert len(rows) == 4
    assert {row.measures[0].name for row in rows} == {"share_sbp_ge_180_or_dbp_ge_110"}


def test_a_field_may_tell_what_a_share_counts(tmp_path: Path) -> None:
    assert read(tmp_path, per="session").per == "sessions"
    assert read(tmp_path, per="patients").per == "people"


def test_the_published_tail_of_blood_pressure_comes_through() -> None:
    rows = shipped().by_id["spravato_label_safety"].safety
    rises = [r for r in rows if r.measures and r.measures[0].name == "share_sbp_rise_ge_40" and r.usable]
    found = {(r.comparison.arms[0].id, r.comparison.group.text): r.value and r.value.middle for r in rises}
    assert found == {
        ("esk", "age below 65"): 8.0,
        ("pbo", "age below 65"): 0.5,
        ("esk", "age from 65"): 17.0,
        ("pbo", "age from 65"): 2.0,
    }
