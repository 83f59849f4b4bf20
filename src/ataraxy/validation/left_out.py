"""Predictions for a study that was made without it, beside what it reported and beside a model without the drug.

An interval that covers because it is wide shows by its width beside the change that was observed. The continuous ranked
probability score (CRPS; T. Gneiting and A. Raftery, J Am Stat Assoc 102:359, 2007,
https://doi.org/10.1198/016214506000001437) is in the unit of the result, punishes width and misses alike, and is small
for a good prediction.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple, dataclass, fields
from typing import Final

import numpy as np
import numpy.typing as npt

from ataraxy.evidence.trial import Trial
from ataraxy.trials.clinic import VirtualClinic
from ataraxy.trials.ratings import printed_baselines
from ataraxy.trials.uncertainty import Ensemble
from ataraxy.validation.arm_pool import ArmPool
from ataraxy.validation.effect_row import EffectRow
from ataraxy.validation.effects import rows_of

Floats = npt.NDArray[np.float64]

# A prediction of responders that leaves this many per cent open tells little.
WIDE_SHARE: Final = 50.0
_LEAST: Final = 1e-9
BEGIN: Final = "<!-- results: begin (written by python studies/leave_one_study_out.py) -->"
END: Final = "<!-- results: end -->"


@dataclass(frozen=True, slots=True)
class LeftOutRow:
    """One result predicted without its study.

    Attributes:
        study, use, arm, scale, time_h, kind, unit: as in `EffectRow`; kind ``baseline`` before treatment.
        ketamine: whether ketamine is in it.
        fitted: whether the study is among those that parameters are fitted to, and so was left out.
        effective_size: draws of the ensemble that count without the study.
        refitted: whether it was fitted anew, as too few counted.
        observed: the number, the middle of a printed range.
        median, lo90, hi90: predicted.
        change: observed change; NaN where it is not known.
        inside: whether the interval holds the observation.
        wide: whether the interval is wider than the observed change (responders: than `WIDE_SHARE`).
        crps, crps_placebo: of the model, and of the same model in which drugs do nothing to symptoms.
    """

    study: str
    use: str
    arm: str
    scale: str
    time_h: float
    kind: str
    unit: str
    ketamine: bool
    fitted: bool
    effective_size: float
    refitted: bool
    observed: float
    median: float
    lo90: float
    hi90: float
    change: float
    inside: bool
    wide: bool
    crps: float
    crps_placebo: float

    @property
    def width(self) -> float:
        """Of the interval."""
        return self.hi90 - self.lo90


def crps(draws: npt.ArrayLike, observed: float) -> float:
    """CRPS of equally likely draws: mean distance to the observation less half of that among independent pairs."""
    x = np.sort(np.asarray(draws, float))
    n = len(x)
    # mean distance of two draws, by order: no matrix of all pairs
    among = 2.0 * np.sum((2.0 * np.arange(1, n + 1) - n - 1.0) * x) / n**2
    return float(np.mean(np.abs(x - observed)) - among / 2.0)


def predict_left_out(
    trial: Trial,
    ensemble: Ensemble,
    *,
    fitted: bool,
    effective_size: float,
    refitted: bool,
    draws: int = 100,
    people: int = 20,
    seed: int = 1,
) -> list[LeftOutRow]:
    """The numeric results of one study under an ensemble that was made without it.

    Args:
        trial: the study.
        ensemble: made without it.
        fitted, effective_size, refitted: see `LeftOutRow`.
        draws, people, seed: see `VirtualClinic.open`.
    """
    clinic = VirtualClinic.open(draws=draws, people=people, seed=seed, ensemble=ensemble)
    found: list[list[EffectRow]] = []
    for world in ("published", "null"):
        pool = ArmPool(clinic, world)
        pool.gather(trial)
        rows = [
            row for source in (*trial.outcomes, *trial.responders) for row in rows_of(trial, source, pool)
        ]
        found.append(rows)
    baselines = dict(printed_baselines(trial))
    drugs = {arm.id for arm in trial.arms if arm.is_ketamine}
    results = []
    for row, null in zip(*found, strict=True):
        if row.draws is None or null.draws is None or row.predicted is None:
            continue
        if isinstance(row.observed, tuple):
            observed = (row.observed[0] + row.observed[1]) / 2.0
        elif isinstance(row.observed, float | int):
            observed = float(row.observed)
        else:
            continue
        before = row.time_h == 0.0 and row.kind == "absolute"
        change = observed
        if row.kind == "absolute":
            ids = [arm for arm in (*(a.id for a in trial.arms), "") if arm in row.arm]
            printed = next((baselines[arm, row.name] for arm in ids if (arm, row.name) in baselines), None)
            change = observed - printed[0] if printed and not before else float("nan")
        limit = WIDE_SHARE if row.kind == "responders" else abs(change)
        results.append(
            LeftOutRow(
                study=trial.id,
                use=trial.use,
                arm=row.arm,
                scale=row.name,
                time_h=float(row.time_h or 0.0),
                kind="baseline" if before else row.kind,
                unit=row.unit,
                ketamine=bool(drugs)
                and (any(d in row.arm for d in drugs) or "*" in row.arm or row.arm == "all"),
                fitted=fitted,
                effective_size=float(round(effective_size)),
                refitted=refitted,
                observed=observed,
                median=row.predicted.median,
                lo90=row.predicted.lo90,
                hi90=row.predicted.hi90,
                change=change,
                inside=row.status == "inside",
                wide=bool(row.predicted.width > limit),
                crps=crps(row.draws, observed),
                crps_placebo=crps(null.draws, observed),
            )
        )
    return results


@dataclass(frozen=True, slots=True)
class LeftOutSummary:
    """Of some rows.

    Attributes:
        rows: how many.
        coverage: share inside the 90% interval.
        useful: share inside an interval that is not wide.
        wide: share of intervals that are wide.
        width: median width by unit.
        better: share of rows on which the CRPS is below that of the placebo-only model, of those on which they differ;
            None where they never do.
        skill: 1 less the geometric mean of CRPS over that of the placebo-only model; above 0 is better.
    """

    rows: int
    coverage: float
    useful: float
    wide: float
    width: dict[str, float]
    better: float | None
    skill: float


def summarise(rows: Iterable[LeftOutRow]) -> LeftOutSummary | None:
    """The summary of rows; None of none."""
    listed = list(rows)
    if not listed:
        return None
    units = list(dict.fromkeys(row.unit for row in listed))
    by_unit = {unit: [row for row in listed if row.unit == unit] for unit in units}
    # points of different scales do not add up, ratios do
    ratios = [np.log(max(row.crps, _LEAST) / max(row.crps_placebo, _LEAST)) for row in listed]
    differ = [row.crps < row.crps_placebo for row in listed if row.crps != row.crps_placebo]
    return LeftOutSummary(
        len(listed),
        float(np.mean([row.inside for row in listed])),
        float(np.mean([row.inside and not row.wide for row in listed])),
        float(np.mean([row.wide for row in listed])),
        {unit: float(np.median([row.width for row in own])) for unit, own in by_unit.items()},
        float(np.mean(differ)) if differ else None,
        float(-np.expm1(np.mean(ratios))) + 0.0,
    )


GROUPS: Final[Sequence[tuple[str, Callable[[LeftOutRow], bool]]]] = (
    ("after treatment, all", lambda row: row.kind != "baseline"),
    ("with ketamine", lambda row: row.kind != "baseline" and row.ketamine),
    ("without ketamine", lambda row: row.kind != "baseline" and not row.ketamine),
    ("fitted studies, each left out", lambda row: row.kind != "baseline" and row.fitted),
    ("studies never fitted", lambda row: row.kind != "baseline" and not row.fitted),
    ("before treatment", lambda row: row.kind == "baseline"),
)


def to_csv(rows: Sequence[LeftOutRow]) -> str:
    """A CSV text of rows."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([f.name for f in fields(LeftOutRow)])
    writer.writerows([[f"{x:.5g}" if isinstance(x, float) else x for x in astuple(row)] for row in rows])
    return out.getvalue()


def from_csv(text: str) -> list[LeftOutRow]:
    """The rows of `to_csv`."""
    read: dict[str, Callable[[str], object]] = {
        "str": str,
        "float": float,
        "bool": lambda cell: cell == "True",
    }
    kinds = {f.name: read[str(f.type)] for f in fields(LeftOutRow)}
    return [
        LeftOutRow(**{name: kinds[name](cell) for name, cell in line.items()})  # type: ignore[arg-type]
        for line in csv.DictReader(io.StringIO(text))
    ]


def page_text(rows: Sequence[LeftOutRow]) -> str:
    """Summary and table as Markdown."""
    lines = [
        "| results | n | inside 90% | inside and not wide | wide | median width | better than placebo only | skill |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, wanted in GROUPS:
        s = summarise(row for row in rows if wanted(row))
        if s is not None:
            widths = ", ".join(f"{w:.3g} {unit}" for unit, w in s.width.items())
            better = "they never differ" if s.better is None else f"{100 * s.better:.0f}%"
            shares = " | ".join(f"{100 * share:.0f}%" for share in (s.coverage, s.useful, s.wide))
            lines.append(f"| {name} | {s.rows} | {shares} | {widths} | {better} | {s.skill:+.2f} |")
    parts = ["\n".join(lines), "## Every result"]
    table = [
        "| study | draws that count | arm | what | time | observed | predicted (90%) | width / change | verdict "
        "| CRPS | placebo only |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        size = "not fitted" if not row.fitted else "refitted" if row.refitted else f"{row.effective_size:.0f}"
        verdict = ("inside" if row.inside else "**outside**") + (", wide" if row.wide else "")
        change = "" if np.isnan(row.change) or row.kind == "responders" else f" / {abs(row.change):.3g}"
        time = f"{row.time_h:g} h" if row.time_h < 48 else f"{row.time_h / 24:.4g} d"
        cells = (
            row.study, size, row.arm, f"{row.scale} {row.kind.replace('_', ' ')}", time,
            f"{row.observed:.4g} {row.unit}", f"{row.median:.3g} ({row.lo90:.3g} to {row.hi90:.3g})",
            f"{row.width:.3g}{change}", verdict, f"{row.crps:.3g}", f"{row.crps_placebo:.3g}",
        )  # fmt: skip
        table.append("| " + " | ".join(c.replace("|", ", ") for c in cells) + " |")
    return "\n\n".join([*parts, "\n".join(table)])


def rewritten(page: str, rows: Sequence[LeftOutRow]) -> str:
    """A page with the results between its marks written anew."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{page_text(rows)}\n\n{END}{after}"
