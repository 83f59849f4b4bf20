"""Entry cuts off the lower part of a population; what error let in does not come back."""

import numpy as np
import pytest
from scipy.stats import norm, truncnorm
from tests.pharmacology.symptoms.people import draws, scores

from ataraxy.pharmacology.symptoms import Entry, get_indication
from ataraxy.pharmacology.symptoms.baseline import enter, truncated
from ataraxy.pharmacology.symptoms.draws import Draws

PEOPLE = draws(20_000, 1)


@pytest.mark.parametrize("least", [-40.0, -1.0, 0.0, 2.0, 30.0])
def test_truncated_draws_have_the_quantiles_of_a_truncated_normal(least: float) -> None:
    z = np.linspace(-3, 3, 7)
    expected = truncnorm.ppf(norm.cdf(z), least, np.inf)
    np.testing.assert_allclose(truncated(z, least), expected, rtol=1e-6, atol=1e-9)


def test_nobody_enters_below_the_criterion() -> None:
    indication = get_indication("GAD")
    reading = indication.scale("HAM-A").link.score(enter(indication, PEOPLE).observed["HAM-A"])
    assert reading.min() >= 20.0
    # severity without error is below the criterion in some of them
    assert indication.scale("HAM-A").link.score(enter(indication, PEOPLE).true["HAM-A"]).min() < 20.0


def test_without_a_criterion_readings_are_the_population() -> None:
    indication = get_indication("PTSD").with_entry(None)
    baseline = enter(indication, PEOPLE)
    for name, scale in indication.scales.items():
        points = scale.link.score(baseline.observed[name])
        assert points.mean() == pytest.approx(scale.mean, abs=4 * scale.sd / 20_000**0.5)
        assert points.std() == pytest.approx(scale.sd, rel=0.03)
    both = np.corrcoef(baseline.observed["CAPS-5"], baseline.observed["PCL-5"])[0, 1]
    assert both == pytest.approx(0.66, abs=0.015)


def test_conditioning_by_residuals_is_that_of_rejection() -> None:
    """People who enter are distributed as those of a large population who meet the criterion."""
    indication = get_indication("PTSD")
    everybody = enter(indication.with_entry(None), PEOPLE)
    least = float(indication.scale("CAPS-5").link.severity(35.0))
    kept = everybody.observed["CAPS-5"] >= least
    chosen = enter(indication.with_entry(Entry("CAPS-5", 35.0)), PEOPLE)
    for of_all, of_chosen in (
        (everybody.observed["PCL-5"], chosen.observed["PCL-5"]),
        (everybody.true["CAPS-5"], chosen.true["CAPS-5"]),
    ):
        assert of_chosen.mean() == pytest.approx(of_all[kept].mean(), abs=0.03)
        assert of_chosen.std() == pytest.approx(of_all[kept].std(), abs=0.03)


@pytest.mark.parametrize(("least", "mean", "sd"), [(28.0, 38.7, 7.78), (35.0, 44.2, 6.15)])
def test_one_population_gives_the_baselines_of_both_trials_of_ptsd(
    least: float, mean: float, sd: float
) -> None:
    """MAPP2 and MAPP1, which differ in the severity that they asked for."""
    indication = get_indication("PTSD").with_entry(Entry("CAPS-5", least))
    points = indication.scale("CAPS-5").link.score(enter(indication, PEOPLE).observed["CAPS-5"])
    assert points.mean() == pytest.approx(mean, abs=1.0)
    assert points.std() == pytest.approx(sd, abs=0.6)


def test_choosing_by_hamilton_raises_the_gad_7_to_what_was_printed() -> None:
    """16.4 and 16.45 in people with inadequate response, against 14.8 before a choice; not used for the population."""
    indication = get_indication("GAD")
    points = indication.scale("GAD-7").link.score(enter(indication, PEOPLE).observed["GAD-7"])
    assert points.mean() == pytest.approx(16.4, abs=0.4)


def test_regression_to_the_mean_is_the_unreliable_part_of_the_excess() -> None:
    """On the severity scale, where it has a closed form: (1 - reliability) times the excess of those who entered."""
    indication = get_indication("GAD")
    scale = indication.scale("HAM-A")
    least = float(scale.link.severity(20.0))
    excess = norm.pdf(least) / norm.sf(least)
    baseline = enter(indication, PEOPLE)
    fall = (baseline.observed["HAM-A"] - baseline.true["HAM-A"]).mean()
    assert fall == pytest.approx((1.0 - scale.instrument.reliability) * excess, abs=0.01)


def test_scores_fall_after_entry_though_nothing_happens() -> None:
    who = draws(5_000, 1)
    course = scores([0.0], who)["HAM-A"]
    assert (course.observed[:, 0] - course.baseline_observed).mean() == pytest.approx(-0.6, abs=0.15)
    np.testing.assert_allclose(course.true[:, 0], course.baseline_true)


def test_a_person_stays_the_same_in_other_company() -> None:
    few = Draws(PEOPLE.person[7:9])
    indication = get_indication("SAD")
    np.testing.assert_array_equal(
        enter(indication, few).observed["LSAS"], enter(indication, PEOPLE).observed["LSAS"][7:9]
    )
