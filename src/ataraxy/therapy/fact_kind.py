"""The vocabulary of facts: what each means, which values it may have, and what to do where it is unknown.

A rule over a fact that is not listed here does not load, and neither does a chart with one. Facts that are derived
follow from other parts of the chart (diagnoses, drugs, consents) and cannot be recorded by hand.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from ataraxy.therapy.consent import Basis, ConsentElement
from ataraxy.therapy.credential import CredentialKind
from ataraxy.therapy.disorder import Disorder
from ataraxy.therapy.drug import Drug
from ataraxy.therapy.risk_level import RiskLevel
from ataraxy.therapy.route import Route


class Form(StrEnum):
    """What kind of value a fact has."""

    TRUTH = "truth"
    NUMBER = "number"
    WORD = "word"
    DATE = "date"
    WORDS = "words"


@dataclass(frozen=True, slots=True)
class FactKind:
    """One fact.

    Attributes:
        name: dotted name.
        title: in words.
        form: kind of value.
        unit: of a number.
        low, high: sanity limits of a number; what lies outside is a slip of the pen.
        words: allowed words; empty for words that other data name, such as classes of drugs.
        recorded: whether it is recorded by itself; otherwise it is derived.
        ask: what to do where it is unknown, a sentence without a stop.
    """

    name: str
    title: str
    form: Form
    unit: str = ""
    low: float | None = None
    high: float | None = None
    words: tuple[str, ...] = ()
    recorded: bool = True
    ask: str = ""


def _truth(name: str, title: str, ask: str = "") -> FactKind:
    return FactKind(name, title, Form.TRUTH, ask=ask or f"Ask for and record: {title}")


def _word(name: str, title: str, *words: str) -> FactKind:
    return FactKind(name, title, Form.WORD, words=words, ask=f"Record {title}: {', '.join(words)}")


def _number(name: str, title: str, unit: str, low: float, high: float) -> FactKind:
    return FactKind(
        name, title, Form.NUMBER, unit=unit, low=low, high=high, ask=f"Measure and record {title} in {unit}"
    )


def _derived(
    name: str, title: str, form: Form, ask: str, words: tuple[str, ...] = (), unit: str = ""
) -> FactKind:
    return FactKind(name, title, form, unit=unit, words=words, recorded=False, ask=ask)


CONSENT_STANDING = ("current", "withdrawn", "other_protocol", "other_version", "other_basis")
PSYCHOTHERAPY_STANDING = ("adequate", "exception", "not_adequate", "none")

_KINDS = (
    # on whose authority
    _derived(
        "basis.kind",
        "basis of use",
        Form.WORD,
        "Record whether the use is off-label or in a registered trial",
        tuple(b.value for b in Basis),
    ),
    _derived(
        "basis.trial_id",
        "registration number of the trial",
        Form.WORD,
        "Record the trial's registration number",
        ("registered", "not_registered"),
    ),
    _derived(
        "basis.allocation_masked",
        "masked allocation in the trial",
        Form.TRUTH,
        "Record whether the allocation is masked",
    ),
    _derived(
        "protocol.drug",
        "drug of the protocol",
        Form.WORD,
        "Choose a protocol for the person",
        tuple(d.value for d in Drug),
    ),
    _derived(
        "protocol.route",
        "route of the protocol",
        Form.WORD,
        "Choose a protocol for the person",
        tuple(r.value for r in Route),
    ),
    _derived(
        "consent.standing",
        "consent to this version of the protocol on this basis",
        Form.WORD,
        "Explain the treatment and ask for consent to this version of the protocol",
        CONSENT_STANDING,
    ),
    _derived(
        "consent.elements",
        "what the consent in force explained",
        Form.WORDS,
        "Explain the treatment and ask for consent to this version of the protocol",
        tuple(e.value for e in ConsentElement),
    ),
    _derived(
        "prescriber.credentials",
        "the prescriber's credentials in date",
        Form.WORDS,
        "Assign a prescriber and record licence and training with their last day",
        tuple(k.value for k in CredentialKind),
    ),
    _derived(
        "monitor.credentials",
        "the session monitor's credentials in date",
        Form.WORDS,
        "Assign a session monitor and record licence and training with their last day",
        tuple(k.value for k in CredentialKind),
    ),
    _word("site.setting", "the setting", "supervised_clinic", "clinic_without_monitoring", "home"),
    _truth(
        "site.blood_pressure_stop_limits_set",
        "the medical director has set and signed stop limits of blood pressure",
        "The medical director sets stop limits of blood pressure in the site policy and signs them",
    ),
    _truth("site.rems_certified", "the site is certified under the REMS"),
    # who
    _derived("person.age", "age", Form.NUMBER, "Record the date of birth", unit="years"),
    _derived(
        "indication.primary",
        "disorder that treatment is sought for",
        Form.WORD,
        "Record which diagnosis treatment is sought for",
        tuple(d.value for d in Disorder),
    ),
    _derived(
        "indication.confirmed",
        "diagnosis confirmed by a clinician",
        Form.TRUTH,
        "A clinician examines the person and confirms the diagnosis",
    ),
    _derived(
        "treatment.adequate_failures",
        "adequate treatments of this disorder that failed",
        Form.WORDS,
        "Take the history of treatments: drug, dose, weeks, outcome; therapy, sessions, outcome",
    ),
    _derived(
        "treatment.psychotherapy",
        "psychotherapy of this disorder",
        Form.WORD,
        "Take the history of psychotherapy: kind, sessions, outcome; or record why there was none",
        PSYCHOTHERAPY_STANDING,
    ),
    _derived(
        "medication.classes",
        "classes of the drugs that are taken",
        Form.WORDS,
        "Go through all drugs and record them, also that there are none; a prescriber names the classes of a drug that "
        "the table does not know",
    ),
    FactKind(
        "examination.on",
        "date of the last history and physical examination",
        Form.DATE,
        ask="Take the history, examine, and record the date",
    ),
    # contraindications and cautions
    _truth("history.aneurysm_or_avm", "aneurysmal vascular disease or arteriovenous malformation"),
    _truth("history.intracerebral_haemorrhage", "history of intracerebral haemorrhage"),
    _truth("history.hypersensitivity", "hypersensitivity to ketamine, esketamine or an excipient"),
    _truth(
        "history.serious_risk_of_pressure_rise",
        "a condition in which a rise of blood or intracranial pressure is a serious risk",
    ),
    _truth("history.raised_intracranial_pressure", "raised intracranial pressure"),
    _truth("history.raised_intraocular_pressure", "raised intraocular pressure"),
    _truth("history.hypertensive_encephalopathy", "history of hypertensive encephalopathy"),
    _word(
        "history.cardiovascular_disease", "cardiovascular disease", "none", "controlled", "poorly_controlled"
    ),
    _word("history.psychosis", "psychosis", "never", "past", "current"),
    _truth("history.mania_or_bipolar", "bipolar disorder, or a manic episode ever"),
    _truth("history.traumatic_brain_injury", "traumatic brain injury"),
    _truth("history.untreated_hyperthyroidism", "untreated hyperthyroidism"),
    _word("substance.use_disorder", "substance use disorder, alcohol with it", "never", "past", "active"),
    _number("substance.months_free", "time since a substance use disorder", "months", 0, 1200),
    _truth("substance.ketamine_or_pcp_misuse", "misuse of ketamine or phencyclidine, ever"),
    _word("liver.impairment", "impairment of the liver", "none", "mild", "moderate", "severe"),
    _truth("bladder.symptoms", "symptoms of the lower urinary tract"),
    _truth("pregnancy.possible", "pregnancy is possible"),
    _word("pregnancy.test", "the pregnancy test", "negative", "positive"),
    _truth("pregnancy.breastfeeding", "breastfeeding"),
    _truth("pregnancy.contraception", "reliable contraception"),
    FactKind(
        "suicide.risk",
        "a clinician's judgement of suicide risk",
        Form.WORD,
        words=tuple(level.value for level in RiskLevel),
        ask="A clinician assesses the risk of suicide and records the judgement",
    ),
    _number("vitals.systolic", "systolic pressure", "mmHg", 40, 300),
    _number("vitals.diastolic", "diastolic pressure", "mmHg", 20, 200),
    _number("vitals.weight", "weight", "kg", 20, 400),
    _number("vitals.height", "height", "cm", 90, 250),
    _derived("vitals.bmi", "body mass index", Form.NUMBER, "Measure weight and height", unit="kg/m2"),
)

FACTS: Mapping[str, FactKind] = MappingProxyType({kind.name: kind for kind in _KINDS})

_SCORE = re.compile(r"score\.(?P<scale>[A-Za-z0-9][A-Za-z0-9/-]*?)(?:\.item_(?P<item>[1-9][0-9]?))?")


def fact_kind(name: str) -> FactKind | None:
    """Return the kind of a fact, None for a name that is no fact.

    ``score.HAM-A`` is the last total of a scale, ``score.PHQ-9.item_9`` the last answer to an item.
    """
    if name in FACTS:
        return FACTS[name]
    found = _SCORE.fullmatch(name)
    if found is None:
        return None
    scale, item = found["scale"], found["item"]
    title = f"{scale}, item {item}" if item else scale
    return _derived(name, title, Form.NUMBER, f"Rate and record the {scale}", unit="points")


def scale_of(name: str) -> tuple[str, int | None] | None:
    """Return scale and item of the name of a score, None for other names."""
    found = _SCORE.fullmatch(name)
    return None if found is None else (found["scale"], int(found["item"]) if found["item"] else None)


def misfit(kind: FactKind, value: bool | float | str) -> str:
    """Return what is wrong with a recorded value, in words; empty where it fits."""
    match kind.form:
        case Form.TRUTH:
            return "" if isinstance(value, bool) else "true or false is expected"
        case Form.NUMBER:
            if isinstance(value, bool) or not isinstance(value, int | float):
                return "a number is expected"
            if (kind.low is not None and value < kind.low) or (kind.high is not None and value > kind.high):
                return f"a number from {kind.low:g} to {kind.high:g} is expected"
            return ""
        case Form.WORD:
            if not isinstance(value, str) or value not in kind.words:
                return f"one of {', '.join(kind.words)} is expected"
            return ""
        case Form.DATE:
            try:
                date.fromisoformat(value if isinstance(value, str) else "")
            except ValueError:
                return "a date such as 2026-03-01 is expected"
            return ""
        case Form.WORDS:
            return "this follows from other parts of the chart"
