"""Who is referred: a disorder, a history, what stands in the way, and what nobody has written down yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from ataraxy.practice.virtual.rates import rate
from ataraxy.practice.virtual.truth import SCALES
from ataraxy.therapy.disorder import Disorder
from ataraxy.therapy.prior_treatment import Outcome, PriorTreatment, ReasonStopped

# Daily doses that count as adequate in the shipped rules, mg.
DRUGS: Final[Mapping[str, tuple[float, ...]]] = {
    "sertraline": (100, 150, 200),
    "escitalopram": (10, 20),
    "paroxetine": (20, 40),
    "fluoxetine": (20, 40),
    "venlafaxine": (150, 225),
    "duloxetine": (60, 120),
}
PSYCHOTHERAPY: Final = {"GAD": "cbt", "SAD": "cbt", "PTSD": "emdr"}
INTERACTING: Final = (
    "lorazepam",
    "clonazepam",
    "zolpidem",
    "lamotrigine",
    "methylphenidate",
    "tramadol",
    "clarithromycin",
)
BLOCKING: Final[tuple[tuple[str, bool | str | float], ...]] = (
    ("history.aneurysm_or_avm", True),
    ("history.psychosis", "current"),
    ("substance.use_disorder", "active"),
    ("history.cardiovascular_disease", "poorly_controlled"),
    ("history.serious_risk_of_pressure_rise", True),
    ("history.mania_or_bipolar", True),
)
DELAYING: Final[tuple[tuple[str, bool | str | float], ...]] = (
    ("history.psychosis", "past"),
    ("vitals.systolic", 148.0),
    ("history.raised_intraocular_pressure", True),
    ("suicide.risk", "moderate"),
)
# Facts that stand for nothing in particular when they are asked for.
PLAIN: Final[Mapping[str, bool | str]] = {
    "history.aneurysm_or_avm": False,
    "history.intracerebral_haemorrhage": False,
    "history.hypersensitivity": False,
    "history.serious_risk_of_pressure_rise": False,
    "history.raised_intracranial_pressure": False,
    "history.raised_intraocular_pressure": False,
    "history.hypertensive_encephalopathy": False,
    "history.cardiovascular_disease": "none",
    "history.psychosis": "never",
    "history.mania_or_bipolar": False,
    "history.traumatic_brain_injury": False,
    "substance.use_disorder": "never",
    "substance.ketamine_or_pcp_misuse": False,
    "liver.impairment": "none",
    "bladder.symptoms": False,
}
MAY_BE_MISSING: Final = (
    "liver.impairment",
    "history.cardiovascular_disease",
    "history.raised_intraocular_pressure",
    "bladder.symptoms",
)


@dataclass(frozen=True, slots=True)
class Referral:
    """A person as they come, before anything is measured.

    Attributes:
        disorder: what treatment is sought for.
        referred_by: as in the event.
        facts: what the history says, by name of the fact.
        missing: the fact that nobody has written down; empty where all are.
        comes: whether the missing fact is found later.
        treatments: earlier ones.
        medications: names.
        declines: whether consent is declined.
        leaves_after: sessions after which they do not come back; None for those who stay.
    """

    disorder: str
    referred_by: str
    facts: Mapping[str, bool | str | float]
    missing: str
    comes: bool
    treatments: tuple[PriorTreatment, ...]
    medications: tuple[str, ...]
    declines: bool
    leaves_after: int | None


def draw_referral(random: np.random.Generator, sessions: int, *, plain: bool = False) -> Referral:
    """Return a person as chance has it.

    Args:
        random: of this person.
        sessions: of the protocol.
        plain: somebody whom nothing stands in the way of.
    """

    def happens(name: str) -> bool:
        return bool(random.uniform() < rate(name)) and not plain

    names = list(SCALES)
    disorder = str(random.choice(names, p=[rate(name) for name in names]))
    facts: dict[str, bool | str | float] = dict(PLAIN)
    if happens("one contraindication that blocks"):
        name, value = BLOCKING[int(random.integers(len(BLOCKING)))]
        facts[name] = value
    if happens("one that delays"):
        name, value = DELAYING[int(random.integers(len(DELAYING)))]
        facts[name] = value
    missing = str(random.choice(MAY_BE_MISSING)) if happens("a fact missing at the first screening") else ""
    leaves = next((k for k in range(1, sessions) if happens("withdrew after a session")), None)
    return Referral(
        disorder=disorder,
        referred_by=str(random.choice(["primary_care", "psychiatry", "psychology", "self"])),
        facts=facts,
        missing=missing,
        comes=not happens("a missing fact that never comes"),
        treatments=_treatments(
            random,
            disorder,
            failures=int(random.integers(0, 2))
            if happens("fewer than two adequate failures")
            else int(random.integers(2, 4)),
            psychotherapy=not happens("no adequate psychotherapy"),
        ),
        medications=(str(random.choice(INTERACTING)),) if happens("a medication that interacts") else (),
        declines=happens("consent declined"),
        leaves_after=leaves,
    )


def _treatments(
    random: np.random.Generator, disorder: str, *, failures: int, psychotherapy: bool
) -> tuple[PriorTreatment, ...]:
    drugs = [str(name) for name in random.permutation(list(DRUGS))]
    found = [
        PriorTreatment(
            id=f"t{number}",
            kind="drug",
            drug=drug,
            daily_dose=float(random.choice(DRUGS[drug])),
            dose_unit="mg",
            weeks=float(random.integers(8, 30)),
            disorder=Disorder(disorder),
            outcome=Outcome.NO_RESPONSE if random.uniform() < 0.6 else Outcome.PARTIAL_RESPONSE,
            reason_stopped=ReasonStopped.NO_BENEFIT,
        )
        for number, drug in enumerate(drugs[:failures])
    ]
    if psychotherapy:
        found.append(
            PriorTreatment(
                id="p1",
                kind="psychotherapy",
                therapy=PSYCHOTHERAPY[disorder],
                sessions=int(random.integers(12, 25)),
                disorder=Disorder(disorder),
                outcome=Outcome.PARTIAL_RESPONSE,
                reason_stopped=ReasonStopped.COMPLETED,
            )
        )
    # a trial that was too short counts for nothing, and stands in most charts
    found.append(
        PriorTreatment(
            id="s1",
            kind="drug",
            drug=drugs[-1],
            daily_dose=float(DRUGS[drugs[-1]][0]),
            dose_unit="mg",
            weeks=2.0,
            disorder=Disorder(disorder),
            outcome=Outcome.NO_RESPONSE,
            reason_stopped=ReasonStopped.ADVERSE_EFFECTS,
        )
    )
    return tuple(found)
