"""Which parameters are fitted, and where each of them acts.

Those that shape the courses of the pool and of the effect site act through the differential equations; a course is
solved once for each set of them that was drawn beforehand. All others act on the courses afterwards, so that they are
fitted on a continuous scale. Every one is a standard-normal coordinate under its published uncertainty.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

# Draws of these come together, one row for each solved set of courses.
COURSE_PARAMETERS: Final = (
    "circuit_set",
    "tau_M",
    "k_P",
    "tau_P",
    "ke0",
    "omega_gate_gain",
    "omega_k_P",
    "omega_tau_P",
    "omega_ke0",
    "omega_C50",
)
EFFECTS: Final = ("w_P", "w_A", "C50_acute", "C50", "dissociation_exponent")
RELIEF: Final = (
    "depression_ratio",
    "trial_sd_anxiety",
    "trial_sd_depression",
    "omega_benefit",
    "omega_cohort",
    "ks",
    "placebo_other",
    "course_sd",
    "omega_trial",
    "setting_open_label",
    "setting_veteran_trial",
    "setting_routine_veteran_care",
    "setting_untreated",
    "expectancy_anxiety",
    "expectancy_depression",
    "kf",
    "expectancy_half_life",
    "guess_unaffected",
    "guess_slope",
    "guess_midazolam",
)
POPULATION: Final = (
    "GAD, HAM-A: placebo",
    "SAD, LSAS: placebo",
    "PTSD, CAPS-5: placebo",
    "TRD, MADRS: placebo",
)
COMPARATORS: Final = (
    "SSRI/SNRI, GAD: difference",
    "SSRI/SNRI, SAD: difference",
    "SSRI/SNRI, PTSD: difference",
    "SSRI/SNRI: half-life",
    "psychotherapy: difference",
    "psychotherapy: half-life",
)
AFTER_COURSES: Final = (*EFFECTS, *RELIEF, *POPULATION, *COMPARATORS)
# The first coordinate chooses the solved courses, in order of how long the pool lasts.
COURSES: Final = "courses"
COORDINATES: Final = (COURSES, *AFTER_COURSES)
ENSEMBLE_COLUMNS: Final = (*COURSE_PARAMETERS, *AFTER_COURSES)

TOGETHER: Final[Mapping[str, str]] = MappingProxyType(
    {
        "w_P and expectancy_anxiety": "after one dose both make relief; only designs in which belief differs tell them "
        "apart",
        "w_A and expectancy_anxiety": "both are there within hours of a dose",
        "w_P and trial_sd_anxiety": "effects are printed in SD of a trial, changes in points",
    }
)
"""Pairs that overlap: no value of one may be quoted without the other."""
