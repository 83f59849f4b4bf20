"""Importance sampling against posteriors that are known in closed form."""

from __future__ import annotations

import numpy as np
import pytest

from ataraxy.calibration.importance import move, sample_posterior
from ataraxy.errors import InputError

LOADINGS = np.array([[1.0, 0.0, 0.5], [0.0, 2.0, 0.0]])
OBSERVED = np.array([1.5, -2.0])
ERROR = np.array([0.3, 0.4])


def linear_gaussian(z: np.ndarray) -> np.ndarray:
    return -0.5 * ((z @ LOADINGS.T - OBSERVED) / ERROR) ** 2


def posterior(loadings: np.ndarray, observed: np.ndarray, error: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    precision = np.eye(3) + loadings.T @ np.diag(error**-2.0) @ loadings
    covariance = np.linalg.inv(precision)
    return covariance @ loadings.T @ (observed / error**2), covariance


def test_mean_and_covariance_are_those_of_the_closed_form() -> None:
    result = sample_posterior(linear_gaussian, 3, seed=1, draws=4000, rounds=4)
    mean, covariance = posterior(LOADINGS, OBSERVED, ERROR)
    found = result.weights @ result.draws
    centred = result.draws - found
    np.testing.assert_allclose(found, mean, atol=0.03)
    np.testing.assert_allclose((result.weights[:, None] * centred).T @ centred, covariance, atol=0.05)
    assert result.effective_size > 4000


def test_leaving_a_target_out_is_the_posterior_of_the_others() -> None:
    result = sample_posterior(linear_gaussian, 3, seed=1, draws=4000, rounds=4).without([1])
    mean, _ = posterior(LOADINGS[:1], OBSERVED[:1], ERROR[:1])
    np.testing.assert_allclose(result.weights @ result.draws, mean, atol=0.1)


def test_without_targets_the_posterior_is_the_prior() -> None:
    result = sample_posterior(lambda z: np.zeros((len(z), 1)), 2, seed=1, draws=2000, rounds=3)
    np.testing.assert_allclose(result.weights @ result.draws, 0.0, atol=0.05)


def test_resampled_draws_have_the_weighted_mean() -> None:
    result = sample_posterior(linear_gaussian, 3, seed=1, draws=2000, rounds=3)
    np.testing.assert_allclose(
        result.resample(2000, seed=2).mean(axis=0), result.weights @ result.draws, atol=0.03
    )


def test_equal_seeds_give_equal_draws() -> None:
    a, b = (sample_posterior(linear_gaussian, 3, seed=7, draws=100, rounds=2) for _ in range(2))
    assert a.draws.tobytes() == b.draws.tobytes()
    assert not np.array_equal(
        a.draws, sample_posterior(linear_gaussian, 3, seed=8, draws=100, rounds=2).draws
    )


def test_impossible_targets_are_refused() -> None:
    with pytest.raises(InputError, match=r"calibration\.impossible"):
        sample_posterior(lambda z: np.full((len(z), 1), -np.inf), 2, seed=1, draws=100)


def test_moved_draws_have_the_closed_form_mean_and_covariance_from_few_weighed_ones() -> None:
    result = sample_posterior(linear_gaussian, 3, seed=1, draws=100, rounds=2)
    mean, covariance = posterior(LOADINGS, OBSERVED, ERROR)
    moved = move(result, linear_gaussian, (mean, 1.3 * covariance), draws=3000, steps=25, seed=1)
    np.testing.assert_allclose(moved.draws.draws.mean(axis=0), mean, atol=0.05)
    np.testing.assert_allclose(np.cov(moved.draws.draws.T), covariance, atol=0.06)
    np.testing.assert_allclose(moved.draws.weights, 1.0 / 3000)
    assert 0.3 < moved.accepted < 1.0
    assert moved.effective_size > result.effective_size


def test_moved_draws_without_a_target_are_the_posterior_of_the_others() -> None:
    vague = np.array([0.8, 3.0])

    def told(z: np.ndarray) -> np.ndarray:
        return -0.5 * ((z @ LOADINGS.T - OBSERVED) / vague) ** 2

    result = sample_posterior(told, 3, seed=1, draws=1000, rounds=2)
    mean, covariance = posterior(LOADINGS, OBSERVED, vague)
    moved = move(result, told, (mean, 1.2 * covariance), draws=6000, steps=30, seed=1)
    left = moved.draws.without([1])
    wanted, _ = posterior(LOADINGS[:1], OBSERVED[:1], vague[:1])
    np.testing.assert_allclose(left.weights @ left.draws, wanted, atol=0.08)
    assert left.effective_size < moved.draws.effective_size


def test_draws_that_take_no_step_stay_where_they_are() -> None:
    result = sample_posterior(linear_gaussian, 3, seed=1, draws=200, rounds=2)
    moved = move(result, linear_gaussian, (np.zeros(3), np.eye(3)), draws=50, steps=0, seed=4)
    np.testing.assert_array_equal(moved.draws.draws, result.resample(50, seed=4))
    assert moved.kept == 1.0


def test_a_guess_that_is_the_posterior_leaves_nearly_all_draws_effective() -> None:
    closed = posterior(LOADINGS, OBSERVED, ERROR)
    plain = sample_posterior(linear_gaussian, 3, seed=1, draws=500, rounds=2)
    guessed = sample_posterior(linear_gaussian, 3, seed=1, draws=500, rounds=2, guess=lambda z: closed)
    assert guessed.effective_size > plain.effective_size
