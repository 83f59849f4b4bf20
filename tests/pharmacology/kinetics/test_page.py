"""The documentation says what the code and the parameter files say."""

import csv
from pathlib import Path

import pytest

from ataraxy.errors import InputError
from ataraxy.pharmacology.kinetics import list_models
from ataraxy.pharmacology.kinetics.page import with_models

PAGE = Path(__file__).parents[3] / "docs" / "kinetics.md"
TABLE = Path(__file__).with_name("data") / "head_to_head.csv"


def test_the_page_holds_the_models_as_they_are():
    """Where this fails: python -m ataraxy.pharmacology.kinetics.page docs/kinetics.md"""
    page = PAGE.read_text(encoding="utf-8")
    assert page == with_models(page)


def test_every_parameter_stands_on_the_page():
    page = PAGE.read_text(encoding="utf-8")
    for model in list_models():
        for parameter in model.parameters.values():
            assert f"| {parameter.name} | {parameter.value:g} | {parameter.unit} |" in page


def test_the_page_holds_the_recorded_acceptance_values():
    page = PAGE.read_text(encoding="utf-8")
    with TABLE.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            values = f"{float(row['factor_1']):.4g} | {float(row['factor_default']):.4g}"
            assert (
                f"| {row['model']} | {row['quantity']}, {row['unit']} | {row['noted']} | {values} |" in page
            )


def test_a_page_without_markers_is_refused():
    with pytest.raises(InputError, match=r"kinetics\.page-markers"):
        with_models("# A page")
