"""Documents that say what the code does are compared with the code."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from ataraxy.clinic.access.tables import public_table, roles_table
from ataraxy.clinic.home import ClinicSettings

DOCS = Path(__file__).parents[2] / "docs"
SETUP = (DOCS / "clinic-setup.md").read_text(encoding="utf-8")
ASVS = (DOCS / "asvs.md").read_text(encoding="utf-8")


def section(name: str) -> str:
    """What stands between the marks of a table that is written from the code."""
    return SETUP.split(f"<!-- {name} -->\n")[1].split(f"\n<!-- end {name} -->")[0]


@pytest.mark.parametrize(("name", "table"), [("roles", roles_table), ("open addresses", public_table)])
def test_a_table_is_the_one_of_the_code(name: str, table: Callable[[], str]) -> None:
    """ATARAXY_WRITE_DOCS=1 writes it anew."""
    if os.environ.get("ATARAXY_WRITE_DOCS"):
        file = DOCS / "clinic-setup.md"
        file.write_text(file.read_text(encoding="utf-8").replace(section(name), table()), encoding="utf-8")
        return
    assert section(name) == table()


def test_every_setting_is_explained() -> None:
    assert [name for name in ClinicSettings.model_fields if f"| `{name}` |" not in SETUP] == []


ROWS = re.findall(r"^\| (\d+\.\d+\.\d+) \| (.+?) \| (.+?) \| (.*?) \|$", ASVS, re.MULTILINE)
CHAPTERS = re.findall(r"^\| V\d+ \| .*?, (\d+) items \| n/a \|", ASVS, re.MULTILINE)
ANSWERS = ("met", "partly", "not met", "n/a")


def test_each_item_of_asvs_has_one_answer_out_of_four() -> None:
    ids = [row[0] for row in ROWS]
    assert len(ids) == len(set(ids))
    assert len(ids) + sum(map(int, CHAPTERS)) == 253
    assert {row[2] for row in ROWS} == set(ANSWERS)


@pytest.mark.parametrize("answer", ["partly", "not met", "n/a"])
def test_whatever_is_not_met_says_why(answer: str) -> None:
    assert [row[0] for row in ROWS if row[2] == answer and len(row[3]) < 10] == []


def test_the_counts_on_top_are_those_of_the_table() -> None:
    counts = {answer: sum(row[2] == answer for row in ROWS) for answer in ANSWERS}
    counts["n/a"] += sum(map(int, CHAPTERS))
    told = ", ".join(f"{counts[answer]} {answer}" for answer in ANSWERS)
    assert f"Of 253 items: {told}." in " ".join(ASVS.split())
