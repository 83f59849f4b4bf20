"""Quantities written as text, such as ``0.5 mg/kg`` or ``40 min``: the only place where units are parsed.

The registry is closed: it knows the units that protocols and observations are written in and nothing else, so that a
slip of the pen is an unknown unit and not a foot or a farad. Milligrams of drug and kilograms of body are different
dimensions here; a dose in kg is therefore of the wrong dimension, and mg/kg is not a bare number. pint is imported on
first use, because that takes longer than reading a protocol.
"""

from __future__ import annotations

import math
import re
from functools import cache
from typing import TYPE_CHECKING, Any

from ataraxy.errors import InputError

if TYPE_CHECKING:
    from pint import UnitRegistry

# Base units are those that Ataraxy counts in: mg of drug, kg of body, hours, litres, years of age, cm of height.
DEFINITIONS = """
milligram = [drug_mass] = mg
gram = 1000 * milligram = g
microgram = 0.001 * milligram = ug = µg = μg = mcg
nanogram = 1e-6 * milligram = ng
kilogram = [body_mass] = kg
hour = [time] = h = hr = hours
minute = hour / 60 = min = minutes = mins
second = hour / 3600 = s = sec = seconds
day = 24 * hour = d = days
week = 168 * hour = weeks
liter = [volume] = L = l = litre = liters = litres
milliliter = 0.001 * liter = mL = ml
year = [age] = years = y
centimeter = [height] = cm
meter = 100 * centimeter = m
percent = 0.01 = %
"""

_NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
_QUANTITY = re.compile(rf"\s*(?P<number>{_NUMBER}|[+-]?(?:nan|inf|infinity))\s*(?P<unit>.*?)\s*", re.I | re.S)
_UNIT = re.compile(r"(?:%|[A-Za-zµμ]+)(?:\s*/\s*[A-Za-zµμ]+){0,2}")


@cache
def registry() -> UnitRegistry[Any]:
    """Return the one unit registry of Ataraxy, built on first use."""
    from pint import UnitRegistry

    units: UnitRegistry[Any] = UnitRegistry(None, case_sensitive=True)
    for line in DEFINITIONS.strip().splitlines():
        units.define(line)
    return units


@cache
def factor(unit: str, to: str) -> float:
    """Return by what a number of `unit` is multiplied to give a number of `to`.

    Raises:
        InputError: the unit is unknown (``unit.unknown``) or measures another thing (``unit.dimension``).
    """
    from pint import DimensionalityError, UndefinedUnitError

    units = registry()
    try:
        if not _UNIT.fullmatch(unit):
            raise UndefinedUnitError(unit)
        return float(units.Quantity(1.0, units.parse_units(unit)).to(to).magnitude)
    except DimensionalityError:
        raise InputError(
            f'the unit "{shorten(unit)}" cannot be converted to {to}',
            code="unit.dimension",
            remedy=f"Give a quantity in {to}",
        ) from None
    except (UndefinedUnitError, ValueError, AttributeError):
        raise InputError(
            f'the unit "{shorten(unit)}" is unknown',
            code="unit.unknown",
            remedy=f"Give a quantity in {to}",
        ) from None


def parse_quantity(text: str, to: str, asked: str = "") -> tuple[float, str]:
    """Return the number of units of `to` that a text such as ``40 min`` means, and its unit as it was written.

    `asked` says in messages what may be given, such as ``mg or mg/kg``; by default it is `to`.

    Raises:
        InputError: ``unit.not-a-quantity``, ``unit.missing``, ``unit.not-finite``, ``unit.unknown`` or
            ``unit.dimension``.
    """
    asked = asked or to
    found = _QUANTITY.fullmatch(text)
    if found is None:
        raise InputError(
            f'"{shorten(text)}" is not a number with a unit',
            code="unit.not-a-quantity",
            remedy=f"Give a quantity in {asked}, the number first",
        )
    unit = found["unit"]
    number = float(found["number"])
    if not math.isfinite(number):
        raise InputError(
            f'"{shorten(text)}" is not a finite number',
            code="unit.not-finite",
            remedy=f"Give a quantity in {asked}",
        )
    if not unit:
        raise InputError(
            f'"{shorten(text)}" has no unit',
            code="unit.missing",
            remedy=f"Add the unit: {asked}",
        )
    unit = " ".join(unit.split())
    try:
        times = factor(unit, to)
    except InputError as error:
        raise InputError(
            f'"{shorten(text)}" is not understood: {error.message}',
            code=error.code,
            remedy=f"Give a quantity in {asked}; capital and small letters differ",
        ) from None
    # Dividing by a whole number keeps 40 min equal to 40/60 h, bit for bit.
    per = round(1 / times)
    is_part = per > 1 and math.isclose(per * times, 1.0, rel_tol=1e-12)
    return (number / per if is_part else number * times), unit


def shorten(text: str, most: int = 60) -> str:
    """Return a text on one line, cut where it is longer than `most` characters, for use in a message."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 3] + "..."
