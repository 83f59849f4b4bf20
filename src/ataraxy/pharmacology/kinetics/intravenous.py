"""Intravenous doses: straight into the central compartment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

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
from ataraxy.pharmacology.kinetics.random_effects import RandomEffects
from ataraxy.pharmacology.parameters import ParameterTable
from ataraxy.therapy.planned_dose import PlannedDose
from ataraxy.therapy.route import Route


@dataclass(frozen=True)
class Intravenous:
    """Infusion and bolus. It has no parameters."""

    table: ParameterTable

    @property
    def routes(self) -> frozenset[Route]:
        """IV infusion and IV bolus."""
        return frozenset((Route.IV_INFUSION, Route.IV_BOLUS))

    @property
    def between_subject(self) -> RandomEffects:
        """None."""
        return RandomEffects()

    @property
    def between_occasion(self) -> RandomEffects:
        """None."""
        return RandomEffects()

    def individuals(self, values: Values, people: PeopleTable, r_factor: Floats) -> Columns:
        """Nothing."""
        return {}

    def equations(self, builder: ModelBuilder, p: Symbols, enantiomer: Enantiomer, ports: Ports) -> None:
        """Nothing: the central compartment is there."""

    def doses(
        self,
        planned: PlannedDose,
        mg: Floats,
        share: float,
        columns: Columns,
        enantiomer: Enantiomer,
        rows: Integers,
    ) -> list[DoseTable]:
        """Rows into the central compartment, over the time of the dose."""
        return [DoseTable.of(rows, planned.time_h, f"central_{enantiomer}", mg * share, planned.duration_h)]

    def bioavailability(self, route: Route, mg: float, columns: Columns, enantiomer: Enantiomer) -> Floats:
        """1."""
        return np.ones(len(columns["weight_kg"]))
