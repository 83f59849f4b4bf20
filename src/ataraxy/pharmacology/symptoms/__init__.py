"""From the plastic pool and acute relief to scores on real scales, response, remission and relapse.

Belongs here: rating scales and the populations that they are read in, belief and placebo, readings with their error,
what counts as better, and the courses of comparators. Pure functions of arrays; draws are arguments. Does not belong
here: what drives relief (`ataraxy.pharmacology.effects`), trials and their data (`ataraxy.evidence`).
"""

from __future__ import annotations

from ataraxy.pharmacology.symptoms.comparators import ComparatorCourse, comparator_course
from ataraxy.pharmacology.symptoms.draws import COLUMNS, Draws
from ataraxy.pharmacology.symptoms.expectancy import Design
from ataraxy.pharmacology.symptoms.indication import Entry, Indication, get_indication, population_parameters
from ataraxy.pharmacology.symptoms.instrument import Instrument, get_instrument, instruments
from ataraxy.pharmacology.symptoms.outcomes import (
    hours_to,
    hours_to_loss,
    relieved,
    remits,
    responds,
    share_at,
)
from ataraxy.pharmacology.symptoms.relapse import hazard, hours_to_relapse
from ataraxy.pharmacology.symptoms.relief import SETTINGS, WORLDS, relief_parameters
from ataraxy.pharmacology.symptoms.scores import ScoreCourse, Scores, default_values, simulate_scores

__all__ = [
    "COLUMNS",
    "SETTINGS",
    "WORLDS",
    "ComparatorCourse",
    "Design",
    "Draws",
    "Entry",
    "Indication",
    "Instrument",
    "ScoreCourse",
    "Scores",
    "comparator_course",
    "default_values",
    "get_indication",
    "get_instrument",
    "hazard",
    "hours_to",
    "hours_to_loss",
    "hours_to_relapse",
    "instruments",
    "population_parameters",
    "relief_parameters",
    "relieved",
    "remits",
    "responds",
    "share_at",
    "simulate_scores",
]
