"""An outlook in the form in which the report's template lays it out."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup

from ataraxy.pharmacology.effects.adverse_events import published_rates
from ataraxy.pharmacology.exposure import Endpoint, Interval
from ataraxy.pharmacology.symptoms import get_indication
from ataraxy.reports.numbers import share_range, share_text, three_digits
from ataraxy.reports.onset_figure import describe_onset, plot_onset
from ataraxy.reports.outlook_figure import describe_course, describe_session, plot_course, plot_session
from ataraxy.therapy.protocol import Protocol
from ataraxy.trials.outlook import (
    EVENTS,
    NAUSEA,
    PEAKS,
    WAYS_BACK,
    Measure,
    OutcomeAt,
    Outlook,
    SessionOutlook,
    Share,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NOT_REACHED: Final = "not reached"
SMALLEST_SHOWN: Final = 5e-4
SHOWN_ONSET_H: Final = (1.0, 2.0, 4.0, 24.0, 168.0, 336.0, 672.0, 1344.0, 2016.0)
"""Times of the table of hours against weeks."""
DESIGNS: Final[Mapping[str, str]] = {
    "open_label": "open label: people know what they get",
    "saline_controlled": "masked, against saline: what is felt gives the drug away",
    "midazolam_controlled": "masked, against midazolam, which is felt too",
    "under_anaesthesia": "masked by anaesthesia: nothing is felt",
}
SETTINGS: Final[Mapping[str, str]] = {
    "civilian_trial": "a trial in civilians",
    "open_label": "an open-label clinic",
    "veteran_trial": "a trial in veterans",
    "routine_veteran_care": "routine care of veterans",
    "untreated": "people without other treatment",
}

Drawn = Callable[["Figure", str, str, str], Any]


@dataclass(frozen=True, slots=True)
class _Row:
    """One line of a table of endpoints: a measure and one endpoint for each shown session."""

    measure: Measure
    endpoints: tuple[Endpoint, ...]


def outlook_context(outlook: Outlook, protocol: Protocol, drawn: Drawn) -> dict[str, Any]:
    """Return what the template of effects needs.

    Args:
        outlook: effects, scales and safety.
        protocol: what was given.
        drawn: makes a figure of the document: figure, key, caption, description.
    """
    shown = _shown(outlook.sessions)
    scale = outlook.scales[0]
    main = get_indication(outlook.indication).main.instrument
    last = scale.outcomes[-2] if len(outlook.sessions) > 1 else _at(scale.outcomes, 24.0)
    stripe = (
        " The grey stripe is the time of an infusion." if any(r.is_infusion for r in protocol.routes) else ""
    )
    null = " Null world: the drug does nothing to the score." if outlook.world == "null" else ""
    return {
        "outlook": outlook,
        "design": DESIGNS[outlook.design],
        "setting": SETTINGS[outlook.setting],
        "shown_sessions": shown,
        "effect_rows": _rows(PEAKS, shown, "peaks"),
        "back_rows": _rows(WAYS_BACK, shown, "ways_back"),
        "event_rows": [
            (m, tuple(s.events.get(m.name) for s in shown), outlook.events[m.name]) for m in (*EVENTS, NAUSEA)
        ],
        "unconscious_published": next(
            (r for r in published_rates() if r.event == "loss of consciousness" and r.per == "people"), None
        ),
        "first": outlook.sessions[0],
        "main_scale": scale,
        "last_outcome": last,
        "session_figure": drawn(
            plot_session(outlook, protocol),
            "session-effects",
            "Session 1 on one clock, in hours. Band: 90% of people. Dashed: 90% uncertainty of the median person. "
            f"Grey line of the score: {outlook.control}.{stripe}{null}",
            describe_session(outlook),
        ),
        "course_figure": drawn(
            plot_course(outlook, protocol),
            "course-effects",
            "The course on one clock, in days, to four weeks after the last session. Dots are the highest values of "
            f"each session. Scores are those of each day before its dose. Grey line: {outlook.control}.{null}",
            describe_course(outlook),
        ),
        "onset_figure": drawn(
            plot_onset(outlook),
            "hours-against-weeks",
            f"People whose {main.name} fell by at least {main.important:g} points, with 90% "
            "intervals over draws of the parameters; all masked against placebo, in civilians. Ketamine is this "
            f"protocol ({len(outlook.sessions)} session{'s' if len(outlook.sessions) != 1 else ''}).{null}",
            describe_onset(outlook),
        ),
        "onset_hours": [(h, _time(h)) for h in SHOWN_ONSET_H],
        "onset_rows": [
            (
                curve,
                [
                    tuple(float(v) for v in curve.relieved[:, list(curve.times_h).index(h)])
                    for h in SHOWN_ONSET_H
                ],
            )
            for curve in outlook.onset
        ],
    }


def endpoint_cell(value: float) -> Markup:
    """Return a number with its exact value; what is infinite is not reached."""
    if not math.isfinite(value):
        return Markup('<span class="none">{}</span>').format(NOT_REACHED)
    # a difference that is left over from rounding is none
    shown = three_digits(value if abs(value) >= SMALLEST_SHOWN else 0.0)
    return Markup('<data value="{}">{}</data>').format(repr(float(value)), shown)


def endpoint_text(value: float, unit: str) -> Markup:
    """Return a number with its unit; what is infinite is not reached and has none."""
    number = endpoint_cell(value)
    return Markup("{} {}").format(number, unit) if math.isfinite(value) else number


def endpoint_range(ends: Interval, unit: str = "") -> Markup:
    """Return an interval, of which an end may not be reached."""
    if not math.isfinite(ends.lo90):
        return endpoint_cell(ends.lo90)
    behind = f" {unit}" if unit else ""
    if not math.isfinite(ends.hi90):
        return Markup("{}{} to {}").format(endpoint_cell(ends.lo90), behind, NOT_REACHED)
    return Markup("{} to {}{}").format(endpoint_cell(ends.lo90), endpoint_cell(ends.hi90), behind)


def share_cell(share: Share | None) -> Markup:
    """Return a share with its uncertainty behind it, such as ``34% [12 to 61%]``."""
    if share is None:
        return Markup('<span class="none">no rule published</span>')
    doubt = share.uncertainty
    behind = "" if doubt is None else f" [{share_range(doubt.lo90, doubt.hi90)}]"
    return Markup('<data value="{}">{}</data><span class="doubt-text">{}</span>').format(
        repr(share.percent), share_text(share.percent), behind
    )


def _shown(sessions: Sequence[SessionOutlook]) -> tuple[SessionOutlook, ...]:
    return tuple(sessions[k] for k in dict.fromkeys((0, len(sessions) - 1)))


def _rows(measures: Sequence[Measure], sessions: Sequence[SessionOutlook], what: str) -> list[_Row]:
    return [_Row(m, tuple(getattr(s, what)[m.name] for s in sessions)) for m in measures]


def _at(outcomes: Sequence[OutcomeAt], hours: float) -> OutcomeAt:
    return next(o for o in outcomes if abs(o.time_h - hours) < 1e-6)


def _time(hours: float) -> str:
    if hours < 24.0:
        return f"{hours:g} h"
    if hours < 168.0:
        return f"{hours / 24:g} day" + ("s" if hours > 24.0 else "")
    return f"{hours / 168:g} week" + ("s" if hours > 168.0 else "")
