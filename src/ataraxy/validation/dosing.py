"""A study's doses as planned doses that a model can be given."""

from __future__ import annotations

from typing import Final

from ataraxy.evidence.study import DEVICE_MG, GivenDose, Study
from ataraxy.therapy.drug import Basis, Drug
from ataraxy.therapy.planned_dose import PlannedDose
from ataraxy.validation.choice import ROUTE_OF

BETWEEN_DEVICES_H: Final = 5.0 / 60.0
"""Devices of the spray are used five minutes apart (notes of the shipped evidence, spravato-information)."""

BETWEEN_SESSIONS_H: Final = 12.0
"""Doses that begin longer than this after the end of those before them are another session; the steps of a stepped
infusion, or a swallowed dose before an infusion, are one."""

DRUG_OF: Final = {"S": Drug.ESKETAMINE, "R": Drug.ARKETAMINE, "racemic": Drug.RACEMIC_KETAMINE}


def why_not_simulated(study: Study) -> str:
    """Return why the doses do not make a time course, empty where they do."""
    for dose in study.doses:
        if dose.amount is None:
            return "the dose was not seen"
        if dose.duration_h is None:
            return "the length of the infusion was not seen"
        if dose.route not in ROUTE_OF:
            return f"no model here has absorption for the route {dose.route}"
    return "" if study.doses else "no dose is given"


def plan(study: Study) -> tuple[PlannedDose, ...]:
    """Return the doses of a study, each nasal device apart, in order of time.

    The study must be one for which `why_not_simulated` is empty.
    """
    planned: list[PlannedDose] = []
    session, end_h = 0, 0.0
    for dose in sorted(study.doses, key=lambda dose: dose.time_h):
        if planned and dose.time_h - end_h >= BETWEEN_SESSIONS_H:
            session += 1
        planned += _pieces(dose, session, DRUG_OF[study.drug])
        end_h = max(end_h, planned[-1].end_h)
    return tuple(sorted(planned, key=lambda piece: piece.time_h))


def devices_of(dose: GivenDose) -> int:
    """Return the number of spray devices that hold the dose, rounded up where it is not stated."""
    if dose.devices is not None:
        return dose.devices
    if dose.amount is None or dose.per_kg:
        return 1
    return max(1, -int(-(dose.amount - 1e-9) // DEVICE_MG))


def _pieces(dose: GivenDose, index: int, drug: Drug) -> list[PlannedDose]:
    assert dose.amount is not None
    assert dose.duration_h is not None
    # A generic nasal dose is one administration that is not told apart into devices.
    devices = devices_of(dose) if dose.route == "nasal_spray" else None
    return [
        PlannedDose(
            session=index,
            time_h=dose.time_h + i * BETWEEN_DEVICES_H,
            route=ROUTE_OF[dose.route],
            amount=dose.amount / (devices or 1),
            amount_per="mg/kg" if dose.per_kg else "mg",
            basis=Basis.HYDROCHLORIDE if dose.hydrochloride else Basis.BASE,
            drug=drug,
            duration_h=dose.duration_h,
            devices=devices,
            device_index=None if devices is None else i,
        )
        for i in range(devices or 1)
    ]
