"""What parameters are fitted to: the numbers about symptoms in entries that may be calibrated on."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from ataraxy.calibration.target import NotFitted, RatedArm, Target
from ataraxy.errors import AtaraxyError, InputError
from ataraxy.evidence.agent import AgentKind
from ataraxy.evidence.arm import Arm
from ataraxy.evidence.comparison import Group
from ataraxy.evidence.fields import Number
from ataraxy.evidence.instrument import Instrument
from ataraxy.evidence.outcome import Outcome
from ataraxy.evidence.responders import Responders
from ataraxy.evidence.row import Row
from ataraxy.evidence.trial import Trial
from ataraxy.evidence.trials import TrialEvidence
from ataraxy.trials.circumstances import READ_AS, population_for, setting_of
from ataraxy.trials.dosing import planned_doses
from ataraxy.trials.ratings import printed_baselines, rated_at, ratings_within, same_people

USE: Final = "calibrate"
USUAL_PEOPLE: Final = 100
_WIDTH_OF_95: Final = 2 * 1.959964
_COURSES: Final = {
    AgentKind.PLACEBO: "",
    AgentKind.MIDAZOLAM: "",
    AgentKind.UNTREATED: "",
    AgentKind.SSRI_SNRI: "SSRI/SNRI",
    AgentKind.PSYCHOTHERAPY: "psychotherapy",
}
_KINDS: Final = ("absolute", "change", "percent_change", "difference", "effect_size")


@dataclass(frozen=True, eq=False)
class Targets:
    """Everything that is fitted, and everything of the same entries that is not.

    Attributes:
        targets: in the order of the file.
        arms: that they are numbers of.
        not_fitted: rows with the reason.
        without: studies that were left out on purpose.
        sha256: of the file of trials.
    """

    targets: tuple[Target, ...]
    arms: tuple[RatedArm, ...]
    not_fitted: tuple[NotFitted, ...]
    without: tuple[str, ...]
    sha256: str

    @property
    def studies(self) -> tuple[str, ...]:
        """Ids of the studies with a target, each once."""
        return tuple(dict.fromkeys(target.study for target in self.targets))


class _NotFitted(Exception):
    """Why a number is not fitted; its text is the reason."""


@dataclass
class _Reader:
    """Gathers the arms that targets ask for."""

    arms: list[RatedArm] = field(default_factory=list)
    _places: dict[object, int] = field(default_factory=dict)

    def place(
        self, trial: Trial, arm: Arm, group: Group, scale: str, times: Sequence[float], people: int
    ) -> int:
        key = (trial.id, arm.id, arm.dose and arm.dose.mg, group.age_from, group.age_below, scale)
        wanted = {t for t in times if t > 0.0}
        if key in self._places:
            known = self.arms[self._places[key]]
            merged = tuple(sorted(wanted | set(known.times_h)))
            self.arms[self._places[key]] = replace(known, times_h=merged)
            return self._places[key]
        population = population_for(trial, scale)
        if population.reason:
            raise _NotFitted(population.reason)
        if arm.is_ketamine:
            try:
                planned_doses(arm)
            except AtaraxyError as error:
                raise _NotFitted(f"the models refused: {error}") from None
        elif arm.kind not in _COURSES:
            raise _NotFitted(f"no model of {arm.agent.substance if arm.agent else 'what was given'}")
        printed = dict(printed_baselines(trial))
        other = next((a for a in trial.arms if a.is_ketamine and a.sessions_stated), arm)
        sessions = arm.sessions_h if arm.sessions_stated else other.sessions_h
        self.arms.append(
            RatedArm(
                trial=trial,
                arm=arm,
                group=group,
                scale=READ_AS.get(scale, scale),
                indication=population.indication,
                setting=setting_of(trial, arm),
                people=people,
                baseline=printed.get((arm.id, scale)) or printed.get(("", scale)),
                times_h=tuple(sorted(wanted)) or (24.0,),
                sessions_h=sessions or (0.0,),
                comparator="" if arm.is_ketamine else _COURSES[arm.kind],
                sample=0 if same_people(trial) else 1 + len(self.arms),
            )
        )
        self._places[key] = len(self.arms) - 1
        return self._places[key]


def read_targets(trials: TrialEvidence, without: Collection[str] = ()) -> Targets:
    """The targets in a file of trials.

    Args:
        trials: entries of another use than ``calibrate`` are left alone.
        without: ids of studies that nothing is fitted to.

    Raises:
        InputError: ``calibration.unknown-study``: there is no such study to leave out.
    """
    _check_known(trials, without)
    reader = _Reader()
    targets: list[Target] = []
    left: list[NotFitted] = []
    for trial in trials.admitted():
        if trial.use != USE or trial.id in without:
            continue
        seen: set[object] = set()
        for row in trial.rows:
            if not isinstance(row, Outcome | Responders):
                continue
            for target, why, what in _of_row(trial, row, reader):
                same = target and (target.first, target.second, target.kind, target.times_h, target.observed)
                if target is not None and same in seen:
                    target, why = None, "the same number stands in another row"
                if target is None:
                    left.append(NotFitted(trial.id, row.origin.section, row.origin.index, what, why))
                else:
                    seen.add(same)
                    targets.append(target)
    return Targets(tuple(targets), tuple(reader.arms), tuple(left), tuple(without), trials.sha256)


def _check_known(trials: TrialEvidence, without: Collection[str]) -> None:
    from ataraxy.calibration.pooled import POOLED_STUDIES

    known = {trial.id for trial in trials.trials} | set(POOLED_STUDIES)
    for study in without:
        if study not in known:
            near = [name for name in sorted(known) if name[:4] == study[:4]]
            raise InputError(
                f"there is no study {study!r} to leave out",
                code="calibration.unknown-study",
                remedy=f"Did you mean {' or '.join(near[:3])}" if near else "List them: ataraxy evidence",
                where="--without",
            )


def _of_row(
    trial: Trial, row: Outcome | Responders, reader: _Reader
) -> Iterator[tuple[Target | None, str, str]]:
    name = row.text if isinstance(row, Outcome) else row.definition
    if not row.usable:
        yield None, row.reason, name
        return
    numbers = _responders(row) if isinstance(row, Responders) else _numbers(row)
    found = False
    for part, (kind, number, error, point) in enumerate(numbers):
        for scale in row.instruments or (None,):
            found = True
            what = scale.name if scale else name
            try:
                yield _target(trial, row, scale, part, kind, number, error, point, reader), "", what
            except _NotFitted as why:
                yield None, str(why), what
    if not found:
        yield None, "no number", name


_Numbers = Iterator[tuple[str, Number, float | None, Number | None]]


def _numbers(row: Outcome) -> _Numbers:
    estimate, points = row.estimate, row.times.points
    kind = "effect_size" if row.standardised else row.kind
    if estimate.series and len(estimate.series) == len(points):
        yield from ((kind, Number(v, v), None, p) for v, p in zip(estimate.series, points, strict=True))
    elif estimate.mean is not None:
        yield kind, estimate.mean, estimate.standard_error, points[0] if points else None
    elif estimate.median is not None:
        number = Number(estimate.median, estimate.median)
        yield f"median {kind}", number, None, points[0] if points else None
    elif estimate.effect is not None:
        ci = estimate.effect_ci
        error = (ci.high - ci.low) / _WIDTH_OF_95 if ci else None
        yield "effect_size", estimate.effect, error, points[0] if points else None


def _responders(row: Responders) -> _Numbers:
    points: Sequence[Number | None] = row.times.points or (None,)
    for i, share in enumerate(row.shares):
        yield "responders", share.percent, None, points[min(i, len(points) - 1)]


def _target(
    trial: Trial,
    row: Outcome | Responders,
    scale: Instrument | None,
    part: int,
    kind: str,
    number: Number,
    error: float | None,
    point: Number | None,
    reader: _Reader,
) -> Target:
    plain = kind.removeprefix("median ")
    if isinstance(row, Outcome) and row.is_baseline:
        raise _NotFitted("a baseline tells who was recruited, not what treatment did")
    if scale is None or scale.domain:
        raise _NotFitted("a pool of several trials and scales; no arm of it can be simulated")
    if point is None:
        raise _NotFitted("no time")
    if plain not in (*_KINDS, "responders"):
        raise _NotFitted(f"numbers of the kind {plain} are not fitted")
    rule = row.rule if isinstance(row, Responders) else None
    if plain == "responders" and rule is None:
        raise _NotFitted("no rule that a score can tell")
    comparison = row.comparison
    if not comparison.arms:
        raise _NotFitted("no arm to simulate")
    if plain == "difference" and not comparison.against:
        raise _NotFitted("a difference without a second arm")
    if comparison.against and plain not in ("difference", "effect_size"):
        raise _NotFitted("a number of two arms compared that is no difference")
    if len({_added(arm) for arm in comparison.all_arms}) > 1:
        raise _NotFitted("the arms differ by a treatment that is not simulated")
    times = ratings_within(point) if rule and point.is_range else (point.low,) if rule else rated_at(point)
    from_h = 0.0 if isinstance(row, Responders) else row.times.change_from_h
    sides = [
        tuple(
            reader.place(
                trial, arm, comparison.group, scale.name, (*times, from_h), _people(trial, arm, row, part)
            )
            for arm in side
        )
        for side in (comparison.arms, comparison.against)
    ]
    return Target(
        study=trial.id,
        section=row.origin.section,
        row=row.origin.index,
        part=part,
        arm=" ".join(str(row.origin.fields.get("arm") or "").split()),
        scale=scale.name,
        kind=plain,
        time_h=point.middle,
        observed=number.middle,
        error=error,
        doubt=(number.high - number.low) / 2.0,
        first=sides[0],
        second=sides[1],
        times_h=tuple(t for t in times),
        from_h=from_h,
        rule=rule,
        median=kind.startswith("median "),
    )


def _added(arm: Arm) -> tuple[str, ...]:
    return tuple(sorted(t for t in (arm.agent.added if arm.agent else ()) if "placebo" not in t.lower()))


def _people(trial: Trial, arm: Arm, row: Row, part: int) -> int:
    if arm.n:
        return arm.n
    if isinstance(row, Responders) and row.shares[min(part, len(row.shares) - 1)].total:
        return int(row.shares[min(part, len(row.shares) - 1)].total or 0)
    if isinstance(row, Outcome) and row.estimate.n and len(row.comparison.all_arms) == 1:
        return row.estimate.n
    arms = 1 if same_people(trial) else max(1, len(trial.arms))
    return max(2, (trial.n or USUAL_PEOPLE * arms) // arms)
