"""What the published evidence allows to say about whether the drug works at all, in sentences with their sources.

A reader meets these before any prediction. Numbers and citations are those of the shipped evidence; nothing is typed
here a second time.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from ataraxy.evidence.pd_parameter import PdParameter, load_pd_parameters
from ataraxy.evidence.trial import Trial
from ataraxy.evidence.trials import load_trials

About = Literal["PTSD", "masking", "approval"]


@dataclass(frozen=True, slots=True)
class Reference:
    """Where a statement is from: an entry of the trials or a row of the effect parameters."""

    id: str
    citation: str
    url: str

    def to_json(self) -> dict[str, str]:
        """Plain JSON values."""
        return {"id": self.id, "citation": self.citation, "url": self.url}


@dataclass(frozen=True, slots=True)
class Standing:
    """One statement on the state of the evidence.

    Attributes:
        about: ``PTSD``, ``masking`` or ``approval``.
        claim: in a few words.
        text: what it rests on, a sentence or two.
        references: where that is printed.
    """

    about: About
    claim: str
    text: str
    references: tuple[Reference, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "about": self.about,
            "claim": self.claim,
            "text": self.text,
            "references": [reference.to_json() for reference in self.references],
        }


@cache
def standing_of_evidence() -> tuple[Standing, ...]:
    """Every statement, the one on PTSD first.

    Raises:
        InputError: the shipped evidence lacks what a statement rests on.
    """
    trials, rows = load_trials(), load_pd_parameters().by_id
    null, positive = trials.get("abdallah_2022"), trials.get("feder_2021")
    label = trials.get("spravato_label_safety")
    infusions = max(len(arm.sessions_h) for arm in null.arms if arm.is_ketamine)
    self_rated, asleep, felt = rows["E16"], rows["E30"], rows["E29"]
    ketamine, placebo = (f"{part.strip()}%" for part in self_rated.printed.split(" vs "))
    return (
        Standing(
            "PTSD",
            "Efficacy in PTSD is contested.",
            f"The largest trial (n = {null.n}, veterans and service members, {infusions} infusions against saline) "
            "found no difference from placebo on the PCL-5 and the CAPS-5. A smaller one "
            f"(n = {positive.n}, against midazolam) found {_signed(rows['E17'])} on the CAPS-5.",
            (_entry(null), _entry(positive)),
        ),
        Standing(
            "masking",
            "Trials that mask well, or whose control is felt, show smaller effects.",
            f"In depression, on the MADRS: {_signed(asleep)} under anaesthesia, where nobody could feel the drug; "
            f"{_signed(felt)} against midazolam. In social anxiety {ketamine} responded by their own rating on "
            f"ketamine and {placebo} on saline.",
            (_row(asleep), _row(felt), _row(self_rated)),
        ),
        Standing(
            "approval",
            "Not approved for anxiety.",
            "Neither ketamine nor esketamine is approved by the FDA for any anxiety disorder or for PTSD; the label of "
            f"esketamine is for depression ({', '.join(label.indications)}).",
            (_entry(label),),
        ),
    )


def _signed(row: PdParameter) -> str:
    if row.value is None:
        return row.printed
    interval = "" if row.low is None or row.high is None else f" ({_minus(row.low)} to {_minus(row.high)})"
    return f"{_minus(row.value)} {row.unit}{interval}"


def _minus(value: float) -> str:
    return f"{value:g}".replace("-", "−")


def _entry(trial: Trial) -> Reference:
    address = f"https://doi.org/{trial.doi}" if trial.doi else trial.url
    return Reference(trial.id, trial.citation, address)


def _row(row: PdParameter) -> Reference:
    return Reference(row.id, f"{row.source}: {row.quantity}, {row.population}", row.url)
