"""Published kinetic models of ketamine, each a module with its parameter file beside it.

Belongs here: disposition and absorption equations, parameters, variability, studied ranges, and the registry of
models. Does not belong here: populations of people, protocols and reports.

Add a model: write `name_year.yaml` and `name_year.py` with a function that returns a `KineticModel`, and name it in
`MODELS` below.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Final

from ataraxy.errors import InputError
from ataraxy.pharmacology.kinetics.kamp_2020 import kamp_2020
from ataraxy.pharmacology.kinetics.kinetic_model import IndividualParameters, KineticModel, enantiomers_of
from ataraxy.pharmacology.kinetics.otto_2021 import otto_2021
from ataraxy.pharmacology.kinetics.perez_ruixo_2021 import perez_ruixo_2021
from ataraxy.pharmacology.kinetics.scenario import Scenario
from ataraxy.pharmacology.kinetics.simons_2022 import simons_2022
from ataraxy.pharmacology.kinetics.studied import Flag, RouteSupport, StudiedRanges, Support
from ataraxy.therapy.route import Route

__all__ = [
    "MODELS",
    "Flag",
    "IndividualParameters",
    "KineticModel",
    "RouteSupport",
    "Scenario",
    "StudiedRanges",
    "Support",
    "enantiomers_of",
    "get_model",
    "list_models",
    "models_for",
]

MODELS: Final[Mapping[str, Callable[[], KineticModel]]] = {
    "otto-2021": otto_2021,
    "simons-2022": simons_2022,
    "perez-ruixo-2021": perez_ruixo_2021,
    "kamp-2020": kamp_2020,
}


@cache
def _read(name: str) -> KineticModel:
    return MODELS[name]()


def get_model(name: str) -> KineticModel:
    """The model of this name.

    Raises:
        InputError: there is none; the message lists those that exist.
    """
    if name not in MODELS:
        raise InputError(
            f"there is no kinetic model {name!r}",
            code="kinetics.unknown-model",
            remedy=f"Use one of {', '.join(MODELS)}",
        )
    return _read(name)


def list_models() -> tuple[KineticModel, ...]:
    """All models, in the order of the registry."""
    return tuple(get_model(name) for name in MODELS)


def models_for(route: Route) -> tuple[str, ...]:
    """Names of the models that serve a route, those first that were estimated on it."""
    order = list(Support)
    able = [model for model in list_models() if route in model.routes]
    return tuple(m.name for m in sorted(able, key=lambda m: order.index(m.routes[route].status)))
