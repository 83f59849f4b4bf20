"""A drug that the person takes, apart from what this clinic gives."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ataraxy.therapy.fact import FactSource
from ataraxy.therapy.moment import Moment
from ataraxy.therapy.value import Number, Value

# A drug's name as somebody wrote it. Kept short and plain, so that it cannot turn into free text.
DrugName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9 ()/+.,'%-]{0,119}$")]


class Medication(Value):
    """A drug that is taken.

    Attributes:
        id: opaque.
        drug: name as written; the rules' own table knows which substance and class it is.
        daily_dose, unit: per day, None where not known.
        since, until: when it was taken; `until` is None while it goes on.
        classes: which classes it belongs to, said by a prescriber where the table does not know the drug; None where
            nobody has said it. An empty tuple says: none that the rules ask about.
        classes_by: who said so.
        source: who named the drug.
    """

    id: str
    drug: DrugName
    daily_dose: Annotated[Number, Field(gt=0)] | None = None
    unit: str = ""
    since: Moment | None = None
    until: Moment | None = None
    classes: tuple[str, ...] | None = None
    classes_by: str = ""
    source: FactSource = FactSource.PATIENT
