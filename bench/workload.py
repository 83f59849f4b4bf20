"""The work that every engine is given: a model, people and their doses, in the form that each of them takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from bench.model24 import TIMES_H, build_model24, doses24, population24

from ataraxy.engine.doses import DoseTable, Floats, Integers
from ataraxy.engine.expression import Expr, evaluate
from ataraxy.engine.model import Model
from ataraxy.engine.random import normals
from ataraxy.engine.solve import initial_states
from ataraxy.exchange.protocol_file import load_protocol
from ataraxy.pharmacology.effects import EffectModel
from ataraxy.pharmacology.kinetics import enantiomers_of, get_model
from ataraxy.pharmacology.population import sample_population

# the full model from dose to effect, by protocol
EFFECT_PROTOCOLS = {"effects-once": "ketamine-iv-05-once", "effects-six": "ketamine-iv-05-six"}
# hours after the start of a session
AFTER_KINETICS_H = np.array([0.25, 0.5, 2.0 / 3.0, 1.0, 1.5, 2.0, 4.0, 8.0, 24.0])
AFTER_EFFECTS_H = np.array([0.25, 0.5, 2.0 / 3.0, 1.0, 1.5, 2.0, 3.0, 4.0, 8.0, 24.0])


@dataclass(frozen=True, eq=False)
class Workload:
    """People on one calendar of infusions.

    Attributes:
        key, title: names, for files and for readers.
        parameters: f8[people, parameters].
        times_h: f8[times], all after zero.
    """

    key: str
    title: str
    model: Model
    parameters: Floats
    doses: DoseTable
    times_h: Floats

    def __len__(self) -> int:
        return len(self.parameters)

    def people(self, first: int, last: int) -> Workload:
        """The people from `first` up to, not including, `last`, numbered from zero."""
        own = self.doses.select((self.doses.person >= first) & (self.doses.person < last))
        return replace(
            self, parameters=self.parameters[first:last], doses=replace(own, person=own.person - first)
        )


@dataclass(frozen=True, eq=False)
class Stretches:
    """A workload for solvers that know nothing of doses: stretches of constant input, one call each.

    Attributes:
        rows: f8[people, stretches, columns]: parameters, settled terms, then the rate into each channel.
        channels: positions of the states that receive doses.
        initial: f8[people, states].
        points: f8, times of all stretches one after the other: begin, output times within, end.
        first: i8[stretches + 1], where the times of a stretch begin in `points`.
        slots: i8, for each of `points` the number of its output time, or -1.
    """

    rows: Floats
    channels: tuple[int, ...]
    initial: Floats
    points: Floats
    first: Integers
    slots: Integers


def cut_into_stretches(workload: Workload, settled: Sequence[Expr] = ()) -> Stretches:
    """Every solver that is compared stops where an input changes, as it must; `settled`: see `RightHandSide`."""
    doses, times = workload.doses, workload.times_h
    if times[0] <= 0.0 or np.any(doses.duration_h <= 0.0):
        raise ValueError("this form has no place for instantaneous doses or for an output at the start")
    edges = np.unique(np.concatenate([[0.0, times[-1]], doses.time_h, doses.time_h + doses.duration_h]))
    # an end and an output time that differ by rounding alone are one
    edges = edges[np.append(True, np.diff(edges) > 1e-9)]
    n = len(edges) - 1
    rates = np.zeros((len(workload), n, len(doses.targets)))
    middle = 0.5 * (edges[1:] + edges[:-1])
    for k in range(n):
        runs = (doses.time_h < middle[k]) & (middle[k] < doses.time_h + doses.duration_h)
        rate = doses.amount[runs] / doses.duration_h[runs]
        np.add.at(rates[:, k], (doses.person[runs], doses.target[runs]), rate)
    points: list[float] = []
    slots: list[int] = []
    first = [0]
    for begin, end in pairwise(edges):
        inside = np.flatnonzero((times > begin + 1e-9) & (times <= end + 1e-9))
        points += [begin, *times[inside]]
        slots += [-1, *inside.tolist()]
        if not inside.size or end - times[inside[-1]] > 1e-9:
            points.append(end)
            slots.append(-1)
        first.append(len(points))
    scope = dict(zip(workload.model.parameters, workload.parameters.T, strict=True))
    terms = [np.broadcast_to(v, len(workload)) for v in evaluate(settled, scope)]
    fixed = np.column_stack([workload.parameters, *terms])
    fixed = np.broadcast_to(fixed[:, None], (len(workload), n, fixed.shape[1]))
    return Stretches(
        np.concatenate([fixed, rates], axis=2),
        tuple(workload.model.state_index(name) for name in doses.targets),
        initial_states(workload.model, workload.parameters),
        np.array(points),
        np.array(first),
        np.array(slots),
    )


def workload24(n_people: int) -> Workload:
    """The 24-state model of `bench/model24.py`."""
    parameters, amount = population24(n_people)
    title = "24-state model, 12 infusions, 56 days, 60 times, 9 outputs"
    return Workload("model24", title, build_model24(), parameters, doses24(amount), TIMES_H)


def workload_simons(n_people: int) -> Workload:
    """The published model of Simons 2022: racemate, six infusions of 0.5 mg/kg over two weeks, virtual adults."""
    protocol = load_protocol("ketamine-iv-05-six")
    kinetic = get_model("simons-2022")
    model = kinetic.build(enantiomers_of([protocol.drug]), protocol.routes)
    everybody = range(n_people)
    draws = normals(1, "between-subject", 0, everybody, len(kinetic.between_subject))
    individual = kinetic.individual_parameters(sample_population(everybody, 1), eta_draws=draws)
    doses = kinetic.doses(protocol.planned_doses(), individual)
    times = _times_after(doses, AFTER_KINETICS_H)
    title = f"Simons 2022, racemate, 6 infusions, {_sizes(model, times)}"
    return Workload("simons-2022", title, model, individual.matrix(model), doses, times)


def workload_effects_once(n_people: int) -> Workload:
    """Kinetics and all effects: racemate, one infusion of 0.5 mg/kg over 40 min, followed for a week."""
    return effects_of("effects-once", range(n_people))


def workload_effects_six(n_people: int) -> Workload:
    """Kinetics and all effects: racemate, six infusions of 0.5 mg/kg over two weeks, followed for a week more."""
    return effects_of("effects-six", range(n_people))


def effects_of(key: str, rows: range) -> Workload:
    """People who differ in kinetics and in effects, as `follow_course` draws them, in one solution.

    Args:
        key: of `EFFECT_PROTOCOLS`.
        rows: numbers of the people, whose draws do not depend on who else is asked for.
    """
    protocol = load_protocol(EFFECT_PROTOCOLS[key])
    effects = EffectModel.of("simons-2022")
    model = effects.build(enantiomers_of([protocol.drug]), protocol.routes)
    kinetics = effects.kinetics
    individual = effects.individual_parameters(
        sample_population(rows, 1),
        kinetic_eta=normals(1, "between-subject", 0, rows, len(kinetics.between_subject)),
        effect_eta=normals(1, "between-subject-effects", 0, rows, len(effects.between_subject)),
    )
    doses = kinetics.doses(protocol.planned_doses(), individual)
    times = _times_after(doses, AFTER_EFFECTS_H, days=7)
    sessions = len(protocol.sessions)
    title = (
        f"Simons 2022 with all effects, racemate, {sessions} infusion{'s' * (sessions > 1)} of 0.5 mg/kg over 40 min, "
        f"{_sizes(model, times)}"
    )
    return Workload(key, title, model, individual.matrix(model), doses, times)


def _times_after(doses: DoseTable, after_h: Floats, days: int = 0) -> Floats:
    """Times after the start of each session, then midnights for some days after the last of them."""
    starts = np.unique(doses.time_h)
    daily = starts[-1] + 24.0 * np.arange(1, days + 1)
    return np.unique(np.round(np.concatenate([(starts[:, None] + after_h).ravel(), daily]), 12))


def _sizes(model: Model, times: Floats) -> str:
    return f"{len(model.states)} states, {len(times)} times, {len(model.outputs)} outputs"
