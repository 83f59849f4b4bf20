"""From evidence to a sampled ensemble of parameters, with what moved, what did not, and what still misses."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ataraxy.calibration.courses import Courses
from ataraxy.calibration.fitted import AFTER_COURSES, COORDINATES, COURSE_PARAMETERS, TOGETHER
from ataraxy.calibration.forward import Prediction, predict
from ataraxy.calibration.importance import MovedDraws, WeightedDraws, move, sample_posterior
from ataraxy.calibration.likelihood import log_likelihoods, variances
from ataraxy.calibration.linear import linear_posterior
from ataraxy.calibration.pooled import Spectroscopy, spectroscopy, with_pooled
from ataraxy.calibration.target import Target
from ataraxy.calibration.targets import Targets, read_targets
from ataraxy.errors import InputError
from ataraxy.evidence.trials import SHIPPED_TRIALS, TrialEvidence
from ataraxy.provenance import Provenance, record_provenance
from ataraxy.trials.clinic import RTOL
from ataraxy.trials.interval import Interval
from ataraxy.trials.uncertainty import Ensemble

Floats = npt.NDArray[np.float64]

SCHEMA: Final = "ataraxy.calibration/1"
DRAWS: Final = 2000
ROUNDS: Final = 8
GUESSES: Final = 3
ENSEMBLE: Final = 400
MOVES: Final = 80
MOVED: Final = 600
DIGITS: Final = 5
NORMAL_90: Final = 1.6449
# A parameter that moved by less than this, in SD of its published uncertainty, was not moved by the data.
LEAST_SHIFT: Final = 0.2
LEAST_NARROWING: Final = 0.9


@dataclass(frozen=True, slots=True)
class Shift:
    """What the data did to one parameter, in standard-normal units of its published uncertainty.

    Attributes:
        name: of the parameter.
        mean, sd: of the fitted draws; 0 and 1 is what they were before.
        moved: whether the data say anything about it.
    """

    name: str
    mean: float
    sd: float
    moved: bool

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"parameter": self.name, "mean": self.mean, "sd": self.sd, "moved": self.moved}


@dataclass(frozen=True, slots=True)
class Misfit:
    """One target beside what was predicted for it before and after the fit.

    Attributes:
        target: the number.
        before, after: interval of a result of so many people, by published uncertainty and by the ensemble.
        off: (observed - predicted) over the standard deviation of both, after the fit.
        off_before: before it.
    """

    target: Target
    before: Interval
    after: Interval
    off: float
    off_before: float

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        t = self.target
        return {
            "study": t.study, "section": t.section, "row": t.row, "arm": t.arm, "scale": t.scale, "kind": t.kind,
            "unit": t.unit, "time_h": t.time_h, "observed": t.observed, "before": self.before.to_json(),
            "after": self.after.to_json(), "off_before": self.off_before, "off": self.off,
        }  # fmt: skip


@dataclass(frozen=True, eq=False)
class Calibration:
    """A fitted ensemble and how it came to be.

    Attributes:
        targets: what was fitted, and what was not.
        studies: columns of the likelihood.
        sampled: all draws of the importance sampling.
        moved: draws of equal weight that it led to.
        courses: solved sets that the draws choose from.
        before: predictions by published uncertainty, for every target.
        predicted: for every moved draw and target.
        ensemble_size: rows of the ensemble.
        seed: of all random numbers.
        provenance: how to make it again.
    """

    targets: Targets
    studies: tuple[str, ...]
    sampled: WeightedDraws
    moved: MovedDraws
    courses: Courses
    before: Prediction
    predicted: Prediction
    ensemble_size: int
    seed: int
    provenance: Provenance

    @property
    def effective_size(self) -> float:
        """How many independent draws would know as much."""
        return self.moved.effective_size

    @property
    def weighted(self) -> WeightedDraws:
        """The moved draws: of equal weight as long as no study is left out."""
        return self.moved.draws

    def without(self, studies: Collection[str]) -> WeightedDraws:
        """The draws as if studies had not been seen."""
        return self.weighted.without([k for k, name in enumerate(self.studies) if name in studies])

    def ensemble(self, weighted: WeightedDraws | None = None, size: int | None = None) -> Ensemble:
        """Draws of equal weight; of all studies, or of others weights of the same draws (see `without`)."""
        rows = (weighted or self.weighted).resample(size or self.ensemble_size, self.seed)
        places = self.courses.chosen(rows[:, 0])
        columns = {**self.courses.columns(places), **{n: rows[:, 1 + k] for k, n in enumerate(AFTER_COURSES)}}
        return Ensemble({name: np.round(column, DIGITS) for name, column in columns.items()})

    @property
    def ensemble_csv(self) -> str:
        """The ensemble as a file that `trials.uncertainty` reads."""
        columns = self.ensemble().columns
        quoted = [f'"{name}"' if "," in name else name for name in columns]
        rows = np.stack(list(columns.values()), axis=1)
        lines = [
            f"# written by `{self.provenance.command}`",
            f"# data {self.targets.sha256}",
            ",".join(quoted),
        ]
        lines += [",".join(f"{x:.{DIGITS}g}" for x in row) for row in rows]
        return "\n".join(lines) + "\n"

    @cached_property
    def _parameters(self) -> Mapping[str, Floats]:
        places = self.courses.chosen(self.weighted.draws[:, 0])
        after = {name: self.weighted.draws[:, 1 + k] for k, name in enumerate(AFTER_COURSES)}
        return {**self.courses.columns(places), **after}

    @cached_property
    def shifts(self) -> tuple[Shift, ...]:
        """What the data did to each parameter."""
        weights = self.weighted.weights
        # the solved sets are a finite sample, whose own mean and SD are what there was before
        own = {
            name: (self.courses.parameters[:, k].mean(), self.courses.parameters[:, k].std())
            for k, name in enumerate(COURSE_PARAMETERS)
        }
        noise = 2.0 / np.sqrt(self.effective_size)
        found = []
        for name, draws in self._parameters.items():
            centre, spread = own.get(name, (0.0, 1.0))
            z = (draws - centre) / spread
            mean = float(weights @ z)
            sd = float(np.sqrt(weights @ (z - mean) ** 2))
            moved = abs(mean) > max(LEAST_SHIFT, noise) or sd < min(LEAST_NARROWING, 1.0 - noise)
            found.append(Shift(name, mean, sd, bool(moved)))
        return tuple(found)

    @cached_property
    def overlaps(self) -> Mapping[str, float]:
        """Correlation after the fit of pairs of parameters that do the same to the targets."""
        weights, found = self.weighted.weights, {}
        for pair in TOGETHER:
            x, y = (self._parameters[name] for name in pair.split(" and "))
            x, y = x - weights @ x, y - weights @ y
            found[pair] = float(weights @ (x * y) / np.sqrt((weights @ x**2) * (weights @ y**2)))
        return found

    @cached_property
    def misfits(self) -> tuple[Misfit, ...]:
        """Every target beside its predictions."""
        for_each = []
        for predicted in (self.before, self.predicted):
            parts = variances(self.targets.targets, self.targets.arms, predicted)
            variance = np.sum(list(parts.values()), axis=0).mean(axis=0) + predicted.mean.var(axis=0)
            for_each.append((predicted.mean.mean(axis=0), np.sqrt(variance)))
        found = []
        for k, target in enumerate(self.targets.targets):
            intervals, offs = [], []
            for means, spreads in for_each:
                mean, sd = float(means[k]), float(spreads[k])
                # a normal result around each draw: wide enough mixtures are near to normal
                low, high = mean - NORMAL_90 * sd, mean + NORMAL_90 * sd
                if target.kind == "responders":
                    low, high = max(low, 0.0), min(high, 100.0)
                intervals.append(Interval(mean, low, high))
                offs.append((target.observed - mean) / sd)
            found.append(Misfit(target, intervals[0], intervals[1], offs[1], offs[0]))
        return tuple(found)

    @cached_property
    def _weights_of_sets(self) -> Floats:
        places = self.courses.chosen(self.weighted.draws[:, 0])
        return np.asarray(np.bincount(places, self.weighted.weights, len(self.courses)), float)

    @cached_property
    def spectroscopy(self) -> tuple[tuple[Spectroscopy, float, float], ...]:
        """What spectroscopy saw, with the mean over all solved sets and over the fitted ones."""
        return tuple(
            (seen, float(seen.sets.mean()), float(self._weights_of_sets @ seen.sets))
            for seen in spectroscopy(self.courses)
        )

    def effective_size_without(self) -> dict[str, float]:
        """What is left of the draws when a study's part of the weights is taken away."""
        return {study: self.without([study]).effective_size for study in self.studies}

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values in the shape of ``calibration/schemas/calibration-1.json``; no number is NaN."""
        misfits = self.misfits
        inside = {
            name: float(np.mean([abs(getattr(m, which)) <= NORMAL_90 for m in misfits]))
            for name, which in (("before", "off_before"), ("after", "off"))
        }
        return {
            "schema": SCHEMA,
            "seed": self.seed,
            "draws": len(self.sampled.draws),
            "effective_size_of_draws": self.sampled.effective_size,
            "moved": {
                "draws": len(self.weighted.draws), "accepted": self.moved.accepted, "kept": self.moved.kept,
            },
            "ensemble": self.ensemble_size,
            "solved_sets": len(self.courses),
            "without": list(self.targets.without),
            "effective_size": self.effective_size,
            "effective_size_without": self.effective_size_without(),
            "share_inside_90": inside,
            "targets": [m.to_json() for m in misfits],
            "not_fitted": [
                {"study": n.study, "section": n.section, "row": n.row, "what": n.what, "reason": n.reason}
                for n in self.targets.not_fitted
            ],
            "spectroscopy": [
                {
                    "row": seen.row, "quantity": seen.quantity, "observed": seen.observed, "low": seen.low,
                    "high": seen.high, "all_sets": whole, "fitted_sets": fitted,
                    "fitted_through": "circuit sets",
                }
                for seen, whole, fitted in self.spectroscopy
            ],
            "parameters": [shift.to_json() for shift in self.shifts],
            "overlaps": dict(self.overlaps),
            "provenance": self.provenance.to_json(),
        }  # fmt: skip


def calibrate(
    trials: TrialEvidence,
    *,
    without: Collection[str] = (),
    draws: int = DRAWS,
    rounds: int = ROUNDS,
    moves: int = MOVES,
    moved_draws: int = MOVED,
    seed: int = 1,
    ensemble_size: int = ENSEMBLE,
    courses: Courses | None = None,
    workers: int = 1,
    command: str = "",
    time: datetime | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Calibration:
    """Fits the parameters to the entries that may be calibrated on.

    Args:
        trials: see `ataraxy.evidence.trials.load_trials`.
        without: studies that nothing is fitted to.
        draws: in each round.
        rounds: the first samples the published uncertainty.
        moves: Markov steps afterwards, of each of `moved_draws` draws.
        moved_draws: how many.
        seed: of all random numbers.
        ensemble_size: rows of the ensemble.
        courses: solved before, of the same seed; None to solve them.
        workers: threads of the solver; never change a result.
        command, time: of the provenance.
        progress: called with rounds done and rounds in all.

    Raises:
        InputError: a study is not known, there is nothing to fit to, or the numbers of draws are too small.
    """
    if draws < 10 or rounds < 1 or moves < 0:
        raise InputError(
            f"{draws} draws in {rounds} rounds and {moves} moves",
            code="calibration.numbers",
            remedy="Use at least 10 draws and one round",
            where="calibrate",
        )
    targets = with_pooled(read_targets(trials, without), without)
    if not targets.targets:
        raise InputError(
            "there is nothing to fit to",
            code="calibration.no-targets",
            remedy="Give a file with numbers in entries of use calibrate, or leave fewer studies out",
            where=trials.file,
        )
    solved = courses or Courses(seed=seed, workers=workers)
    for arm in targets.arms:
        if arm.arm.is_ketamine:
            solved.want(arm.arm, arm.group, arm.times_h)
    kept: list[Prediction] = []
    guessed: list[tuple[Floats, Floats]] = []
    studies: tuple[str, ...] = ()

    def log_likelihood(z: Floats) -> Floats:
        nonlocal studies
        found = predict(z, targets.targets, targets.arms, solved, seed)
        kept.append(found)
        studies, terms = log_likelihoods(targets.targets, targets.arms, found)
        if progress is not None:
            progress(min(len(kept), rounds + moves), rounds + moves)
        return terms

    def guess(z: Floats) -> tuple[Floats, Floats]:
        guessed.append(linear_posterior(z, targets.targets, targets.arms, kept[-1]))
        return guessed[-1]

    weighted = sample_posterior(
        log_likelihood,
        len(COORDINATES),
        seed=seed,
        draws=draws,
        rounds=rounds,
        guess=guess if draws > 2 * len(COORDINATES) else None,
        guesses=GUESSES,
    )
    centre, covariance = guessed[-1] if guessed else (np.zeros(len(COORDINATES)), np.eye(len(COORDINATES)))
    moved = move(weighted, log_likelihood, (centre, covariance), draws=moved_draws, steps=moves, seed=seed)
    # without the folder of results, which is no part of how to make them
    left = f" --moves {moves}" if moves != MOVES else ""
    left += "".join(f" --without {study}" for study in without)
    if trials.file != SHIPPED_TRIALS.name:
        left += f" --trials {Path(trials.file).name}"
    return Calibration(
        targets,
        studies,
        weighted,
        moved,
        solved,
        kept[0],
        predict(moved.draws.draws, targets.targets, targets.arms, solved, seed),
        ensemble_size,
        seed,
        record_provenance(
            time=time or datetime.now(UTC),
            command=command or f"ataraxy calibrate --seed {seed} --draws {draws} --rounds {rounds}{left}",
            model_name=solved.clinic.effects.name,
            model_hash=solved.clinic.effects.sha256(),
            data_hash=trials.sha256,
            seed=seed,
            solver="auto",
            rtol=RTOL,
        ),
    )
