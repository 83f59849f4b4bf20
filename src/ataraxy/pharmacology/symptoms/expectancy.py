"""Belief: whether a person thinks that they got the drug, the relief that comes of it, and slow change on placebo."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit, ndtr

from ataraxy.errors import InputError

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Design:
    """What people can know about their own treatment. Make it with one of the methods.

    Attributes:
        masked: whether people are not told what they get.
        active_comparator: whether the control is a drug that is felt (midazolam) and not saline.
        control: whether this arm is the control.
        guess: chance to believe in the drug whatever is felt; None where it follows from what is felt.
        asleep: whether the dose is given under anaesthesia, so that nothing of it is felt.
    """

    masked: bool = True
    active_comparator: bool = False
    control: bool = False
    guess: float | None = None
    asleep: bool = False

    def __post_init__(self) -> None:
        if self.guess is not None and not 0.0 <= self.guess <= 1.0:
            raise InputError(
                f"the chance to guess the drug is {self.guess:g}",
                code="symptoms.guess",
                remedy="Give a number from 0 to 1",
                where="design",
            )

    @staticmethod
    def open_label() -> Design:
        """Everybody knows that they get the drug."""
        return Design(masked=False)

    @staticmethod
    def saline_controlled(*, control: bool = False) -> Design:
        """Masked, against saline: what is felt gives the drug away."""
        return Design(control=control)

    @staticmethod
    def midazolam_controlled(*, control: bool = False) -> Design:
        """Masked, against midazolam: people in the control arm feel something too."""
        return Design(active_comparator=True, control=control)

    @staticmethod
    def under_anaesthesia(*, control: bool = False) -> Design:
        """Masked by anaesthesia: nothing is felt in either arm."""
        return Design(control=control, asleep=True)


def probability_of_belief(
    felt: npt.ArrayLike,
    design: Design,
    *,
    guess_unaffected: npt.ArrayLike,
    guess_slope: npt.ArrayLike,
    guess_midazolam: npt.ArrayLike,
    guess_masked: npt.ArrayLike,
) -> Floats:
    """Chance that a person believes that they got the drug.

    Masked: logit p = logit p0 + slope felt. Felt effects of the comparator count as those of the drug would.

    Args:
        felt: dissociation drive from 0 to 1, any shape.
        design: of the arm.
        guess_unaffected: p0, with nothing felt.
        guess_slope: log odds per unit of `felt`.
        guess_midazolam: drive that is as convincing as the comparator.
        guess_masked: chance under anaesthesia.
    """
    drive = np.asarray(felt, float)
    if design.guess is not None:
        return np.full(drive.shape, design.guess)
    if not design.masked:
        # people who are told that they get no drug do not believe that they do
        return np.full(drive.shape, 0.0 if design.control else 1.0)
    if design.asleep:
        return np.asarray(np.broadcast_to(guess_masked, drive.shape), float)
    if design.control and design.active_comparator:
        drive = np.maximum(drive, np.asarray(guess_midazolam, float))
    odds = logit(np.asarray(guess_unaffected, float)) + np.asarray(guess_slope, float) * drive
    return np.asarray(expit(odds), float)


def believes(probability: Floats, draw: Floats) -> Bools:
    """Who believes, bool[people, sessions]: `probability` f8[people, sessions] against one draw f8[people] each.

    One draw for all sessions of a person: who is easily convinced stays so, and a session that is felt more can only
    convince more people.
    """
    return np.asarray(ndtr(draw)[:, None] < probability, np.bool_)


def expectancy(
    times_h: Floats,
    session_times_h: Floats,
    belief: npt.ArrayLike,
    *,
    size: npt.ArrayLike,
    kf: npt.ArrayLike,
    half_life_h: npt.ArrayLike,
) -> Floats:
    """Relief by belief, f8[people, times]: size (1 - exp(-kf (t - t1))) 2^(-(t - tk)/half-life).

    t1 is the first session at which a person believed, tk the latest session, which renews the belief.

    Args:
        times_h: f8[times], hours from the start of the first session; nothing happens before it.
        session_times_h: f8[sessions], increasing.
        belief: 0 or 1 (or a chance), f8[people, sessions]: at each session.
        size: f8[people] or a number; what is left of it is in the same unit.
        kf: rate at which it builds up, 1/h.
        half_life_h: of its fading after the latest session, hours.
    """
    held = np.maximum.accumulate(np.asarray(belief, float), axis=1)
    people, sessions = held.shape
    gained = np.diff(held, axis=1, prepend=np.zeros((people, 1)))
    risen = np.zeros((people, len(times_h)))
    rate = _column(kf)
    for k in range(sessions):
        since = np.maximum(times_h - session_times_h[k], 0.0)
        risen += gained[:, k, None] * -np.expm1(-rate * since)
    latest = np.searchsorted(session_times_h, times_h, side="right") - 1
    last = np.where(latest >= 0, times_h - session_times_h[np.maximum(latest, 0)], 0.0) if sessions else 0.0
    return np.asarray(_column(size) * risen * np.exp2(-np.asarray(last) / _column(half_life_h)), float)


def slow_placebo(times_h: Floats, plateau: npt.ArrayLike, ks: npt.ArrayLike) -> Floats:
    """Slow change without drug, f8[people or 1, times]: plateau (1 - exp(-ks t)), nothing before t = 0.

    Args:
        times_h: f8[times], hours.
        plateau: f8[people] or a number; its unit is that of the result.
        ks: 1/h.
    """
    return np.asarray(_column(plateau) * -np.expm1(-_column(ks) * np.maximum(times_h, 0.0)), float)


def _column(value: npt.ArrayLike) -> Floats:
    array = np.asarray(value, float)
    return array[:, None] if array.ndim == 1 else array.reshape(1, 1)
