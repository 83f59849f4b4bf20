"""The arms of published studies on which readings were calibrated, given to virtual people of 18 to 64 years."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import numpy.typing as npt

from ataraxy.engine.random import Numbers, normals
from ataraxy.engine.solve import Solution, solve
from ataraxy.pharmacology.effects.effect_model import EffectModel
from ataraxy.pharmacology.kinetics import IndividualParameters, enantiomers_of
from ataraxy.pharmacology.population import default_population, sample_population
from ataraxy.therapy.drug import Basis, Drug
from ataraxy.therapy.planned_dose import PlannedDose
from ataraxy.therapy.route import Route

DEVICE_INTERVAL_H: Final = 5.0 / 60.0
INFUSION_H: Final = 40.0 / 60.0
OLDEST_Y: Final = 64.0


def people_of(numbers: Numbers, seed: int) -> IndividualParameters:
    """What differs between the people of these numbers: kinetics and effects, at the values as they stand."""
    model = EffectModel.of()
    return model.individual_parameters(
        sample_population(numbers, seed, replace(default_population(), oldest_y=OLDEST_Y)),
        kinetic_eta=normals(seed, "between-subject", 0, numbers, len(model.kinetics.between_subject)),
        effect_eta=normals(seed, "between-subject-effects", 0, numbers, len(model.between_subject)),
    )


def course(numbers: Numbers, seed: int, doses: Sequence[PlannedDose], times_h: npt.ArrayLike) -> Solution:
    """All outputs of the effect model in these people."""
    model = EffectModel.of()
    individual = people_of(numbers, seed)
    engine = model.build(enantiomers_of([d.drug for d in doses]), {d.route for d in doses})
    return solve(engine, individual.matrix(engine), model.kinetics.doses(doses, individual), times_h)


def nasal_esketamine(devices: int) -> list[PlannedDose]:
    """Devices of 28 mg, five minutes apart."""
    return [
        PlannedDose(
            session=0,
            time_h=DEVICE_INTERVAL_H * k,
            route=Route.NASAL_SPRAY,
            amount=28.0,
            amount_per="mg",
            drug=Drug.ESKETAMINE,
            basis=Basis.BASE,
            devices=devices,
            device_index=k,
        )
        for k in range(devices)
    ]


def infusion(mg_per_kg: float, hours: float = INFUSION_H) -> list[PlannedDose]:
    """Racemic ketamine, intravenous."""
    return [_racemic(Route.IV_INFUSION, mg_per_kg, 0.0, hours)]


def bolus_and_infusion(first: float, first_h: float, rate: float, then_h: float) -> list[PlannedDose]:
    """Racemic ketamine: `first` mg/kg over `first_h`, then `rate` mg/kg/h for `then_h`."""
    return [
        _racemic(Route.IV_INFUSION, first, 0.0, first_h),
        _racemic(Route.IV_INFUSION, rate * then_h, first_h, then_h),
    ]


def subcutaneous(mg_per_kg: float) -> list[PlannedDose]:
    """Racemic ketamine, one injection."""
    return [_racemic(Route.SC, mg_per_kg, 0.0, 0.0)]


def _racemic(route: Route, mg_per_kg: float, time_h: float, duration_h: float) -> PlannedDose:
    return PlannedDose(
        session=0,
        time_h=time_h,
        route=route,
        amount=mg_per_kg,
        amount_per="mg/kg",
        drug=Drug.RACEMIC_KETAMINE,
        basis=Basis.BASE,
        duration_h=duration_h,
    )


def where_it_passes_zero(function: Callable[[float], float], low: float, high: float) -> float:
    """The place where an increasing function passes zero, by bisection: it may be a staircase of counted people."""
    for _ in range(40):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if function(middle) > 0.0 else (middle, high)
    return 0.5 * (low + high)
