"""The course of one person on one time axis, as SVG: scores, sessions with dose, adverse events, answers of the gate.

Shapes say what colours say. No style attribute anywhere: classes of the page's style sheet colour it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from ataraxy.practice.lists import AdverseEventRow, GateRow, ScoreRow, SessionRow
from ataraxy.practice.patient_timeline import Timeline
from ataraxy.therapy.instruments.instrument import Instrument

WIDTH: Final = 960
LEFT: Final = 132
RIGHT: Final = 44
SCALE_HEIGHT: Final = 96
SESSION_HEIGHT: Final = 74
LANE_HEIGHT: Final = 40
AXIS_HEIGHT: Final = 26
# More would be no picture any more; the table has them all.
MOST_SCALES: Final = 6
_DAY: Final = timedelta(days=1)
X = Callable[[datetime], float]


def picture(shown: Timeline, instruments: Mapping[str, Instrument], now: datetime) -> SafeString:
    """Return the picture; empty where nothing has happened yet."""
    span = _span(shown, now)
    if span is None:
        return SafeString("")
    x = _scale(*span)
    scales = [
        (instruments[name], rows) for name, rows in shown.by_instrument().items() if name in instruments
    ][:MOST_SCALES]
    parts: list[str] = []
    top = 8
    for instrument, rows in scales:
        parts.append(_scores(instrument, rows, shown.first_dose_at, x, top))
        top += SCALE_HEIGHT
    parts.append(_sessions(shown.sessions, x, top))
    top += SESSION_HEIGHT
    parts.append(_adverse_events(shown.adverse_events, x, top))
    top += LANE_HEIGHT
    parts.append(_gates(shown.gates, shown, x, top))
    top += LANE_HEIGHT
    lines = "".join(
        f'<line class="course-session-line" x1="{x(row.first_dose_at):.1f}" x2="{x(row.first_dose_at):.1f}" '
        f'y1="8" y2="{top}"/>'
        for row in shown.sessions
        if row.first_dose_at is not None
    )
    axis = _axis(*span, x, top)
    words = escape(_words(shown))
    # Numbers of ours and escaped words: nothing in it is marked up by anybody else.
    return mark_safe(
        f'<svg class="course-picture" viewBox="0 0 {WIDTH} {top + AXIS_HEIGHT}" role="img" aria-label="{words}">'
        f"{lines}{''.join(parts)}{axis}</svg>"
    )


def _span(shown: Timeline, now: datetime) -> tuple[datetime, datetime] | None:
    times = [row.at for row in shown.scores] + [row.at for row in shown.gates]
    times += [t for row in shown.sessions for t in (row.first_dose_at, row.scheduled_at) if t is not None]
    times += [row.at for row in shown.adverse_events]
    if shown.file.referral is not None:
        times.append(shown.file.referral.at)
    if not times:
        return None
    first, last = min(times), max(times)
    course = shown.course
    if course is not None and course.ended_at is None:
        last = max(last, now)
    # Something at either end is not cut, and one day is no line.
    margin = max((last - first) * 0.03, _DAY)
    return first - margin, last + margin


def _scale(first: datetime, last: datetime) -> X:
    seconds = (last - first).total_seconds()
    return lambda at: LEFT + (at - first).total_seconds() / seconds * (WIDTH - LEFT - RIGHT)


def _label(title: str, below: str, top: float) -> str:
    return (
        f'<text class="course-label" x="0" y="{top + 16:.0f}">{escape(title)}</text>'
        f'<text class="course-note" x="0" y="{top + 32:.0f}">{escape(below)}</text>'
    )


def _floor(y: float) -> str:
    return f'<line class="course-floor" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'


def _scores(
    instrument: Instrument, rows: Sequence[ScoreRow], first_dose_at: datetime | None, x: X, top: int
) -> str:
    low = min([float(instrument.low), *(row.total for row in rows)])
    remission = None if instrument.remission is None else float(instrument.remission.value)
    high = max([row.total for row in rows] + ([] if remission is None else [remission * 1.4]))
    high = min(float(instrument.high), high * 1.12) if high < instrument.high else high
    high = high if high > low else low + 1
    bottom = top + SCALE_HEIGHT - 14

    def y(value: float) -> float:
        return bottom - (value - low) / (high - low) * (SCALE_HEIGHT - 30)

    better = "lower is better" if instrument.higher_is == "worse" else "higher is better"
    parts = [_label(instrument.id, better, top), _floor(bottom)]
    parts.append(
        f'<text class="course-tick" x="{LEFT - 8}" y="{y(low) + 4:.1f}" text-anchor="end">{low:g}</text>'
        f'<text class="course-tick" x="{LEFT - 8}" y="{y(rows[0].total) + 4:.1f}" text-anchor="end">'
        f"{rows[0].total:g}</text>"
        if abs(y(low) - y(rows[0].total)) > 12
        else f'<text class="course-tick" x="{LEFT - 8}" y="{y(low) + 4:.1f}" text-anchor="end">{low:g}</text>'
    )
    if remission is not None and low <= remission <= high:
        parts.append(
            f'<line class="course-remission" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(remission):.1f}" '
            f'y2="{y(remission):.1f}"/><text class="course-note" x="{LEFT + 4}" y="{y(remission) - 4:.1f}">'
            f"remission, {remission:g}</text>"
        )
    line = " ".join(f"{x(row.at):.1f},{y(row.total):.1f}" for row in rows)
    parts.append(f'<polyline class="course-score" points="{line}"/>')
    for row in rows:
        flagged = "suicidality" in row.flags
        said = f"{instrument.id} {row.total:g}, {_day(row.at)}" + (
            ", thoughts of death or self-harm" if flagged else ""
        )
        shape = (
            _triangle(x(row.at), y(row.total), 6.5, "course-flagged")
            if flagged
            else f'<circle class="course-dot" cx="{x(row.at):.1f}" cy="{y(row.total):.1f}" r="3.5"/>'
        )
        parts.append(f"<g><title>{escape(said)}</title>{shape}</g>")
    last = rows[-1]
    parts.append(
        f'<text class="course-value" x="{x(last.at) + 8:.1f}" y="{y(last.total) + 4:.1f}">{last.total:g}</text>'
    )
    del first_dose_at
    return "".join(parts)


def _sessions(rows: Sequence[SessionRow], x: X, top: int) -> str:
    bottom = top + SESSION_HEIGHT - 12
    most = max((row.given_mg_base or 0.0 for row in rows), default=0.0)
    parts = [_label("Sessions", "mg of base given", top), _floor(bottom)]
    room = SESSION_HEIGHT - 34
    if most > 0:
        parts.append(
            f'<text class="course-tick" x="{LEFT - 8}" y="{bottom - room + 4:.1f}" text-anchor="end">{most:.3g}</text>'
            f'<text class="course-tick" x="{LEFT - 8}" y="{bottom + 4:.1f}" text-anchor="end">0</text>'
        )
    for row in rows:
        at = row.first_dose_at or row.scheduled_at
        if at is None:
            continue
        place = x(at)
        if row.given_mg_base:
            height = row.given_mg_base / most * room
            said = f"Session {row.number}: {row.given_mg_base:.4g} mg, {_day(at)}"
            shape = (
                f'<rect class="course-dose" x="{place - 5:.1f}" y="{bottom - height:.1f}" width="10" '
                f'height="{height:.1f}" rx="1.5"/>'
            )
            y = bottom - height - 5
        elif row.first_dose_at is not None:
            said, y = f"Session {row.number}: running, {_day(at)}", bottom - 19
            shape = f'<rect class="course-running" x="{place - 5:.1f}" y="{bottom - 14:.1f}" width="10" height="14"/>'
        elif row.state.ended:
            said, y = f"Session {row.number}: no dose, {_day(at)}", bottom - 15
            shape = f'<path class="course-none" d="M{place - 4:.1f} {bottom - 10:.1f}l8 8m0 -8l-8 8"/>'
        else:
            said, y = f"Session {row.number}: planned, {_day(at)}", bottom - 15
            shape = f'<rect class="course-planned" x="{place - 5:.1f}" y="{bottom - 10:.1f}" width="10" height="10"/>'
        parts.append(
            f"<g><title>{escape(said)}</title>{shape}"
            f'<text class="course-number" x="{place:.1f}" y="{y:.1f}" text-anchor="middle">{row.number}</text></g>'
        )
    return "".join(parts)


def _adverse_events(rows: Sequence[AdverseEventRow], x: X, top: int) -> str:
    middle = top + 14
    parts = [_label("Adverse events", "worst grade", top - 6), _floor(top + LANE_HEIGHT - 8)]
    of_session: dict[str, list[AdverseEventRow]] = {}
    for row in rows:
        of_session.setdefault(row.session, []).append(row)
    for found in of_session.values():
        worst = max(row.grade for row in found)
        grave = any(row.serious for row in found) or worst >= 3
        said = f"{_day(found[0].at)}: " + ", ".join(
            f"{row.term} grade {row.grade}{' (serious)' if row.serious else ''}" for row in found
        )
        place = x(found[0].at)
        shape = (
            _triangle(place, middle, 11, "course-grave")
            if grave
            else f'<circle class="course-event" cx="{place:.1f}" cy="{middle}" r="8.5"/>'
        )
        parts.append(
            f"<g><title>{escape(said)}</title>{shape}"
            f'<text class="course-grade" x="{place:.1f}" y="{middle + 4}" text-anchor="middle">{worst}</text></g>'
        )
    return "".join(parts)


def _gates(rows: Sequence[GateRow], shown: Timeline, x: X, top: int) -> str:
    middle = top + 14
    parts = [_label("Gate", "allow, delay, block", top - 6), _floor(top + LANE_HEIGHT - 8)]
    for row in rows:
        place = x(row.at)
        said = f"Gate: {row.decision}, {_day(row.at)}, rules {row.rules}/{row.rules_version}"
        parts.append(f"<g><title>{escape(said)}</title>{_gate_shape(row.decision, place, middle)}</g>")
    for override in shown.overrides:
        rules = ", ".join(finding.rule for finding in override.findings)
        said = f"Overridden by a prescriber, {_day(override.at)}: {rules}"
        parts.append(
            f"<g><title>{escape(said)}</title>"
            f'<circle class="course-override" cx="{x(override.at):.1f}" cy="{middle}" r="10"/></g>'
        )
    return "".join(parts)


def _gate_shape(decision: str, x: float, y: float) -> str:
    if decision == "allow":
        return f'<circle class="course-allow" cx="{x:.1f}" cy="{y}" r="6"/>'
    if decision == "delay":
        return f'<path class="course-delay" d="M{x - 5:.1f} {y - 6}h3.5v12h-3.5zM{x + 1.5:.1f} {y - 6}h3.5v12h-3.5z"/>'
    return f'<rect class="course-block" x="{x - 6:.1f}" y="{y - 6}" width="12" height="12"/>'


def _triangle(x: float, y: float, size: float, name: str) -> str:
    return (
        f'<polygon class="{name}" points="{x:.1f},{y - size:.1f} {x + size:.1f},{y + size * 0.8:.1f} '
        f'{x - size:.1f},{y + size * 0.8:.1f}"/>'
    )


def _axis(first: datetime, last: datetime, x: X, top: int) -> str:
    parts = []
    for day in _ticks(first, last):
        parts.append(
            f'<line class="course-floor" x1="{x(day):.1f}" x2="{x(day):.1f}" y1="{top - 8}" y2="{top - 2}"/>'
            f'<text class="course-tick" x="{x(day):.1f}" y="{top + 14}" text-anchor="middle">'
            f"{_short(day, last - first)}</text>"
        )
    return "".join(parts)


def _ticks(first: datetime, last: datetime) -> list[datetime]:
    """Midnights of the clinic's days, at most about ten."""
    days = (last - first).days
    step = next((n for n in (1, 2, 7, 14, 28, 56, 91, 182, 365) if days / n <= 10), 730)
    start = timezone.localtime(first).replace(hour=0, minute=0, second=0, microsecond=0) + _DAY
    found = []
    while start <= last:
        if start >= first:
            found.append(start)
        start += step * _DAY
    return found


def _short(day: datetime, span: timedelta) -> str:
    return f"{timezone.localtime(day):%d %b %Y}" if span.days > 300 else f"{timezone.localtime(day):%d %b}"


def _day(at: datetime) -> str:
    return f"{timezone.localtime(at):%d %b %Y}"


def _words(shown: Timeline) -> str:
    said = []
    for name, rows in shown.by_instrument().items():
        said.append(
            f"{name} from {rows[0].total:g} to {rows[-1].total:g} in {len(rows)} scores"
            if len(rows) > 1
            else f"{name} {rows[0].total:g}"
        )
    dosed = sum(row.first_dose_at is not None for row in shown.sessions)
    said.append(f"{dosed} sessions with a dose")
    said.append(f"{len(shown.adverse_events)} adverse events")
    said.append(f"the gate was asked {len(shown.gates)} times")
    return "Course over time: " + "; ".join(said) + ". The same is in the table below."
