"""Laws of the readings: bounds, order, the way back, and what is refused."""

import numpy as np
import pytest
from tests.pharmacology.effects.conftest import Runner

from ataraxy.engine.random import normals
from ataraxy.errors import InputError
from ataraxy.pharmacology.effects.reference_arms import course, infusion, nasal_esketamine, subcutaneous
from ataraxy.pharmacology.effects.safety import (
    HIGHEST_CADSS,
    any_sedation,
    blood_pressure_rise,
    cadss,
    heart_rate_rise,
    hours_back_to_baseline,
    measured_change,
    probability_of_loss_of_consciousness,
    probability_of_nausea,
    share_above,
    tolerance,
)

TIMES_H = np.linspace(0.0, 4.0, 97)


def test_tolerance_is_one_in_the_first_session_and_phi_in_the_end() -> None:
    assert tolerance(1, 0.44, 4.0) == pytest.approx(1.0)
    assert tolerance(1000, 0.44, 4.0) == pytest.approx(0.44)
    sessions = tolerance(np.arange(1, 20), 0.44, 4.0)
    assert (np.diff(sessions) < 0.0).all()


def test_sessions_are_counted_from_one() -> None:
    with pytest.raises(InputError) as refused:
        tolerance(0, 0.44, 4.0)
    assert refused.value.code == "safety.session"


def test_weekly_cadss_falls_from_20_to_8_8_over_14_weeks_within_3_points() -> None:
    # V18: phi is calibrated on these two numbers
    week14 = 20.0 * tolerance(14, 0.44, 4.0)
    assert week14 == pytest.approx(8.8, abs=3.0)


def test_cadss_rises_with_the_drive_and_keeps_to_the_scale() -> None:
    drive = np.linspace(0.0, 1.0, 11)[None, :]
    score = cadss(drive, E_max=np.array([42.0]), background=3.0)
    assert score[0, 0] == pytest.approx(3.0)
    assert (np.diff(score) > 0.0).all()
    assert cadss(drive, E_max=1000.0).max() == HIGHEST_CADSS


def test_each_person_has_their_own_maximum() -> None:
    score = cadss(np.full((2, 3), 0.5), E_max=np.array([20.0, 40.0]))
    assert score == pytest.approx(np.array([[10.0] * 3, [20.0] * 3]))


def test_pressure_rises_with_the_dose_and_in_proportion_to_the_setting(typical: Runner) -> None:
    peaks = [typical(infusion(d), times_h=TIMES_H)["cardiovascular"].max() for d in (0.1, 0.25, 0.5, 1.0)]
    assert (np.diff(peaks) > 0.0).all()
    once, twice = (blood_pressure_rise(np.array([[0.5]]), 13.1, setting) for setting in (1.0, 2.0))
    assert twice == pytest.approx(2.0 * once)
    assert heart_rate_rise(np.array([[0.5]]), 6.6) == pytest.approx(3.3)


def test_one_predose_reading_stands_behind_all_changes_of_a_session() -> None:
    rise = np.zeros((20_000, 3))
    draws = normals(1, "noise", 0, range(20_000), 4)
    change = measured_change(rise, 7.2, draws[:, :3], draws[:, 3])
    assert change.std(axis=0) == pytest.approx(np.full(3, 7.2 * np.sqrt(2.0)), rel=0.02)
    assert np.corrcoef(change.T)[0, 1] == pytest.approx(0.5, abs=0.02)
    assert change.max(axis=1).mean() == pytest.approx(6.1, abs=0.1)


def test_pressure_is_raised_at_40_minutes_of_an_infusion_and_not_at_100(typical: Runner) -> None:
    # fang_2019_bp: only the reading at 40 min differed
    drive = typical(times_h=[0.0, 40.0 / 60.0, 100.0 / 60.0])["cardiovascular"][0]
    assert 13.1 * drive[1] > 6.0
    assert 13.1 * drive[2] < 2.0


def test_pressure_is_highest_around_half_an_hour_after_the_nasal_spray_and_mostly_back_at_90_minutes() -> (
    None
):
    drive = course(range(300), 7, nasal_esketamine(3), TIMES_H)["cardiovascular"].mean(axis=0)
    # published 40 min; the arterial disposition is quicker, so this comes a little early
    assert 25.0 <= 60.0 * TIMES_H[drive.argmax()] <= 45.0
    assert np.interp(1.5, TIMES_H, drive) < 0.65 * drive.max()


def test_one_mg_per_kg_under_the_skin_raises_pressure_by_about_10_at_30_minutes() -> None:
    # V4, predicted: published about +10 / +10
    solution = course(range(300), 7, subcutaneous(1.0), [0.0, 0.5])
    mean_factor = np.exp(np.log1p(0.44**2))  # people and sessions, both log-normal
    assert 13.1 * mean_factor * solution["cardiovascular"][:, 1].mean() == pytest.approx(10.0, abs=5.0)
    assert 7.17 * mean_factor * solution["cardiovascular"][:, 1].mean() == pytest.approx(10.0, abs=5.0)


def test_everybody_has_a_sedation_threshold_of_their_own() -> None:
    site = np.array([[0.1, 0.3], [0.1, 0.3]])
    assert any_sedation(site, np.array([0.2, 0.4])).tolist() == [[False, True], [False, False]]


def test_loss_of_consciousness_is_even_at_its_concentration_and_rises_with_it() -> None:
    site = np.array([0.0, 0.3, 1.06, 1.64, 5.0])
    probability = probability_of_loss_of_consciousness(site, 1.64, 3.71)
    assert probability[0] == 0.0
    assert probability[3] == pytest.approx(0.5)
    assert (np.diff(probability) > 0.0).all()


def test_loss_of_consciousness_on_nasal_esketamine_is_of_the_published_order() -> None:
    # V5: 0.3 to 0.4% of people; order of magnitude
    site = course(range(500), 7, nasal_esketamine(3), TIMES_H)["sedation_site_mg_per_l"]
    share = probability_of_loss_of_consciousness(site.max(axis=1), 1.64, 3.71).mean()
    assert 0.0003 < share < 0.03


def test_sedation_follows_within_a_minute_and_perception_does_not(typical: Runner) -> None:
    times = np.linspace(0.0, 1.0, 121)
    solution = typical(times_h=times)
    end = np.searchsorted(times, 40.0 / 60.0)
    fallen = {
        name: solution[name][0, end + 10] / solution[name][0, end]
        for name in ("sedation_site_mg_per_l", "effect_site_ng_per_ml")
    }
    assert fallen["sedation_site_mg_per_l"] < 0.8 * fallen["effect_site_ng_per_ml"]


def test_nausea_without_drug_is_that_of_placebo_and_rises_with_the_level() -> None:
    assert probability_of_nausea(0.0, 0.00735, 0.106) == pytest.approx(0.106)
    levels = probability_of_nausea(np.array([0.0, 50.0, 200.0]), 0.00735, 0.106)
    assert (np.diff(levels) > 0.0).all()
    assert probability_of_nausea(125.0, 0.00204, 0.106) < probability_of_nausea(125.0, 0.00735, 0.106)


def test_the_way_back_is_between_the_last_time_outside_and_the_next() -> None:
    times = np.array([10.0, 11.0, 12.0, 13.0])
    reading = np.array(
        [[0.0, 8.0, 2.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 9.0], [9.0, 0.0, 9.0, 0.0]]
    )
    hours = hours_back_to_baseline(times, reading, 4.0)
    assert hours[0] == pytest.approx(1.0 + 4.0 / 6.0)
    assert hours[1] == 0.0
    assert np.isnan(hours[2])
    assert hours[3] == pytest.approx(2.0 + 5.0 / 9.0)


def test_dissociation_and_pressure_return_to_baseline_within_two_hours_of_the_infusion(
    typical: Runner,
) -> None:
    solution = typical(times_h=TIMES_H)
    felt = hours_back_to_baseline(TIMES_H, cadss(solution["dissociation"], E_max=35.9), 4.0)
    raised = hours_back_to_baseline(TIMES_H, blood_pressure_rise(solution["cardiovascular"], 13.1), 2.0)
    assert 40.0 / 60.0 < felt[0] < 40.0 / 60.0 + 2.0
    assert 40.0 / 60.0 < raised[0] < 40.0 / 60.0 + 1.5
    assert solution["cardiovascular"][0, -1] < 0.02


def test_a_larger_dose_takes_longer_back(typical: Runner) -> None:
    hours = [
        hours_back_to_baseline(
            TIMES_H, cadss(typical(infusion(d), times_h=TIMES_H)["dissociation"], E_max=35.9), 4.0
        )[0]
        for d in (0.25, 0.5, 1.0)
    ]
    assert hours[0] < hours[1] < hours[2]


def test_share_above_counts_those_at_the_threshold() -> None:
    assert share_above(np.array([39.9, 40.0, 50.0, 0.0]), 40.0) == 0.5
