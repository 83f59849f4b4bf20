"""What was charted at the pump, as charted changes of the plan: from then on a model sees what was really given."""

from __future__ import annotations

from decimal import Decimal

from ataraxy.therapy.amount import Dose, Rate
from ataraxy.therapy.chart import ChartedChange, DevicesCharted, DoseCharted, InfusionCharted, SessionMissed
from ataraxy.therapy.dose_order import on_basis
from ataraxy.therapy.drug import Basis
from ataraxy.therapy.infusion import SAME_TIME_H, RateChange
from ataraxy.therapy.moment import hours_between
from ataraxy.therapy.route import Route
from ataraxy.therapy.session.delivery import in_order
from ataraxy.therapy.session.state import Session


def charted_changes(session: Session) -> tuple[ChartedChange, ...]:
    """Return how the given dose differs from the plan, for `ataraxy.therapy.chart.with_charted_changes`.

    Rates are those of the pump times the concentration, on the protocol's basis, so that their integral is the dose
    that was given. A session without drug is missed. A session that still runs has no answer yet: an empty tuple.
    """
    if session.plan is None:
        return ()
    index = session.plan.index
    if session.dosing_started_at is None or session.preparation is None:
        return (SessionMissed(session=index),) if session.state.ended else ()
    if session.dosing_ended_at is None:
        return ()
    order = session.preparation.inputs.order
    strength = on_basis(session.preparation.quantities.concentration, Basis.BASE, order.basis)
    given = session.delivered(session.dosing_ended_at)
    if given == 0:
        return (SessionMissed(session=index),)
    if order.route is Route.NASAL_SPRAY:
        return (DevicesCharted(session=index, devices=int(given)),)
    if not order.route.is_infusion:
        return (DoseCharted(session=index, dose=Dose(amount=float(given * strength), per="mg")),)
    return (_infusion(session, index, strength),)


def _infusion(session: Session, index: int, strength: Decimal) -> InfusionCharted:
    points = in_order(session.delivery)
    start = points[0].at
    assert session.dosing_ended_at is not None
    end = float(hours_between(start, session.dosing_ended_at))
    rates: dict[float, Decimal] = {}
    for point in points:
        if point.rate_ml_per_h is not None and point.kind != "stop":
            rates[float(hours_between(start, point.at))] = point.rate_ml_per_h  # the last of one moment holds
    changes: list[RateChange] = []
    for at_h, rate in sorted(rates.items()):
        if at_h < end - SAME_TIME_H:
            changes.append(RateChange(at_h=at_h, to=Rate(amount=float(rate * strength), per="mg/h")))
    return InfusionCharted(session=index, changes=tuple(changes), ended_h=end)
