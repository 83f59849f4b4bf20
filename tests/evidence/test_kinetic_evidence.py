"""Reading the shipped evidence, irregular evidence, and evidence that is broken."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ataraxy.errors import InputError
from ataraxy.evidence.kinetics import OBSERVATIONS_FILE, STUDIES_FILE, load_kinetic_evidence

HEADER = "study,analyte,metric,time_h,value,unit,spread,spread_type,n,basis,group,note\n"
STUDY = """\
- id: one
  citation: One 2000
  drug: racemic
  relation: independent
  site: venous
  population: healthy volunteers
  n: 8
  doses:
  - time_h: 0.0
    route: iv_infusion
    amount: 0.5
    unit: mg/kg
    duration_min: 40
"""
ROW = "one,ketamine,Cmax,,185,ng/mL,,none,8,reported,,\n"


def write(folder: Path, studies: str = STUDY, observations: str = HEADER + ROW) -> Path:
    (folder / STUDIES_FILE).write_text(studies, encoding="utf-8")
    (folder / OBSERVATIONS_FILE).write_text(observations, encoding="utf-8")
    return folder


def test_the_shipped_evidence_is_read_whole() -> None:
    evidence = load_kinetic_evidence()
    text = (Path(__import__("ataraxy").__file__).parent / "evidence" / "data" / OBSERVATIONS_FILE).read_text()
    assert len(evidence.observations) == len(text.splitlines()) - 1
    assert {study.relation for study in evidence.studies} == {"independent", "own_data", "model_estimate"}
    assert all(row.measure is not None for row in evidence.observations)
    unknown = {row.analyte for row in evidence.observations if row.substance is None}
    assert unknown == {"ketamine/norketamine"}
    assert [row.basis for row in evidence.of("krystal1994-via-zanos2018-t1")] == [
        ("secondary", "range-midpoint")
    ]


def test_the_window_of_an_area_is_read_from_the_note() -> None:
    row = next(row for row in load_kinetic_evidence().of("simons-2022-film-50") if row.metric == "AUClast")
    assert row.measure is not None
    assert row.measure.window_h == (0.0, 6.0)


def test_reading_twice_gives_the_same_hash_and_changing_a_byte_another(tmp_path: Path) -> None:
    first = load_kinetic_evidence(write(tmp_path))
    assert load_kinetic_evidence(tmp_path).sha256 == first.sha256
    assert (
        load_kinetic_evidence(write(tmp_path, observations=HEADER + ROW.replace("185", "186"))).sha256
        != first.sha256
    )


def test_columns_may_stand_in_any_order_beside_others(tmp_path: Path) -> None:
    text = "colour,basis,unit,value,time_h,metric,analyte,study\nred,reported,ng/mL,185,,Cmax,ketamine,one\n"
    row = load_kinetic_evidence(write(tmp_path, observations=text)).observations[0]
    assert (row.value, row.unit, row.basis, row.note) == (185.0, "ng/mL", ("reported",), "")


def test_a_byte_order_mark_and_blank_lines_make_no_difference(tmp_path: Path) -> None:
    plain = load_kinetic_evidence(write(tmp_path)).observations
    marked = load_kinetic_evidence(write(tmp_path, observations="\ufeff" + HEADER + "\n" + ROW)).observations
    assert (marked[0].study, marked[0].value) == (plain[0].study, plain[0].value)


def test_a_rate_is_an_amount_over_its_duration(tmp_path: Path) -> None:
    rate = STUDY.replace("amount: 0.5", "amount: 0.75").replace("unit: mg/kg", "unit: mg/kg/h")
    dose = load_kinetic_evidence(write(tmp_path, studies=rate)).studies[0].doses[0]
    assert (dose.amount, dose.per_kg) == (pytest.approx(0.5), True)
    rate = STUDY.replace("amount: 0.5", "amount: 12.5").replace("unit: mg/kg", "unit: ug/kg/min")
    dose = load_kinetic_evidence(write(tmp_path, studies=rate)).studies[0].doses[0]
    assert dose.amount == pytest.approx(0.5)


@pytest.mark.parametrize("word", ["iv", "IV", "intravenous"])
def test_an_intravenous_dose_is_an_infusion_where_it_has_a_duration(tmp_path: Path, word: str) -> None:
    infused = STUDY.replace("route: iv_infusion", f"route: {word}")
    pushed = infused.replace("    duration_min: 40\n", "")
    routes = [load_kinetic_evidence(write(tmp_path, studies=s)).studies[0].routes for s in (infused, pushed)]
    assert routes == [("iv_infusion",), ("iv_bolus",)]


def test_a_repeated_dose_is_written_out(tmp_path: Path) -> None:
    repeated = STUDY + "    repeats: 3\n    every_h: 48\n"
    doses = load_kinetic_evidence(write(tmp_path, studies=repeated)).studies[0].doses
    assert [dose.time_h for dose in doses] == [0.0, 48.0, 96.0]


def test_what_is_not_stated_is_unknown_and_said(tmp_path: Path) -> None:
    bare = (
        "- {id: one, drug: S, site: capillary, colour: red, doses: [{route: im, amount: null, unit: mg}]}\n"
    )
    study = load_kinetic_evidence(write(tmp_path, studies=bare)).studies[0]
    assert (study.site, study.relation, study.weight_kg, study.doses[0].amount) == (
        "unknown",
        "not_stated",
        None,
        None,
    )
    assert any("capillary" in flag for flag in study.flags)
    assert any("colour" in flag for flag in study.flags)
    assert any("never scored" in flag for flag in study.flags)


@pytest.mark.parametrize(
    ("fields", "children"),
    [
        ("children: true", True),
        ("age_y: 7", True),
        ("population: children 2-8 y", True),
        ("population: paediatric burns unit", True),
        ("population: adults and children", False),
        ("population: patients; index terms run from child to middle age", False),
        ("age_y: 30", False),
    ],
)
def test_children_are_known_as_such(tmp_path: Path, fields: str, children: bool) -> None:
    studies = f"- id: one\n  drug: S\n  relation: independent\n  doses: []\n  {fields}\n"
    assert load_kinetic_evidence(write(tmp_path, studies=studies)).studies[0].children is children


@pytest.mark.parametrize("printed", ["", "BLQ", "<2", "n/a"])
def test_a_value_that_is_no_number_on_purpose_is_none(tmp_path: Path, printed: str) -> None:
    row = ROW.replace("185", printed)
    assert load_kinetic_evidence(write(tmp_path, observations=HEADER + row)).observations[0].value is None


def test_a_metric_or_analyte_that_is_not_known_is_read_whatever_its_unit(tmp_path: Path) -> None:
    rows = "one,ketamine,Emax,,3,points,,none,8,reported,,\none,oxygen,conc,1,98,%,,none,8,reported,,\n"
    first, second = load_kinetic_evidence(write(tmp_path, observations=HEADER + rows)).observations
    assert first.measure is None
    assert second.substance is None


BAD = [
    # what is written, with what: code, and what the one line must name
    ("study", STUDY.replace("route: iv_infusion", "route: by_drone"), "unknown-route", ["yaml:9", "route", "by_drone"]),
    ("study", STUDY.replace("unit: mg/kg", "unit: stone"), "unknown-unit", ["pk_studies.yaml:9", "unit", "stone"]),
    ("study", STUDY.replace("    unit: mg/kg\n", ""), "unit-missing", ["pk_studies.yaml:9", "unit"]),
    ("study", STUDY.replace("amount: 0.5", "amount: much"), "not-a-number", ["yaml:9", "amount", "much"]),
    ("study", STUDY.replace("amount: 0.5", "amount: -0.5"), "out-of-range", ["amount", "-0.5"]),
    ("study", STUDY.replace("drug: racemic", "drug: aspirin"), "unknown-drug", ["yaml:1", "drug", "aspirin"]),
    ("study", STUDY.replace("independent", "cousin"), "unknown-relation", ["relation", "cousin"]),
    ("study", STUDY.replace("- id: one\n  citation", "- citation"), "field-missing", ["pk_studies.yaml:1", "id"]),
    ("study", STUDY + STUDY, "study-twice", ["pk_studies.yaml:14", "one"]),
    ("study", STUDY.replace("  n: 8", "  n: 8\n  n: 9"), "yaml", ["pk_studies.yaml:8", "twice"]),
    ("study", STUDY.replace("doses:", "doses: ["), "yaml", ["pk_studies.yaml:", "broken YAML"]),
    ("study", STUDY.replace("  n: 8", "  {a: 1}: 8"), "yaml", ["pk_studies.yaml:7", "name"]),
    ("study", STUDY.replace("One 2000", "2000-13-41"), "yaml", ["pk_studies.yaml"]),
    ("study", "", "no-studies", ["pk_studies.yaml"]),
    ("study", "just words", "no-studies", ["pk_studies.yaml"]),
    ("study", STUDY + "    duration_h: 3\n", "field-malformed", ["duration_min"]),
    ("study", STUDY.replace("amount: 0.5", "amount: 1" + "0" * 400), "not-a-number", ["yaml:9", "amount", "too large"]),
    ("study", STUDY.replace("n: 8", "n: 0x" + "f" * 9000), "not-a-number", ["field n", "too large"]),
    ("study", STUDY.replace("n: 8", "n: -1" + "0" * 5000), "yaml", ["pk_studies.yaml", "digits"]),
    ("study", STUDY.replace("amount: 0.5", "amount: " + "x" * 5000), "not-a-number", ["amount", "xxx..."]),
    ("study", STUDY.replace("unit: mg/kg", "unit: " + "x" * 5000), "unknown-unit", ["unit", "xxx..."]),
    ("study", STUDY.replace("independent", "x" * 5000), "unknown-relation", ["relation", "xxx..."]),
    ("study", STUDY.replace("amount: 0.5", "amount: 1.0e+308"), "out-of-range", ["amount", "1e+308"]),
    ("study", STUDY.replace("time_h: 0.0", "time_h: 1.0e+300"), "out-of-range", ["time_h", "1e+300"]),
    ("study", STUDY + "    repeats: 9000\n    every_h: 24\n", "out-of-range", ["repeats", "ten years"]),
    ("study", "- " * 400 + "a", "yaml", ["pk_studies.yaml", "deep"]),
    ("study", "- &a\n  id: *a\n", "yaml", ["pk_studies.yaml:2", "itself"]),
    ("row", HEADER.replace("basis,", "") + ROW, "column-missing", ["pk_observations.csv:1", "basis"]),
    ("row", HEADER + ROW.replace("one,", "two,"), "unknown-study", ["row 2", "two", "study"]),
    ("row", HEADER + ROW.replace("185", "many"), "not-a-number", ["row 2", "value", "many"]),
    ("row", HEADER + ROW.replace("185", "-1"), "out-of-range", ["row 2", "value"]),
    ("row", HEADER + ROW.replace("ng/mL", "furlongs"), "unknown-unit", ["row 2", "unit", "furlongs"]),
    ("row", HEADER + ROW.replace("ng/mL", "h"), "wrong-unit", ["row 2", "unit", "Cmax"]),
    ("row", HEADER + ROW.replace("ng/mL", ""), "wrong-unit", ["row 2", "unit", "Cmax"]),
    ("row", HEADER + ROW.replace("ng/mL", "x" * 5000), "unknown-unit", ["row 2", "unit", "xxx..."]),
    ("row", HEADER + ROW.replace("one,", "x" * 5000 + ","), "unknown-study", ["row 2", "xxx..."]),
    ("row", HEADER + ROW.replace("Cmax,,", "Cmax,1e300,"), "out-of-range", ["row 2", "time_h"]),
    ("row", HEADER + ROW.replace("Cmax,,", "Cmax,soon,"), "not-a-number", ["row 2", "time_h", "soon"]),
    ("row", HEADER + ROW + ROW.replace(",,\n", ",,,\n"), "csv-row", ["row 3", "13 cells for 12 columns"]),
    ("row", HEADER + ROW.replace(",,\n", ',,"open\n'), "csv", ["row 2"]),
]  # fmt: skip


@pytest.mark.parametrize(("which", "text", "code", "named"), BAD)
def test_a_fault_is_one_line_with_its_place_and_remedy(
    tmp_path: Path, which: str, text: str, code: str, named: list[str]
) -> None:
    write(tmp_path, studies=text) if which == "study" else write(tmp_path, observations=text)
    with pytest.raises(InputError) as caught:
        load_kinetic_evidence(tmp_path)
    line = str(caught.value)
    assert caught.value.code == f"evidence.{code}"
    assert "\n" not in line
    assert len(line) < 700
    assert caught.value.remedy
    for word in named:
        assert word in line


JUNK = st.one_of(
    st.sampled_from(
        ["null", "[]", "{}", "[1, 2]", "{a: 1}", "'", '"', "-", ": ", "\t", "1e999", "nan", "!!x 1", "*a"]
    ),
    st.text(max_size=8),
)


@given(data=st.data())
def test_whatever_is_broken_the_only_error_is_one_line_for_a_person(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    words = re.split(r"(\s|,)", data.draw(st.sampled_from([STUDY, HEADER + ROW])))
    place = data.draw(st.integers(0, len(words) - 1))
    broken = "".join([*words[:place], data.draw(JUNK), *words[place + 1 :]])
    folder = tmp_path_factory.mktemp("broken")
    studies, observations = (broken, HEADER + ROW) if words[0] == "-" else (STUDY, broken)
    (folder / STUDIES_FILE).write_bytes(studies.encode("utf-8", "surrogatepass"))
    (folder / OBSERVATIONS_FILE).write_bytes(observations.encode("utf-8", "surrogatepass"))
    line = ""
    try:
        load_kinetic_evidence(folder)
    except InputError as error:
        line = str(error)
    assert "\n" not in line


def test_a_missing_directory_or_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no-directory"):
        load_kinetic_evidence(tmp_path / "nowhere")
    write(tmp_path)
    (tmp_path / OBSERVATIONS_FILE).unlink()
    with pytest.raises(InputError, match=r"pk_observations.csv: the file is missing.*file-missing"):
        load_kinetic_evidence(tmp_path)
    (tmp_path / OBSERVATIONS_FILE).mkdir()
    with pytest.raises(InputError, match="file-unreadable"):
        load_kinetic_evidence(tmp_path)


def test_text_that_is_not_utf_8_is_named_with_its_line(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / OBSERVATIONS_FILE).write_bytes((HEADER + ROW).encode() + b"\xff\xfe")
    with pytest.raises(InputError, match=r"pk_observations.csv:3: it is not UTF-8"):
        load_kinetic_evidence(tmp_path)
