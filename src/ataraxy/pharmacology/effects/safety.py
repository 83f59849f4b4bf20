"""From drives to readings: CADSS, pressure, heart rate, sedation, loss of consciousness, nausea, and the way back.

Pure functions of arrays. A drive is an output of the effect model, f8[people, times]; what a person has is f8[people]
or a number. Values that differ between people come as columns of `EffectModel.individual_parameters`, and noise as
standard-normal draws of the caller. None of these readings feeds back into the effect on symptoms.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from ataraxy.errors import InputError

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

# 23 items from 0 to 4: the scale cannot say more.
HIGHEST_CADSS: Final = 92.0


def tolerance(session_number: npt.ArrayLike, phi: npt.ArrayLike, n_tol: npt.ArrayLike) -> Floats:
    """Share of dissociation that is left in a session: phi + (1 - phi) exp(-(n - 1) / n_tol).

    Args:
        session_number: from 1. Blood pressure has no such factor: none was reported.
        phi: what is left after many sessions.
        n_tol: sessions.

    Raises:
        InputError: a session's number is below 1.
    """
    n = np.asarray(session_number, float)
    if np.any(n < 1.0):
        raise InputError(
            f"session number {n.min():g}",
            code="safety.session",
            remedy="Count sessions from 1",
            where="tolerance",
        )
    left = np.asarray(phi, float)
    return np.asarray(left + (1.0 - left) * np.exp(-(n - 1.0) / np.asarray(n_tol, float)), float)


def cadss(
    dissociation: Floats,
    *,
    E_max: npt.ArrayLike,
    session_number: npt.ArrayLike = 1,
    phi: npt.ArrayLike = 1.0,
    n_tol: npt.ArrayLike = 1.0,
    background: npt.ArrayLike = 0.0,
) -> Floats:
    """CADSS in points, f8[people, times]: background + E_max tolerance dissociation, at most 92.

    Args:
        dissociation: output of the effect model, 0 to 1.
        E_max: the person's largest CADSS above placebo.
        session_number, phi, n_tol: see `tolerance`; the defaults are a first session.
        background: CADSS without drug.
    """
    scale = _column(E_max) * _column(tolerance(session_number, phi, n_tol))
    return np.minimum(_column(background) + scale * dissociation, HIGHEST_CADSS)


def blood_pressure_rise(
    cardiovascular: Floats, largest: npt.ArrayLike, setting: npt.ArrayLike = 1.0
) -> Floats:
    """Rise of systolic or diastolic pressure by the drug, mmHg, f8[people, times].

    Args:
        cardiovascular: output of the effect model, 0 to 1.
        largest: s_SBP or s_DBP of each person.
        setting: how much larger rises are than in the nasal trials; see `setting_pressure`.
    """
    return np.asarray(_column(largest) * _column(setting) * cardiovascular, float)


def heart_rate_rise(cardiovascular: Floats, largest: npt.ArrayLike, setting: npt.ArrayLike = 1.0) -> Floats:
    """Rise of heart rate by the drug, beats per minute; arguments as in `blood_pressure_rise`, with s_HR."""
    return blood_pressure_rise(cardiovascular, largest, setting)


def measured_change(rise: Floats, noise_sd: npt.ArrayLike, draws: Floats, predose_draws: Floats) -> Floats:
    """Change from one predose reading as a monitor shows it, f8[people, times].

    Args:
        rise: by the drug.
        noise_sd: of one reading in one person.
        draws: standard normal, f8[people, times].
        predose_draws: standard normal, f8[people]: one predose reading stands behind all changes of a session.
    """
    return np.asarray(rise + _column(noise_sd) * (draws - predose_draws[:, None]), float)


def share_above(largest: Floats, threshold: float) -> float:
    """Share of people whose largest value is at least `threshold`."""
    return float(np.mean(largest >= threshold))


def any_sedation(sedation_site: Floats, EC50_sedation: npt.ArrayLike) -> Bools:
    """Whether each person's MOAA/S is below 5 at each time: the sedation site is above the person's own threshold.

    Args:
        sedation_site: mg/L, output of the effect model.
        EC50_sedation: mg/L, of each person; its spread between people makes the dose response of a group.
    """
    return np.asarray(sedation_site >= _column(EC50_sedation), np.bool_)


def probability_of_loss_of_consciousness(
    sedation_site: npt.ArrayLike, LOC50: npt.ArrayLike, loc_exponent: npt.ArrayLike
) -> Floats:
    """Probability that a person does not respond (MOAA/S 0): Cf^s / (Cf^s + LOC50^s), of the shape of the site.

    Use the largest value of the site of a session for the probability of that session.
    """
    x = (np.maximum(np.asarray(sedation_site, float), 0.0) / np.asarray(LOC50, float)) ** np.asarray(
        loc_exponent, float
    )
    return np.asarray(x / (1.0 + x), float)


def probability_of_nausea(
    effect_site_max: npt.ArrayLike, slope: npt.ArrayLike, background: npt.ArrayLike
) -> Floats:
    """Probability that nausea is reported at least once in a course: logit p = logit background + slope Ce_max.

    Args:
        effect_site_max: largest effect-site S-ketamine, ng/mL.
        slope: of the route: nausea_slope_nasal, nausea_slope_iv, or nausea_slope_other, which is assumed.
        background: of placebo.
    """
    base = np.asarray(background, float)
    odds = base / (1.0 - base) * np.exp(np.asarray(slope, float) * np.asarray(effect_site_max, float))
    return np.asarray(odds / (1.0 + odds), float)


def hours_back_to_baseline(times_h: Floats, reading: Floats, margin: npt.ArrayLike) -> Floats:
    """Hours from the first time to when a reading is within `margin` of baseline and stays there, f8[people].

    Args:
        times_h: f8[times], from the start of the session.
        reading: above baseline, f8[people, times].
        margin: in the unit of the reading; f8[people] or a number.

    Returns:
        0 for those who never leave the margin; NaN for those who are outside it at the last time. Between two times
        the reading is taken as a straight line.
    """
    times = np.asarray(times_h, float)
    over = np.asarray(reading - _column(margin), float)
    outside = over > 0.0
    count = over.shape[1]
    # the last time outside of the margin, and the time after it
    last = count - 1 - np.argmax(outside[:, ::-1], axis=1)
    after = np.minimum(last + 1, count - 1)
    rows = np.arange(len(over))
    high, low = over[rows, last], over[rows, after]
    share = np.divide(high, high - low, out=np.zeros(len(over)), where=high > low)
    hours = times[last] + (times[after] - times[last]) * share - times[0]
    hours = np.where(last == count - 1, np.nan, hours)
    return np.asarray(np.where(outside.any(axis=1), hours, 0.0), float)


def _column(value: npt.ArrayLike) -> Floats:
    """One value for each person as a column beside times."""
    array = np.asarray(value, float)
    return array[:, None] if array.ndim == 1 else array
