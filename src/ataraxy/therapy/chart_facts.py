"""What a chart says about every fact at a moment: known, or unknown for a reason. Absence is never a no."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from ataraxy.therapy.adequacy import Adequacy, Adequate, adequacy
from ataraxy.therapy.basis_of_use import BasisOfUse, ProtocolChoice, registry_of
from ataraxy.therapy.consent import Basis, Consent
from ataraxy.therapy.disorder import Diagnosis
from ataraxy.therapy.fact import Collection, Fact, Knowledge, Known, Missing, Unknown
from ataraxy.therapy.fact_kind import Form, fact_kind, misfit, scale_of
from ataraxy.therapy.medication import Medication
from ataraxy.therapy.patient_chart import PatientChart
from ataraxy.therapy.rule import RuleSet


def known_facts(chart: PatientChart, rules: RuleSet, at: datetime) -> Mapping[str, Knowledge]:
    """Return what is known at `at` about every fact that the rules read.

    Ages and units are judged by the conditions of the rules, which have limits of their own.
    """
    reader = _Reader(chart, rules, at)
    names = {name for rule in rules.rules for name in rule.facts}
    return {name: reader.fact(name) for name in sorted(names)}


class _Reader:
    """Reads one chart at one moment."""

    def __init__(self, chart: PatientChart, rules: RuleSet, at: datetime) -> None:
        self.chart = chart
        self.rules = rules
        self.at = at
        self.recorded = chart.latest_facts(at)
        self.primary = self._primary()

    def fact(self, name: str) -> Knowledge:
        derive = _DERIVED.get(name)
        if derive is not None:
            return derive(self)
        scale = scale_of(name)
        if scale is not None:
            return self.score(*scale)
        return _recorded(self.recorded.get(name))

    # who is treated, for what

    def _primary(self) -> Diagnosis | Unknown:
        active = [
            d for d in self.chart.diagnoses if d.primary and (d.ended_at is None or d.ended_at > self.at)
        ]
        if not active:
            return Unknown(Missing.MISSING)
        if len(active) > 1:
            return Unknown(Missing.NOT_UNDERSTOOD, "treatment is sought for more than one diagnosis")
        return active[0]

    def age(self) -> Knowledge:
        age = self.chart.person.age_at(self.at)
        if age is not None:
            return Known(float(age), "years")
        return Unknown(Missing.MISSING if self.chart.person.born is None else Missing.IN_FUTURE)

    def indication(self) -> Knowledge:
        if isinstance(self.primary, Unknown):
            return self.primary
        return Known(self.primary.disorder.value, detail=self.primary.code)

    def confirmed(self) -> Knowledge:
        if isinstance(self.primary, Unknown):
            return self.primary
        if self.primary.confirmed_at is None:
            return Known(False, detail="no clinician has confirmed it")
        return Known(True, observed_at=self.primary.confirmed_at)

    # earlier treatments

    def _adequacies(self) -> tuple[Adequacy, ...] | Unknown:
        if isinstance(self.primary, Unknown):
            return Unknown(Missing.MISSING, "it is not recorded which disorder treatment is sought for")
        return tuple(
            adequacy(treatment, self.primary.disorder, self.rules.adequacy, self.rules.drugs)
            for treatment in self.chart.treatments
        )

    def adequate_failures(self) -> Knowledge:
        judged = self._adequacies()
        if isinstance(judged, Unknown):
            return judged
        sure = frozenset(a.name for a in judged if a.counts)
        unsure = frozenset(a.name for a in judged if a.counts is None) - sure
        reviewed = self.chart.treatments_reviewed_at
        if reviewed is None and not sure:
            lacking = "" if judged else "no history of treatments has been taken"
            return Unknown(Missing.MISSING if not judged else Missing.INCOMPLETE, lacking or _lacking(judged))
        # before anybody has asked for all treatments there may be more of them
        return Known(
            Collection(sure, unsure, open=reviewed is None),
            observed_at=reviewed,
            detail=_lacking(judged),
        )

    def psychotherapy(self) -> Knowledge:
        judged = self._adequacies()
        if isinstance(judged, Unknown):
            return judged
        therapies = [
            a for a, t in zip(judged, self.chart.treatments, strict=True) if t.kind == "psychotherapy"
        ]
        reviewed = self.chart.treatments_reviewed_at
        if any(a.adequate is Adequate.YES for a in therapies):
            return Known("adequate", observed_at=reviewed)
        exception = self.chart.psychotherapy_exception
        if exception is not None and exception.on <= self.at.date():
            return Known("exception", observed_at=reviewed, detail=exception.kind.replace("_", " "))
        if any(a.adequate is Adequate.UNKNOWN for a in therapies):
            return Unknown(Missing.INCOMPLETE, _lacking(therapies))
        if reviewed is None:
            return Unknown(Missing.MISSING)
        return Known(
            "not_adequate" if therapies else "none", observed_at=reviewed, detail=_lacking(therapies)
        )

    # drugs

    def classes(self) -> Knowledge:
        reviewed = self.chart.medications_reviewed_at
        if reviewed is None:
            return Unknown(Missing.MISSING, "nobody has gone through all drugs")
        members: set[str] = set()
        details: list[str] = []
        unknown: list[str] = []
        for medication in self.chart.medications:
            if not _taken(medication, self.at):
                continue
            found, left = self.rules.drugs.found(medication.drug)
            classes = {name for drug in found for name in drug.classes}
            if medication.classes is not None:
                classes.update(medication.classes)
            elif left or not found:
                unknown.append(medication.drug)
            if classes:
                details.append(f"{medication.drug}: {', '.join(sorted(classes))}".replace("_", " "))
            members |= classes
        if unknown:
            details.append(f"not in the table of drugs: {', '.join(unknown)}")
        return Known(
            Collection(frozenset(members), open=bool(unknown)),
            observed_at=reviewed,
            detail="; ".join(details),
        )

    # basis, consent, professionals

    def basis(self) -> Knowledge:
        basis = self.chart.basis_of_use
        return Unknown(Missing.MISSING) if basis is None else Known(basis.kind.value)

    def trial_id(self) -> Knowledge:
        basis = self.chart.basis_of_use
        if basis is None or not basis.trial_id.strip():
            return Unknown(Missing.MISSING)
        registry = registry_of(basis.trial_id)
        return Known("not_registered" if registry is None else "registered", detail=registry or "")

    def masked(self) -> Knowledge:
        basis = self.chart.basis_of_use
        if basis is None or basis.allocation_masked is None:
            return Unknown(Missing.MISSING)
        return Known(basis.allocation_masked)

    def drug(self) -> Knowledge:
        protocol = self.chart.protocol
        return (
            Unknown(Missing.MISSING)
            if protocol is None or protocol.drug is None
            else Known(protocol.drug.value)
        )

    def route(self) -> Knowledge:
        protocol = self.chart.protocol
        return (
            Unknown(Missing.MISSING)
            if protocol is None or protocol.route is None
            else Known(protocol.route.value)
        )

    def _consent(self) -> tuple[Consent, str] | Unknown:
        """The consent that comes nearest to what is asked for, and how it stands."""
        protocol, basis = self.chart.protocol, self.chart.basis_of_use
        if protocol is None or basis is None:
            return Unknown(Missing.MISSING, "the protocol or the basis of use is not recorded")
        given = [c for c in self.chart.consents if c.given_at <= self.at]
        if not given:
            return Unknown(Missing.IN_FUTURE if self.chart.consents else Missing.MISSING)
        standing: dict[str, Consent] = {}
        for consent in given:
            word = _standing(consent, protocol, basis)
            held = standing.get(word)
            if held is None or consent.given_at >= held.given_at:
                standing[word] = consent
        current = standing.pop("asked_for", None)
        if current is not None:
            withdrawn = [
                c
                for c in given
                if c.withdrawn_at is not None
                and current.given_at <= c.withdrawn_at <= self.at
                and _standing(c, protocol, basis) == "asked_for"
            ]
            # who withdraws one of two consents to the same thing has withdrawn
            return (withdrawn[0], "withdrawn") if withdrawn else (current, "current")
        for word in ("other_basis", "other_version", "other_protocol"):
            if word in standing:
                return standing[word], word
        return Unknown(Missing.MISSING)

    def consent_standing(self) -> Knowledge:
        found = self._consent()
        if isinstance(found, Unknown):
            return found
        return Known(found[1], observed_at=found[0].given_at)

    def consent_elements(self) -> Knowledge:
        found = self._consent()
        if isinstance(found, Unknown):
            return found
        consent, word = found
        if word != "current":
            return Unknown(Missing.MISSING, "no consent to this is in force")
        return Known(Collection(frozenset(e.value for e in consent.elements)), observed_at=consent.given_at)

    def credentials(self, role: str) -> Knowledge:
        who = self.chart.professional(role)
        if who is None:
            return Unknown(Missing.MISSING, f"no {role} is assigned")
        held = who.in_date(self.at)
        out = sorted({c.kind.value for c in who.credentials if c.in_date(self.at) is False} - held.members)
        return Known(held, detail=f"not in date: {', '.join(out)}".replace("_", " ") if out else "")

    # measurements

    def bmi(self) -> Knowledge:
        weight, height = (_recorded(self.recorded.get(f"vitals.{name}")) for name in ("weight", "height"))
        for fact, unit in ((weight, "kg"), (height, "cm")):
            if isinstance(fact, Unknown):
                return fact
            if fact.unit != unit:
                return Unknown(Missing.WRONG_UNIT, f'recorded in "{fact.unit}", asked for in "{unit}"')
        if (
            isinstance(weight, Unknown)
            or isinstance(height, Unknown)
            or not isinstance(weight.value, float | int)
            or not isinstance(height.value, float | int)
        ):
            return Unknown(Missing.NOT_UNDERSTOOD)
        observed = weight.observed_at
        if height.observed_at is not None and height.observed_at > self.at:
            observed = height.observed_at
        return Known(round(weight.value / (height.value / 100) ** 2, 2), "kg/m2", observed)

    def score(self, scale: str, item: int | None) -> Knowledge:
        held = self.chart.latest_score(scale, self.at)
        if held is None:
            return Unknown(Missing.MISSING)
        if item is None:
            return Known(float(held.total), "points", held.at)
        answer = held.answers[item - 1] if item <= len(held.answers) else None
        if answer is None:
            return Unknown(Missing.INCOMPLETE, f"item {item} was not answered or not recorded")
        return Known(float(answer), "points", held.at)


_DERIVED: Mapping[str, Callable[[_Reader], Knowledge]] = {
    "person.age": _Reader.age,
    "indication.primary": _Reader.indication,
    "indication.confirmed": _Reader.confirmed,
    "treatment.adequate_failures": _Reader.adequate_failures,
    "treatment.psychotherapy": _Reader.psychotherapy,
    "medication.classes": _Reader.classes,
    "basis.kind": _Reader.basis,
    "basis.trial_id": _Reader.trial_id,
    "basis.allocation_masked": _Reader.masked,
    "protocol.drug": _Reader.drug,
    "protocol.route": _Reader.route,
    "consent.standing": _Reader.consent_standing,
    "consent.elements": _Reader.consent_elements,
    "prescriber.credentials": lambda reader: reader.credentials("prescriber"),
    "monitor.credentials": lambda reader: reader.credentials("monitor"),
    "vitals.bmi": _Reader.bmi,
}


def _recorded(fact: Fact | None) -> Knowledge:
    if fact is None:
        return Unknown(Missing.MISSING)
    kind = fact_kind(fact.name)
    if kind is None or not kind.recorded:
        return Unknown(Missing.NOT_UNDERSTOOD, "this cannot be recorded by itself")
    if kind.form is Form.NUMBER and fact.unit != kind.unit:
        # the condition says which unit it asks for; whether the number is plausible cannot be told
        return Known(fact.value, fact.unit, fact.observed_at)
    if wrong := misfit(kind, fact.value):
        return Unknown(Missing.NOT_UNDERSTOOD, wrong)
    return Known(fact.value, fact.unit, fact.observed_at)


def _standing(consent: Consent, protocol: ProtocolChoice, basis: BasisOfUse) -> str:
    if consent.protocol != protocol.name:
        return "other_protocol"
    if consent.protocol_version != protocol.version:
        return "other_version"
    if consent.basis is not basis.kind or (
        basis.kind is Basis.REGISTERED_TRIAL and consent.trial_id.strip() != basis.trial_id.strip()
    ):
        return "other_basis"
    return "asked_for"


def _taken(medication: Medication, at: datetime) -> bool:
    return (medication.since is None or medication.since <= at) and (
        medication.until is None or medication.until > at
    )


def _lacking(judged: tuple[Adequacy, ...] | list[Adequacy]) -> str:
    """What kept treatments from counting, in words."""
    parts = []
    for a in judged:
        if a.counts:
            continue
        if a.adequate is Adequate.NO:
            parts.append(f"{a.name} not adequate: {', '.join(a.reasons)}")
        elif a.lacking:
            parts.append(f"{a.name} unknown: {', '.join(a.lacking)}")
        else:
            parts.append(f"{a.name}: did not fail")
    return "; ".join(parts).replace("_", " ")
