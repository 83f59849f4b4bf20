"""Trend plots of a session: what was charted, on the one clock of the session. No style attribute anywhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from ataraxy.therapy.session.measure import MEASURED, Measure
from ataraxy.therapy.session.state import Session

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 150, 40, 12, 14, 22

# Published range of one measure: minutes from the start of the dose, low, middle, high.
Band = Sequence[tuple[float, float, float, float]]


@dataclass(frozen=True)
class Panel:
    """One plot: its measures share an axis that shows `low` to `high` at least."""

    title: str
    measures: tuple[Measure, ...]
    low: float
    high: float


PANELS: Final = (
    Panel("Blood pressure, mmHg", (Measure.SYSTOLIC, Measure.DIASTOLIC), 50, 180),
    Panel("Heart rate, /min", (Measure.HEART_RATE,), 40, 120),
    Panel("SpO2, %", (Measure.SPO2,), 88, 100),
    Panel("Dissociation, points", (Measure.CADSS6, Measure.CADSS_TOTAL), 0, 12),
)


def trends(session: Session, now: datetime, bands: Mapping[str, Band] | None = None) -> SafeString:
    """Return the plots as SVG, with text for those who do not see them.

    Args:
        session: as it stands.
        now: the right end of the clock while the session runs.
        bands: published ranges by measure, drawn behind the points; None for none.
    """
    start = session.dosing_started_at or session.checked_in_at
    if start is None:
        return SafeString("")
    readings = session.effective_readings
    end = session.ended_at or now
    if bands and session.dosing_started_at is None:
        bands = None
    if bands and any(reading.cadss6 is not None for reading in readings):
        # Another scale than the published one: a band behind its points would be read as theirs.
        bands = {name: band for name, band in bands.items() if name != Measure.CADSS_TOTAL.value}
    first = min([0.0, *(_minutes(start, reading.taken_at) for reading in readings)])
    last = max(30.0, _minutes(start, end), *(_minutes(start, reading.taken_at) for reading in readings), 30.0)
    x = _scale(first, last, LEFT, WIDTH - RIGHT)
    shown = []
    for panel in PANELS:
        points = {
            measure: [
                (_minutes(start, reading.taken_at), float(value))
                for reading in readings
                if (value := reading.value(measure)) is not None
            ]
            for measure in panel.measures
        }
        if any(points.values()) or panel.measures[0] is Measure.SYSTOLIC:
            shown.append(_panel(panel, points, session, start, x, (first, last), bands or {}))
    # Numbers of ours and escaped words: nothing in it was typed by anybody.
    return mark_safe("".join(shown))


def _panel(
    panel: Panel,
    points: Mapping[Measure, Sequence[tuple[float, float]]],
    session: Session,
    start: datetime,
    x: Callable[[float], float],
    span: tuple[float, float],
    bands: Mapping[str, Band],
) -> str:
    values = [value for series in points.values() for _, value in series]
    for measure in panel.measures:
        values += [
            bound for t, low, _, high in bands.get(measure.value, ()) if t <= span[1] for bound in (low, high)
        ]
    low, high = min([panel.low, *values]), max([panel.high, *values])
    y = _scale(low, high, HEIGHT - BOTTOM, TOP)
    parts = [
        f'<svg class="trend" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(_words(panel, points))}">'
    ]
    if session.dosing_started_at is not None:
        from_x = x(_minutes(start, session.dosing_started_at))
        ended = session.dosing_ended_at
        to_x = x(min(span[1], _minutes(start, ended))) if ended is not None else x(span[1])
        parts.append(
            f'<rect class="trend-dose" x="{from_x:.1f}" y="{TOP}" width="{max(1.0, to_x - from_x):.1f}" '
            f'height="{HEIGHT - TOP - BOTTOM}"/>'
        )
    for tick in _ticks(low, high, 4):
        parts.append(
            f'<line class="trend-grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(tick):.1f}" y2="{y(tick):.1f}"/>'
            f'<text class="trend-tick" x="{LEFT - 6}" y="{y(tick) + 4:.1f}" text-anchor="end">{tick:g}</text>'
        )
    for tick in _ticks(*span, 7):
        parts.append(
            f'<text class="trend-tick" x="{x(tick):.1f}" y="{HEIGHT - 6}" text-anchor="middle">{tick:g}</text>'
        )
    for number, measure in enumerate(panel.measures):
        band = [row for row in bands.get(measure.value, ()) if span[0] <= row[0] <= span[1]]
        if len(band) > 1:
            up = " ".join(f"{x(t):.1f},{y(h):.1f}" for t, _, _, h in band)
            down = " ".join(f"{x(t):.1f},{y(b):.1f}" for t, b, _, _ in reversed(band))
            middle = " ".join(f"{x(t):.1f},{y(m):.1f}" for t, _, m, _ in band)
            parts.append(f'<polygon class="trend-band" points="{up} {down}"/>')
            parts.append(f'<polyline class="trend-band-middle" points="{middle}"/>')
        series = points[measure]
        line = " ".join(f"{x(t):.1f},{y(v):.1f}" for t, v in series)
        parts.append(f'<polyline class="trend-line trend-{number + 1}" points="{line}"/>')
        parts += [
            f'<circle class="trend-dot trend-{number + 1}" cx="{x(t):.1f}" cy="{y(v):.1f}" r="3.5"/>'
            for t, v in series
        ]
        if series:
            t, v = series[-1]
            parts.append(
                f'<text class="trend-value trend-{number + 1}" x="{min(x(t) + 7, WIDTH - 26):.1f}" '
                f'y="{y(v) - 6:.1f}">{v:g}</text>'
            )
    parts.append(f'<text class="trend-title" x="{LEFT}" y="10">{escape(panel.title)}</text></svg>')
    return "".join(parts)


def _words(panel: Panel, points: Mapping[Measure, Sequence[tuple[float, float]]]) -> str:
    said = [
        f"{MEASURED[measure].label} last {series[-1][1]:g} at {series[-1][0]:.0f} min"
        for measure, series in points.items()
        if series
    ]
    return f"{panel.title}: {'; '.join(said) or 'nothing charted'}"


def _minutes(start: datetime, at: datetime) -> float:
    return (at - start).total_seconds() / 60


def _scale(low: float, high: float, to_low: float, to_high: float) -> Callable[[float], float]:
    span = (high - low) or 1.0
    return lambda value: to_low + (value - low) / span * (to_high - to_low)


def _ticks(low: float, high: float, about: int) -> list[float]:
    rough = (high - low) / about
    for step in (1, 2, 5, 10, 15, 20, 30, 50, 60, 100, 120, 240, 480):
        if step >= rough:
            break
    first = int(low // step) * step
    return [t for t in range(int(first), int(high) + 1, step) if low - 1e-9 <= t <= high + 1e-9]
