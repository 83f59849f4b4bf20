"""Published parameters as they were printed."""

import csv
from pathlib import Path

import pytest

from ataraxy.errors import InputError
from ataraxy.evidence.pd_parameter import COLUMNS, SHIPPED_PARAMETERS, load_pd_parameters

HEADER = ",".join(COLUMNS) + "\n"
ROW = "C01,C50,0.51,nmol/mL,0.38,0.66,healthy men n=17,pop PK-PD,Olofsen 2022,https://example.org,[A] note\n"


def write(folder: Path, text: str) -> Path:
    path = folder / "p.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_shipped_row_comes_out_as_it_was_printed() -> None:
    with SHIPPED_PARAMETERS.open(encoding="utf-8", newline="") as stream:
        raw = list(csv.DictReader(stream))
    rows = load_pd_parameters().rows
    assert [row.id for row in rows] == [item["id"] for item in raw]
    assert [row.printed for row in rows] == [item["value"] for item in raw]
    assert all(row.group and row.grade for row in rows)


def test_a_value_is_a_number_only_where_one_number_is_printed() -> None:
    by_id = load_pd_parameters().by_id
    assert by_id["C01"].value == 0.51
    assert (by_id["C01"].low, by_id["C01"].high) == (0.38, 0.66)
    assert by_id["A06"].value is None
    assert by_id["A21"].value is None
    assert by_id["A24"].value is None
    assert by_id["DER13"].high is None  # printed inf


def test_species_are_told_from_the_words() -> None:
    by_id = load_pd_parameters().by_id
    assert [by_id[name].species for name in ("A01", "A07", "A16", "A24", "C01", "D19", "D18")] == [
        "in vitro",
        "rat",
        "mouse",
        "model code",
        "human",
        "non-human primate",
        "rat",
    ]
    assert by_id["E02"].species == "human"  # printed "same"


def test_selection_narrows_and_case_makes_no_difference() -> None:
    everything = load_pd_parameters()
    assert everything.select() == everything.rows
    group = everything.select(ids="c")
    assert group
    assert all(row.id.startswith("C") for row in group)
    assert [row.id for row in everything.select(ids="der01")] == ["DER01"]
    assert {row.species for row in everything.select(species="Mouse")} == {"mouse"}
    assert {row.species for row in everything.select(species="hippocampal")} == {"mouse", "in vitro"}
    assert all("CADSS" in row.quantity for row in everything.select(words="cadss", ids="C"))
    assert everything.select(ids="Z") == ()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "evidence.column-missing"),
        ("id,quantity\n", "evidence.column-missing"),
        (HEADER + ROW + ROW, "evidence.id-twice"),
        (HEADER + ROW.replace("C01", ""), "evidence.field-missing"),
        (HEADER + ROW.replace("0.38", "low"), "evidence.not-a-number"),
        (HEADER + '"C01,', "evidence.csv"),
    ],
)
def test_a_broken_table_is_an_error_that_names_the_row(tmp_path: Path, text: str, code: str) -> None:
    with pytest.raises(InputError) as caught:
        load_pd_parameters(write(tmp_path, text))
    assert caught.value.code == code
    assert "row" in caught.value.where
