"""What every absorption piece offers: depots in front of a disposition model, and doses into them."""

from __future__ import annotations

from typing import Protocol

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


class Absorption(Protocol):
    """A family of routes that share depots."""

    @property
    def routes(self) -> frozenset[Route]:
        """The routes that it serves."""

    @property
    def table(self) -> ParameterTable:
        """Its own parameters."""

    @property
    def between_subject(self) -> RandomEffects:
        """How people differ in them."""

    @property
    def between_occasion(self) -> RandomEffects:
        """How occasions differ in them."""

    def individuals(self, values: Values, people: PeopleTable, r_factor: Floats) -> Columns:
        """Individual values that its equations and doses use."""

    def equations(self, builder: ModelBuilder, p: Symbols, enantiomer: Enantiomer, ports: Ports) -> None:
        """Adds its depots and their flows."""

    def doses(
        self,
        planned: PlannedDose,
        mg: Floats,
        share: float,
        columns: Columns,
        enantiomer: Enantiomer,
        rows: Integers,
    ) -> list[DoseTable]:
        """Dose rows of people `rows` for one planned dose.

        Args:
            planned: the dose.
            mg: free base given to each of `rows`, both enantiomers together.
            share: the part of it that is this enantiomer.
            columns: individual values of `rows`.
        """

    def bioavailability(self, route: Route, mg: float, columns: Columns, enantiomer: Enantiomer) -> Floats:
        """Share of a dose of `mg` that reaches the blood as unchanged drug, for each person."""
