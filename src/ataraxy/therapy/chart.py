"""What was charted against what was planned: one person's own calendar, rate changes, pauses and doses.

`with_charted_changes` is a pure function from planned doses to planned doses, so that a model never needs to
know whether a plan or a chart is simulated.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Self

from pydantic import model_validator

from ataraxy.therapy.administration import MOST_DEVICES
from ataraxy.therapy.amount import Dose
from ataraxy.therapy.infusion import RateChange, Stretch, lay_changes
from ataraxy.therapy.planned_dose import PlannedDose
from ataraxy.therapy.value import Count, Number, Value, refuse


class SessionMoved(Value):
    """A session took place at another time; everything in it moves with its first dose.

    Attributes:
        session: index of the session, from 0.
        to_h: new time of its first dose, hours from the start of the protocol.
    """

    session: Count
    to_h: Number


class SessionMissed(Value):
    """A session did not take place; the other sessions keep their indices.

    Attributes:
        session: index of the session, from 0.
    """

    session: Count


class InfusionCharted(Value):
    """An infusion ran otherwise than planned.

    Attributes:
        session: index of the session, from 0.
        administration: index of the infusion within the session, from 0.
        changes: rates, pauses and resumptions, in order of time from the start of the infusion.
        ended_h: when it really ended, hours from its start; None for as planned. After the planned end the
            last rate goes on.
    """

    session: Count
    administration: Count = 0
    changes: tuple[RateChange, ...] = ()
    ended_h: Number | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.ended_h is not None and self.ended_h < 0:
            raise refuse(
                f"the infusion ended {-self.ended_h:g} h before it began",
                code="chart.end",
                remedy="Give the end in hours from the start of the infusion",
                field="ended_h",
            )
        return self


class DoseCharted(Value):
    """Another dose was given at one moment than planned.

    Attributes:
        session: index of the session, from 0.
        administration: index of the administration within the session, from 0.
        dose: what was given, on the basis of the plan.
    """

    session: Count
    administration: Count = 0
    dose: Dose


class DevicesCharted(Value):
    """Fewer nasal devices were used than planned.

    Attributes:
        session: index of the session, from 0.
        administration: index of the administration within the session, from 0.
        devices: how many were used, 0 for none.
    """

    session: Count
    administration: Count = 0
    devices: Count


ChartedChange = SessionMoved | SessionMissed | InfusionCharted | DoseCharted | DevicesCharted


def with_charted_changes(
    planned_doses: Iterable[PlannedDose], changes: Sequence[ChartedChange]
) -> tuple[PlannedDose, ...]:
    """Return the doses as they were charted, in order of time.

    Changes are applied in their order. The amount of a charted infusion is the integral of its charted rate: a
    pause gives less unless the end is charted later by as much.

    Raises:
        InputError: a session or administration that the plan does not have (``chart.unknown``), a change that
            does not fit the route (``chart.route``), sessions that change their order (``chart.order``), or the
            codes of `ataraxy.therapy.infusion.lay_changes`.
    """
    doses = tuple(planned_doses)
    for change in changes:
        mine = [dose for dose in doses if _is_meant(dose, change)]
        if not mine:
            raise refuse(
                f"the plan has no {_target(change)}",
                code="chart.unknown",
                remedy="Count sessions and administrations from 0",
            )
        others = tuple(dose for dose in doses if not _is_meant(dose, change))
        doses = tuple(sorted((*others, *_charted(mine, change)), key=lambda dose: dose.time_h))
        if isinstance(change, SessionMoved):
            _check_order(doses, change)
    return doses


def _is_meant(dose: PlannedDose, change: ChartedChange) -> bool:
    if dose.session != change.session:
        return False
    return isinstance(change, SessionMoved | SessionMissed) or dose.administration == change.administration


def _target(change: ChartedChange) -> str:
    if isinstance(change, SessionMoved | SessionMissed):
        return f"session {change.session}"
    return f"administration {change.administration} in session {change.session}"


def _charted(mine: list[PlannedDose], change: ChartedChange) -> list[PlannedDose]:
    first = mine[0]
    match change:
        case SessionMissed():
            return []
        case SessionMoved():
            if change.to_h < 0:
                raise refuse(
                    f"session {change.session} is moved to {change.to_h:g} h",
                    code="chart.order",
                    remedy="Give a time after the start of the protocol",
                )
            return [replace(dose, time_h=change.to_h + (dose.time_h - first.time_h)) for dose in mine]
        case InfusionCharted():
            _check_route(first.route.is_infusion, first, change)
            return _charted_infusion(mine, change)
        case DoseCharted():
            _check_route(not first.route.is_infusion and first.devices is None, first, change)
            dose = change.dose
            return [replace(first, amount=dose.amount, amount_per=dose.per, cap_mg=dose.cap_mg)]
        case DevicesCharted():
            _check_route(first.devices is not None, first, change)
            if not 0 <= change.devices <= min(len(mine), MOST_DEVICES):
                raise refuse(
                    f"{change.devices} devices are charted in session {change.session} of {len(mine)} planned",
                    code="chart.devices",
                    remedy="Chart as many devices as were planned, or fewer",
                )
            return [replace(dose, devices=change.devices) for dose in mine[: change.devices]]


def _charted_infusion(mine: list[PlannedDose], change: InfusionCharted) -> list[PlannedDose]:
    first = mine[0]
    planned = [
        Stretch(
            dose.time_h - first.time_h, dose.end_h - first.time_h, dose.amount, dose.amount_per, dose.cap_mg
        )
        for dose in mine
    ]
    return [
        replace(
            first,
            time_h=first.time_h + stretch.start_h,
            duration_h=stretch.end_h - stretch.start_h,
            amount=stretch.amount,
            amount_per=stretch.per,
            cap_mg=stretch.cap_mg,
        )
        for stretch in lay_changes(planned, change.changes, change.ended_h)
    ]


def _check_route(fits: bool, dose: PlannedDose, change: ChartedChange) -> None:
    if not fits:
        raise refuse(
            f"{_target(change)} is a {dose.route.label} and cannot be charted as {type(change).__name__}",
            code="chart.route",
            remedy="Chart infusions as InfusionCharted, nasal devices as DevicesCharted, all others as DoseCharted",
        )


def _check_order(doses: tuple[PlannedDose, ...], change: SessionMoved) -> None:
    sessions = [dose.session for dose in doses]
    if sessions != sorted(sessions):
        raise refuse(
            f"session {change.session}, moved to {change.to_h:g} h, runs into another session",
            code="chart.order",
            remedy="Move the sessions so that they keep their order, the last one first",
        )
