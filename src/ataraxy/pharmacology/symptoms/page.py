"""The generated parts of the documentation page on symptoms: scales, populations, parameters, comparators.

`python -m ataraxy.pharmacology.symptoms.page docs/symptoms.md` writes them between their markers; a test compares.
"""

from __future__ import annotations

import sys
from collections import Counter
from functools import partial
from pathlib import Path

from ataraxy.pharmacology.generated_parts import with_generated_parts
from ataraxy.pharmacology.parameters import Parameter, ParameterTable, Status
from ataraxy.pharmacology.symptoms.comparators import comparator_parameters
from ataraxy.pharmacology.symptoms.indication import population_parameters
from ataraxy.pharmacology.symptoms.instrument import instrument_parameters
from ataraxy.pharmacology.symptoms.relief import relief_parameters


def with_sections(page: str) -> str:
    """`page` with all generated parts made new. Raises InputError where it lacks a marker."""
    tables = {name: partial(_table, table) for name, table in _tables().items()}
    return with_generated_parts(
        page, {"measured and assumed": _counts, **tables}, code="symptoms.page-markers"
    )


def _tables() -> dict[str, ParameterTable]:
    return {
        "scales": instrument_parameters(),
        "populations": population_parameters(),
        "relief and belief": relief_parameters(),
        "comparators": comparator_parameters(),
    }


def _counts() -> str:
    """How many numbers of each kind have which status."""
    lines = ["| | measured | derived | assumed | of |", "|---|---|---|---|---|"]
    for title, table in _tables().items():
        kinds: dict[str, list[Parameter]] = {}
        for p in table.values():
            kinds.setdefault(_kind(title, p.name), []).append(p)
        for kind, members in kinds.items():
            count = Counter(p.status for p in members)
            numbers = " | ".join(str(count[s]) for s in (Status.MEASURED, Status.DERIVED, Status.ASSUMED))
            lines.append(f"| {kind} | {numbers} | {len(members)} |")
    return "\n".join(lines)


def _kind(title: str, name: str) -> str:
    if title not in ("scales", "populations"):
        return title
    what = name.split(": ")[1]
    return f"{title}: {'range' if what in ('lowest', 'highest') else what}"


def _table(table: ParameterTable) -> str:
    lines = [
        "| Parameter | Value | Unit | Status | Uncertainty | Source | Note |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {p.name} | {p.value:g} | {p.unit} | {p.status.value} | {p.uncertainty} "
        f"| {p.source.citation.removesuffix('.')}; {p.source.place} | {p.note} |"
        for p in table.values()
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.write_text(with_sections(target.read_text(encoding="utf-8")), encoding="utf-8")
