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
STEP = 0.35  # of a Markov step: larger ones are seldom accepted, smaller ones lead nowhere
INFLATION = 1.2  # of the fitted covariance: a proposal should be wider than its target


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
    log_likelihood: LogLikelihood,
    parameters: int,
    *,
    seed: int,
    draws: int = 4000,
    rounds: int = 5,
    guess: Callable[[Floats], tuple[Floats, Floats]] | None = None,
    guesses: int = 1,
) -> WeightedDraws:
    """Draws of `parameters` standard-normal coordinates weighted by how well they agree with the targets.

    Args:
        log_likelihood: f8[n, parameters] -> f8[n, targets]; minus infinity where a set is impossible.
        draws: in each round.
        rounds: the first samples the prior.
        guess: given the draws of the latest round, mean and covariance to sample from next. None to fit them to the
            weighted draws of all rounds, as is done after `guesses` rounds.
        guesses: rounds after which `guess` is asked.

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
        if guess is not None and number < guesses:
            mean, covariance = guess(z)
            proposals.append((mean, INFLATION * covariance))
        else:
            proposals.append(_fitted(result, proposals[-1]))
    assert result is not None
    return result


@dataclass(frozen=True, eq=False)
class MovedDraws:
    """Draws of equal weight that have moved away from the few that importance sampling weighed most.

    Attributes:
        draws: of equal weight under all targets; `WeightedDraws.without` weighs them anew.
        accepted: share of the moves that were accepted.
        kept: mean correlation over the coordinates between where a draw began and where it ended.
        effective_size: how many independent draws know as much; `kept` tells how much of the start is left.
    """

    draws: WeightedDraws
    accepted: float
    kept: float
    effective_size: float


def move(
    result: WeightedDraws,
    log_likelihood: LogLikelihood,
    reference: tuple[Floats, Floats],
    *,
    draws: int,
    steps: int,
    seed: int,
    step: float = STEP,
) -> MovedDraws:
    """Resamples and then moves every draw by Markov steps that leave the posterior as it is.

    A step is z' = m + sqrt(1 - s^2) (z - m) + s L e, reversible under the normal distribution N(m, L L') of `reference`
    (preconditioned Crank-Nicolson; S. L. Cotter et al., "MCMC methods for functions", Statist Sci 28:424, 2013,
    https://doi.org/10.1214/13-STS421), accepted by the ratio of posterior to that distribution.

    Args:
        result: of `sample_posterior`.
        log_likelihood: the same.
        reference: mean and covariance of a normal distribution near the posterior.
        draws: how many.
        steps: for each draw.
        seed: of the steps.
        step: s, between 0 and 1.
    """
    mean, covariance = reference
    n = len(mean)
    root = np.linalg.cholesky(covariance)
    z = result.resample(draws, seed)
    start = z
    terms = log_likelihood(z)
    level = _level(z, terms, reference)
    accepted = 0
    for number in range(steps):
        noise = normals(seed, "calibration-moves", number, range(draws), n)
        tried = mean + np.sqrt(1.0 - step**2) * (z - mean) + step * noise @ root.T
        found = log_likelihood(tried)
        tried_level = _level(tried, found, reference)
        chance = uniforms(seed, "calibration-accepted", number, range(draws), 1)[:, 0]
        taken = np.log(chance) < tried_level - level
        accepted += int(taken.sum())
        z = np.where(taken[:, None], tried, z)
        terms = np.where(taken[:, None], found, terms)
        level = np.where(taken, tried_level, level)
    kept = 1.0
    if steps:
        spread = start.std(axis=0) * z.std(axis=0)
        together = ((start - start.mean(axis=0)) * (z - z.mean(axis=0))).mean(axis=0)
        kept = float(np.clip(np.mean(together / np.maximum(spread, 1e-12)), 0.0, 1.0))
    effective = 1.0 / (kept**2 / result.effective_size + (1.0 - kept**2) / draws)
    # of equal weight under all targets: what the likelihood adds, the ratio takes away
    moved = WeightedDraws(z, -terms.sum(axis=1), terms)
    return MovedDraws(moved, accepted / max(1, steps * draws), kept, min(effective, float(draws)))


def _level(z: Floats, terms: Floats, reference: tuple[Floats, Floats]) -> Floats:
    n = z.shape[1]
    prior = _log_normal(z, np.zeros(n), np.eye(n))
    return np.asarray(terms.sum(axis=1) + prior - _log_normal(z, *reference))


def _fitted(result: WeightedDraws, last: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    weights, size = result.weights, result.effective_size
    mean = weights @ result.draws
    centred = result.draws - mean
    covariance = (weights[:, None] * centred).T @ centred
    # few effective draws say little, of a covariance above all: what they do not say is as it was
    dimensions = len(mean)
    sure = size / (size + dimensions / 2.0)
    trust = size / (size + 5.0 * dimensions)
    covariance = trust * INFLATION * covariance + (1.0 - trust) * last[1]
    return sure * mean + (1.0 - sure) * last[0], covariance


def _log_normal(points: Floats, mean: Floats, covariance: Floats) -> Floats:
    root = np.linalg.cholesky(covariance)
    scaled = np.linalg.solve(root, (points - mean).T)
    constant = len(mean) * np.log(2.0 * np.pi) / 2.0 + np.log(np.diag(root)).sum()
    return np.asarray(-0.5 * (scaled**2).sum(axis=0) - constant)
