"""The models of effects against published trials: every arm as it was treated, row by row, in virtual people.

The predicted interval is that of a result of as many people as the arm had: it holds the doubt about parameters, the
differences between cohorts, and the chance of who was in the arm. An observation outside of it is a miss.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np

from ataraxy.errors import InputError
from ataraxy.evidence.durability import Durability
from ataraxy.evidence.outcome import Outcome
from ataraxy.evidence.responders import Responders
from ataraxy.evidence.row import Row
from ataraxy.evidence.safety import SafetyOutcome
from ataraxy.evidence.trial import Trial
from ataraxy.evidence.trials import TrialEvidence
from ataraxy.pharmacology.effects.hypotheses import NONE, Hypotheses
from ataraxy.pharmacology.symptoms import WORLDS
from ataraxy.provenance import Provenance, record_provenance
from ataraxy.trials.clinic import RTOL, VirtualClinic
from ataraxy.trials.onset import OnsetRow, onset_table
from ataraxy.trials.uncertainty import CALIBRATED
from ataraxy.validation.arm_pool import ArmPool
from ataraxy.validation.durability_rows import durability_rows
from ataraxy.validation.effect_row import EffectRow, printed_arm
from ataraxy.validation.fitted import marked
from ataraxy.validation.safety_rows import safety_rows
from ataraxy.validation.score_rows import score_rows
from ataraxy.validation.target import TargetResult
from ataraxy.validation.targets import compute_negative_controls, compute_targets

SCHEMA: Final = "ataraxy.effects-validation/1"
# what is printed of a row that cannot be used; what is larger, or no number, is not printed
_NO_SCORE: Final = 1e12
ONSET_OF: Final = ("GAD", "SAD", "PTSD")
STATUSES: Final = ("inside", "outside", "agrees", "disagrees", "skipped")


@dataclass(frozen=True, slots=True)
class EffectsSummary:
    """Counts over rows.

    Attributes:
        rows: how many.
        by_status: number of each of `STATUSES`.
        coverage: share of numbers inside their 90% interval; None without any.
        median_width: of the intervals, by unit; an interval that covers because it is wide shows here.
    """

    rows: int
    by_status: dict[str, int]
    coverage: float | None
    median_width: dict[str, float]

    @staticmethod
    def of(rows: Iterable[EffectRow]) -> EffectsSummary:
        """The summary of rows."""
        listed = list(rows)
        counts = {status: sum(row.status == status for row in listed) for status in STATUSES}
        numbers = counts["inside"] + counts["outside"]
        widths: dict[str, list[float]] = {}
        for row in listed:
            if row.status in ("inside", "outside") and row.predicted is not None:
                widths.setdefault(row.unit, []).append(row.predicted.width)
        return EffectsSummary(
            len(listed),
            counts,
            counts["inside"] / numbers if numbers else None,
            {unit: float(np.median(values)) for unit, values in sorted(widths.items())},
        )

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "rows": self.rows,
            **self.by_status,
            "coverage_90": self.coverage,
            "median_width_90": self.median_width,
        }


@dataclass(frozen=True, slots=True)
class EffectsValidation:
    """All rows of a file of trials beside their predictions.

    Attributes:
        world: ``published`` or ``null``.
        draws, people: of the parameters, and people in whom the effects were solved for each.
        doubt: where the parameters' draws are from.
        rows: at least one for each row of the file, in its order; none is left out.
        evidence_rows: how many rows the file has.
        targets: the validation table, where it was computed.
        negative_controls: what the model must be able to yield, where it was computed.
        onset: hours against weeks, by indication, where it was computed.
        provenance: how to compute it again; its data hash is that of the file.
    """

    world: str
    draws: int
    people: int
    doubt: str
    rows: tuple[EffectRow, ...]
    evidence_rows: int
    provenance: Provenance
    targets: tuple[TargetResult, ...] = ()
    negative_controls: tuple[TargetResult, ...] = ()
    onset: Mapping[str, tuple[OnsetRow, ...]] = field(default_factory=dict)

    @property
    def summary(self) -> EffectsSummary:
        """Counts over all rows."""
        return EffectsSummary.of(self.rows)

    def summary_where(self, wanted: Callable[[EffectRow], bool]) -> EffectsSummary:
        """Counts over some rows."""
        return EffectsSummary.of(row for row in self.rows if wanted(row))

    @property
    def parts(self) -> dict[str, EffectsSummary]:
        """Symptoms and safety apart, fitted and predicted apart, and entries that may be calibrated on apart."""
        return {
            "symptoms": self.summary_where(lambda row: not row.is_measure),
            "safety": self.summary_where(lambda row: row.is_measure),
            "fitted": self.summary_where(lambda row: row.fitted),
            "predicted": self.summary_where(lambda row: not row.fitted),
            "entries for calibration": self.summary_where(lambda row: row.use == "calibrate"),
            "other entries": self.summary_where(lambda row: row.use != "calibrate"),
        }

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values in the shape of ``validation/schemas/effects-validation-1.json``; no number is NaN."""
        return {
            "schema": SCHEMA,
            "world": self.world,
            "draws": self.draws,
            "people": self.people,
            "uncertainty": self.doubt,
            "summary": self.summary.to_json(),
            "parts": {name: part.to_json() for name, part in self.parts.items()},
            "evidence_rows": self.evidence_rows,
            "rows": [row.to_json() for row in self.rows],
            "targets": [target.to_json() for target in self.targets],
            "negative_controls": [control.to_json() for control in self.negative_controls],
            "onset": {name: [row.to_json() for row in rows] for name, rows in self.onset.items()},
            "provenance": self.provenance.to_json(),
        }


def validate_effects(
    trials: TrialEvidence,
    *,
    world: str = "published",
    hypotheses: Hypotheses = NONE,
    draws: int = 40,
    people: int = 30,
    seed: int = 1,
    workers: int = 1,
    include_refused: bool = False,
    tables: bool = False,
    command: str = "",
    time: datetime | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> EffectsValidation:
    """Every row of a file of trials beside the prediction for its arm.

    Args:
        trials: see `ataraxy.evidence.trials.load_trials`.
        world: ``null`` takes every effect of drugs on symptoms away; belief by what is felt stays.
        hypotheses: which are on.
        draws: of the parameters.
        people: in whom effects are solved for each draw.
        seed: of all random numbers.
        workers: threads; never change a result.
        tables: also compute the validation table, the negative controls and the table of onset.
        include_refused: also rows of entries that are retracted or unsound.
        command, time: of the provenance.
        progress: called with trials done and trials in all.

    Raises:
        InputError: the world is not known, or the numbers of draws or people are none.
    """
    if world not in WORLDS:
        raise InputError(
            f"there is no world {world!r}",
            code="validation.world",
            remedy=f"Use {' or '.join(WORLDS)}",
            where="validate effects",
        )
    clinic = VirtualClinic.open(draws=draws, people=people, seed=seed, hypotheses=hypotheses, workers=workers)
    pool = ArmPool(clinic, world)
    admitted = {trial.id for trial in trials.admitted(include_refused=include_refused)}
    for trial in trials.trials:
        if trial.id in admitted:
            pool.gather(trial)
    rows: list[EffectRow] = []
    for done, trial in enumerate(trials.trials, start=1):
        barred = "" if trial.id in admitted else f"the entry is refused: {trial.refusal}"
        for row in trial.rows:
            rows += rows_of(trial, row, pool, barred)
        if progress is not None:
            progress(done, len(trials.trials))
    return EffectsValidation(
        world,
        clinic.draws,
        people,
        clinic.doubt.source,
        marked(rows) if clinic.doubt.source == CALIBRATED else tuple(rows),
        sum(len(trial.rows) for trial in trials.trials),
        record_provenance(
            time=time or datetime.now(UTC),
            command=command or f"validate_effects(trials, world={world!r}, draws={draws}, people={people})",
            model_name=clinic.effects.name,
            model_hash=clinic.effects.sha256(),
            data_hash=trials.sha256,
            seed=seed,
            solver="auto",
            rtol=RTOL,
        ),
        compute_targets(clinic, world) if tables else (),
        compute_negative_controls(clinic, world) if tables else (),
        {name: onset_table(clinic, name, world=world) for name in ONSET_OF} if tables else {},
    )


def rows_of(trial: Trial, row: Row, pool: ArmPool, barred: str = "") -> list[EffectRow]:
    """The results of one row of a trial, at least one."""
    if barred or not row.usable:
        return [_listed(trial, row, barred or row.reason)]
    if isinstance(row, Outcome | Responders):
        made = list(score_rows(trial, row, pool))
    elif isinstance(row, SafetyOutcome):
        made = list(safety_rows(trial, row, pool))
    elif isinstance(row, Durability):
        made = list(durability_rows(trial, row, pool))
    else:
        made = []
    return made or [_listed(trial, row, "nothing in it can be predicted")]


def _listed(trial: Trial, row: Row, reason: str) -> EffectRow:
    """A row that is listed with the reason why it was not compared."""
    fields = row.origin.fields
    is_measure = isinstance(row, SafetyOutcome | Durability) or row.origin.section in ("safety", "durability")
    name = fields.get("measure" if is_measure else "instrument") or fields.get("definition") or ""
    points = row.times.points if isinstance(row, Outcome | Responders | SafetyOutcome) else ()
    kind = fields.get("kind") or {"responders": "responders"}.get(row.origin.section, row.origin.section)
    return EffectRow(
        trial=trial.id,
        arm=printed_arm(row),
        name=" ".join(str(name).split()),
        is_measure=is_measure,
        time_h=points[0].middle if points else None,
        kind=str(kind),
        observed=_printed_number(row),
        unit="",
        predicted=None,
        status="skipped",
        reason=reason or "not usable",
        people=None,
        section=row.origin.section,
        row=row.origin.index,
        use=trial.use,
        flags=row.flags,
    )


def _printed_number(row: Row) -> float | None:
    for key in ("mean", "pct", "median", "value", "value_d"):
        value = row.origin.fields.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _NO_SCORE:
            return float(value)
    return None
