"""What a person read in the words of the shipped rows, as data: ``data/trial_claims.yaml``.

A reading belongs to a row by what the row says, not by where it stands: a copy of the shipped file, or a part of
it, carries the same readings.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from ataraxy.evidence.cells import read_text
from ataraxy.evidence.yaml_list import LINE, read_text_file, read_yaml_list

FILE: Final = Path(__file__).parent / "data" / "trial_claims.yaml"


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read by hand in one row of the shipped trials.

    Attributes:
        trial, section: where the row stands.
        says: the words that it was read from.
        claims: as written in the table; arms are put in by `read_claims`.
        no_claim: why nothing can be claimed from the row; empty if something can.
        bound: ``<``, ``<=``, ``>`` or ``>=`` for a row whose number is a limit.
        group: people that the row is of where only its note says so.
        responder: threshold of a responder row whose definition is not machine-readable.
        arm: fields of an arm that its own mapping lacks, with ``status`` (``read`` elsewhere in the entry or its
            sources, or ``assumed``) and the ground in ``note``.
    """

    trial: str
    section: str
    says: str
    claims: tuple[Mapping[str, Any], ...]
    no_claim: str
    bound: str
    group: str
    responder: Mapping[str, Any]
    arm: Mapping[str, Any]


def row_digest(trial: str, section: str, content: Mapping[str, Any]) -> str:
    """Return 16 hexadecimal digits that name a row by what it says, wherever its file lies and its line stands."""
    plain = {key: value for key, value in content.items() if key != LINE}
    text = json.dumps([trial, section, _plain(plain)], sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def reading_of(trial: str, section: str, content: Mapping[str, Any]) -> Reading | None:
    """Return what was read by hand in a row that has the same words as one that ships with the package, else None."""
    return readings().get(row_digest(trial, section, content))


@cache
def readings() -> Mapping[str, Reading]:
    """Return everything that was read by hand, by `row_digest`."""
    table: dict[str, Reading] = {}
    for item in read_yaml_list(read_text_file(FILE), FILE.name, begins="- trial:"):
        table[item["digest"]] = Reading(
            trial=item["trial"],
            section=item["section"],
            says=item["says"],
            claims=tuple(item.get("claims") or ()),
            no_claim=read_text(item.get("no_claim")),
            bound=read_text(item.get("bound")),
            group=read_text(item.get("group")),
            responder=item.get("responder") or {},
            arm=item.get("arm") or {},
        )
    return MappingProxyType(table)


def _plain(content: Any) -> Any:
    if isinstance(content, dict):
        return {str(key): _plain(value) for key, value in content.items() if key != LINE}
    if isinstance(content, list):
        return [_plain(item) for item in content]
    return content if isinstance(content, str | bool | int | float) or content is None else str(content)
