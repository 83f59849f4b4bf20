"""The commands of a person's chart: what is recorded, what the gate says about it, and overrides."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from ataraxy.practice.aggregate import PERSON, STAFF, PersonFile
from ataraxy.practice.practice import Done, Practice, Step
from ataraxy.practice.site import clinic_time, policy_in_force, protocol_of, the_site
from ataraxy.therapy import chart_decide
from ataraxy.therapy.actor import Action, Actor, require
from ataraxy.therapy.basis_of_use import ProtocolChoice
from ataraxy.therapy.chart_events import (
    Event,
    GateOverridden,
    ProfessionalAssigned,
    ProtocolChosen,
    judged,
)
from ataraxy.therapy.fact import Fact, FactSource
from ataraxy.therapy.gate import Judgement, judge
from ataraxy.therapy.override import override, standing_decision
from ataraxy.therapy.patient_chart import PatientChart
from ataraxy.therapy.person import Person
from ataraxy.therapy.refusal import Refusal
from ataraxy.therapy.rule import RuleSet
from ataraxy.therapy.session.gate_result import GateResult
from ataraxy.therapy.site import Document, Site


def person_file(practice: Practice, person: str) -> PersonFile:
    """Return what is known of a person. Raises Refusal where nothing is (``person.unknown``)."""
    found = practice.load(PERSON, person).state
    if found is None:
        raise Refusal("nobody of this id is known here", code="person.unknown", where=person)
    return found


def record(
    practice: Practice,
    events: Event | Sequence[Event],
    *,
    by: Actor,
    key: str | None = None,
    asked: Mapping[str, Any] | None = None,
) -> Done:
    """Record something, or several things at once, in the chart of one person.

    Args:
        practice: where it is recorded.
        events: of `ataraxy.therapy.chart_events`; all of one person, all or none are recorded.
        by: who records.
        key: names the request.
        asked: what was typed, where the events also hold the time at which it came: a form that is sent again says the
            same at another time. The events themselves where it is left out.

    Raises:
        Refusal: as `ataraxy.therapy.chart_decide.record` does.
    """
    together = [events] if not isinstance(events, Sequence) else list(events)
    if not together:
        return Done(())
    person = together[0].person

    def steps() -> Sequence[Step]:
        loaded = practice.load(PERSON, person)
        file = loaded.state
        kept: list[Event] = []
        for event in together:
            chart = None if file is None else file.chart
            kept += chart_decide.record(chart, event, actor=by, at=practice.now())
            file = PERSON.evolve(file, event)
        return [Step(PERSON.stream(person), loaded.version, kept, person)]

    return practice.perform(
        steps,
        by=by,
        command="chart.record",
        asked={"events": [event.model_dump(mode="json") for event in together]}
        if asked is None
        else {"person": person, **asked},
        key=key,
    )


def choose_protocol(practice: Practice, event: ProtocolChosen, *, by: Actor, key: str | None = None) -> Done:
    """Record which of the clinic's protocols is meant, in the version in force.

    Raises:
        Refusal: ``site.unknown-document``: the clinic gives no such version of it.
    """
    choice = event.protocol
    found = the_site(practice).in_force("protocol")
    if not any(
        document.name == choice.name and str(document.version) == choice.version for document in found
    ):
        raise Refusal(
            f"the clinic gives no protocol {choice.name}/{choice.version}",
            code="site.unknown-document",
            remedy="Choose one in force",
            where=choice.name,
        )
    return record(practice, event, by=by, key=key)


def assign_professional(
    practice: Practice, event: ProfessionalAssigned, *, by: Actor, key: str | None = None
) -> Done:
    """Record who is responsible, with the credentials that the clinic has seen."""
    found = practice.load(STAFF, event.professional.id).state
    if found is None or not found.active:
        raise Refusal("nobody of this id works here", code="staff.unknown", where=event.professional.id)
    seen = found.professional(event.professional.role)
    return record(practice, event.model_copy(update={"professional": seen}), by=by, key=key)


def rules_in_force(practice: Practice) -> RuleSet:
    """Return the rules that the clinic works by. Raises Refusal where it has adopted none (``site.none-in-force``)."""
    return rules_of(the_site(practice).only("rules"))


def rules_of(document: Document) -> RuleSet:
    """Return the rules that a document holds."""
    found = _rules.get(document.sha256)
    if found is None:
        found = _rules[document.sha256] = RuleSet.model_validate_json(json.dumps(document.body))
    return found


_rules: dict[str, RuleSet] = {}


def as_the_gate_reads_it(practice: Practice, chart: PatientChart, at: datetime) -> PatientChart:
    """Return a chart with what the clinic knows itself: setting, limits, staff and protocols as they stand."""
    site = the_site(practice)
    facts = [_site_fact("site.blood_pressure_stop_limits_set", _limits_set(practice), at)]
    if site.description is not None:
        if site.description.setting is not None:
            facts.append(_site_fact("site.setting", site.description.setting, at))
        if site.description.rems_certified is not None:
            facts.append(_site_fact("site.rems_certified", site.description.rems_certified, at))
    professionals = []
    for assigned in chart.professionals:
        found = practice.load(STAFF, assigned.id).state
        # who has left, or lost the role, is nobody's prescriber any more
        if found is not None and found.active and assigned.role in {role.value for role in found.roles}:
            professionals.append(found.professional(assigned.role))
    return chart.model_copy(
        update={
            "facts": (*chart.facts, *facts),
            "professionals": tuple(professionals),
            "protocol": None if chart.protocol is None else _as_adopted(site, chart.protocol),
        }
    )


def _as_adopted(site: Site, choice: ProtocolChoice) -> ProtocolChoice:
    """Return a choice with drug and route of the clinic's document; unknown where there is none of this version."""
    document = site.find("protocol", choice.name, int(choice.version)) if choice.version.isdecimal() else None
    if document is None:
        return choice.replace(drug=None, route=None)
    protocol = protocol_of(document)
    return choice.replace(drug=protocol.drug, route=protocol.route)


def ask_gate(practice: Practice, person: str, *, at: datetime | None = None) -> Judgement:
    """Return what the rules in force say about a person now. Nothing is recorded: anybody may look."""
    when = clinic_time(practice, at or practice.now())
    file = practice.load(PERSON, person).state
    chart = PatientChart(person=Person(id=person)) if file is None else file.chart
    return judge(as_the_gate_reads_it(practice, chart, when), rules_in_force(practice), when)


def judge_person(
    practice: Practice, person: str, *, by: Actor, key: str | None = None, at: datetime | None = None
) -> tuple[Judgement, GateResult]:
    """Ask the gate and record its answer.

    Returns:
        The judgement, and what stands of it with the overrides that count, as sessions and courses read it.
    """
    when = at or practice.now()
    answer: list[Judgement] = []

    def steps() -> Sequence[Step]:
        require(by, Action.RUN_COURSE)
        loaded = practice.load(PERSON, person)
        answer[:] = [ask_gate(practice, person, at=when)]
        return [
            Step(PERSON.stream(person), loaded.version, [judged(answer[0], person=person, by=by.id)], person)
        ]

    practice.perform(
        steps, by=by, command="gate.judge", asked={"id": person, "at": at}, key=key, occurred_at=when
    )
    judgement = answer[0] if answer else ask_gate(practice, person, at=when)
    return judgement, gate_result(practice, person, judgement, when)


def override_gate(
    practice: Practice,
    person: str,
    rules: Iterable[str],
    reason: str,
    *,
    by: Actor,
    until: datetime | None = None,
    key: str | None = None,
    at: datetime | None = None,
) -> Done:
    """Record that a prescriber goes on in spite of findings of the gate.

    Raises:
        Refusal: as `ataraxy.therapy.override.override` does.
    """
    wanted = tuple(rules)

    def steps() -> Sequence[Step]:
        when = clinic_time(practice, at or practice.now())
        loaded = practice.load(PERSON, person)
        found = practice.load(STAFF, by.id).state
        made = override(
            ask_gate(practice, person, at=when),
            wanted,
            actor=by,
            prescriber=None if found is None else found.professional("prescriber"),
            reason=reason,
            at=when,
            until=until,
        )
        event = GateOverridden(person=person, at=when, by=by.id, override=made)
        return [Step(PERSON.stream(person), loaded.version, [event], person)]

    asked = {"id": person, "rules": wanted, "reason": reason, "until": until}
    return practice.perform(steps, by=by, command="gate.override", asked=asked, key=key, occurred_at=at)


def gate_result(practice: Practice, person: str, judgement: Judgement, at: datetime) -> GateResult:
    """Return what stands of a judgement with the overrides that count at a moment."""
    file = practice.load(PERSON, person).state
    overrides = () if file is None else file.overrides
    stands = standing_decision(judgement, overrides, at)
    counting = [o.by for o in overrides if o.counts(at)]
    overridden = stands.value == "allow" and judgement.decision.value != "allow"
    return GateResult(
        decision=judgement.decision.value,
        overridden_by=counting[-1] if overridden and counting else None,
        judged_at=at,
        rules_version=f"{judgement.rules}/{judgement.rules_version}",
        facts_hash=judgement.facts_hash,
    )


def consent_current(practice: Practice, person: str, at: datetime) -> bool | None:
    """Return whether a consent counts for the protocol version that is meant; None where no protocol is chosen."""
    file = practice.load(PERSON, person).state
    if file is None or file.chart.protocol is None:
        return None
    choice = file.chart.protocol
    return any(
        consent.protocol == choice.name
        and consent.protocol_version == choice.version
        and consent.given_at <= at
        and (consent.withdrawn_at is None or consent.withdrawn_at > at)
        for consent in file.chart.consents
    )


def _limits_set(practice: Practice) -> bool:
    return policy_in_force(practice).stop_limits is not None


def _site_fact(name: str, value: Any, at: datetime) -> Fact:
    return Fact(name=name, value=value, observed_at=at, source=FactSource.SITE)
