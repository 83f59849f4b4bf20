"""How long a response lasts: when people who responded lose it again, for every draw of the parameters."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from ataraxy.engine.random import normals
from ataraxy.pharmacology.symptoms.draws import COLUMNS
from ataraxy.pharmacology.symptoms.outcomes import responds
from ataraxy.pharmacology.symptoms.relapse import hazard, hours_to_relapse
from ataraxy.trials.clinic import VirtualClinic
from ataraxy.trials.scores import ScoresOfArm, SymptomDoubt

Floats = npt.NDArray[np.float64]

AFTER_DAYS: Final = (1.0, 4.0, 7.0, 14.0, 21.0, 28.0, 42.0, 56.0, 84.0, 112.0, 168.0, 364.0)
"""Days after the last session at which scores are needed."""


def times_to_loss(scores: ScoresOfArm, clinic: VirtualClinic, last_session_h: float) -> list[Floats]:
    """Days from the first rating after the last session to relapse, one array of responders for each draw.

    Hazard as in `symptoms.relapse`, with the doubt about the population's hazard; infinite for those who keep the
    response for a year.
    """
    doubt = SymptomDoubt(clinic)
    start = last_session_h + 24.0 * AFTER_DAYS[0]
    chosen = scores.times_h >= start - 1e-6
    times = scores.times_h[chosen]
    days = []
    for m in range(clinic.draws):
        course = scores.readings[m][:, chosen]
        responded = responds(course[:, :1], scores.baseline[m], scores.instrument)[:, 0]
        people = doubt.indication(m, scores.indication)
        rates = hazard(course, course[:, 0], h0=people.hazard_per_h, gamma_y=doubt.values(m)["gamma_y"])
        draw = normals(clinic.seed, "relapse", m, range(len(course)), len(COLUMNS))
        hours = hours_to_relapse(times, rates, times[0], draw[:, COLUMNS.index("relapse")])
        days.append(np.asarray(hours[responded] / 24.0))
    return days
