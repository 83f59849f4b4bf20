"""Shares of people who responded: by what rule, in which arm, when, how many."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from ataraxy.evidence.arm import Arm
from ataraxy.evidence.cells import read_text
from ataraxy.evidence.clock import Times, beyond_schedule, read_times
from ataraxy.evidence.comparison import Comparison, by_hand_of, read_comparison
from ataraxy.evidence.fields import Fields, Number
from ataraxy.evidence.instrument import Instrument, instruments, parse_instruments
from ataraxy.evidence.outcome import Outcome, settle_versions
from ataraxy.evidence.reading import reading_of
from ataraxy.evidence.row import Row, origin_of

RuleKind = Literal["percent_fall", "point_fall", "score"]


@dataclass(frozen=True, slots=True)
class Rule:
    """What makes somebody a responder.

    Attributes:
        kind: ``percent_fall`` or ``point_fall`` from the person's own baseline; ``score`` reached.
        sign: ``>=``, ``>``, ``<=`` or ``<``, of the fall or of the score.
        value: per cent or points.
        baseline_from: lowest baseline score of those who are counted; None for everybody.
        loses_diagnosis: the rule also asks that the diagnosis is lost, which no score tells.
    """

    kind: RuleKind
    sign: str
    value: float
    baseline_from: float | None = None
    loses_diagnosis: bool = False


@dataclass(frozen=True, slots=True)
class Share:
    """A share of people.

    Attributes:
        percent: printed, or worked out from the counts; a range where a range was printed.
        n, total: counts; None where not printed.
    """

    percent: Number
    n: float | None
    total: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Responders(Row):
    """One row under ``responders``.

    Attributes:
        definition: as printed.
        instruments: scales that the rule is of; with several, each of them.
        rule: None where the definition does not tell one.
        comparison: the arms.
        times: when; as many points as `shares`, or one window within which somebody may have responded.
        shares: in the order of the row.
    """

    definition: str
    instruments: tuple[Instrument, ...]
    rule: Rule | None
    comparison: Comparison
    times: Times
    shares: tuple[Share, ...]


_NUMBER = r"(\d+(?:\.\d+)?)"
_SIGN = r"(>=|<=|>|<|≥|≤|at least)"
_PERCENT = re.compile(rf"{_SIGN}\s*{_NUMBER}\s*%(?:\s+(?:reduction|decrease|fall|drop|improvement))?")
_POINTS = re.compile(rf"{_SIGN}\s*{_NUMBER}[\s-]*points?\s+(?:drop|fall|reduction|decrease|improvement)")
_NAMED_SCORE = re.compile(rf"([A-Za-z][A-Za-z0-9-]*(?: ?\([^()]*\))?)\s*{_SIGN}\s*{_NUMBER}(?!\s*%)")
_SCORE_SPAN = re.compile(r"([A-Za-z][A-Za-z0-9-]*)\s+(?:score\s+)?(\d+)\s*(?:-|–|to|or)\s*(\d+)\b")
_BARE_SCORE = re.compile(rf"\b(?:remission|remitted|score)\s*{_SIGN}\s*{_NUMBER}(?!\s*%)")
_BASELINE = re.compile(rf"\bbaseline\s*(?:>=|≥|at least)\s*{_NUMBER}")
_WEEKS = re.compile(r"\b(?:weeks?|wks?)\s*(\d+(?:\.\d+)?(?:\s*/\s*\d+(?:\.\d+)?)*)\b")
_DAYS = re.compile(r"\bday\s*(\d+(?:\.\d+)?)\b")
_FIRST_WEEKS = re.compile(r"\bfirst (\d+(?:\.\d+)?) weeks?\b")
_HOURS = re.compile(
    r"\b(?:at|after) (\d+(?:\.\d+)?) ?h(?:ours?|rs?)?\b|\b(\d+(?:\.\d+)?) ?h(?:ours?)? (?:post|after)\b"
)
_MONTHS = re.compile(r"\bat (\d+(?:\.\d+)?) months?\b")
_SIGNS: Final = {"≥": ">=", "≤": "<=", "at least": ">="}


def parse_rule(definition: str) -> tuple[Rule | None, str]:
    """Return the rule in a definition such as ``>=50% reduction, first 2 weeks``, and the scale it names itself.

    None where it does not hold exactly one threshold: a definition is never guessed.
    """
    plain = " ".join(definition.split())
    lower = plain.lower()
    floor = _BASELINE.search(lower)
    if floor:
        cut = floor.start()
        plain, lower = (
            (plain[:cut] + plain[floor.end() :]).strip(),
            (lower[:cut] + lower[floor.end() :]).strip(),
        )
    baseline = float(floor[1]) if floor else None
    diagnosis = "loss of diagnosis" in lower
    rules: list[tuple[Rule, str]] = []
    for found in _PERCENT.finditer(lower):
        before = re.search(r"([A-Za-z][A-Za-z0-9-]*)\s*$", plain[: found.start()])
        name = before[1] if before and parse_instruments(before[1]).found else ""
        rules.append((Rule("percent_fall", _sign(found[1]), float(found[2]), baseline, diagnosis), name))
    for found in _POINTS.finditer(lower):
        rules.append((Rule("point_fall", _sign(found[1]), float(found[2]), baseline, diagnosis), ""))
    for found in _NAMED_SCORE.finditer(plain):
        if parse_instruments(found[1]).found:
            rules.append((Rule("score", _sign(found[2]), float(found[3]), baseline, diagnosis), found[1]))
    for found in _SCORE_SPAN.finditer(plain):
        if parse_instruments(found[1]).found:
            rules.append((Rule("score", "<=", float(found[3]), baseline, diagnosis), found[1]))
    for found in _BARE_SCORE.finditer(lower):
        rules.append((Rule("score", _sign(found[1]), float(found[2]), baseline, diagnosis), ""))
    return rules[0] if len(rules) == 1 else (None, "")


def read_responders(
    content: Mapping[str, Any],
    *,
    trial: str,
    index: int,
    url: str,
    arms: Mapping[str, Arm],
    versions: Mapping[str, str],
    outcomes: Sequence[Outcome],
) -> Responders:
    """Return the responders in one mapping; whatever is wrong stands in its reasons.

    Scale and time that the row does not give are taken from the entry's outcomes where these leave no choice.
    """
    flags: list[str] = []
    reasons: list[str] = []
    definition = read_text(content.get("definition"))
    reading = reading_of(trial, "responders", content)
    by_hand = reading.responder if reading else {}
    rule, named = parse_rule(definition)
    if by_hand:
        rule = Rule(by_hand["kind"], by_hand["sign"], float(by_hand["value"]))
        flags.append(f"rule read by hand: {by_hand['note']}")
    if rule is None:
        why = reading.no_claim if reading else ""
        reasons.append(why or ("the definition tells no single threshold" if definition else "no definition"))
    elif rule.loses_diagnosis:
        reasons.append("the rule also asks for loss of the diagnosis, which no score tells")
    text = read_text(content.get("instrument")) or named or read_text(by_hand.get("instrument"))
    read = parse_instruments(text)
    scales = settle_versions(read, versions, flags, reasons)
    if not scales and not read.found:
        if text:
            reasons.append(f"the scale {text!r} is not known")
        elif rule is not None:
            only = {item.name for row in outcomes for item in row.instruments if not item.domain}
            if len(only) == 1:
                scales = (instruments()[only.pop()],)
                flags.append(f"scale not stated: {scales[0].name}, the only one of the entry")
            else:
                reasons.append("the scale is not stated")
    comparison = read_comparison(read_text(content.get("arm")), arms)
    times = _times(content, definition, by_hand, comparison, scales, outcomes)
    shares, wrong = _shares(content)
    reasons += wrong
    if len(shares) > 1 and times.points and len(times.points) != len(shares):
        reasons.append(f"{len(shares)} shares and {len(times.points)} times")
    for scale in scales:
        if rule and rule.kind == "score" and scale.outside(rule.value):
            reasons.append(f"the threshold {rule.value:g} is outside the range of {scale.name}")
    reasons += comparison.reasons
    if comparison.against:
        reasons.append("a share of two arms compared")
    reasons += times.reasons
    reasons += [f"arm {arm.id}: {why}" for arm in comparison.all_arms for why in arm.reasons]
    reasons += [why for arm in comparison.all_arms if (why := beyond_schedule(times, arm))]
    return Responders(
        origin=origin_of(content, trial, "responders", index, url),
        flags=tuple(
            dict.fromkeys((*flags, *comparison.flags, *times.flags, *by_hand_of(comparison.all_arms)))
        ),
        reasons=tuple(dict.fromkeys(reasons)),
        definition=definition,
        instruments=scales,
        rule=rule,
        comparison=comparison,
        times=times,
        shares=shares,
    )


def _sign(text: str) -> str:
    return _SIGNS.get(text, text)


def _shares(content: Mapping[str, Any]) -> tuple[tuple[Share, ...], list[str]]:
    fields = Fields(content)
    percents = fields.numbers("pct", low=0.0, high=100.0)
    counts = fields.numbers("n", low=0.0)
    totals = fields.numbers("N", low=0.0)
    problems = list(fields.problems)
    if counts and totals and len(counts) != len(totals):
        problems.append("n and N do not have as many numbers as each other")
        counts = ()
    if any(n > total for n, total in zip(counts, totals, strict=False)):
        problems.append("more responders than people")
        return (), problems
    if not percents and any(total == 0 for total in totals):
        problems.append("a share of nobody")
        return (), problems
    if len(percents) == 2 and len(counts) <= 1 and len(totals) <= 1:
        low, high = min(percents), max(percents)
        pair = Share(Number(low, high), counts[0] if counts else None, totals[0] if totals else None)
        return (pair,), problems
    if not percents:
        if not counts or not totals:
            return (), problems or ["no share, and no counts to work it out from"]
        percents = tuple(100.0 * n / total for n, total in zip(counts, totals, strict=True))
    shares = tuple(
        Share(
            Number(percent, percent),
            counts[i] if len(counts) == len(percents) else None,
            totals[i] if len(totals) == len(percents) else None,
        )
        for i, percent in enumerate(percents)
    )
    return shares, problems


def _times(
    content: Mapping[str, Any],
    definition: str,
    by_hand: Mapping[str, Any],
    comparison: Comparison,
    scales: Sequence[Instrument],
    outcomes: Sequence[Outcome],
) -> Times:
    """Return when: from the row's time fields, else from its definition, else the last time of the entry's outcomes."""
    stated = read_times(content, comparison.clock_arm)
    if stated.points or any(key.startswith("time") for key in content):
        return stated
    if "window_d" in by_hand:
        low, high = by_hand["window_d"]
        return Times((Number(low * 24.0, high * 24.0),), 0.0, None, ("window read by hand",), ())
    plain = " ".join(definition.lower().split())
    if found := _FIRST_WEEKS.search(plain):
        flag = "responded at any time in that window"
        return Times((Number(0.0, float(found[1]) * 168.0),), 0.0, None, (flag,), ())
    points: tuple[Number, ...] = ()
    if found := _WEEKS.search(plain):
        points = tuple(Number(w * 168.0, w * 168.0) for w in map(float, re.split(r"\s*/\s*", found[1])))
    elif found := _DAYS.search(plain):
        points = (Number(float(found[1]) * 24.0, float(found[1]) * 24.0),)
    elif found := _HOURS.search(plain):
        hours = float(found[1] or found[2])
        points = (Number(hours, hours),)
    elif found := _MONTHS.search(plain):
        points = (Number(float(found[1]) * 730.5, float(found[1]) * 730.5),)
    if points:
        return Times(points, 0.0, None, ("time read from the definition",), ())
    names = {scale.name for scale in scales}
    same = [row for row in outcomes if names & {item.name for item in row.instruments}] or list(outcomes)
    measured = [row for row in same if row.kind != "schedule" and row.times.last_h]
    if "1-month follow-up" in plain or "post-treatment" in plain:
        word = "follow-up" if "follow-up" in plain else "post-treatment"
        hits = [row for row in measured if word in read_text(row.origin.fields.get("time_ref")).lower()]
        measured = hits
    elif re.search(r"follow-?up|durable|month", plain):
        return Times((), 0.0, None, (), ("the time is not stated",))
    latest = max((row.times.last_h or 0.0 for row in measured), default=None)
    if latest is None:
        return Times((), 0.0, None, (), ("the time is not stated",))
    flag = (
        "time not stated: that of the entry's outcome"
        if len(measured) == 1
        else ("time not stated: the latest of the entry's outcomes")
    )
    return Times((Number(latest, latest),), 0.0, None, (flag,), ())
