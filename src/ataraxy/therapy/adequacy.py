"""Whether an earlier treatment was adequate: enough of it, for long enough, for this disorder. The limits are data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from ataraxy.therapy.disorder import Disorder
from ataraxy.therapy.drug_table import DrugEntry, DrugTable
from ataraxy.therapy.evidence_grade import EvidenceGrade
from ataraxy.therapy.prior_treatment import PriorTreatment, ReasonStopped
from ataraxy.therapy.value import Count, Number, Value, refuse


class DrugClassAdequacy(Value):
    """From when on a drug of a class counts as tried.

    Attributes:
        drug_class: the class.
        disorders: for which disorders it is an evidence-based treatment.
        weeks: shortest time at the dose.
        source, grade: who says so.
        note: what the source leaves open.
    """

    drug_class: str
    disorders: tuple[Disorder, ...]
    weeks: Annotated[Number, Field(gt=0)]
    source: Annotated[str, Field(min_length=1)]
    grade: EvidenceGrade
    note: str = ""


class PsychotherapyAdequacy(Value):
    """From when on a psychotherapy counts as tried.

    Attributes:
        therapy: kind.
        disorders: for which disorders it is an evidence-based treatment.
        sessions: fewest.
        source, grade: who says so.
        note: what the source leaves open.
    """

    therapy: str
    disorders: tuple[Disorder, ...]
    sessions: Annotated[Count, Field(ge=1)]
    source: Annotated[str, Field(min_length=1)]
    grade: EvidenceGrade
    note: str = ""


class AdequacyRules(Value):
    """All limits of adequacy.

    Attributes:
        drug_classes, psychotherapies: the limits.
        adherence_percent: a known adherence below this is not adequate.
        adherence_source, adherence_grade: who says so.
        intolerance_counts: whether a drug that was stopped early for adverse effects counts as failed.
    """

    drug_classes: tuple[DrugClassAdequacy, ...]
    psychotherapies: tuple[PsychotherapyAdequacy, ...]
    adherence_percent: Annotated[Number, Field(gt=0, le=100)]
    adherence_source: Annotated[str, Field(min_length=1)]
    adherence_grade: EvidenceGrade
    intolerance_counts: bool = False

    @model_validator(mode="after")
    def _check(self) -> Self:
        for field, names in (
            ("drug_classes", [c.drug_class for c in self.drug_classes]),
            ("psychotherapies", [p.therapy for p in self.psychotherapies]),
        ):
            if len(set(names)) != len(names):
                raise refuse(
                    "a class or therapy stands there twice",
                    code="rules.twice",
                    remedy="Keep one of them",
                    field=field,
                )
        for field, grades in (
            ("drug_classes", [c.grade for c in self.drug_classes]),
            ("psychotherapies", [p.grade for p in self.psychotherapies]),
            ("adherence_grade", [self.adherence_grade]),
        ):
            if weak := [grade for grade in grades if not grade.decides]:
                raise refuse(
                    f"the grade {weak[0].value} is too weak to set a limit",
                    code="rules.grade-too-weak",
                    remedy='Decide the number as the site\'s own ("grade: site")',
                    field=field,
                )
        return self


class Adequate(StrEnum):
    """Whether a treatment was adequate."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Adequacy:
    """The judgement of one treatment.

    Attributes:
        name: substance or kind of therapy; what counts once, however often it was tried.
        adequate: whether dose, time and adherence were enough.
        failed: whether it failed, given that it was adequate; None where the outcome is not known.
        reasons: what decided, in words.
        lacking: what would have to be known.
    """

    name: str
    adequate: Adequate
    failed: bool | None
    reasons: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()

    @property
    def counts(self) -> bool | None:
        """Return whether it is an adequate treatment that failed; None where that is not known."""
        if self.adequate is Adequate.NO or self.failed is False:
            return False
        if self.adequate is Adequate.YES and self.failed:
            return True
        return None


def adequacy(
    treatment: PriorTreatment, disorder: Disorder, rules: AdequacyRules, drugs: DrugTable
) -> Adequacy:
    """Return whether a treatment was an adequate one of a disorder, and whether it failed.

    A treatment whose dose, time, purpose or outcome is not known is never an adequate failure; it is unknown, unless
    something else that is known already says that it was not adequate.
    """
    if treatment.kind == "psychotherapy":
        return _of_psychotherapy(treatment, disorder, rules)
    if treatment.kind == "drug":
        return _of_drug(treatment, disorder, rules, drugs)
    return Adequacy("other", Adequate.NO, None, ("no treatment that the rules know",))


class _Judge:
    """Collects what speaks against a treatment and what is not known."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.against: list[str] = []
        self.lacking: list[str] = []

    def least(self, value: float | None, limit: float, what: str, unit: str) -> None:
        if value is None:
            self.lacking.append(what)
        elif value < limit:
            self.against.append(f"{value:g} {unit} of {limit:g}")

    def result(self, failed: bool | None) -> Adequacy:
        if self.against:
            return Adequacy(self.name, Adequate.NO, failed, tuple(self.against))
        if self.lacking:
            return Adequacy(self.name, Adequate.UNKNOWN, failed, (), tuple(self.lacking))
        lacking = ("outcome",) if failed is None else ()
        return Adequacy(self.name, Adequate.YES, failed, (), lacking)


def _of_psychotherapy(treatment: PriorTreatment, disorder: Disorder, rules: AdequacyRules) -> Adequacy:
    name = treatment.therapy or ""
    judge = _Judge(name)
    limit = next((p for p in rules.psychotherapies if p.therapy == name), None)
    if limit is None or disorder not in limit.disorders:
        return Adequacy(name, Adequate.NO, _failed(treatment), (f"not listed for {disorder.label}",))
    _check_purpose(judge, treatment, disorder)
    judge.least(
        None if treatment.sessions is None else float(treatment.sessions),
        limit.sessions,
        "sessions",
        "sessions",
    )
    return judge.result(_failed(treatment))


def _of_drug(
    treatment: PriorTreatment, disorder: Disorder, rules: AdequacyRules, drugs: DrugTable
) -> Adequacy:
    found, left = drugs.found(treatment.drug or "")
    if len(found) != 1 or left:
        written = (treatment.drug or "").lower()
        return Adequacy(written, Adequate.UNKNOWN, _failed(treatment), (), ("which drug it was",))
    drug = found[0]
    judge = _Judge(drug.name)
    limit = _limit_of(drug, disorder, rules)
    if limit is None or drug.adequate_dose is None:
        return Adequacy(drug.name, Adequate.NO, _failed(treatment), (f"not listed for {disorder.label}",))
    if rules.intolerance_counts and treatment.reason_stopped is ReasonStopped.ADVERSE_EFFECTS:
        _check_purpose(judge, treatment, disorder)
        return judge.result(failed=True)
    _check_purpose(judge, treatment, disorder)
    if treatment.daily_dose is not None and treatment.dose_unit != drug.unit:
        judge.lacking.append(f"daily dose in {drug.unit}")
    else:
        judge.least(treatment.daily_dose, drug.adequate_dose, "daily dose", f"{drug.unit} a day")
    judge.least(treatment.weeks, limit.weeks, "weeks at the dose", "weeks")
    if treatment.adherence_percent is not None:
        judge.least(treatment.adherence_percent, rules.adherence_percent, "adherence", "% taken")
    return judge.result(_failed(treatment))


def _limit_of(drug: DrugEntry, disorder: Disorder, rules: AdequacyRules) -> DrugClassAdequacy | None:
    return next(
        (c for c in rules.drug_classes if c.drug_class in drug.classes and disorder in c.disorders), None
    )


def _check_purpose(judge: _Judge, treatment: PriorTreatment, disorder: Disorder) -> None:
    if treatment.disorder is None:
        judge.lacking.append("what it was given for")
    elif treatment.disorder is not disorder:
        judge.against.append(f"given for {treatment.disorder.label}")


def _failed(treatment: PriorTreatment) -> bool | None:
    return None if treatment.outcome is None else treatment.outcome.is_failure
