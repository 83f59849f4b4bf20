"""Which drug a dose contains, and whether its milligrams count the free base or the hydrochloride."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

# Molar masses in g/mol. Base: as in the model file of Simons 2022 (github.com/nlmixr2/nlmixr2lib,
# Simons_2022_s_ketamine.R). Hydrochloride: the base with hydrogen chloride, 36.46 g/mol, added.
# A test holds them against another source, the label of the nasal spray: 32.3 mg of hydrochloride are 28 mg base.
MOLAR_MASS_BASE = 237.73
MOLAR_MASS_HYDROCHLORIDE = 274.19


class Drug(StrEnum):
    """The racemate or one of its enantiomers."""

    RACEMIC_KETAMINE = "racemic_ketamine"
    ESKETAMINE = "esketamine"
    ARKETAMINE = "arketamine"

    @property
    def enantiomer_fractions(self) -> Mapping[str, float]:
        """Return the share of the dose that is S- and R-ketamine; an absent enantiomer is no key."""
        return _FRACTIONS[self]

    @property
    def label(self) -> str:
        """Return the name as a clinician writes it, such as ``racemic ketamine``."""
        return self.value.replace("_", " ")


_FRACTIONS: Mapping[Drug, Mapping[str, float]] = MappingProxyType(
    {
        Drug.RACEMIC_KETAMINE: MappingProxyType({"S": 0.5, "R": 0.5}),
        Drug.ESKETAMINE: MappingProxyType({"S": 1.0}),
        Drug.ARKETAMINE: MappingProxyType({"R": 1.0}),
    }
)


class Basis(StrEnum):
    """What the milligrams of a dose count."""

    BASE = "base"
    HYDROCHLORIDE = "hydrochloride"

    @property
    def base_fraction(self) -> float:
        """Return mg of free base per mg of this form."""
        return 1.0 if self is Basis.BASE else MOLAR_MASS_BASE / MOLAR_MASS_HYDROCHLORIDE
