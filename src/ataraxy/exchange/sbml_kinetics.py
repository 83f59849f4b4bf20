"""What a published kinetic model adds to its equations in SBML: units of every quantity, and where it comes from."""

from __future__ import annotations

from typing import Final

from ataraxy.engine.model import Model
from ataraxy.pharmacology.kinetics import KineticModel

CONCENTRATION: Final = "ng/mL"
AREA: Final = "ng*h/mL"
# Words for plain numbers in parameter files.
_PLAIN: Final = frozenset(("fraction", "factor", "exponent"))


def kinetic_units(kinetic: KineticModel, model: Model) -> dict[str, str]:
    """Units of parameters and outputs of `model`, which `kinetic` built, for `sbml_text`."""
    units = {name: AREA if name.startswith("AUC ") else CONCENTRATION for name in model.outputs}
    for name in model.parameters:
        # an enantiomer's own value has the unit of the printed one: CL_S that of CL
        printed = next((n for n in (name, name.rpartition("_")[0]) if n in kinetic.parameters), None)
        if printed is not None:
            unit = kinetic.parameters[printed].inner_unit
            units[name] = "" if unit in _PLAIN else unit
        elif name.startswith("extraction_"):
            units[name] = ""
    return units


def kinetic_notes(kinetic: KineticModel) -> tuple[str, ...]:
    """Paragraphs for `sbml_text`: the model's title, version, site of sampling, sources and gaps."""
    return (
        f"{kinetic.name}: {kinetic.title}.",
        f"SHA-256 of the published model with its parameters: {kinetic.sha256()}.",
        f"Site of blood sampling: {kinetic.site}. Amounts are mg of free base of one enantiomer.",
        *(f"Source: {source}" for source in kinetic.sources),
        *(f"Gap: {gap}" for gap in kinetic.gaps),
    )
