"""Names of a model as SBML identifiers: ASCII letters, digits and underscores, each once, none with a meaning."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from ataraxy.engine.model import Model

# Allowed by SBML, but read as something else where formulas are typed, in any mixture of capital and small letters.
_CONSTANTS: Final = "time delay avogadro pi exponentiale true false inf infinity nan notanumber rateof"
_FUNCTIONS: Final = (
    "abs ceil ceiling exp factorial floor ln log log10 root sqrt sqr pow power piecewise lambda "
    "and or not xor implies eq neq gt lt geq leq plus minus times divide quotient rem max min"
)
_TRIGONOMETRIC: Final = frozenset(
    f"{prefix}{ratio}{suffix}"
    for prefix in ("", "a", "arc")
    for ratio in ("sin", "cos", "tan", "sec", "csc", "cot")
    for suffix in ("", "h")
)
MEANT_OTHERWISE: Final = frozenset(f"{_CONSTANTS} {_FUNCTIONS}".split()) | _TRIGONOMETRIC


class FreeIds:
    """Hands out identifiers of one document, none twice."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, *names: str) -> str:
        """An identifier like the first name that is still free; the last one with a number where none is."""
        likely = [_safe(name) for name in names]
        numbered = (f"{likely[-1]}_{n}" for n in range(2, len(self._taken) + 3))
        found = next(i for i in (*likely, *numbered) if self._is_free(i))
        self._taken.add(found)
        return found

    def _is_free(self, identifier: str) -> bool:
        return identifier not in self._taken and identifier.lower() not in MEANT_OTHERWISE


@dataclass(frozen=True)
class SbmlIds:
    """Identifier of each state, parameter and output by its name in the model.

    A name that is an identifier keeps it; every other character becomes an underscore. Where two would be the same,
    the later one gets an ending; states come first, then parameters, then outputs, each in the model's order. Equal
    models therefore get equal identifiers.
    """

    states: Mapping[str, str]
    parameters: Mapping[str, str]
    outputs: Mapping[str, str]

    @staticmethod
    def of(model: Model, free: FreeIds | None = None) -> SbmlIds:
        """The identifiers of `model`; they are taken from `free`, so that what is added later has others."""
        ids = free or FreeIds()

        def taken(names: Iterable[str], ending: str = "") -> Mapping[str, str]:
            return MappingProxyType({name: ids.take(*dict.fromkeys((name, name + ending))) for name in names})

        return SbmlIds(taken(model.state_names), taken(model.parameters), taken(model.outputs, "_output"))


def _safe(name: str) -> str:
    text = re.sub(r"[^A-Za-z0-9_]", "_", name)
    return text if re.match(r"[A-Za-z_]", text) else f"_{text}"
