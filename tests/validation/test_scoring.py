"""Which rows count. Each rule is tried on the irregular directory, and the sums on the shipped one."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from ataraxy.evidence.kinetics import KineticEvidence, load_kinetic_evidence
from ataraxy.validation.kinetics import KineticValidation, validate_kinetics
from ataraxy.validation.prediction_error import summarise

Write = Callable[[str, str], KineticEvidence]


@pytest.fixture(params=["irregular", "shipped"])
def result(
    request: pytest.FixtureRequest, irregular_result: KineticValidation, shipped: KineticValidation
) -> KineticValidation:
    return irregular_result if request.param == "irregular" else shipped


EXPECTED = [
    # study, analyte, metric: why the row is skipped or not scored
    ("arterial-steps", "S-dehydronorketamine", "conc", "does not predict dehydronorketamine"),
    ("arterial-steps", "R-ketamine", "conc", "R-ketamine was not given"),
    ("arterial-steps", "S-ketamine", "Cmax", "only a range was printed"),
    ("serum-racemic", "ketamine", "AUClast", "last time is not given"),
    ("serum-racemic", "ketamine/norketamine", "t_half", "one value stands for two analytes"),
    ("serum-racemic", "S-hydroxynorketamine", "conc", "otto-2021 does not predict hydroxynorketamine"),
    ("venous-bolus", "ketamine", "Cmax", "Cmax of a bolus without a sampling time"),
    ("venous-bolus", "ketamine", "Tmax", "no fold error with a value of zero"),
    ("venous-bolus", "ketamine", "Emax", "not one that is compared"),
    ("venous-bolus", "midazolam", "CL", "not one that a model predicts"),
    ("venous-bolus", "norketamine", "CL", "unchanged drug only"),
    ("venous-bolus", "ketamine", "conc", "without a time"),
    ("venous-bolus", "ketamine", "AUCinf", "divided by the dose"),
    ("estimate", "S-ketamine", "CL", "a model's estimate"),
    ("estimate", "S-ketamine", "Cmax", "the dose was not seen"),
    ("children", "ketamine", "F", "children"),
    ("nose", "ketamine", "F", "no absorption model for this nasal device"),
    ("nose", "ketamine", "Cmax", "no absorption model for this nasal device"),
    ("slow", "ketamine", "t_half", "oral_prolonged_release"),
    ("swallowed-range", "ketamine", "Cmax", "one dose was put in for a range"),
    ("under-the-skin", "ketamine", "F", "is an assumption, not a prediction"),
]


@pytest.mark.parametrize(("study", "analyte", "metric", "why"), EXPECTED)
def test_a_row_that_does_not_count_says_why(
    irregular_result: KineticValidation, study: str, analyte: str, metric: str, why: str
) -> None:
    row = next(r for r in irregular_result.rows if (r.study, r.analyte, r.metric) == (study, analyte, metric))
    assert not row.scored
    assert why in row.reason


@pytest.mark.parametrize(
    ("study", "metric"),
    [
        ("slow", "CL"),  # clearance needs no route
        ("swallowed-range", "F"),  # bioavailability needs no dose
        ("swallowed-range", "CL/F"),
        ("under-the-skin", "Cmax"),
        ("tongue", "F"),
        ("spray", "F"),
        ("r-alone", "Cmax"),
        ("own", "conc"),
        ("twice-daily", "conc"),
    ],
)
def test_a_row_that_counts_has_no_reason(
    irregular_result: KineticValidation, study: str, metric: str
) -> None:
    found = [row for row in irregular_result.rows if (row.study, row.metric) == (study, metric)]
    assert found
    assert all(row.scored and row.reason == "" for row in found)


def test_one_genotype_suspect_estimated_and_unfounded_rows_are_shown_and_not_scored(
    irregular_result: KineticValidation,
) -> None:
    rows = [
        row
        for row in irregular_result.rows
        if (row.study, row.metric, row.unit) == ("venous-bolus", "CL", "L/h")
    ]
    assert [row.status for row in rows if row.observed is not None and row.analyte == "ketamine"] == [
        "compared"
    ] * 5
    assert not any(row.scored for row in rows)


def test_people_who_are_probably_the_same_count_once(
    irregular_result: KineticValidation, shipped: KineticValidation
) -> None:
    again = [row for row in irregular_result.rows if row.study == "venous-bolus-again"]
    assert [row.scored for row in again] == [False, False]
    assert all("venous-bolus" in row.reason for row in again)
    chong = {
        row.study: row.scored for row in shipped.rows if row.study.startswith("chong20") and row.metric == "F"
    }
    assert chong == {
        "chong2006-sublingual": True, "chong2006-oral": True, "chong2009-sublingual": False, "chong2009-oral": False
    }  # fmt: skip


def test_people_who_were_counted_nowhere_else_count(write_evidence: Write) -> None:
    study = """\
- id: later
  drug: racemic
  relation: independent
  site: venous
  doses: [{time_h: 0, route: iv_bolus, amount: 20, unit: mg, note: probably the Bolus2003 patients again}]
"""
    result = validate_kinetics(write_evidence(study, "later,ketamine,CL,,90,L/h,,none,6,reported,,\n"))
    assert result.rows[0].scored


def test_data_that_an_assumption_was_drawn_from_does_not_test_it(shipped: KineticValidation) -> None:
    rows = [row for row in shipped.rows if row.study.startswith(("hirlinger1984", "clements1982-im"))]
    assert rows
    assert not any(row.scored for row in rows)
    assert all(row.status == "compared" for row in rows)


def test_no_row_is_dropped_and_their_order_is_kept(
    result: KineticValidation, irregular: KineticEvidence
) -> None:
    evidence = irregular if result.rows[0].study == "arterial-steps" else load_kinetic_evidence()
    assert [(row.row, row.study) for row in result.rows] == [
        (row.row, row.study) for row in evidence.observations
    ]
    assert [study.study for study in result.studies] == [study.id for study in evidence.studies]
    assert sum(study.compared + study.skipped for study in result.studies) == len(result.rows)


def test_the_headline_is_of_scored_rows_of_independent_studies_alone(result: KineticValidation) -> None:
    rows = [row for row in result.rows if row.scored and row.relation == "independent"]
    assert rows
    assert result.headline == summarise((row.predicted, row.observed) for row in rows)  # type: ignore[misc]
    assert any(row.scored and row.relation == "own_data" for row in result.rows)


def test_model_estimates_are_never_scored(result: KineticValidation) -> None:
    rows = [row for row in result.rows if row.relation == "model_estimate" or "popPK" in row.basis]
    assert rows
    assert not any(row.scored for row in rows)
    assert result.by_relation("model_estimate").n == 0


def test_every_row_is_scored_or_says_why_not(result: KineticValidation) -> None:
    for row in (*result.rows, *result.second_rows):
        assert row.scored == (row.reason == "")
        if row.status == "skipped":
            assert row.predicted is None
            assert not row.scored
        else:
            assert row.predicted is not None


def test_a_study_is_summed_over_its_own_rows(result: KineticValidation) -> None:
    for study in result.studies:
        own = [row for row in result.rows if row.study == study.study and row.scored]
        assert study.errors.n == len(own)


def test_the_middle_of_a_range_says_whether_the_prediction_lies_in_it(shipped: KineticValidation) -> None:
    krystal = next(row for row in shipped.rows if row.study.startswith("krystal"))
    assert krystal.within_range is True
    assert not krystal.scored
    assert all(row.within_range is None for row in shipped.rows if "range-midpoint" not in row.basis)


def test_arterial_studies_have_a_second_opinion_that_no_headline_counts(result: KineticValidation) -> None:
    assert {row.model for row in result.second_rows if row.status == "compared"} == {"kamp-2020"}
    without = replace(result, second_rows=(), second_studies=())
    assert without.headline == result.headline


def test_a_steady_flag_follows_what_was_assumed(shipped: KineticValidation) -> None:
    by_study = {study.study: study for study in shipped.studies}
    assert any("site assumed" in flag for flag in by_study["rolan2014"].flags)
    assert not any("site assumed" in flag for flag in by_study["persson2002-s-venous"].flags)
    assert any("R-ketamine was not studied" in flag for flag in by_study["persson2002-r-venous"].flags)
    yanagihara = next(row for row in shipped.rows if row.study == "yanagihara-2003-iv")
    assert any("too early for the model's last phase" in flag for flag in yanagihara.flags)


def test_relation_that_is_not_stated_is_never_scored(write_evidence: Write) -> None:
    study = "- {id: x, drug: S, site: venous, doses: [{time_h: 0, route: iv_bolus, amount: 20, unit: mg}]}\n"
    result = validate_kinetics(write_evidence(study, "x,S-ketamine,CL,,90,L/h,,none,6,reported,,\n"))
    assert result.rows[0].status == "compared"
    assert not result.rows[0].scored
    assert result.headline.n == 0


def test_venous_samples_of_a_lozenge_have_no_model_of_their_site(write_evidence: Write) -> None:
    study = """\
- id: x
  drug: racemic
  relation: independent
  site: venous
  doses: [{time_h: 0, route: sublingual, amount: 25, unit: mg}]
"""
    text = "x,ketamine,Cmax,,30,ng/mL,,none,6,reported,,\nx,ketamine,F,,30,%,,none,6,reported,,\n"
    peak, share = validate_kinetics(write_evidence(study, text)).rows
    assert peak.model == "simons-2022"
    assert "no model of venous samples" in peak.reason
    assert share.scored  # bioavailability is the same wherever blood is drawn
