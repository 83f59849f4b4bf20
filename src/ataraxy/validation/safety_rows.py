"""Safety results of a trial beside what would be seen in virtual people of the same number."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from ataraxy.errors import AtaraxyError
from ataraxy.evidence.arm import Arm
from ataraxy.evidence.claim import Claim
from ataraxy.evidence.measure import Measure
from ataraxy.evidence.safety import SafetyOutcome
from ataraxy.evidence.trial import Trial
from ataraxy.trials.interval import Interval
from ataraxy.trials.readings import Vital, Watched
from ataraxy.validation.arm_pool import ArmPool
from ataraxy.validation.claim_verdict import judge
from ataraxy.validation.effect_row import EffectRow, against_number, observed_number, printed_arm
from ataraxy.validation.score_rows import NotPredicted

Floats = npt.NDArray[np.float64]

CADSS_THRESHOLD: Final = 4.0  # of the esketamine trials: dissociation is a total above 4
VITALS: Final[dict[str, Vital]] = {"sbp": "SBP", "dbp": "DBP", "hr": "HR"}
_RISE: Final = re.compile(r"(sbp|dbp)_rise_ge_(\d+)")
BACK: Final = 2.0  # a mean that is within 2 mmHg, beats per minute or points of its baseline is back


def safety_rows(trial: Trial, row: SafetyOutcome, pool: ArmPool) -> Iterator[EffectRow]:
    """Every result in a usable row: one for each measure and claim; never none."""
    for measure in row.measures:
        if row.claims and row.value is None:
            for claim in row.claims:
                yield _claim(trial, row, measure, claim, pool)
        else:
            yield _value(trial, row, measure, pool)
    if not row.measures:
        yield _made(trial, row, row.text, None, None, "skipped", "no measure", None, ())


def _value(trial: Trial, row: SafetyOutcome, measure: Measure, pool: ArmPool) -> EffectRow:
    value = row.value
    observed = None if value is None else observed_number(value)
    try:
        if value is None:
            raise NotPredicted("no number")
        if row.kind == "difference":
            first, people, flags = _pooled(trial, row, row.comparison.arms, measure, pool)
            second, others, more = _pooled(trial, row, row.comparison.against, measure, pool)
            draws, people, flags = first - second, min(people, others), (*flags, *more)
        else:
            draws, people, flags = _pooled(trial, row, row.comparison.arms, measure, pool)
    except NotPredicted as error:
        return _made(trial, row, measure.name, observed, None, "skipped", str(error), None, (), measure.unit)
    interval = Interval.of(draws)
    if interval is None:
        why = "the prediction is not a number"
        return _made(trial, row, measure.name, observed, None, "skipped", why, None, (), measure.unit)
    if row.bound:
        upper = row.bound in ("<", "<=")
        agrees = interval.median <= value.high if upper else interval.median >= value.low
        share = float(np.mean(draws <= value.high if upper else draws >= value.low))
        status, reason = ("agrees" if agrees else "disagrees"), f"in {share:.0%} of the draws"
        return _made(
            trial, row, measure.name, f"{row.bound} {value.low:g}", interval, status, reason, people, flags,
            measure.unit,
        )  # fmt: skip
    return _made(
        trial, row, measure.name, observed, interval, against_number(interval, value), "", people, flags,
        measure.unit,
    )  # fmt: skip


def _claim(trial: Trial, row: SafetyOutcome, measure: Measure, claim: Claim, pool: ArmPool) -> EffectRow:
    flags: tuple[str, ...] = ()
    people = None
    try:
        if claim.kind == "resolved":
            draws, people, flags = _pooled(trial, row, claim.sides[0], measure, pool, at_h=claim.by_h)
            interval = Interval.of(draws)
            back = interval is not None and interval.median <= BACK
            status = "skipped" if interval is None else "agrees" if back else "disagrees"
            reason = f"back is within {BACK:g} {measure.unit} of baseline"
        elif claim.kind == "attenuation":
            last, people, flags = _pooled(trial, row, claim.sides[0], measure, pool, session=-1)
            first, _, _ = _pooled(trial, row, claim.sides[0], measure, pool, session=0)
            verdict = judge(claim, [last, first], better="higher")
            interval, status, reason = verdict.interval, verdict.status, verdict.reason
        else:
            sides = [_pooled(trial, row, side, measure, pool) for side in claim.sides]
            people = min(side[1] for side in sides)
            flags = tuple(f for side in sides for f in side[2])
            verdict = judge(claim, [side[0] for side in sides], better="higher")
            interval, status, reason = verdict.interval, verdict.status, verdict.reason
    except NotPredicted as error:
        return _made(
            trial, row, measure.name, claim.text, None, "skipped", str(error), None, (), measure.unit
        )
    if claim.note:
        flags = (*flags, f"read by hand: {claim.note}")
    return _made(trial, row, measure.name, claim.text, interval, status, reason, people, flags, measure.unit)


def _pooled(
    trial: Trial,
    row: SafetyOutcome,
    arms: Sequence[Arm],
    measure: Measure,
    pool: ArmPool,
    *,
    at_h: float | None = None,
    session: int | None = None,
) -> tuple[Floats, int, tuple[str, ...]]:
    if not arms:
        raise NotPredicted("no arm to simulate")
    values: list[Floats] = []
    sizes: list[int] = []
    flags: list[str] = []
    for arm in arms:
        if not (arm.is_ketamine or arm.kind.value in ("placebo", "midazolam", "untreated")):
            raise NotPredicted(f"side effects of {arm.agent.text if arm.agent else arm.id} are not modelled")
        try:
            watched = pool.watched(trial, arm, row.comparison.group)
        except AtaraxyError as error:
            raise NotPredicted(f"the models refused: {error}") from None
        if arm.kind.value == "midazolam" and measure.name.startswith(("cadss", "share_cadss", "share_sed")):
            raise NotPredicted("sedation and dissociation by midazolam are not modelled")
        values.append(_statistic(row, measure, watched, at_h, session))
        sizes.append(watched.people)
        flags += arm.flags
        if row.comparison.group.text and not (
            row.comparison.group.age_from or row.comparison.group.age_below
        ):
            flags.append(f"the group {row.comparison.group.text!r} is taken as everybody")
    weights = np.array(sizes, float)
    pooled = (weights[:, None] * np.stack(values)).sum(axis=0) / weights.sum()
    return np.asarray(pooled), min(sizes), tuple(dict.fromkeys(flags))


def _statistic(
    row: SafetyOutcome, measure: Measure, watched: Watched, at_h: float | None, session: int | None
) -> Floats:
    """f8[draws]: the measure of an arm."""
    name = measure.name
    if measure.statistic == "moment":
        return _moment(name, watched)
    if name == "cadss_total" or (name.endswith("_rise") and name.removesuffix("_rise") in VITALS):
        return _reading(row, name, watched, at_h, session)
    if name in ("sbp", "dbp", "hr"):
        raise NotPredicted("levels of vital signs before a dose are not modelled, only their rise")
    if measure.statistic == "share":
        return _share(row, name, watched)
    raise NotPredicted(f"{name} is not modelled")


def _reading(
    row: SafetyOutcome, name: str, watched: Watched, at_h: float | None, session: int | None
) -> Floats:
    """Mean reading at its time, of its session, else the mean of the largest of a session."""

    def course(k: int) -> Floats:
        if name == "cadss_total":
            return watched.cadss(k)
        return watched.rise(VITALS[name.removesuffix("_rise")], k)

    def mean_at(k: int, hours: float) -> Floats:
        return np.asarray(_at(course(k), watched.times(k), hours).mean(axis=1))

    chosen = session if session is not None else row.session
    k = _session_number(chosen, watched)
    if at_h is not None:
        return mean_at(k, at_h)
    moment = _within_session(row, watched, k)
    if moment is not None and session is None:
        means = np.stack([mean_at(k, t) for t in moment])
        return np.asarray(means.max(axis=0) if row.kind == "peak_change" else means.mean(axis=0))
    if name != "cadss_total" and row.kind == "peak_change":
        # the largest of several noisy readings, as "mean maximum rise" is: the largest mean of the sessions
        largest = watched.largest_rise(VITALS[name.removesuffix("_rise")])
        return np.asarray(largest.mean(axis=1).max(axis=1))
    return np.asarray(course(k).max(axis=2).mean(axis=1))


def _session_number(session: int | None, watched: Watched) -> int:
    if session is None:
        return 0
    return min(max(session if session >= 0 else watched.sessions + session, 0), watched.sessions - 1)


def _within_session(row: SafetyOutcome, watched: Watched, session: int) -> tuple[float, ...] | None:
    """Hours into the session of the row's time; None where there is none, or it is that of the session as a whole."""
    if not row.times.points or row.kind == "time":
        return None
    point = row.times.points[0]
    start = watched.start_h(session)
    low, high = point.low - start, point.high - start
    if not (0.0 < low <= 24.0 and high <= 24.0):
        return None
    return (low, high) if high > low else (low,)


def _at(course: Floats, times: Floats, hours: float) -> Floats:
    """f8[draws, people]: a course at a time of its session, between its times as a straight line."""
    if len(times) == 1:  # the next session begins before anything else was read
        return np.asarray(course[:, :, 0])
    place = int(np.clip(np.searchsorted(times, hours), 1, len(times) - 1))
    share = float(np.clip((hours - times[place - 1]) / (times[place] - times[place - 1]), 0.0, 1.0))
    return np.asarray(course[:, :, place - 1] * (1.0 - share) + course[:, :, place] * share)


def _share(row: SafetyOutcome, name: str, watched: Watched) -> Floats:
    """Per cent of people, or of sessions where the row counts those."""
    if name == "share_cadss_gt_4":
        if watched.without_drug:
            raise NotPredicted("how CADSS varies between people without drug is not modelled")
        over = np.stack([watched.cadss(k).max(axis=2) > CADSS_THRESHOLD for k in range(watched.sessions)], 2)
        return _of(over, row)
    if name == "share_sedation":
        if watched.without_drug:
            raise NotPredicted("sedation without drug is not modelled")
        over = np.stack([watched.sedated(k).any(axis=2) for k in range(watched.sessions)], axis=2)
        return _of(over, row)
    if name == "share_loss_of_consciousness":
        return np.asarray(100.0 * watched.unconscious().mean(axis=1))
    if name in ("share_ready_for_discharge", "share_not_ready_for_discharge"):
        ready = _ready(row, watched)
        return np.asarray(100.0 * (ready if name == "share_ready_for_discharge" else ~ready).mean(axis=1))
    if name == "ae:nausea":
        return np.asarray(100.0 * watched.nausea().mean(axis=1))
    if name.startswith("ae:"):
        raise NotPredicted(
            "no model of this adverse event; printed rates stand in effects/adverse_events.yaml"
        )
    limits = _RISE.findall(name.removeprefix("share_"))
    if limits and len(limits) == len(re.findall(r"_ge_", name)):
        over = np.any(
            [watched.largest_rise(VITALS[vital]) >= float(limit) for vital, limit in limits], axis=0
        )
        return _of(over, row)
    if "_ge_" in name:
        raise NotPredicted("levels of blood pressure before a dose are not modelled, only its rise")
    raise NotPredicted(f"{name} is not modelled")


def _ready(row: SafetyOutcome, watched: Watched) -> npt.NDArray[np.bool_]:
    """bool[draws, people]: neither sedated nor dissociated at the row's time; no rule of discharge was published."""
    moment = _within_session(row, watched, 0)
    if moment is None:
        raise NotPredicted("no time")
    place = int(np.argmin(np.abs(watched.times(0) - moment[0])))
    calm = watched.cadss(0)[:, :, place] <= CADSS_THRESHOLD
    return np.asarray(calm & ~watched.sedated(0)[:, :, place])


def _of(over: npt.NDArray[np.bool_], row: SafetyOutcome) -> Floats:
    counted = over if row.per == "sessions" else over.any(axis=2, keepdims=True)
    return np.asarray(100.0 * counted.mean(axis=(1, 2)))


_MOMENTS: Final = {"bp": "cardiovascular", "cadss": "dissociation", "side_effects": "dissociation"}


def _moment(name: str, watched: Watched) -> Floats:
    """f8[draws]: hours from the start of the first session."""
    what, _, of = name.partition(":")
    if watched.without_drug:
        raise NotPredicted("without drug there is no such moment")
    times = watched.times(0)
    if of == "sedation":
        sedated = watched.sedated(0)
        share = sedated.mean(axis=1)
        if what == "time_of_peak":
            return np.asarray(times[share.argmax(axis=1)], float)
        moments = times[sedated.argmax(axis=2)]
        if what == "time_to_baseline":
            moments = times[len(times) - 1 - sedated[:, :, ::-1].argmax(axis=2)]
        ever = np.asarray(sedated.any(axis=2))
        return np.array(
            [np.median(moments[m, ever[m]]) if ever[m].any() else np.nan for m in range(len(ever))]
        )
    if of not in _MOMENTS:
        raise NotPredicted(f"{name} is not modelled")
    mean = watched.drive(_MOMENTS[of], 0).mean(axis=1)
    if what == "time_of_peak":
        return np.asarray(times[mean.argmax(axis=1)], float)
    if what != "time_to_baseline":
        raise NotPredicted(f"{name} is not modelled")
    if of == "bp":
        rise = watched.rise("SBP", 0).mean(axis=1)
    elif of == "cadss":
        rise = watched.cadss(0).mean(axis=1)
    else:
        raise NotPredicted(f"{name} is not modelled")
    outside = rise > BACK
    last = len(times) - 1 - outside[:, ::-1].argmax(axis=1)
    after = np.minimum(last + 1, len(times) - 1)
    return np.where(outside.any(axis=1), times[after], 0.0)


def _made(
    trial: Trial,
    row: SafetyOutcome,
    name: str,
    observed: float | tuple[float, float] | str | None,
    interval: Interval | None,
    status: str,
    reason: str,
    people: int | None,
    flags: tuple[str, ...],
    unit: str = "",
) -> EffectRow:
    points = row.times.points
    return EffectRow(
        trial=trial.id,
        arm=printed_arm(row),
        name=name,
        is_measure=True,
        time_h=points[0].middle if points else None,
        kind=row.kind,
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
    )
