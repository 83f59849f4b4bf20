"""Hypotheses as switches, each with what speaks for and against it. All are off by default.

The texts are data (`hypotheses.yaml`): a report that was made with a switch on must print what stands against it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

_FILE: Final = Path(__file__).with_name("hypotheses.yaml")


@dataclass(frozen=True, slots=True)
class Finding:
    """One published finding in a sentence, and where it is from."""

    text: str
    source: str

    def __str__(self) -> str:
        return f"{self.text} ({self.source})"


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One idea that can be switched on.

    Attributes:
        name: of the switch in `Hypotheses`.
        adds: what it adds to the equations.
        parameters: names of the constants that only it uses.
        evidence_for: what speaks for it.
        evidence_against: what contradicts it; never empty.
    """

    name: str
    adds: str
    parameters: tuple[str, ...]
    evidence_for: tuple[Finding, ...]
    evidence_against: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Hypotheses:
    """Which hypotheses are on.

    Attributes:
        trapping: block of NMDA receptors as a state, in place of its quasi-steady value.
        two_plastic_pools: a functional and a lagged structural pool in place of one.
        bdnf_pool: BDNF between glutamate and signalling.
        mtor_gate: growth of the pool needs mTOR; contradicted in people.
        rapamycin_slows_loss: an mTOR inhibitor slows the decay of the pool.
        hnk_action: hydroxynorketamine drives signalling; contradicted in people.
        r_ketamine_effect: R-ketamine acts at the effect site of perception.
    """

    trapping: bool = False
    two_plastic_pools: bool = False
    bdnf_pool: bool = False
    mtor_gate: bool = False
    rapamycin_slows_loss: bool = False
    hnk_action: bool = False
    r_ketamine_effect: bool = False

    @property
    def on(self) -> tuple[Hypothesis, ...]:
        """Those that are on, with their evidence."""
        return tuple(h for h in all_hypotheses() if getattr(self, h.name))

    @property
    def parameters(self) -> tuple[str, ...]:
        """Constants that those that are on use."""
        return tuple(name for h in self.on for name in h.parameters)


NONE: Final = Hypotheses()


@cache
def all_hypotheses() -> tuple[Hypothesis, ...]:
    """Every hypothesis, in the order of the switches."""
    content: Mapping[str, Mapping[str, Any]] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return tuple(_read(field.name, content[field.name]) for field in fields(Hypotheses))


def _read(name: str, content: Mapping[str, Any]) -> Hypothesis:
    found = {
        side: tuple(Finding(f["text"], f["source"]) for f in content[side]) for side in ("for", "against")
    }
    return Hypothesis(name, content["adds"], tuple(content["parameters"]), found["for"], found["against"])
