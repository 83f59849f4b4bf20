"""People taken through a course of doses with all effects, from the first session to the last day of follow-up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from ataraxy.engine.doses import DoseTable
from ataraxy.engine.model import Model
from ataraxy.engine.random import normals
from ataraxy.engine.solve import DEFAULT_RTOL, Solver, initial_states, solve
from ataraxy.errors import InputError
from ataraxy.pharmacology.effects.effect_model import EffectModel
from ataraxy.pharmacology.effects.hypotheses import NONE, Hypotheses
from ataraxy.pharmacology.kinetics import IndividualParameters, Scenario, enantiomers_of
from ataraxy.pharmacology.kinetics.ports import ENANTIOMERS, PeopleTable
from ataraxy.therapy.planned_dose import PlannedDose

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Course:
    """What happened in people over a course.

    Attributes:
        times_h: f8[times], from the start of the course.
        values: output -> f8[people, times]; see `EffectModel.build` for their names and units.
        columns: individual parameters of the first session, f8[people] each, those used after the solution included.
        session_columns: the same for every session; people differ from one session to the next in some of them.
        session_starts_h: f8[sessions].
    """

    times_h: Floats
    values: Mapping[str, Floats]
    columns: Mapping[str, Floats]
    session_columns: tuple[Mapping[str, Floats], ...]
    session_starts_h: Floats

    def __len__(self) -> int:
        return len(self.columns["weight_kg"])

    def in_session(self, session: int, hours: float = 24.0) -> npt.NDArray[np.bool_]:
        """Which of `times_h` lie within `hours` of the start of a session, and before the next one."""
        start = self.session_starts_h[session]
        end = start + hours
        if session + 1 < len(self.session_starts_h):
            end = min(end, self.session_starts_h[session + 1])
        return np.asarray((self.times_h >= start) & (self.times_h < end))

    def peaks(self, output: str, hours: float = 24.0) -> Floats:
        """f8[people, sessions]: the largest value of an output in each session."""
        sessions = range(len(self.session_starts_h))
        if not len(self.session_starts_h):
            return np.zeros((len(self), 0))
        return np.stack(
            [self.values[output][:, self.in_session(k, hours)].max(axis=1) for k in sessions], axis=1
        )


@lru_cache(maxsize=32)
def _prepared(
    kinetics: str, hypotheses: Hypotheses, drugs: frozenset[object], routes: frozenset[object]
) -> tuple[EffectModel, Model]:
    effects = EffectModel.of(kinetics, hypotheses)
    enantiomers = enantiomers_of(drugs) if drugs else ENANTIOMERS  # type: ignore[arg-type]
    return effects, effects.build(enantiomers, routes or None)  # type: ignore[arg-type]


def follow_course(
    planned: Sequence[PlannedDose],
    people: PeopleTable,
    numbers: npt.ArrayLike,
    times_h: npt.ArrayLike,
    *,
    seed: int,
    kinetics: str = "simons-2022",
    hypotheses: Hypotheses = NONE,
    scenario: Scenario | None = None,
    kinetic_theta: Floats | None = None,
    effect_theta: Floats | None = None,
    variability: bool = True,
    overrides: Mapping[str, npt.ArrayLike] | None = None,
    outputs: Sequence[str] | None = None,
    solver: Solver = "auto",
    rtol: float = DEFAULT_RTOL,
    workers: int = 1,
) -> Course:
    """Follows people through `planned` doses.

    Args:
        planned: doses of all sessions; none for people who get no drug.
        people: covariates, n rows.
        numbers: the people's numbers, which decide their random draws; equal numbers with other doses or parameters
            are the same people (common random numbers).
        times_h: increasing, from 0; what is wanted of the outputs.
        seed: see `ataraxy.engine.random.normals`.
        kinetics, hypotheses, scenario: see `EffectModel`.
        kinetic_theta, effect_theta: standard-normal draws of the parameters' uncertainty, one row for all or one for
            each person; None for the values as they stand.
        variability: whether people differ, beyond their covariates.
        overrides: see `EffectModel.individual_parameters`.
        outputs: which to keep; None for all.

    Raises:
        InputError: the times do not increase or begin before 0.
        ModelError: a route or a kinetic model that the effects cannot stand behind.
        SolverError: names person, time and state.
    """
    who = np.asarray(numbers, np.int64)
    times = np.asarray(times_h, float)
    if not times.size or times[0] < 0.0 or np.any(np.diff(times) <= 0.0):
        raise InputError(
            "the times of a course do not increase from 0",
            code="course.times",
            remedy="Give hours from the start of the course, in order",
            where="course",
        )
    effects, model = _prepared(
        kinetics, hypotheses, frozenset(d.drug for d in planned), frozenset(d.route for d in planned)
    )
    kinetic = effects.kinetics
    kinetic_eta = _draws(seed, "between-subject", 0, who, len(kinetic.between_subject), variability)
    effect_eta = _draws(seed, "between-subject-effects", 0, who, len(effects.between_subject), variability)
    starts = _session_starts(planned)
    edges = [0.0, *(s for s in starts if s > 0.0), float(times[-1])]
    kept = tuple(model.outputs) if outputs is None else tuple(outputs)
    columns = [list(model.outputs).index(name) for name in kept]
    values = np.empty((len(who), len(times), len(kept)))
    state: Floats | None = None
    pending = DoseTable.empty()
    individuals: list[IndividualParameters] = []
    for k, (begin, end) in enumerate(pairwise(edges)):
        if end <= begin and k > 0:
            continue
        occasion = _draws(seed, "between-occasion", k, who, len(kinetic.between_occasion), variability)
        effect_occasion = _draws(
            seed, "between-occasion-effects", k, who, len(effects.between_occasion), variability
        )
        individual = effects.individual_parameters(
            people,
            kinetic_eta=kinetic_eta,
            kinetic_theta=kinetic_theta,
            occasion=occasion,
            effect_eta=effect_eta,
            effect_occasion=effect_occasion,
            effect_theta=effect_theta,
            scenario=scenario or Scenario(),
            overrides=overrides,
        )
        individuals.append(individual)
        parameters = individual.matrix(model)
        own = [d for d in planned if begin <= d.time_h < end]
        doses = DoseTable.concatenate([pending, kinetic.doses(own, individual)]) if own else pending
        pending = doses.window(end, np.inf)
        last = k == len(edges) - 2
        inside = (times >= begin) & ((times <= end) if last else (times < end))
        window = np.unique(np.concatenate([[begin, end], times[inside]]))
        solution = solve(
            model,
            parameters,
            doses.window(begin, end),
            window,
            solver=solver,
            rtol=rtol,
            initial=initial_states(model, parameters) if state is None else state,
            start_h=begin,
            workers=workers,
        )
        state = np.ascontiguousarray(solution.final)
        values[:, inside] = solution.values[:, np.searchsorted(window, times[inside])][:, :, columns]
    # a stretch before the first dose is no session
    sessions = individuals[len(individuals) - len(starts) :] if starts else []
    return Course(
        times,
        {name: values[:, :, i] for i, name in enumerate(kept)},
        individuals[0].columns,
        tuple(i.columns for i in sessions),
        np.array(starts),
    )


def _session_starts(planned: Sequence[PlannedDose]) -> list[float]:
    first: dict[int, float] = {}
    for dose in planned:
        first[dose.session] = min(first.get(dose.session, np.inf), dose.time_h)
    return sorted(first.values())


def _draws(
    seed: int, purpose: str, replicate: int, numbers: Numbers, count: int, variability: bool
) -> Floats:
    if not count or not variability:
        return np.zeros((len(numbers), count))
    distinct, place = np.unique(numbers, return_inverse=True)
    return normals(seed, purpose, replicate, distinct, count)[place]
