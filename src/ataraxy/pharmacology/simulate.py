"""A protocol given to virtual people: their concentrations, and what those amount to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from ataraxy.engine.chunks import Backend, run_in_chunks
from ataraxy.engine.doses import DoseTable
from ataraxy.engine.model import Model
from ataraxy.engine.random import normals
from ataraxy.engine.reducers import QuantileReducer
from ataraxy.engine.solve import DEFAULT_RTOL, Solver, initial_states, solve
from ataraxy.errors import InputError
from ataraxy.pharmacology.exposure import (
    BAND_QUANTILES,
    AnalyteExposure,
    Band,
    Endpoint,
    Interval,
    SessionExposure,
    SimulationResult,
)
from ataraxy.pharmacology.half_life import terminal_half_lives_h
from ataraxy.pharmacology.kinetics import KineticModel, Scenario, enantiomers_of, get_model
from ataraxy.pharmacology.population import People, PopulationSpec, sample_population
from ataraxy.pharmacology.windows import COARSE_GRID, FINE_GRID, Grid, Window, cut_into_windows
from ataraxy.provenance import content_hash, record_provenance
from ataraxy.therapy.planned_dose import PlannedDose
from ataraxy.therapy.protocol import Protocol

Floats = npt.NDArray[np.float64]
Progress = Callable[[int, int], None]

Doses = tuple[PlannedDose, ...]

ENDPOINTS = ("cmax_ng_per_ml", "tmax_h", "auc_ng_h_per_ml", "half_life_h")
DEFAULT_UNCERTAINTY_DRAWS = 100
# The median's uncertainty is read off a smaller population, the same people under every draw: what the draws change
# is then the parameters alone.
UNCERTAINTY_PEOPLE = 100
LARGEST_CHUNK_VALUES = 6_000_000  # numbers held at once by one worker, 48 MB
LOWEST_BAND_NG_PER_ML = 1e-3
HIGHEST_BAND_NG_PER_ML = 1e5


@dataclass(frozen=True)
class Recipe:
    """What a simulation was asked to do, apart from the people: small, hashable, fit to travel to another machine."""

    protocol: Protocol
    model: str
    seed: int
    scenario: Scenario
    solver: Solver
    rtol: float
    charts: tuple[tuple[int, Doses], ...] = ()
    grid: Grid = FINE_GRID


@dataclass(frozen=True, eq=False)
class Plan:
    """Everything that is decided before the first person is simulated."""

    recipe: Recipe
    kinetic: KineticModel
    model: Model
    analytes: tuple[str, ...]
    sums: Mapping[str, tuple[str, ...]]
    windows: tuple[Window, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Enantiomers one by one, then their sums."""
        return (*self.analytes, *self.sums)


@lru_cache(maxsize=16)
def make_plan(recipe: Recipe) -> Plan:
    """Checks that the model can do what the protocol asks, and prepares both."""
    kinetic = get_model(recipe.model)
    kinetic.require_routes(recipe.protocol.routes)
    enantiomers = enantiomers_of([recipe.protocol.drug])
    sums: dict[str, tuple[str, ...]] = {}
    if len(enantiomers) > 1:
        sums = {a: tuple(f"{e}-{a}" for e in enantiomers) for a in kinetic.analytes}
    return Plan(
        recipe,
        kinetic,
        kinetic.build(enantiomers, recipe.protocol.routes),
        kinetic.outputs(enantiomers),
        sums,
        cut_into_windows(recipe.protocol, recipe.grid, [d for _, doses in recipe.charts for d in doses]),
    )


def simulate(
    protocol: Protocol,
    *,
    model: str = "otto-2021",
    people: int | People = 1000,
    seed: int = 1,
    charts: Mapping[int, Sequence[PlannedDose]] | None = None,
    population: PopulationSpec | None = None,
    uncertainty_draws: int = DEFAULT_UNCERTAINTY_DRAWS,
    scenario: Scenario | None = None,
    solver: Solver = "auto",
    rtol: float = DEFAULT_RTOL,
    workers: int = 1,
    backend: Backend = "threads",
    chunk: int | None = None,
    progress: Progress | None = None,
    command: str = "ataraxy.simulate",
    time: datetime | None = None,
) -> SimulationResult:
    """Gives `protocol` to virtual people.

    Args:
        protocol: see `ataraxy.load_protocol`.
        model: name of a kinetic model, see `ataraxy models`.
        people: how many to draw, or the people themselves.
        charts: person's number -> what that person really had, where it is not what the protocol plans: another
            calendar, rate changes, pauses (see `ataraxy.therapy.chart.with_charted_changes`). Exposure is still taken
            over the windows of the protocol's sessions.
        seed: of all random numbers. Equal seeds give equal results, for any number of workers and any chunk.
        population: from what people are drawn; None for the default adults.
        uncertainty_draws: draws of the parameters for the uncertainty of the median; 0 for none.
        scenario: departures from the published model, such as an inhibitor.
        solver, rtol: see `ataraxy.engine.solve`.
        workers: threads, or tasks at a time on a Ray cluster with ``backend="ray"``.
        chunk: people held in memory at once per worker; None for a size that keeps to about 50 MB.
        progress: called with people done and people in all.
        command: recorded as the origin of the result.
        time: when this is; None for now.

    Raises:
        InputError: an argument is wrong.
        ModelError: the model cannot do what the protocol asks.
        SolverError: names person, time and state.
    """
    if isinstance(people, int) and not 1 <= people <= 10_000_000:
        raise InputError(
            f"{people} people", code="simulate.people", remedy="Ask for 1 to 10,000,000", where="people"
        )
    if not 0 <= uncertainty_draws <= 100_000:
        raise InputError(
            f"{uncertainty_draws} draws of uncertainty",
            code="simulate.uncertainty-draws",
            remedy="Ask for 0 to 100,000",
            where="uncertainty draws",
        )
    own = tuple(sorted((int(person), tuple(doses)) for person, doses in (charts or {}).items()))
    recipe = Recipe(protocol, model, seed, scenario or Scenario(), solver, rtol, own)
    plan = make_plan(recipe)
    n_people = people if isinstance(people, int) else len(people)
    _check_charts(own, plan, n_people)
    source = _PeopleSource(people, seed, population)
    n_varied = min(UNCERTAINTY_PEOPLE, n_people)
    steps = n_people + n_varied * (uncertainty_draws + 1) * (uncertainty_draws > 0)

    def told(offset: int) -> Progress | None:
        return None if progress is None else (lambda done, _: progress(offset + done, steps))

    bands = _reducers(plan)
    per_person: list[Floats] = []
    covariates: list[People] = []
    task = _VariabilityTask(recipe, source)
    size = chunk or max(8, LARGEST_CHUNK_VALUES // (_longest(plan.windows) * len(plan.model.outputs)))
    for part in run_in_chunks(task, n_people, chunk=size, workers=workers, backend=backend, progress=told(0)):
        per_person.append(part.endpoints)
        covariates.append(part.people)
        for window, values in enumerate(part.curves):
            bands[window] = bands[window].update(part.first, values)
    endpoints = np.concatenate(per_person)
    everybody = People.concatenate(covariates)

    medians: Floats | None = None
    if uncertainty_draws:
        coarse = replace(recipe, grid=COARSE_GRID)
        rows = run_in_chunks(
            _UncertaintyTask(coarse, source, n_varied),
            n_varied * (uncertainty_draws + 1),
            chunk=chunk
            or max(
                8, LARGEST_CHUNK_VALUES // (_longest(make_plan(coarse).windows) * len(plan.model.outputs))
            ),
            workers=workers,
            backend=backend,
            progress=told(n_people),
        )
        drawn = np.concatenate(list(rows)).reshape(uncertainty_draws + 1, n_varied, *endpoints.shape[1:])
        medians = np.median(drawn, axis=1)

    return SimulationResult(
        protocol=protocol,
        model=plan.kinetic.name,
        model_title=plan.kinetic.title,
        site=plan.kinetic.site,
        people=n_people,
        uncertainty_draws=uncertainty_draws,
        sessions=_sessions(plan, endpoints, medians),
        bands=_bands(plan, bands),
        outside_studied_range=tuple(
            str(flag) for flag in plan.kinetic.outside_studied_range(protocol.planned_doses(), everybody)
        ),
        assumptions=_assumptions(plan),
        gaps=plan.kinetic.gaps,
        per_person=_table(plan, everybody, endpoints),
        provenance=record_provenance(
            time=time or datetime.now(UTC),
            command=command,
            model_name=plan.kinetic.name,
            model_hash=plan.kinetic.sha256(),
            data_hash=content_hash(
                {"protocol": protocol.protocol_hash.encode(), "people": everybody.fingerprint()}
            ),
            seed=seed,
            solver=solver,
            rtol=rtol,
        ),
    )


def _check_charts(charts: Sequence[tuple[int, Doses]], plan: Plan, n_people: int) -> None:
    end = plan.windows[-1].end_h
    for person, doses in charts:
        where = f"chart of person {person}"
        if not 0 <= person < n_people:
            raise InputError(
                f"there are {n_people} people",
                code="simulate.chart",
                remedy="Number people from 0",
                where=where,
            )
        plan.kinetic.require_routes(d.route for d in doses)
        for dose in doses:
            if dose.drug is not plan.recipe.protocol.drug:
                raise InputError(
                    f"a dose of {dose.drug.label} in a protocol of {plan.recipe.protocol.drug.label}",
                    code="simulate.chart",
                    remedy="Chart the protocol's drug",
                    where=where,
                )
            if dose.end_h > end:
                raise InputError(
                    f"a dose ends {dose.end_h:g} h after the start, the simulation at {end:g} h",
                    code="simulate.chart",
                    remedy="Move the session to an earlier day",
                    where=where,
                )


@dataclass(frozen=True)
class _PeopleSource:
    people: int | People
    seed: int
    spec: PopulationSpec | None

    def __call__(self, rows: range) -> People:
        if isinstance(self.people, int):
            return sample_population(rows, self.seed, self.spec)
        return self.people.rows(np.arange(rows.start, rows.stop))


@dataclass(frozen=True)
class _Part:
    first: int
    people: People
    endpoints: Floats  # f8[people, sessions, analytes, endpoints]
    curves: tuple[Floats, ...]  # per session f8[people, times, analytes]


@dataclass(frozen=True)
class _VariabilityTask:
    """People who differ, at the published parameters."""

    recipe: Recipe
    source: _PeopleSource

    def __call__(self, rows: range) -> _Part:
        people = self.source(rows)
        plan = make_plan(self.recipe)
        endpoints, curves = _follow(plan, people, np.arange(rows.start, rows.stop), None, keep_curves=True)
        return _Part(rows.start, people, endpoints, curves)


@dataclass(frozen=True)
class _UncertaintyTask:
    """The same people under each draw of the parameters; draw 0 is the published values."""

    recipe: Recipe
    source: _PeopleSource
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


def _longest(windows: Sequence[Window]) -> int:
    # curves of all sessions are held until they are counted
    return sum(len(w.times_h) for w in windows)


def _reducers(plan: Plan) -> list[QuantileReducer]:
    return [
        QuantileReducer.logarithmic(
            (len(w.times_h), len(plan.names)), LOWEST_BAND_NG_PER_ML, HIGHEST_BAND_NG_PER_ML
        )
        for w in plan.windows
    ]


def _bands(plan: Plan, reducers: Sequence[QuantileReducer]) -> dict[str, Band]:
    bands: dict[str, Band] = {}
    for k, name in enumerate(plan.names):
        times: list[Floats] = []
        quantiles: list[Floats] = []
        for window, reducer in zip(plan.windows, reducers, strict=True):
            # the first time of a session is the last one of the session before it
            skip = 1 if times else 0
            times.append(window.times_h[skip:])
            quantiles.append(reducer.quantiles(BAND_QUANTILES)[:, skip:, k])
        bands[name] = Band(
            np.concatenate(times), np.concatenate(quantiles, axis=1), reducers[0].relative_error
        )
    return bands


def _sessions(plan: Plan, endpoints: Floats, medians: Floats | None) -> tuple[SessionExposure, ...]:
    central = np.median(endpoints, axis=0)
    low, high = np.quantile(endpoints, (0.05, 0.95), axis=0)
    uncertain: tuple[Floats, Floats] | None = None
    if medians is not None:
        # relative to the same people at the published values: their number and the coarser times cancel out
        published = medians[0]
        change = np.divide(medians[1:], published, out=np.ones_like(medians[1:]), where=published > 0.0)
        # times can move from zero: they are shifted, not scaled
        tmax = ENDPOINTS.index("tmax_h")
        spread = central * change
        spread[..., tmax] = np.maximum(
            central[..., tmax] + medians[1:, ..., tmax] - published[..., tmax], 0.0
        )
        uncertain = np.quantile(spread, 0.05, axis=0), np.quantile(spread, 0.95, axis=0)

    def endpoint(at: tuple[int, int, int]) -> Endpoint:
        return Endpoint(
            float(central[at]),
            Interval(float(low[at]), float(high[at])),
            None if uncertain is None else Interval(float(uncertain[0][at]), float(uncertain[1][at])),
        )

    return tuple(
        SessionExposure(
            window.session + 1,
            window.start_h,
            window.exposure_h,
            tuple(
                AnalyteExposure(
                    name, plan.kinetic.site, *(endpoint((window.session, k, e)) for e in range(4))
                )
                for k, name in enumerate(plan.names)
            ),
        )
        for window in plan.windows
    )


def _assumptions(plan: Plan) -> tuple[str, ...]:
    lines = [
        f"{route.label}: {support.status.value}, {support.note}"
        for route, support in plan.kinetic.routes.items()
        if route in plan.recipe.protocol.routes and support.status.value != "published"
    ]
    if plan.recipe.protocol.basis_status == "assumed":
        lines.append(
            f"the protocol's source does not say salt or base: {plan.recipe.protocol.basis.value} is assumed"
        )
    if plan.recipe.scenario != Scenario():
        lines.append(f"scenario: {plan.recipe.scenario}")
    return tuple(lines)


def _table(plan: Plan, people: People, endpoints: Floats) -> dict[str, npt.NDArray[Any]]:
    n, sessions, analytes = endpoints.shape[:3]
    each = sessions * analytes
    table: dict[str, npt.NDArray[Any]] = {
        "person": np.repeat(np.arange(n), each),
        "id": np.repeat(np.asarray(people.id), each),
        "age_y": np.repeat(people.age_y, each),
        "sex": np.repeat(people.sex, each),
        "weight_kg": np.repeat(people.weight_kg, each),
        "session": np.tile(np.repeat(np.arange(1, sessions + 1), analytes), n),
        "analyte": np.tile(np.array(plan.names), n * sessions),
    }
    flat = endpoints.reshape(n * each, len(ENDPOINTS))
    return table | {name: flat[:, k] for k, name in enumerate(ENDPOINTS)}
