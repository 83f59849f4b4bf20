"""Moments: what has no offset names none, and what lies at the rim of the calendar is refused, not a crash."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from ataraxy.therapy.moment import EARLIEST, LATEST, Moment, aware
from ataraxy.therapy.refusal import Refusal

MOMENT: TypeAdapter[datetime] = TypeAdapter(Moment)


@pytest.mark.parametrize(
    "text",
    [
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00",
        "1899-12-31T23:59:59Z",
        "2200-01-01T00:00:00Z",
        "2026-03-01T09:30:00",
    ],
)
def test_a_time_that_is_no_moment_of_ours_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        MOMENT.validate_python(text)
    with pytest.raises(Refusal):
        aware(datetime.fromisoformat(text))


@given(st.datetimes(timezones=st.timezones()))
def test_every_time_is_the_same_moment_in_utc_or_refused(at: datetime) -> None:
    if EARLIEST <= at < LATEST:
        found = aware(at)
        assert found == MOMENT.validate_python(at)
        assert found.tzinfo is UTC
        # of the moment, not of what the wall showed: a wall's time may be twice, or never
        assert found.timestamp() == at.timestamp()
    else:
        with pytest.raises(ValidationError):
            MOMENT.validate_python(at)
