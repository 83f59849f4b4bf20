"""The chart of a person: everything that the gate reads, as one immutable value."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from ataraxy.therapy.basis_of_use import BasisOfUse, ProtocolChoice
from ataraxy.therapy.consent import Consent
from ataraxy.therapy.credential import Professional
from ataraxy.therapy.disorder import Diagnosis
from ataraxy.therapy.fact import Fact
from ataraxy.therapy.medication import Medication
from ataraxy.therapy.moment import Moment
from ataraxy.therapy.person import Person
from ataraxy.therapy.prior_treatment import PriorTreatment, PsychotherapyException
from ataraxy.therapy.scale_score import ScaleScore
from ataraxy.therapy.value import Value


class PatientChart(Value):
    """A chart.

    Attributes:
        person: who.
        diagnoses: by id.
        facts: all observations, also earlier ones, in the order in which they were recorded.
        scores: of rating scales, in the order in which they were recorded.
        treatments: earlier treatments.
        treatments_reviewed_at: when somebody asked for all earlier treatments; None: an empty list says nothing.
        psychotherapy_exception: why there was no adequate psychotherapy.
        medications: drugs that are and were taken.
        medications_reviewed_at: when somebody went through all drugs; None: an empty list says nothing.
        consents: given and withdrawn.
        professionals: at most one of each role; the last one assigned.
        protocol: which protocol is meant.
        basis_of_use: off-label, or a trial.
    """

    person: Person
    diagnoses: tuple[Diagnosis, ...] = ()
    facts: tuple[Fact, ...] = ()
    scores: tuple[ScaleScore, ...] = ()
    treatments: tuple[PriorTreatment, ...] = ()
    treatments_reviewed_at: Moment | None = None
    psychotherapy_exception: PsychotherapyException | None = None
    medications: tuple[Medication, ...] = ()
    medications_reviewed_at: Moment | None = None
    consents: tuple[Consent, ...] = ()
    professionals: tuple[Professional, ...] = ()
    protocol: ProtocolChoice | None = None
    basis_of_use: BasisOfUse | None = None

    def latest_facts(self, at: datetime) -> Mapping[str, Fact]:
        """Return for every name the fact observed last up to `at`; where none is that old, the earliest later one.

        Of two facts observed at the same moment the one recorded later counts: it corrects the other.
        """
        found: dict[str, Fact] = {}
        for fact in self.facts:
            held = found.get(fact.name)
            if held is None or _nearer(fact.observed_at, held.observed_at, at):
                found[fact.name] = fact
        return found

    def latest_score(self, scale: str, at: datetime) -> ScaleScore | None:
        """Return the score of a scale taken last up to `at`, or the earliest later one."""
        held: ScaleScore | None = None
        for score in self.scores:
            if score.scale == scale and (held is None or _nearer(score.at, held.at, at)):
                held = score
        return held

    def professional(self, role: str) -> Professional | None:
        """Return who has a role."""
        return next((who for who in reversed(self.professionals) if who.role == role), None)


def _nearer(new: datetime, held: datetime, at: datetime) -> bool:
    if (new <= at) != (held <= at):
        return new <= at
    return new >= held if new <= at else new <= held
