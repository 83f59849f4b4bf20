"""The bounded link has the published moments and stays on the scale."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm

from ataraxy.errors import InputError
from ataraxy.pharmacology.symptoms import get_indication
from ataraxy.pharmacology.symptoms.indication import NAMES
from ataraxy.pharmacology.symptoms.link import Link


@pytest.mark.parametrize("name", NAMES)
def test_scores_of_a_population_have_its_mean_and_standard_deviation(name: str) -> None:
    for scale in get_indication(name).scales.values():
        link = scale.link
        first = quad(lambda z, link=link: link.score(z) * norm.pdf(z), -9, 9)[0]
        second = quad(lambda z, link=link, m=first: (link.score(z) - m) ** 2 * norm.pdf(z), -9, 9)[0]
        assert first == pytest.approx(scale.mean, rel=1e-6)
        assert second**0.5 == pytest.approx(scale.sd, rel=1e-6)


@given(st.floats(-1e6, 1e6))
def test_no_severity_leaves_the_scale(severity: float) -> None:
    assert 0.0 <= float(Link.of(0, 56, 22, 6.8).score(severity)) <= 56.0


@given(st.floats(17.1, 84.9))
def test_severity_is_the_inverse_of_score(points: float) -> None:
    link = Link.of(17, 85, 62, 12)
    assert float(link.score(link.severity(points))) == pytest.approx(points, rel=1e-9)


def test_a_small_fall_in_the_middle_is_that_many_standard_deviations() -> None:
    link = Link.of(0, 56, 28, 3)
    assert float(link.score(0.0) - link.score(-0.5)) == pytest.approx(1.5, rel=0.02)


def test_near_the_lowest_score_the_same_fall_moves_fewer_points() -> None:
    link = Link.of(0, 56, 22, 6.8)
    assert float(link.slope(-4.0)) < 0.5 * float(link.slope(0.0))


@pytest.mark.parametrize(
    ("mean", "sd"), [(0.0, 3.0), (56.0, 3.0), (22.0, 0.0), (22.0, 40.0), (70.0, 3.0), (22.0, 5e-324)]
)
def test_moments_that_no_scale_can_have_are_refused(mean: float, sd: float) -> None:
    with pytest.raises(InputError) as refused:
        Link.of(0, 56, mean, sd)
    assert refused.value.code == "symptoms.moments"


def test_the_ends_are_infinitely_far() -> None:
    assert np.isneginf(Link.of(0, 56, 22, 6.8).severity(0.0))
    assert np.isposinf(Link.of(0, 56, 22, 6.8).severity(60.0))
