"""Kamp 2020: ketamine of either enantiomer after intravenous doses; the meta-analysis set, read as arterial.

Structure: three compartments, no metabolite; every volume scales with weight and every clearance with weight to the
power 0.75. Source: Kamp 2020, doi:10.1097/ALN.0000000000003577, the three-compartment set that one code base names
Table 2. The raw-data model with two venous delay compartments, and all variances, were not found: variability is
borrowed from Otto and Simons and marked assumed.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ataraxy.engine.expression import Expr
from ataraxy.engine.model import ModelBuilder
from ataraxy.pharmacology.kinetics.borrowed import (
    ASSUMED_INJECTION,
    DERIVED_NASAL_ORAL,
    borrowed_absorptions,
    joined_table,
)
from ataraxy.pharmacology.kinetics.kinetic_model import KineticModel
from ataraxy.pharmacology.kinetics.ports import (
    Columns,
    Enantiomer,
    Floats,
    PeopleTable,
    Ports,
    Symbols,
    Values,
)
from ataraxy.pharmacology.kinetics.random_effects import RandomEffect, RandomEffects, ResidualError
from ataraxy.pharmacology.kinetics.studied import RouteSupport, StudiedRanges, Support
from ataraxy.pharmacology.parameters import load_parameters
from ataraxy.therapy.route import Route


@dataclass(frozen=True)
class KampStructure:
    """Three compartments."""

    def individuals(
        self, values: Values, people: PeopleTable, r_factor: Floats, clint_factor: float
    ) -> Columns:
        """All volumes and clearances scale with weight."""
        size = people.weight_kg / 70.0
        volume = size ** values["weight_on_V"]
        clearance = size ** values["weight_on_CL"]
        columns = {name: values[name] * volume for name in ("V1", "V2", "V3")}
        columns |= {name: values[name] * clearance for name in ("Q2", "Q3")}
        columns["CL_S"] = values["CL"] * clearance
        columns["CL_R"] = values["CL"] * clearance * r_factor
        return columns

    def equations(self, builder: ModelBuilder, p: Symbols, enantiomer: Enantiomer) -> Ports:
        """States central, peripheral1 and peripheral2."""
        e = enantiomer
        central = builder.state(f"central_{e}")
        peripheral1 = builder.state(f"peripheral1_{e}")
        peripheral2 = builder.state(f"peripheral2_{e}")
        builder.flow(central, None, p[f"CL_{e}"] / p["V1"] * central)
        builder.flow(central, peripheral1, p["Q2"] / p["V1"] * central)
        builder.flow(peripheral1, central, p["Q2"] / p["V2"] * peripheral1)
        builder.flow(central, peripheral2, p["Q3"] / p["V1"] * central)
        builder.flow(peripheral2, central, p["Q3"] / p["V3"] * peripheral2)

        def first_pass(depot: Expr, rate: Expr) -> None:
            extracted = p[f"extraction_{e}"]
            builder.flow(depot, central, (1.0 - extracted) * rate)
            builder.flow(depot, None, extracted * rate)

        return Ports(central, first_pass, None, {"ketamine": 1000.0 * central / p["V1"]})

    def clearance(self, columns: Columns, enantiomer: Enantiomer) -> Floats:
        """CL."""
        return columns[f"CL_{enantiomer}"]


def kamp_2020() -> KineticModel:
    """The model with its parameter file read."""
    own = load_parameters(Path(__file__).with_name("kamp_2020.yaml"))
    absorptions = borrowed_absorptions()
    return KineticModel(
        name="kamp-2020",
        title="ketamine of either enantiomer, intravenous, arterial, meta-analysis of 18 studies (Kamp 2020)",
        site="arterial",
        analytes=("ketamine",),
        population="18 studies, healthy people and patients; ages, weights and doses were not seen",
        sources=(own["CL"].source.citation,),
        gaps=(
            "Only the meta-analysis set was found; the raw-data model with venous delays was not.",
            "Variability and residual error were not found: borrowed from Otto 2021 and Simons 2022, assumed.",
            "The meta-analysis mixes sampling sites; the set is read as arterial because it fits arterial data.",
            "No metabolites.",
            "The ranges of dose, weight and age in its data were not seen.",
        ),
        routes={
            Route.IV_INFUSION: RouteSupport(Support.PUBLISHED, "meta-analysis"),
            Route.IV_BOLUS: RouteSupport(Support.PUBLISHED, "meta-analysis"),
            **DERIVED_NASAL_ORAL,
            **ASSUMED_INJECTION,
        },
        studied=StudiedRanges(
            enantiomers=("S", "R"),
            dose_mg={Route.IV_INFUSION: None, Route.IV_BOLUS: None},
            weight_kg=None,
            age_y=None,
            note="not seen",
        ),
        structure=KampStructure(),
        absorptions=absorptions,
        parameters=joined_table(own, None, absorptions),
        variability=RandomEffects((RandomEffect("V1", "omega_V1"), RandomEffect("CL", "omega_CL"))),
        occasions=RandomEffects(),
        residual={"ketamine": ResidualError(proportional_sd=own["sigma_ketamine"].value)},
        r_factor_is_fixed=True,
    )
