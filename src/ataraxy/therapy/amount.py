"""How much: a dose, fixed or per kg with an optional cap, and a rate of infusion."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from ataraxy.therapy.value import Number, Value, refuse

AmountUnit = Literal["mg", "mg/kg"]

# Limits of the house against slips of unit, such as g for mg or ug for mg; they are not limits of safety.
LARGEST_MG = 1000.0
LARGEST_MG_PER_KG = 10.0
LIKELY_UNIT = "This looks like an error of unit; check it"


class Dose(Value):
    """An amount of drug for one administration, in mg or mg/kg of the protocol's basis.

    Attributes:
        amount: mg or mg/kg, more than zero.
        per: the unit of `amount`.
        cap_mg: largest amount in mg that a heavy person is given, on the same basis; None for no cap.
    """

    amount: Number
    per: AmountUnit
    cap_mg: Number | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        check_amount(self.amount, self.per, "amount")
        if self.cap_mg is not None:
            if self.per == "mg":
                raise refuse(
                    f"a cap of {self.cap_mg:g} mg stands beside a dose that does not depend on weight",
                    code="protocol.cap-without-weight",
                    remedy="Remove the cap, or give the dose in mg/kg",
                    field="cap_mg",
                )
            if self.cap_mg <= 0:
                raise refuse(
                    f"the cap is {self.cap_mg:g} mg",
                    code="protocol.cap-not-positive",
                    remedy="Give a cap above zero, or none",
                    field="cap_mg",
                )
            check_amount(self.cap_mg, "mg", "cap_mg")
        return self

    def __str__(self) -> str:
        cap = "" if self.cap_mg is None else f" (at most {self.cap_mg:g} mg)"
        return f"{self.amount:g} {self.per}{cap}"


class Rate(Value):
    """A rate of infusion in mg/h or mg/kg/h of the protocol's basis; zero means that nothing flows."""

    amount: Number
    per: Literal["mg/h", "mg/kg/h"]

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.amount < 0:
            raise refuse(
                f"the rate is {self.amount:g} {self.per}",
                code="protocol.rate-negative",
                remedy="Give a rate of zero or more",
                field="amount",
            )
        return self

    @property
    def amount_per(self) -> AmountUnit:
        """Return the unit of the amount that flows in a time."""
        return "mg/kg" if self.per == "mg/kg/h" else "mg"

    def __str__(self) -> str:
        return f"{self.amount:g} {self.per}"


def check_amount(amount: float, per: AmountUnit, field: str) -> None:
    """Refuse an amount that is zero, negative, or too large to be meant.

    Raises:
        InputError: ``protocol.dose-not-positive`` or ``protocol.dose-absurd``.
    """
    if not amount > 0:
        raise refuse(
            f"the dose is {amount:g} {per}",
            code="protocol.dose-not-positive",
            remedy="Give a dose above zero",
            field=field,
        )
    largest = LARGEST_MG if per == "mg" else LARGEST_MG_PER_KG
    if amount > largest:
        raise refuse(
            f"{amount:g} {per} is above {largest:g} {per}",
            code="protocol.dose-absurd",
            remedy=LIKELY_UNIT,
            field=field,
        )
