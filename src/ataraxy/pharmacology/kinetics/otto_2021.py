"""Otto 2021: S-ketamine and S-norketamine after intravenous doses, venous sampling.

Structure: three compartments of the parent (values fixed by Otto to Fanta 2015, doi:10.1007/s00228-015-1826-y) and
two of norketamine, no delay between them; all parent clearance forms norketamine, and its parameters are apparent:
they absorb the ratio of molar masses. Weight acts on the two central volumes (exponent 1) and on the two elimination
clearances (0.75) only. Source: Otto 2021, doi:10.1007/s00228-021-03104-1, Table 3, Figure 1d and supplement.
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
    enantiomer_table,
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
class OttoStructure:
    """Parent with three compartments, metabolite with two."""

    def individuals(
        self, values: Values, people: PeopleTable, r_factor: Floats, clint_factor: float
    ) -> Columns:
        """V1, V_nk, CL and CL_nk scale with weight; the rest does not."""
        size = people.weight_kg / 70.0
        clearance = values["CL"] * size ** values["weight_on_CL"]
        return {
            "V1": values["V1"] * size ** values["weight_on_V"],
            "CL_S": clearance,
            "CL_R": clearance * r_factor,
            "Vp1": values["Vp1"],
            "Q1": values["Q1"],
            "Vp2": values["Vp2"],
            "Q2": values["Q2"],
            "V_nk": values["V_nk"] * size ** values["weight_on_V"],
            "CL_nk": values["CL_nk"] * size ** values["weight_on_CL"],
            "Vp_nk": values["Vp_nk"],
            "Q_nk": values["Q_nk"],
        }

    def equations(self, builder: ModelBuilder, p: Symbols, enantiomer: Enantiomer) -> Ports:
        """States central, peripheral1, peripheral2, central_nk and peripheral_nk."""
        e = enantiomer
        central = builder.state(f"central_{e}")
        peripheral1 = builder.state(f"peripheral1_{e}")
        peripheral2 = builder.state(f"peripheral2_{e}")
        norketamine = builder.state(f"central_nk_{e}")
        peripheral_nk = builder.state(f"peripheral_nk_{e}")
        builder.flow(central, norketamine, p[f"CL_{e}"] / p["V1"] * central)
        builder.flow(central, peripheral1, p["Q1"] / p["V1"] * central)
        builder.flow(peripheral1, central, p["Q1"] / p["Vp1"] * peripheral1)
        builder.flow(central, peripheral2, p["Q2"] / p["V1"] * central)
        builder.flow(peripheral2, central, p["Q2"] / p["Vp2"] * peripheral2)
        builder.flow(norketamine, None, p["CL_nk"] / p["V_nk"] * norketamine)
        builder.flow(norketamine, peripheral_nk, p["Q_nk"] / p["V_nk"] * norketamine)
        builder.flow(peripheral_nk, norketamine, p["Q_nk"] / p["Vp_nk"] * peripheral_nk)

        def first_pass(depot: Expr, rate: Expr) -> None:
            extracted = p[f"extraction_{e}"]
            builder.flow(depot, central, (1.0 - extracted) * rate)
            builder.flow(depot, norketamine, extracted * rate)

        return Ports(
            central,
            first_pass,
            norketamine,
            {"ketamine": 1000.0 * central / p["V1"], "norketamine": 1000.0 * norketamine / p["V_nk"]},
        )

    def clearance(self, columns: Columns, enantiomer: Enantiomer) -> Floats:
        """CL."""
        return columns[f"CL_{enantiomer}"]


def otto_2021() -> KineticModel:
    """The model with its parameter file read."""
    own = load_parameters(Path(__file__).with_name("otto_2021.yaml"))
    absorptions = borrowed_absorptions()
    return KineticModel(
        name="otto-2021",
        title="S-ketamine and S-norketamine, intravenous, venous, 48 healthy adults (Otto 2021; parent of Fanta 2015)",
        site="venous",
        analytes=("ketamine", "norketamine"),
        population="48 healthy adults of two studies, mean 68 and 71 kg, mean age 23 and 24 years",
        sources=(own["CL_nk"].source.citation,),
        gaps=(
            "Standard errors of the parent's values (Fanta 2015) were not seen; assumed ones stand in.",
            "Weights and ages are printed as mean and SD; the ranges here are the mean plus or minus two SD.",
            "Peripheral volumes and exchange clearances do not scale with weight in the source.",
            "No absorption model: Fanta's oral absorption rate, lag and presystemic fraction were not found.",
            "R-norketamine has the parameters of S-norketamine, for want of numbers.",
            "Residual errors are of venous plasma in healthy volunteers.",
        ),
        routes={
            Route.IV_INFUSION: RouteSupport(Support.PUBLISHED, "venous samples to 10 h"),
            Route.IV_BOLUS: RouteSupport(Support.PUBLISHED, "a small bolus before stepped infusions"),
            **DERIVED_NASAL_ORAL,
            **ASSUMED_INJECTION,
        },
        studied=StudiedRanges(
            enantiomers=("S",),
            dose_mg={Route.IV_INFUSION: (8.75, 32.0), Route.IV_BOLUS: (8.75, 32.0)},
            weight_kg=(53.6, 88.3),
            age_y=(18.0, 33.8),
            note="0.125 mg/kg (Fanta) to a stepped 2 h infusion of 0.44 mg/kg; mean plus or minus two SD, adults",
        ),
        structure=OttoStructure(),
        absorptions=absorptions,
        parameters=joined_table(own, enantiomer_table(), absorptions),
        variability=RandomEffects(
            tuple(RandomEffect(name, f"omega_{name}") for name in ("V1", "CL", "V_nk", "CL_nk")),
            {("V1", "CL"): "cov_V1_CL", ("V_nk", "CL_nk"): "cov_V_nk_CL_nk"},
        ),
        occasions=RandomEffects(),
        residual={
            "ketamine": ResidualError(proportional_sd=own["sigma_ketamine"].value),
            "norketamine": ResidualError(proportional_sd=own["sigma_norketamine"].value),
        },
    )
