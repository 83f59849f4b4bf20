"""Charts in files: everything that the gate reads about one person, written by hand or by another system.

The format is described for clinicians in ``docs/screening.md``. Values carry their unit, times their offset from UTC,
and nothing that is not written is assumed.
"""

from __future__ import annotations

import difflib
import os
import re
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

from ataraxy.errors import InputError
from ataraxy.exchange.instrument_file import get_instrument
from ataraxy.exchange.units import shorten
from ataraxy.exchange.yaml_place import Fields, Place, read_place
from ataraxy.exchange.yaml_text import Entries, Text, read_text_file
from ataraxy.therapy.basis_of_use import BasisOfUse, ProtocolChoice
from ataraxy.therapy.consent import Basis, Consent, ConsentElement
from ataraxy.therapy.credential import Credential, CredentialKind, Professional
from ataraxy.therapy.disorder import Diagnosis, Disorder, Severity
from ataraxy.therapy.drug import Drug
from ataraxy.therapy.fact import Fact, FactSource
from ataraxy.therapy.fact_kind import FACTS, FactKind, Form, misfit
from ataraxy.therapy.instruments.scoring import score, total_only
from ataraxy.therapy.medication import Medication
from ataraxy.therapy.patient_chart import PatientChart
from ataraxy.therapy.person import Person, Sex
from ataraxy.therapy.prior_treatment import (
    Outcome,
    PriorTreatment,
    PsychotherapyException,
    ReasonStopped,
)
from ataraxy.therapy.route import Route
from ataraxy.therapy.scale_score import ScaleScore

FORMAT = "ataraxy.chart/1"

_RECORDED = tuple(name for name, kind in FACTS.items() if kind.recorded)


@dataclass(frozen=True, slots=True)
class ChartFile:
    """A chart with the moment that it describes.

    Attributes:
        chart: what it says.
        as_of: when it was true, None where the file does not say.
    """

    chart: PatientChart
    as_of: datetime | None


def shipped_charts() -> tuple[str, ...]:
    """Return the names of the example charts that ship with Ataraxy, in alphabetical order."""
    folder = files("ataraxy") / "charts"
    return tuple(sorted(file.name[:-5] for file in folder.iterdir() if file.name.endswith(".yaml")))


def load_chart(path_or_name: str | Path) -> ChartFile:
    """Return the chart in a YAML file, or a shipped example by its name.

    Raises:
        InputError: the file cannot be read or holds no chart; the message names file, line, field and remedy.
    """
    if isinstance(path_or_name, str):
        shipped = shipped_charts()
        if path_or_name in shipped:
            text = (files("ataraxy") / "charts" / f"{path_or_name}.yaml").read_text("utf-8")
            return parse_chart(text, f"{path_or_name}.yaml")
        if re.fullmatch(r"[\w.-]+", path_or_name) and not os.path.exists(path_or_name):
            nearest = difflib.get_close_matches(path_or_name.removesuffix(".yaml"), shipped, 1)
            raise InputError(
                "this is neither a file nor the name of an example chart",
                code="file.missing",
                remedy=f'Did you mean "{nearest[0]}"?' if nearest else f"Examples are {', '.join(shipped)}",
                where=shorten(path_or_name),
            )
    path = Path(path_or_name)
    return parse_chart(read_text_file(path), str(path))


def parse_chart(text: str, where: str = "chart") -> ChartFile:
    """Return the chart that a YAML text holds; `where` names the file in messages.

    Raises:
        InputError: the codes ``yaml.*``, ``chart.*``, ``unit.*``, ``time.naive``, ``score.*`` and those of the values.
    """
    root = read_place(
        text,
        where,
        "chart",
        FORMAT,
        "as_of",
        "person",
        "protocol",
        "basis_of_use",
        "diagnoses",
        "scores",
        "treatments",
        "treatments_reviewed_at",
        "psychotherapy_exception",
        "medications",
        "medications_reviewed_at",
        "consents",
        "professionals",
        "facts_observed_at",
        "facts",
    )
    person = root.need("person").fields("id", "name", "born", "sex")
    values: dict[str, Any] = {
        "person": person.place.make(
            Person,
            {
                "id": person.need("id", "Give an opaque id, never a name").text(),
                "name": _text(person, "name"),
                "born": None if (born := person.get("born")) is None else born.day(),
                "sex": Sex.UNKNOWN if (sex := person.get("sex")) is None else sex.choice(Sex),
            },
        ),
        "diagnoses": tuple(_diagnosis(item, i) for i, item in enumerate(root.items("diagnoses"))),
        "scores": tuple(_score(item) for item in root.items("scores")),
        "treatments": tuple(_treatment(item, i) for i, item in enumerate(root.items("treatments"))),
        "medications": tuple(_medication(item, i) for i, item in enumerate(root.items("medications"))),
        "consents": tuple(_consent(item, i) for i, item in enumerate(root.items("consents"))),
        "professionals": _professionals(root.items("professionals")),
        "facts": _facts(root),
    }
    for key in ("treatments_reviewed_at", "medications_reviewed_at"):
        if (place := root.get(key)) is not None:
            values[key] = place.moment()
    if (place := root.get("protocol")) is not None:
        values["protocol"] = _protocol(place)
    if (place := root.get("basis_of_use")) is not None:
        values["basis_of_use"] = _basis(place)
    if (place := root.get("psychotherapy_exception")) is not None:
        values["psychotherapy_exception"] = _exception(place)
    as_of = root.get("as_of")
    return ChartFile(root.place.make(PatientChart, values), None if as_of is None else as_of.moment())


def _text(fields: Fields, key: str) -> str:
    place = fields.get(key)
    return "" if place is None else place.text()


def _moment(fields: Fields, key: str) -> datetime | None:
    place = fields.get(key)
    return None if place is None else place.moment()


def _source(fields: Fields, default: FactSource) -> FactSource:
    place = fields.get("source")
    return default if place is None else place.choice(FactSource)


def _protocol(place: Place) -> ProtocolChoice:
    f = place.fields("name", "version", "drug", "route")
    return place.make(
        ProtocolChoice,
        {
            "name": f.need("name").text(),
            "version": f.need("version", "Consent counts for one version: name it").text(),
            "drug": None if (drug := f.get("drug")) is None else drug.choice(Drug),
            "route": None if (route := f.get("route")) is None else route.choice(Route),
        },
    )


def _basis(place: Place) -> BasisOfUse:
    f = place.fields("kind", "trial_id", "allocation_masked")
    masked = f.get("allocation_masked")
    return place.make(
        BasisOfUse,
        {
            "kind": f.need("kind").choice(Basis),
            "trial_id": _text(f, "trial_id"),
            "allocation_masked": None if masked is None else masked.truth(),
        },
    )


def _diagnosis(place: Place, index: int) -> Diagnosis:
    f = place.fields(
        "id", "disorder", "code", "primary", "severity", "confirmed_by", "confirmed_at", "ended_at"
    )
    values: dict[str, Any] = {
        "id": _text(f, "id") or f"diagnosis-{index + 1}",
        "disorder": f.need("disorder").choice(Disorder),
        "code": _text(f, "code"),
        "confirmed_by": _text(f, "confirmed_by"),
        "confirmed_at": _moment(f, "confirmed_at"),
        "ended_at": _moment(f, "ended_at"),
    }
    if (primary := f.get("primary")) is not None:
        values["primary"] = primary.truth()
    if (severity := f.get("severity")) is not None:
        values["severity"] = severity.choice(Severity)
    return place.make(Diagnosis, values)


def _score(place: Place) -> ScaleScore:
    f = place.fields("scale", "version", "total", "answers", "at", "rater")
    name = f.need("scale")
    try:
        instrument = get_instrument(name.text())
    except InputError as error:
        raise name.refused(error.message, error.code, error.remedy) from None
    if ("total" in f) == ("answers" in f):
        raise place.refused(
            "a score is given by its total or by its answers",
            "score",
            'Write one of "total" and "answers"',
        )
    at = f.need("at", "Say when it was rated").moment()
    version = f.get("version")
    options: dict[str, Any] = {
        "at": at,
        "rater": _text(f, "rater"),
        "version": None if version is None else version.whole(),
    }
    given = f.need("total" if "total" in f else "answers")
    try:
        if "total" in f:
            total = given.in_unit("points") if re.search("[A-Za-z]", given.text()) else given.number()
            return total_only(instrument, total, **options)
        return score(instrument, [_answer(item) for item in given.items()], **options)
    except InputError as error:
        if error.where.startswith(f"{place.where}:"):
            raise
        raise given.refused(error.message, error.code, error.remedy) from None


def _answer(place: Place) -> int | None:
    return None if isinstance(place.node, Text) and place.node.is_null else place.whole()


def _treatment(place: Place, index: int) -> PriorTreatment:
    f = place.fields(
        "id",
        "drug",
        "daily_dose",
        "weeks",
        "adherence",
        "therapy",
        "sessions",
        "other",
        "for",
        "outcome",
        "stopped_for",
        "ended_on",
        "source",
        "note",
    )
    given = [key for key in ("drug", "therapy", "other") if key in f]
    if len(given) != 1:
        raise place.refused(
            "a treatment is a drug, a therapy, or something else",
            "treatment",
            'Write one of "drug", "therapy" and "other"',
        )
    kind = {"drug": "drug", "therapy": "psychotherapy", "other": "other"}[given[0]]
    values: dict[str, Any] = {
        "id": _text(f, "id") or f"treatment-{index + 1}",
        "kind": kind,
        "note": "; ".join(part for part in (_text(f, "other"), _text(f, "note")) if part),
        "source": _source(f, FactSource.PATIENT),
    }
    if kind != "other":
        values[given[0]] = f.need(given[0]).text()
    if (dose := f.get("daily_dose")) is not None:
        values["daily_dose"], values["dose_unit"] = dose.amount()
    if (weeks := f.get("weeks")) is not None:
        # 12 stands for 12 weeks, as the field says; another unit must be written
        values["weeks"] = (
            weeks.number()
            if re.fullmatch(r"[0-9.]+", weeks.text())
            else weeks.quantity("week", "weeks or days")
        )
    if (adherence := f.get("adherence")) is not None:
        values["adherence_percent"] = adherence.in_unit("%")
    if (sessions := f.get("sessions")) is not None:
        values["sessions"] = sessions.whole()
    if (purpose := f.get("for")) is not None:
        values["disorder"] = purpose.choice(Disorder)
    if (outcome := f.get("outcome")) is not None:
        values["outcome"] = outcome.choice(Outcome)
    if (reason := f.get("stopped_for")) is not None:
        values["reason_stopped"] = reason.choice(ReasonStopped)
    if (ended := f.get("ended_on")) is not None:
        values["ended_on"] = ended.day()
    return place.make(
        PriorTreatment,
        values,
        {"adherence_percent": "adherence", "disorder": "for", "reason_stopped": "stopped_for"},
    )


def _exception(place: Place) -> PsychotherapyException:
    f = place.fields("kind", "reason", "by", "on")
    return place.make(
        PsychotherapyException,
        {
            "kind": f.need("kind").text(),
            "reason": f.need("reason", "Say why in a sentence").text(),
            "by": f.need("by", "Name the clinician by their id").text(),
            "on": f.need("on").day(),
        },
    )


def _medication(place: Place, index: int) -> Medication:
    f = place.fields("id", "drug", "daily_dose", "since", "until", "classes", "classes_by", "source")
    values: dict[str, Any] = {
        "id": _text(f, "id") or f"medication-{index + 1}",
        "drug": f.need("drug").text(),
        "since": _moment(f, "since"),
        "until": _moment(f, "until"),
        "classes_by": _text(f, "classes_by"),
        "source": _source(f, FactSource.PATIENT),
    }
    if (dose := f.get("daily_dose")) is not None:
        values["daily_dose"], values["unit"] = dose.amount()
    if "classes" in f:
        if not values["classes_by"]:
            raise f.need("classes", "Write [] where none applies").refused(
                "classes are given and nobody stands for them",
                "classes-by",
                "Add classes_by: the id of the prescriber who says so",
            )
        values["classes"] = tuple(item.text() for item in f.items("classes"))
    return place.make(Medication, values)


def _consent(place: Place, index: int) -> Consent:
    f = place.fields(
        "id",
        "protocol",
        "protocol_version",
        "basis",
        "trial_id",
        "elements",
        "given_at",
        "obtained_by",
        "withdrawn_at",
        "note",
    )
    return place.make(
        Consent,
        {
            "id": _text(f, "id") or f"consent-{index + 1}",
            "protocol": f.need("protocol").text(),
            "protocol_version": f.need("protocol_version").text(),
            "basis": f.need("basis").choice(Basis),
            "trial_id": _text(f, "trial_id"),
            "elements": tuple(item.choice(ConsentElement) for item in f.need("elements").items()),
            "given_at": f.need("given_at").moment(),
            "obtained_by": f.need("obtained_by").text(),
            "withdrawn_at": _moment(f, "withdrawn_at"),
            "note": _text(f, "note"),
        },
    )


def _professionals(places: list[Place]) -> tuple[Professional, ...]:
    found: list[Professional] = []
    for place in places:
        f = place.fields("id", "role", "credentials")
        role = f.need("role")
        if role.one_of(("prescriber", "monitor")) in {who.role for who in found}:
            raise role.refused(f"there are two with the role {role.text()}", "role-twice", "Keep one of them")
        credentials = []
        for item in f.items("credentials"):
            c = item.fields("kind", "issuer", "issued_on", "valid_until")
            credentials.append(
                item.make(
                    Credential,
                    {
                        "kind": c.need("kind").choice(CredentialKind),
                        "issuer": c.need("issuer").text(),
                        "issued_on": None if (issued := c.get("issued_on")) is None else issued.day(),
                        "valid_until": None if (valid := c.get("valid_until")) is None else valid.day(),
                    },
                )
            )
        found.append(
            place.make(
                Professional,
                {"id": f.need("id").text(), "role": role.text(), "credentials": tuple(credentials)},
            )
        )
    return tuple(found)


def _facts(root: Fields) -> tuple[Fact, ...]:
    section = root.get("facts")
    if section is None:
        return ()
    default = _moment(root, "facts_observed_at")
    facts = []
    for name, place in section.fields().all():
        kind = FACTS.get(name)
        if kind is None or not kind.recorded:
            raise _no_fact(place, name, kind)
        facts.append(_fact(place, name, kind, default))
    return tuple(facts)


def _no_fact(place: Place, name: str, kind: FactKind | None) -> InputError:
    if kind is not None:
        return place.refused(
            f"{kind.title} follows from other parts of the chart",
            "fact-derived",
            f"{kind.ask}; remove this line",
        )
    nearest = difflib.get_close_matches(name, _RECORDED, 1)
    return place.refused(
        f'"{shorten(name)}" is no fact',
        "fact-unknown",
        f'Did you mean "{nearest[0]}"?' if nearest else "The page of the gate lists all facts",
    )


def _fact(place: Place, name: str, kind: FactKind, default: datetime | None) -> Fact:
    value_place, observed, source = place, default, FactSource.CLINICIAN
    if isinstance(place.node, Entries):
        f = place.fields("value", "at", "source")
        value_place = f.need("value")
        observed = _moment(f, "at") or default
        source = _source(f, FactSource.CLINICIAN)
    if observed is None:
        raise place.refused(
            f"nobody knows when {kind.title} was observed",
            "fact-time",
            "Write {value: ..., at: 2026-03-01T09:30+01:00}, or facts_observed_at for all facts",
        )
    value: bool | float | str
    match kind.form:
        case Form.TRUTH:
            value = value_place.truth()
        case Form.NUMBER:
            value = value_place.in_unit(kind.unit)
        case Form.DATE:
            value = value_place.day().isoformat()
        case _:
            value = value_place.one_of(kind.words)
    if wrong := misfit(kind, value):
        raise value_place.refused(
            f"{kind.title} is {value_place.text()}", "fact-value", f"{wrong.capitalize()}"
        )
    return place.make(
        Fact,
        {
            "name": name,
            "value": value,
            "unit": kind.unit,
            "observed_at": observed,
            "source": source,
        },
    )
