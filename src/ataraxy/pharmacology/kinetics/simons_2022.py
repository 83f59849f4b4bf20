"""Simons 2022: S-ketamine, S-norketamine and S-hydroxynorketamine; film and intravenous, arterial sampling.

Structure: three compartments of ketamine, two of norketamine with the same central volume, two of
hydroxynorketamine. What is metabolised passes a delay of two compartments (k = 2/MTT each), of which 80% comes out
as norketamine, and 70% of metabolised norketamine as hydroxynorketamine after a second delay. All states are in mg
of S-ketamine equivalents, so that moles are conserved; concentrations are converted by molar mass at the output.
Source: Simons 2022, doi:10.3389/fpain.2022.946486, Table 4 and Figure 2; no equations are printed, and the exponents
of weight (0.75 and 1) are assumed.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ataraxy.engine.expression import Expr
from ataraxy.engine.model import ModelBuilder
from ataraxy.pharmacology.kinetics.borrowed import (
    ASSUMED_INJECTION,
    DERIVED_NASAL_ORAL,
    borrowed_nasal_oral,
    enantiomer_table,
    injection,
    intravenous,
    joined_table,
)
from ataraxy.pharmacology.kinetics.film import Film
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
from ataraxy.pharmacology.parameters import ParameterTable, load_parameters
from ataraxy.therapy.route import Route

VOLUMES = ("V1", "V2", "V3", "V2_nk", "V1_hnk", "V2_hnk")
CLEARANCES = ("Q2", "Q3", "CL_nk", "Q2_nk", "CL_hnk", "Q2_hnk")
BETWEEN_PEOPLE = ("V1", "CL", "Q3", "CL_nk", "MTT_nk", "V1_hnk", "CL_hnk", "Q2_hnk")
BETWEEN_OCCASIONS = ("MTT_nk", "V2_hnk", "CL_hnk")


@dataclass(frozen=True)
class SimonsStructure:
    """Three, two and two compartments, with delays between them.

    Attributes:
        norketamine_mass: molar mass of norketamine divided by that of ketamine.
        hydroxynorketamine_mass: the same of hydroxynorketamine.
    """

    norketamine_mass: float
    hydroxynorketamine_mass: float

    def individuals(
        self, values: Values, people: PeopleTable, r_factor: Floats, clint_factor: float
    ) -> Columns:
        """All volumes and clearances scale with weight; delays and fractions do not."""
        size = people.weight_kg / 70.0
        volume = size ** values["weight_on_V"]
        clearance = size ** values["weight_on_CL"]
        columns = {name: values[name] * volume for name in VOLUMES}
        columns |= {name: values[name] * clearance for name in CLEARANCES}
        columns |= {name: values[name] for name in ("MTT_nk", "fm_nk", "MTT_hnk", "fm_hnk")}
        columns["CL_S"] = values["CL"] * clearance
        columns["CL_R"] = values["CL"] * clearance * r_factor
        return columns

    def equations(self, builder: ModelBuilder, p: Symbols, enantiomer: Enantiomer) -> Ports:
        """Eleven states: three of ketamine, two of each metabolite, two of each delay."""
        e = enantiomer
        central = builder.state(f"central_{e}")
        peripheral1 = builder.state(f"peripheral1_{e}")
        peripheral2 = builder.state(f"peripheral2_{e}")
        forming_nk1 = builder.state(f"forming_nk1_{e}")
        forming_nk2 = builder.state(f"forming_nk2_{e}")
        norketamine = builder.state(f"central_nk_{e}")
        peripheral_nk = builder.state(f"peripheral_nk_{e}")
        forming_hnk1 = builder.state(f"forming_hnk1_{e}")
        forming_hnk2 = builder.state(f"forming_hnk2_{e}")
        hydroxy = builder.state(f"central_hnk_{e}")
        peripheral_hnk = builder.state(f"peripheral_hnk_{e}")

        builder.flow(central, forming_nk1, p[f"CL_{e}"] / p["V1"] * central)
        builder.flow(central, peripheral1, p["Q2"] / p["V1"] * central)
        builder.flow(peripheral1, central, p["Q2"] / p["V2"] * peripheral1)
        builder.flow(central, peripheral2, p["Q3"] / p["V1"] * central)
        builder.flow(peripheral2, central, p["Q3"] / p["V3"] * peripheral2)

        to_nk = 2.0 / p["MTT_nk"]
        builder.flow(forming_nk1, forming_nk2, to_nk * forming_nk1)
        builder.flow(forming_nk2, norketamine, p["fm_nk"] * to_nk * forming_nk2)
        builder.flow(forming_nk2, None, (1.0 - p["fm_nk"]) * to_nk * forming_nk2)
        # the central volume of norketamine is that of ketamine: VN1 = VK1 in the paper's Figure 2
        builder.flow(norketamine, forming_hnk1, p["CL_nk"] / p["V1"] * norketamine)
        builder.flow(norketamine, peripheral_nk, p["Q2_nk"] / p["V1"] * norketamine)
        builder.flow(peripheral_nk, norketamine, p["Q2_nk"] / p["V2_nk"] * peripheral_nk)

        to_hnk = 2.0 / p["MTT_hnk"]
        builder.flow(forming_hnk1, forming_hnk2, to_hnk * forming_hnk1)
        builder.flow(forming_hnk2, hydroxy, p["fm_hnk"] * to_hnk * forming_hnk2)
        builder.flow(forming_hnk2, None, (1.0 - p["fm_hnk"]) * to_hnk * forming_hnk2)
        builder.flow(hydroxy, None, p["CL_hnk"] / p["V1_hnk"] * hydroxy)
        builder.flow(hydroxy, peripheral_hnk, p["Q2_hnk"] / p["V1_hnk"] * hydroxy)
        builder.flow(peripheral_hnk, hydroxy, p["Q2_hnk"] / p["V2_hnk"] * peripheral_hnk)

        def first_pass(depot: Expr, rate: Expr) -> None:
            extracted = p[f"extraction_{e}"]
            builder.flow(depot, central, (1.0 - extracted) * rate)
            builder.flow(depot, forming_nk1, extracted * rate)

        return Ports(
            central,
            first_pass,
            forming_nk1,
            {
                "ketamine": 1000.0 * central / p["V1"],
                "norketamine": 1000.0 * self.norketamine_mass * norketamine / p["V1"],
                "hydroxynorketamine": 1000.0 * self.hydroxynorketamine_mass * hydroxy / p["V1_hnk"],
            },
        )

    def clearance(self, columns: Columns, enantiomer: Enantiomer) -> Floats:
        """CLK1."""
        return columns[f"CL_{enantiomer}"]


def simons_2022() -> KineticModel:
    """The model with its parameter file read."""
    own = load_parameters(Path(__file__).with_name("simons_2022.yaml"))
    absorptions = (intravenous(), Film(ParameterTable("film", {})), borrowed_nasal_oral(), injection())
    mass = {name: own[f"M_{name}"].value for name in ("ketamine", "norketamine", "hydroxynorketamine")}
    like_film = RouteSupport(Support.BORROWED, "absorption of the oral-mucosal film of the same model")
    return KineticModel(
        name="simons-2022",
        title="S-ketamine, S-norketamine and S-hydroxynorketamine, film and intravenous, arterial (Simons 2022)",
        site="arterial",
        analytes=("ketamine", "norketamine", "hydroxynorketamine"),
        population="20 healthy adults, 53 to 93 kg, 19 to 32 years",
        sources=(own["CL"].source.citation,),
        gaps=(
            "The exponents of weight are not printed: 0.75 and 1 are assumed and a range is sampled.",
            "F2 above 100%: the fixed fractions 0.80 and 0.70 are not all identifiable; metabolite parameters are a "
            "matched set.",
            "F1 was 29% at 50 mg and 23% at 100 mg; the authors pooled it.",
            "The residual error of ketamine is printed as 0.012 and read as a variance.",
            "The variance between occasions of the formation delay stands on an uncertain row of the table.",
            "Its hydroxynorketamine is about twice what Kamp 2020 (BJA) digitised curves suggest.",
            "No equations are printed: each delay is read as two compartments, that from gut to liver too; with one "
            "there, hydroxynorketamine peaks at 76.0 in place of 74.5 min after a 50 mg film.",
            "Lozenges borrow the film's absorption.",
            "R-metabolites have the parameters of S-metabolites, for want of numbers.",
        ),
        routes={
            Route.IV_INFUSION: RouteSupport(Support.PUBLISHED, "20 mg over 20 min"),
            Route.IV_BOLUS: RouteSupport(Support.PUBLISHED, "from the infusion"),
            Route.FILM: RouteSupport(Support.PUBLISHED, "50 and 100 mg, under the tongue or in the cheek"),
            Route.SUBLINGUAL: like_film,
            Route.BUCCAL: like_film,
            **DERIVED_NASAL_ORAL,
            **ASSUMED_INJECTION,
        },
        studied=StudiedRanges(
            enantiomers=("S",),
            dose_mg={
                Route.IV_INFUSION: (20.0, 20.0),
                Route.IV_BOLUS: (20.0, 20.0),
                Route.FILM: (50.0, 100.0),
            },
            weight_kg=(53.0, 93.0),
            age_y=(19.0, 32.0),
            note="Table 1 of the paper",
        ),
        structure=SimonsStructure(
            mass["norketamine"] / mass["ketamine"], mass["hydroxynorketamine"] / mass["ketamine"]
        ),
        absorptions=absorptions,
        parameters=joined_table(own, enantiomer_table(), absorptions),
        variability=RandomEffects(tuple(RandomEffect(name, f"omega_{name}") for name in BETWEEN_PEOPLE)),
        occasions=RandomEffects(tuple(RandomEffect(name, f"nu_{name}") for name in BETWEEN_OCCASIONS)),
        residual={
            "ketamine": ResidualError(proportional_sd=own["sigma_ketamine"].value),
            "norketamine": ResidualError(
                own["sigma_norketamine"].value, own["additive_norketamine"].value * mass["norketamine"]
            ),
            "hydroxynorketamine": ResidualError(
                own["sigma_hydroxynorketamine"].value,
                own["additive_hydroxynorketamine"].value * mass["hydroxynorketamine"],
            ),
        },
    )
