"""What ketamine does while it is there: perception, relief, pressure, cardiac output and sedation.

    dCe/dt        = ke0 (C_S - Ce)                       effect site, total arterial S-ketamine, half-life 8.3 min
    acute         = Ce / (Ce + C50_acute)
    dissociation  = Ce^k / (Ce^k + C50^k)                before tolerance and the person's own maximum
    cardiovascular = Ce^n / (Ce^n + C50_pressure^n)      for systolic and diastolic pressure and heart rate alike
    cardiac output = 100 (a_S f(C_S) - a_NS C_NS / 100)  percent; f = C/(C + C50_output), 1 at 320 ng/mL
    dCf/dt        = kf0 (C_eq - Cf)                      fast site of sedation, mg/L

Two sites are needed: sedation follows in seconds (rows C31, C32), perception in minutes (C02). C_eq is on the scale of
the racemate, on which sedation was measured: with sedative ratio q of S over R it is 2 (q C_S + C_R) / (q + 1).
None of these feeds plasticity: dissociation runs beside the effect on mood and does not carry it (C40).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ataraxy.engine.expression import ZERO, Expr, maximum
from ataraxy.engine.model import ModelBuilder
from ataraxy.pharmacology.effects.hypotheses import Hypotheses
from ataraxy.pharmacology.kinetics.ports import Symbols

# Concentrations at which a_S and a_NS hold, ng/mL: the highest of Sigtermans 2009, and a round number.
OUTPUT_REFERENCE_S: Final = 320.0
OUTPUT_REFERENCE_NS: Final = 100.0


@dataclass(frozen=True)
class DrugOn:
    """Outputs by name."""

    outputs: Mapping[str, Expr]


def add_drug_on(
    builder: ModelBuilder, p: Symbols, concentrations: Mapping[str, Expr], hypotheses: Hypotheses
) -> DrugOn:
    """States `effect_site` (ng/mL) and `sedation_site` (mg/L), where any ketamine is there to drive them."""
    s = concentrations.get("S-ketamine", ZERO)
    r = concentrations.get("R-ketamine", ZERO)
    acting = s + p["r_potency"] * r if hypotheses.r_ketamine_effect and r is not ZERO else s
    site = ZERO
    if acting is not ZERO:
        site = builder.state("effect_site", unit="ng/mL", scale=10.0)
        builder.rate(site, p["ke0"] * (acting - site))
    ratio = p["sedative_ratio"]
    equivalent = 2.0 * (ratio * s + r) / (ratio + 1.0) / 1000.0
    sedation = builder.state("sedation_site", unit="mg/L", scale=0.01)
    builder.rate(sedation, p["kf0"] * (equivalent - sedation))
    return DrugOn(
        {
            "acute": _hill(site, p, "C50_acute", None),
            "effect_site_ng_per_ml": site,
            "dissociation": _hill(site, p, "C50", "dissociation_exponent"),
            "cardiovascular": _hill(site, p, "C50_pressure", "pressure_exponent"),
            "cardiac_output_percent": _cardiac_output(p, concentrations),
            "sedation_site_mg_per_l": sedation,
        }
    )


def _hill(site: Expr, p: Symbols, half: str, exponent: str | None) -> Expr:
    if site is ZERO:
        return ZERO
    if exponent is None:
        above = maximum(site, 0.0)
        return above / (above + p[half])
    x = (maximum(site, 0.0) / p[half]) ** p[exponent]
    return x / (1.0 + x)


def _cardiac_output(p: Symbols, concentrations: Mapping[str, Expr]) -> Expr:
    percent: Expr = ZERO
    if "S-ketamine" in concentrations:
        s = concentrations["S-ketamine"]
        half = p["C50_output"]
        percent = 100.0 * p["a_S"] * (1.0 + half / OUTPUT_REFERENCE_S) * s / (s + half)
    if "S-norketamine" in concentrations:
        percent = percent - 100.0 * p["a_NS"] / OUTPUT_REFERENCE_NS * concentrations["S-norketamine"]
    return percent
