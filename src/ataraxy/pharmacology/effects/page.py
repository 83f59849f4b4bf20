"""The generated parts of the documentation page on effects: parameters, hypotheses, adverse events.

`python -m ataraxy.pharmacology.effects.page docs/effects.md` writes them between their markers; a test compares.
"""

from __future__ import annotations

import sys
from pathlib import Path

from ataraxy.pharmacology.effects import circuit_sets
from ataraxy.pharmacology.effects.adverse_events import published_rates
from ataraxy.pharmacology.effects.effect_model import EffectModel
from ataraxy.pharmacology.effects.hypotheses import Hypotheses, Hypothesis, all_hypotheses
from ataraxy.pharmacology.generated_parts import with_generated_parts
from ataraxy.pharmacology.parameters import Parameter


def with_sections(page: str) -> str:
    """`page` with all generated parts made new. Raises InputError where it lacks a marker."""
    parts = {
        "parameters": _parameters,
        "circuit sets": _circuit_sets,
        "hypotheses": _hypotheses,
        "adverse events": _adverse_events,
    }
    return with_generated_parts(page, parts, code="effects.page-markers")


def _hypotheses() -> str:
    return "\n\n".join(_hypothesis(h) for h in all_hypotheses())


def _parameters() -> str:
    everything = Hypotheses(**{h.name: True for h in all_hypotheses()})
    model = EffectModel.of(hypotheses=everything)
    owner = {name: h.name for h in all_hypotheses() for name in h.parameters}
    lines = [
        "| Parameter | Value | Unit | Status | Uncertainty | Source | Note |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [_row(p, owner.get(p.name)) for p in model.parameters.values()]
    return "\n".join(lines)


def _row(p: Parameter, hypothesis: str | None) -> str:
    note = "; ".join(text for text in (f"only with {hypothesis}" if hypothesis else "", p.note) if text)
    source = p.source.citation.split(",")[0].removesuffix(".")
    return (
        f"| {p.name} | {p.value:g} | {p.unit} | {p.status.value} | {p.uncertainty} | {source}; {p.source.place} "
        f"| {note} |"
    )


def _circuit_sets() -> str:
    sets = circuit_sets.circuit_sets()
    lines = [f"{len(sets)} sets.", "", "| Parameter | Lowest | Median | Highest |", "|---|---|---|---|"]
    for k, name in enumerate(circuit_sets.NAMES):
        column = sorted(sets.values[:, k])
        lines.append(f"| {name} | {column[0]:.3g} | {column[len(column) // 2]:.3g} | {column[-1]:.3g} |")
    return "\n".join(lines)


def _hypothesis(h: Hypothesis) -> str:
    return "\n".join(
        [
            f"**`{h.name}`** adds {h.adds}.",
            "",
            *(f"- For: {finding}" for finding in h.evidence_for),
            *(f"- Against: {finding}" for finding in h.evidence_against),
        ]
    )


def _adverse_events() -> str:
    lines = [
        "| Event | Route | Dose | Percent | Placebo | Of | n | Source |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for r in published_rates():
        placebo = "" if r.placebo_percent is None else f"{r.placebo_percent:g}"
        n = "" if r.n is None else str(r.n)
        lines.append(
            f"| {r.event} | {r.route.label} | {r.drug.label} {r.dose} | {r.percent:g} | {placebo} | {r.per} | {n} "
            f"| [{r.citation}]({r.url}) |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.write_text(with_sections(target.read_text(encoding="utf-8")), encoding="utf-8")
