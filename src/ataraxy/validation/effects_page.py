"""The published tables of the effects: what stands between two marks of ``docs/effects-validation.md``.

``python -m ataraxy.validation.effects_page docs/effects-validation.md`` writes it anew from the shipped evidence.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from ataraxy.evidence.trials import load_trials
from ataraxy.trials.interval import Interval
from ataraxy.trials.onset import OnsetRow
from ataraxy.validation.effect_row import EffectRow
from ataraxy.validation.effects import EffectsValidation, validate_effects
from ataraxy.validation.effects_summary import cells, describe, time_text
from ataraxy.validation.page import BEGIN as KINETICS_BEGIN
from ataraxy.validation.page import rewrite
from ataraxy.validation.target import TargetResult

BEGIN = KINETICS_BEGIN.replace("ataraxy.validation.page", "ataraxy.validation.effects_page")


def effects_text(result: EffectsValidation, null: EffectsValidation) -> str:
    """The tables as Markdown: onset, targets, negative controls, counts, and every compared row.

    Args:
        result: of the published world, with its tables.
        null: of the null world, whose counts stand beside.
    """
    verdicts = [target.verdict for target in result.targets]
    counts = ", ".join(f"{verdicts.count(v)} {v}" for v in ("pass", "miss", "reported", "input"))
    compared = [row for row in result.rows if row.status != "skipped"]
    misses = [row for row in compared if row.status in ("outside", "disagrees")]
    parts = [
        f"Uncertainty: {result.doubt}; {result.draws} draws.",
        "## Hours against weeks",
        "Share of people whose true severity has fallen by the smallest difference that matters, in per cent, median "
        "and 90% interval. Both treatments are masked against placebo. What ketamine gains over saline holds relief by "
        "belief: what is felt gives it away.",
        *(part for name, rows in result.onset.items() for part in (f"### {name}", _onset(rows))),
        "## Targets",
        f"Of {len(verdicts)} lines: {counts}. The rules were proposed before anything was fitted; those of V5, V7, V9, "
        "V10 and V14 were words then and were made exact before the first run.",
        _targets(result.targets),
        "## Negative controls",
        "What a model must be able to yield that is not overfitted to the story. These came without rules: the ones "
        "here are ours, and those of N5 to N7 were relaxed after a first run (before: 90, 50 and 90% of trials).",
        _targets(result.negative_controls),
        "## Row by row",
        f"{result.evidence_rows} rows of evidence gave {len(result.rows)} results.",
        *(f"- {name}: {describe(part)}" for name, part in {"All": result.summary, **result.parts}.items()),
        f"- All, in the null world: {describe(null.summary)}",
        "### Misses",
        _rows(misses),
        "### Inside, and claims that agree",
        _rows([row for row in compared if row.status in ("inside", "agrees")]),
        "### Skipped",
        _skipped(row for row in result.rows if row.status == "skipped"),
    ]
    return "\n\n".join(parts).replace("\n\n- ", "\n- ").replace(" results.\n- ", " results.\n\n- ")


def _onset(rows: Sequence[OnsetRow]) -> str:
    lines = ["| treatment | time | relieved | on control | gained |", "|---|---|---|---|---|"]
    for row in rows:
        shares = (_interval(i, ".0f") for i in (row.relieved, row.control_relieved, row.gained))
        lines.append(f"| {row.treatment} | {time_text(row.time_h)} | {' | '.join(shares)} |")
    return "\n".join(lines)


def _targets(targets: Iterable[TargetResult]) -> str:
    lines = [
        "| id | observed | evidence | use | rule | computed | verdict |",
        "|---|---|---|---|---|---|---|",
    ]
    for t in targets:
        note = f" ({t.note})" if t.note else ""
        lines.append(
            f"| {t.id} | {t.observation}{note} | {', '.join(t.evidence)} | {t.use} | {t.rule} | {t.simulated}: "
            f"{t.computed_text} | **{t.verdict}** |"
        )
    return "\n".join(lines)


def _rows(rows: Sequence[EffectRow]) -> str:
    if not rows:
        return "None."
    lines = [
        "| trial | arm | what | time | observed | computed (90%) | n | verdict | |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        texts = [cell.replace("|", ", ").replace("*", "\\*") for cell in cells(row)]
        if row.reason:
            texts[-1] += f", {row.reason}"
        texts.append("fitted" if row.fitted else "predicted")
        lines.append(f"| {' | '.join(texts)} |")
    return "\n".join(lines)


def _skipped(rows: Iterable[EffectRow]) -> str:
    places: dict[str, dict[str, None]] = {}
    for row in rows:
        places.setdefault(row.reason, {})[row.trial] = None
    lines = ["| reason | entries |", "|---|---|"]
    for reason, trials in sorted(places.items(), key=lambda item: -len(item[1])):
        lines.append(f"| {reason.replace('|', ', ').replace('*', chr(92) + '*')} | {', '.join(trials)} |")
    return "\n".join(lines)


def _interval(interval: Interval, form: str) -> str:
    return f"{interval.median:{form}} ({interval.lo90:{form}} to {interval.hi90:{form}})"


def main(path: str) -> None:
    """Write the tables of the shipped evidence into the page at `path`."""
    page = Path(path)
    trials = load_trials()
    text = effects_text(validate_effects(trials, tables=True), validate_effects(trials, world="null"))
    whole = page.read_text(encoding="utf-8")
    page.write_text(
        rewrite(whole.replace(BEGIN, KINETICS_BEGIN), text).replace(KINETICS_BEGIN, BEGIN), encoding="utf-8"
    )


if __name__ == "__main__":
    main(sys.argv[1])
