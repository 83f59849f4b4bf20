"""What can happen to a chart. Events are facts: they are folded as they are, and nothing is refused here."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, TypeAdapter

from ataraxy.therapy.basis_of_use import BasisOfUse, ProtocolChoice
from ataraxy.therapy.consent import Consent
from ataraxy.therapy.credential import Professional
from ataraxy.therapy.disorder import Diagnosis
from ataraxy.therapy.fact import Fact
from ataraxy.therapy.gate import Decision, Finding, Judgement
from ataraxy.therapy.medication import Medication
from ataraxy.therapy.moment import Moment
from ataraxy.therapy.override import GateOverride
from ataraxy.therapy.patient_chart import PatientChart
from ataraxy.therapy.person import Contact, Identifier, Person, Sex
from ataraxy.therapy.prior_treatment import PriorTreatment, PsychotherapyException
from ataraxy.therapy.refusal import Refusal
from ataraxy.therapy.scale_score import ScaleScore
from ataraxy.therapy.sensitive import SENSITIVE, Sensitive
from ataraxy.therapy.value import Value


class ChartEvent(Value):
    """What every event of a chart carries.

    Attributes:
        person: opaque id.
        at: when it happened.
        by: who recorded it, an opaque id.
    """

    person: str
    at: Moment
    by: str


class PersonReferred(ChartEvent):
    """Somebody asked for treatment of this person."""

    kind: Literal["person.referred"] = "person.referred"
    referred_by: Literal["self", "primary_care", "psychiatry", "psychology", "hospital", "trial", "other"] = (
        "other"
    )
    reason: Sensitive = ""


class PersonIdentified(ChartEvent):
    """Who the person is; a later one replaces it, and says why."""

    kind: Literal["person.identified"] = "person.identified"
    name: Sensitive = ""
    born: Annotated[date, SENSITIVE] | None = None
    sex: Sex = Sex.UNKNOWN
    contacts: tuple[Contact, ...] = ()
    identifiers: tuple[Identifier, ...] = ()
    reason: Sensitive = ""


class FactRecorded(ChartEvent):
    """A fact was recorded."""

    kind: Literal["chart.fact_recorded"] = "chart.fact_recorded"
    fact: Fact


class FactRetracted(ChartEvent):
    """Facts of a name observed at a moment were entered in error: they count no more."""

    kind: Literal["chart.fact_retracted"] = "chart.fact_retracted"
    name: str
    observed_at: Moment
    reason: Sensitive = ""


class DiagnosisRecorded(ChartEvent):
    """A diagnosis was recorded; one with the same id replaces it."""

    kind: Literal["chart.diagnosis_recorded"] = "chart.diagnosis_recorded"
    diagnosis: Diagnosis


class DiagnosisRetracted(ChartEvent):
    """A diagnosis was entered in error: it counts no more."""

    kind: Literal["chart.diagnosis_retracted"] = "chart.diagnosis_retracted"
    diagnosis: str
    reason: Sensitive = ""


class TreatmentRecorded(ChartEvent):
    """An earlier treatment was recorded; one with the same id replaces it."""

    kind: Literal["chart.treatment_recorded"] = "chart.treatment_recorded"
    treatment: PriorTreatment


class TreatmentRetracted(ChartEvent):
    """An earlier treatment was entered in error: it counts no more."""

    kind: Literal["chart.treatment_retracted"] = "chart.treatment_retracted"
    treatment: str
    reason: Sensitive = ""


class TreatmentsReviewed(ChartEvent):
    """Somebody asked for all earlier treatments; what is recorded is what there was."""

    kind: Literal["chart.treatments_reviewed"] = "chart.treatments_reviewed"


class PsychotherapyExcepted(ChartEvent):
    """A clinician gave a reason why there was no adequate psychotherapy."""

    kind: Literal["chart.psychotherapy_excepted"] = "chart.psychotherapy_excepted"
    exception: PsychotherapyException


class PsychotherapyExceptionRetracted(ChartEvent):
    """The reason why there was no adequate psychotherapy was entered in error: there is none."""

    kind: Literal["chart.psychotherapy_exception_retracted"] = "chart.psychotherapy_exception_retracted"
    reason: Sensitive = ""


class MedicationRecorded(ChartEvent):
    """A drug was recorded; one with the same id replaces it, also to say until when it was taken."""

    kind: Literal["chart.medication_recorded"] = "chart.medication_recorded"
    medication: Medication


class MedicationRetracted(ChartEvent):
    """A drug was entered in error: it was never taken, which is not the same as having ended."""

    kind: Literal["chart.medication_retracted"] = "chart.medication_retracted"
    medication: str
    reason: Sensitive = ""


class MedicationsReviewed(ChartEvent):
    """Somebody went through all drugs; what is recorded is what is taken."""

    kind: Literal["chart.medications_reviewed"] = "chart.medications_reviewed"


class ReviewRetracted(ChartEvent):
    """It was said in error that all of them are recorded: nobody has asked for all of them."""

    kind: Literal["chart.review_retracted"] = "chart.review_retracted"
    of: Literal["treatments", "medications"]
    reason: Sensitive = ""


class ProfessionalAssigned(ChartEvent):
    """A professional took a role, or their credentials changed."""

    kind: Literal["chart.professional_assigned"] = "chart.professional_assigned"
    professional: Professional


class ProtocolChosen(ChartEvent):
    """A protocol and the basis of its use were chosen."""

    kind: Literal["chart.protocol_chosen"] = "chart.protocol_chosen"
    protocol: ProtocolChoice
    basis_of_use: BasisOfUse


class ConsentGiven(ChartEvent):
    """The person consented."""

    kind: Literal["consent.given"] = "consent.given"
    consent: Consent


class ConsentWithdrawn(ChartEvent):
    """The person withdrew a consent, or all of them."""

    kind: Literal["consent.withdrawn"] = "consent.withdrawn"
    consent: str | None = None
    reason: Sensitive = ""


class ScoreRecorded(ChartEvent):
    """A scale was rated."""

    kind: Literal["score.recorded"] = "score.recorded"
    score: ScaleScore


class ScoreRetracted(ChartEvent):
    """Scores of a scale answered at a moment were entered in error: they count no more."""

    kind: Literal["score.retracted"] = "score.retracted"
    scale: str
    scored_at: Moment
    reason: Sensitive = ""


class JudgedFinding(Value):
    """A finding as the record keeps it: what decided, without the words of the rules, which have a version."""

    rule: str
    version: int
    status: str
    effect: str
    fact: str
    value: str
    threshold: str
    key: str = ""


class GateJudged(ChartEvent):
    """The gate was asked.

    Attributes:
        decision: of the rules, before overrides.
        findings: rules that were not met or could not be answered.
        rules, rules_version, rules_hash: which rules.
        facts_hash: over every fact that they read.
    """

    kind: Literal["gate.judged"] = "gate.judged"
    decision: Decision
    findings: tuple[JudgedFinding, ...] = ()
    rules: str
    rules_version: int
    rules_hash: str
    facts_hash: str


class GateOverridden(ChartEvent):
    """A prescriber went on in spite of findings."""

    kind: Literal["gate.overridden"] = "gate.overridden"
    override: GateOverride


Event = Annotated[
    PersonReferred
    | PersonIdentified
    | FactRecorded
    | FactRetracted
    | DiagnosisRecorded
    | DiagnosisRetracted
    | TreatmentRecorded
    | TreatmentRetracted
    | TreatmentsReviewed
    | PsychotherapyExcepted
    | PsychotherapyExceptionRetracted
    | MedicationRecorded
    | MedicationRetracted
    | MedicationsReviewed
    | ReviewRetracted
    | ProfessionalAssigned
    | ProtocolChosen
    | ConsentGiven
    | ConsentWithdrawn
    | ScoreRecorded
    | ScoreRetracted
    | GateJudged
    | GateOverridden,
    Field(discriminator="kind"),
]

_EVENT: TypeAdapter[Event] = TypeAdapter(Event)
KINDS: tuple[str, ...] = tuple(event.model_fields["kind"].default for event in ChartEvent.__subclasses__())


def parse_event(kind: str, payload: dict[str, Any]) -> Event:
    """Return the event that a payload of the record holds.

    Raises:
        Refusal: the kind is none of a chart (``event.unknown-kind``).
        ValidationError: the payload has another form.
    """
    if kind not in KINDS:
        raise Refusal(
            f'"{kind}" is no event of a chart',
            code="event.unknown-kind",
            remedy=f"Known are {', '.join(KINDS)}",
        )
    return _EVENT.validate_python({**payload, "kind": kind})


def judged(judgement: Judgement, *, person: str, by: str) -> GateJudged:
    """Return the event that a judgement was made."""
    return GateJudged(
        person=person,
        at=judgement.at,
        by=by,
        decision=judgement.decision,
        findings=tuple(_kept(f) for f in judgement.findings),
        rules=judgement.rules,
        rules_version=judgement.rules_version,
        rules_hash=judgement.rules_hash,
        facts_hash=judgement.facts_hash,
    )


def _kept(finding: Finding) -> JudgedFinding:
    return JudgedFinding(
        rule=finding.rule,
        version=finding.version,
        status=finding.status.value,
        effect="" if finding.effect is None else finding.effect.value,
        fact=finding.fact,
        value=finding.value,
        threshold=finding.threshold,
        key=finding.key,
    )


Kept = TypeVar("Kept", bound=Diagnosis | PriorTreatment | Medication | Consent)


def evolve(chart: PatientChart | None, event: Event) -> PatientChart:
    """Return the chart after an event; total over every order of events.

    Judgements, overrides and referrals leave the chart as it is: they are about it, not in it. An event of another
    person leaves it as it is too.
    """
    before = PatientChart(person=Person(id=event.person)) if chart is None else chart
    if event.person != before.person.id:
        return before
    changes: dict[str, Any] = {}
    match event:
        case PersonIdentified():
            changes["person"] = Person(
                id=event.person,
                name=event.name,
                born=event.born,
                sex=event.sex,
                contacts=event.contacts,
                identifiers=event.identifiers,
            )
        case FactRecorded():
            changes["facts"] = (*before.facts, event.fact)
        case FactRetracted():
            changes["facts"] = tuple(
                fact
                for fact in before.facts
                if (fact.name, fact.observed_at) != (event.name, event.observed_at)
            )
        case DiagnosisRecorded():
            changes["diagnoses"] = _with(before.diagnoses, event.diagnosis)
        case DiagnosisRetracted():
            changes["diagnoses"] = _without(before.diagnoses, event.diagnosis)
        case TreatmentRecorded():
            changes["treatments"] = _with(before.treatments, event.treatment)
        case TreatmentRetracted():
            changes["treatments"] = _without(before.treatments, event.treatment)
        case TreatmentsReviewed():
            changes["treatments_reviewed_at"] = event.at
        case PsychotherapyExcepted():
            changes["psychotherapy_exception"] = event.exception
        case PsychotherapyExceptionRetracted():
            changes["psychotherapy_exception"] = None
        case MedicationRecorded():
            changes["medications"] = _with(before.medications, event.medication)
        case MedicationRetracted():
            changes["medications"] = _without(before.medications, event.medication)
        case MedicationsReviewed():
            changes["medications_reviewed_at"] = event.at
        case ReviewRetracted():
            changes[f"{event.of}_reviewed_at"] = None
        case ProfessionalAssigned():
            kept = tuple(who for who in before.professionals if who.role != event.professional.role)
            changes["professionals"] = (*kept, event.professional)
        case ProtocolChosen():
            changes["protocol"] = event.protocol
            changes["basis_of_use"] = event.basis_of_use
        case ConsentGiven():
            changes["consents"] = _with(before.consents, _still_withdrawn(before.consents, event.consent))
        case ConsentWithdrawn():
            changes["consents"] = tuple(_withdrawn(consent, event) for consent in before.consents)
        case ScoreRecorded():
            changes["scores"] = (*before.scores, event.score)
        case ScoreRetracted():
            changes["scores"] = tuple(
                score for score in before.scores if (score.scale, score.at) != (event.scale, event.scored_at)
            )
        case PersonReferred() | GateJudged() | GateOverridden():
            return before
    return before.model_copy(update=changes)


def _with(held: tuple[Kept, ...], new: Kept) -> tuple[Kept, ...]:
    """The same values with one more; it takes the place of the one with the same id."""
    if any(value.id == new.id for value in held):
        return tuple(new if value.id == new.id else value for value in held)
    return (*held, new)


def _without(held: tuple[Kept, ...], id_: str) -> tuple[Kept, ...]:
    return tuple(value for value in held if value.id != id_)


def _withdrawn(consent: Consent, event: ConsentWithdrawn) -> Consent:
    if event.consent not in (None, consent.id) or consent.withdrawn_at is not None:
        return consent
    return consent.model_copy(update={"withdrawn_at": event.at})


def _still_withdrawn(held: tuple[Consent, ...], new: Consent) -> Consent:
    """A consent that was withdrawn is not revived by recording it again: a new consent has a new id."""
    old = next((c for c in held if c.id == new.id and c.withdrawn_at is not None), None)
    if old is None or new.withdrawn_at is not None:
        return new
    return new.model_copy(update={"withdrawn_at": old.withdrawn_at})
