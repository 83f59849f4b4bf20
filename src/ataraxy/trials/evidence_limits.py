"""What stands behind a difference between two protocols, and what is only assumed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ataraxy.pharmacology.kinetics import KineticModel
from ataraxy.pharmacology.kinetics.studied import Support
from ataraxy.therapy.protocol import Protocol
from ataraxy.therapy.route import Route
from ataraxy.trials.dose_size import intravenous_dose_mg_per_kg

LEAST_STUDIED: Final = 0.5
"""mg/kg of racemate: below it the pool's dose response is extrapolated, and the one trial that tested 0.1 mg/kg
disagrees with it (Fava 2020, d = -0.82; row V13)."""

_SYMPTOMS: Final = "relief_"
_GIVEN: Final = ("sessions", "chair_time_h")


@dataclass(frozen=True, slots=True)
class Limit:
    """One reason to doubt a difference.

    Attributes:
        text: in plain words.
        decides: whether the difference rests on it, so that the evidence does not tell the protocols apart.
    """

    text: str
    decides: bool


def difference_limits(
    quantity: str, first: Protocol, second: Protocol, kinetics: KineticModel
) -> tuple[Limit, ...]:
    """What weakens a difference in a quantity between two protocols."""
    if first == second:
        return ()
    if quantity == "chair_time_h":
        missing = [p.name for p in (first, second) if p.observation_h is None]
        text = f"how long people are observed is not stated in {' and '.join(missing)}: only the dose itself counts"
        return (Limit(text, decides=True),) if missing else ()
    if quantity in _GIVEN:
        return ()
    found: list[Limit] = []
    if set(first.routes) != set(second.routes):
        for route in dict.fromkeys((*first.routes, *second.routes)):
            found += _of_route(route, kinetics)
    if quantity.startswith(_SYMPTOMS):
        found += _of_symptoms(quantity, first, second)
    elif quantity in ("sbp_rise", "dbp_rise") and _nasal(first) != _nasal(second):
        text = "the size of rises was calibrated in nasal trials; cohorts of clinics differ two-fold from each other"
        found.append(Limit(text, decides=False))
    return tuple(dict.fromkeys(found))


def _of_route(route: Route, kinetics: KineticModel) -> list[Limit]:
    support = kinetics.routes.get(route)
    if support is None or support.status is Support.PUBLISHED:
        return []
    text = f"absorption by {route.label} is {support.status.value} ({support.note})"
    return [Limit(text, decides=support.status is Support.ASSUMED)]


def _of_symptoms(quantity: str, first: Protocol, second: Protocol) -> list[Limit]:
    found: list[Limit] = []
    doses = [intravenous_dose_mg_per_kg(p) for p in (first, second)]
    low = [p.name for p, dose in zip((first, second), doses, strict=True) if dose < LEAST_STUDIED - 1e-9]
    if low and abs(doses[0] - doses[1]) > 1e-9:
        text = f"dose response below {LEAST_STUDIED:g} mg/kg is not calibrated ({' and '.join(low)})"
        found.append(Limit(text, decides=True))
    if len({first.drug, second.drug}) > 1:
        text = "whether R-ketamine relieves is not known; here it acts only through the NMDA receptor"
        found.append(Limit(text, decides=True))
    if len(first.sessions) != len(second.sessions):
        text = "how relief adds up over sessions rests on one saturating pool whose decay is weakly known"
        found.append(Limit(text, decides=False))
    if quantity.startswith("relief_2h"):
        found.append(Limit("relief while the drug is there cannot be told from unmasking", decides=False))
    return found


def _nasal(protocol: Protocol) -> bool:
    return set(protocol.routes) == {Route.NASAL_SPRAY}
