"""What a protocol orders for one session, in exact numbers, as a dose is prepared from it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Literal

from ataraxy.therapy.drug import Basis, Drug
from ataraxy.therapy.exact import Exact, plain
from ataraxy.therapy.planned_dose import PlannedDose
from ataraxy.therapy.refusal import Refusal
from ataraxy.therapy.route import Route
from ataraxy.therapy.value import Value

# A protocol's numbers have at most six decimals; sums of its pieces are brought back to them.
_DECIMALS = Decimal("0.000001")
# Same law as ataraxy.therapy.drug, in exact numbers; a test holds both together.
_MOLAR_MASS = {Basis.BASE: Decimal("237.73"), Basis.HYDROCHLORIDE: Decimal("274.19")}


class OrderStretch(Value):
    """A part of an infusion at a constant planned rate: minutes from its start, and its share of the dose."""

    start_min: Exact
    end_min: Exact
    share: Exact


class DoseOrder(Value):
    """The dose of one session.

    Attributes:
        drug, route, basis: as the protocol says.
        amount, per: mg or mg/kg on `basis`, of the whole session.
        cap_mg: the protocol's cap on `basis`; None for none.
        stretches: of an infusion, in order; gaps are planned pauses. Empty for other routes.
    """

    drug: Drug
    route: Route
    basis: Basis
    amount: Exact
    per: Literal["mg", "mg/kg"]
    cap_mg: Exact | None = None
    stretches: tuple[OrderStretch, ...] = ()

    @property
    def duration_min(self) -> Decimal:
        """Return the planned length of an infusion; 0 for other routes."""
        return self.stretches[-1].end_min if self.stretches else Decimal(0)

    @property
    def text(self) -> str:
        """Return the order in words, such as ``0.5 mg/kg racemic ketamine (base) by IV infusion over 40 min``."""
        cap = "" if self.cap_mg is None else f", at most {plain(self.cap_mg)} mg,"
        over = f" over {plain(self.duration_min)} min" if self.stretches else ""
        return (
            f"{plain(self.amount)} {self.per} {self.drug.label} ({self.basis.value}){cap} "
            f"by {self.route.label}{over}"
        )

    def dose_mg(self, weight_kg: Decimal) -> Decimal:
        """Return the mg on the order's basis for a person of this weight, the protocol's cap applied, unrounded."""
        mg = self.amount * weight_kg if self.per == "mg/kg" else self.amount
        return mg if self.cap_mg is None else min(mg, self.cap_mg)


def on_basis(mg: Decimal, basis: Basis, to: Basis) -> Decimal:
    """Return how many mg of one form are as much drug as some mg of the other."""
    return mg if basis is to else mg * _MOLAR_MASS[to] / _MOLAR_MASS[basis]


def order_of(planned: Sequence[PlannedDose]) -> DoseOrder:
    """Return the order that the planned doses of one session amount to.

    Raises:
        Refusal: no dose (``order.empty``), or several administrations, drugs or units of dose in one session, which
            one preparation cannot hold (``order.mixed``).
    """
    if not planned:
        raise Refusal(
            "the protocol plans no dose for this session",
            code="order.empty",
            remedy="Check the number of the session",
        )
    first = planned[0]
    kinds = {
        (d.session, d.administration, d.drug, d.basis, d.route, d.amount_per, d.cap_mg is None)
        for d in planned
    }
    if len(kinds) > 1:
        raise Refusal(
            "the session holds several administrations, drugs or units of dose",
            code="order.mixed",
            remedy="Prescribe a protocol with one administration in each session; charting several is not built",
        )
    total = math.fsum(dose.amount for dose in planned)
    caps = [dose.cap_mg for dose in planned if dose.cap_mg is not None]
    cap = None
    if caps:  # an infusion's cap is shared out over its pieces; that of devices and injections is not
        cap = _exact(math.fsum(caps) if first.route.is_infusion else caps[0])
    stretches: tuple[OrderStretch, ...] = ()
    if first.route.is_infusion:
        stretches = tuple(
            OrderStretch(
                start_min=_exact((dose.time_h - first.time_h) * 60),
                end_min=_exact((dose.end_h - first.time_h) * 60),
                share=_exact(dose.amount / total),
            )
            for dose in planned
        )
    return DoseOrder(
        drug=first.drug,
        route=first.route,
        basis=first.basis,
        amount=_exact(total),
        per=first.amount_per,
        cap_mg=cap,
        stretches=stretches,
    )


def _exact(value: float) -> Decimal:
    return Decimal(repr(value)).quantize(_DECIMALS)
