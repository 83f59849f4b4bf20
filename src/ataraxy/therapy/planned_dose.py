"""A dose as it is planned for one moment, and how many mg of free base it is for one person."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from ataraxy.errors import InputError
from ataraxy.therapy.amount import AmountUnit
from ataraxy.therapy.drug import Basis, Drug
from ataraxy.therapy.route import Route


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedDose:
    """One piece of a plan: an instant dose, one nasal device, or a stretch of infusion at a constant rate.

    Attributes:
        session: index of the session, from 0.
        time_h: start, in hours from the start of the protocol.
        route: how it is given.
        amount: amount in `amount_per`, on `basis`, before any cap.
        amount_per: ``mg`` or ``mg/kg``.
        cap_mg: largest amount in mg, on `basis`; None for no cap. An infusion's cap is shared out over its pieces.
        duration_h: length in hours; 0 for everything that is given at one moment.
        devices: number of nasal devices of the session's administration, None for other routes.
        device_index: which of those devices this is, from 0; None for other routes.
        basis: what the mg count.
        drug: which drug.
        administration: index of the administration within the session, from 0; pieces of an infusion share it.
    """

    session: int
    time_h: float
    route: Route
    amount: float
    amount_per: AmountUnit
    basis: Basis
    drug: Drug
    cap_mg: float | None = None
    duration_h: float = 0.0
    devices: int | None = None
    device_index: int | None = None
    administration: int = 0

    def __post_init__(self) -> None:
        for name in ("time_h", "duration_h"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) >= 0):
                raise _refused(name, getattr(self, name), "Give hours of zero or more")
        if not (math.isfinite(self.amount) and self.amount > 0):
            raise _refused("amount", self.amount, "Give an amount above zero")
        if self.cap_mg is not None and not (math.isfinite(self.cap_mg) and self.cap_mg > 0):
            raise _refused("cap_mg", self.cap_mg, "Give a cap above zero, or None")
        if self.amount_per not in ("mg", "mg/kg"):
            raise _refused("amount_per", self.amount_per, "Give mg or mg/kg")

    @property
    def end_h(self) -> float:
        """Return the end in hours from the start of the protocol."""
        return self.time_h + self.duration_h


def dose_mg_base(planned: PlannedDose, weight_kg: float) -> float:
    """Return the mg of free base that a person of this weight is given.

    The cap holds for the mg that are drawn up, so it applies after the weight and before salt becomes base.

    Raises:
        InputError: the weight is not a positive number (``protocol.weight-not-positive``).
    """
    if not (math.isfinite(weight_kg) and weight_kg > 0):
        raise InputError(
            f"the weight is {weight_kg!r} kg",
            code="protocol.weight-not-positive",
            remedy="Give a body weight in kg above zero",
        )
    mg = planned.amount * weight_kg if planned.amount_per == "mg/kg" else planned.amount
    if planned.cap_mg is not None:
        mg = min(mg, planned.cap_mg)
    return mg * planned.basis.base_fraction


def total_mg_base(planned_doses: Iterable[PlannedDose], weight_kg: float) -> float:
    """Return the mg of free base of all doses together for a person of this weight."""
    return math.fsum(dose_mg_base(planned, weight_kg) for planned in planned_doses)


def _refused(field: str, value: object, remedy: str) -> InputError:
    return InputError(
        f"{field} of a planned dose is {value!r}",
        code=f"planned-dose.{field.replace('_', '-')}",
        remedy=remedy,
    )
