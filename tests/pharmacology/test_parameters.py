"""A parameter that lacks anything does not load."""

from pathlib import Path

import numpy as np
import pytest
import yaml

from ataraxy.errors import InputError
from ataraxy.pharmacology.kinetics import list_models
from ataraxy.pharmacology.parameters import Status, load_parameters

GOOD = {
    "model": "test",
    "sources": {"s": {"citation": "A paper.", "seen": "its abstract"}},
    "parameters": {
        "CL": {
            "value": 1.5,
            "unit": "L/min",
            "status": "measured",
            "source": {"key": "s", "place": "Table 1"},
            "uncertainty": {"se": 0.15, "status": "measured"},
        },
        "ka": {
            "value": 3.0,
            "unit": "1/h",
            "status": "assumed",
            "source": {"key": "s", "place": "nowhere"},
            "uncertainty": {"bounds": [1.5, 8.0], "status": "assumed"},
            "note": "wide",
        },
        "F": {
            "value": 0.5,
            "unit": "fraction",
            "status": "measured",
            "source": {"key": "s", "place": "Table 1"},
            "uncertainty": {"relative_se": 0.1, "status": "assumed"},
            "scale": "logit",
        },
        "M": {
            "value": 237.73,
            "unit": "g/mol",
            "status": "measured",
            "source": {"key": "s", "place": "text"},
            "uncertainty": {"exact": "a molar mass", "status": "assumed"},
        },
    },
}


@pytest.fixture
def write(tmp_path):
    def written(change=lambda content: None) -> Path:
        content = yaml.safe_load(yaml.safe_dump(GOOD, sort_keys=False))
        change(content)
        path = tmp_path / "table.yaml"
        path.write_text(yaml.safe_dump(content, sort_keys=False))
        return path

    return written


def test_values_are_kept_as_printed_and_computed_in_hours(write):
    table = load_parameters(write())
    assert table["CL"].value == 1.5
    assert table["CL"].inner_value == 90.0
    assert table["CL"].inner_unit == "L/h"
    assert table["CL"].uncertainty.relative_se == pytest.approx(0.1)
    assert table["ka"].status is Status.ASSUMED


@pytest.mark.parametrize("field", ["value", "unit", "status", "source", "uncertainty"])
def test_a_parameter_without_a_field_does_not_load(write, field):
    path = write(lambda c: c["parameters"]["CL"].pop(field))
    with pytest.raises(InputError, match=r"parameters\.malformed") as caught:
        load_parameters(path)
    assert caught.value.where == f"table.yaml: parameter CL: {field}"
    assert caught.value.exit_status == 2


@pytest.mark.parametrize(
    ("name", "change", "word"),
    [
        ("unknown unit", {"unit": "mL/min"}, "mL/min"),
        ("unknown status", {"status": "guessed"}, "guessed"),
        ("text for a number", {"value": "1.5 L"}, "1.5 L"),
        ("true for a number", {"value": True}, "True"),
        ("not finite", {"value": float("nan")}, "nan"),
        ("zero", {"value": 0}, "not above zero"),
        ("unknown source", {"source": {"key": "t", "place": "Table 1"}}, "'t'"),
        ("no place", {"source": {"key": "s"}}, "place"),
        ("no size", {"uncertainty": {"status": "assumed"}}, "no size"),
        ("two sizes", {"uncertainty": {"status": "assumed", "se": 1, "exact": "no"}}, "se and exact"),
        ("zero size", {"uncertainty": {"status": "assumed", "se": 0}}, "se is 0"),
        ("no status of it", {"uncertainty": {"se": 0.1}}, "status"),
        ("bounds beside the value", {"uncertainty": {"bounds": [2.0, 3.0], "status": "assumed"}}, "enclose"),
        ("logit above one", {"scale": "logit"}, "not below 1"),
        ("misspelt field", {"untertainty": 1}, "untertainty"),
    ],
)
def test_a_parameter_with_a_wrong_field_does_not_load(write, name, change, word):
    with pytest.raises(InputError, match=r"parameters\.malformed") as caught:
        load_parameters(write(lambda c: c["parameters"]["CL"].update(change)))
    assert "table.yaml: parameter CL" in str(caught.value)
    assert word in str(caught.value)


def test_a_source_without_a_citation_does_not_load(write):
    with pytest.raises(InputError, match="citation"):
        load_parameters(write(lambda c: c["sources"]["s"].pop("citation")))


def test_a_name_that_stands_twice_does_not_load(write, tmp_path):
    path = tmp_path / "twice.yaml"
    path.write_text(write().read_text().replace("  ka:", "  CL:"))
    with pytest.raises(InputError, match="stands twice"):
        load_parameters(path)


@pytest.mark.parametrize("text", ["a: [1", "- 1", ""])
def test_a_file_that_is_no_table_does_not_load(tmp_path, text):
    path = tmp_path / "broken.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=r"broken\.yaml"):
        load_parameters(path)


def test_a_file_that_is_not_there_does_not_load(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        load_parameters(tmp_path / "none.yaml")


def test_the_value_is_the_median_of_its_uncertainty(write):
    for parameter in load_parameters(write()).values():
        assert float(parameter.at(0.0)) == pytest.approx(parameter.inner_value)


def test_draws_stay_within_bounds_with_half_on_each_side(write):
    drawn = load_parameters(write())["ka"].at(np.linspace(-9, 9, 101))
    assert drawn.min() == pytest.approx(1.5)
    assert drawn.max() == pytest.approx(8.0)
    assert np.count_nonzero(drawn < 3.0) == 50
    assert np.all(np.diff(drawn) >= 0.0)


def test_a_fraction_stays_a_fraction(write):
    drawn = load_parameters(write())["F"].at(np.array([-6.0, -1e-3, 1e-3, 6.0]))
    assert np.all((drawn > 0.0) & (drawn < 1.0))
    # near the value the slope is the standard error
    assert (drawn[2] - drawn[1]) / 2e-3 == pytest.approx(0.05, rel=1e-6)


def test_an_exact_value_is_not_drawn(write):
    table = load_parameters(write())
    assert table.uncertain == ("CL", "ka", "F")
    assert table.values_at(np.ones(3))["M"] == 237.73


def test_the_hash_follows_the_content_and_not_the_layout(write):
    before = load_parameters(write()).sha256()
    commented = write()
    commented.write_text("# a comment\n" + commented.read_text())
    assert load_parameters(commented).sha256() == before
    changed = load_parameters(write(lambda c: c["parameters"]["CL"].update(note="changed")))
    assert changed.sha256() != before


def test_every_shipped_assumption_says_why():
    for model in list_models():
        for parameter in model.parameters.values():
            assert parameter.status is not Status.ASSUMED or parameter.note, f"{model.name}: {parameter.name}"
