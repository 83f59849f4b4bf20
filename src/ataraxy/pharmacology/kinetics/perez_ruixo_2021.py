"""Perez-Ruixo 2021: esketamine and noresketamine; nasal spray, intravenous, oral; sampling site not stated.

Structure: three compartments of the parent that exchange with a liver compartment at liver blood flow; elimination
in the liver only, kmet to noresketamine and kel to the rest; two compartments of noresketamine with apparent
parameters, no conversion of mass. Weight has no effect; Asian ancestry lowers kel and noresketamine clearance,
Japanese ancestry raises the nasal fraction, liver flow falls with age above 60.
Source: Perez-Ruixo 2021, doi:10.1007/s40262-020-00953-4, section 2.3, Figure 1 and Table 3.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ataraxy.engine.expression import Expr
from ataraxy.engine.model import ModelBuilder
from ataraxy.pharmacology.kinetics.borrowed import (
    ASSUMED_INJECTION,
    enantiomer_table,
    injection,
    intravenous,
    joined_table,
)
from ataraxy.pharmacology.kinetics.kinetic_model import KineticModel
from ataraxy.pharmacology.kinetics.liver import individual_liver, is_asian
from ataraxy.pharmacology.kinetics.nasal_oral import NasalOral
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
from ataraxy.pharmacology.parameters import ParameterTable, load_parameters
from ataraxy.therapy.route import Route


@dataclass(frozen=True)
class PerezRuixoStructure:
    """Parent with three compartments and a liver, metabolite with two."""

    def individuals(
        self, values: Values, people: PeopleTable, r_factor: Floats, clint_factor: float
    ) -> Columns:
        """Liver by ancestry and age, noresketamine clearance by ancestry."""
        names = ("Vc", "Vp1", "Vp2", "Q1", "Q2", "Vc_nk", "Vp_nk", "Q_nk")
        columns = {name: values[name] for name in names}
        columns["CL_nk"] = values["CL_nk"] * np.where(is_asian(people), values["asian_on_CL_nk"], 1.0)
        return columns | individual_liver(values, people, r_factor, clint_factor)

    def equations(self, builder: ModelBuilder, p: Symbols, enantiomer: Enantiomer) -> Ports:
        """States central, peripheral1, peripheral2, liver, central_nk and peripheral_nk."""
        e = enantiomer
        central = builder.state(f"central_{e}")
        peripheral1 = builder.state(f"peripheral1_{e}")
        peripheral2 = builder.state(f"peripheral2_{e}")
        liver = builder.state(f"liver_{e}")
        norketamine = builder.state(f"central_nk_{e}")
        peripheral_nk = builder.state(f"peripheral_nk_{e}")
        builder.flow(central, peripheral1, p["Q1"] / p["Vc"] * central)
        builder.flow(peripheral1, central, p["Q1"] / p["Vp1"] * peripheral1)
        builder.flow(central, peripheral2, p["Q2"] / p["Vc"] * central)
        builder.flow(peripheral2, central, p["Q2"] / p["Vp2"] * peripheral2)
        builder.flow(central, liver, p["Qh"] / p["Vc"] * central)
        builder.flow(liver, central, p["Qh"] / p["Vh"] * liver)
        builder.flow(liver, None, p[f"kel_{e}"] * liver)
        builder.flow(liver, norketamine, p[f"kmet_{e}"] * liver)
        builder.flow(norketamine, None, p["CL_nk"] / p["Vc_nk"] * norketamine)
        builder.flow(norketamine, peripheral_nk, p["Q_nk"] / p["Vc_nk"] * norketamine)
        builder.flow(peripheral_nk, norketamine, p["Q_nk"] / p["Vp_nk"] * peripheral_nk)

        def first_pass(depot: Expr, rate: Expr) -> None:
            builder.flow(depot, liver, rate)

        return Ports(
            central,
            first_pass,
            liver,
            {"ketamine": 1000.0 * central / p["Vc"], "norketamine": 1000.0 * norketamine / p["Vc_nk"]},
        )

    def clearance(self, columns: Columns, enantiomer: Enantiomer) -> Floats:
        """Liver blood flow x extraction."""
        return columns["Qh"] * columns[f"extraction_{enantiomer}"]


def perez_ruixo_2021() -> KineticModel:
    """The model with its parameter file read."""
    own = load_parameters(Path(__file__).with_name("perez_ruixo_2021.yaml"))
    absorptions = (intravenous(), NasalOral(ParameterTable("nasal-oral", {}), borrowed=False), injection())
    sizes = ("Vc", "Vp1", "Qh", "Vh", "kel", "kmet", "Vc_nk", "CL_nk")
    return KineticModel(
        name="perez-ruixo-2021",
        title="esketamine and noresketamine, nasal spray, intravenous and oral, site unknown (Perez-Ruixo 2021)",
        site="unknown",
        analytes=("ketamine", "norketamine"),
        population="820 people: 256 healthy, 564 with treatment-resistant depression; 39 to 170 kg, 18 to 86 years",
        sources=(own["kel"].source.citation,),
        gaps=(
            "The sampling site is not stated in what was read; the model behaves like a venous one.",
            "The variance between people of kmet is not printed: 30% stands in and 10 to 60% is sampled.",
            "Standard errors other than those of Qh, Vh and one variance were not seen; assumed ones stand in.",
            "Norketamine AUC is 1.38 to 1.56 times the paper's own Table 4 (a known miss): use Otto or Simons for it.",
            "Clearance Qh x E is 109 L/h; the abstract prints 114.",
            "The intravenous and oral data are of one study of 18 people.",
            "The equations as printed hold slips; the reading here reproduces the paper's Table 4.",
            "R-norketamine has the parameters of S-norketamine, for want of numbers.",
        ),
        routes={
            Route.NASAL_SPRAY: RouteSupport(Support.PUBLISHED, "28 mg devices"),
            Route.IV_INFUSION: RouteSupport(Support.PUBLISHED, "28 mg"),
            Route.IV_BOLUS: RouteSupport(Support.PUBLISHED, "from the infusion"),
            Route.ORAL_SOLUTION: RouteSupport(Support.PUBLISHED, "84 mg"),
            **ASSUMED_INJECTION,
        },
        studied=StudiedRanges(
            enantiomers=("S",),
            dose_mg={
                Route.NASAL_SPRAY: (14.0, 112.0),
                Route.IV_INFUSION: (28.0, 28.0),
                Route.IV_BOLUS: (28.0, 28.0),
                Route.ORAL_SOLUTION: (84.0, 84.0),
            },
            weight_kg=(39.0, 170.0),
            age_y=(18.0, 86.0),
            note="Table 2 of the paper",
        ),
        structure=PerezRuixoStructure(),
        absorptions=absorptions,
        parameters=joined_table(own, enantiomer_table(), absorptions),
        variability=RandomEffects(tuple(RandomEffect(name, f"omega_{name}") for name in sizes)),
        occasions=RandomEffects(),
        residual={
            "ketamine": ResidualError(log_sd=own["sigma_ketamine"].value),
            "norketamine": ResidualError(log_sd=own["sigma_norketamine"].value),
        },
        has_liver=True,
    )
