"""How people differ from the typical person, and one occasion from the next."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ataraxy.errors import InputError
from ataraxy.pharmacology.kinetics.ports import Floats, Values
from ataraxy.pharmacology.parameters import ParameterTable


@dataclass(frozen=True, slots=True)
class RandomEffect:
    """A normal deviation of one parameter on the log scale, or on the logit scale where its size is printed so.

    Attributes:
        parameter: what it moves.
        size: name of the parameter that holds its variance, coefficient of variation or standard deviation.
    """

    parameter: str
    size: str


@dataclass(frozen=True)
class RandomEffects:
    """Random effects that are drawn together.

    Attributes:
        effects: in the order of the columns of draws.
        covariances: (parameter, parameter) -> name of the parameter that holds their covariance.
    """

    effects: tuple[RandomEffect, ...] = ()
    covariances: Mapping[tuple[str, str], str] | None = None

    def __len__(self) -> int:
        return len(self.effects)

    @property
    def names(self) -> tuple[str, ...]:
        """Parameter that each column of draws moves."""
        return tuple(e.parameter for e in self.effects)

    def joined_with(self, other: RandomEffects) -> RandomEffects:
        """These effects followed by independent others."""
        return RandomEffects(
            self.effects + other.effects, {**(self.covariances or {}), **(other.covariances or {})}
        )

    def correlation(self, table: ParameterTable) -> Floats:
        """f8[effects, effects] at the published values."""
        matrix = np.eye(len(self))
        sd = {e.parameter: float(_sd(table, e.size, table[e.size].inner_value)) for e in self.effects}
        names = self.names
        for (first, second), name in (self.covariances or {}).items():
            i, j = names.index(first), names.index(second)
            matrix[i, j] = matrix[j, i] = table[name].inner_value / (sd[first] * sd[second])
        return matrix

    def covariance(self, table: ParameterTable, values: Values | None = None) -> Floats:
        """f8[effects, effects] at published or drawn values; correlations stay as published."""
        drawn = table.values_at() if values is None else values
        sd = np.array([float(_sd(table, e.size, drawn[e.size])) for e in self.effects])
        return self.correlation(table) * np.outer(sd, sd)

    def moved(
        self, values: Mapping[str, Floats], table: ParameterTable, draws: npt.ArrayLike
    ) -> dict[str, Floats]:
        """`values` with each person's deviations.

        Args:
            values: arrays of shape () or (n,).
            table: where the sizes' units are.
            draws: independent standard-normal draws, f8[n, effects].

        Raises:
            InputError: `draws` has another number of columns.
        """
        z = np.asarray(draws, float)
        if z.ndim != 2 or z.shape[1] != len(self):
            raise InputError(
                f"draws of variability have shape {z.shape}, not (people, {len(self)})",
                code="kinetics.draws-shape",
                remedy="Give one standard-normal column for each random effect",
                where=table.name,
            )
        moved = dict(values)
        if not len(self):
            return moved
        unit = z @ np.linalg.cholesky(self.correlation(table)).T
        for column, effect in enumerate(self.effects):
            deviation = unit[:, column] * _sd(table, effect.size, values[effect.size])
            before = moved[effect.parameter]
            if table[effect.size].unit == "SD, logit scale":
                moved[effect.parameter] = 1.0 / (1.0 + (1.0 - before) / before * np.exp(-deviation))
            else:
                moved[effect.parameter] = before * np.exp(deviation)
        return moved


def _sd(table: ParameterTable, size: str, value: npt.ArrayLike) -> Floats:
    number = np.asarray(value, float)
    unit = table[size].unit
    if unit == "variance, log scale":
        return np.asarray(np.sqrt(number), float)
    if unit == "CV, log-normal":
        return np.asarray(np.sqrt(np.log1p(number * number)), float)
    if unit == "SD, logit scale":
        return number
    raise ValueError(f"{size} is in {unit}, which is no size of a random effect")


@dataclass(frozen=True, slots=True)
class ResidualError:
    """Difference between a measured and a predicted concentration.

    Attributes:
        proportional_sd: relative to the prediction.
        additive_sd_ng_per_ml: on top of it, independent.
        log_sd: on the log scale, in place of the other two.
    """

    proportional_sd: float = 0.0
    additive_sd_ng_per_ml: float = 0.0
    log_sd: float = 0.0

    def applied(self, predicted: Floats, draws: Floats, additive_draws: Floats | None = None) -> Floats:
        """Measured values at standard-normal draws of the shape of `predicted`; they may fall below zero."""
        if self.log_sd > 0.0:
            return predicted * np.exp(self.log_sd * draws)
        measured = predicted * (1.0 + self.proportional_sd * draws)
        if additive_draws is not None:
            measured = measured + self.additive_sd_ng_per_ml * additive_draws
        return measured

    def sd(self, predicted: float) -> float:
        """Standard deviation at a predicted concentration in ng/mL."""
        if self.log_sd > 0.0:
            return predicted * math.exp(self.log_sd**2 / 2.0) * math.sqrt(math.expm1(self.log_sd**2))
        return math.hypot(self.proportional_sd * predicted, self.additive_sd_ng_per_ml)
