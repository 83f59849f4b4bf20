"""What was given: the course of the pump or the single doses, and its integral in closed form."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from ataraxy.therapy.exact import Exact
from ataraxy.therapy.moment import MICROSECONDS_PER_HOUR, Moment, microseconds
from ataraxy.therapy.sensitive import Sensitive
from ataraxy.therapy.value import Count, Value

DeliveryKind = Literal["start", "rate", "pause", "resume", "dose", "stop"]


class DeliveryPoint(Value):
    """One act at the pump or one dose.

    Attributes:
        id: its number in the session, from 0.
        kind: what was done.
        at: when.
        by: who did it.
        rate_ml_per_h: from then on; 0 in a pause; None for a dose and for a stop.
        amount: mL or pieces of one dose; None for a pump.
        reason: free text.
        corrected: whether a correction has changed time, rate or amount.
    """

    id: Count
    kind: DeliveryKind
    at: Moment
    by: str
    rate_ml_per_h: Annotated[Exact, Field(ge=0)] | None = None
    amount: Annotated[Exact, Field(ge=0)] | None = None
    reason: Sensitive = ""
    corrected: bool = False


def in_order(points: Sequence[DeliveryPoint]) -> tuple[DeliveryPoint, ...]:
    """Return the points in order of time; those of one moment in the order in which they were charted."""
    return tuple(sorted(points, key=lambda point: (point.at, point.id)))


def current_rate(points: Sequence[DeliveryPoint], at: datetime) -> Decimal:
    """Return the pump rate in mL/h at a moment; 0 where nothing runs."""
    rate = Decimal(0)
    for point in in_order(points):
        if point.at > at:
            break
        if point.kind == "stop":
            rate = Decimal(0)
        elif point.rate_ml_per_h is not None:
            rate = point.rate_ml_per_h
    return rate


def rate_before_pause(points: Sequence[DeliveryPoint], at: datetime) -> Decimal | None:
    """Return the rate at which a pump that is paused ran before; None where it is not paused."""
    running: Decimal | None = None
    paused = False
    for point in in_order(points):
        if point.at > at or point.kind == "stop":
            break
        if point.kind == "pause":
            paused = True
        elif point.rate_ml_per_h is not None:
            running, paused = point.rate_ml_per_h, False
    return running if paused else None


def delivered(points: Sequence[DeliveryPoint], until: datetime) -> Decimal:
    """Return the mL or pieces given until a moment: single doses, and the integral of the rate over time.

    The rate is constant between two points, so the integral is the exact sum of rate x time; one division by the
    microseconds of an hour is the only rounding, in the 28th digit.
    """
    doses = Decimal(0)
    ml_microseconds_per_hour = Decimal(0)
    rate, since = Decimal(0), None
    for point in in_order(points):
        if point.at > until:
            break
        if since is not None:
            ml_microseconds_per_hour += rate * microseconds(since, point.at)
        since = point.at
        if point.kind == "stop":
            rate = Decimal(0)
        elif point.rate_ml_per_h is not None:
            rate = point.rate_ml_per_h
        if point.amount is not None:
            doses += point.amount
    if since is not None and until > since:
        ml_microseconds_per_hour += rate * microseconds(since, until)
    return doses + ml_microseconds_per_hour / MICROSECONDS_PER_HOUR
