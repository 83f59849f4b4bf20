"""The pages of the gate and of the instruments hold what the shipped files say."""

from __future__ import annotations

from pathlib import Path

import pytest

from ataraxy.errors import InputError
from ataraxy.exchange.gate_page import gate_parts
from ataraxy.exchange.instrument_file import instruments
from ataraxy.exchange.instrument_page import instrument_parts
from ataraxy.exchange.page_parts import replace_parts
from ataraxy.exchange.rules_file import load_rules

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_of_the_gate_holds_the_shipped_rules() -> None:
    """Where this fails: python -m ataraxy.exchange.gate_page docs/gate.md"""
    page = (DOCS / "gate.md").read_text("utf-8")
    assert replace_parts(page, gate_parts()) == page
    assert all(f"`{rule.id}`/{rule.version}" in page for rule in load_rules().rules)


def test_the_page_of_instruments_holds_the_shipped_scales() -> None:
    """Where this fails: python -m ataraxy.exchange.instrument_page docs/instruments.md"""
    page = (DOCS / "instruments.md").read_text("utf-8")
    assert replace_parts(page, instrument_parts()) == page
    assert all(f"| {one.id}/{one.version} |" in page for one in instruments().values())


def test_a_page_without_a_part_is_refused() -> None:
    with pytest.raises(InputError) as refused:
        replace_parts("nothing here", {"rules": "x"})
    assert refused.value.code == "page.part-missing"
