"""Population, setting and blinding from a trial's words."""

import pytest

from ataraxy.evidence.trials import load_trials
from ataraxy.pharmacology.symptoms import Design
from ataraxy.trials.circumstances import design_of, population_for, setting_of

EVIDENCE = load_trials()


@pytest.mark.parametrize(
    ("trial", "scale", "indication"),
    [
        ("glue_2017", "HAM-A", "GAD"),
        ("taylor_2018", "LSAS", "SAD"),
        ("feder_2021", "CAPS-5", "PTSD"),
        ("albott_2018", "MADRS", "TRD"),
        ("hietamies_2023", "GAD-7", "TRD"),
        ("natural_course_sad_metapsy", "LSAS-SR", "SAD"),
    ],
)
def test_people_are_those_for_whom_the_scale_is_made(trial, scale, indication):
    assert population_for(EVIDENCE.get(trial), scale).indication == indication


def test_a_scale_without_a_model_has_a_reason():
    assert "no model of the scale PHQ-9" in population_for(EVIDENCE.get("hull_2022"), "PHQ-9").reason


@pytest.mark.parametrize(
    ("trial", "arm", "setting", "design"),
    [
        ("feder_2021", "midazolam", "civilian_trial", Design.midazolam_controlled(control=True)),
        ("feder_2021", "ket_0.5", "civilian_trial", Design.midazolam_controlled()),
        ("abdallah_2022", "ket_0.5", "veteran_trial", Design.saline_controlled()),
        ("albott_2018", "ket_0.5", "routine_veteran_care", Design.open_label()),
        ("glue_2018", "ket_1.0", "open_label", Design.open_label()),
    ],
)
def test_setting_and_blinding_are_those_of_the_trial(trial, arm, setting, design):
    entry = EVIDENCE.get(trial)
    assert setting_of(entry, entry.by_arm[arm]) == setting
    assert design_of(entry, entry.by_arm[arm]) == design
