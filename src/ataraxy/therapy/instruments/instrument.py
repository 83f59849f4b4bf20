"""One rating scale: its items, how they add up, and what its totals mean, every threshold with its source."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, StrictBool, model_validator

from ataraxy.therapy.evidence_grade import EvidenceGrade
from ataraxy.therapy.value import Count, Number, Value, refuse


class Reproduction(StrEnum):
    """Whether the text of the items may be shown.

    `FREE`: public domain. `WITH_NOTICE`: free with the copyright notice. `TOTAL_ONLY`: no text ships; a site that has a
    licence uses its own forms and records the total, or the answers by number.
    """

    FREE = "free"
    WITH_NOTICE = "with_notice"
    TOTAL_ONLY = "total_only"


class Sourced(Value):
    """A number of a scale with who says so.

    Attributes:
        value: the number.
        source: citation.
        grade: strength of the source.
        note: what the source leaves open.
    """

    value: Number
    source: Annotated[str, Field(min_length=1)]
    grade: EvidenceGrade
    note: str = ""


class Item(Value):
    """One item.

    Attributes:
        number: from 1.
        text: as printed; empty where it may not be reproduced.
        reverse: whether the answer is turned around before it is added.
    """

    number: Annotated[Count, Field(ge=1)]
    text: str = ""
    reverse: StrictBool = False


class Band(Value):
    """A named range of totals.

    Attributes:
        low, high: both ends belong to it.
        name: such as ``moderate``.
    """

    low: Number
    high: Number
    name: Annotated[str, Field(min_length=1)]


class CutOff(Value):
    """A published cut-off: from this total on, or above it.

    Attributes:
        at_least: total from which on it applies.
        means: what for, such as probable PTSD.
        source, grade: who says so.
    """

    at_least: Number
    means: str
    source: Annotated[str, Field(min_length=1)]
    grade: EvidenceGrade


class MissingItems(Value):
    """What happens where items were left out.

    Attributes:
        most: how many may be missing.
        fill: `mean` fills them with the mean of the answered ones; `refuse` gives no total.
        source: who says so.
    """

    most: Annotated[Count, Field(ge=0)]
    fill: Literal["mean", "refuse"]
    source: Annotated[str, Field(min_length=1)]


class ItemFlag(Value):
    """An answer that somebody must see, whatever the total.

    Attributes:
        id: such as ``suicidality``.
        item: number of the item.
        at_least: answer from which on it is raised.
        means: in words.
    """

    id: Annotated[str, Field(pattern=r"^[a-z]+(-[a-z]+)*$")]
    item: Annotated[Count, Field(ge=1)]
    at_least: Annotated[Count, Field(ge=1)]
    means: str


class Instrument(Value):
    """A rating scale. More points are worse, unless `higher_is` says otherwise.

    Attributes:
        id: such as ``GAD-7``.
        version: of this definition; answers to another version are refused.
        title: full name.
        measures: what it measures.
        rated_by: the person, or a clinician.
        window: which time it asks about.
        items: in their order; empty where only the total is recorded.
        item_low, item_high: answers of every item.
        answers: what the answers mean, from low to high; empty where they may not be reproduced.
        low, high: range of the total.
        missing: rule for missing items.
        bands: named ranges, which cover the range without gap or overlap; empty where none is published.
        cut_offs: published ones.
        important: smallest change that matters.
        reliable: change beyond the noise of measurement.
        response: share of the baseline that must be lost.
        remission: highest total of a person who is well.
        worsening: rise that somebody must see.
        flags: answers that somebody must see.
        higher_is: whether more points are worse or better.
        reproduction: whether the text may be shown.
        licence: in words.
        notice: what must stand beside the text.
        source: who defined items and range.
        note: remarks, such as what is not verified.
    """

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9/-]*$", max_length=20)]
    version: Annotated[Count, Field(ge=1)]
    title: str
    measures: Literal["anxiety", "trauma", "depression", "dissociation", "sedation", "suicidality"]
    rated_by: Literal["self", "clinician"]
    window: str = ""
    items: tuple[Item, ...] = ()
    item_low: Count = 0
    item_high: Count = 0
    answers: tuple[str, ...] = ()
    low: Number
    high: Number
    missing: MissingItems | None = None
    bands: tuple[Band, ...] = ()
    bands_source: str = ""
    cut_offs: tuple[CutOff, ...] = ()
    important: Sourced | None = None
    reliable: Sourced | None = None
    response: Sourced | None = None
    remission: Sourced | None = None
    worsening: Sourced | None = None
    flags: tuple[ItemFlag, ...] = ()
    higher_is: Literal["worse", "better"] = "worse"
    reproduction: Reproduction
    licence: Annotated[str, Field(min_length=1)]
    notice: str = ""
    source: Annotated[str, Field(min_length=1)]
    note: str = ""

    @model_validator(mode="after")
    def _check(self) -> Self:
        self._check_items()
        self._check_bands()
        if self.low >= self.high:
            raise refuse(
                f"the range is {self.low:g} to {self.high:g}",
                code="instrument.range",
                remedy="Give a lowest below the highest total",
                field="high",
            )
        for flag in self.flags:
            if flag.item > len(self.items) or not self.item_low < flag.at_least <= self.item_high:
                raise refuse(
                    f"the flag {flag.id} names item {flag.item} from {flag.at_least}",
                    code="instrument.flag",
                    remedy="Name an item and an answer above the lowest",
                    field="flags",
                )
        for name in ("important", "reliable", "worsening"):
            number: Sourced | None = getattr(self, name)
            if number is not None and not 0 < number.value <= self.high - self.low:
                raise refuse(
                    f"{name} is {number.value:g}",
                    code="instrument.threshold",
                    remedy="Give points within the range",
                    field=name,
                )
        if self.response is not None and not 0 < self.response.value < 1:
            raise refuse(
                f"response is {self.response.value:g}",
                code="instrument.threshold",
                remedy="Give a share between 0 and 1",
                field="response",
            )
        return self

    def _check_items(self) -> None:
        if [item.number for item in self.items] != list(range(1, len(self.items) + 1)):
            raise refuse(
                "the items are not numbered 1, 2, 3",
                code="instrument.items",
                remedy="Number them in their order",
                field="items",
            )
        if self.reproduction is Reproduction.TOTAL_ONLY and (
            any(item.text for item in self.items) or self.answers
        ):
            raise refuse(
                "the text may not be reproduced and stands there",
                code="instrument.licence",
                remedy="Remove the texts",
                field="items",
            )
        if self.reproduction is Reproduction.WITH_NOTICE and not self.notice.strip():
            raise refuse(
                "the notice is missing that must stand beside the text",
                code="instrument.licence",
                remedy="Copy it from the form",
                field="notice",
            )
        if not self.items:
            return
        if self.answers and len(self.answers) != self.item_high - self.item_low + 1:
            raise refuse(
                f"{len(self.answers)} answers for {self.item_low} to {self.item_high}",
                code="instrument.answers",
                remedy="Give one for each number",
                field="answers",
            )
        lowest, highest = len(self.items) * self.item_low, len(self.items) * self.item_high
        if (self.low, self.high) != (lowest, highest):
            raise refuse(
                f"the items add up to {lowest} to {highest} and the range is {self.low:g} to {self.high:g}",
                code="instrument.range",
                remedy="Correct items or range",
                field="high",
            )

    def _check_bands(self) -> None:
        if not self.bands:
            return
        if not self.bands_source:
            raise refuse(
                "the bands have no source",
                code="instrument.bands",
                remedy="Say who says so",
                field="bands_source",
            )
        ends = [self.low - 1, *(band.high for band in self.bands)]
        if [band.low for band in self.bands] != [end + 1 for end in ends[:-1]] or ends[-1] != self.high:
            raise refuse(
                "the bands leave a gap or overlap",
                code="instrument.bands",
                remedy=f"Cover {self.low:g} to {self.high:g}",
                field="bands",
            )
