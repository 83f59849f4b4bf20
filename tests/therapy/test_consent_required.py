"""A consent page asks for what the gate will ask for, and for nothing that is meant for another basis."""

from __future__ import annotations

from ataraxy.exchange.rules_file import load_rules
from ataraxy.therapy.consent import Basis, ConsentElement
from ataraxy.therapy.consent_required import required_elements

CORE = (
    ConsentElement.EXPERIMENTAL,
    ConsentElement.NOT_FDA_APPROVED,
    ConsentElement.ALTERNATIVES,
    ConsentElement.RISKS,
    ConsentElement.EVIDENCE_MIXED,
    ConsentElement.RIGHT_TO_WITHDRAW,
)


def test_off_label_use_asks_for_the_core_and_the_state_of_the_evidence() -> None:
    assert set(required_elements(load_rules().rules, Basis.OFF_LABEL)) == set(CORE)


def test_a_trial_asks_for_masked_allocation_as_well() -> None:
    found = set(required_elements(load_rules().rules, Basis.REGISTERED_TRIAL))
    assert found == {*CORE, ConsentElement.MASKED_ALLOCATION}


def test_rules_that_are_not_enabled_ask_for_nothing() -> None:
    switched_off = [rule.model_copy(update={"enabled": False}) for rule in load_rules().rules]
    assert required_elements(switched_off, Basis.OFF_LABEL) == ()
    clinics = next(rule for rule in load_rules().rules if rule.id == "consent-clinic-elements")
    assert not clinics.enabled
    enabled = clinics.model_copy(update={"enabled": True})
    assert ConsentElement.ESCORT in required_elements([enabled], Basis.OFF_LABEL)
