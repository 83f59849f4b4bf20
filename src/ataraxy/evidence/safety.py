"""One safety row of a trial: what was watched, in which arm, when, what was found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from ataraxy.evidence.arm import Arm
from ataraxy.evidence.cells import read_text
from ataraxy.evidence.claim import Claim, arms_of, read_claims
from ataraxy.evidence.clock import Times, moved, read_times
from ataraxy.evidence.comparison import EVERYBODY, Comparison, by_hand_of, read_comparison, read_group
from ataraxy.evidence.estimate import Estimate, read_estimate
from ataraxy.evidence.fields import Fields, Number
from ataraxy.evidence.measure import Measure, parse_measure
from ataraxy.evidence.reading import reading_of
from ataraxy.evidence.row import Row, origin_of

# Kind -> why a row of it holds no number for a prediction; empty where it does.
SAFETY_KINDS: Final[Mapping[str, str]] = {
    "absolute": "",
    "change": "",
    "peak_change": "",
    "difference": "",
    "percent": "",
    "percent_range": "",
    "count": "",
    "time": "",
    "bound": "",
    "odds_ratio": "a ratio of odds",
    "risk_ratio": "a ratio of risks",
    "test": "a test without a number",
    "qualitative": "words without a number",
    "protocol": "a rule of the trial, no result",
}
_PER: Final[Mapping[str, Literal["people", "sessions"]]] = {
    "people": "people",
    "patient": "people",
    "participant": "people",
    "session": "sessions",
    "infusion": "sessions",
    "treatment": "sessions",
}
Bound = Literal["", "<", "<=", ">", ">="]
_BOUNDS: Final[Mapping[str, Bound]] = {"<": "<", "<=": "<=", ">": ">", ">=": ">="}


@dataclass(frozen=True, slots=True, kw_only=True)
class SafetyOutcome(Row):
    """One row under ``safety``.

    Attributes:
        text: the field ``measure`` as printed.
        measures: what it names; a number holds for each.
        comparison: the arms, with the group of people that arm or measure tell.
        times: when; empty points where a share is of the whole session or course.
        session: 0-based session that the number is of, None for any or all.
        kind: a key of `SAFETY_KINDS`, or as written where it is none.
        estimate: the numbers as printed.
        value: in the unit of the measures: mmHg, points, per cent or hours; None without a number.
        bound: ``<`` and the like where the value is a limit; empty where it is the value.
        per: whether a share counts people or sessions, empty where the source does not say.
        qualifiers: the rest of the measure's text.
        n_events, total: counts; None where not printed.
        claims: statements without a number that can be compared.
    """

    text: str
    measures: tuple[Measure, ...]
    comparison: Comparison
    times: Times
    session: int | None
    kind: str
    estimate: Estimate
    value: Number | None
    bound: Bound
    per: Literal["people", "sessions", ""]
    qualifiers: tuple[str, ...]
    n_events: int | None
    total: int | None
    claims: tuple[Claim, ...]


def read_safety(
    content: Mapping[str, Any],
    *,
    trial: str,
    index: int,
    url: str,
    arms: Mapping[str, Arm],
    before: str = "",
) -> SafetyOutcome:
    """Return the safety outcome in one mapping; whatever is wrong with it stands in its reasons.

    Args:
        before: the last measure of the entry that does not begin with ``same``.
    """
    reading = reading_of(trial, "safety", content)
    kind = read_text(content.get("kind")).lower().replace("-", "_").replace(" ", "_")
    text = read_text(content.get("measure"))
    read = parse_measure(text, kind, before)
    comparison = read_comparison(read_text(content.get("arm")), arms)
    group = read_group(reading.group) if reading and reading.group else read.group
    if group is not EVERYBODY and comparison.group is EVERYBODY:
        comparison = replace(comparison, group=group)
    times = read_times(content, comparison.clock_arm, weeks_are_sessions=True)
    estimate, problems = read_estimate(content)
    claims, wrong = read_claims(content, comparison, arms, reading)
    claimed = bool(claims) and kind in ("test", "qualitative")
    flags = [*read.flags, *comparison.flags, *times.flags]
    reasons = [] if kind == "protocol" else list(read.reasons)
    if claimed and any(claim.points for claim in claims):
        times = moved(times, next(claim.points for claim in claims if claim.points), "time read by hand")
    fields = Fields(content)
    n_events, total = fields.count("n_events"), fields.count("N")
    value: Number | None = None
    bound: Bound = ""
    if kind not in SAFETY_KINDS:
        reasons.append(f"the kind {kind!r} is not known" if kind else "no kind")
    elif SAFETY_KINDS[kind] and not claimed:
        why = reading.no_claim if reading else ""
        plain = kind in ("test", "qualitative")
        reasons.append(
            f"{SAFETY_KINDS[kind]}: {why or 'no machine-readable claim'}" if plain else SAFETY_KINDS[kind]
        )
    elif not claimed:
        value, why = _value(fields, kind, estimate, times, n_events, total)
        if why and not problems and not fields.problems:
            reasons.append(why)
        if kind == "bound":
            printed = read_text(content.get("bound")) or (reading.bound if reading else "")
            if printed in _BOUNDS:
                bound = _BOUNDS[printed]
            else:
                reasons.append("on which side of the limit is not stated")
    if kind != "protocol":
        reasons += [*wrong, *problems, *fields.problems]
        reasons += _impossible(read.found, kind, value, n_events, total)
        reasons += () if claimed else comparison.reasons
        if any(key.startswith("time") for key in content):
            reasons += times.reasons
        involved = arms_of(claims) if claimed else comparison.all_arms
        if claimed and any(claim.kind == "attenuation" for claim in claims):
            reasons += [
                f"the sessions of arm {arm.id} are not stated, so that none is the last"
                for arm in involved
                if not arm.sessions_stated
            ]
        flags += by_hand_of(involved)
        reasons += [f"arm {arm.id}: {why}" for arm in involved for why in arm.reasons]
        if comparison.against and not claimed and kind not in ("difference", "odds_ratio", "risk_ratio"):
            reasons.append("a number of two arms compared")
    return SafetyOutcome(
        origin=origin_of(content, trial, "safety", index, url),
        flags=tuple(dict.fromkeys(flags)),
        reasons=tuple(dict.fromkeys(reasons)),
        text=text,
        measures=read.found,
        comparison=comparison,
        times=times,
        session=times.session,
        kind=kind,
        estimate=estimate,
        value=value,
        bound=bound,
        per=_PER.get(read_text(content.get("per")).lower().rstrip("s"), read.per),
        qualifiers=read.qualifiers,
        n_events=n_events,
        total=total,
        claims=claims,
    )


def _value(
    fields: Fields, kind: str, estimate: Estimate, times: Times, n_events: int | None, total: int | None
) -> tuple[Number | None, str]:
    """Return the number in the measure's unit, or why there is none."""
    if kind == "time":
        if times.points:
            return times.points[0], ""
        return None, "no time"
    if estimate.mean is not None:
        return estimate.mean, ""
    limit = fields.number("value")
    if limit is not None:
        return Number(limit, limit), ""
    if n_events is not None:
        if not total:
            return None, "a count of events without the number of people"
        share = 100.0 * n_events / total
        return Number(share, share), ""
    return None, "no number"


def _impossible(
    measures: tuple[Measure, ...], kind: str, value: Number | None, n_events: int | None, total: int | None
) -> list[str]:
    wrong = []
    share = any(m.statistic == "share" for m in measures)
    if (
        value is not None
        and share
        and kind not in ("difference", "time")
        and not 0 <= value.low <= value.high <= 100
    ):
        wrong.append(
            f"a share of {value.high:g} % is not possible" if value.high > 100 else "a share below zero"
        )
    if (
        value is not None
        and kind == "absolute"
        and any(m.name == "cadss_total" for m in measures)
        and value.low < 0
    ):
        wrong.append("a CADSS score below zero")
    if n_events is not None and total is not None and n_events > total:
        wrong.append("more events than people")
    mixed = [
        m.name for m in measures if m.statistic == "share" and kind in ("change", "peak_change", "absolute")
    ]
    if mixed:
        wrong.append(f"kind {kind} does not fit {mixed[0]}, which is a share")
    readings = [
        m.name for m in measures if m.statistic == "reading" and kind in ("percent", "percent_range", "count")
    ]
    if readings:
        wrong.append(
            f"kind {kind} does not fit {readings[0]}: a share of people beyond which limit is not stated"
        )
    return wrong
