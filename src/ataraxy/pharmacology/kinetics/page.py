"""The generated part of the documentation page on kinetics: each model as its code and its parameter file say.

`python -m ataraxy.pharmacology.kinetics.page docs/kinetics.md` writes it between the two markers of the page; a test
compares.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from ataraxy.errors import InputError
from ataraxy.pharmacology.kinetics import list_models
from ataraxy.pharmacology.kinetics.kinetic_model import KineticModel
from ataraxy.pharmacology.kinetics.studied import Range
from ataraxy.pharmacology.parameters import Parameter

BEGIN: Final = "<!-- generated: models -->"
END: Final = "<!-- end of generated: models -->"


def models_markdown() -> str:
    """All models as one text."""
    return "\n\n".join(_model(model) for model in list_models())


def with_models(page: str) -> str:
    """`page` with the text between its markers made new. Raises InputError where it lacks a marker."""
    before, opened, rest = page.partition(BEGIN)
    _, closed, after = rest.partition(END)
    if not (opened and closed):
        raise InputError(
            "the markers of the generated part are missing",
            code="kinetics.page-markers",
            remedy=f"Add {BEGIN} and {END}",
            where="page",
        )
    return f"{before}{BEGIN}\n\n{models_markdown()}\n\n{END}{after}"


def _model(model: KineticModel) -> str:
    studied = model.studied
    lines = [
        f"### {model.name}",
        "",
        f"{model.title[0].upper()}{model.title[1:]}.",
        "",
        f"- Sampling site: {model.site}",
        f"- Analytes of each enantiomer: {', '.join(model.analytes)}",
        f"- Population: {model.population}",
        f"- Studied: weight {_range(studied.weight_kg, 'kg')}; age {_range(studied.age_y, 'years')}; "
        f"enantiomers {' and '.join(studied.enantiomers)} ({studied.note})",
        f"- SHA-256 of its parameters: `{model.parameters.sha256()[:16]}`",
        *(f"- Source: {source}" for source in model.sources),
        "",
        "| Route | Status | Where from | Studied dose of one enantiomer in a session |",
        "|---|---|---|---|",
        *(
            f"| {route.label} | {support.status.value} | {support.note} | "
            f"{_range(studied.dose_mg[route], 'mg') if route in studied.dose_mg else 'none'} |"
            for route, support in model.routes.items()
        ),
        "",
        "What is not known, or was assumed:",
        "",
        *(f"- {gap}" for gap in model.gaps),
        "",
        "| Parameter | Value | Unit | Status | Uncertainty | Source | Note |",
        "|---|---|---|---|---|---|---|",
        *(_parameter(p) for p in model.parameters.values()),
    ]
    return "\n".join(lines)


def _parameter(p: Parameter) -> str:
    source = f"{p.source.citation.split(',')[0].split(' ')[0]}, {p.source.place}"
    return f"| {p.name} | {p.value:g} | {p.unit} | {p.status.value} | {p.uncertainty} | {source} | {p.note} |"


def _range(limits: Range | None, unit: str) -> str:
    if limits is None:
        return "not seen"
    return f"{limits[0]:g} {unit}" if limits[0] == limits[1] else f"{limits[0]:g} to {limits[1]:g} {unit}"


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.write_text(with_models(target.read_text(encoding="utf-8")), encoding="utf-8")
