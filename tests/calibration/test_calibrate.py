"""The calibration as a whole, on trials that were made up."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from rich.console import Console
from scipy.special import ndtri
from tests.calibration.made_up import MORE, write_trials

from ataraxy.calibration.calibrate import Calibration, calibrate
from ataraxy.calibration.courses import Courses
from ataraxy.calibration.fitted import AFTER_COURSES, COORDINATES, COURSE_PARAMETERS, ENSEMBLE_COLUMNS
from ataraxy.calibration.forward import predict
from ataraxy.calibration.likelihood import log_likelihoods
from ataraxy.calibration.summary import page_text, print_calibration
from ataraxy.calibration.targets import read_targets
from ataraxy.errors import InputError
from ataraxy.evidence.trials import load_trials
from ataraxy.pharmacology.effects.effect_model import EffectModel
from ataraxy.pharmacology.symptoms import population_parameters, relief_parameters
from ataraxy.pharmacology.symptoms.comparators import comparator_parameters
from ataraxy.trials.clinic import VirtualClinic
from ataraxy.trials.dosing import planned_doses
from ataraxy.trials.uncertainty import CALIBRATED, Ensemble, draw_doubt, read_ensemble
from ataraxy.trials.virtual_arm import simulate_arm


def place(name: str) -> int:
    return 1 + AFTER_COURSES.index(name)


def test_an_effect_that_is_there_is_recovered_from_what_it_makes(tmp_path: Path, courses: Courses) -> None:
    """Predictions of known parameters become the data; the fit finds what they had in common."""
    file = write_trials(tmp_path, ("one", "calibrate", MORE))
    targets = read_targets(load_trials(file))
    truth = np.zeros((1, len(COORDINATES)))
    truth[0, place("GAD, HAM-A: placebo")] = 1.5
    truth[0, place("w_P")] = -1.5
    made = predict(truth, targets.targets, targets.arms, courses, 1).mean[0]
    text = file.read_text().replace("mean: -6.0", f"mean: {made[0]:.4f}").replace("-9.0", f"{made[1]:.4f}")
    file.write_text(text)
    found = calibrate(
        load_trials(file),
        without=("hartland_2023", "price_2022"),
        draws=500,
        rounds=3,
        moves=20,
        moved_draws=200,
        courses=courses,
    )
    shifts = {shift.name: shift for shift in found.shifts}
    assert shifts["GAD, HAM-A: placebo"].mean > 0.6
    assert shifts["GAD, HAM-A: placebo"].moved
    # w_P and expectancy do the same here: together they move, and they are anticorrelated
    assert shifts["w_P"].mean < 0.0
    assert shifts["w_P"].mean + shifts["expectancy_anxiety"].mean < -0.3
    # what the drug does in depression shows in no trial of this file
    assert not shifts["depression_ratio"].moved
    for misfit in found.misfits:
        assert abs(misfit.off) < abs(misfit.off_before)


def test_the_likelihood_is_highest_where_the_data_came_from(tmp_path: Path, courses: Courses) -> None:
    targets = read_targets(load_trials(write_trials(tmp_path, ("one", "calibrate", MORE))))
    z = np.zeros((5, len(COORDINATES)))
    z[:, place("w_P")] = np.linspace(-2.0, 2.0, 5)
    # differences between cohorts would blur what one trial tells
    z[:, place("omega_cohort")] = z[:, place("omega_trial")] = -3.0
    predicted = predict(z, targets.targets, targets.arms, courses, 1)
    data = tuple(replace(t, observed=float(predicted.mean[3, k])) for k, t in enumerate(targets.targets))
    studies, terms = log_likelihoods(data, targets.arms, predicted)
    assert studies == ("one",)
    assert int(terms[:, 0].argmax()) == 3


def test_the_same_seed_gives_the_same_ensemble_and_another_another(tmp_path: Path) -> None:
    trials = load_trials(write_trials(tmp_path, ("one", "calibrate", "")))

    def made(seed: int) -> str:
        few = Courses(seed=seed, sets=4, people=2)
        return calibrate(
            trials, draws=60, rounds=1, moves=1, moved_draws=30, ensemble_size=20, seed=seed, courses=few
        ).ensemble_csv

    first, again, other = made(3), made(3), made(4)
    assert first == again
    assert first != other


def test_an_outcome_that_is_added_to_the_file_becomes_a_target(tmp_path: Path) -> None:
    before = read_targets(load_trials(write_trials(tmp_path, ("one", "calibrate", ""))))
    after = read_targets(load_trials(write_trials(tmp_path, ("one", "calibrate", MORE))))
    assert len(after.targets) == len(before.targets) + 1
    assert after.targets[-1].observed == -9.0


def test_a_study_that_is_left_out_has_no_target(tmp_path: Path) -> None:
    trials = load_trials(write_trials(tmp_path, ("one", "calibrate", ""), ("two", "calibrate", MORE)))
    assert read_targets(trials).studies == ("one", "two")
    assert read_targets(trials, ("two",)).studies == ("one",)


def test_only_entries_of_use_calibrate_are_fitted(tmp_path: Path) -> None:
    trials = load_trials(write_trials(tmp_path, ("one", "calibrate", ""), ("two", "context", "")))
    assert read_targets(trials).studies == ("one",)


def test_every_usable_number_of_the_shipped_evidence_is_fitted_or_has_a_reason() -> None:
    trials = load_trials()
    targets = read_targets(trials)
    rows = {(t.study, t.section, t.row) for t in targets.targets}
    rows |= {(n.study, n.section, n.row) for n in targets.not_fitted}
    for trial in trials.admitted():
        if trial.use == "calibrate":
            for row in (*trial.outcomes, *trial.responders):
                assert (trial.id, row.origin.section, row.origin.index) in rows
    assert all(n.reason for n in targets.not_fitted)
    assert {t.study for t in targets.targets} <= {t.id for t in trials.admitted() if t.use == "calibrate"}


def test_the_held_out_pooled_number_is_no_target(small: Calibration) -> None:
    pooled = [t for t in small.targets.targets if t.study == "hartland_2023"]
    assert [t.time_h for t in pooled] == [2.0, 24.0]


def test_leaving_a_study_out_of_the_weights_is_not_having_fitted_it(small: Calibration) -> None:
    left = small.without(["two"])
    assert left.log_likelihood.shape[1] == len(small.studies) - 1
    assert not np.allclose(left.weights, small.weighted.weights)


def test_every_column_of_the_ensemble_is_an_uncertain_parameter(small: Calibration) -> None:
    known = {
        *EffectModel.of().theta_names,
        *relief_parameters().uncertain,
        *population_parameters().uncertain,
        *comparator_parameters().uncertain,
    }
    columns = small.ensemble().columns
    assert tuple(columns) == ENSEMBLE_COLUMNS
    assert set(columns) <= known
    assert all(len(c) == 50 and np.all(np.isfinite(c)) for c in columns.values())


def test_the_written_ensemble_reads_back_as_it_is_and_makes_the_doubt(small: Calibration) -> None:
    read = read_ensemble(small.ensemble_csv, "ensemble.csv")
    for name, column in small.ensemble().columns.items():
        np.testing.assert_allclose(read.columns[name], column, rtol=1e-4, atol=1e-5)
    model = EffectModel.of()
    doubt = draw_doubt(model, 50, 1, read)
    assert doubt.source == CALIBRATED
    np.testing.assert_array_equal(doubt.effect[:, model.theta_names.index("w_P")], read.columns["w_P"])
    np.testing.assert_array_equal(doubt.of("symptom-uncertainty", ("ks",))[:, 0], read.columns["ks"])


def test_the_document_fits_its_schema_and_says_what_is_calibration(small: Calibration) -> None:
    document = json.loads(json.dumps(small.to_json(), allow_nan=False))
    schema = files("ataraxy").joinpath("calibration", "schemas", "calibration-1.json").read_text()
    jsonschema.validate(document, json.loads(schema))
    assert [s["row"] for s in document["spectroscopy"]] == ["D01", "D05"]
    assert "calibration" in page_text(document)
    out = io.StringIO()
    print_calibration(document, Console(file=out, width=200))
    for shift in document["parameters"]:
        assert shift["parameter"] in out.getvalue()


def test_an_unknown_study_is_refused_with_the_nearest(tmp_path: Path) -> None:
    trials = load_trials(write_trials(tmp_path, ("one_2020", "calibrate", "")))
    with pytest.raises(InputError, match=r"Did you mean one_2020.*calibration\.unknown-study"):
        read_targets(trials, ("one_2021",))


def test_nothing_to_fit_to_is_refused(tmp_path: Path, courses: Courses) -> None:
    trials = load_trials(write_trials(tmp_path, ("one", "context", "")))
    with pytest.raises(InputError, match=r"calibration\.no-targets"):
        calibrate(trials, without=("hartland_2023", "price_2022"), courses=courses)


@pytest.mark.parametrize(("draws", "rounds"), [(3, 2), (100, 0)])
def test_too_few_draws_are_refused(courses: Courses, draws: int, rounds: int) -> None:
    with pytest.raises(InputError, match=r"calibration\.numbers"):
        calibrate(load_trials(), draws=draws, rounds=rounds, courses=courses)


def test_drives_after_the_solution_are_those_of_the_equations(courses: Courses) -> None:
    """C50 and its exponent act after the solution here, and in the equations elsewhere."""
    targets = read_targets(load_trials())
    arm = next(a for a in targets.arms if a.trial.id == "taylor_2018" and a.arm.is_ketamine)
    given = courses.regimen(arm.arm, arm.group, (1.0, 4.0))
    model, names = courses.clinic.effects, courses.clinic.effects.theta_names
    order = np.argsort(courses.clinic.doubt.effect[:, names.index("tau_P")], kind="stable")
    values = {name: column[order] for name, column in model.values_at(courses.clinic.doubt.effect).items()}
    drives = courses.clinic.treat(planned_doses(arm.arm), sorted(courses.times_of(arm.arm, arm.group)))
    everybody, everyone = np.arange(len(courses)), np.arange(courses.clinic.people)
    np.testing.assert_allclose(
        given.felt(everybody, everyone, values["C50"], values["dissociation_exponent"]),
        drives.peaks("dissociation")[order],
        rtol=1e-6,
    )
    np.testing.assert_allclose(
        given.acute(everybody, everyone, values["C50_acute"]),
        drives.at("acute", [1.0, 4.0])[order],
        rtol=1e-6,
    )


def test_predicted_means_are_those_of_the_virtual_arms(courses: Courses) -> None:
    """The same draws through `simulate_arm`, with chance, give the same mean."""
    trials = load_trials()
    targets = read_targets(trials)
    places = [k for k, t in enumerate(targets.targets) if t.study == "albott_2018" and t.kind == "change"]
    chosen = tuple(targets.targets[k] for k in places)
    z = np.zeros((len(courses), len(COORDINATES)))
    z[:, 0] = ndtri((np.arange(len(courses)) + 0.5) / len(courses))
    found = predict(z, chosen, targets.arms, courses, 1).mean.mean(axis=0)
    columns = {name: np.zeros(len(courses)) for name in ENSEMBLE_COLUMNS} | {
        name: courses.parameters[:, k] for k, name in enumerate(COURSE_PARAMETERS)
    }
    clinic = VirtualClinic.open(draws=len(courses), people=20, seed=2, ensemble=Ensemble(columns))
    trial = trials.get("albott_2018")
    for k, target in enumerate(chosen):
        arm = simulate_arm(
            trial,
            targets.arms[target.first[0]].arm,
            clinic,
            instruments=(target.scale,),
            times_h=target.times_h,
            people=300,
        )
        # a cohort's benefit and a trial's placebo response differ between draws there
        simulated = arm.scores[target.scale].change(target.times_h)
        error = float(simulated.std(ddof=1) / np.sqrt(len(simulated)))
        assert abs(found[k] - simulated.mean()) < 2.5 * error
