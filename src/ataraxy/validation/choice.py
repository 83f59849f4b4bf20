"""Which model predicts a study: the one whose sampling site is the study's, and that serves its routes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ataraxy.evidence.study import Study
from ataraxy.pharmacology.kinetics import Support, get_model
from ataraxy.therapy.route import Route

AUTO: Final = "auto"
SECOND_OPINION: Final = {"arterial": "kamp-2020"}
"""A second model for studies of a site; its rows stand in a table of their own."""

ROUTE_OF: Final[dict[str, Route]] = {
    "iv_infusion": Route.IV_INFUSION,
    "iv_bolus": Route.IV_BOLUS,
    "sc_infusion": Route.SC_INFUSION,
    "sc": Route.SC,
    "im": Route.IM,
    "nasal_spray": Route.NASAL_SPRAY,
    "nasal_other": Route.NASAL_SPRAY,
    "oral": Route.ORAL_SOLUTION,
    "oral_mucosal_film": Route.FILM,
    "sublingual": Route.SUBLINGUAL,
    "buccal": Route.BUCCAL,
}
"""Routes of the evidence that a model can be asked for; the others (rectal, prolonged release) have none."""

_INTRAVENOUS = {Route.IV_INFUSION, Route.IV_BOLUS}
_MUCOSAL = {Route.FILM, Route.SUBLINGUAL, Route.BUCCAL}
_SWALLOWED_OR_SPRAYED = {Route.NASAL_SPRAY, Route.ORAL_SOLUTION}


@dataclass(frozen=True, slots=True)
class Choice:
    """The model for a study, or why there is none.

    Attributes:
        model: its name; None where no model can be used for the study as a whole.
        reason: why the study, or its time course, cannot be simulated; empty where it can.
        served: whether the model serves all routes of the doses. Where it does not, only what does not depend on
            a route (clearance, volumes) can be compared.
        site_matched: whether the model stands for the site at which the study drew blood, or the site is unknown.
        flags: what was assumed.
    """

    model: str | None
    reason: str = ""
    served: bool = True
    site_matched: bool = True
    flags: tuple[str, ...] = ()


def choose_model(study: Study, requested: str = AUTO) -> Choice:
    """Return the model for a study.

    Args:
        requested: ``auto``, or the name of a model to use for every study whatever its site.

    Raises:
        InputError: there is no model of the requested name (``kinetics.unknown-model``).
    """
    if requested != AUTO:
        get_model(requested)
    if study.children:
        return Choice(None, "children: every model here is of adults", served=False)
    routes = [ROUTE_OF[route] for route in study.routes if route in ROUTE_OF]
    unserved = [route for route in study.routes if route not in ROUTE_OF]
    name = requested if requested != AUTO else _automatic(study, routes)
    model = get_model(name)
    flags = list(study.flags)
    if requested == AUTO and study.site == "unknown" and model.site != "unknown":
        flags.append(f"site assumed: {model.site}")
    elif study.site == "unknown":
        flags.append("site assumed: that of the model, which is not stated either")
    matched = study.site == "unknown" or model.site == study.site
    if not matched:
        flags.append(f"{study.site} samples against a model of site {model.site}")
    for route in dict.fromkeys(routes):
        support = model.routes.get(route)
        if support is not None and support.status is not Support.PUBLISHED:
            flags.append(f"absorption {support.status.value}: {support.note}")
    if "nasal_other" in study.routes:
        flags.append("borrowed device: esketamine's spray stands in for an unnamed one")
    if study.weight_kg is None:
        flags.append("weight assumed: 70 kg")
    reason = ""
    if not study.doses:
        reason = "no dose is given, so the route is not known"
    elif unserved:
        reason = f"no model here has absorption for the route {unserved[0]}"
    elif absent := [route for route in routes if route not in model.routes]:
        reason = f"{name} has no absorption for {absent[0].label}"
    return Choice(name, reason, not reason, matched, tuple(dict.fromkeys(flags)))


def _automatic(study: Study, routes: list[Route]) -> str:
    absorbed = [route for route in routes if route not in _INTRAVENOUS]
    if study.site == "arterial" or any(route in _MUCOSAL for route in absorbed):
        # No other model has mucosal absorption; for venous samples `site_matched` is then False.
        return "simons-2022"
    if study.site == "unknown" and any(route in _SWALLOWED_OR_SPRAYED for route in absorbed):
        return "perez-ruixo-2021"
    return "otto-2021"
