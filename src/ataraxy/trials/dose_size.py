"""How large a session's dose is, on one scale for all drugs and routes."""

from __future__ import annotations

from typing import Final

from ataraxy.therapy.drug import Drug
from ataraxy.therapy.planned_dose import dose_mg_base
from ataraxy.therapy.protocol import Protocol
from ataraxy.therapy.route import Route

TYPICAL_WEIGHT_KG: Final = 70.0
# Share of a dose that reaches the circulation, roughly: enough to say whether a dose is below those that were studied.
ROUGH_SHARE: Final = {
    Route.NASAL_SPRAY: 0.5,
    Route.ORAL_SOLUTION: 0.15,
    Route.SUBLINGUAL: 0.3,
    Route.BUCCAL: 0.3,
    Route.FILM: 0.3,
}
# mg of racemate that hold as much S-ketamine as 1 mg of the drug.
RACEMATE: Final = {Drug.RACEMIC_KETAMINE: 1.0, Drug.ESKETAMINE: 2.0, Drug.ARKETAMINE: 0.0}


def intravenous_dose_mg_per_kg(protocol: Protocol) -> float:
    """The smallest session's dose as mg/kg of intravenous racemate for a person of 70 kg, roughly.

    By S-ketamine, and by round numbers of bioavailability; it serves to recognise doses below those that were studied,
    not to compute anything.
    """
    sessions: dict[int, float] = {}
    for dose in protocol.planned_doses():
        mg = dose_mg_base(dose, TYPICAL_WEIGHT_KG) * ROUGH_SHARE.get(dose.route, 1.0) * RACEMATE[dose.drug]
        sessions[dose.session] = sessions.get(dose.session, 0.0) + mg
    return min(sessions.values()) / TYPICAL_WEIGHT_KG
