"""The kinetic models against published observations: every study as it was dosed, row by row."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

from ataraxy.errors import AtaraxyError
from ataraxy.evidence.kinetics import KineticEvidence
from ataraxy.evidence.observation import Observation
from ataraxy.evidence.study import Relation, Study
from ataraxy.pharmacology.kinetics import Flag, get_model
from ataraxy.provenance import Provenance, content_hash, record_provenance
from ataraxy.validation.choice import AUTO, SECOND_OPINION, Choice, choose_model
from ataraxy.validation.prediction import Prediction, StudyPredictor
from ataraxy.validation.prediction_error import ErrorSummary, fold_error, summarise
from ataraxy.validation.scoring import why_not_scored

SCHEMA: Final = "ataraxy.validation/1"
REFERENCE_RTOL: Final = 1e-10  # of `engine.solve` with the reference solver, which the typical courses use
RELATIONS: Final[tuple[Relation, ...]] = ("independent", "own_data", "model_estimate", "not_stated")


@dataclass(frozen=True, slots=True)
class ValidationRow:
    """One observation beside its prediction.

    Attributes:
        row: line of the observation in its file.
        study, analyte, metric, time_h, observed, unit, group: as printed.
        predicted: in the same unit; None for a skipped row.
        model: that predicted it; None where none could.
        relation: of the study to the models.
        basis: how the number was come by.
        fold_error: the larger of predicted / observed and its inverse; None where there is none.
        status: whether it was compared.
        scored: whether it counts.
        reason: why it was skipped or does not count; empty for a scored row.
        within_range: for a value that is the middle of a printed range, whether the prediction lies in the range.
        flags: what was assumed.
    """

    row: int
    study: str
    analyte: str
    metric: str
    time_h: float | None
    observed: float | None
    predicted: float | None
    unit: str
    group: str
    model: str | None
    relation: Relation
    basis: tuple[str, ...]
    fold_error: float | None
    status: Literal["compared", "skipped"]
    scored: bool
    reason: str
    within_range: bool | None = None
    flags: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the row in the shape of the schema."""
        return {
            "study": self.study,
            "analyte": self.analyte,
            "metric": self.metric,
            "time_h": self.time_h,
            "observed": self.observed,
            "predicted": self.predicted,
            "unit": self.unit,
            "model": self.model,
            "relation": self.relation,
            "basis": ",".join(self.basis),
            "fold_error": self.fold_error,
            "status": self.status,
            "scored": self.scored,
            "reason": self.reason,
            "group": self.group,
            "within_range": self.within_range,
            "flags": list(self.flags),
            "row": self.row,
        }


@dataclass(frozen=True, slots=True)
class StudyScore:
    """One study's errors over its scored rows.

    Attributes:
        study: its id.
        model: that predicted it; None where none could.
        relation: of the study to the models.
        compared, skipped: number of rows of each kind.
        errors: of the scored rows.
        flags: what was assumed for the study.
    """

    study: str
    model: str | None
    relation: Relation
    compared: int
    skipped: int
    errors: ErrorSummary
    flags: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the score in the shape of the schema."""
        return {
            "study": self.study,
            "model": self.model,
            **self.errors.to_json(),
            "relation": self.relation,
            "compared": self.compared,
            "skipped": self.skipped,
            "flags": list(self.flags),
        }


@dataclass(frozen=True, slots=True)
class KineticValidation:
    """All rows of a directory of evidence, with the misses.

    Attributes:
        model: ``auto`` or the name of the model that was asked for.
        rows: one for each observation, in their order; none is left out.
        studies: one for each study, in their order.
        second_rows, second_studies: the second opinion, for studies of a site that has one.
        models_sha256: (name, hash) of the models that were used.
        provenance: how to compute it again; its data hash is that of the evidence.
    """

    model: str
    rows: tuple[ValidationRow, ...]
    studies: tuple[StudyScore, ...]
    second_rows: tuple[ValidationRow, ...]
    second_studies: tuple[StudyScore, ...]
    models_sha256: tuple[tuple[str, str], ...]
    provenance: Provenance

    @property
    def headline(self) -> ErrorSummary:
        """Return the errors of the scored rows of independent studies, and of no others."""
        return self.by_relation("independent")

    @property
    def second_headline(self) -> ErrorSummary:
        """Return the errors of the second opinion's scored rows of independent studies."""
        return summarise_rows(row for row in self.second_rows if row.relation == "independent")

    @property
    def with_unscored(self) -> ErrorSummary:
        """Return the errors of all rows of independent studies that have a fold error, scored or not.

        It stands beside the headline so that nobody needs to trust the rules by which rows are left out of it.
        """
        return summarise(
            (row.predicted, row.observed)
            for row in self.rows
            if row.relation == "independent"
            and row.fold_error is not None
            and row.predicted is not None
            and row.observed is not None
        )

    def by_relation(self, relation: Relation) -> ErrorSummary:
        """Return the errors of the scored rows of studies of one relation."""
        return summarise_rows(row for row in self.rows if row.relation == relation)

    @property
    def compared(self) -> tuple[ValidationRow, ...]:
        """Return the rows that were compared, scored or not."""
        return tuple(row for row in self.rows if row.status == "compared")

    @property
    def skipped(self) -> tuple[ValidationRow, ...]:
        """Return the rows that could not be simulated."""
        return tuple(row for row in self.rows if row.status == "skipped")

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values in the shape of ``validation/schemas/validation-1.json``; no number is NaN."""
        return {
            "schema": SCHEMA,
            "model": self.model,
            "headline": self.headline.to_json(),
            "with_unscored": self.with_unscored.to_json(),
            "by_relation": {relation: self.by_relation(relation).to_json() for relation in RELATIONS},
            "studies": [study.to_json() for study in self.studies],
            "rows": [row.to_json() for row in self.rows],
            "second_opinion": {
                "headline": self.second_headline.to_json(),
                "studies": [study.to_json() for study in self.second_studies],
                "rows": [row.to_json() for row in self.second_rows],
            },
            "evidence_sha256": self.provenance.data_hash,
            "models_sha256": dict(self.models_sha256),
            "provenance": self.provenance.to_json(),
        }


def validate_kinetics(
    evidence: KineticEvidence,
    model: str = AUTO,
    *,
    command: str = "",
    time: datetime | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> KineticValidation:
    """Return every observation beside the prediction of the model that fits its study.

    Args:
        evidence: see `ataraxy.evidence.kinetics.load_kinetic_evidence`.
        model: ``auto`` for the model of the study's sampling site and route, with a second opinion for arterial
            studies; or the name of one model for all studies.
        command: as the user wrote it, for the provenance.
        time: of the provenance, in UTC; None for now.
        progress: called with studies done and studies in all.

    Raises:
        InputError: there is no model of that name.
    """
    if model != AUTO:
        get_model(model)
    rows: dict[int, ValidationRow] = {}
    studies: list[StudyScore] = []
    second_rows: list[ValidationRow] = []
    second_studies: list[StudyScore] = []
    for done, study in enumerate(evidence.studies, start=1):
        first, score = _validate_study(study, choose_model(study, model), evidence)
        rows |= {row.row: row for row in first}
        studies.append(score)
        if model == AUTO and study.site in SECOND_OPINION:
            second = choose_model(study, SECOND_OPINION[study.site])
            if second.served:
                other, other_score = _validate_study(study, second, evidence)
                second_rows += other
                second_studies.append(other_score)
        if progress is not None:
            progress(done, len(evidence.studies))
    used = sorted({score.model for score in (*studies, *second_studies) if score.model})
    hashes = tuple((name, get_model(name).sha256()) for name in used)
    return KineticValidation(
        model,
        tuple(rows[observation.row] for observation in evidence.observations),
        tuple(studies),
        tuple(second_rows),
        tuple(second_studies),
        hashes,
        record_provenance(
            time=time or datetime.now(UTC),
            command=command or f"validate_kinetics(evidence, model={model!r})",
            model_name=f"{model}: {', '.join(used)}" if model == AUTO else model,
            model_hash=content_hash({name: value.encode() for name, value in hashes}),
            data_hash=evidence.sha256,
            solver="reference",
            rtol=REFERENCE_RTOL,
        ),
    )


def summarise_rows(rows: Iterable[ValidationRow]) -> ErrorSummary:
    """Return the errors of those rows that are scored."""
    return summarise(
        (row.predicted, row.observed)
        for row in rows
        if row.scored and row.predicted is not None and row.observed is not None
    )


def _validate_study(
    study: Study, choice: Choice, evidence: KineticEvidence
) -> tuple[Sequence[ValidationRow], StudyScore]:
    observations = evidence.of(study.id)
    predictor = StudyPredictor(study, choice) if choice.model is not None and observations else None
    outside = predictor.outside_studied_range() if predictor else ()
    rows = [
        _row(
            observation,
            study,
            choice,
            evidence,
            _predicted(predictor, observation, choice),
            _concerning(outside, observation),
        )
        for observation in observations
    ]
    compared = sum(row.status == "compared" for row in rows)
    return rows, StudyScore(
        study.id,
        choice.model if choice.served or compared else None,
        study.relation,
        compared,
        len(rows) - compared,
        summarise_rows(rows),
        (*choice.flags, *map(str, outside)),
    )


def _concerning(outside: Sequence[Flag], observation: Observation) -> tuple[str, ...]:
    """Return the flags that matter to a row: none of R-ketamine where S-ketamine was measured."""
    s_alone = observation.substance is not None and observation.substance.enantiomer == "S"
    return tuple(str(flag) for flag in outside if not (flag.kind == "enantiomer" and s_alone))


def _predicted(predictor: StudyPredictor | None, observation: Observation, choice: Choice) -> Prediction:
    if predictor is None:
        return Prediction(None, choice.reason)
    try:
        prediction = predictor.predict(observation)
    except AtaraxyError as error:
        # One study that a model refuses must not hide the others.
        return Prediction(None, f"{choice.model} refused: {error}")
    if prediction.value is not None and not math.isfinite(prediction.value):
        return Prediction(None, "the prediction is not a finite number")
    return prediction


def _row(
    observation: Observation,
    study: Study,
    choice: Choice,
    evidence: KineticEvidence,
    prediction: Prediction,
    outside: tuple[str, ...],
) -> ValidationRow:
    predicted, observed = prediction.value, observation.value
    within: bool | None = None
    reasons: tuple[str, ...] = (prediction.reason,)
    if predicted is not None:
        reasons = why_not_scored(observation, study, choice, evidence, predicted)
        if "range-midpoint" in observation.basis and (ends := observation.spread_range):
            within = ends[0] <= predicted <= ends[1]
    return ValidationRow(
        row=observation.row,
        study=study.id,
        analyte=observation.analyte,
        metric=observation.metric,
        time_h=observation.time_h,
        observed=observed,
        predicted=predicted,
        unit=observation.unit,
        group=observation.group,
        model=choice.model if choice.served or predicted is not None else None,
        relation=study.relation,
        basis=observation.basis,
        fold_error=None if predicted is None or observed is None else fold_error(predicted, observed),
        status="skipped" if predicted is None else "compared",
        scored=predicted is not None and not reasons,
        reason="; ".join(reasons),
        within_range=within,
        flags=(*choice.flags, *prediction.flags, *outside),
    )
