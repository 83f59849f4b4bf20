"""The virtual arms behind a file of trials: what is asked of each is gathered first, and each is simulated once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ataraxy.evidence.arm import Arm, implied_arm
from ataraxy.evidence.comparison import Group
from ataraxy.evidence.fields import Number
from ataraxy.evidence.outcome import Outcome
from ataraxy.evidence.responders import Responders
from ataraxy.evidence.safety import SafetyOutcome
from ataraxy.evidence.trial import Trial
from ataraxy.trials.clinic import VirtualClinic
from ataraxy.trials.dosing import planned_doses
from ataraxy.trials.ratings import printed_baselines, rated_at, ratings_within, same_people
from ataraxy.trials.readings import Watched
from ataraxy.trials.virtual_arm import VirtualArm, simulate_arm

_Key = tuple[str, str, object, float | None, float | None]


@dataclass
class _Wanted:
    trial: Trial
    arm: Arm
    group: Group
    instruments: dict[str, None] = field(default_factory=dict)
    times: set[float] = field(default_factory=set)


class ArmPool:
    """Virtual arms of trials, by trial, arm, dose and group of people."""

    def __init__(self, clinic: VirtualClinic, world: str) -> None:
        self.clinic = clinic
        self.world = world
        self._wanted: dict[_Key, _Wanted] = {}
        self._drive_times: dict[object, set[float]] = {}
        self._arms: dict[_Key, VirtualArm] = {}
        self._watched: dict[_Key, Watched] = {}
        self._baselines: dict[str, dict[tuple[str, str], tuple[float, float | None]]] = {}
        self._sizes: dict[_Key, int] = {}

    def gather(self, trial: Trial) -> None:
        """Notes what the usable rows of a trial ask of which arm."""
        self._baselines[trial.id] = dict(printed_baselines(trial))
        for row in trial.rows:
            if row.usable and isinstance(row, Outcome | Responders | SafetyOutcome):
                times = [t for point in _points(row) for t in point]
                scales = [] if isinstance(row, SafetyOutcome) else [i.name for i in row.instruments]
                for arm in _arms(row):
                    self._note(trial, arm, row.comparison.group, scales, times, _total(row))

    def _note(
        self, trial: Trial, arm: Arm, group: Group, scales: Iterable[str], times: Iterable[float], total: int
    ) -> None:
        key = _key(trial, arm, group)
        wanted = self._wanted.setdefault(key, _Wanted(trial, arm, group))
        wanted.instruments |= dict.fromkeys(scales)
        wanted.times |= {t for t in times if t > 0.0}
        self._sizes[key] = max(self._sizes.get(key, 0), total)
        self._drive_times.setdefault(_regimen(arm, group), set()).update(wanted.times)

    def arm(self, trial: Trial, arm: Arm, group: Group) -> VirtualArm:
        """The simulated arm. Raises AtaraxyError where it cannot be."""
        key = _key(trial, arm, group)
        if key not in self._arms:
            wanted = self._wanted[key]
            printed = self._baselines[trial.id]
            self._arms[key] = simulate_arm(
                trial,
                arm,
                self.clinic,
                instruments=tuple(wanted.instruments),
                times_h=sorted(wanted.times) or [24.0],
                drive_times_h=sorted(self._drive_times[_regimen(arm, group)] | {24.0}),
                group=group,
                people=self.size(trial, arm, group),
                baselines={
                    scale: value
                    for scale in wanted.instruments
                    if (value := printed.get((arm.id, scale)) or printed.get(("", scale)))
                },
                world=self.world,
                sample=0 if same_people(trial) else _place(trial, arm),
            )
        return self._arms[key]

    def watched(self, trial: Trial, arm: Arm, group: Group) -> Watched:
        """The arm as it is watched for safety. Raises AtaraxyError where it cannot be."""
        key = _key(trial, arm, group)
        if key not in self._watched:
            planned = planned_doses(arm)
            drives = None
            if planned:
                times = sorted(self._drive_times[_regimen(arm, group)] | {24.0})
                drives = self.clinic.treat(planned, times, group=group)
            people = self.size(trial, arm, group) or 200
            self._watched[key] = Watched(self.clinic, drives, planned, min(people, 400))
        return self._watched[key]

    def size(self, trial: Trial, arm: Arm, group: Group) -> int | None:
        """People of the arm: as printed, else of its rows, else an equal share of the trial; None where unknown."""
        known = arm.n or self._sizes.get(_key(trial, arm, group))
        if known:
            return known
        arms = 1 if same_people(trial) else max(1, len(trial.arms))
        return (trial.n or 0) // arms or None

    def before_treatment(self, trial: Trial, scale: str, people: int | None) -> VirtualArm:
        """People before treatment, whatever their arm; the trial's own baseline is not used."""
        key: _Key = (trial.id, f"before treatment, {scale}", people, None, None)
        if key not in self._arms:
            nothing = implied_arm("placebo")
            assert nothing is not None
            self._arms[key] = simulate_arm(
                trial, nothing, self.clinic, instruments=(scale,), times_h=[24.0], people=people
            )
        return self._arms[key]


def _points(row: Outcome | Responders | SafetyOutcome) -> list[tuple[float, ...]]:
    points: Sequence[Number] = row.times.points
    if isinstance(row, Responders):
        return [ratings_within(p) if p.is_range else (p.low,) for p in points]
    claimed = [p for claim in row.claims for p in claim.points]
    shift = [(row.times.change_from_h,)] if row.times.change_from_h else []
    moments = [] if isinstance(row, SafetyOutcome) and row.kind == "time" else [rated_at(p) for p in points]
    return [*moments, *(rated_at(p) for p in claimed), *shift]


def _arms(row: Outcome | Responders | SafetyOutcome) -> Iterable[Arm]:
    yield from row.comparison.all_arms
    if not isinstance(row, Responders):
        for claim in row.claims:
            for side in claim.sides:
                yield from side


def _total(row: Outcome | Responders | SafetyOutcome) -> int:
    if isinstance(row, Responders):
        return int(max((share.total or 0 for share in row.shares), default=0))
    if isinstance(row, SafetyOutcome):
        return row.total or 0
    single = len(row.comparison.arms) == 1 and not row.comparison.against
    return (row.estimate.n or 0) if single else 0


def _regimen(arm: Arm, group: Group) -> object:
    dose = None if arm.dose is None else (arm.dose.mg, arm.dose.per_kg)
    return (arm.kind, arm.route, dose, arm.duration_h, arm.sessions_h, group.age_from, group.age_below)


def _key(trial: Trial, arm: Arm, group: Group) -> _Key:
    return (trial.id, arm.id, arm.dose and arm.dose.mg, group.age_from, group.age_below)


def _place(trial: Trial, arm: Arm) -> int:
    """Which sample of people an arm is: parallel arms have different people."""
    ids = [a.id for a in trial.arms]
    return 1 + ids.index(arm.id) if arm.id in ids else 0
