"""Absorption of nasal spray and oral solution as in Perez-Ruixo 2021 (doi:10.1007/s40262-020-00953-4).

Nasal: a fraction F_nasal of each device goes from a nasal depot straight into the blood at first order; the rest is
swallowed, enters a gut depot at constant rate over D_swallowed, leaves it at first order, loses 1 - F_gut in the gut
wall and passes the liver. Second and later 28 mg devices of a session have F_nasal x 0.62. Oral solution: all of the
dose goes the second way with its own times.

The equations printed in the paper hold slips of the pen; this reading reproduces the paper's Table 4.
In front of a model without a liver compartment, the first pass is a fraction: extraction E as Perez-Ruixo's liver
gives it. 1 - E reaches the blood; E enters the metabolism of the host model.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ataraxy.engine.doses import DoseTable, Integers
from ataraxy.engine.model import ModelBuilder
from ataraxy.pharmacology.kinetics.liver import individual_liver, is_japanese
from ataraxy.pharmacology.kinetics.ports import (
    ENANTIOMERS,
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

DEVICE_MG = 28.0

ABSORPTION_PARAMETERS = (
    "F_nasal", "later_device", "ka_nasal", "D_swallowed", "ka_swallowed", "D_oral", "ka_oral", "F_gut",
    "japanese_on_F_nasal", "omega_F_nasal", "omega_ka_nasal", "omega_ka_swallowed", "omega_ka_oral",
)  # fmt: skip
LIVER_PARAMETERS = (
    "Qh", "Vh", "kel", "kmet", "asian_on_kel", "age_on_Qh", "omega_Qh", "omega_Vh", "omega_kel", "omega_kmet",
)  # fmt: skip


@dataclass(frozen=True)
class NasalOral:
    """Nasal spray and oral solution.

    Attributes:
        table: Perez-Ruixo's parameters of absorption, and of the liver where the host has none.
        borrowed: whether the host model has no liver of its own.
    """

    table: ParameterTable
    borrowed: bool

    @property
    def routes(self) -> frozenset[Route]:
        """Nasal spray and oral solution."""
        return frozenset((Route.NASAL_SPRAY, Route.ORAL_SOLUTION))

    @property
    def between_subject(self) -> RandomEffects:
        """Those of absorption, and of the liver where the host has none."""
        names: tuple[str, ...] = ("F_nasal", "ka_nasal", "ka_swallowed", "ka_oral")
        if self.borrowed:
            names += ("Qh", "Vh", "kel", "kmet")
        return RandomEffects(tuple(RandomEffect(name, f"omega_{name}") for name in names))

    @property
    def between_occasion(self) -> RandomEffects:
        """None was estimated."""
        return RandomEffects()

    def individuals(self, values: Values, people: PeopleTable, r_factor: Floats) -> Columns:
        """Individual absorption values; `extraction_S` and `extraction_R` where the host has no liver."""
        ethnic = np.where(is_japanese(people), values["japanese_on_F_nasal"], 1.0)
        columns = {
            # a fraction: 0.54 x 1.34 x a person's deviation could otherwise pass 1
            "F_nasal": np.minimum(values["F_nasal"] * ethnic, 1.0),
            "later_device": values["later_device"],
            "ka_nasal": values["ka_nasal"],
            "D_swallowed": values["D_swallowed"],
            "ka_swallowed": values["ka_swallowed"],
            "D_oral": values["D_oral"],
            "ka_oral": values["ka_oral"],
            "F_gut": values["F_gut"],
        }
        if self.borrowed:
            liver = individual_liver(values, people, r_factor, clint_factor=1.0)
            columns |= {f"extraction_{e}": liver[f"extraction_{e}"] for e in ENANTIOMERS}
        return columns

    def equations(self, builder: ModelBuilder, p: Symbols, enantiomer: Enantiomer, ports: Ports) -> None:
        """Depots nasal, swallowed and oral."""
        nasal = builder.state(f"nasal_{enantiomer}")
        builder.flow(nasal, ports.central, p["ka_nasal"] * nasal)
        swallowed = builder.state(f"swallowed_{enantiomer}")
        ports.first_pass(swallowed, p["ka_swallowed"] * swallowed)
        oral = builder.state(f"oral_{enantiomer}")
        ports.first_pass(oral, p["ka_oral"] * oral)

    def doses(
        self,
        planned: PlannedDose,
        mg: Floats,
        share: float,
        columns: Columns,
        enantiomer: Enantiomer,
        rows: Integers,
    ) -> list[DoseTable]:
        """Rows into the nasal and the swallowed depot, or into the oral one."""
        given = mg * share
        after_gut_wall = columns["F_gut"]
        if planned.route is Route.ORAL_SOLUTION:
            return [
                DoseTable.of(
                    rows, planned.time_h, f"oral_{enantiomer}", given * after_gut_wall, columns["D_oral"]
                )
            ]
        nose = nasal_fraction(columns["F_nasal"], columns["later_device"], mg, planned.device_index)
        return [
            DoseTable.of(rows, planned.time_h, f"nasal_{enantiomer}", given * nose),
            DoseTable.of(
                rows,
                planned.time_h,
                f"swallowed_{enantiomer}",
                given * (1.0 - nose) * after_gut_wall,
                columns["D_swallowed"],
            ),
        ]

    def bioavailability(self, route: Route, mg: float, columns: Columns, enantiomer: Enantiomer) -> Floats:
        """FRn + (1 - FRn) Fgut (1 - E), or Fgut (1 - E) by mouth; nasal doses in devices of 28 mg."""
        through = columns["F_gut"] * (1.0 - columns[f"extraction_{enantiomer}"])
        if route is Route.ORAL_SOLUTION:
            return through
        nose = nasal_fraction(columns["F_nasal"], columns["later_device"], np.asarray(mg, float), None)
        return nose + (1.0 - nose) * through


def nasal_fraction(first: Floats, later: Floats, mg: Floats, device_index: int | None) -> Floats:
    """Fraction of a nasal dose that is absorbed through the nose.

    Args:
        first: fraction of the first device.
        later: factor on it for the second and later devices.
        mg: the dose, both enantiomers together.
        device_index: which device the dose is, from 0; None for a dose that is not told apart into devices: its
            first 28 mg then count as the first device and the rest as later ones.
    """
    if device_index is not None:
        return first if device_index == 0 else np.minimum(first * later, 1.0)
    share_of_first = np.minimum(DEVICE_MG / mg, 1.0)
    return np.minimum(first * (share_of_first + (1.0 - share_of_first) * later), 1.0)
