"""Units as text turned into unit definitions of SBML."""

from __future__ import annotations

from tokenize import TokenError
from typing import Any, Final

from ataraxy.exchange.units import registry

# Base unit of the registry -> kind of SBML unit, its power of ten and its multiplier.
_KINDS: Final = {
    "milligram": ("UNIT_KIND_GRAM", -3, 1.0),
    "kilogram": ("UNIT_KIND_KILOGRAM", 0, 1.0),
    "hour": ("UNIT_KIND_SECOND", 0, 3600.0),
    "liter": ("UNIT_KIND_LITRE", 0, 1.0),
    "centimeter": ("UNIT_KIND_METRE", -2, 1.0),
    "year": ("UNIT_KIND_SECOND", 0, 365.25 * 24 * 3600.0),
    "dimensionless": ("UNIT_KIND_DIMENSIONLESS", 0, 1.0),
}
# What SBML has a name for.
_OWN_NAMES: Final = {
    "liter": "litre",
    "kilogram": "kilogram",
    "gram": "gram",
    "second": "second",
    "meter": "metre",
}
PLAIN_NUMBER: Final = "dimensionless"

Parts = tuple[tuple[str, float], ...]


class UnitDefinitions:
    """The units of one document, each defined once. `hour` and `mg` are always there; SBML itself knows `litre`.

    Attributes:
        unknown: texts that are not units of the registry; quantities of these carry no unit in the document.
    """

    def __init__(self, libsbml: Any, sbml_model: Any) -> None:
        self._libsbml = libsbml
        self._model = sbml_model
        self._ids: dict[Parts, str] = {((name, 1.0),): own for name, own in _OWN_NAMES.items()}
        self.unknown: list[str] = []
        for identifier, unit in (("hour", "hour"), ("mg", "milligram")):
            self._define(((unit, 1.0),), identifier)

    def of(self, text: str, *, per_hour: bool = False) -> str | None:
        """Identifier of a unit, defined now if it was not before; None where the text is no known unit."""
        parts = _parts(text, "/ h" if per_hour else "")
        if parts is None:
            if text not in self.unknown:
                self.unknown.append(text)
            return None
        if not parts:
            return PLAIN_NUMBER
        return self._ids.get(parts) or self._define(parts, _identifier(parts))

    def _define(self, parts: Parts, identifier: str) -> str:
        definition = self._model.createUnitDefinition()
        definition.setId(identifier)
        definition.setName(" ".join(f"{name}^{power:g}" if power != 1 else name for name, power in parts))
        for name, power in parts:
            one = registry().Quantity(1.0, name).to_base_units()
            kind, scale, multiplier = _KINDS[str(one.units)]
            unit = definition.createUnit()
            unit.setKind(getattr(self._libsbml, kind))
            unit.setExponent(float(power))
            unit.setScale(scale)
            unit.setMultiplier(multiplier * float(one.magnitude))
        self._ids[parts] = identifier
        return identifier


def _identifier(parts: Parts) -> str:
    """Such as milligram_per_liter; unequal for unequal units."""

    def words(sign: float) -> list[str]:
        powers = [(name, power * sign) for name, power in parts if power * sign > 0.0]
        return [name if power == 1 else f"{name}_to_{power:g}".replace(".", "_") for name, power in powers]

    return "_per_".join(["_".join(words(1.0)) or "one", *words(-1.0)])


def _parts(text: str, ending: str = "") -> Parts | None:
    """Units and powers; empty for a plain number, None for what is not known."""
    from pint import PintError

    try:
        units = registry().parse_units(f"({text or 1}) {ending}" if ending else text)
    except (PintError, TokenError, ValueError, AttributeError, TypeError, AssertionError):
        return None
    return tuple(sorted((str(name), float(str(power))) for name, power in units._units.items()))
