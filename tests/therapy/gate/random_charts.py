"""Random charts: a chart that is allowed, with some of its parts changed, lost, aged or spoilt."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from tests.therapy.gate.baseline import AT, TRIAL, allowed

from ataraxy.therapy.basis_of_use import BasisOfUse
from ataraxy.therapy.consent import Basis, ConsentElement
from ataraxy.therapy.disorder import Disorder
from ataraxy.therapy.drug import Drug
from ataraxy.therapy.fact import Fact
from ataraxy.therapy.fact_kind import FACTS, Form
from ataraxy.therapy.medication import Medication
from ataraxy.therapy.patient_chart import PatientChart
from ataraxy.therapy.prior_treatment import Outcome, PriorTreatment, PsychotherapyException
from ataraxy.therapy.route import Route
from ataraxy.therapy.scale_score import ScaleScore

Change = Callable[[random.Random, PatientChart], PatientChart]
RECORDED = [kind for kind in FACTS.values() if kind.recorded]
DRUGS = ("sertraline", "Zoloft", "Sertraline 50 MG Oral Tablet", "venlafaxine", "fluvoxamine", "buspirone",
         "clonazepam", "lamotrigine", "tranylcypromine", "methylphenidate", "oxycodone", "carbamazepine",
         "clarithromycin", "lisinopril", "metformin", "spravato", "herbal drops", "quetiapine", "phenelzine",
         "imipramine", "pregabalin", "Venlafaxine 75 MG Extended Release Capsule")  # fmt: skip
THERAPIES = ("cbt", "emdr", "exposure", "prolonged_exposure", "psychodynamic", "music")
SCALES = {"HAM-A": 56, "GAD-7": 21, "LSAS": 144, "CAPS-5": 80, "PCL-5": 80, "PHQ-9": 27}


def random_chart(seed: int) -> PatientChart:
    """The chart of a seed; the same for ever."""
    rng = random.Random(seed)
    chart = allowed(rng.choice((Disorder.GAD, Disorder.SAD, Disorder.PTSD)), rng.choice(list(Basis)))
    for _ in range(rng.choice((0, 1, 1, 2, 3, 5, 12))):
        chart = rng.choice(CHANGES)(rng, chart)
    return chart


def moment(rng: random.Random) -> datetime:
    days = rng.choice(
        (0, 1, 6, 7, 8, 13, 27, 28, 29, 30, 31, 60, 89, 90, 91, 179, 181, 364, 365, 366, 4000, -1)
    )
    return AT - timedelta(days=days, seconds=rng.choice((0, 0, 1, -1, 3600)))


def _update(chart: PatientChart, **changes: Any) -> PatientChart:
    return chart.model_copy(update=changes)


def fact(rng: random.Random, chart: PatientChart) -> PatientChart:
    kind = rng.choice(RECORDED)
    value: bool | float | str
    match kind.form:
        case Form.TRUTH:
            value = rng.random() < 0.5
        case Form.NUMBER:
            edges = (90, 91, 140, 141, 160, 161, 180, 5.9, 6, 70, 500)
            value = float(rng.choice((*edges, rng.uniform(0, 200))))
        case Form.DATE:
            value = moment(rng).date().isoformat()
        case _:
            value = rng.choice(kind.words)
    if rng.random() < 0.03:
        value = rng.choice((True, "something", 7.0))
    unit = kind.unit if rng.random() < 0.95 else rng.choice(("", "kPa", "lb"))
    when = moment(rng) if rng.random() < 0.5 else AT - timedelta(hours=1)
    new = Fact(name=kind.name, value=value, unit=unit, observed_at=when)
    keep = chart.facts if rng.random() < 0.5 else tuple(f for f in chart.facts if f.name != kind.name)
    return _update(chart, facts=(*keep, new))


def lose_fact(rng: random.Random, chart: PatientChart) -> PatientChart:
    name = rng.choice(RECORDED).name
    return _update(chart, facts=tuple(f for f in chart.facts if f.name != name))


def scale(rng: random.Random, chart: PatientChart) -> PatientChart:
    name = rng.choice(list(SCALES))
    total = float(rng.choice((10, 14, 15, 20, 21, 22, 23, 33, 34, 50, 51, rng.randint(0, SCALES[name]))))
    answers: tuple[int | None, ...] = ()
    if name == "PHQ-9" and rng.random() < 0.8:
        answers = tuple(rng.choice((0, 1, 2, 3, None)) for _ in range(9))
    keep = chart.scores if rng.random() < 0.5 else tuple(s for s in chart.scores if s.scale != name)
    when = moment(rng) if rng.random() < 0.5 else AT - timedelta(hours=3)
    return _update(chart, scores=(*keep, ScaleScore(scale=name, total=total, at=when, answers=answers)))


def lose_scale(rng: random.Random, chart: PatientChart) -> PatientChart:
    return _update(chart, scores=tuple(s for s in chart.scores if rng.random() < 0.5))


def treatment(rng: random.Random, chart: PatientChart) -> PatientChart:
    maybe = rng.random
    common: dict[str, Any] = {
        "id": f"t{rng.randint(0, 9**9)}",
        "disorder": None
        if maybe() < 0.15
        else rng.choice((chart.diagnoses or allowed().diagnoses)[0:1]).disorder
        if maybe() < 0.8
        else rng.choice(list(Disorder)),
        "outcome": None if maybe() < 0.15 else rng.choice(list(Outcome)),
    }
    if maybe() < 0.6:
        new = PriorTreatment(
            kind="drug",
            drug=rng.choice(DRUGS),
            daily_dose=None if maybe() < 0.2 else float(rng.choice((10, 20, 49, 50, 75, 150, 225))),
            dose_unit=rng.choice(("mg", "mg", "mg", "g")),
            weeks=None if maybe() < 0.2 else float(rng.choice((2, 7.9, 8, 12, 52))),
            adherence_percent=None if maybe() < 0.5 else float(rng.choice((50, 79, 80, 95))),
            **common,
        )
    elif maybe() < 0.9:
        new = PriorTreatment(
            kind="psychotherapy",
            therapy=rng.choice(THERAPIES),
            sessions=None if maybe() < 0.2 else rng.choice((2, 7, 8, 15, 16, 30)),
            **common,
        )
    else:
        new = PriorTreatment(kind="other", **common)
    keep = chart.treatments if rng.random() < 0.5 else chart.treatments[: rng.randint(0, 2)]
    return _update(chart, treatments=(*keep, new))


def lose_treatments(rng: random.Random, chart: PatientChart) -> PatientChart:
    return _update(chart, treatments=tuple(t for t in chart.treatments if rng.random() < 0.5))


def treatments_reviewed(rng: random.Random, chart: PatientChart) -> PatientChart:
    return _update(chart, treatments_reviewed_at=rng.choice((None, moment(rng))))


def exception(rng: random.Random, chart: PatientChart) -> PatientChart:
    new = PsychotherapyException(
        kind="not_available", reason="no therapist is to be had here", by="c1", on=moment(rng).date()
    )
    return _update(chart, psychotherapy_exception=rng.choice((None, new)))


def medication(rng: random.Random, chart: PatientChart) -> PatientChart:
    new = Medication(
        id=f"m{rng.randint(0, 9**9)}",
        drug=rng.choice(DRUGS),
        since=rng.choice((None, None, moment(rng))),
        until=rng.choice((None, None, moment(rng))),
        classes=rng.choice((None, None, None, (), ("opioid",))),
        classes_by="p1",
    )
    return _update(chart, medications=(*chart.medications, new))


def medications_reviewed(rng: random.Random, chart: PatientChart) -> PatientChart:
    return _update(chart, medications_reviewed_at=rng.choice((None, moment(rng))))


def consent(rng: random.Random, chart: PatientChart) -> PatientChart:
    held = chart.consents[0] if chart.consents else allowed().consents[0]
    new = held.model_copy(
        update={
            "id": f"c{rng.randint(0, 9**9)}",
            "protocol": rng.choice((held.protocol, held.protocol, "another")),
            "protocol_version": rng.choice((held.protocol_version, held.protocol_version, "2")),
            "given_at": moment(rng),
            "withdrawn_at": rng.choice((None, None, moment(rng))),
            "elements": tuple(e for e in ConsentElement if rng.random() < 0.9),
        }
    )
    if rng.random() < 0.2:
        kind = rng.choice(list(Basis))
        trial = TRIAL if kind is Basis.REGISTERED_TRIAL else ""
        new = new.model_copy(update={"basis": kind, "trial_id": trial})
    return _update(chart, consents=(*chart.consents, new) if rng.random() < 0.5 else (new,))


def lose_consents(rng: random.Random, chart: PatientChart) -> PatientChart:
    return _update(chart, consents=())


def basis(rng: random.Random, chart: PatientChart) -> PatientChart:
    kind = rng.choice(list(Basis))
    new = BasisOfUse(
        kind=kind,
        trial_id=rng.choice(("", TRIAL, "NCT0123", "ISRCTN12345678")),
        allocation_masked=rng.choice((None, True, False)),
    )
    return _update(chart, basis_of_use=rng.choice((new, new, None)))


def protocol(rng: random.Random, chart: PatientChart) -> PatientChart:
    held = allowed().protocol
    assert held is not None
    if rng.random() < 0.3:
        # what rules ask of nasal esketamine alone would hardly ever come together by chance
        spray = held.replace(drug=Drug.ESKETAMINE, route=Route.NASAL_SPRAY)
        certified = Fact(
            name="site.rems_certified", value=rng.random() < 0.5, observed_at=AT - timedelta(hours=1)
        )
        return _update(chart, protocol=spray, facts=(*chart.facts, certified))
    new = held.replace(
        drug=rng.choice((None, *Drug)),
        route=rng.choice((None, Route.NASAL_SPRAY, Route.IV_INFUSION)),
        version=rng.choice(("1", "1", "2")),
    )
    return _update(chart, protocol=rng.choice((new, new, new, None)))


def professional(rng: random.Random, chart: PatientChart) -> PatientChart:
    if not chart.professionals or rng.random() < 0.2:
        return _update(chart, professionals=chart.professionals[1:])
    index = rng.randrange(len(chart.professionals))
    who = chart.professionals[index]
    credentials = tuple(
        c.model_copy(
            update={
                "issued_on": rng.choice(
                    (None, None, AT.date() - timedelta(days=9), AT.date() + timedelta(days=1))
                ),
                "valid_until": rng.choice((c.valid_until, None, AT.date(), AT.date() - timedelta(days=1))),
            }
        )
        for c in who.credentials
        if rng.random() < 0.9
    )
    new = who.model_copy(update={"credentials": credentials})
    people = (*chart.professionals[:index], new, *chart.professionals[index + 1 :])
    return _update(chart, professionals=people)


def born(rng: random.Random, chart: PatientChart) -> PatientChart:
    days = (None, date(2008, 11, 20), date(2008, 11, 21), date(1961, 11, 20), date(1960, 11, 20), date(1960, 2, 29),
            date(2027, 1, 1), date(1990, 1, 1))  # fmt: skip
    return _update(chart, person=chart.person.model_copy(update={"born": rng.choice(days)}))


def diagnosis(rng: random.Random, chart: PatientChart) -> PatientChart:
    if rng.random() < 0.2:
        return _update(chart, diagnoses=())
    held = (chart.diagnoses or allowed().diagnoses)[0]
    new = held.model_copy(
        update={
            "id": f"d{rng.randint(0, 9**9)}",
            "disorder": rng.choice(list(Disorder)),
            "code": "",
            "primary": rng.random() < 0.7,
            "confirmed_at": rng.choice((None, moment(rng))),
            "ended_at": rng.choice((None, None, moment(rng))),
        }
    )
    return _update(chart, diagnoses=(*chart.diagnoses, new) if rng.random() < 0.5 else (new,))


CHANGES: tuple[Change, ...] = (
    fact, fact, fact, fact, fact, lose_fact, scale, scale, lose_scale, treatment, treatment, lose_treatments,
    treatments_reviewed, exception, medication, medication, medications_reviewed, consent, lose_consents, basis,
    protocol, professional, born, diagnosis,
)  # fmt: skip
