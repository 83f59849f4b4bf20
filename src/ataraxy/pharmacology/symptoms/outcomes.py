"""What counts as better: response, remission, relief that matters, the hours until then, and until it is lost.

Pure functions of scores, f8[people, times], and of baselines, f8[people]. Those on `observed` scores say what a trial
would have counted; those on `true` scores say what happened. With error in both readings of a change some people
"respond" without any change.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ataraxy.errors import InputError
from ataraxy.pharmacology.symptoms.instrument import Instrument

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


def responds(scores: Floats, baseline: Floats, instrument: Instrument, share: float | None = None) -> Bools:
    """Whether each person has lost enough of their baseline, bool[people, times].

    Args:
        share: of the baseline (above the scale's lowest score) that must be lost; None for the scale's own rule.

    Raises:
        InputError: the scale has no rule and none was given.
    """
    lost = _rule(instrument.response, share, "response", instrument)
    low = instrument.low
    return np.asarray(scores - low <= (1.0 - lost) * (baseline[:, None] - low), np.bool_)


def remits(scores: Floats, instrument: Instrument, highest: float | None = None) -> Bools:
    """Whether each person scores as one who is well, bool[people, times].

    Args:
        highest: score of a person who is well; None for the scale's own rule.

    Raises:
        InputError: the scale has no rule and none was given.
    """
    return np.asarray(scores <= _rule(instrument.remission, highest, "remission", instrument), np.bool_)


def relieved(scores: Floats, baseline: Floats, instrument: Instrument, fall: float | None = None) -> Bools:
    """Whether each person fell by what matters, bool[people, times].

    Args:
        fall: points; None for the scale's smallest important difference.
    """
    least = instrument.important if fall is None else fall
    return np.asarray(baseline[:, None] - scores >= least, np.bool_)


def hours_to(times_h: Floats, reached: Bools, *, held_h: float = 0.0) -> Floats:
    """Hours to the first time at which something is reached and held, f8[people]; inf for those who never do.

    Args:
        times_h: f8[times], increasing; hours from the start.
        reached: bool[people, times].
        held_h: how long it must hold without a break at the given times; a hold that is cut off by the end counts only
            if it lasted that long.
    """
    times = np.asarray(times_h, float)
    people, count = reached.shape
    if not count:
        return np.full(people, np.inf)
    # index of the next time at which it does not hold, from each time on
    breaks = np.where(reached, count, np.arange(count))
    next_break = np.minimum.accumulate(breaks[:, ::-1], axis=1)[:, ::-1]
    last_held = times[np.maximum(next_break - 1, 0)]
    good = reached & (last_held - times >= held_h)
    return np.where(good.any(axis=1), times[good.argmax(axis=1)], np.inf)


def hours_to_loss(times_h: Floats, holds: Bools, from_h: npt.ArrayLike) -> Floats:
    """Hours from `from_h` to the first time after it at which something no longer holds, f8[people].

    Args:
        times_h: f8[times], increasing.
        holds: bool[people, times], such as a response.
        from_h: a number or f8[people]; those who do not hold at the first time at or after it get NaN, and so do those
            without any such time.

    Returns:
        inf for those who hold to the end.
    """
    times = np.asarray(times_h, float)
    people = len(holds)
    start = np.broadcast_to(np.asarray(from_h, float), (people,))
    after = times[None, :] >= start[:, None]
    first = after.argmax(axis=1)
    lost = after & ~holds
    hours = np.where(lost.any(axis=1), times[lost.argmax(axis=1)] - start, np.inf)
    begun = after.any(axis=1) & holds[np.arange(people), first]
    return np.where(begun, hours, np.nan)


def share_at(times_h: Floats, holds: Bools, hours: npt.ArrayLike) -> Floats:
    """Share of people for whom something holds at given times, f8 of the shape of `hours`.

    Raises:
        InputError: a time is not among `times_h`.
    """
    times = np.asarray(times_h, float)
    wanted = np.asarray(hours, float)
    place = np.searchsorted(times, wanted)
    inside = np.minimum(place, len(times) - 1)
    if np.any(~np.isclose(times[inside], wanted, rtol=0.0, atol=1e-9)):
        raise InputError(
            "a time that was asked for is not among those that were simulated",
            code="symptoms.times",
            remedy="Add it to the times",
            where="outcomes",
        )
    return np.asarray(holds.mean(axis=0)[inside], float)


def _rule(own: float | None, given: float | None, what: str, instrument: Instrument) -> float:
    rule = own if given is None else given
    if rule is None:
        raise InputError(
            f"no rule of {what} on {instrument.name} was published",
            code="symptoms.rule",
            remedy="Give one",
            where="outcomes",
        )
    return rule
