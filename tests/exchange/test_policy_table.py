"""The page for the nurse shows the policy that ships, and the roles as they are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ataraxy.exchange.policy_file import load_policy
from ataraxy.exchange.policy_table import permissions_table, rules_table, settings_table
from ataraxy.therapy.actor import MAY, Action, Actor, Role, may, require
from ataraxy.therapy.refusal import Refusal

PAGE = Path(__file__).parents[2] / "docs" / "session.md"


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("permissions", permissions_table()),
        ("rules", rules_table(load_policy("example"))),
        ("settings", settings_table(load_policy("example"))),
    ],
)
def test_the_page_holds_the_table_as_it_is(name: str, table: str) -> None:
    found = re.search(rf"<!-- {name}.*?-->\n(.*?)\n?<!-- end -->", PAGE.read_text("utf-8"), re.S)
    assert found is not None
    assert found[1].strip() == table


def test_every_number_of_a_policy_stands_in_one_of_the_tables() -> None:
    policy = load_policy("simulation")
    tables = rules_table(policy) + settings_table(policy)
    assert tables.count("\n") >= len(policy.settings())
    assert "**invented**" in tables


@pytest.mark.parametrize("action", list(Action))
@pytest.mark.parametrize("role", list(Role))
def test_a_role_may_what_the_table_says_and_nothing_else(role: Role, action: Action) -> None:
    actor = Actor(id="x", roles=frozenset({role}))
    assert may(actor, action) == (role in MAY[action])
    if not may(actor, action):
        with pytest.raises(Refusal) as refused:
            require(actor, action)
        assert refused.value.code == "role.not-permitted"
        assert "Ask a" in refused.value.remedy


def test_a_person_without_a_role_may_nothing() -> None:
    assert not any(may(Actor(id="x", roles=frozenset()), action) for action in Action)


def test_overrides_doses_and_rates_above_the_plan_are_the_prescribers_alone() -> None:
    for action in (Action.OVERRIDE_HOLD, Action.RAISE_ABOVE_PLAN, Action.PRESCRIBE):
        assert MAY[action] == {Role.PRESCRIBER}
