"""The course as a table: everything that the picture shows, in words, the latest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ataraxy.practice.lists import SessionRow
from ataraxy.practice.patient_timeline import Timeline
from ataraxy.therapy.session.adverse_event import OTHER


@dataclass(frozen=True)
class Line:
    """One thing that happened: when, of what kind, what it says, and the session that it leads to, if any."""

    at: datetime
    kind: str
    says: str
    session: str = ""


def history(shown: Timeline) -> list[Line]:
    """Return everything that the picture shows, the latest first."""
    found = [
        Line(row.at, "Score", f"{row.instrument} {row.total:g}{_flags(row.flags)}") for row in shown.scores
    ]
    for row in shown.sessions:
        at = row.first_dose_at or row.scheduled_at
        if at is not None:
            found.append(Line(at, "Session", f"Session {row.number}: {_given(row)}", row.session))
    numbers = {row.session: row.number for row in shown.sessions}
    found += [
        Line(
            row.at,
            "Adverse event",
            f"{row.term.capitalize()}{' (the session says what)' if row.term == OTHER else ''}, grade {row.grade}"
            f"{', serious' if row.serious else ''}, {row.outcome.replace('_', ' ')}"
            f" (session {numbers.get(row.session, '?')})",
            row.session,
        )
        for row in shown.adverse_events
    ]
    found += [
        Line(row.at, "Gate", f"{row.decision.capitalize()}, by rules {row.rules}/{row.rules_version}")
        for row in shown.gates
    ]
    found += [
        Line(one.at, "Override", f"{', '.join(f.rule for f in one.findings)}: {one.reason}")
        for one in shown.overrides
    ]
    if shown.file.referral is not None:
        found.append(Line(shown.file.referral.at, "Referral", "Referred"))
    return sorted(found, key=lambda line: line.at, reverse=True)


def _flags(flags: tuple[str, ...]) -> str:
    return f" ({', '.join(flags)})" if flags else ""


def _given(row: SessionRow) -> str:
    state = row.state
    given = row.given_mg_base
    if given:
        return f"{given:.4g} mg of base given"
    if state.ended:
        return f"no dose, {row.disposition.replace('_', ' ')}"
    return str(state.value).replace("_", " ")
