"""A policy in a file: every mistake names file, line, field and remedy."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest

from ataraxy.errors import InputError
from ataraxy.exchange.policy_file import load_policy, parse_policy, shipped_policies
from ataraxy.therapy.site_policy import PolicyStatus

EXAMPLE = (files("ataraxy") / "policies" / "example.yaml").read_text("utf-8")


def refused(old: str, new: str) -> InputError:
    assert old in EXAMPLE
    with pytest.raises(InputError) as found:
        parse_policy(EXAMPLE.replace(old, new, 1), "clinic.yaml")
    assert found.value.remedy
    return found.value


def line_of(text: str) -> int:
    return EXAMPLE[: EXAMPLE.index(text)].count("\n") + 1


def test_the_shipped_policies_load_by_name_and_by_path(tmp_path: Path) -> None:
    assert shipped_policies() == ("example", "simulation")
    path = tmp_path / "ours.yaml"
    path.write_text(EXAMPLE, "utf-8")
    assert load_policy(path) == load_policy(str(path)) == load_policy("example")


def test_a_policy_based_on_another_differs_in_what_it_says() -> None:
    example, simulation = load_policy("example"), load_policy("simulation")
    assert simulation.status is PolicyStatus.SIMULATION
    assert simulation.rules == example.rules
    assert simulation.preparation == example.preparation
    assert simulation.stop_limits is not None


@pytest.mark.parametrize(
    ("old", "new", "code", "field"),
    [
        ("food:\n    value: 2 h", "food:\n    value: 2", "policy.unit", "before.food.value"),
        ("food:\n    value: 2 h", "food:\n    value: 120 min", "policy.unit", "before.food.value"),
        ("food:\n    value: 2 h", "food:\n    value: 2 hrs", "policy.unit", "before.food.value"),
        ("food:\n    value: 2 h", "food:\n    value: soon", "policy.value", "before.food.value"),
        (" 140 mmHg\n      grade: label", " 140 mmHg", "policy.field-missing", "rules[0].threshold.grade"),
        ("grade: label\n", "grade: forum\n", "policy.grade-too-weak", "rules[0].threshold.grade"),
        ("trigger: above", "trigger: more", "policy.value", "rules[0].trigger"),
        ("overridable: true", "overideable: true", "policy.field-unknown", "rules[0].overideable"),
        ("status: example", "status: real", "policy.value", "status"),
        ("decided_on: 2026-11-23", "decided_on: soon", "policy.value", "decided_on"),
        ("version: 1", "version: 0", "policy.value", "version"),
        ("  - id: stay-nausea", "  - id: stay-spo2", "policy.twice", "rules"),
        ("item9_alert_from: 1", "item9_alert_from: 4", "policy.value", "suicide_risk.item9_alert_from"),
        ("format: ataraxy.policy/1", "format: ataraxy.policy/9", "policy.format", "format"),
        ("hold_from: high", "hold_from: very high", "policy.value", "suicide_risk.hold_from"),
    ],
)  # fmt: skip
def test_a_mistake_names_its_line_field_and_remedy(old: str, new: str, code: str, field: str) -> None:
    error = refused(old, new)
    assert error.code == code
    found = re.fullmatch(r"clinic\.yaml:(\d+): (.+)", error.where)
    assert found is not None
    assert found[2].startswith(field)
    assert abs(int(found[1]) - line_of(old)) <= 12
    assert "\n" not in str(error)


def test_a_misspelt_field_is_guessed() -> None:
    assert 'Did you mean "overridable"' in refused("overridable: true", "overideable: true").remedy


def test_a_missing_signature_names_the_hash_that_is_to_be_signed() -> None:
    limits = """
stop_limits:
  systolic: {value: 180 mmHg, grade: site, source: Dr. A. Director}
  diastolic: {value: 110 mmHg, grade: site, source: Dr. A. Director}
  signed: {name: Dr. A. Director, on: 2026-01-31HASH}
"""
    text = EXAMPLE.replace("status: example", "status: site") + limits
    with pytest.raises(InputError) as found:
        parse_policy(text.replace("HASH", ""), "clinic.yaml")
    assert found.value.code == "policy.signature"
    digest = re.search(r"hash is ([0-9a-f]{16})", found.value.message)
    assert digest is not None
    policy = parse_policy(text.replace("HASH", f', limits_hash: "{digest[1]}"'), "clinic.yaml")
    policy.require_dosing(simulated=False)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[1, 2]", "policy.shape"),
        ("name: x", "policy.format"),
        ("format: ataraxy.policy/1\nbased_on: nothing", "policy.based-on"),
        ("format: ataraxy.policy/1\nbased_on: simulation", "policy.based-on"),
        ("format: ataraxy.policy/1\nbased_on: [example]", "policy.based-on"),
        ("format: ataraxy.policy/1\nname: x", "policy.field-missing"),
        ("format: ataraxy.policy/1\nbased_on: example\nbefore: nothing", "policy.value"),
        ("format: ataraxy.policy/1\nbased_on: example\nrules: [a, b]", "policy.value"),
    ],
)
def test_what_is_no_policy_is_refused_in_one_line(text: str, code: str) -> None:
    with pytest.raises(InputError) as found:
        parse_policy(text, "clinic.yaml")
    assert found.value.code == code
    assert found.value.where.startswith("clinic.yaml")
    assert "\n" not in str(found.value)


def test_an_unknown_name_is_guessed() -> None:
    with pytest.raises(InputError) as found:
        load_policy("exampel")
    assert found.value.code == "file.missing"
    assert "example" in found.value.remedy
