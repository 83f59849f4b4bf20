"""Pieces of people taken through a protocol: at the published parameters, or under draws of their uncertainty."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ataraxy.engine.doses import DoseTable
from ataraxy.engine.random import normals
from ataraxy.engine.solve import initial_states, solve
from ataraxy.errors import SolverError
from ataraxy.pharmacology.half_life import terminal_half_lives_h
from ataraxy.pharmacology.population import People, PopulationSpec, sample_population
from ataraxy.pharmacology.recipe import Doses, Plan, Recipe, make_plan
from ataraxy.pharmacology.windows import Window

Floats = npt.NDArray[np.float64]

ENDPOINTS = ("cmax_ng_per_ml", "tmax_h", "auc_ng_h_per_ml", "half_life_h")


@dataclass(frozen=True)
class PeopleSource:
    """Gives the people of any range of numbers: drawn, or rows of those that were given."""

    people: int | People
    seed: int
    spec: PopulationSpec | None

    def __call__(self, rows: range) -> People:
        if isinstance(self.people, int):
            return sample_population(rows, self.seed, self.spec)
        return self.people.rows(np.arange(rows.start, rows.stop))


@dataclass(frozen=True)
class Part:
    """What one piece of people came to.

    Attributes:
        first: number of the first of them.
        people: themselves.
        endpoints: f8[people, sessions, analytes, endpoints].
        curves: per session f8[people, times, analytes], ng/mL.
    """

    first: int
    people: People
    endpoints: Floats
    curves: tuple[Floats, ...]


@dataclass(frozen=True)
class VariabilityTask:
    """People who differ, at the published parameters."""

    recipe: Recipe
    source: PeopleSource

    def __call__(self, rows: range) -> Part:
        people = self.source(rows)
        plan = make_plan(self.recipe)
        endpoints, curves = _follow(plan, people, np.arange(rows.start, rows.stop), None, keep_curves=True)
        return Part(rows.start, people, endpoints, curves)


@dataclass(frozen=True)
class UncertaintyTask:
    """The same people under each draw of the parameters; draw 0 is the published values."""

    recipe: Recipe
    source: PeopleSource
    n_people: int

    def __call__(self, rows: range) -> Floats:
        plan = make_plan(self.recipe)
        numbers = np.arange(rows.start, rows.stop)
        person, draw = numbers % self.n_people, numbers // self.n_people
        first, last = int(person.min()), int(person.max()) + 1
        people = self.source(range(first, last)).rows(person - first)
        names = plan.kinetic.theta_names
        distinct = np.unique(draw)
        drawn = np.stack(
            [
                normals(self.recipe.seed, "parameter-uncertainty", int(d), [0], len(names))[0] * (d > 0)
                for d in distinct
            ]
        )
        theta = drawn[np.searchsorted(distinct, draw)]
        return _follow(plan, people, person, theta, keep_curves=False)[0]


def _follow(
    plan: Plan, people: People, numbers: npt.NDArray[np.int64], theta: Floats | None, *, keep_curves: bool
) -> tuple[Floats, tuple[Floats, ...]]:
    """Takes people through all sessions, handing on what is in their bodies from one to the next."""
    kinetic, model = plan.kinetic, plan.model
    recipe = plan.recipe
    eta = _draws(recipe.seed, "between-subject", 0, numbers, len(kinetic.between_subject))
    endpoints = np.empty((len(numbers), len(plan.windows), len(plan.names), len(ENDPOINTS)))
    curves: list[Floats] = []
    state: Floats | None = None
    pending = DoseTable.empty()
    for window in plan.windows:
        occasion = _draws(
            recipe.seed, "between-occasion", window.session, numbers, len(kinetic.between_occasion)
        )
        individual = kinetic.individual_parameters(
            people, eta_draws=eta, theta_draws=theta, occasion_draws=occasion, scenario=recipe.scenario
        )
        parameters = individual.matrix(model)
        # what a depot still takes up when the next session begins goes on there
        doses = DoseTable.concatenate([pending, kinetic.doses(_given(plan, window, numbers), individual)])
        pending = doses.window(window.end_h, np.inf)
        try:
            solution = solve(
                model,
                parameters,
                doses.window(window.start_h, window.end_h),
                window.times_h,
                solver=recipe.solver,
                rtol=recipe.rtol,
                initial=initial_states(model, parameters) if state is None else state,
                start_h=window.start_h,
            )
        except SolverError as error:
            # the solver counts the rows of this piece; the user knows the person by number and id
            person = int(numbers[error.person])
            drawn = "" if theta is None else ", under a draw of the parameters"
            raise error.named(person, f"person {person} (id {people.id[error.person]}){drawn}") from None
        state = np.ascontiguousarray(solution.final)
        half_lives = terminal_half_lives_h(model, parameters, plan.analytes)
        values = _with_sums(plan, solution.values, "")
        areas = _with_sums(plan, solution.values, "AUC ")
        inside = window.in_exposure
        exposed = values[:, inside]
        peak = exposed.argmax(axis=1)
        target = endpoints[:, window.session]
        target[:, :, 0] = np.take_along_axis(exposed, peak[:, None], axis=1)[:, 0]
        target[:, :, 1] = window.times_h[inside][peak] - window.start_h
        target[:, :, 2] = areas[:, inside][:, -1] - areas[:, 0]
        target[:, : len(plan.analytes), 3] = half_lives
        # a sum falls as slowly as the slower of its parts
        for k, parts in enumerate(plan.sums.values()):
            columns = [plan.analytes.index(p) for p in parts]
            target[:, len(plan.analytes) + k, 3] = half_lives[:, columns].max(axis=1)
        if keep_curves:
            curves.append(values)
    return endpoints, tuple(curves)


def _given(plan: Plan, window: Window, numbers: npt.NDArray[np.int64]) -> Doses | list[Doses]:
    """What these people are given in a window: one list for all, or one for each where somebody has a chart."""
    charts = dict(plan.recipe.charts)
    if not any(int(n) in charts for n in numbers):
        return window.doses
    own = {
        person: tuple(d for d in doses if window.start_h <= d.time_h < window.end_h)
        for person, doses in charts.items()
    }
    return [own.get(int(n), window.doses) for n in numbers]


def _draws(seed: int, purpose: str, replicate: int, people: npt.NDArray[np.int64], count: int) -> Floats:
    if not count:
        return np.empty((len(people), 0))
    distinct, place = np.unique(people, return_inverse=True)
    return normals(seed, purpose, replicate, distinct, count)[place]


def _with_sums(plan: Plan, values: Floats, prefix: str) -> Floats:
    names = list(plan.model.outputs)
    each = [values[:, :, names.index(prefix + a)] for a in plan.analytes]
    by_name = dict(zip(plan.analytes, each, strict=True))
    sums = [np.sum([by_name[p] for p in parts], axis=0) for parts in plan.sums.values()]
    return np.stack([*each, *sums], axis=2)
