"""The published page and the code agree."""

from pathlib import Path

import pytest

from ataraxy.errors import InputError
from ataraxy.validation.kinetics import KineticValidation
from ataraxy.validation.page import BEGIN, END, results_text, rewrite

PAGE = Path(__file__).parents[2] / "docs" / "validation.md"


def test_the_published_results_are_those_of_the_present_code(shipped: KineticValidation) -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert rewrite(page, results_text(shipped)) == page, (
        "run: python -m ataraxy.validation.page docs/validation.md"
    )


def test_every_row_is_published(shipped: KineticValidation) -> None:
    text = results_text(shipped)
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    for row in shipped.rows:
        assert any(line.startswith(f"| {row.study} | {row.analyte} | {row.metric}") for line in lines)


def test_writing_twice_changes_nothing_and_leaves_the_rest_alone() -> None:
    page = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    once = rewrite(page, "new")
    assert rewrite(once, "new") == once
    assert once.startswith("before\n")
    assert once.endswith("\nafter\n")
    assert "old" not in once


def test_a_page_without_marks_is_refused() -> None:
    with pytest.raises(InputError, match="page-marks"):
        rewrite("no marks", "new")
