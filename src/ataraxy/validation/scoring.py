"""Which compared rows count, and why the others do not. Every rule has its reason in words."""

from __future__ import annotations

import re
from typing import Final

from ataraxy.evidence.kinetics import KineticEvidence
from ataraxy.evidence.metric import NEED_NO_DOSE, Kind
from ataraxy.evidence.observation import BASES, Observation
from ataraxy.evidence.study import Study
from ataraxy.validation.choice import Choice
from ataraxy.validation.prediction_error import fold_error

# Studies from which the assumed absorption of injections was drawn (`kinetics/injection.yaml`): comparing the
# assumption with them is no test of it.
DRAWN_FROM: Final = {
    "hirlinger1984": "the assumed absorption rate was drawn from this study",
    "clements1982": "the assumed bioavailability was taken from this study",
}
# What the drug does once it is in the blood: how it got there makes no difference.
_AFTER_ABSORPTION: Final = frozenset(
    {Kind.CLEARANCE, Kind.STEADY_STATE_VOLUME, Kind.TERMINAL_VOLUME, Kind.HALF_LIFE, Kind.TERMINAL_RATE}
)
_ASSUMED_ROUTES: Final = {"im", "sc", "sc_infusion"}
_GENOTYPE: Final = re.compile(r"\*\s*\d|cyp|genotype|allele|metaboli[sz]er", re.IGNORECASE)
_PEOPLE: Final = "(?:patients|people|volunteers|subjects|measurements|data)"
_AGAIN: Final = re.compile(
    rf"count(?:ed)? (?:it |them )?(?:once|twice)|(?:same|identical) {_PEOPLE}|{_PEOPLE} again", re.IGNORECASE
)
_CITED: Final = re.compile(r"\b([A-Z][a-z]+)\s?((?:19|20)\d{2})\b")


def why_not_scored(
    observation: Observation, study: Study, choice: Choice, evidence: KineticEvidence, predicted: float
) -> tuple[str, ...]:
    """Return the reasons why a compared row does not count; empty where it does.

    Args:
        predicted: in the observation's unit.
    """
    reasons = [*_of_basis(observation), *_of_study(observation, study)]
    kind = observation.measure.kind if observation.measure else None
    bolus = "iv_bolus" in study.routes
    if kind is Kind.PEAK and bolus and observation.time_h is None:
        reasons.append("Cmax of a bolus without a sampling time")
    if observation.value is None or fold_error(predicted, observation.value) is None:
        reasons.append("no fold error with a value of zero")
    # The site changes levels and times; F, clearance and half-life are the same wherever blood is drawn.
    if (
        not choice.site_matched
        and choice.served
        and _is_automatic_stand_in(study)
        and kind not in NEED_NO_DOSE
    ):
        reasons.append(f"no model of {study.site} samples has this route")
    if "nasal_other" in study.routes and kind not in (
        Kind.CLEARANCE,
        Kind.STEADY_STATE_VOLUME,
        Kind.HALF_LIFE,
    ):
        reasons.append("no absorption model for this nasal device; another device's is borrowed")
    if _ASSUMED_ROUTES & set(study.routes):
        reasons += _of_assumption(kind, study)
    if earlier := _counted_already(observation, study, evidence):
        reasons.append(f"probably the same people as {earlier}, counted there")
    return tuple(dict.fromkeys(reasons))


def _of_basis(observation: Observation) -> list[str]:
    why = {
        "popPK": "a model's estimate, not an observation",
        "suspect": "the number is suspect",
        "range-midpoint": "only a range was printed; the value is its midpoint",
    }
    reasons = [why[basis] for basis in observation.basis if basis in why]
    reasons += [f"basis {basis!r} is not known" for basis in observation.basis if basis not in BASES.values()]
    if not observation.basis:
        reasons.append("the basis is not stated")
    if _GENOTYPE.search(observation.group):
        reasons.append(f"people of one genotype ({observation.group})")
    return reasons


def _of_study(observation: Observation, study: Study) -> list[str]:
    reasons = []
    if study.relation == "model_estimate":
        reasons.append("the study reports a model's estimates")
    elif study.relation == "not_stated":
        reasons.append("the study's relation to the models is not stated")
    assigned = "dose-assigned" in observation.basis or any(dose.assigned for dose in study.doses)
    kind = observation.measure.kind if observation.measure else None
    if assigned and kind not in NEED_NO_DOSE:
        reasons.append("one dose was put in for a range of doses")
    return reasons


def _of_assumption(kind: Kind | None, study: Study) -> list[str]:
    if kind is Kind.BIOAVAILABILITY:
        return ["the bioavailability of this route is an assumption, not a prediction"]
    if kind in _AFTER_ABSORPTION:
        return []
    names = _plain(study.id), _plain(study.citation)
    return [why for source, why in DRAWN_FROM.items() if any(name.startswith(source) for name in names)]


def _is_automatic_stand_in(study: Study) -> bool:
    return bool({"oral_mucosal_film", "sublingual", "buccal"} & set(study.routes))


def _counted_already(observation: Observation, study: Study, evidence: KineticEvidence) -> str:
    """Return the earlier study whose people these probably are and that has the same number, else an empty text."""
    text = f"{observation.note}; {study.notes}"
    if not _AGAIN.search(text):
        return ""
    named = {_plain("".join(words)) for words in _CITED.findall(text)}
    for other in evidence.studies:
        if other.id == study.id:
            return ""
        if other.routes != study.routes or other.drug != study.drug or other.site != study.site:
            continue
        if not any(
            _plain(other.id).startswith(name) or _plain(other.citation).startswith(name) for name in named
        ):
            continue
        if any(_same_quantity(row, observation) for row in evidence.of(other.id)):
            return other.id
    return ""


def _same_quantity(one: Observation, other: Observation) -> bool:
    if one.measure is None or other.measure is None:
        return False
    first, second = one.measure, other.measure
    return (one.analyte, one.time_h, first.kind, first.window_h, first.ratio) == (
        other.analyte,
        other.time_h,
        second.kind,
        second.window_h,
        second.ratio,
    )


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())
