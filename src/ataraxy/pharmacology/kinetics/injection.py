"""Intramuscular and subcutaneous absorption: first order, a marked assumption on every model.

No complete published model was in hand. Bioavailability has one secondary source, no absorption rate is printed
anywhere, and subcutaneous is taken as intramuscular; see `injection.yaml` for the ranges that are sampled.
"""

from __future__ import annotations

from dataclasses import dataclass

from ataraxy.engine.doses import DoseTable, Integers
from ataraxy.engine.model import ModelBuilder
from ataraxy.pharmacology.kinetics.ports import (
    Columns,
    Enantiomer,
    Floats,
    PeopleTable,
    Ports,
    Symbols,
    Values,
)
from ataraxy.pharmacology.kinetics.random_effects import RandomEffect, RandomEffects
from ataraxy.pharmacology.parameters import ParameterTable
from ataraxy.therapy.planned_dose import PlannedDose
from ataraxy.therapy.route import Route

NAMES = ("F_im", "ka_im", "F_sc", "ka_sc")


@dataclass(frozen=True)
class Injection:
    """Intramuscular injection, subcutaneous injection and subcutaneous infusion."""

    table: ParameterTable

    @property
    def routes(self) -> frozenset[Route]:
        """IM, SC and SC infusion."""
        return frozenset((Route.IM, Route.SC, Route.SC_INFUSION))

    @property
    def between_subject(self) -> RandomEffects:
        """An assumed one on each absorption rate."""
        return RandomEffects((RandomEffect("ka_im", "omega_ka_im"), RandomEffect("ka_sc", "omega_ka_sc")))

    @property
    def between_occasion(self) -> RandomEffects:
        """None is known."""
        return RandomEffects()

    def individuals(self, values: Values, people: PeopleTable, r_factor: Floats) -> Columns:
        """Bioavailability and absorption rate of each site."""
        return {name: values[name] for name in NAMES}

    def equations(self, builder: ModelBuilder, p: Symbols, enantiomer: Enantiomer, ports: Ports) -> None:
        """Depots im and sc."""
        for site in ("im", "sc"):
            depot = builder.state(f"{site}_{enantiomer}")
            builder.flow(depot, ports.central, p[f"ka_{site}"] * depot)

    def doses(
        self,
        planned: PlannedDose,
        mg: Floats,
        share: float,
        columns: Columns,
        enantiomer: Enantiomer,
        rows: Integers,
    ) -> list[DoseTable]:
        """Rows into the depot of the site, over the time of the dose."""
        site = "im" if planned.route is Route.IM else "sc"
        amount = mg * share * columns[f"F_{site}"]
        return [DoseTable.of(rows, planned.time_h, f"{site}_{enantiomer}", amount, planned.duration_h)]

    def bioavailability(self, route: Route, mg: float, columns: Columns, enantiomer: Enantiomer) -> Floats:
        """F of the site."""
        return columns["F_im" if route is Route.IM else "F_sc"]
