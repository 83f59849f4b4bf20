"""What a consent has to hold, by the rules that a clinic works by."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ataraxy.therapy.consent import Basis, ConsentElement
from ataraxy.therapy.rule import Condition, Effect, Operator, Rule

FACT: Final = "consent.elements"
_BASIS: Final = "basis.kind"


def required_elements(rules: Iterable[Rule], basis: Basis) -> tuple[ConsentElement, ...]:
    """Return the elements without which a consent lets nobody through the gate, in the order of the vocabulary.

    Rules for another basis of use are left out. Whatever else a rule depends on is not looked at here: what it asks
    for is asked for.
    """
    asked = {
        word
        for rule in rules
        if rule.enabled and rule.effect is not Effect.CAUTION and _of_this_basis(rule, basis)
        for condition in rule.any_of
        if len(rule.any_of) == 1
        and (condition.fact, condition.operator) == (FACT, Operator.INCLUDES_ALL)
        and isinstance(condition.value, tuple)
        for word in condition.value
    }
    return tuple(element for element in ConsentElement if element.value in asked)


def _of_this_basis(rule: Rule, basis: Basis) -> bool:
    return all(_holds(condition, basis) for condition in rule.when if condition.fact == _BASIS)


def _holds(condition: Condition, basis: Basis) -> bool:
    named = condition.value if isinstance(condition.value, tuple) else (condition.value,)
    return (basis.value in named) is (condition.operator in (Operator.IS, Operator.ONE_OF))
