"""Scores of predictions made without a study, their summary and the committed table."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import norm

from ataraxy.evidence.trials import load_trials
from ataraxy.trials.uncertainty import NO_ENSEMBLE
from ataraxy.validation.left_out import (
    LeftOutRow,
    crps,
    from_csv,
    page_text,
    predict_left_out,
    rewritten,
    summarise,
    to_csv,
)

ROOT = Path(__file__).parents[3]
ROW = LeftOutRow(
    study="one", use="calibrate", arm="ket", scale="HAM-A", time_h=24.0, kind="change", unit="points", ketamine=True,
    fitted=True, effective_size=100.0, refitted=False, observed=-10.0, median=-8.0, lo90=-12.0, hi90=-4.0, change=-10.0,
    inside=True, wide=False, crps=1.0, crps_placebo=2.0,
)  # fmt: skip


@pytest.fixture(scope="module")
def committed() -> list[LeftOutRow]:
    return from_csv((ROOT / "studies" / "leave_one_study_out.csv").read_text(encoding="utf-8"))


@pytest.mark.parametrize("observed", [-1.0, 0.0, 2.5])
def test_the_score_of_normal_draws_is_the_closed_form(observed: float) -> None:
    draws = norm.ppf((np.arange(4000) + 0.5) / 4000)
    closed = observed * (2 * norm.cdf(observed) - 1) + 2 * norm.pdf(observed) - 1 / np.sqrt(np.pi)
    assert crps(draws, observed) == pytest.approx(closed, abs=2e-3)


def test_a_sure_prediction_scores_its_distance() -> None:
    assert crps([3.0], 5.0) == 2.0
    assert crps(np.full(50, 3.0), 5.0) == pytest.approx(2.0)


def test_a_wide_prediction_scores_worse_than_a_narrow_one_that_is_right() -> None:
    narrow, wide = np.linspace(-1, 1, 101), np.linspace(-10, 10, 101)
    assert crps(narrow, 0.5) < crps(wide, 0.5)


def test_skill_is_above_zero_where_the_model_is_better_and_mirrored_where_it_is_worse() -> None:
    better = summarise([ROW])
    worse = summarise([replace(ROW, crps=2.0, crps_placebo=1.0)])
    assert better is not None
    assert worse is not None
    assert (better.skill, better.better) == (pytest.approx(0.5), 1.0)
    assert (worse.skill, worse.better) == (pytest.approx(-1.0), 0.0)
    assert summarise([]) is None


def test_an_interval_that_covers_by_being_wide_does_not_count_as_useful() -> None:
    found = summarise([ROW, replace(ROW, wide=True)])
    assert found is not None
    assert (found.coverage, found.useful, found.wide) == (1.0, 0.5, 0.5)


def test_rows_survive_the_file() -> None:
    assert from_csv(to_csv([ROW])) == [ROW]


def test_a_study_is_predicted_in_both_worlds_and_the_drug_is_the_difference() -> None:
    rows = predict_left_out(
        load_trials().get("albott_2018"),
        NO_ENSEMBLE,
        fitted=True,
        effective_size=9.0,
        refitted=False,
        draws=6,
        people=4,
    )
    fall = next(row for row in rows if row.scale == "PCL-5" and row.kind == "change")
    assert fall.ketamine
    assert fall.observed == -33.3
    assert fall.crps < fall.crps_placebo
    assert fall.wide == (fall.width > 33.3)
    assert fall.inside == (fall.lo90 <= -33.3 <= fall.hi90)


def test_the_page_is_that_of_the_table(committed: list[LeftOutRow]) -> None:
    page = (ROOT / "docs" / "leave-one-study-out.md").read_text(encoding="utf-8")
    assert rewritten(page, committed) == page
    table = page_text(committed).partition("## Every result")[2]
    assert table.count("\n| ") == len(committed) + 1


def test_the_table_has_every_study_with_a_number(committed: list[LeftOutRow]) -> None:
    trials = load_trials()
    studies = {row.study for row in committed}
    assert studies <= {trial.id for trial in trials.admitted()}
    assert {"glue_2017", "taylor_2018", "feder_2021", "hull_2022", "brady_2000_sertraline_ptsd"} <= studies
    assert all(row.effective_size >= 60 for row in committed if row.fitted)
