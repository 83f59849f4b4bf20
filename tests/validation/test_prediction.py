"""Predictions against closed forms that share no code with the package."""

from collections.abc import Callable

import numpy as np
import pytest

from ataraxy.evidence.kinetics import KineticEvidence
from ataraxy.validation.kinetics import KineticValidation, ValidationRow, validate_kinetics

Write = Callable[[str, str], KineticEvidence]

# S-ketamine of Otto 2021 (parent of Fanta 2015) at 70 kg, typed from the science notes: L and L/h.
V1, CL, VP1, Q1, VP2, Q2 = 133.0, 95.2, 187.0, 23.2, 98.8, 157.0
DOSE_MG, INFUSION_H = 10.0, 0.5

STUDY = """\
- id: closed
  drug: S
  relation: independent
  site: venous
  weight_kg: 70
  doses:
  - {time_h: 0, route: iv_infusion, amount: 10, unit: mg, duration_min: 30}
"""


def exponentials() -> tuple[np.ndarray, np.ndarray]:
    """Rates in 1/h and coefficients in mg/L of the level after a bolus of 1 mg."""
    k = np.array(
        [
            [-(CL + Q1 + Q2) / V1, Q1 / VP1, Q2 / VP2],
            [Q1 / V1, -Q1 / VP1, 0.0],
            [Q2 / V1, 0.0, -Q2 / VP2],
        ]
    )
    values, vectors = np.linalg.eig(k)
    share = np.linalg.solve(vectors, np.array([1.0, 0.0, 0.0]))
    return -values.real, (vectors[0] * share).real / V1


def infused(time_h: float) -> float:
    """Level in mg/L of 10 mg over 30 minutes."""
    rates, coefficients = exponentials()
    during = min(time_h, INFUSION_H)
    grown = coefficients / rates * (1.0 - np.exp(-rates * during)) * np.exp(-rates * (time_h - during))
    return float(DOSE_MG / INFUSION_H * grown.sum())


def rows(evidence: KineticEvidence, model: str = "auto") -> list[ValidationRow]:
    return list(validate_kinetics(evidence, model).rows)


def test_levels_of_an_infusion_are_those_of_the_closed_form_in_every_unit(write_evidence: Write) -> None:
    units = {
        "ng/mL": 1000.0,
        "mg/L": 1.0,
        "nmol/mL": 1000.0 / 237.73,
        "uM": 1000.0 / 237.73,
        "nmol/L": 1e6 / 237.73,
    }
    times = (0.1, 0.5, 0.75, 3.0, 10.0)
    text = "".join(f"closed,S-ketamine,conc,{t},1,{u},,none,1,reported,,\n" for u in units for t in times)
    for row in rows(write_evidence(STUDY, text)):
        assert row.time_h is not None
        assert row.predicted == pytest.approx(infused(row.time_h) * units[row.unit], rel=1e-6)


@pytest.mark.parametrize(
    ("metric", "unit", "expected", "tolerance"),
    [
        ("Cmax", "ng/mL", infused(0.5) * 1000.0, 1e-5),
        ("Tmax", "min", 30.0, 1e-4),
        ("AUCinf", "ng*min/mL", DOSE_MG / CL * 60000.0, 1e-6),
        ("CL", "mL/min/kg", CL * 1000.0 / 60.0 / 70.0, 1e-12),
        ("CL", "L/h/70kg", CL, 1e-12),
        ("Vss", "L/kg", (V1 + VP1 + VP2) / 70.0, 1e-9),
        ("MRT", "h", (V1 + VP1 + VP2) / CL, 1e-3),
        ("t_half", "h", np.log(2.0) / exponentials()[0].min(), 1e-9),
        ("F", "%", 100.0, 1e-12),
        ("CL/F", "L/h", CL, 1e-12),
        ("Vz", "L", CL / exponentials()[0].min(), 1e-9),
        ("lambda_z", "1/h", exponentials()[0].min(), 1e-9),
    ],
)
def test_metrics_of_an_infusion_are_those_of_the_closed_form(
    write_evidence: Write, metric: str, unit: str, expected: float, tolerance: float
) -> None:
    (row,) = rows(write_evidence(STUDY, f"closed,S-ketamine,{metric},,1,{unit},,none,1,reported,,\n"))
    assert row.reason == ""
    assert row.predicted == pytest.approx(expected, rel=tolerance)


def test_an_area_ends_where_its_window_does(write_evidence: Write) -> None:
    text = (
        "closed,S-ketamine,AUClast,,1,ng*h/mL,,none,1,reported,,AUC 0-8 h\n"
        "closed,S-ketamine,AUC2_8,,1,ng*h/mL,,none,1,reported,,\n"
    )
    whole, later = rows(write_evidence(STUDY, text))
    grid = np.linspace(0.0, 8.0, 16001)
    levels = np.array([infused(t) for t in grid]) * 1000.0
    assert whole.predicted == pytest.approx(np.trapezoid(levels, grid), rel=1e-5)
    assert later.predicted == pytest.approx(np.trapezoid(levels[4000:], grid[4000:]), rel=1e-5)


def test_halving_the_dose_halves_levels_and_leaves_times(write_evidence: Write) -> None:
    text = "closed,S-ketamine,Cmax,,1,ng/mL,,none,1,reported,,\nclosed,S-norketamine,Tmax,,1,h,,none,1,reported,,\n"
    whole = rows(write_evidence(STUDY, text))
    half = rows(write_evidence(STUDY.replace("amount: 10", "amount: 5"), text))
    assert whole[0].predicted is not None
    assert half[0].predicted == pytest.approx(whole[0].predicted / 2.0, rel=1e-6)
    assert half[1].predicted == pytest.approx(whole[1].predicted, abs=1e-2)


def test_two_steps_of_one_rate_act_as_one_infusion(write_evidence: Write) -> None:
    text = "".join(f"closed,S-ketamine,conc,{t},1,ng/mL,,none,1,reported,,\n" for t in (0.5, 4))
    steps = STUDY.replace("amount: 10, unit: mg, duration_min: 30}", "amount: 5, unit: mg, duration_min: 15}")
    steps += "  - {time_h: 0.25, route: iv_infusion, amount: 5, unit: mg, duration_min: 15}\n"
    once, twice = rows(write_evidence(STUDY, text)), rows(write_evidence(steps, text))
    assert [row.predicted for row in twice] == pytest.approx([row.predicted for row in once], rel=1e-6)


def test_hydrochloride_is_less_base(write_evidence: Write) -> None:
    text = "closed,S-ketamine,conc,1,1,ng/mL,,none,1,reported,,\n"
    salt = STUDY.replace("duration_min: 30", "duration_min: 30, salt: hydrochloride")
    (base,), (hydrochloride,) = rows(write_evidence(STUDY, text)), rows(write_evidence(salt, text))
    assert base.predicted is not None
    assert hydrochloride.predicted == pytest.approx(base.predicted * 237.73 / 274.19, rel=1e-6)


def test_racemate_is_the_sum_of_its_enantiomers(irregular_result: KineticValidation) -> None:
    s, r, total = (
        row.predicted
        for row in irregular_result.rows
        if row.study == "serum-racemic" and row.metric == "conc" and "norketamine" not in row.analyte
    )
    assert s is not None
    assert r is not None
    assert total == pytest.approx(s + r, rel=1e-9)
    assert r > s  # its clearance is lower


def test_clearance_of_both_enantiomers_together_is_dose_over_summed_area(
    irregular_result: KineticValidation,
) -> None:
    row = next(row for row in irregular_result.rows if row.study == "venous-bolus" and row.unit == "L/h/70kg")
    assert row.predicted == pytest.approx(2.0 / (1.0 / CL + 1.0 / (0.9 * CL)), rel=1e-9)


def test_per_70_kg_is_the_clearance_of_a_70_kg_person_whoever_was_studied(write_evidence: Write) -> None:
    text = "closed,S-ketamine,CL,,1,L/h/70kg,,none,1,reported,,\nclosed,S-ketamine,CL,,1,L/h,,none,1,reported,,\n"
    of_70_kg, of_100_kg = rows(write_evidence(STUDY.replace("weight_kg: 70", "weight_kg: 100"), text))
    assert of_70_kg.predicted == pytest.approx(CL, rel=1e-12)
    assert of_100_kg.predicted == pytest.approx(CL * (100.0 / 70.0) ** 0.75, rel=1e-9)


def test_a_time_from_the_last_spray_leaves_out_the_earlier_ones(write_evidence: Write) -> None:
    study = """\
- id: spray
  drug: S
  relation: independent
  site: unknown
  doses: [{time_h: 0, route: nasal_spray, amount: 84, unit: mg, devices: 3}]
"""
    text = "".join(
        f"spray,S-ketamine,Tmax,,30,min,,none,1,reported,,{note}\n" for note in ("", "after the LAST spray")
    )
    first, last = rows(write_evidence(study, text))
    assert first.predicted is not None
    assert last.predicted == pytest.approx(first.predicted - 10.0, abs=1e-6)


def test_a_peak_with_a_time_is_the_level_at_that_time(write_evidence: Write) -> None:
    text = "closed,S-ketamine,Cmax,2,1,ng/mL,,none,1,reported,,\nclosed,S-ketamine,conc,2,1,ng/mL,,none,1,reported,,\n"
    peak, level = rows(write_evidence(STUDY, text))
    assert peak.predicted == level.predicted


def test_a_ratio_is_that_of_its_parts(write_evidence: Write) -> None:
    text = (
        "closed,S-norketamine,AUC0_24,,1,ng*h/mL,,none,1,reported,,\n"
        "closed,S-ketamine,AUC0_24,,1,ng*h/mL,,none,1,reported,,\n"
        "closed,S-norketamine/S-ketamine,AUC0_24_ratio,,1,,,none,1,reported,,\n"
        "closed,S-norketamine/S-ketamine,AUC0_24_ratio,,1,,,none,1,reported,,molar\n"
        "closed,S-norketamine/S-ketamine,ratio,,1,,,none,1,reported,,\n"
    )
    top, bottom, ratio, molar, nothing = rows(write_evidence(STUDY, text))
    assert top.predicted is not None
    assert bottom.predicted is not None
    assert ratio.predicted == pytest.approx(top.predicted / bottom.predicted, rel=1e-9)
    assert molar.predicted == pytest.approx(top.predicted / bottom.predicted * 237.73 / 223.70, rel=1e-9)
    assert nothing.status == "skipped"


def test_a_model_that_is_asked_for_predicts_every_study(irregular: KineticEvidence) -> None:
    result = validate_kinetics(irregular, "kamp-2020")
    assert {row.model for row in result.compared} == {"kamp-2020"}
    assert not result.second_rows
    row = next(row for row in result.rows if row.unit == "L/h/70kg")
    assert row.predicted == pytest.approx(84.0, rel=1e-9)  # estimated across enantiomers: no factor
