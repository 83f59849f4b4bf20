"""One published study: who was given what, when, and where the blood was drawn."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from ataraxy.evidence.cells import read_member, read_positive, read_text, refuse, shown
from ataraxy.evidence.unit import MASS, MASS_RATE, parse_unit
from ataraxy.evidence.yaml_list import LINE

StudyDrug = Literal["S", "R", "racemic"]
Site = Literal["arterial", "venous", "unknown"]
Relation = Literal["independent", "own_data", "model_estimate", "not_stated"]

# Spelling -> route. Those of the header of pk_studies.yaml first, then other words for them, then routes that no
# model here describes: a study of one of them is read, and its rows are listed as not simulated.
ROUTES: Final[Mapping[str, str]] = {
    "iv_infusion": "iv_infusion",
    "iv_bolus": "iv_bolus",
    "sc_infusion": "sc_infusion",
    "sc": "sc",
    "im": "im",
    "nasal_spray": "nasal_spray",
    "nasal_other": "nasal_other",
    "oral": "oral",
    "oral_prolonged_release": "oral_prolonged_release",
    "oral_mucosal_film": "oral_mucosal_film",
    "sublingual": "sublingual",
    "buccal": "buccal",
    "rectal": "rectal",
    "inhaled": "inhaled",
    "other": "other",
    "infusion": "iv_infusion",
    "intravenous_infusion": "iv_infusion",
    "bolus": "iv_bolus",
    "intravenous_bolus": "iv_bolus",
    "iv_injection": "iv_bolus",
    "subcutaneous": "sc",
    "sc_injection": "sc",
    "subcutaneous_infusion": "sc_infusion",
    "intramuscular": "im",
    "im_injection": "im",
    "nasal": "nasal_other",
    "intranasal": "nasal_other",
    "nasal_drops": "nasal_other",
    "po": "oral",
    "oral_solution": "oral",
    "oral_immediate_release": "oral",
    "oral_pr": "oral_prolonged_release",
    "oral_extended_release": "oral_prolonged_release",
    "film": "oral_mucosal_film",
    "oral_thin_film": "oral_mucosal_film",
    "lozenge": "sublingual",
    "wafer": "sublingual",
    "inhalation": "inhaled",
    "epidural": "other",
    "caudal": "other",
    "intrathecal": "other",
    "intraperitoneal": "other",
    "intraosseous": "other",
    "topical": "other",
    "transdermal": "other",
}
_DRUGS: Final[Mapping[str, str]] = {
    "s": "S",
    "r": "R",
    "racemic": "racemic",
    "rac": "racemic",
    "racemate": "racemic",
    "ketamine": "racemic",
    "racemic_ketamine": "racemic",
    "esketamine": "S",
    "s_ketamine": "S",
    "(s)_ketamine": "S",
    "arketamine": "R",
    "r_ketamine": "R",
    "(r)_ketamine": "R",
}
_RELATIONS: Final[Mapping[str, str]] = {
    "independent": "independent",
    "own_data": "own_data",
    "model_estimate": "model_estimate",
    "": "not_stated",
}
_SITES: Final = ("arterial", "venous", "unknown")
DEVICE_MG: Final = 28.0
"""Esketamine base in one device of the marketed spray (header of pk_studies.yaml)."""

_DOSE_FIELDS: Final = {
    "time_h", "time_min", "route", "amount", "unit", "duration_min", "duration_h", "devices", "dose_assigned",
    "note", "salt", "basis", "repeats", "every_h", LINE,
}  # fmt: skip
_STUDY_FIELDS: Final = {
    "id", "citation", "url", "drug", "relation", "site", "population", "n", "doses", "weight_kg", "age_y",
    "ancestry", "children", "note", "title", "doi", "pmid", "sex", "height_cm", LINE,
}  # fmt: skip
# "oral 5 or 10 mg/kg, 1-8 y" is not enough to call somebody a child; these words are.
_CHILD = re.compile(
    r"\b(?:child(?:ren)?|p(?:a)?ediatric|infants?|neonat\w+|toddlers?|preschool\w*)\b", re.IGNORECASE
)
ADULT_FROM_YEARS: Final = 18.0
# Beyond these a number is a slip of the pen, and no model can do anything with it.
MOST_HOURS: Final = 10 * 8766.0
MOST_MG: Final = 1e5
MOST_MG_PER_KG: Final = 1e4
MOST_KG: Final = 650.0
MOST_YEARS: Final = 130.0
MOST_PEOPLE: Final = 1e9
MOST_DEVICES: Final = 1000


@dataclass(frozen=True, slots=True)
class GivenDose:
    """One dose as it was given.

    Attributes:
        time_h: start, in hours from the start of the study.
        route: a canonical name of `ROUTES`.
        amount: mg, or mg per kg; None where the source does not tell it.
        per_kg: whether `amount` is per kg of body weight.
        duration_h: length; 0 for what is given at one moment, None for an infusion of unknown length.
        devices: number of nasal devices that hold the amount; None where not stated.
        assigned: a range was reported and one dose was put in for it.
        hydrochloride: the mg count the hydrochloride and not the base.
        note: as in the file.
    """

    time_h: float
    route: str
    amount: float | None
    per_kg: bool = False
    duration_h: float | None = 0.0
    devices: int | None = None
    assigned: bool = False
    hydrochloride: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Study:
    """One study.

    Attributes:
        id: the name that observations refer to.
        drug: "S", "R" or "racemic".
        relation: whether a model of this package was estimated on it.
        site: where blood was drawn.
        n: people, None where not stated.
        doses: in the order of the file, repeats written out.
        weight_kg: mean body weight, None where not stated.
        age_y: mean age, None where not stated.
        ancestry: "asian", "japanese" or "other"; None where nothing tells it.
        children: whether the people were children.
        flags: what the reader assumed or did not use, for those who read the result.
    """

    id: str
    citation: str
    url: str
    drug: StudyDrug
    relation: Relation
    site: Site
    population: str
    n: int | None
    doses: tuple[GivenDose, ...]
    weight_kg: float | None = None
    age_y: float | None = None
    ancestry: str | None = None
    children: bool = False
    note: str = ""
    flags: tuple[str, ...] = field(default=())

    @property
    def routes(self) -> tuple[str, ...]:
        """Return the routes of the doses, each once, in order."""
        return tuple(dict.fromkeys(dose.route for dose in self.doses))

    @property
    def notes(self) -> str:
        """Return all free text of the study and its doses in one line."""
        return "; ".join(filter(None, (self.note, *(dose.note for dose in self.doses))))


def read_study(content: Any, file: str) -> Study:
    """Return the study in one mapping of ``pk_studies.yaml``.

    Fields that are not known are left aside and named in `Study.flags`, so that a directory may carry more than
    this package reads.

    Raises:
        InputError: naming file, line, study and field.
    """
    if not isinstance(content, dict):
        raise refuse(
            "study-malformed", file, f"{shown(str(content))} is not a study", "Begin each study with '- id:'"
        )
    line = content.get(LINE, "?")
    identity = read_text(content.get("id"))
    if not identity:
        raise refuse(
            "field-missing", f"{file}:{line}: field id", "the study has no id", "Give it a unique id"
        )
    where = f"{file}:{line}: study {identity[:60]}"
    drug = read_member(content.get("drug"), _DRUGS, f"{where}: field drug", "drug", "unknown-drug")
    relation = read_member(
        content.get("relation"), _RELATIONS, f"{where}: field relation", "relation", "unknown-relation"
    )
    flags = []
    if relation == "not_stated":
        flags.append("relation not stated: never scored")
    printed_site = read_text(content.get("site")).lower()
    site = next((name for name in _SITES if name == printed_site), "unknown")
    if printed_site != site:
        flags.append(f"site {shown(printed_site or 'not stated')} taken as unknown")
    given = content.get("doses") or []
    if not isinstance(given, list):
        raise refuse(
            "field-malformed",
            f"{where}: field doses",
            "doses is not a list",
            "Begin each dose with '- time_h:'",
        )
    doses: list[GivenDose] = []
    for item in given:
        some, unused = _read_doses(item, file, identity)
        doses += some
        flags += unused
    ignored = sorted(str(key) for key in set(content) - _STUDY_FIELDS)
    flags += [f"field {key} of the study is not used" for key in ignored]
    population = read_text(content.get("population"))
    age = read_positive(content.get("age_y"), f"{where}: field age_y", most=MOST_YEARS)
    ancestry, read_from_text = _ancestry(content.get("ancestry"), population, where)
    if read_from_text:
        flags.append(f"ancestry {ancestry} read from the population's description")
    n = read_positive(content.get("n"), f"{where}: field n", most=MOST_PEOPLE)
    children = content.get("children")
    return Study(
        id=identity,
        citation=read_text(content.get("citation")),
        url=read_text(content.get("url")),
        drug=drug,  # type: ignore[arg-type]
        relation=relation,  # type: ignore[arg-type]
        site=site,  # type: ignore[arg-type]
        population=population,
        n=None if n is None else int(n),
        doses=tuple(doses),
        weight_kg=read_positive(content.get("weight_kg"), f"{where}: field weight_kg", most=MOST_KG),
        age_y=age,
        ancestry=ancestry,
        children=_are_children(children, age, population),
        note=read_text(content.get("note")),
        flags=tuple(dict.fromkeys(flags)),
    )


def _are_children(stated: Any, age_y: float | None, population: str) -> bool:
    if stated is not None:
        return read_text(stated).lower() not in ("", "false", "no", "0", "none")
    if age_y is not None:
        return age_y < ADULT_FROM_YEARS
    # "index terms run from child to middle age" describes a mixed group, mostly adults.
    words = population.split(";")[0]
    return bool(_CHILD.search(words)) and not re.search(r"\badults?\b", words, re.IGNORECASE)


def _ancestry(stated: Any, population: str, where: str) -> tuple[str | None, bool]:
    if read_text(stated):
        names = {
            "asian": "asian",
            "japanese": "japanese",
            "other": "other",
            "caucasian": "other",
            "white": "other",
        }
        return read_member(stated, names, f"{where}: field ancestry", "ancestry", "unknown-ancestry"), False
    text = population.lower()
    if "japanese" in text and "non-japanese" not in text:
        return "japanese", True
    if re.search(r"\b(?:chinese|korean|taiwanese|asian)\b", text):
        return "asian", True
    return None, False


def _read_doses(content: Any, file: str, study: str) -> tuple[list[GivenDose], list[str]]:
    if not isinstance(content, dict):
        raise refuse(
            "field-malformed",
            f"{file}: study {study}",
            f"{shown(str(content))} is not a dose",
            "Give time_h, route, amount, unit",
        )
    where = f"{file}:{content.get(LINE, '?')}: study {study}: field "
    duration = _duration_h(content, where)
    printed = read_text(content.get("route"))
    if printed.lower() in ("iv", "intravenous"):
        printed = "iv_infusion" if duration else "iv_bolus"
    route = read_member(printed, ROUTES, f"{where}route", "route", "unknown-route")
    start = read_positive(content.get("time_h"), f"{where}time_h", zero=True, most=MOST_HOURS)
    if start is None:
        minutes = read_positive(content.get("time_min"), f"{where}time_min", zero=True, most=60 * MOST_HOURS)
        start = 0.0 if minutes is None else minutes / 60.0
    infused = route in ("iv_infusion", "sc_infusion")
    amount, per_kg = _amount(content, duration, where)
    most = MOST_MG_PER_KG if per_kg else MOST_MG
    if amount is not None and not 0.0 < amount <= most:
        unit = "mg/kg" if per_kg else "mg"
        raise refuse(
            "out-of-range", f"{where}amount", f"{amount:g} {unit} is out of range", f"Give up to {most:g}"
        )
    devices = read_positive(content.get("devices"), f"{where}devices", most=MOST_DEVICES)
    if devices is not None and devices != int(devices):
        raise refuse("out-of-range", f"{where}devices", f"{devices:g} devices", "Give a whole number")
    salt = read_text(content.get("salt") or content.get("basis")).lower()
    dose = GivenDose(
        time_h=start,
        route=route,
        amount=amount,
        per_kg=per_kg,
        duration_h=(duration or None) if infused else (duration or 0.0),
        devices=None if devices is None else int(devices),
        assigned=content.get("dose_assigned") is True
        or read_text(content.get("dose_assigned")).lower() in ("yes", "true"),
        hydrochloride=salt in ("hydrochloride", "hcl"),
        note=read_text(content.get("note")),
    )
    unused = [
        f"field {key} of a dose is not used" for key in sorted(str(k) for k in set(content) - _DOSE_FIELDS)
    ]
    repeats = read_positive(content.get("repeats"), f"{where}repeats")
    every = read_positive(content.get("every_h"), f"{where}every_h", most=MOST_HOURS)
    if repeats is None or repeats == 1:
        return [dose], unused
    if every is None or repeats != int(repeats) or repeats > 10_000:
        raise refuse(
            "field-malformed",
            f"{where}repeats",
            f"repeats is {repeats:g}",
            "Give a whole number, with every_h beside it",
        )
    if start + (repeats - 1) * every > MOST_HOURS:
        raise refuse(
            "out-of-range", f"{where}repeats", "the doses go on for more than ten years", "Give fewer repeats"
        )
    return [replace(dose, time_h=start + i * every) for i in range(int(repeats))], unused


def _duration_h(content: Mapping[str, Any], where: str) -> float | None:
    hours = read_positive(content.get("duration_h"), f"{where}duration_h", zero=True, most=MOST_HOURS)
    minutes = read_positive(
        content.get("duration_min"), f"{where}duration_min", zero=True, most=60 * MOST_HOURS
    )
    if hours is not None and minutes is not None and abs(hours - minutes / 60.0) > 1e-6:
        raise refuse(
            "field-malformed",
            f"{where}duration_min",
            "duration_min and duration_h do not agree",
            "Give one of them",
        )
    return hours if hours is not None else None if minutes is None else minutes / 60.0


def _amount(content: Mapping[str, Any], duration_h: float | None, where: str) -> tuple[float | None, bool]:
    """Return mg or mg per kg, and whether it is per kg. A rate is multiplied by its duration."""
    number = read_positive(content.get("amount"), f"{where}amount")
    text = read_text(content.get("unit"))
    if number is None:
        return None, False
    if not text:
        raise refuse("unit-missing", f"{where}unit", "the amount has no unit", "Give mg or mg/kg")
    unit = parse_unit(text)
    if unit is None or unit.dimension.amount:
        raise refuse(
            "unknown-unit", f"{where}unit", f"the unit {shown(text)} is not known", "Give mg or mg/kg"
        )
    per_kg = unit.dimension.weight == -1
    if unit.fits(MASS) and not unit.of_70_kg:
        return number * unit.factor, per_kg
    if unit.fits(MASS_RATE) and not unit.of_70_kg:
        if not duration_h:
            raise refuse(
                "unknown-unit",
                f"{where}unit",
                f"a rate in {shown(text)} has no duration",
                "Give duration_min, or the amount in mg",
            )
        return number * unit.factor * duration_h, per_kg
    raise refuse("unknown-unit", f"{where}unit", f"{shown(text)} is not a unit of a dose", "Give mg or mg/kg")
