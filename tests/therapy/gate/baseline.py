"""Charts that the shipped rules allow, from which every other chart of these tests is made."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache

from ataraxy.exchange.patient_chart_file import load_chart
from ataraxy.exchange.rules_file import load_rules
from ataraxy.therapy.basis_of_use import BasisOfUse
from ataraxy.therapy.consent import Basis, ConsentElement
from ataraxy.therapy.disorder import CODES, Disorder
from ataraxy.therapy.fact import Fact
from ataraxy.therapy.fact_kind import FACTS
from ataraxy.therapy.patient_chart import PatientChart
from ataraxy.therapy.rule import RuleSet
from ataraxy.therapy.scale_score import ScaleScore

AT = datetime(2026, 11, 20, 10, tzinfo=UTC)
MAIN_SCALE = {Disorder.GAD: ("HAM-A", 27.0), Disorder.SAD: ("LSAS", 90.0), Disorder.PTSD: ("CAPS-5", 44.0)}
TRIAL = "NCT01234567"


@cache
def rules() -> RuleSet:
    return load_rules()


@cache
def allowed(disorder: Disorder = Disorder.GAD, basis: Basis = Basis.OFF_LABEL) -> PatientChart:
    """A chart in which every fact that is required stands once, so that each of them is needed."""
    chart = load_chart("example-allow").chart
    scale, points = MAIN_SCALE[disorder]
    scores = [s for s in chart.scores if s.scale == "PHQ-9"]
    scores.append(ScaleScore(scale=scale, total=points, at=AT - timedelta(days=2)))
    therapy = "emdr" if disorder is Disorder.PTSD else "cbt"
    treatments = [
        t.replace(disorder=disorder, therapy=therapy if t.therapy else None)
        for t in chart.treatments
        if t.drug != "venlafaxine"
    ]
    chart = chart.replace(
        diagnoses=(chart.diagnoses[0].replace(disorder=disorder, code=CODES[disorder].icd10_cm),),
        scores=tuple(scores),
        treatments=tuple(treatments),
        medications=(),
    )
    if basis is Basis.REGISTERED_TRIAL:
        consent = chart.consents[0]
        chart = chart.replace(
            basis_of_use=BasisOfUse(kind=basis, trial_id=TRIAL, allocation_masked=True),
            consents=(
                consent.replace(
                    basis=basis,
                    trial_id=TRIAL,
                    elements=(*consent.elements, ConsentElement.MASKED_ALLOCATION),
                ),
            ),
        )
    return chart


def with_fact(
    chart: PatientChart,
    name: str,
    value: bool | float | str,
    *,
    unit: str | None = None,
    at: datetime = AT - timedelta(hours=1),
) -> PatientChart:
    fact = Fact(name=name, value=value, unit=FACTS[name].unit if unit is None else unit, observed_at=at)
    return chart.replace(facts=(*(f for f in chart.facts if f.name != name), fact))


def without_fact(chart: PatientChart, name: str) -> PatientChart:
    return chart.replace(facts=tuple(f for f in chart.facts if f.name != name))
