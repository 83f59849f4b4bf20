"""One entry of a trials file: citation, design, arms, and every row of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Literal

from ataraxy.evidence.agent import AgentKind
from ataraxy.evidence.arm import Arm, read_arm
from ataraxy.evidence.cells import read_text, refuse
from ataraxy.evidence.durability import Durability, read_durability
from ataraxy.evidence.fields import Fields
from ataraxy.evidence.outcome import Outcome, read_outcome, versions_named
from ataraxy.evidence.responders import Responders, read_responders
from ataraxy.evidence.row import OtherRow, Row, origin_of
from ataraxy.evidence.safety import SafetyOutcome, read_safety
from ataraxy.evidence.use import read_use, refusal_of
from ataraxy.evidence.yaml_list import LINE

SECTIONS: Final = ("outcomes", "responders", "safety", "durability", "dropouts")
_FIELDS: Final = {
    "id", "entry_type", "citation", "title", "doi", "pmid", "registry", "url", "url_status", "other_urls", "seen",
    "design", "population", "indication", "n", "n_note", "arms", "use", "why", "caveats", "retracted", "status",
    *SECTIONS, LINE,
}  # fmt: skip
_ENTRY_TYPES: Final = (
    "trial", "cohort", "registry_only", "case_reports", "meta_analysis", "safety_cohort", "safety_psychometrics",
    "comparator_meta",
)  # fmt: skip
Masking = Literal["masked", "open", "not_stated"]


@dataclass(frozen=True, slots=True)
class Setting:
    """What the words of design and population tell about how ratings came about.

    Attributes:
        masking: whether people knew what they were given; ``not_stated`` where neither is said.
        randomised, crossover, veterans: whether the words say so.
        controls: kinds of the arms without ketamine, each once.
    """

    masking: Masking
    randomised: bool
    crossover: bool
    veterans: bool
    controls: tuple[AgentKind, ...]


@dataclass(frozen=True, slots=True)
class Trial:
    """One entry.

    Attributes:
        id: unique in its file.
        line: line of the file on which it begins.
        entry_type: as in the header of the shipped file, or as written.
        citation, doi, pmid, registry, seen, design, population, why, caveats: as printed, empty where absent.
        url, url_status: address, and whether it is ``exact``, built from an ``id`` or cut to a ``stem``.
        indications: as printed.
        n: people; None where not stated.
        use: ``calibrate``, ``context``, ``do_not_use`` or ``not_stated``.
        refusal: why the entry is refused; empty where it is not.
        setting: what design and population tell.
        arms: in the order of the file.
        outcomes, responders, safety, durability, dropouts: every row of the entry, usable or not.
        flags: what was not used of the entry.
    """

    id: str
    line: int
    entry_type: str
    citation: str
    doi: str
    pmid: str
    registry: str
    url: str
    url_status: str
    seen: str
    design: str
    population: str
    indications: tuple[str, ...]
    n: int | None
    use: str
    why: str
    caveats: str
    refusal: str
    setting: Setting
    arms: tuple[Arm, ...]
    outcomes: tuple[Outcome, ...]
    responders: tuple[Responders, ...]
    safety: tuple[SafetyOutcome, ...]
    durability: tuple[Durability, ...]
    dropouts: tuple[OtherRow, ...]
    flags: tuple[str, ...]

    @property
    def refused(self) -> bool:
        """Return whether the entry is retracted or unsound."""
        return bool(self.refusal)

    @property
    def by_arm(self) -> Mapping[str, Arm]:
        """Return the arms by id."""
        return MappingProxyType({arm.id: arm for arm in self.arms})

    @property
    def rows(self) -> tuple[Row, ...]:
        """Return all rows of all sections, in the order of `SECTIONS`."""
        return (*self.outcomes, *self.responders, *self.safety, *self.durability, *self.dropouts)

    @property
    def drugs(self) -> tuple[str, ...]:
        """Return what the arms were given, each once: the kind for a ketamine, the substance for others."""
        return tuple(dict.fromkeys(arm.agent.text for arm in self.arms if arm.agent))

    @property
    def instruments(self) -> tuple[str, ...]:
        """Return the names of the scales of outcomes and responders, each once."""
        named = [item.name for row in self.outcomes for item in row.instruments]
        return tuple(
            dict.fromkeys([*named, *(item.name for row in self.responders for item in row.instruments)])
        )

    @property
    def measures(self) -> tuple[str, ...]:
        """Return the names of the safety measures, each once."""
        return tuple(dict.fromkeys(item.name for row in self.safety for item in row.measures))


def read_trial(content: Mapping[str, Any], file: str) -> Trial:
    """Return the entry in one mapping of a trials file.

    Raises:
        InputError: where the entry has no id, a section is no list of mappings, two arms have one id, or `use` is
            not a known word. Anything wrong inside a row stands in the reasons of that row instead.
    """
    line = content.get(LINE, "?")
    identity = read_text(content.get("id"))
    if not identity:
        raise refuse(
            "field-missing", f"{file}:{line}: field id", "the entry has no id", "Give it a unique id"
        )
    where = f"{file}:{line}: entry {identity}"
    use = read_use(content.get("use"), f"{where}: field use")
    arms: dict[str, Arm] = {}
    for item in _mappings(content, "arms", where, file):
        arm = read_arm(item, identity)
        if arm.id in arms:
            raise refuse(
                "arm-twice",
                f"{file}:{arm.line}: entry {identity}",
                f"the arm {arm.id!r} stands twice",
                "Rename one",
            )
        arms[arm.id] = arm
    sections = {name: _mappings(content, name, where, file) for name in SECTIONS}
    url = read_text(content.get("url"))
    versions = versions_named([*sections["outcomes"], *sections["responders"]])
    outcomes = tuple(
        read_outcome(item, trial=identity, index=i, url=url, arms=arms, versions=versions)
        for i, item in enumerate(sections["outcomes"])
    )
    responders = tuple(
        read_responders(
            item, trial=identity, index=i, url=url, arms=arms, versions=versions, outcomes=outcomes
        )
        for i, item in enumerate(sections["responders"])
    )
    safety: list[SafetyOutcome] = []
    before = ""
    for i, item in enumerate(sections["safety"]):
        safety.append(read_safety(item, trial=identity, index=i, url=url, arms=arms, before=before))
        measure = read_text(item.get("measure"))
        before = before if measure.lower().startswith("same") else measure
    flags = [f"field {key} of the entry is not used" for key in sorted(set(content) - _FIELDS)]
    entry_type = read_text(content.get("entry_type")).lower()
    if entry_type not in _ENTRY_TYPES:
        flags.append(f"entry_type {entry_type!r} is not a known one")
    fields = Fields(content)
    n = fields.count("n")
    flags += fields.problems
    indication = content.get("indication")
    named = indication if isinstance(indication, list) else [indication]
    return Trial(
        id=identity,
        line=int(line) if isinstance(line, int) else 0,
        entry_type=entry_type,
        citation=read_text(content.get("citation")),
        doi=read_text(content.get("doi")),
        pmid=read_text(content.get("pmid")),
        registry=read_text(content.get("registry")),
        url=url,
        url_status=read_text(content.get("url_status")),
        seen=read_text(content.get("seen")),
        design=read_text(content.get("design")),
        population=read_text(content.get("population")),
        indications=tuple(text for item in named if (text := read_text(item))),
        n=n,
        use=use,
        why=read_text(content.get("why")),
        caveats=read_text(content.get("caveats")),
        refusal=refusal_of(use, content),
        setting=_setting(content, tuple(arms.values())),
        arms=tuple(arms.values()),
        outcomes=outcomes,
        responders=responders,
        safety=tuple(safety),
        durability=tuple(
            read_durability(item, trial=identity, index=i, url=url, arms=arms)
            for i, item in enumerate(sections["durability"])
        ),
        dropouts=tuple(
            OtherRow(
                origin=origin_of(item, identity, "dropouts", i, url),
                flags=(),
                reasons=("how many left is kept as printed; nothing here predicts it",),
            )
            for i, item in enumerate(sections["dropouts"])
        ),
        flags=tuple(flags),
    )


def _mappings(content: Mapping[str, Any], name: str, where: str, file: str) -> list[Mapping[str, Any]]:
    section = content.get(name)
    if section is None:
        return []
    if not isinstance(section, list):
        raise refuse(
            "field-malformed", f"{where}: field {name}", f"{name} is not a list", "Begin each row with '- '"
        )
    for number, item in enumerate(section, start=1):
        if not isinstance(item, dict):
            raise refuse(
                "row-malformed",
                f"{where}: {name}, row {number}",
                f"{str(item)[:60]!r} is not a row",
                "Write 'field: value' lines after '- '",
            )
    return section


def _setting(content: Mapping[str, Any], arms: tuple[Arm, ...]) -> Setting:
    words = f"{read_text(content.get('design'))} {read_text(content.get('population'))}".lower()
    masked = re.search(r"\b(?:double|triple|single)[- ](?:blind|masked)|\bmasked\b|\bblinded\b", words)
    opened = re.search(
        r"\bopen[- ]label\b|\bopen study\b|\buncontrolled\b|\bretrospective\b|\bopen \b", words
    )
    controls = [
        arm.kind for arm in arms if arm.agent and not arm.is_ketamine and arm.kind is not AgentKind.UNKNOWN
    ]
    return Setting(
        masking="masked" if masked else "open" if opened else "not_stated",
        randomised=bool(re.search(r"\brandomi[sz]ed\b|\brct\b", words)),
        crossover="crossover" in words or "cross-over" in words,
        veterans=bool(
            re.search(r"\bveterans?\b|\bmilitary\b|\bva\b|\bsoldiers?\b|\bservice members?\b", words)
        ),
        controls=tuple(dict.fromkeys(controls)),
    )
