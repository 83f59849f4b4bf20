"""In which people, in which setting and under which blinding an arm of a trial is simulated, read from its words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ataraxy.evidence.agent import AgentKind
from ataraxy.evidence.arm import Arm
from ataraxy.evidence.trial import Trial
from ataraxy.pharmacology.symptoms import Design, get_indication
from ataraxy.pharmacology.symptoms import instruments as known_scales

# A version of a scale that is read as another: no difference was reported, and no baseline of its own is at hand.
READ_AS: Final[Mapping[str, str]] = {"LSAS-SR": "LSAS"}

# Words of an indication, the most specific first. "anxiety" alone says neither GAD nor SAD.
_WORDS: Final = (
    ("PTSD", r"\bptsd\b|post-?traumatic|\btrauma"),
    ("SAD", r"\bsad\b|social (?:anxiety|phobia)"),
    ("GAD", r"\bgad\b|generali[sz]ed anxiety"),
    ("TRD", r"\btrd\b|\bmdd\b|depress|\bbipolar\b"),
    ("GAD", r"\banxiety\b|\banxious\b"),
)
_ANAESTHESIA: Final = re.compile(
    r"under (?:general |surgical )?an(?:ae|e)sthesia|during surgery", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Population:
    """The people of a trial as the symptoms know them.

    Attributes:
        indication: ``GAD``, ``SAD``, ``PTSD`` or ``TRD``; empty where none fits.
        assumed: what was assumed about it; empty where the trial says it.
        reason: why there is none; empty where there is one.
    """

    indication: str
    assumed: str = ""
    reason: str = ""


def population_for(trial: Trial, instrument: str) -> Population:
    """The population in which a scale of a trial is predicted.

    The first of the trial's indications that has a baseline of the scale, those that the scale is made for first.
    """
    scale = READ_AS.get(instrument, instrument)
    if scale not in known_scales():
        return Population("", reason=f"no model of the scale {instrument}")
    found = indications_of(trial)
    able = [name for name in found if scale in get_indication(name).scales]
    able.sort(key=lambda name: get_indication(name).main.instrument.name != scale)
    if able:
        assumed = "" if _says(trial, able[0]) else f"{able[0]} assumed for {', '.join(trial.indications)}"
        return Population(able[0], assumed)
    named = ", ".join(trial.indications) or "an indication that is not stated"
    if found:
        return Population("", reason=f"no baseline of {instrument} in {' or '.join(found)}")
    return Population("", reason=f"no model of people with {named}")


def indications_of(trial: Trial) -> tuple[str, ...]:
    """The modelled indications that the trial's words name, each once, in the order of the words."""
    found: list[str] = []
    for text in trial.indications:
        for name, pattern in _WORDS:
            if re.search(pattern, text.lower()) and not (name == "GAD" and {"PTSD", "SAD"} & set(found)):
                found.append(name)
    return tuple(dict.fromkeys(found))


def _says(trial: Trial, name: str) -> bool:
    words = " ".join(trial.indications).lower()
    if name == "GAD":
        return bool(re.search(_WORDS[2][1], words))
    return True


def setting_of(trial: Trial, arm: Arm) -> str:
    """The setting that decides how much people improve without drug, a key of `symptoms.SETTINGS`."""
    if arm.kind is AgentKind.UNTREATED:
        return "untreated"
    controlled = trial.setting.masking == "masked" or trial.setting.randomised
    if trial.setting.veterans:
        return "veteran_trial" if controlled else "routine_veteran_care"
    if controlled or trial.setting.controls:
        return "civilian_trial"
    return "open_label"


def design_of(trial: Trial, arm: Arm) -> Design:
    """What people of the arm can know of their treatment.

    A trial that is neither called open nor masked counts as masked where it has a control without ketamine.
    """
    control = not arm.is_ketamine
    kinds = trial.setting.controls
    masked = trial.setting.masking == "masked" or (
        trial.setting.masking == "not_stated" and bool(kinds) and AgentKind.UNTREATED not in kinds
    )
    if arm.kind is AgentKind.UNTREATED or not masked:
        return Design(masked=False, control=control)
    if _ANAESTHESIA.search(f"{trial.design} {trial.population}"):
        return Design.under_anaesthesia(control=control)
    if AgentKind.MIDAZOLAM in kinds:
        return Design.midazolam_controlled(control=control)
    return Design.saline_controlled(control=control)
