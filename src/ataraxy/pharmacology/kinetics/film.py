"""Absorption of the oral-mucosal film as in Simons 2022 (doi:10.3389/fpain.2022.946486), Figure 2 and Table 4.

Mucosa: F1 of the dose enters a depot at constant rate over D1 and leaves it at KA1 into the blood. Swallowed: F2 of
the whole dose enters the gut at constant rate over D2, leaves it at KA2, takes MTT_gut on the way to the liver and
goes into metabolism only. Each delay is a mean transit time through two compartments, k = 2/MTT; the paper prints no
equations. With one compartment in place of two from gut to liver, hydroxynorketamine peaks 1.5 min later.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ataraxy.engine.doses import DoseTable, Integers
from ataraxy.engine.model import ModelBuilder
from ataraxy.errors import ModelError
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

NAMES = ("F1_film", "D1_film", "ka1_film", "F2_film", "D2_film", "ka2_film", "MTT_gut_film")


@dataclass(frozen=True)
class Film:
    """Oral-mucosal film, and lozenges that are taken to be absorbed like it.

    Attributes:
        table: parameters of its own; empty where they stand in the table of the model that it belongs to.
    """

    table: ParameterTable

    @property
    def routes(self) -> frozenset[Route]:
        """Film, sublingual and buccal."""
        return frozenset((Route.FILM, Route.SUBLINGUAL, Route.BUCCAL))

    @property
    def between_subject(self) -> RandomEffects:
        """None was estimated."""
        return RandomEffects()

    @property
    def between_occasion(self) -> RandomEffects:
        """All seven absorption parameters."""
        return RandomEffects(tuple(RandomEffect(name, f"nu_{name}") for name in NAMES))

    def individuals(self, values: Values, people: PeopleTable, r_factor: Floats) -> Columns:
        """The seven absorption parameters. F1 is a fraction and is held at 1 where a draw would pass it."""
        columns = {name: values[name] for name in NAMES}
        columns["F1_film"] = np.minimum(columns["F1_film"], 1.0)
        return columns

    def equations(self, builder: ModelBuilder, p: Symbols, enantiomer: Enantiomer, ports: Ports) -> None:
        """Depots mucosa and gut, and two compartments of the way to the liver."""
        if ports.metabolism is None:
            raise ModelError(
                f"{builder.name} has no metabolism that a swallowed film could enter",
                code="kinetics.no-metabolism",
                remedy="Use simons-2022",
            )
        mucosa = builder.state(f"mucosa_{enantiomer}")
        gut = builder.state(f"gut_{enantiomer}")
        way1 = builder.state(f"gut_to_liver1_{enantiomer}")
        way2 = builder.state(f"gut_to_liver2_{enantiomer}")
        transit = 2.0 / p["MTT_gut_film"]
        builder.flow(mucosa, ports.central, p["ka1_film"] * mucosa)
        builder.flow(gut, way1, p["ka2_film"] * gut)
        builder.flow(way1, way2, transit * way1)
        builder.flow(way2, ports.metabolism, transit * way2)

    def doses(
        self,
        planned: PlannedDose,
        mg: Floats,
        share: float,
        columns: Columns,
        enantiomer: Enantiomer,
        rows: Integers,
    ) -> list[DoseTable]:
        """Rows into the mucosa and into the gut."""
        given = mg * share
        start = planned.time_h
        return [
            DoseTable.of(rows, start, f"mucosa_{enantiomer}", given * columns["F1_film"], columns["D1_film"]),
            DoseTable.of(rows, start, f"gut_{enantiomer}", given * columns["F2_film"], columns["D2_film"]),
        ]

    def bioavailability(self, route: Route, mg: float, columns: Columns, enantiomer: Enantiomer) -> Floats:
        """F1: what is swallowed does not reach the blood unchanged."""
        return columns["F1_film"]
