"""When people of a trial are rated, who they are, and from which baseline they start, as its rows tell."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ataraxy.evidence.fields import Number
from ataraxy.evidence.trial import Trial

# Ratings within a window in which somebody may have responded at any time.
RATINGS_H: Final = (1.0, 4.0, 24.0, 72.0, *(168.0 * week for week in range(1, 27)))


def rated_at(point: Number) -> tuple[float, ...]:
    """Times at which a result of a time, or of a window of time, is read: the time, or the ends and the middle.

    A window that begins with the first dose has no reading of its own at its beginning.
    """
    if not point.is_range:
        return (point.low,)
    return (point.middle, point.high) if point.low <= 0.0 else (point.low, point.middle, point.high)


def ratings_within(window: Number) -> tuple[float, ...]:
    """Times of the ratings in a window, its end included."""
    inside = [t for t in RATINGS_H if window.low < t < window.high]
    return (*inside, window.high)


def same_people(trial: Trial) -> bool:
    """Whether the arms are periods of the same people: a crossover, or doses that ascend from day to day."""
    return trial.setting.crossover or len({arm.first_day for arm in trial.arms}) > 1


def printed_baselines(
    trial: Trial,
) -> Iterable[tuple[tuple[str, str], tuple[float, float | None]]]:
    """((arm, scale), (mean, SD)) for each baseline that the trial prints; arm "" for that of everybody."""
    for row in trial.outcomes:
        if row.usable and row.is_baseline and row.estimate.mean and not row.standardised:
            arms = [arm.id for arm in row.comparison.arms] or [""]
            for scale in row.instruments:
                for arm in arms:
                    yield (arm, scale.name), (row.estimate.mean.middle, row.estimate.sd)
