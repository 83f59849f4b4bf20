"""Moments: times with an offset, kept in UTC. A time without an offset is refused, because it names no moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime

from ataraxy.therapy.refusal import Refusal

# Nobody who is treated was born before, and far from where a time with an offset leaves the calendar.
EARLIEST, LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def _in_utc(at: datetime) -> datetime:
    # compared first: near its first and last day the calendar has no such moment in UTC
    if not EARLIEST <= at < LATEST:
        raise ValueError(f"{at.isoformat()} lies outside {EARLIEST.year} to {LATEST.year}")
    return at.astimezone(UTC)


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]

MICROSECONDS_PER_HOUR = 3_600_000_000


def aware(at: datetime, where: str = "at") -> datetime:
    """Return the same moment in UTC.

    Raises:
        Refusal: the time has no offset (``time.naive``), or lies outside the years that are meant (``time.range``).
    """
    if at.tzinfo is None or at.utcoffset() is None:
        raise Refusal(
            f"the time {at.isoformat()} has no offset from UTC",
            code="time.naive",
            remedy="Give the time with its offset, such as 2026-03-01T09:30+01:00",
            where=where,
        )
    if not EARLIEST <= at < LATEST:
        raise Refusal(
            f"the time {at.isoformat()} lies outside {EARLIEST.year} to {LATEST.year}",
            code="time.range",
            remedy="Check the year",
            where=where,
        )
    return at.astimezone(UTC)


def on_the_wall(at: datetime, where: str = "at") -> datetime:
    """Return a moment as it was given, with its own offset.

    Where a calendar day decides (what has expired, whose licence is in date, how old somebody is) it is the day of
    whoever asks: a clinic in Auckland does not wait for UTC to see that a vial expired yesterday.

    Raises:
        Refusal: as `aware` does.
    """
    aware(at, where)
    return at


def microseconds(start: datetime, end: datetime) -> int:
    """Return the whole microseconds from one moment to another; negative where the second is earlier."""
    return (end - start) // timedelta(microseconds=1)


def minutes_between(start: datetime, end: datetime) -> Decimal:
    """Return the minutes from one moment to another."""
    return Decimal(microseconds(start, end)) / 60_000_000


def hours_between(start: datetime, end: datetime) -> Decimal:
    """Return the hours from one moment to another."""
    return Decimal(microseconds(start, end)) / MICROSECONDS_PER_HOUR
