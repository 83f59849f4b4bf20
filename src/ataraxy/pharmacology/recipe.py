"""What a simulation is asked to do, and what follows from it before the first person is simulated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from ataraxy.engine.model import Model
from ataraxy.engine.solve import Solver
from ataraxy.pharmacology.kinetics import KineticModel, Scenario, enantiomers_of, get_model
from ataraxy.pharmacology.windows import FINE_GRID, Grid, Window, cut_into_windows
from ataraxy.therapy.planned_dose import PlannedDose
from ataraxy.therapy.protocol import Protocol

Doses = tuple[PlannedDose, ...]


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
