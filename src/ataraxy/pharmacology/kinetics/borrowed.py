"""Absorption that a model without its own borrows, and the tables that come with it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ataraxy.pharmacology.kinetics.absorption import Absorption
from ataraxy.pharmacology.kinetics.injection import Injection
from ataraxy.pharmacology.kinetics.intravenous import Intravenous
from ataraxy.pharmacology.kinetics.nasal_oral import ABSORPTION_PARAMETERS, LIVER_PARAMETERS, NasalOral
from ataraxy.pharmacology.kinetics.studied import RouteSupport, Support
from ataraxy.pharmacology.parameters import ParameterTable, load_parameters
from ataraxy.therapy.route import Route

_HERE = Path(__file__).parent

DERIVED_NASAL_ORAL = {
    Route.NASAL_SPRAY: RouteSupport(
        Support.DERIVED, "absorption and first pass of Perez-Ruixo 2021 in front"
    ),
    Route.ORAL_SOLUTION: RouteSupport(
        Support.DERIVED, "absorption and first pass of Perez-Ruixo 2021 in front"
    ),
}
ASSUMED_INJECTION = {
    Route.IM: RouteSupport(
        Support.ASSUMED, "first-order absorption, F 0.93 from one secondary source, rate 1.5 to 8 per hour"
    ),
    Route.SC: RouteSupport(Support.ASSUMED, "taken as intramuscular; no subcutaneous number was found"),
    Route.SC_INFUSION: RouteSupport(Support.ASSUMED, "taken as intramuscular, over the time of the infusion"),
}


def enantiomer_table() -> ParameterTable:
    """Clearance of R against S, for models of S-ketamine."""
    return load_parameters(_HERE / "enantiomers.yaml")


def intravenous() -> Intravenous:
    """Intravenous doses."""
    return Intravenous(ParameterTable("intravenous", {}))


def injection() -> Injection:
    """Intramuscular and subcutaneous doses, assumed."""
    return Injection(load_parameters(_HERE / "injection.yaml"))


def borrowed_nasal_oral() -> NasalOral:
    """Nasal spray and oral solution of Perez-Ruixo 2021, for a model without a liver."""
    table = load_parameters(_HERE / "perez_ruixo_2021.yaml")
    return NasalOral(table.select({*ABSORPTION_PARAMETERS, *LIVER_PARAMETERS}), borrowed=True)


def borrowed_absorptions() -> tuple[Absorption, ...]:
    """Intravenous, borrowed nasal and oral, and assumed injection."""
    return (intravenous(), borrowed_nasal_oral(), injection())


def joined_table(
    own: ParameterTable, enantiomers: ParameterTable | None, absorptions: Iterable[Absorption]
) -> ParameterTable:
    """All numbers of a model, its own first."""
    first = own if enantiomers is None else own.joined_with(enantiomers)
    return first.joined_with(*(a.table for a in absorptions))
