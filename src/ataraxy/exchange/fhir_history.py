"""A person's history as another system exports it (FHIR R4), read into a chart.

What the history does not say stays unknown: a list of prescriptions tells neither dose held, nor weeks, nor outcome, so
a treatment that is read here counts as adequate only once somebody has asked. Nothing in a history is taken for a
consent, a review of all treatments, or a confirmed diagnosis.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any, Final

from pydantic import ValidationError

from ataraxy.errors import InputError
from ataraxy.therapy.disorder import Diagnosis, Disorder, disorder_of
from ataraxy.therapy.fact import Fact, FactSource
from ataraxy.therapy.fact_kind import FACTS
from ataraxy.therapy.medication import Medication
from ataraxy.therapy.moment import aware
from ataraxy.therapy.patient_chart import PatientChart
from ataraxy.therapy.person import Person, Sex
from ataraxy.therapy.prior_treatment import PriorTreatment, ReasonStopped
from ataraxy.therapy.refusal import Refusal
from ataraxy.therapy.scale_score import ScaleScore

# Antidepressants, which are treatments of these disorders as well as drugs that are taken. INN names.
ANTIDEPRESSANTS: Final = frozenset(
    {
        "sertraline",
        "escitalopram",
        "citalopram",
        "paroxetine",
        "fluoxetine",
        "fluvoxamine",
        "venlafaxine",
        "desvenlafaxine",
        "duloxetine",
        "mirtazapine",
        "bupropion",
        "buspirone",
        "clomipramine",
        "imipramine",
        "amitriptyline",
        "nortriptyline",
        "phenelzine",
    }
)
# SNOMED CT findings that say something about a fact of the gate; what only may say so is left for a clinician.
FINDINGS: Final[Mapping[str, tuple[str, bool | str]]] = MappingProxyType(
    {
        "6525002": ("substance.use_disorder", "active"),  # Dependent drug abuse
        "7200002": ("substance.use_disorder", "active"),  # Alcoholism
        "5602001": ("substance.use_disorder", "active"),  # Opioid abuse
        "55680006": ("substance.use_disorder", "active"),  # Drug overdose
        "13746004": ("history.mania_or_bipolar", True),  # Bipolar disorder
        "58214004": ("history.psychosis", "current"),  # Schizophrenia
        "110030002": ("history.traumatic_brain_injury", True),  # Concussion injury of brain
        "127295002": ("history.traumatic_brain_injury", True),  # Traumatic brain injury
        "274100004": ("history.intracerebral_haemorrhage", True),  # Cerebral haemorrhage
        "128609009": ("history.aneurysm_or_avm", True),  # Intracranial aneurysm
        "233985008": ("history.aneurysm_or_avm", True),  # Abdominal aortic aneurysm
    }
)
# LOINC codes of what is measured, with the fact and its unit in UCUM.
MEASURED: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "8480-6": ("vitals.systolic", "mm[Hg]"),
        "8462-4": ("vitals.diastolic", "mm[Hg]"),
        "29463-7": ("vitals.weight", "kg"),
        "8302-2": ("vitals.height", "cm"),
    }
)
# LOINC codes of totals of rating scales, with their range.
SCALES: Final[Mapping[str, tuple[str, float]]] = MappingProxyType(
    {"70274-6": ("GAD-7", 21.0), "44261-6": ("PHQ-9", 27.0)}
)
_INGREDIENT: Final = re.compile(r"^(?:\d+ HR )?([A-Za-z][A-Za-z -]*?)(?= \d| \(|/|$)")


@dataclass(frozen=True, slots=True)
class History:
    """What was read.

    Attributes:
        chart: of the person.
        read: how many resources of each type said something.
        left_out: how many of each type said nothing that a chart holds, or could not be read.
    """

    chart: PatientChart
    read: Mapping[str, int]
    left_out: Mapping[str, int]


def read_history(bundle: Mapping[str, Any], where: str = "history") -> History:
    """Return the chart that a FHIR R4 bundle of one person holds.

    Args:
        bundle: parsed JSON, an object.
        where: names it in messages.

    Raises:
        InputError: ``fhir.bundle``: it is no bundle, or not of exactly one person.
    """
    if bundle.get("resourceType") != "Bundle":
        raise InputError("this is no FHIR bundle", code="fhir.bundle", remedy="Export a Bundle", where=where)
    resources = [r for entry in _list(bundle.get("entry")) if isinstance(r := entry.get("resource"), Mapping)]
    people = [r for r in resources if r.get("resourceType") == "Patient"]
    if len(people) != 1:
        raise InputError(
            f"the bundle holds {len(people)} people",
            code="fhir.bundle",
            remedy="Export one person at a time",
            where=where,
        )
    reader = _Reader()
    for resource in resources:
        reader.take(resource)
    return History(reader.chart(people[0]), dict(reader.read), dict(reader.left_out))


class _Reader:
    def __init__(self) -> None:
        self.diagnoses: dict[Disorder, Diagnosis] = {}
        self.facts: list[Fact] = []
        self.scores: list[ScaleScore] = []
        self.prescribed: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
        self.read: Counter[str] = Counter()
        self.left_out: Counter[str] = Counter()

    def take(self, resource: Mapping[str, Any]) -> None:
        kind = str(resource.get("resourceType"))
        readers = {
            "Condition": self._condition,
            "Observation": self._observation,
            "MedicationRequest": self._medication,
            "MedicationStatement": self._medication,
        }
        if kind not in readers:
            return
        try:
            said = readers[kind](resource)
        except (ValidationError, InputError, KeyError, TypeError, ValueError, AttributeError):
            said = False
        (self.read if said else self.left_out)[kind] += 1

    def _condition(self, resource: Mapping[str, Any]) -> bool:
        at = _moment(resource.get("onsetDateTime") or resource.get("recordedDate"))
        ended = _moment(resource.get("abatementDateTime"))
        said = False
        for code in _codes(resource.get("code")):
            disorder = disorder_of(code)
            if disorder is not Disorder.OTHER:
                held = self.diagnoses.get(disorder)
                if held is None or held.ended_at is not None:
                    self.diagnoses[disorder] = Diagnosis(
                        id=disorder.value.lower(), disorder=disorder, ended_at=ended
                    )
                said = True
            if code in FINDINGS and at is not None:
                name, value = FINDINGS[code]
                if name == "substance.use_disorder" and ended is not None:
                    value = "past"
                if name == "history.psychosis" and ended is not None:
                    value = "past"
                self._fact(name, value, at)
                said = True
        return said

    def _observation(self, resource: Mapping[str, Any]) -> bool:
        at = _moment(resource.get("effectiveDateTime") or resource.get("issued"))
        if at is None or resource.get("status") in ("entered-in-error", "cancelled"):
            return False
        said = False
        for part in (resource, *_list(resource.get("component"))):
            quantity = part.get("valueQuantity")
            if not isinstance(quantity, Mapping) or not isinstance(quantity.get("value"), int | float):
                continue
            for code in _codes(part.get("code")):
                if code in MEASURED:
                    name, unit = MEASURED[code]
                    given = str(quantity.get("code") or quantity.get("unit") or "")
                    # another unit is kept as it is: the gate says that it is the wrong one
                    self._fact(
                        name,
                        round(float(quantity["value"]), 2),
                        at,
                        FACTS[name].unit if given == unit else given,
                    )
                    said = True
                if code in SCALES:
                    scale, highest = SCALES[code]
                    total = float(quantity["value"])
                    if 0 <= total <= highest:
                        self.scores.append(ScaleScore(scale=scale, total=total, at=at))
                        said = True
        return said

    def _medication(self, resource: Mapping[str, Any]) -> bool:
        concept = resource.get("medicationCodeableConcept")
        at = _moment(
            resource.get("authoredOn")
            or resource.get("effectiveDateTime")
            or (resource.get("effectivePeriod") or {}).get("start")
        )
        if not isinstance(concept, Mapping) or at is None:
            return False
        names = [str(coding.get("display", "")) for coding in _list(concept.get("coding"))]
        name = _ingredient(next((n for n in (*names, str(concept.get("text", ""))) if n), ""))
        if not name:
            return False
        self.prescribed[name].append((at, str(resource.get("status", ""))))
        return True

    def _fact(self, name: str, value: bool | str | float, at: datetime, unit: str = "") -> None:
        self.facts.append(Fact(name=name, value=value, unit=unit, observed_at=at, source=FactSource.RECORD))

    def chart(self, patient: Mapping[str, Any]) -> PatientChart:
        born = str(patient.get("birthDate") or "")
        sex = {"female": Sex.FEMALE, "male": Sex.MALE}.get(str(patient.get("gender")), Sex.UNKNOWN)
        medications, treatments = [], []
        for number, (name, requests) in enumerate(sorted(self.prescribed.items())):
            first, last = min(requests), max(requests)
            goes_on = last[1] == "active"
            medications.append(
                Medication(
                    id=f"m{number}",
                    drug=name,
                    since=first[0],
                    until=None if goes_on else last[0],
                    source=FactSource.RECORD,
                )
            )
            if name.lower() in ANTIDEPRESSANTS:
                treatments.append(
                    PriorTreatment(
                        id=f"t{number}",
                        kind="drug",
                        drug=name,
                        reason_stopped=ReasonStopped.ONGOING if goes_on else None,
                        ended_on=None if goes_on else last[0].date(),
                        source=FactSource.RECORD,
                    )
                )
        return PatientChart(
            person=Person(
                id=_opaque(patient.get("id")),
                born=date.fromisoformat(born) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", born) else None,
                sex=sex,
            ),
            diagnoses=tuple(self.diagnoses.values()),
            facts=tuple(sorted(self.facts, key=lambda fact: fact.observed_at)),
            scores=tuple(sorted(self.scores, key=lambda score: score.at)),
            medications=tuple(medications),
            treatments=tuple(treatments),
        )


def _ingredient(display: str) -> str:
    found = _INGREDIENT.match(display.strip())
    return found.group(1).strip().lower() if found else ""


def _opaque(id_: object) -> str:
    text = re.sub(r"[^0-9A-Za-z]", "", str(id_ or ""))
    return text[:64] or "history"


def _codes(concept: object) -> Iterator[str]:
    if isinstance(concept, Mapping):
        for coding in _list(concept.get("coding")):
            if coding.get("code"):
                yield str(coding["code"])


def _list(value: object) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _moment(text: object) -> datetime | None:
    if not isinstance(text, str) or not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    try:
        # a day without a time: its beginning
        return aware(found if found.tzinfo else found.replace(tzinfo=UTC))
    except Refusal:
        return None
