"""Changes of a chart after which one comparison holds, or does not hold. Made from the comparison itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from tests.therapy.gate.baseline import AT, MAIN_SCALE, TRIAL, allowed, rules, with_fact

from ataraxy.therapy.basis_of_use import BasisOfUse
from ataraxy.therapy.consent import Basis, ConsentElement
from ataraxy.therapy.credential import Professional
from ataraxy.therapy.disorder import Disorder
from ataraxy.therapy.drug import Drug
from ataraxy.therapy.fact_kind import FACTS, scale_of
from ataraxy.therapy.medication import Medication
from ataraxy.therapy.patient_chart import PatientChart
from ataraxy.therapy.prior_treatment import PriorTreatment
from ataraxy.therapy.route import Route
from ataraxy.therapy.rule import Condition, Operator
from ataraxy.therapy.scale_score import ScaleScore

Value = bool | float | str | tuple[str, ...]


def changed(chart: PatientChart, condition: Condition, *, holds: bool) -> PatientChart:
    """The chart after a change that makes a comparison hold, or not hold."""
    value = _value(condition, holds)
    kind = FACTS.get(condition.fact)
    if kind is not None and kind.recorded:
        assert not isinstance(value, tuple)
        if condition.fact == "substance.use_disorder" and value == "past":
            chart = with_fact(chart, "substance.months_free", 24.0)
        return with_fact(chart, condition.fact, value)
    scale = scale_of(condition.fact)
    if scale is not None:
        assert isinstance(value, float)
        return _scored(chart, *scale, value)
    if condition.fact == "consent.elements":
        assert isinstance(condition.value, tuple)
        return _elements(chart, condition.value, holds)
    return _DERIVED[condition.fact](chart, value)


def _value(condition: Condition, holds: bool) -> Value:
    """A value of the fact for which the comparison holds, or does not."""
    wanted = condition.value
    kind = FACTS.get(condition.fact)
    words = kind.words if kind is not None else ()
    match condition.operator:
        case Operator.IS | Operator.IS_NOT:
            same = holds == (condition.operator is Operator.IS)
            if isinstance(wanted, bool):
                return wanted if same else not wanted
            assert isinstance(wanted, str)
            # the first other word is the harmless one, or none where the fact is worse without it
            return wanted if same else next(w for w in words if w != wanted)
        case Operator.ONE_OF | Operator.NONE_OF:
            assert isinstance(wanted, tuple)
            inside = holds == (condition.operator is Operator.ONE_OF)
            return next(w for w in words if (w in wanted) == inside)
        case Operator.AT_LEAST | Operator.BELOW:
            high = holds == (condition.operator is Operator.AT_LEAST)
            return float(wanted) if high else float(wanted) - 1  # type: ignore[arg-type]
        case Operator.ABOVE | Operator.AT_MOST:
            high = holds == (condition.operator is Operator.ABOVE)
            return float(wanted) + 1 if high else float(wanted)  # type: ignore[arg-type]
        case Operator.WITHIN_DAYS | Operator.NOT_WITHIN_DAYS:
            near = holds == (condition.operator is Operator.WITHIN_DAYS)
            days = int(wanted) if near else int(wanted) + 1  # type: ignore[arg-type]
            return (AT.date() - timedelta(days=days)).isoformat()
        case Operator.INCLUDES_ALL:
            assert isinstance(wanted, tuple)
            return wanted if holds else wanted[1:]
        case Operator.INCLUDES_ANY:
            assert isinstance(wanted, tuple)
            return wanted[:1] if holds else ()
        case Operator.COUNT_AT_LEAST:
            return float(wanted) if holds else float(wanted) - 1  # type: ignore[arg-type]
        case _:
            raise NotImplementedError(condition.operator)


def _scored(chart: PatientChart, scale: str, item: int | None, value: float) -> PatientChart:
    kept = tuple(s for s in chart.scores if s.scale != scale)
    at = AT - timedelta(hours=2)
    if item is None:
        return chart.replace(scores=(*kept, ScaleScore(scale=scale, total=value, at=at)))
    answers = [0] * 9
    answers[item - 1] = int(value)
    return chart.replace(scores=(*kept, ScaleScore(scale=scale, total=value, at=at, answers=tuple(answers))))


def _basis(chart: PatientChart, value: Value) -> PatientChart:
    assert isinstance(value, str)
    trial = allowed(basis=Basis(value))
    return chart.replace(basis_of_use=trial.basis_of_use, consents=trial.consents)


def _trial_id(chart: PatientChart, value: Value) -> PatientChart:
    number = TRIAL if value == "registered" else "our own study"
    assert chart.basis_of_use is not None
    return chart.replace(
        basis_of_use=chart.basis_of_use.replace(trial_id=number),
        consents=tuple(c.replace(trial_id=number) for c in chart.consents),
    )


def _masked(chart: PatientChart, value: Value) -> PatientChart:
    return chart.replace(
        basis_of_use=BasisOfUse(kind=Basis.REGISTERED_TRIAL, trial_id=TRIAL, allocation_masked=bool(value))
    )


def _drug(chart: PatientChart, value: Value) -> PatientChart:
    assert chart.protocol is not None
    return chart.replace(protocol=chart.protocol.replace(drug=Drug(value)))


def _route(chart: PatientChart, value: Value) -> PatientChart:
    assert chart.protocol is not None
    return chart.replace(protocol=chart.protocol.replace(route=Route(value)))


def _standing(chart: PatientChart, value: Value) -> PatientChart:
    consent = chart.consents[0]
    if value == "current":
        return chart
    # what is the first word that is not current: withdrawn
    assert value == "withdrawn"
    return chart.replace(consents=(consent.replace(withdrawn_at=AT - timedelta(hours=3)),))


def _elements(chart: PatientChart, wanted: tuple[str, ...], holds: bool) -> PatientChart:
    """All that is asked for, or all but the first."""
    had = {e.value for e in chart.consents[0].elements}
    kept = had | set(wanted) if holds else had - {wanted[0]}
    elements = tuple(e for e in ConsentElement if e.value in kept)
    return chart.replace(consents=tuple(c.replace(elements=elements) for c in chart.consents))


def _credentials(role: str) -> Callable[[PatientChart, Value], PatientChart]:
    def change(chart: PatientChart, value: Value) -> PatientChart:
        assert isinstance(value, tuple)
        who = chart.professional(role)
        assert who is not None
        new = who.replace(
            credentials=tuple(
                # the one that is lost ran out yesterday
                c
                if c.kind.value in value
                else c.replace(issued_on=None, valid_until=AT.date() - timedelta(days=1))
                for c in who.credentials
            )
        )
        others: tuple[Professional, ...] = tuple(p for p in chart.professionals if p.role != role)
        return chart.replace(professionals=(*others, new))

    return change


def _age(chart: PatientChart, value: Value) -> PatientChart:
    assert isinstance(value, float)
    born = date(AT.year - int(value), AT.month, AT.day)
    return chart.replace(person=chart.person.replace(born=born))


def _indication(chart: PatientChart, value: Value) -> PatientChart:
    disorder = Disorder(value)
    if disorder in MAIN_SCALE:
        other = allowed(disorder)
        return chart.replace(diagnoses=other.diagnoses, scores=other.scores, treatments=other.treatments)
    return chart.replace(diagnoses=(chart.diagnoses[0].replace(disorder=disorder, code=""),))


def _confirmed(chart: PatientChart, value: Value) -> PatientChart:
    if value:
        return chart
    return chart.replace(diagnoses=(chart.diagnoses[0].replace(confirmed_by="", confirmed_at=None),))


def _failures(chart: PatientChart, value: Value) -> PatientChart:
    assert isinstance(value, float)
    names = ("sertraline", "venlafaxine", "paroxetine")
    disorder = chart.diagnoses[0].disorder
    drugs = tuple(
        PriorTreatment(
            id=f"t{i}",
            kind="drug",
            drug=name,
            daily_dose=300.0,
            dose_unit="mg",
            weeks=20.0,
            disorder=disorder,
            outcome="no_response",
        )
        for i, name in enumerate(names[: int(value)])
    )
    # psychotherapy that helped: tried, and no failure
    therapies = tuple(t.replace(outcome="response") for t in chart.treatments if t.kind == "psychotherapy")
    return chart.replace(treatments=(*drugs, *therapies))


def _psychotherapy(chart: PatientChart, value: Value) -> PatientChart:
    assert value in ("adequate", "not_adequate", "none")
    if value == "adequate":
        return chart
    return _failures(chart, 2.0).replace(
        treatments=tuple(t for t in _failures(chart, 2.0).treatments if t.kind == "drug")
    )


def _classes(chart: PatientChart, value: Value) -> PatientChart:
    assert isinstance(value, tuple)
    drugs = [
        next(d for d in rules().drugs.drugs if d.classes == (name,) or name in d.classes).name
        for name in value
    ]
    # drugs that belong to this class and to no other, where there are any
    drugs = [
        next((d.name for d in rules().drugs.drugs if d.classes == (name,)), drug)
        for name, drug in zip(value, drugs, strict=True)
    ]
    return chart.replace(medications=tuple(Medication(id=f"m{i}", drug=name) for i, name in enumerate(drugs)))


def _bmi(chart: PatientChart, value: Value) -> PatientChart:
    assert isinstance(value, float)
    return with_fact(with_fact(chart, "vitals.height", 200.0), "vitals.weight", value * 4)


_DERIVED: dict[str, Callable[[PatientChart, Value], PatientChart]] = {
    "basis.kind": _basis,
    "basis.trial_id": _trial_id,
    "basis.allocation_masked": _masked,
    "protocol.drug": _drug,
    "protocol.route": _route,
    "consent.standing": _standing,
    "prescriber.credentials": _credentials("prescriber"),
    "monitor.credentials": _credentials("monitor"),
    "person.age": _age,
    "indication.primary": _indication,
    "indication.confirmed": _confirmed,
    "treatment.adequate_failures": _failures,
    "treatment.psychotherapy": _psychotherapy,
    "medication.classes": _classes,
    "vitals.bmi": _bmi,
}

# Every derived fact can be changed; a new one needs a change here.
assert {*_DERIVED, "consent.elements"} == {k.name for k in FACTS.values() if not k.recorded}
