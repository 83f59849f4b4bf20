"""How long the law wants a patient's record kept: until then it is not erased.

The date is an entry of its own, in the stream ``retention/<patient>``, so that who set it and why is part of the chain,
and a restored backup has it too. The latest entry counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from ataraxy.errors import InputError
from ataraxy.record.entry import Draft
from ataraxy.record.keys import check_patient
from ataraxy.record.store import Record

KIND: Final = "record.retention_set"


@dataclass(frozen=True)
class Retention:
    """Until when a patient's record is kept, both days included, and by which rule."""

    until: date
    policy: str


def retention_stream(patient: str) -> str:
    """Return the stream that holds the retention dates of a patient."""
    return f"retention/{patient}"


def years_after(day: date, years: int) -> date:
    """Return the same day some years later; 29 February becomes 1 March where there is none.

    Args:
        years: how many the site's policy asks for, such as ten after the end of treatment.
    """
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def set_retention(
    record: Record, patient: str, *, until: date, policy: str, author: str, at: datetime
) -> Retention:
    """Record until when a patient's record is kept. An earlier date than before needs a policy that says so.

    Raises:
        InputError: the policy is empty (``retention.policy``).
    """
    check_patient(patient)
    if not policy.strip():
        raise InputError(
            "the rule that sets the date is not named",
            code="retention.policy",
            remedy="Name the law or the site policy with its version",
            where=patient,
        )
    stream = retention_stream(patient)
    draft = Draft(
        stream=stream,
        kind=KIND,
        payload={"patient": patient, "until": until.isoformat(), "policy": policy},
        occurred_at=at,
    )
    record.append([draft], author=author, at=at, expected={stream: record.version(stream)})
    return Retention(until, policy)


def retention(record: Record, patient: str) -> Retention | None:
    """Return until when a patient's record is kept, or None where nothing was set."""
    last = None
    for entry in record.entries(stream=retention_stream(patient), kinds=(KIND,)):
        last = entry
    if last is None:
        return None
    return Retention(date.fromisoformat(last.payload["until"]), str(last.payload["policy"]))


def refuse_within_retention(record: Record, patient: str, at: datetime) -> None:
    """Refuse to erase a patient whose record the law still wants.

    Raises:
        InputError: the last day is not over, everywhere on earth (``record.retained``).
    """
    kept = retention(record, patient)
    # the day ends in the westernmost zone twelve hours after it ends in UTC
    if kept is not None and (at.timestamp() - 12 * 3600) < _end_of(kept.until):
        raise InputError(
            f"the record is kept until {kept.until} ({kept.policy})",
            code="record.retained",
            remedy="Erase it after that day; restrict access to it until then",
            where=patient,
        )


def _end_of(day: date) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() + 24 * 3600
