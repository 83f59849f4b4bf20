"""The documentation says what the parameter files say."""

from pathlib import Path

import pytest

from ataraxy.errors import InputError
from ataraxy.pharmacology.symptoms.page import with_sections

PAGE = Path(__file__).parents[3] / "docs" / "symptoms.md"


def test_the_page_holds_all_numbers_as_they_are() -> None:
    """Where this fails: python -m ataraxy.pharmacology.symptoms.page docs/symptoms.md"""
    page = PAGE.read_text(encoding="utf-8")
    assert page == with_sections(page)


def test_a_page_without_markers_is_refused() -> None:
    with pytest.raises(InputError) as refused:
        with_sections("nothing")
    assert refused.value.code == "symptoms.page-markers"
