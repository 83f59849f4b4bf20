"""One outcome of a trial: which scale, which arms, when, what was found, and whether it can be compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ataraxy.evidence.arm import Arm
from ataraxy.evidence.cells import read_text
from ataraxy.evidence.claim import Claim, arms_of, read_claims
from ataraxy.evidence.clock import Times, beyond_schedule, moved, read_times
from ataraxy.evidence.comparison import Comparison, by_hand_of, read_comparison
from ataraxy.evidence.estimate import Estimate, read_estimate
from ataraxy.evidence.instrument import Instrument, ReadInstruments, instruments, parse_instruments
from ataraxy.evidence.reading import Reading, reading_of
from ataraxy.evidence.row import Row, origin_of

# Kind -> why a row of it holds no number for a prediction; empty where it does.
KINDS: Final[Mapping[str, str]] = {
    "absolute": "",
    "change": "",
    "percent_change": "",
    "difference": "",
    "effect_size": "",
    "slope": "",
    "odds_ratio": "a ratio of odds, not of a score",
    "risk_ratio": "a ratio of risks, not of a score",
    "bound": "a limit, not a number",
    "test": "a test without a number",
    "qualitative": "words without a number",
    "schedule": "a schedule of ratings, no result",
    "association": "an association between readings, not an outcome of an arm",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome(Row):
    """One row under ``outcomes``.

    Attributes:
        text: the field ``instrument`` as printed.
        instruments: scales that the row is of; a number of several holds for each.
        standardised: whether the number is in standard deviations.
        comparison: the arms.
        times: when.
        kind: a key of `KINDS`, or as written where it is none.
        estimate: the numbers, negative for improvement.
        claims: statements without a number that can be compared.
    """

    text: str
    instruments: tuple[Instrument, ...]
    standardised: bool
    comparison: Comparison
    times: Times
    kind: str
    estimate: Estimate
    claims: tuple[Claim, ...]

    @property
    def is_numeric(self) -> bool:
        """Return whether there is a number to compare, as opposed to claims only."""
        return KINDS.get(self.kind, "x") == "" and self.estimate.has_number

    @property
    def is_baseline(self) -> bool:
        """Return whether the row tells what people were like before treatment."""
        return self.kind == "absolute" and self.times.is_baseline


def versions_named(rows: Sequence[Mapping[str, Any]]) -> Mapping[str, str]:
    """Return the version that stands for each family of scales in an entry: ``{"PCL": "PCL-IV"}``.

    Only where the entry's rows name exactly one of its versions.
    """
    named = {item.name for row in rows for item in parse_instruments(read_text(row.get("instrument"))).found}
    families = {item.name: [name for name in item.family if name in named] for item in instruments().values()}
    return {family: found[0] for family, found in families.items() if len(found) == 1}


def settle_versions(
    read: ReadInstruments, versions: Mapping[str, str], flags: list[str], reasons: list[str]
) -> tuple[Instrument, ...]:
    """Return the scales with each family replaced by its version in this entry, or without it and with a reason."""
    settled = []
    for item in read.found:
        if not item.family:
            settled.append(item)
        elif item.name in versions:
            flags.append(
                f"version of {item.name} not stated: {versions[item.name]} as in the entry's other rows"
            )
            settled.append(instruments()[versions[item.name]])
        else:
            reasons.append(f"which version of {item.name} is not stated ({', '.join(item.family)})")
    return tuple(settled)


def read_outcome(
    content: Mapping[str, Any],
    *,
    trial: str,
    index: int,
    url: str,
    arms: Mapping[str, Arm],
    versions: Mapping[str, str],
) -> Outcome:
    """Return the outcome in one mapping under ``outcomes``; whatever is wrong with it stands in its reasons."""
    flags: list[str] = []
    reasons: list[str] = []
    reading = reading_of(trial, "outcomes", content)
    kind = read_text(content.get("kind")).lower().replace("-", "_").replace(" ", "_")
    text = read_text(content.get("instrument"))
    read = parse_instruments(text)
    scales = settle_versions(read, versions, flags, reasons)
    if kind != "schedule":
        if not text:
            reasons.append("no instrument")
        elif read.unknown and scales:
            flags += [f"{part!r} is not a known scale and is left out" for part in read.unknown]
        elif not scales and not reasons:
            reasons.append(f"the scale {text!r} is not known")
    comparison = read_comparison(read_text(content.get("arm")), arms)
    times = read_times(content, comparison.clock_arm)
    single = comparison.arms[0] if len(comparison.arms) == 1 and not comparison.against else None
    estimate, problems = read_estimate(content, single.n if single else None)
    claims, wrong = read_claims(content, comparison, arms, reading)
    claimed = bool(claims) and KINDS.get(kind, "x") != ""
    if claimed and any(claim.points for claim in claims):
        points = next(claim.points for claim in claims if claim.points)
        times = moved(times, points, "time read by hand")
    flags += comparison.flags + times.flags
    if kind not in KINDS:
        reasons.append(f"the kind {kind!r} is not known" if kind else "no kind")
    elif KINDS[kind] and not claimed:
        reasons.append(_no_claim(KINDS[kind], reading))
    elif not KINDS[kind] and not estimate.has_number and not problems:
        reasons.append("no number")
    if kind != "schedule":
        reasons += [*wrong, *problems]
        reasons += _impossible(estimate, kind, scales, read.standardised)
        if any(scale.domain for scale in scales) and not (read.standardised or kind == "effect_size"):
            reasons.append(f"{text!r} names no scale")
        reasons += times.reasons
        if kind == "absolute" and times.is_baseline:
            # People before treatment are the same whatever their arm is given later, and whether it is listed.
            flags += comparison.reasons
        else:
            involved = arms_of(claims) if claimed else comparison.all_arms
            reasons += () if claimed else comparison.reasons
            reasons += [f"arm {arm.id}: {why}" for arm in involved for why in arm.reasons]
            reasons += [why for arm in involved if (why := beyond_schedule(times, arm))]
            flags += by_hand_of(involved)
    return Outcome(
        origin=origin_of(content, trial, "outcomes", index, url),
        flags=tuple(dict.fromkeys(flags)),
        reasons=tuple(dict.fromkeys(reasons)),
        text=text,
        instruments=scales,
        standardised=read.standardised or kind == "effect_size",
        comparison=comparison,
        times=times,
        kind=kind,
        estimate=estimate,
        claims=claims,
    )


def _no_claim(kind: str, reading: Reading | None) -> str:
    if kind.startswith(("a test", "words", "a limit")):
        why = reading.no_claim if reading else ""
        return f"{kind}: {why or 'no machine-readable claim'}"
    return kind


def _impossible(estimate: Estimate, kind: str, scales: Sequence[Instrument], standardised: bool) -> list[str]:
    """Return which numbers the scale cannot give."""
    if standardised:
        return []
    numbers = [*(estimate.mean or ()), *estimate.series]
    if estimate.median is not None:
        numbers.append(estimate.median)
    wrong = []
    limits = {scale.name: f"{scale.low:g} to {scale.high:g}" for scale in scales if scale.low is not None}
    for number in dict.fromkeys(numbers):
        if kind == "percent_change" and number < -100:
            wrong.append(f"a fall of {-number:g} % is not possible")
        for scale in scales:
            if kind == "absolute" and scale.outside(number):
                wrong.append(
                    f"the score {number:g} is outside the range of {scale.name}, {limits[scale.name]}"
                )
            elif kind in ("change", "difference") and scale.too_wide(number):
                wrong.append(f"a {kind} of {number:g} is wider than {scale.name}, {limits[scale.name]}")
    if estimate.sd is not None and kind == "absolute":
        for scale in scales:
            if (
                scale.low is not None
                and scale.high is not None
                and estimate.sd > (scale.high - scale.low) / 2
            ):
                wrong.append(f"the SD {estimate.sd:g} is larger than any on {scale.name} can be")
    return wrong
