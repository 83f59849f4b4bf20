"""The drives of the effect model fit, and w_P means what it says behind them."""

import numpy as np
import pytest

from ataraxy.pharmacology.course import follow_course
from ataraxy.pharmacology.effects import EffectModel
from ataraxy.pharmacology.symptoms import Design, Draws, simulate_scores
from ataraxy.pharmacology.typical import OnePerson
from ataraxy.therapy.drug import Basis, Drug
from ataraxy.therapy.planned_dose import PlannedDose
from ataraxy.therapy.route import Route


def infusion(mg_per_kg: float) -> PlannedDose:
    return PlannedDose(
        session=0,
        time_h=0.0,
        route=Route.IV_INFUSION,
        amount=mg_per_kg,
        amount_per="mg/kg",
        basis=Basis.BASE,
        drug=Drug.RACEMIC_KETAMINE,
        duration_h=40 / 60,
    )


def relief_after(mg_per_kg: float, world: str = "published") -> tuple[np.ndarray, np.ndarray]:
    """Relief by the drug and chance of belief of a typical person, at 40 min, 24 h and 7 d."""
    times = np.array([40 / 60, 24.0, 168.0])
    course = follow_course([infusion(mg_per_kg)], OnePerson.of(), [0], times, seed=1, variability=False)
    scores = simulate_scores(
        times_h=times,
        pool=course.values["plastic_pool"],
        acute=course.values["acute"],
        dissociation_by_session=course.peaks("dissociation"),
        session_times_h=course.session_starts_h,
        indication="GAD",
        instruments=["HAM-A"],
        design=Design.saline_controlled(),
        values={
            "w_P": course.columns["w_P"],
            "w_A": course.columns["w_A"],
            "P_ref": EffectModel.of().reference_pool(),
            "omega_benefit": 1e-9,
            "trial_sd_anxiety": 1.0,
        },
        draws=Draws.typical(),
        world=world,
    )
    return scores["HAM-A"].relief[0], scores.probability_of_belief[0]


def test_a_day_after_the_reference_infusion_the_relief_is_w_P() -> None:
    relief, _ = relief_after(0.5)
    assert relief[1] == pytest.approx(0.44, abs=0.01)


def test_more_drug_relieves_more_and_is_believed_more() -> None:
    small, large = relief_after(0.25), relief_after(0.5)
    assert np.all(small[0] < large[0])
    assert small[1][0] < large[1][0]


def test_relief_at_the_end_of_the_infusion_is_that_of_the_drug_and_not_of_the_pool() -> None:
    """V14: an onset within an hour needs w_A."""
    relief, _ = relief_after(0.5)
    assert relief[0] > 0.3
    assert relief[2] < relief[1]


def test_in_the_null_world_only_belief_is_left() -> None:
    relief, belief = relief_after(0.5, world="null")
    np.testing.assert_array_equal(relief, 0.0)
    assert belief[0] > 0.5
