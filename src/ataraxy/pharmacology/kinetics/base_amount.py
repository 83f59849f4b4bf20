"""How many mg of free base each of many people is given by one planned dose."""

from __future__ import annotations

import numpy as np

from ataraxy.pharmacology.kinetics.ports import Floats
from ataraxy.therapy.planned_dose import PlannedDose


def base_mg(planned: PlannedDose, weights_kg: Floats) -> Floats:
    """mg of free base, one per weight: the rule of `ataraxy.therapy.planned_dose.dose_mg_base` for an array."""
    each = (
        planned.amount * weights_kg
        if planned.amount_per == "mg/kg"
        else np.full(len(weights_kg), planned.amount)
    )
    if planned.cap_mg is not None:
        each = np.minimum(each, planned.cap_mg)
    return np.asarray(each * planned.basis.base_fraction, float)
