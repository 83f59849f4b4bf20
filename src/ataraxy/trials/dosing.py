"""The doses of a trial's arm, as the models take them."""

from __future__ import annotations

from ataraxy.errors import InputError
from ataraxy.evidence.arm import Arm
from ataraxy.therapy.administration import MG_PER_DEVICE
from ataraxy.therapy.drug import Basis
from ataraxy.therapy.planned_dose import PlannedDose
from ataraxy.therapy.route import Route

# The label of esketamine: five minutes from one device to the next.
DEVICE_INTERVAL_H = 5.0 / 60.0


def planned_doses(arm: Arm) -> tuple[PlannedDose, ...]:
    """All doses of an arm in order of time; none where no ketamine was given.

    A range of doses is taken at its middle (`Arm.flags` says so). Milligrams count the free base, as those of the
    licensed solutions do. A nasal dose is split evenly over as many devices as come closest to it.

    Raises:
        InputError: ``trials.arm``: the arm lacks what a simulation needs; the message names it.
    """
    if not arm.is_ketamine:
        return ()
    drug = arm.kind.drug
    if not arm.usable or arm.route is None or arm.dose is None or arm.duration_h is None or drug is None:
        raise InputError(
            f"arm {arm.id} cannot be simulated: {'; '.join(arm.reasons) or 'drug, route or dose is missing'}",
            code="trials.arm",
            remedy="Give its drug, route, dose, unit and duration",
            where="trial arm",
        )
    amount = arm.dose.mg.middle
    devices = None
    if arm.route is Route.NASAL_SPRAY and not arm.dose.per_kg:
        devices = max(1, round(amount / MG_PER_DEVICE))
    return tuple(
        PlannedDose(
            session=session,
            time_h=start + DEVICE_INTERVAL_H * device,
            route=arm.route,
            amount=amount / (devices or 1),
            amount_per="mg/kg" if arm.dose.per_kg else "mg",
            basis=Basis.BASE,
            drug=drug,
            duration_h=arm.duration_h,
            devices=devices,
            device_index=device if devices else None,
        )
        for session, start in enumerate(arm.sessions_h)
        for device in range(devices or 1)
    )
