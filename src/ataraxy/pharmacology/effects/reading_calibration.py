"""How dissociation of patients, sedation and nausea were fitted, and what was only predicted.

Fitted:

- dissociation of volunteers: the maximum, from 21.4 points above placebo ten minutes after 0.4 mg/kg over 10 min,
  during 0.4 mg/kg/h. Row DER12 has 42, derived on the concentrations of Kamp 2020, which are lower;
- dissociation in patients: a factor on that maximum and its spread, from the share with a CADSS above 4, 61% on 56 mg
  and 69% on 84 mg of nasal esketamine. The maximum of volunteers would give almost everybody;
- sedation: the concentration at which half of the people are sedated, from 50% on 56 mg; the spread is published;
- nausea: the slope by nose from 27.0% (56 mg) and 31.9% (84 mg), the one by vein from 13.3%; placebo 10.6%.

Predicted with them: CADSS of volunteers half an hour after the infusion (9.0 above placebo), sedation on 84 mg (61%)
and by vein in a clinic (56.4% drowsy), loss of consciousness (0.3%), CADSS of patients by vein (7.7, SD 9.2, time not
told) and after 1 mg/kg subcutaneously (20). `python -m ataraxy.pharmacology.effects.reading_calibration` prints all of
it; a test compares with `readings.yaml`. The infusion of the volunteers is taken to have lasted 1.5 h (1 to 2 h).
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from typing import Final

import numpy as np

from ataraxy.engine.random import normals
from ataraxy.pharmacology.effects.reference_arms import (
    bolus_and_infusion,
    course,
    infusion,
    nasal_esketamine,
    people_of,
    subcutaneous,
    where_it_passes_zero,
)
from ataraxy.pharmacology.effects.safety import (
    any_sedation,
    cadss,
    probability_of_loss_of_consciousness,
    probability_of_nausea,
)
from ataraxy.pharmacology.kinetics.ports import Floats

TIMES_H: Final = np.arange(0.0, 2.01, 1.0 / 12.0)
BOLUS_H: Final = 10.0 / 60.0
INFUSION_H: Final = 1.5
CADSS_VOLUNTEERS: Final = 24.94 - 3.55
CADSS_THRESHOLD: Final = 4.0
SHARE_56: Final = 0.61
SHARE_84: Final = 0.69
SEDATED_56: Final = 0.50
NAUSEA_56: Final = 0.270
NAUSEA_84: Final = 0.319
NAUSEA_IV: Final = 0.133


@dataclass(frozen=True)
class ReadingFit:
    """What came out. Shares are of 1.

    Attributes:
        e_max: points, median of volunteers.
        patient_dissociation: factor on E_max, median of patients.
        patient_cv: of that factor between patients.
        ec50_sedation: mg/L.
        nausea_slope_nasal, nausea_slope_iv: logit per ng/mL.
        sedated_84, sedated_iv: predicted.
        loss_of_consciousness_84, loss_of_consciousness_iv: predicted, in one session.
        cadss_patients_iv: mean and SD of the largest CADSS at 0.5 mg/kg over 40 min, predicted.
        cadss_patients_sc: mean of the largest after 1 mg/kg subcutaneously, predicted.
        cadss_volunteers_later: mean above placebo half an hour after the end of the infusion, predicted.
    """

    e_max: float
    patient_dissociation: float
    patient_cv: float
    ec50_sedation: float
    nausea_slope_nasal: float
    nausea_slope_iv: float
    sedated_84: float
    sedated_iv: float
    loss_of_consciousness_84: float
    loss_of_consciousness_iv: float
    cadss_patients_iv: tuple[float, float]
    cadss_patients_sc: float
    cadss_volunteers_later: float


def fit_readings(people: int = 2000, seed: int = 21) -> ReadingFit:
    """The fit, the same for the same arguments."""
    numbers = range(people)
    individual = people_of(numbers, seed)
    nasal56 = course(numbers, seed, nasal_esketamine(2), TIMES_H)
    nasal84 = course(numbers, seed, nasal_esketamine(3), TIMES_H)
    vein = course(numbers, seed, infusion(0.5), TIMES_H)
    skin = course(numbers, seed, subcutaneous(1.0), TIMES_H)

    stage = course(
        numbers,
        seed,
        bolus_and_infusion(0.4, BOLUS_H, 0.4, INFUSION_H),
        (2.0 * BOLUS_H, BOLUS_H + INFUSION_H + 0.5),
    )["dissociation"]
    spread = individual["E_max"] / float(np.median(individual["E_max"]))
    healthy = cadss(stage, E_max=spread).mean(axis=0)
    e_max = CADSS_VOLUNTEERS / float(healthy[0])

    patient = normals(seed, "patients", 0, numbers, 1)[:, 0]
    volunteers = {
        name: cadss(s["dissociation"], E_max=e_max * spread).max(axis=1)
        for name, s in (("56", nasal56), ("84", nasal84), ("vein", vein), ("skin", skin))
    }

    def patients(name: str, median: float, sd: float) -> Floats:
        return np.asarray(volunteers[name] * median * np.exp(sd * patient), float)

    def share(name: str, median: float, sd: float) -> float:
        return float((patients(name, median, sd) > CADSS_THRESHOLD).mean())

    def median_for(sd: float) -> float:
        return where_it_passes_zero(lambda m: share("56", m, sd) - SHARE_56, 0.01, 2.0)

    # the wider the spread, the less more drug adds
    sd = where_it_passes_zero(lambda s: SHARE_84 - share("84", median_for(s), s), 0.1, 2.5)
    median = median_for(sd)

    drawn = individual["EC50_sedation"] / float(np.median(individual["EC50_sedation"]))

    def sedated(site: Floats, ec50: float) -> float:
        return float(any_sedation(site, ec50 * drawn).any(axis=1).mean())

    site56, site84, site_vein = (s["sedation_site_mg_per_l"] for s in (nasal56, nasal84, vein))
    ec50 = where_it_passes_zero(lambda c: SEDATED_56 - sedated(site56, c), 0.01, 2.0)
    largest = {
        name: s["effect_site_ng_per_ml"].max(axis=1)
        for name, s in (("56", nasal56), ("84", nasal84), ("vein", vein))
    }
    background = individual["nausea_background"]

    def nausea(name: str, slope: float) -> float:
        return float(probability_of_nausea(largest[name], slope, background).mean())

    nasal_slope = where_it_passes_zero(
        lambda s: nausea("56", s) + nausea("84", s) - NAUSEA_56 - NAUSEA_84, 0.0, 0.1
    )
    vein_slope = where_it_passes_zero(lambda s: nausea("vein", s) - NAUSEA_IV, 0.0, 0.1)

    def unconscious(site: Floats) -> float:
        return float(
            probability_of_loss_of_consciousness(
                site.max(axis=1), individual["LOC50"], individual["loc_exponent"]
            ).mean()
        )

    vein_patients = patients("vein", median, sd)
    return ReadingFit(
        e_max=e_max,
        patient_dissociation=median,
        patient_cv=math.sqrt(math.expm1(sd * sd)),
        ec50_sedation=ec50,
        nausea_slope_nasal=nasal_slope,
        nausea_slope_iv=vein_slope,
        sedated_84=sedated(site84, ec50),
        sedated_iv=sedated(site_vein, ec50),
        loss_of_consciousness_84=unconscious(site84),
        loss_of_consciousness_iv=unconscious(site_vein),
        cadss_patients_iv=(float(vein_patients.mean()), float(vein_patients.std())),
        cadss_patients_sc=float(patients("skin", median, sd).mean()),
        cadss_volunteers_later=e_max * float(healthy[1]),
    )


if __name__ == "__main__":
    for field, value in vars(fit_readings()).items():
        sys.stdout.write(f"{field}: {value}\n")
