"""Which substance a drug's name means, and which classes it belongs to, as far as the rules ask for them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Annotated, Self

from pydantic import Field, model_validator

from ataraxy.therapy.evidence_grade import EvidenceGrade
from ataraxy.therapy.value import Number, Value, refuse

ClassName = Annotated[str, Field(pattern=r"^[a-z0-9]+(_[a-z0-9]+)*$", max_length=40)]

# Words of a product's name that are no part of the substance's.
_NOT_THE_DRUG = frozenset(
    re.findall(
        r"[a-z]+",
        "mg mcg ug g ml l mmol meq unt actuat hr oral tablet tablets capsule capsules extended release "
        "delayed prolonged modified immediate solution injection injectable injector suspension film "
        "coated disintegrating sublingual transdermal patch system spray nasal inhaler inhalation "
        "metered dose topical cream ointment pack pen prefilled syringe powder chewable er xr sr xl cr "
        "ir mr odt dr hydrochloride hcl hydrobromide hbr oxalate maleate mesylate succinate tartrate "
        "citrate sulfate sulphate fumarate besylate sodium potassium calcium acetate phosphate "
        "bitartrate hydroxide day week once daily per in of and the a for",
    )
)
_WORD = re.compile(r"[a-z][a-z'-]*[a-z]|[a-z]")


class DrugEntry(Value):
    """One substance.

    Attributes:
        name: international non-proprietary name, in small letters.
        also: other names: brands, other spellings.
        classes: that rules ask for; empty where none of them applies.
        adequate_dose, unit: lowest daily dose of an adequate trial; None where the drug is not such a treatment.
        source, grade: of the dose.
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z -]*$")]
    also: tuple[str, ...] = ()
    classes: tuple[ClassName, ...] = ()
    adequate_dose: Annotated[Number, Field(gt=0)] | None = None
    unit: str = ""
    source: str = ""
    grade: EvidenceGrade | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.adequate_dose is not None and not (self.unit and self.source and self.grade):
            raise refuse(
                f"the adequate dose of {self.name} has no unit, source or grade",
                code="rules.dose-source",
                remedy='Give all three; where no source says it, "grade: assumed" or "grade: site"',
                field="adequate_dose",
            )
        return self


class DrugTable(Value):
    """All substances that the rules know.

    Attributes:
        drugs: the substances.
        source: where the classes come from.
    """

    drugs: tuple[DrugEntry, ...]
    source: str

    @model_validator(mode="after")
    def _check(self) -> Self:
        seen: dict[str, str] = {}
        for i, drug in enumerate(self.drugs):
            for name in (drug.name, *drug.also):
                key = " ".join(_words(name))
                if key in seen and seen[key] != drug.name:
                    raise refuse(
                        f'"{name}" is a name of both {seen[key]} and {drug.name}',
                        code="rules.drug-twice",
                        remedy="Keep it with one of them",
                        field=f"drugs.{i}",
                    )
                seen[key] = drug.name
        return self

    @cached_property
    def _by_name(self) -> Mapping[str, DrugEntry]:
        return MappingProxyType(
            {" ".join(_words(name)): drug for drug in self.drugs for name in (drug.name, *drug.also)}
        )

    @property
    def classes(self) -> frozenset[str]:
        """Return all classes of the table."""
        return frozenset(name for drug in self.drugs for name in drug.classes)

    def found(self, written: str) -> tuple[tuple[DrugEntry, ...], tuple[str, ...]]:
        """Return the substances in a name as written, and the words that are none.

        Strengths, forms, release and salts are passed over: ``Sertraline 50 MG Oral Tablet`` is sertraline, and
        ``olanzapine and fluoxetine`` is both. A word is compared as a whole; nothing is guessed.
        """
        words = _words(written)
        whole = self._by_name.get(" ".join(words))
        if whole is not None:
            return (whole,), ()
        found: dict[str, DrugEntry] = {}
        left: list[str] = []
        i = 0
        while i < len(words):
            for length in (3, 2, 1):
                entry = self._by_name.get(" ".join(words[i : i + length]))
                if entry is not None and i + length <= len(words):
                    found[entry.name] = entry
                    i += length
                    break
            else:
                if words[i] not in _NOT_THE_DRUG:
                    left.append(words[i])
                i += 1
        return tuple(found.values()), tuple(left)


def _words(text: str) -> list[str]:
    return [word for word in _WORD.findall(text.lower()) if word not in _NOT_THE_DRUG]
