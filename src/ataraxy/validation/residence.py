"""Mean residence time of an intravenous dose, exactly, from the rates of a linear model."""

from __future__ import annotations

import numpy as np

from ataraxy.pharmacology.kinetics import get_model
from ataraxy.pharmacology.kinetics.ports import Enantiomer
from ataraxy.pharmacology.typical import OnePerson, rate_matrix
from ataraxy.therapy.route import Route
from ataraxy.validation.course import Person


def intravenous_residence_h(model_name: str, enantiomer: Enantiomer, person: Person) -> float:
    """Return AUMC / AUC of unchanged drug after an intravenous bolus, in hours.

    For dy/dt = K y from a unit in the central compartment, AUC = -K^-1 y(0) and AUMC = K^-2 y(0), read at that
    compartment; clearance times this time is the volume at steady state.
    """
    kinetic = get_model(model_name)
    model = kinetic.build((enantiomer,), (Route.IV_BOLUS,))
    individual = kinetic.typical(OnePerson.of(person.weight_kg, person.age_y, person.ancestry))
    matrix, names = rate_matrix(model, individual)
    central = names.index(f"central_{enantiomer}")
    parent = {central}
    while wider := {int(j) for i in parent for j in np.flatnonzero(matrix[i])} - parent:
        parent |= wider
    chosen = sorted(parent)
    inner = matrix[np.ix_(chosen, chosen)]
    given = np.zeros(len(chosen))
    given[chosen.index(central)] = 1.0
    area = -np.linalg.solve(inner, given)
    moment = -np.linalg.solve(inner, area)
    i = chosen.index(central)
    return float(moment[i] / area[i])
