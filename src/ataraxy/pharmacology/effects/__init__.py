"""From arterial concentrations to receptor block, glutamate, plasticity, acute relief and side effects.

Belongs here: the equations of effects as states of the engine's model behind a kinetic one, their parameters, the
hypotheses that can be switched on, and pure functions from drives to readings (CADSS, pressure, sedation, nausea).
Does not belong here: scores of symptoms (`ataraxy.pharmacology.symptoms`) and fits to trials (`ataraxy.calibration`).
"""

from __future__ import annotations

from ataraxy.pharmacology.effects.challenge import Challenge
from ataraxy.pharmacology.effects.effect_model import EffectModel
from ataraxy.pharmacology.effects.hypotheses import Finding, Hypotheses, Hypothesis, all_hypotheses

__all__ = ["Challenge", "EffectModel", "Finding", "Hypotheses", "Hypothesis", "all_hypotheses"]
