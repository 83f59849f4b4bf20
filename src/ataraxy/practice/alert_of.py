"""Whom an alert is about, and what was taken lately."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from ataraxy.practice.practice import Practice
from ataraxy.practice.projections import ALERT_INDEX
from ataraxy.record.entry import time_text


def person_of_alert(practice: Practice, alert: str) -> str | None:
    """Return the opaque id of the person whom an alert is about; None where there is no such alert."""
    statement = sa.select(ALERT_INDEX.c.person).where(ALERT_INDEX.c.alert == alert)
    with practice.record.reading() as connection:
        found: str | None = connection.execute(statement).scalar()
    return found


def acknowledged_since(practice: Practice, since: datetime) -> tuple[tuple[str, str], ...]:
    """Return the alerts that were acknowledged since a moment, as (person, alert), the latest first."""
    taken = ALERT_INDEX.c.acknowledged_at
    statement = (
        sa.select(ALERT_INDEX.c.person, ALERT_INDEX.c.alert)
        .where(taken >= time_text(since))
        .order_by(taken.desc(), ALERT_INDEX.c.alert)
    )
    with practice.record.reading() as connection:
        return tuple((row.person, row.alert) for row in connection.execute(statement))
