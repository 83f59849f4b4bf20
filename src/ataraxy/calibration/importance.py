"""Parameter sets that agree with observations, by adaptive importance sampling.

Parameters are drawn in the space in which their prior uncertainty is standard normal (the draws that
`ParameterTable.values_at` takes), so the prior needs no tuning and a draw can be stored as it is. Each round samples
from a normal distribution fitted to what the rounds before found, mixed with the prior; all rounds count together with
the balance heuristic (E. Veach and L. Guibas, SIGGRAPH 1995; J.-M. Cornuet et al., "Adaptive multiple importance
sampling", Scand J Statist 39:798, 2012, https://doi.org/10.1111/j.1467-9469.2011.00756.x).

The log-likelihood is kept apart for every target, so that the weights without a study are a subtraction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.special import logsumexp

from ataraxy.engine.random import normals, uniforms
from ataraxy.errors import InputError

Floats = npt.NDArray[np.float64]
LogLikelihood = Callable[[Floats], Floats]

PRIOR_SHARE = 0.2  # of the draws of later rounds: keeps the tails of the prior in view
INFLATION = 1.4  # of the fitted covariance: a proposal should be wider than its target


@dataclass(frozen=True, eq=False)
class WeightedDraws:
    """Draws of the parameters with their weights.

    Attributes:
        draws: f8[n, parameters], standard normal under the prior.
        log_prior_ratio: f8[n], logarithm of prior over proposal density.
        log_likelihood: f8[n, targets].
    """

    draws: Floats
    log_prior_ratio: Floats
    log_likelihood: Floats

    @property
    def weights(self) -> Floats:
        """f8[n], adding up to one."""
        log_weights = self.log_prior_ratio + self.log_likelihood.sum(axis=1)
        return np.asarray(np.exp(log_weights - logsumexp(log_weights)))

    @property
    def effective_size(self) -> float:
        """How many equally weighted draws would know as much (Kish)."""
        return float(1.0 / np.sum(self.weights**2))

    def without(self, targets: Sequence[int]) -> WeightedDraws:
        """The same draws as if some targets had not been observed."""
        kept = np.delete(self.log_likelihood, list(targets), axis=1)
        return replace(self, log_likelihood=kept)

    def resample(self, n: int, seed: int) -> Floats:
        """f8[n, parameters] of equal weight, by systematic resampling."""
        start = uniforms(seed, "calibration-resampling", 0, [0], 1)[0, 0]
        points = (np.arange(n) + start) / n
        chosen = np.searchsorted(np.cumsum(self.weights), points)
        return np.asarray(self.draws[np.minimum(chosen, len(self.draws) - 1)])


def sample_posterior(
    log_likelihood: LogLikelihood, parameters: int, *, seed: int, draws: int = 4000, rounds: int = 5
) -> WeightedDraws:
    """Draws of `parameters` standard-normal coordinates weighted by how well they agree with the targets.

    Args:
        log_likelihood: f8[n, parameters] -> f8[n, targets]; minus infinity where a set is impossible.
        draws: in each round.
        rounds: the first samples the prior.

    Raises:
        InputError: no draw of the prior is possible at all.
    """
    if draws < 10 or rounds < 1:
        raise InputError(
            f"{draws} draws in {rounds} rounds",
            code="calibration.numbers",
            remedy="Use at least 10 draws and one round",
            where="calibration",
        )
    proposals: list[tuple[Floats, Floats]] = [(np.zeros(parameters), np.eye(parameters))]
    found = np.empty((0, parameters))
    likelihood: Floats | None = None
    result: WeightedDraws | None = None
    for number in range(rounds):
        z = normals(seed, "calibration", number, range(draws), parameters)
        if number > 0:
            mean, covariance = proposals[-1]
            fresh = mean + z @ np.linalg.cholesky(covariance).T
            from_prior = uniforms(seed, "calibration-mixture", number, range(draws), 1)[:, 0] < PRIOR_SHARE
            z = np.where(from_prior[:, None], z, fresh)
        terms = log_likelihood(z)
        found = np.concatenate([found, z])
        likelihood = terms if likelihood is None else np.concatenate([likelihood, terms])
        log_prior = _log_normal(found, np.zeros(parameters), np.eye(parameters))
        each_round = []
        for k in range(number + 1):
            share = PRIOR_SHARE if k else 1.0
            parts = [np.log(share) + log_prior]
            if k:
                parts.append(np.log1p(-share) + _log_normal(found, *proposals[k]))
            each_round.append(logsumexp(parts, axis=0))
        log_proposal = logsumexp(each_round, axis=0) - np.log(number + 1)
        result = WeightedDraws(found, log_prior - log_proposal, likelihood)
        if not np.any(np.isfinite(likelihood.sum(axis=1))):
            raise InputError(
                "no parameter set that was drawn can produce the targets",
                code="calibration.impossible",
                remedy="Check the targets for wrong units",
                where="calibration",
            )
        proposals.append(_fitted(result))
    assert result is not None
    return result


def _fitted(result: WeightedDraws) -> tuple[Floats, Floats]:
    weights = result.weights
    mean = weights @ result.draws
    centred = result.draws - mean
    covariance = (weights[:, None] * centred).T @ centred
    # few effective draws say little about a covariance: it is drawn towards the prior's
    trust = result.effective_size / (result.effective_size + 5.0 * len(mean))
    covariance = INFLATION * (trust * covariance + (1.0 - trust) * np.eye(len(mean)))
    return mean, covariance


def _log_normal(points: Floats, mean: Floats, covariance: Floats) -> Floats:
    root = np.linalg.cholesky(covariance)
    scaled = np.linalg.solve(root, (points - mean).T)
    constant = len(mean) * np.log(2.0 * np.pi) / 2.0 + np.log(np.diag(root)).sum()
    return np.asarray(-0.5 * (scaled**2).sum(axis=0) - constant)
