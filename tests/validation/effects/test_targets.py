"""The validation table and the negative controls."""

import pytest

from ataraxy.pharmacology.effects.reference_arms import infusion
from ataraxy.trials.clinic import VirtualClinic
from ataraxy.validation.targets import compute_negative_controls, compute_targets, repeated


@pytest.fixture(scope="module")
def clinic():
    return VirtualClinic.open(draws=4, people=6, seed=1)


@pytest.fixture(scope="module")
def targets(clinic):
    return {target.id: target for target in compute_targets(clinic)}


def test_all_eighteen_lines_are_there_with_numbers(targets):
    assert list(targets) == [f"V{k}" for k in range(1, 19)]
    for target in targets.values():
        assert target.computed, target.id
        assert target.rule
        assert target.evidence


def test_inputs_are_no_passes_and_the_low_dose_is_reported_not_judged(targets):
    verdicts = {name: target.verdict for name, target in targets.items()}
    assert [name for name, verdict in verdicts.items() if verdict == "input"] == ["V3", "V17"]
    assert [name for name, verdict in verdicts.items() if verdict == "reported"] == ["V13"]
    assert {verdicts[name] for name in verdicts if name not in ("V3", "V13", "V17")} <= {"pass", "miss"}


def test_the_low_dose_does_less_than_the_usual_one(targets):
    assert targets["V13"].computed["pool on 0.1, % of 0.5"].median < 50.0


def test_every_negative_control_is_computed(clinic):
    controls = compute_negative_controls(clinic)
    assert [control.id for control in controls] == [f"N{k}" for k in range(1, 10)]
    for control in controls:
        assert control.computed, control.id
        assert not control.note.startswith("could not")


def test_rapamycin_lengthens_the_pool_and_does_not_abolish_it(clinic):
    control = compute_negative_controls(clinic)[0]
    assert control.computed["pool at 24 h, ratio"] > 0.9
    assert control.computed["at 14 d, ratio"] > 1.0


def test_a_session_repeated_keeps_its_doses_and_moves_its_time():
    doses = repeated(infusion(0.5), (0.0, 48.0))
    assert [(dose.session, dose.time_h) for dose in doses] == [(0, 0.0), (1, 48.0)]
    assert {dose.amount for dose in doses} == {0.5}
