"""Units as papers print them: read from text, turned into the house's units and back.

Inside, amounts are mg, volumes L, times h and body weights kg, so that a concentration is in mg/L. A unit is a
factor to those and a set of exponents. Moles stand apart from mass until a molar mass joins them; "/70kg" is
no division but says that the value is that of a 70 kg person.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, NamedTuple


class Dimension(NamedTuple):
    """Exponents of mass, amount of substance, volume, time and body weight."""

    mass: int = 0
    amount: int = 0
    volume: int = 0
    time: int = 0
    weight: int = 0


CONCENTRATION: Final = Dimension(mass=1, volume=-1)
EXPOSURE: Final = Dimension(mass=1, volume=-1, time=1)
TIME: Final = Dimension(time=1)
RATE_CONSTANT: Final = Dimension(time=-1)
CLEARANCE: Final = Dimension(volume=1, time=-1)
VOLUME: Final = Dimension(volume=1)
PURE_NUMBER: Final = Dimension()
MASS: Final = Dimension(mass=1)
MASS_RATE: Final = Dimension(mass=1, time=-1)


@dataclass(frozen=True, slots=True)
class Unit:
    """One printed unit.

    Attributes:
        text: as printed.
        factor: value in house units of one printed unit (mg, mmol, L, h, kg).
        dimension: exponents.
        of_70_kg: printed "per 70 kg": the value holds for a 70 kg person and is not divided by a weight.
    """

    text: str
    factor: float
    dimension: Dimension
    of_70_kg: bool = False

    def fits(self, wanted: Dimension) -> bool:
        """Return whether a quantity of `wanted` can be printed in this unit, with moles for mass and per kg allowed."""
        d = self.dimension
        same = (d.mass + d.amount, d.volume, d.time) == (wanted.mass, wanted.volume, wanted.time)
        moles = d.amount in (0, wanted.mass)
        # A concentration per kg would be a dose-normalised one, which is another quantity.
        divisible = wanted.volume > 0 or (wanted.mass > 0 and wanted.volume == 0)
        per_kg = d.weight == wanted.weight or (divisible and d.weight == wanted.weight - 1)
        return same and moles and per_kg

    def express(self, value: float, *, molar_mass: float = 1.0, weight_kg: float = 1.0) -> float:
        """Return a value of house units (mg for every mass) as a number of this unit.

        Args:
            value: in mg, L, h, for the whole person.
            molar_mass: g/mol of the analyte, used where the unit counts moles.
            weight_kg: used where the unit is per kg.
        """
        return value / (self.factor * molar_mass**self.dimension.amount * weight_kg**-self.dimension.weight)

    def read(self, number: float, *, molar_mass: float = 1.0, weight_kg: float = 1.0) -> float:
        """Return a number of this unit in house units: the inverse of `express`."""
        return number * (self.factor * molar_mass**self.dimension.amount * weight_kg**-self.dimension.weight)


_MASS = {"pg": 1e-9, "ng": 1e-6, "ug": 1e-3, "mcg": 1e-3, "mg": 1.0, "g": 1e3}
_AMOUNT = {"pmol": 1e-9, "nmol": 1e-6, "umol": 1e-3, "mmol": 1.0, "mol": 1e3}  # mmol x g/mol = mg
_VOLUME = {"ul": 1e-6, "ml": 1e-3, "cc": 1e-3, "cl": 1e-2, "dl": 1e-1, "l": 1.0, "liter": 1.0, "litre": 1.0}
_TIME = {"s": 1 / 3600, "sec": 1 / 3600, "min": 1 / 60, "minute": 1 / 60, "h": 1.0, "hr": 1.0, "hour": 1.0}
_TIME |= {"d": 24.0, "day": 24.0}
_PURE = {"": 1.0, "1": 1.0, "fraction": 1.0, "ratio": 1.0, "fold": 1.0, "-": 1.0, "none": 1.0, "%": 0.01}
_PURE |= {"percent": 0.01, "unitless": 1.0, "dimensionless": 1.0, "% of dose": 0.01, "%dose": 0.01}
_MOLAR = {"pM": 1e-9, "nM": 1e-6, "uM": 1e-3, "mM": 1.0, "M": 1e3}
_TOKEN = re.compile(r"(?P<name>70kg|[A-Za-z%]+|1)(?:\^?(?P<power>-?[1-3]))?")


def parse_unit(text: str) -> Unit | None:
    """Return the unit that a text such as ``ug/L``, ``ng*min/mL``, ``mL min-1 kg-1`` or ``L/h/70kg`` names.

    None where any part of it is not known: a unit is never guessed.
    """
    plain = text.strip().replace("µ", "u").replace("μ", "u").replace("−", "-").replace("⁻¹", "-1")
    if plain.lower() in _PURE:
        return Unit(text, _PURE[plain.lower()], PURE_NUMBER)
    plain = re.sub(r"70\s*kg", "70kg", plain, flags=re.IGNORECASE)
    plain = re.sub(r"\bper\b", "/", plain)
    plain = re.sub(r"/\s*\(([^()]*)\)", lambda m: "/" + re.sub(r"[*·.x\s]+", "/", m[1].strip()), plain)
    plain = re.sub(r"[()]", "", plain)
    plain = re.sub(r"\s*/\s*", "/", plain)
    plain = re.sub(r"\s*[*·×.]\s*|\s+", "*", plain.strip())
    factor, exponents, of_70_kg = 1.0, dict.fromkeys(Dimension._fields, 0), False
    for sign, token in re.findall(r"(^|[*/])([^*/]*)", plain):
        found = _TOKEN.fullmatch(token)
        if not found:
            return None
        power = int(found["power"] or 1) * (-1 if sign == "/" else 1)
        name = found["name"]
        if name == "70kg":
            if power != -1:
                return None
            of_70_kg = True
            continue
        part = _part(name)
        if part is None:
            return None
        size, dimension = part
        factor *= size**power
        for field, exponent in zip(Dimension._fields, dimension, strict=True):
            exponents[field] += exponent * power
    return Unit(text, factor, Dimension(**exponents), of_70_kg)


def _part(name: str) -> tuple[float, Dimension] | None:
    # Molar units first: their capital M is all that tells nM from a length.
    if name in _MOLAR:
        return _MOLAR[name], Dimension(amount=1, volume=-1)
    lower = name.lower()
    if lower == "kg":
        return 1.0, Dimension(weight=1)
    for singular in (lower, lower.removesuffix("s")):
        for table, dimension in (
            (_MASS, Dimension(mass=1)),
            (_AMOUNT, Dimension(amount=1)),
            (_VOLUME, Dimension(volume=1)),
            (_TIME, Dimension(time=1)),
        ):
            if singular in table:
                return table[singular], dimension
    if lower in ("1", "%", "percent"):
        return _PURE[lower], PURE_NUMBER
    return None
