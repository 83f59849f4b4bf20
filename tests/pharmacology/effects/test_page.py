"""The documentation says what the code and the parameter files say."""

from pathlib import Path

import pytest

from ataraxy.errors import InputError
from ataraxy.pharmacology.effects.page import with_sections

PAGE = Path(__file__).parents[3] / "docs" / "effects.md"


def test_the_page_holds_parameters_hypotheses_and_rates_as_they_are() -> None:
    """Where this fails: python -m ataraxy.pharmacology.effects.page docs/effects.md"""
    page = PAGE.read_text(encoding="utf-8")
    assert page == with_sections(page)


def test_a_page_without_markers_is_refused() -> None:
    with pytest.raises(InputError) as refused:
        with_sections("nothing")
    assert refused.value.code == "effects.page-markers"
