"""What the page on intended use says of the code is so."""

from __future__ import annotations

import ast
from importlib.resources import files
from pathlib import Path

import pytest

import ataraxy
from ataraxy.exchange.policy_file import load_policy, shipped_policies
from ataraxy.exchange.rules_file import load_rules
from ataraxy.therapy.refusal import Refusal
from ataraxy.therapy.rule import Effect, Override
from ataraxy.therapy.site_policy import PolicyStatus

ROOT = Path(ataraxy.__file__).parent
MODELS = ("engine", "pharmacology", "trials", "validation", "calibration", "forecasting")
# Computed without anything of a patient, shown on request, read by no rule.
EXCEPT = {"clinic/run_sheet/published_range.py"}


def imports_of(file: Path) -> set[str]:
    """The packages of ours that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        found |= {name.split(".")[1] for name in names if name.startswith("ataraxy.") and "." in name}
    return found


def callers_of_models() -> set[str]:
    return {
        file.relative_to(ROOT).as_posix()
        for part in ("clinic", "practice", "therapy", "record")
        for file in (ROOT / part).rglob("*.py")
        if "virtual" not in file.parts and imports_of(file) & set(MODELS)
    }


def test_no_page_rule_or_command_calls_a_model_that_predicts() -> None:
    assert callers_of_models() <= EXCEPT


def test_a_call_of_a_model_would_be_found(tmp_path: Path) -> None:
    file = tmp_path / "x.py"
    file.write_text("def f():\n    from ataraxy.pharmacology import simulate\n")
    assert imports_of(file) & set(MODELS)


def test_no_policy_for_real_people_ships_with_stop_limits() -> None:
    for name in shipped_policies():
        policy = load_policy(name)
        if policy.stop_limits is None:
            with pytest.raises(Refusal, match="no blood pressure"):
                policy.require_dosing(simulated=False)
        else:
            assert policy.status is PolicyStatus.SIMULATION
            with pytest.raises(Refusal, match="invented"):
                policy.require_dosing(simulated=False)


def test_the_shipped_rules_block_home_use_without_override() -> None:
    about = [r for r in load_rules().rules if any(c.fact == "site.setting" for c in r.any_of)]
    assert [(r.effect, r.override, r.enabled) for r in about] == [(Effect.BLOCK, Override.NEVER, True)]


def test_the_page_claims_no_compliance() -> None:
    page = (Path(__file__).parents[2] / "docs" / "intended-use.md").read_text(encoding="utf-8")
    assert 'is not "HIPAA compliant"' in page
    assert "not a registered medical" in " ".join(page.split())


def test_the_forms_of_limits_hold_no_number() -> None:
    form = (files("ataraxy") / "clinic" / "pages" / "rules" / "forms.py").read_text("utf-8")
    limits = form.split("class LimitsForm")[1].split("class ")[0]
    assert "initial" not in limits
    assert not any(character.isdigit() for character in limits.replace("max_length=300", ""))
