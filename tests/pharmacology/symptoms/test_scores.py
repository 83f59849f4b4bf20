"""Scores are bounded and reproducible; the drug moves them as its weights say, belief alone in the null world."""

from itertools import pairwise

import numpy as np
import pytest
from tests.pharmacology.symptoms.people import VALUES, draws, scores

from ataraxy.errors import InputError
from ataraxy.pharmacology.symptoms import (
    Design,
    Draws,
    get_indication,
    get_instrument,
    instruments,
    simulate_scores,
)
from ataraxy.pharmacology.symptoms.indication import NAMES
from ataraxy.pharmacology.symptoms.outcomes import responds

DAY, WEEK = 24.0, 168.0
FIXED = Design(guess=0.5)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("pool", [0.0, 30.0])
def test_scores_stay_on_their_scales_whatever_the_drug_does(name: str, pool: float) -> None:
    for scale in get_indication(name).scales:
        course = scores([1.0, DAY], draws(200, 2), scale, indication=name, pool=pool, acute=1.0)[scale]
        own = get_instrument(scale)
        for points in (course.true, course.observed):
            assert np.all(np.isfinite(points))
            assert np.all((points >= own.low) & (points <= own.high))


def test_more_weight_on_the_pool_never_leaves_anybody_worse() -> None:
    who = draws(300, 1)
    falls = [scores([DAY], who, pool=0.3, w_P=w, design=FIXED)["HAM-A"].true for w in (0.0, 0.2, 0.44, 2.0)]
    for less, more in pairwise(falls):
        assert np.all(more < less)


def test_the_same_draws_give_the_same_scores() -> None:
    who = draws(50, 2)
    a, b = (scores([1.0, DAY], who, pool=0.2, felt=0.4)["HAM-A"] for _ in range(2))
    np.testing.assert_array_equal(a.observed, b.observed)


def test_other_scales_that_are_asked_for_do_not_change_a_scale() -> None:
    who = draws(20, 1)
    arguments = {
        "times_h": [DAY],
        "pool": np.full((20, 1), 0.3),
        "acute": np.zeros((20, 1)),
        "dissociation_by_session": np.full((20, 1), 0.4),
        "session_times_h": [0.0],
        "indication": "GAD",
        "design": Design.saline_controlled(),
        "values": VALUES,
        "draws": who,
    }
    one = simulate_scores(instruments=["GAD-7"], **arguments)  # type: ignore[arg-type]
    both = simulate_scores(instruments=["HAM-A", "GAD-7"], **arguments)  # type: ignore[arg-type]
    np.testing.assert_array_equal(one["GAD-7"].observed, both["GAD-7"].observed)


def test_the_mean_relief_at_the_reference_pool_is_w_P() -> None:
    """In standard deviations of a trial: people differ in what they gain, and the mean is kept."""
    course = scores([DAY], draws(20_000, 1), pool=0.3, w_A=0.0)["HAM-A"]
    assert course.relief.mean() == pytest.approx(0.95 * 0.44, rel=0.02)
    assert course.relief.std() / course.relief.mean() == pytest.approx(0.5, rel=0.05)


def test_depression_gains_more_of_the_pool_than_anxiety() -> None:
    who = Draws.typical()
    arguments = {"pool": 0.3, "trial_sd_anxiety": 1.0, "trial_sd_depression": 1.0}
    anxiety = scores([DAY], who, "GAD-7", indication="TRD", **arguments)["GAD-7"].relief  # type: ignore[arg-type]
    depression = scores([DAY], who, "MADRS", indication="TRD", **arguments)["MADRS"].relief  # type: ignore[arg-type]
    assert depression[0, 0] / anxiety[0, 0] == pytest.approx(0.58 / 0.44, rel=0.01)


def test_in_the_null_world_the_dose_matters_only_by_what_is_felt() -> None:
    who = draws(2_000, 1)
    none, much = (scores([DAY], who, pool=p, world="null", design=FIXED)["HAM-A"].true for p in (0.0, 0.9))
    np.testing.assert_array_equal(none, much)
    felt = scores([DAY], who, felt=0.5, world="null")["HAM-A"].true
    unfelt = scores([DAY], who, felt=0.0, world="null")["HAM-A"].true
    assert felt.mean() < unfelt.mean()
    assert np.all(felt <= unfelt)


def test_masking_by_anaesthesia_leaves_only_the_drug_between_the_arms() -> None:
    """And in the null world nothing at all, as in a trial of people under anaesthesia."""
    who = draws(500, 1)
    drug = scores([DAY], who, felt=0.9, pool=0.3, design=Design.under_anaesthesia(), world="null")
    control = scores([DAY], who, design=Design.under_anaesthesia(control=True), world="null")
    np.testing.assert_array_equal(drug["HAM-A"].true, control["HAM-A"].true)


def test_a_control_that_is_felt_makes_the_drug_look_smaller() -> None:
    """d 1.8 (1.4 to 2.2) over saline and 0.7 (0.4 to 0.9) over midazolam a day after one infusion, depression."""
    who = draws(4_000, 1)
    at_day = {"scale": "MADRS", "indication": "TRD"}
    drug = scores([DAY], who, pool=0.3, felt=0.42, **at_day)["MADRS"].observed  # type: ignore[arg-type]
    sizes = []
    for design in (Design.saline_controlled(control=True), Design.midazolam_controlled(control=True)):
        control = scores([DAY], who, design=design, **at_day)["MADRS"].observed  # type: ignore[arg-type]
        sizes.append((control.mean() - drug.mean()) / np.sqrt((control.var() + drug.var()) / 2.0))
    assert 1.4 < sizes[0] < 2.2
    assert 0.4 < sizes[1] < 0.9


def test_two_readings_agree_as_their_reliability_says() -> None:
    for name in ("CAPS-5", "PCL-5"):
        still = {"course_sd": 0.0, "placebo, " + name: 0.0, "expectancy_anxiety": 0.0}
        course = scores(
            [0.0, 1.0],
            draws(20_000, 2),
            name,
            indication="PTSD",
            **still,  # type: ignore[arg-type]
        )[name]
        link = get_indication("PTSD").scale(name).link
        severity = link.severity(course.observed)
        # the entry criterion narrows the range: error and true variances are compared, not the correlation
        error = (severity[:, 1] - severity[:, 0]).var() / 2.0
        assert error == pytest.approx(1.0 - get_instrument(name).reliability, rel=0.03)


def test_change_in_routine_care_spreads_as_in_the_cohort_of_veterans() -> None:
    """PCL change -5.0 to -6.0 with SD 14.4 to 15.4 over months of drug treatment."""
    everybody = get_indication("PTSD").with_entry(None)
    who = draws(5_000, 1)
    shape = (5_000, 1)
    course = simulate_scores(
        times_h=[26 * WEEK],
        pool=np.zeros(shape),
        acute=np.zeros(shape),
        dissociation_by_session=np.zeros((5_000, 0)),
        session_times_h=[],
        indication=everybody,
        instruments=["PCL-IV"],
        setting="routine_veteran_care",
        design=Design.open_label(),
        values=VALUES,
        draws=who,
    )["PCL-IV"]
    change = course.observed[:, 0] - course.baseline_observed
    assert change.mean() == pytest.approx(-5.5, abs=1.0)
    assert 12.0 < change.std() < 16.0


def test_placebo_falls_in_civilian_trials_are_several_times_those_of_routine_care() -> None:
    who = draws(3_000, 1, noisy=False)
    falls = {}
    for setting in ("civilian_trial", "veteran_trial", "routine_veteran_care", "untreated"):
        course = scores(
            [12 * WEEK],
            who,
            "PCL-5",
            indication="PTSD",
            setting=setting,
            design=Design.saline_controlled(control=True),
        )["PCL-5"]
        falls[setting] = float((course.baseline_true - course.true[:, 0]).mean())
    assert falls["civilian_trial"] > 2.5 * falls["routine_veteran_care"]
    ordered = list(falls.values())
    assert ordered == sorted(ordered, reverse=True)


def test_placebo_arms_fall_as_those_they_were_taken_from() -> None:
    """HAM-A -7.4 in 8 weeks, LSAS -15.6 in 12; regression to the mean comes by itself and is not put in twice."""
    who = draws(5_000, 1)
    control = Design.saline_controlled(control=True)
    gad = scores([8 * WEEK], who, design=control, expectancy_anxiety=1e-9)["HAM-A"]
    sad = scores([12 * WEEK], who, "LSAS", indication="SAD", design=control, expectancy_anxiety=1e-9)["LSAS"]
    assert (gad.observed[:, 0] - gad.baseline_observed).mean() == pytest.approx(-7.4, abs=0.8)
    assert (sad.observed[:, 0] - sad.baseline_observed).mean() == pytest.approx(-15.6, abs=1.5)


def test_many_respond_on_placebo_by_a_single_line_and_few_by_a_long_interview() -> None:
    """Negative control: 53% by VAS-anxiety and none by LSAS on saline, at best in two weeks."""
    days = DAY * np.array([1.0, 2, 3, 5, 7, 10, 14])
    who = draws(3_000, len(days))
    share = {}
    for scale in ("VAS-anxiety", "LSAS"):
        course = scores(days, who, scale, indication="SAD", design=Design.saline_controlled(control=True))[
            scale
        ]
        responded = responds(course.observed, course.baseline_observed, get_instrument(scale))
        share[scale] = responded.any(axis=1).mean()
    assert share["VAS-anxiety"] > 0.35
    assert share["LSAS"] < 0.5 * share["VAS-anxiety"]


def test_factors_of_a_cohort_and_of_a_trial_scale_what_they_name() -> None:
    who = draws(50, 1)
    one, two = (scores([DAY], who, pool=0.3, benefit_factor=f)["HAM-A"] for f in (1.0, 2.0))
    np.testing.assert_allclose(two.relief, 2.0 * one.relief)
    still = Draws.typical()
    one, two = (scores([WEEK], still, placebo_factor=f)["HAM-A"] for f in (1.0, 2.0))
    np.testing.assert_allclose(two.placebo, 2.0 * one.placebo)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"pool": np.zeros((2, 3))}, "symptoms.pool"),
        ({"acute": np.zeros((3, 1))}, "symptoms.acute"),
        ({"dissociation_by_session": np.zeros((2, 2))}, "symptoms.dissociation_by_session"),
        ({"session_times_h": [5.0], "dissociation_by_session": np.zeros((2, 0))}, "symptoms.dissociation_by_session"),
        ({"world": "best"}, "symptoms.world"),
        ({"setting": "moon"}, "symptoms.setting"),
        ({"values": {"w_P": 0.4, "w_A": 0.7}}, "symptoms.values"),
        ({"values": {**VALUES, "w_Q": 1.0}}, "symptoms.values"),
        ({"instruments": ["CAPS-5"]}, "symptoms.scale"),
        ({"instruments": ["STAI"]}, "symptoms.instrument"),
        ({"indication": "OCD"}, "symptoms.indication"),
        ({"draws": Draws(Draws.typical(2).person, {"HAM-A": np.zeros((2, 9))})}, "symptoms.draws-shape"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(change: dict[str, object], code: str) -> None:
    arguments: dict[str, object] = {
        "times_h": [DAY],
        "pool": np.zeros((2, 1)),
        "acute": np.zeros((2, 1)),
        "dissociation_by_session": np.zeros((2, 1)),
        "session_times_h": [0.0],
        "indication": "GAD",
        "instruments": ["HAM-A"],
        "design": Design.open_label(),
        "values": VALUES,
        "draws": Draws.typical(2),
    }
    with pytest.raises(InputError) as refused:
        simulate_scores(**(arguments | change))  # type: ignore[arg-type]
    assert refused.value.code == code


def test_sessions_out_of_order_are_refused() -> None:
    with pytest.raises(InputError) as refused:
        simulate_scores(
            times_h=[DAY],
            pool=np.zeros((1, 1)),
            acute=np.zeros((1, 1)),
            dissociation_by_session=np.zeros((1, 2)),
            session_times_h=[48.0, 0.0],
            indication="GAD",
            instruments=["HAM-A"],
            design=Design.open_label(),
            values=VALUES,
            draws=Draws.typical(),
        )
    assert refused.value.code == "symptoms.sessions"


def test_draws_need_a_column_for_everything() -> None:
    with pytest.raises(InputError) as refused:
        Draws(np.zeros((2, 3)))
    assert refused.value.code == "symptoms.draws-shape"


def test_the_order_of_scales_is_the_order_of_draws() -> None:
    """A change here gives every person other draws: new scales go to the end."""
    assert list(instruments()) == [
        "GAD-7", "HAM-A", "LSAS", "PCL-5", "CAPS-5", "IES-R", "VAS-anxiety", "MADRS", "FQ", "BAI", "CAPS-IV", "PCL-IV",
    ]  # fmt: skip
