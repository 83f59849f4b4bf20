"""Relief by the drug: what the plastic pool leaves and what is there only while the drug is."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from ataraxy.errors import InputError
from ataraxy.pharmacology.parameters import ParameterTable, load_parameters

Floats = npt.NDArray[np.float64]
World = Literal["published", "null"]
Setting = Literal["civilian_trial", "open_label", "veteran_trial", "routine_veteran_care", "untreated"]

SETTINGS: Final[tuple[Setting, ...]] = (
    "civilian_trial",
    "open_label",
    "veteran_trial",
    "routine_veteran_care",
    "untreated",
)
WORLDS: Final[tuple[World, ...]] = ("published", "null")
_FILE: Final = Path(__file__).parent / "relief.yaml"


@cache
def relief_parameters() -> ParameterTable:
    """All numbers from pool, acute relief and belief to severity."""
    return load_parameters(_FILE)


def drug_relief(
    pool: Floats,
    acute: Floats,
    *,
    w_P: npt.ArrayLike,
    w_A: npt.ArrayLike,
    P_ref: npt.ArrayLike,
    trial_sd: npt.ArrayLike = 1.0,
    benefit: npt.ArrayLike = 1.0,
) -> Floats:
    """Fall of severity by the drug, SD of the score, f8[people, times].

    The fall is benefit trial_sd (w_P P/P_ref + w_A acute).

    Args:
        pool, acute: outputs ``plastic_pool`` and ``acute`` of the effect model, f8[people, times].
        w_P: fall when the pool is P_ref, that of a typical person a day after 0.5 mg/kg over 40 min, SD in a trial.
        w_A: fall at full acute relief, SD in a trial.
        P_ref: `EffectModel.reference_pool` of the same parameters.
        trial_sd: SD of the score in a trial's sample, in which w_P and w_A are printed, over that of the population.
        benefit: how much each person gains of both, mean 1.
    """
    scale = _column(benefit) * _column(trial_sd)
    return np.asarray(scale * (_column(w_P) * pool / _column(P_ref) + _column(w_A) * acute), float)


def benefit_of(draw: Floats, cv: npt.ArrayLike) -> Floats:
    """How much each person gains of the drug, f8[people]: log-normal with mean 1 and coefficient of variation `cv`."""
    variance = np.log1p(np.square(np.asarray(cv, float)))
    return np.asarray(np.exp(np.sqrt(variance) * draw - variance / 2.0), float)


def setting_factor(setting: str, values: Mapping[str, npt.ArrayLike]) -> Floats:
    """Placebo change of a setting as a multiple of that of a civilian trial.

    Raises:
        InputError: there is no such setting.
    """
    if setting not in SETTINGS:
        raise InputError(
            f"there is no setting {setting!r}",
            code="symptoms.setting",
            remedy=f"Use one of {', '.join(SETTINGS)}",
            where="symptoms",
        )
    return np.asarray(1.0 if setting == "civilian_trial" else values[f"setting_{setting}"], float)


def _column(value: npt.ArrayLike) -> Floats:
    array = np.asarray(value, float)
    return array[:, None] if array.ndim == 1 else array
