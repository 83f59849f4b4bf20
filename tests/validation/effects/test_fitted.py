"""Fitted numbers are told from predicted ones."""

from __future__ import annotations

from dataclasses import replace

from ataraxy.calibration.page import shipped_calibration
from ataraxy.trials.interval import Interval
from ataraxy.validation.effect_row import EffectRow
from ataraxy.validation.fitted import marked

TARGET = next(t for t in shipped_calibration()["targets"] if t["study"] == "feder_2021")
ROW = EffectRow(
    trial=TARGET["study"], arm="", name=TARGET["scale"], is_measure=False, time_h=TARGET["time_h"], kind=TARGET["kind"],
    observed=TARGET["observed"], unit="points", predicted=Interval(0.0, -1.0, 1.0), status="outside", reason="",
    people=15, section=TARGET["section"], row=TARGET["row"], use="calibrate",
)  # fmt: skip


def test_the_number_that_was_fitted_is_marked() -> None:
    assert marked([ROW])[0].fitted
    assert marked([ROW])[0].to_json()["fitted"] is True


def test_another_number_place_or_kind_is_a_prediction() -> None:
    others = [
        replace(ROW, observed=TARGET["observed"] + 1.0),
        replace(ROW, row=ROW.row + 50),
        replace(ROW, kind="effect_size"),
        replace(ROW, trial="another_2020"),
        replace(ROW, predicted=None),
        replace(ROW, observed="in words"),
    ]
    assert not any(row.fitted for row in marked(others))


def test_the_middle_of_a_printed_range_is_the_fitted_number() -> None:
    middle = TARGET["observed"]
    assert marked([replace(ROW, observed=(middle - 1.0, middle + 1.0))])[0].fitted
