"""Adverse events, graded 1 to 5 after the general scheme of the CTCAE, in our own words."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from ataraxy.therapy.moment import Moment
from ataraxy.therapy.refusal import Refusal
from ataraxy.therapy.sensitive import Sensitive
from ataraxy.therapy.value import Count, Value

GRADES: Mapping[int, str] = MappingProxyType(
    {
        1: "mild: noticed or observed; nothing is done",
        2: "moderate: limits what the person can do beyond self-care, or a simple treatment is given",
        3: "severe: limits self-care, or leads to hospital, and is not at once a danger to life",
        4: "a danger to life: treated at once",
        5: "death",
    }
)

OTHER: Final = "other"
# What can be counted, and told to researchers, because nothing in it is about one person. Words of the ward for
# what the label of the nasal spray and published series of infusions report, and for what a dose or a cannula can do
# besides.
TERMS: Final[tuple[str, ...]] = (
    "nausea", "vomiting", "headache", "dizziness", "vertigo", "dissociation", "anxiety", "panic", "agitation",
    "confusion", "hallucination", "euphoria", "low mood", "suicidal thoughts", "self-harm", "sedation",
    "loss of consciousness", "raised blood pressure", "low blood pressure", "fast heart rate", "slow heart rate",
    "arrhythmia", "palpitations", "chest pain", "syncope", "breathlessness", "low oxygen saturation",
    "slow breathing", "apnoea", "laryngospasm", "aspiration", "salivation", "dry mouth", "altered taste",
    "blurred vision", "double vision", "nystagmus", "numbness", "slurred speech", "tremor", "muscle stiffness",
    "unsteadiness", "fall", "injury", "seizure", "stroke", "rash", "itching", "allergic reaction", "anaphylaxis",
    "sweating", "feeling cold", "fatigue", "insomnia", "bad dreams", "loss of appetite", "abdominal pain",
    "pain at the cannula", "extravasation", "phlebitis", "nasal discomfort", "urinary urgency", "painful urination",
    "blood in urine", "raised liver enzymes", "misuse", "wrong dose",
)  # fmt: skip

Seriousness = Literal[
    "death",
    "danger_to_life",
    "hospital_stay",
    "lasting_disability",
    "congenital_anomaly",
    "other_important",
]
Outcome = Literal["ongoing", "resolved", "resolved_with_sequelae", "handed_over", "fatal", "unknown"]
SETTLED: tuple[Outcome, ...] = ("resolved", "resolved_with_sequelae")


def term_and_note(said: str, note: str = "") -> tuple[str, str]:
    """Return the term that was said and the note; what is not in the list becomes `OTHER`, said first in the note.

    Somebody who writes in a hurry may write a name: what is not of the list is sealed with the note, and never lost.
    """
    words = " ".join(said.split())
    term = words.lower()
    if term in TERMS:
        return term, note
    return OTHER, ": ".join(filter(None, (words if term != OTHER else "", note)))


class AdverseEvent(Value):
    """An adverse event.

    Attributes:
        id: opaque id; a later report with the same id updates it, both remain in the record.
        term: what happened, one of `TERMS` or `OTHER`, which `note` then explains; it is kept readable to be counted.
        grade: 1 to 5, see `GRADES`.
        serious: why it is serious by the usual regulatory criteria; empty where it is not. Severe is not serious.
        started_at: when it began.
        related: the clinician's judgement of the relation to the drug.
        action: what was done with the dose.
        outcome: how it stands.
        note: free text, sealed.
    """

    id: str
    term: Annotated[str, Field(pattern=r"^[a-z][a-z0-9 -]{1,59}$")]
    grade: Annotated[Count, Field(ge=1, le=5)]
    serious: tuple[Seriousness, ...] = ()
    started_at: Moment
    related: Literal["unrelated", "unlikely", "possible", "probable", "definite"] | None = None
    action: Literal["none", "slowed", "paused", "stopped", "after_the_dose"] = "none"
    outcome: Outcome = "ongoing"
    note: Sensitive = ""

    @model_validator(mode="after")
    def _check(self) -> Self:
        needed = {4: "danger_to_life", 5: "death"}.get(self.grade)
        if needed is not None and needed not in self.serious:
            raise Refusal(
                f"an adverse event of grade {self.grade} is not marked {needed}",
                code="adverse-event.seriousness",
                remedy=f"Add {needed} to serious, or correct the grade",
                where=self.id,
            )
        if (self.grade == 5) != (self.outcome == "fatal"):
            raise Refusal(
                f"grade {self.grade} and the outcome {self.outcome} contradict each other",
                code="adverse-event.outcome",
                remedy="Grade 5 and the outcome fatal belong together",
                where=self.id,
            )
        return self

    @property
    def settled(self) -> bool:
        """Return whether it is over."""
        return self.outcome in SETTLED
