"""What an arm was given: one of the ketamines, placebo, midazolam, another comparator."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from ataraxy.therapy.drug import Drug


class AgentKind(StrEnum):
    """The kinds that a simulator tells apart."""

    RACEMIC_KETAMINE = "racemic_ketamine"
    ESKETAMINE = "esketamine"
    ARKETAMINE = "arketamine"
    PLACEBO = "placebo"
    MIDAZOLAM = "midazolam"
    SSRI_SNRI = "ssri_snri"
    PSYCHOTHERAPY = "psychotherapy"
    UNTREATED = "untreated"
    OTHER = "other"
    UNKNOWN = "unknown"

    @property
    def drug(self) -> Drug | None:
        """Return the drug for the ketamines, None for all others."""
        return Drug(self.value) if self.value in set(Drug) else None


@dataclass(frozen=True, slots=True)
class Agent:
    """What was given.

    Attributes:
        text: as printed.
        kind: what a simulator makes of it.
        substance: the name without what was added, such as ``escitalopram``.
        added: what all members of the arm had besides, such as ``WET`` or ``oral AD``.
    """

    text: str
    kind: AgentKind
    substance: str
    added: tuple[str, ...] = ()

    @property
    def is_ketamine(self) -> bool:
        """Return whether it is the racemate or one of its enantiomers."""
        return self.kind.drug is not None


_SSRI_SNRI = (
    "escitalopram", "citalopram", "fluoxetine", "fluvoxamine", "paroxetine", "sertraline",
    "venlafaxine", "desvenlafaxine", "duloxetine", "levomilnacipran", "milnacipran",
    "ssri", "snri",
)  # fmt: skip
_NAMED_OTHERS = (
    "agomelatine", "alprazolam", "anticonvulsant", "aripiprazole", "benzodiazepine", "brexpiprazole", "bupropion",
    "buspirone", "clonazepam", "diazepam", "fentanyl", "gabapentin", "hydroxyzine", "lorazepam", "lysergide", "lsd",
    "maoi", "mdma", "mirtazapine", "phenelzine", "prazosin", "pregabalin", "psilocybin", "quetiapine", "remifentanil",
    "risperidone", "scopolamine", "tiagabine", "topiramate", "vilazodone", "vortioxetine", "zuranolone",
)  # fmt: skip
_KINDS = (
    (AgentKind.ESKETAMINE, r"\b(?:esketamine|s-ketamine|\(s\)-ketamine|spravato)\b"),
    (AgentKind.ARKETAMINE, r"\b(?:arketamine|r-ketamine|\(r\)-ketamine)\b"),
    (AgentKind.RACEMIC_KETAMINE, r"\bketamine\b"),
    (AgentKind.MIDAZOLAM, r"\bmidazolam\b"),
    (AgentKind.SSRI_SNRI, rf"\b(?:{'|'.join(_SSRI_SNRI)})\b"),
    (AgentKind.OTHER, rf"\b(?:{'|'.join(_NAMED_OTHERS)})\b"),
    (
        AgentKind.UNTREATED,
        r"\b(?:wait(?:ing)? ?list|no treatment|minimal (?:attention|contact)|tau|treatment as usual)\b",
    ),
    (
        AgentKind.PSYCHOTHERAPY,
        r"\b(?:psychotherapy|cbt|cognitive behaviou?ral therapy|prolonged exposure|written exposure|wet|timber|emdr"
        r"|cognitive processing therapy)\b",
    ),
    (AgentKind.PLACEBO, r"\b(?:placebo|saline|sham|dummy)\b"),
)  # fmt: skip


def parse_agent(text: str) -> Agent | None:
    """Return what a text such as ``ketamine + WET`` or ``saline placebo`` names; None for an empty text.

    A text with "or" between two agents leaves open which was given: `AgentKind.UNKNOWN`. A name that is not in the
    tables is a comparator that no model here describes: `AgentKind.OTHER`.
    """
    plain = " ".join(text.lower().replace("–", "-").split())
    if not plain:
        return None
    if re.search(r"\S\s+or\s+\S|not (?:retained|stated|given)|\bunknown\b", plain):
        return Agent(text, AgentKind.UNKNOWN, "")
    parts = [part.strip() for part in plain.split("+") if part.strip()] or [plain]
    kinds = [_kind(part) for part in parts]
    # The ketamine is what is simulated, wherever it stands; else the first is the treatment and the rest is added.
    main = next((i for i, kind in enumerate(kinds) if kind is not None and kind.drug is not None), 0)
    rest = tuple(part for i, part in enumerate(parts) if i != main)
    return Agent(text, kinds[main] or AgentKind.OTHER, parts[main], rest)


def named_agent(text: str) -> Agent | None:
    """Return the agent in a text only if one of the tables names it, so that ``ket_c3`` is not taken for a drug."""
    agent = parse_agent(text.replace("_", " "))
    if agent is None or agent.kind is AgentKind.UNKNOWN or _kind(agent.substance) is None:
        return None
    return agent


def _kind(part: str) -> AgentKind | None:
    return next((kind for kind, pattern in _KINDS if re.search(pattern, part)), None)
