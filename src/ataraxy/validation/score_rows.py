"""Outcomes and responders of a trial beside what virtual arms of the same size would report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from ataraxy.errors import AtaraxyError
from ataraxy.evidence.agent import AgentKind, parse_agent
from ataraxy.evidence.arm import Arm
from ataraxy.evidence.claim import Claim
from ataraxy.evidence.comparison import Group
from ataraxy.evidence.fields import Number
from ataraxy.evidence.instrument import Instrument
from ataraxy.evidence.outcome import Outcome
from ataraxy.evidence.responders import Responders, Rule
from ataraxy.evidence.row import Row
from ataraxy.evidence.trial import Trial
from ataraxy.trials.interval import Interval
from ataraxy.trials.ratings import rated_at, ratings_within
from ataraxy.trials.response import responders
from ataraxy.trials.scores import ScoresOfArm
from ataraxy.trials.virtual_arm import VirtualArm
from ataraxy.validation.arm_pool import ArmPool
from ataraxy.validation.claim_verdict import Verdict, judge
from ataraxy.validation.effect_row import EffectRow, against_number, observed_number, printed_arm

Floats = npt.NDArray[np.float64]

_DOMAIN: Final = "a pool of several trials and scales; no arm of it can be simulated"


class NotPredicted(Exception):
    """Why a row has no prediction; its text is the reason."""


def score_rows(trial: Trial, row: Outcome | Responders, pool: ArmPool) -> Iterator[EffectRow]:
    """Every result in a usable row: one for each scale, time, share and claim; never none."""
    scales: Sequence[Instrument | None] = row.instruments or (None,)
    for scale in scales:
        if isinstance(row, Responders):
            yield from _responders(trial, row, scale, pool)
        elif row.claims and not row.is_numeric:
            for claim in row.claims:
                yield _claim(trial, row, scale, claim, pool)
        else:
            yield from _numbers(trial, row, scale, pool)


def _numbers(trial: Trial, row: Outcome, scale: Instrument | None, pool: ArmPool) -> Iterator[EffectRow]:
    estimate = row.estimate
    results: list[tuple[str, Number, Number | None]] = []
    kind = "effect_size" if row.standardised else row.kind
    points = row.times.points
    if estimate.series and len(estimate.series) == len(points):
        results += [(kind, Number(v, v), p) for v, p in zip(estimate.series, points, strict=True)]
    elif estimate.mean is not None:
        results += [(kind, estimate.mean, p) for p in points[:1] or (None,)]
    elif estimate.median is not None:
        results += [
            (f"median {kind}", Number(estimate.median, estimate.median), p) for p in points[:1] or (None,)
        ]
    if estimate.effect is not None:
        results += [("effect_size", estimate.effect, p) for p in points[:1] or (None,)]
    if not results:
        yield _skipped(trial, row, scale, row.kind, None, None, "no number that fits its times")
    for what, number, point in results:
        yield _number(trial, row, scale, what, number, point, pool)


def _number(
    trial: Trial,
    row: Outcome,
    scale: Instrument | None,
    kind: str,
    number: Number,
    point: Number | None,
    pool: ArmPool,
) -> EffectRow:
    printed = kind.removeprefix("median ")
    observed = observed_number(number)
    try:
        if point is None:
            raise NotPredicted("no time")
        if scale is None or scale.domain:
            raise NotPredicted(_DOMAIN)
        draws, arms, flags = _predicted(trial, row, scale.name, kind, rated_at(point), pool)
    except NotPredicted as error:
        return _skipped(trial, row, scale, printed, point, observed, str(error))
    interval = Interval.of(draws)
    if interval is None:
        return _skipped(trial, row, scale, printed, point, observed, "the prediction is not a number")
    return _row(
        trial, row, scale.name, printed, point, observed, _unit(kind), interval,
        against_number(interval, number), "", min(a.people for a in arms), flags, draws,
    )  # fmt: skip


def _unit(kind: str) -> str:
    return {"effect_size": "SD", "percent_change": "%"}.get(kind, "points")


def _predicted(
    trial: Trial, row: Outcome, scale: str, kind: str, times: Sequence[float], pool: ArmPool
) -> tuple[Floats, list[VirtualArm], tuple[str, ...]]:
    comparison = row.comparison
    _same_additions([comparison.arms, comparison.against])
    if row.is_baseline and kind in ("absolute", "median absolute"):
        arm = _simulated(lambda: pool.before_treatment(trial, scale, row.estimate.n))
        scores = _scores(arm, scale)
        draws = scores.median([0.0]) if kind.startswith("median") else scores.mean([0.0])
        return draws, [arm], ("the trial's own baseline is not used", *scores.flags)
    first = _side(trial, comparison.arms, comparison.group, scale, pool)
    second = _side(trial, comparison.against, comparison.group, scale, pool)
    from_h = row.times.change_from_h
    flags = tuple(dict.fromkeys(f for arm, s in (*first, *second) for f in (*arm.flags, *s.flags)))
    arms = [arm for arm, _ in (*first, *second)]
    if not first:
        raise NotPredicted("no arm to simulate")
    of_one: dict[str, Callable[[ScoresOfArm], Floats]] = {
        "absolute": lambda s: s.mean(times),
        "median absolute": lambda s: s.median(times),
        "change": lambda s: s.change(times, from_h),
        "percent_change": lambda s: s.percent_change(times, from_h),
        "median change": lambda s: s.median(times) - s.median([from_h]),
    }
    if kind == "difference" or (kind == "effect_size" and second):
        if not second:
            raise NotPredicted("a difference without a second arm")
        difference = _pooled(first, of_one["change"]) - _pooled(second, of_one["change"])
        if kind == "effect_size":
            late = times[-1]
            spread = np.mean([s.sd(late) ** 2 for _, s in (*first, *second)], axis=0) ** 0.5
            difference = difference / spread
            flags = (*flags, "difference of changes over the pooled SD of the scores at that time")
        return difference, arms, flags
    if kind == "effect_size":
        spread = _pooled(first, lambda s: s.sd(0.0))
        flags = (*flags, "change over the SD of the baseline")
        return _pooled(first, of_one["change"]) / spread, arms, flags
    if second:
        raise NotPredicted("a number of two arms compared that is no difference")
    if kind not in of_one:
        raise NotPredicted(f"no prediction of the kind {kind}")
    return _pooled(first, of_one[kind]), arms, flags


def _responders(
    trial: Trial, row: Responders, scale: Instrument | None, pool: ArmPool
) -> Iterator[EffectRow]:
    points: Sequence[Number | None] = row.times.points or (None,)
    for i, share in enumerate(row.shares):
        point = points[min(i, len(points) - 1)]
        observed = observed_number(share.percent)
        try:
            if scale is None or row.rule is None or point is None:
                raise NotPredicted("no scale, rule or time")
            arms = _side(trial, row.comparison.arms, row.comparison.group, scale.name, pool)
            if not arms:
                raise NotPredicted("no arm to simulate")
            rule = row.rule
            times = ratings_within(point) if point.is_range else (point.low,)
            draws = _pooled(arms, lambda s, rule=rule, times=times: share_of(s, rule, times))  # type: ignore[misc]
        except NotPredicted as error:
            yield _skipped(trial, row, scale, "responders", point, observed, str(error))
            continue
        flags = tuple(dict.fromkeys(f for arm, s in arms for f in (*arm.flags, *s.flags)))
        if point.is_range:
            flags = (*flags, f"responded at any of {len(times)} ratings in the window")
        interval = Interval.of(draws)
        if interval is None:
            yield _skipped(
                trial, row, scale, "responders", point, observed, "nobody meets the rule's baseline"
            )
            continue
        yield _row(
            trial, row, scale.name, "responders", point, observed, "%", interval,
            against_number(interval, share.percent), "", min(a.people for a, _ in arms), flags, draws,
        )  # fmt: skip


def share_of(scores: ScoresOfArm, rule: Rule, times_h: Sequence[float]) -> Floats:
    """f8[draws]: per cent of people who meet a rule at any of the times."""
    met, counted = responders(rule, scores.baseline, [scores.at(t) for t in times_h])
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(100.0 * met.sum(axis=1) / counted.sum(axis=1))


def _claim(trial: Trial, row: Outcome, scale: Instrument | None, claim: Claim, pool: ArmPool) -> EffectRow:
    points = claim.points or row.times.points
    point = points[-1] if points else None
    try:
        if scale is None or scale.domain:
            raise NotPredicted(_DOMAIN)
        if point is None:
            raise NotPredicted("no time")
        name, times = scale.name, rated_at(point)
        arms: list[VirtualArm] = []
        flags: list[str] = []

        def effect(side: tuple[Arm, ...]) -> Floats:
            found = _side(trial, side, row.comparison.group, name, pool)
            arms.extend(arm for arm, _ in found)
            flags.extend(f for arm, s in found for f in (*arm.flags, *s.flags))
            return _pooled(found, lambda s: s.change(times, row.times.change_from_h))

        if claim.kind not in ("direction", "order"):
            raise NotPredicted(f"a claim of the kind {claim.kind} is of side effects")
        _same_additions(claim.sides)
        verdict: Verdict = judge(claim, [effect(side) for side in claim.sides], better="lower")
    except NotPredicted as error:
        return _skipped(trial, row, scale, row.kind, point, claim.text, str(error))
    if claim.note:
        flags.append(f"read by hand: {claim.note}")
    return _row(
        trial, row, name, row.kind, point, claim.text, "points", verdict.interval, verdict.status,
        verdict.reason, min(a.people for a in arms), tuple(dict.fromkeys(flags)),
    )  # fmt: skip


def _side(
    trial: Trial, arms: Sequence[Arm], group: Group, scale: str, pool: ArmPool
) -> list[tuple[VirtualArm, ScoresOfArm]]:
    found = []
    for arm in arms:
        simulated = _simulated(lambda arm=arm: pool.arm(trial, arm, group))  # type: ignore[misc]
        found.append((simulated, _scores(simulated, scale)))
    return found


def _same_additions(sides: Sequence[Sequence[Arm]]) -> None:
    """Refuses a comparison of arms that differ by a treatment which was given besides and is not simulated."""
    added = [
        {text for arm in side if arm.agent for text in arm.agent.added if not _is_placebo(text)}
        for side in sides
        if side
    ]
    for one in added[1:]:
        if one != added[0]:
            differing = " and ".join(sorted(one ^ added[0]))
            raise NotPredicted(f"the arms differ by {differing}, which is not simulated")


def _is_placebo(text: str) -> bool:
    agent = parse_agent(text)
    return agent is not None and agent.kind is AgentKind.PLACEBO


def _simulated(simulate: Callable[[], VirtualArm]) -> VirtualArm:
    try:
        return simulate()
    except AtaraxyError as error:
        raise NotPredicted(f"the models refused: {error}") from None


def _scores(arm: VirtualArm, scale: str) -> ScoresOfArm:
    if scale in arm.missing:
        raise NotPredicted(f"arm {arm.arm.id}: {arm.missing[scale]}")
    return arm.scores[scale]


def _pooled(arms: Sequence[tuple[VirtualArm, ScoresOfArm]], of: Callable[[ScoresOfArm], Floats]) -> Floats:
    weights = np.array([arm.people for arm, _ in arms], float)
    values = np.stack([of(scores) for _, scores in arms])
    return np.asarray((weights[:, None] * values).sum(axis=0) / weights.sum())


def _row(
    trial: Trial,
    row: Row,
    name: str,
    kind: str,
    point: Number | None,
    observed: float | tuple[float, float] | str | None,
    unit: str,
    interval: Interval | None,
    status: str,
    reason: str,
    people: int | None,
    flags: tuple[str, ...],
    draws: Floats | None = None,
) -> EffectRow:
    return EffectRow(
        trial=trial.id,
        arm=printed_arm(row),
        name=name,
        is_measure=False,
        time_h=None if point is None else point.middle,
        kind=kind,
        observed=observed,
        unit=unit,
        predicted=interval,
        status=status,  # type: ignore[arg-type]
        reason=reason,
        people=people,
        section=row.origin.section,
        row=row.origin.index,
        use=trial.use,
        flags=tuple(dict.fromkeys((*row.flags, *flags))),
        draws=draws,
    )


def _skipped(
    trial: Trial,
    row: Outcome | Responders,
    scale: Instrument | None,
    kind: str,
    point: Number | None,
    observed: float | tuple[float, float] | str | None,
    reason: str,
) -> EffectRow:
    text = row.text if isinstance(row, Outcome) else str(row.origin.fields.get("instrument") or "")
    name = scale.name if scale is not None else text
    return _row(trial, row, name, kind, point, observed, "", None, "skipped", reason, None, ())
