"""Reading a file of trials, cohorts and meta-analyses: the form of the shipped ``data/trials.yaml``.

The form is described in the header of that file and in docs/evidence.md. No row is dropped: one that cannot be
used is kept, with the reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

from ataraxy.evidence.cells import refuse
from ataraxy.evidence.row import Row
from ataraxy.evidence.trial import SECTIONS, Trial, read_trial
from ataraxy.evidence.use import refuse_entry
from ataraxy.evidence.yaml_list import LINE, read_text_file, read_yaml_list
from ataraxy.provenance import content_hash

SHIPPED_TRIALS: Final = Path(__file__).parent / "data" / "trials.yaml"


@dataclass(frozen=True, slots=True)
class TrialEvidence:
    """What a file holds.

    Attributes:
        trials: all entries in the order of the file, refused ones among them.
        file: its name as given.
        sha256: hash of the file.
    """

    trials: tuple[Trial, ...]
    file: str
    sha256: str

    @property
    def by_id(self) -> Mapping[str, Trial]:
        """Return all entries by id, refused ones among them."""
        return MappingProxyType({trial.id: trial for trial in self.trials})

    @property
    def refused(self) -> tuple[Trial, ...]:
        """Return the entries that are retracted or unsound."""
        return tuple(trial for trial in self.trials if trial.refused)

    def admitted(self, *, include_refused: bool = False) -> tuple[Trial, ...]:
        """Return the entries that may be used; with `include_refused`, all."""
        return tuple(trial for trial in self.trials if include_refused or not trial.refused)

    def get(self, identity: str, *, include_refused: bool = False) -> Trial:
        """Return one entry.

        Raises:
            EvidenceRefused: ``evidence.refused``: it is retracted or unsound and was not asked for explicitly.
            InputError: ``evidence.unknown-entry``: there is none of that id.
        """
        trial = self.by_id.get(identity)
        if trial is None:
            near = [
                known
                for known in self.by_id
                if identity.lower()[:5] and known.startswith(identity.lower()[:5])
            ]
            raise refuse(
                "unknown-entry",
                self.file,
                f"there is no entry {identity!r}",
                f"Did you mean {' or '.join(near[:3])}" if near else "List the entries to see their ids",
            )
        if trial.refused and not include_refused:
            raise refuse_entry(trial.id, trial.refusal, f"{self.file}:{trial.line}")
        return trial

    def rows(self, *, include_refused: bool = False) -> tuple[tuple[Trial, Row, str], ...]:
        """Return every row of every entry with the reason why it cannot be used, empty where it can.

        A row of a refused entry has the refusal as its reason, unless refused entries were asked for.
        """
        listed = []
        for trial in self.trials:
            barred = f"the entry is refused: {trial.refusal}" if trial.refused and not include_refused else ""
            listed += [(trial, row, barred or row.reason) for row in trial.rows]
        return tuple(listed)

    def counts(self) -> Mapping[str, int]:
        """Return how many entries, arms and rows of each section there are, and how many rows are usable."""
        found: Counter[str] = Counter()
        for trial in self.trials:
            found["entries"] += 1
            found["refused"] += trial.refused
            found["arms"] += len(trial.arms)
            for section in SECTIONS:
                rows = getattr(trial, section)
                found[section] += len(rows)
                found[f"{section} usable"] += 0 if trial.refused else sum(row.usable for row in rows)
        return MappingProxyType(dict(found))


def load_trials(path: Path | str | None = None) -> TrialEvidence:
    """Return the trials of a file; None for the one that ships with the package.

    Raises:
        InputError: the file is missing, unreadable or no list of entries, an entry has no id or one that stands
            twice, or its structure is broken. The message names file, line and remedy.
    """
    return _shipped() if path is None else _read(Path(path), str(path))


@cache
def _shipped() -> TrialEvidence:
    return _read(SHIPPED_TRIALS, SHIPPED_TRIALS.name)


def _read(file: Path, name: str) -> TrialEvidence:
    if file.is_dir():
        raise refuse("file-unreadable", str(file), "this is a directory", "Give a file such as trials.yaml")
    text = read_text_file(file)
    entries = read_yaml_list(text, name)
    trials: list[Trial] = []
    lines: dict[str, int] = {}
    for content in entries:
        trial = read_trial(content, name)
        if trial.id in lines:
            raise refuse(
                "entry-twice",
                f"{name}:{content[LINE]}: field id",
                f"the entry {trial.id!r} stands twice, first on line {lines[trial.id]}",
                "Rename or remove one",
            )
        lines[trial.id] = content[LINE]
        trials.append(trial)
    return TrialEvidence(tuple(trials), name, content_hash({file.name: text.encode()}))
