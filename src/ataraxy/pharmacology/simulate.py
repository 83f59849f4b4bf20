"""A protocol given to virtual people: their concentrations, and what those amount to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from ataraxy.engine.chunks import Backend, run_in_chunks
from ataraxy.engine.solve import DEFAULT_RTOL, Solver
from ataraxy.errors import InputError
from ataraxy.pharmacology.exposure import SimulationResult
from ataraxy.pharmacology.exposure_summary import (
    assumptions_of,
    band_reducers,
    bands_of,
    sessions_of,
    table_of,
)
from ataraxy.pharmacology.kinetics import Scenario
from ataraxy.pharmacology.people_tasks import PeopleSource, UncertaintyTask, VariabilityTask
from ataraxy.pharmacology.population import People, PopulationSpec
from ataraxy.pharmacology.recipe import Doses, Plan, Recipe, make_plan
from ataraxy.pharmacology.windows import COARSE_GRID, Window
from ataraxy.provenance import content_hash, record_provenance
from ataraxy.therapy.planned_dose import PlannedDose
from ataraxy.therapy.protocol import Protocol

Floats = npt.NDArray[np.float64]
Progress = Callable[[int, int], None]

DEFAULT_UNCERTAINTY_DRAWS = 100
# The median's uncertainty is read off a smaller population, the same people under every draw: what the draws change
# is then the parameters alone.
UNCERTAINTY_PEOPLE = 100
LARGEST_CHUNK_VALUES = 6_000_000  # numbers held at once by one worker, 48 MB


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
    source = PeopleSource(people, seed, population)
    n_varied = min(UNCERTAINTY_PEOPLE, n_people)
    steps = n_people + n_varied * (uncertainty_draws + 1) * (uncertainty_draws > 0)

    def told(offset: int) -> Progress | None:
        return None if progress is None else (lambda done, _: progress(offset + done, steps))

    bands = band_reducers(plan)
    per_person: list[Floats] = []
    covariates: list[People] = []
    task = VariabilityTask(recipe, source)
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
            UncertaintyTask(coarse, source, n_varied),
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
        sessions=sessions_of(plan, endpoints, medians),
        bands=bands_of(plan, bands),
        outside_studied_range=tuple(
            str(flag) for flag in plan.kinetic.outside_studied_range(protocol.planned_doses(), everybody)
        ),
        assumptions=assumptions_of(plan),
        gaps=plan.kinetic.gaps,
        per_person=table_of(plan, everybody, endpoints),
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


def _longest(windows: Sequence[Window]) -> int:
    # curves of all sessions are held until they are counted
    return sum(len(w.times_h) for w in windows)
