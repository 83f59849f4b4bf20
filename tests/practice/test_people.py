"""From referral to a gate's answer: what is recorded, who may, and what an override and a consent change."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.practice.conftest import DIRECTOR, Clinic
from tests.therapy.gate.baseline import AT, allowed
from tests.therapy.session.visit import DOCTOR, NURSE

from ataraxy.exchange.rules_file import load_rules
from ataraxy.practice import lists, people, staff
from ataraxy.practice.aggregate import PERSON
from ataraxy.practice.site import adopt, describe_site, the_site
from ataraxy.therapy import chart_events as e
from ataraxy.therapy.actor import Actor, Role
from ataraxy.therapy.basis_of_use import ProtocolChoice
from ataraxy.therapy.fact import Fact
from ataraxy.therapy.gate import Decision
from ataraxy.therapy.patient_chart import PatientChart
from ataraxy.therapy.refusal import Refusal

WHO = "7" * 32
ADMINISTRATOR = Actor(id="administrator", roles=frozenset({Role.ADMINISTRATOR}))
COORDINATOR = Actor(id="coordinator", roles=frozenset({Role.COORDINATOR}))


def events_of(chart: PatientChart, by: str) -> list[e.Event]:
    """What a clinic would record so that its chart of a person becomes this one."""
    common = {"person": WHO, "at": AT - timedelta(hours=1), "by": by}
    person = chart.person
    found: list[e.Event] = [
        e.PersonReferred(**common, referred_by="psychiatry"),
        e.PersonIdentified(**common, name="Example Person", born=person.born, sex=person.sex),
        *(e.DiagnosisRecorded(**common, diagnosis=one) for one in chart.diagnoses),
        *(e.FactRecorded(**common, fact=one) for one in chart.facts if not one.name.startswith("site.")),
        *(e.TreatmentRecorded(**common, treatment=one) for one in chart.treatments),
        e.TreatmentsReviewed(**common),
        *(e.MedicationRecorded(**common, medication=one) for one in chart.medications),
        e.MedicationsReviewed(**common),
        *(e.ScoreRecorded(**common, score=one) for one in chart.scores),
    ]
    assert chart.protocol is not None
    assert chart.basis_of_use is not None
    choice = ProtocolChoice(name="ketamine-iv-05-six", version="1")
    found.append(e.ProtocolChosen(**common, protocol=choice, basis_of_use=chart.basis_of_use))
    found += [
        e.ConsentGiven(**common, consent=one.replace(protocol=choice.name, protocol_version=choice.version))
        for one in chart.consents
    ]
    return found


@pytest.fixture
def referred(clinic: Clinic) -> Clinic:
    """A person whom the shipped rules allow, in a clinic with rules and staff with credentials."""
    chart = allowed()
    practice = clinic.practice
    clinic.clock.now = AT - timedelta(days=1)
    rules = load_rules()
    adopt(practice, "rules", rules.name, rules.model_dump(mode="json"), by=DIRECTOR)
    description = the_site(practice).description
    assert description is not None
    setting = next(fact.value for fact in chart.facts if fact.name == "site.setting")
    describe_site(practice, description.replace(setting=setting), by=DIRECTOR)
    staff.join(practice, ADMINISTRATOR.id, "Administrator", (Role.ADMINISTRATOR,), by=ADMINISTRATOR)
    for professional in chart.professionals:
        actor = DOCTOR if professional.role == "prescriber" else NURSE
        staff.join(practice, actor.id, actor.id, tuple(actor.roles), by=ADMINISTRATOR)
        for credential in professional.credentials:
            staff.record_credential(practice, actor.id, credential, by=ADMINISTRATOR)
    clinic.clock.now = AT
    people.record(practice, events_of(chart, DOCTOR.id), by=DOCTOR)
    for professional in chart.professionals:
        actor = DOCTOR if professional.role == "prescriber" else NURSE
        event = e.ProfessionalAssigned(
            person=WHO, at=AT, by=DOCTOR.id, professional=professional.replace(id=actor.id)
        )
        people.assign_professional(practice, event, by=DOCTOR)
    return clinic


def psychosis(clinic: Clinic, value: str) -> None:
    fact = Fact(name="history.psychosis", value=value, observed_at=clinic.clock())
    event = e.FactRecorded(person=WHO, at=clinic.clock(), by=DOCTOR.id, fact=fact)
    people.record(clinic.practice, event, by=DOCTOR)


def test_a_person_whom_the_rules_allow_is_allowed_on_record(referred: Clinic) -> None:
    judgement, stands = people.judge_person(referred.practice, WHO, by=DOCTOR)
    assert [f.rule for f in judgement.findings] == []
    # drug and route come from the clinic's own document, whoever chose
    chosen = people.person_file(referred.practice, WHO).chart.protocol
    assert chosen is not None
    assert chosen.drug is None
    assert (judgement.decision, stands.decision, stands.overridden_by) == (Decision.ALLOW, "allow", None)
    (answer,) = lists.gate_answers(referred.practice, person=WHO)
    assert answer.decision == "allow"


def test_looking_at_the_gate_records_nothing(referred: Clinic) -> None:
    before = referred.practice.load(PERSON, WHO).version
    people.ask_gate(referred.practice, WHO)
    assert referred.practice.load(PERSON, WHO).version == before


def test_nobody_who_is_unknown_is_allowed(referred: Clinic) -> None:
    assert people.ask_gate(referred.practice, "8" * 32).decision is not Decision.ALLOW
    with pytest.raises(Refusal) as refused:
        people.person_file(referred.practice, "8" * 32)
    assert refused.value.code == "person.unknown"


def test_credentials_count_as_they_stand_and_not_as_they_were_assigned(referred: Clinic) -> None:
    staff.leave(referred.practice, DOCTOR.id, by=ADMINISTRATOR)
    assert people.ask_gate(referred.practice, WHO).decision is not Decision.ALLOW


def test_a_consent_counts_for_the_version_that_is_meant_until_it_is_withdrawn(referred: Clinic) -> None:
    practice = referred.practice
    assert people.consent_current(practice, WHO, referred.clock()) is True
    referred.clock.now += timedelta(hours=1)
    event = e.ConsentWithdrawn(person=WHO, at=referred.clock(), by=NURSE.id)
    people.record(practice, event, by=NURSE)
    referred.clock.now += timedelta(minutes=1)
    assert people.consent_current(practice, WHO, referred.clock()) is False
    assert people.ask_gate(practice, WHO).decision is not Decision.ALLOW
    assert all(row.withdrawn_at is not None for row in lists.consents(practice, person=WHO))


def test_who_may_not_record_something_records_nothing_of_the_whole(referred: Clinic) -> None:
    before = referred.practice.load(PERSON, WHO).version
    mixed = [
        e.PersonIdentified(person=WHO, at=AT, by=COORDINATOR.id, name="Another Name"),
        e.MedicationsReviewed(person=WHO, at=AT, by=COORDINATOR.id),
    ]
    with pytest.raises(Refusal) as refused:
        people.record(referred.practice, mixed, by=COORDINATOR)
    assert refused.value.code == "role.not-permitted"
    assert referred.practice.load(PERSON, WHO).version == before
    assert people.person_file(referred.practice, WHO).chart.person.name == "Example Person"


def test_names_lie_sealed_in_the_record_and_are_opened_for_reading(referred: Clinic) -> None:
    entries = referred.practice.record.entries(PERSON.stream(WHO))
    identified = next(entry for entry in entries if entry.kind == "person.identified")
    assert "Example" not in str(identified.payload)
    assert people.person_file(referred.practice, WHO).chart.person.name == "Example Person"


def test_a_protocol_that_the_clinic_does_not_give_is_refused(referred: Clinic) -> None:
    chart = people.person_file(referred.practice, WHO).chart
    assert chart.basis_of_use is not None
    event = e.ProtocolChosen(
        person=WHO,
        at=AT,
        by=DOCTOR.id,
        protocol=ProtocolChoice(name="ketamine-iv-05-six", version="2"),
        basis_of_use=chart.basis_of_use,
    )
    with pytest.raises(Refusal) as refused:
        people.choose_protocol(referred.practice, event, by=DOCTOR)
    assert refused.value.code == "site.unknown-document"


def test_an_override_of_a_prescriber_stands_until_the_facts_change(referred: Clinic) -> None:
    practice = referred.practice
    psychosis(referred, "past")
    judgement, stands = people.judge_person(practice, WHO, by=DOCTOR)
    assert (judgement.decision.value, stands.overridden_by) == ("delay", None)
    people.override_gate(practice, WHO, ["psychosis-past"], "one episode, 20 years ago", by=DOCTOR)
    _, stands = people.judge_person(practice, WHO, by=DOCTOR)
    # the rules still say what they say, and a prescriber stands for going on
    assert (stands.decision, stands.overridden_by) == ("delay", DOCTOR.id)
    referred.clock.now += timedelta(hours=1)
    psychosis(referred, "current")
    _, stands = people.judge_person(practice, WHO, by=DOCTOR)
    assert (stands.decision, stands.overridden_by) == ("block", None)


@pytest.mark.parametrize("actor", [NURSE, COORDINATOR, ADMINISTRATOR])
def test_nobody_but_a_prescriber_overrides(referred: Clinic, actor: Actor) -> None:
    psychosis(referred, "past")
    with pytest.raises(Refusal):
        people.override_gate(referred.practice, WHO, ["psychosis-past"], "because", by=actor)
    assert people.person_file(referred.practice, WHO).overrides == ()
