"""Whom an alert is about."""

from __future__ import annotations

import sqlalchemy as sa

from ataraxy.practice.practice import Practice
from ataraxy.practice.projections import ALERT_INDEX


def person_of_alert(practice: Practice, alert: str) -> str | None:
    """Return the opaque id of the person whom an alert is about; None where there is no such alert."""
    statement = sa.select(ALERT_INDEX.c.person).where(ALERT_INDEX.c.alert == alert)
    with practice.record.reading() as connection:
        found: str | None = connection.execute(statement).scalar()
    return found
