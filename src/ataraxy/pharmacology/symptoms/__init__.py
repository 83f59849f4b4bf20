"""From the plastic pool and acute relief to scores on real scales, response, remission and relapse.

Belongs here: rating scales and the populations that they are read in, belief and placebo, readings with their error,
what counts as better, and the courses of comparators. Pure functions of arrays; draws are arguments. Does not belong
here: what drives relief (`ataraxy.pharmacology.effects`), trials and their data (`ataraxy.evidence`).
"""

from __future__ import annotations

from ataraxy.pharmacology.symptoms.draws import COLUMNS, Draws
from ataraxy.pharmacology.symptoms.expectancy import Design
from ataraxy.pharmacology.symptoms.indication import Entry, Indication, get_indication, population_parameters
from ataraxy.pharmacology.symptoms.instrument import Instrument, get_instrument, instruments
from ataraxy.pharmacology.symptoms.relief import SETTINGS, WORLDS, relief_parameters
from ataraxy.pharmacology.symptoms.scores import ScoreCourse, Scores, default_values, simulate_scores

__all__ = [
    "COLUMNS",
    "SETTINGS",
    "WORLDS",
    "Design",
    "Draws",
    "Entry",
    "Indication",
    "Instrument",
    "ScoreCourse",
    "Scores",
    "default_values",
    "get_indication",
    "get_instrument",
    "instruments",
    "population_parameters",
    "relief_parameters",
    "simulate_scores",
]
