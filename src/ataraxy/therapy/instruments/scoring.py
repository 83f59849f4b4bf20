"""From answers to a total, its band and its flags; and from two totals to what changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ataraxy.errors import InputError
from ataraxy.therapy.instruments.instrument import Instrument
from ataraxy.therapy.moment import aware
from ataraxy.therapy.scale_score import ScaleScore
from ataraxy.therapy.value import Value


def score(
    instrument: Instrument,
    answers: Sequence[int | None],
    *,
    at: datetime,
    version: int | None = None,
    rater: str = "",
) -> ScaleScore:
    """Return the score of answers to all items in their order; None where an item was left out.

    Raises:
        InputError: ``score.version`` of another version; ``score.items`` there are no items, or another number of them;
            ``score.answer`` an answer is no whole number or out of range; ``score.missing`` too many were left out.
    """
    _check_version(instrument, version)
    if not instrument.items:
        raise InputError(
            f"the {instrument.id} is recorded by its total",
            code="score.items",
            remedy=f"Give the total, {instrument.low:g} to {instrument.high:g}",
            where=instrument.id,
        )
    if len(answers) != len(instrument.items):
        raise InputError(
            f"{len(answers)} answers were given and the {instrument.id} has {len(instrument.items)} items",
            code="score.items",
            remedy="Give one answer for each item, and nothing (null) where one was left out",
            where=instrument.id,
        )
    turned: list[int] = []
    for item, answer in zip(instrument.items, answers, strict=True):
        if answer is None:
            continue
        if isinstance(answer, bool) or not isinstance(answer, int):
            raise InputError(
                f"item {item.number} is answered with {answer!r}",
                code="score.answer",
                remedy=f"Give a whole number from {instrument.item_low} to {instrument.item_high}",
                where=instrument.id,
            )
        if not instrument.item_low <= answer <= instrument.item_high:
            raise InputError(
                f"item {item.number} is answered with {answer}",
                code="score.answer",
                remedy=f"Answers go from {instrument.item_low} to {instrument.item_high}",
                where=instrument.id,
            )
        turned.append(instrument.item_low + instrument.item_high - answer if item.reverse else answer)
    missing = len(instrument.items) - len(turned)
    total = _total(instrument, turned, missing)
    return ScaleScore(
        scale=instrument.id,
        version=instrument.version,
        total=total,
        at=aware(at),
        rater=rater,
        answers=tuple(answers),
        band=band_of(instrument, total),
        prorated=missing > 0,
        flags=tuple(
            flag.id
            for flag in instrument.flags
            if (given := answers[flag.item - 1]) is not None and given >= flag.at_least
        ),
    )


def total_only(
    instrument: Instrument,
    total: float,
    *,
    at: datetime,
    version: int | None = None,
    rater: str = "",
) -> ScaleScore:
    """Return the score of a total that was added up elsewhere; it raises no flag of an item.

    Raises:
        InputError: ``score.version``, or ``score.total`` the total is out of range.
    """
    _check_version(instrument, version)
    if isinstance(total, bool) or not instrument.low <= total <= instrument.high:
        raise InputError(
            f"the total is {total}",
            code="score.total",
            remedy=f"The {instrument.id} goes from {instrument.low:g} to {instrument.high:g}",
            where=instrument.id,
        )
    return ScaleScore(
        scale=instrument.id,
        version=instrument.version,
        total=float(total),
        at=aware(at),
        rater=rater,
        band=band_of(instrument, total),
    )


def band_of(instrument: Instrument, total: float) -> str:
    """Return the name of the band of a total, empty where the scale has none.

    A total between two whole numbers, as filled-in items can give, belongs to the band of the number below it.
    """
    return next((band.name for band in reversed(instrument.bands) if total >= band.low), "")


class Change(Value):
    """What changed between two scores of one scale.

    Attributes:
        points: later minus earlier.
        share: of the baseline that was lost; negative where it rose, None where the baseline is the lowest total.
        important: whether the improvement reaches the smallest that matters; None where no number is known.
        reliable: whether the change, either way, is beyond the noise of measurement; None where no number is known.
        response, remission: by the rules of the scale; None where it has none.
        worse: whether the scale got worse by what somebody must see; None where no number is known.
    """

    points: float
    share: float | None
    important: bool | None
    reliable: bool | None
    response: bool | None
    remission: bool | None
    worse: bool | None


def change(instrument: Instrument, before: ScaleScore, after: ScaleScore) -> Change:
    """Return what changed between two scores.

    Raises:
        InputError: ``score.scale`` the scores are of another scale, ``score.version`` or of another version.
    """
    for one in (before, after):
        if one.scale != instrument.id:
            raise InputError(
                f"a score of the {one.scale} is compared as one of the {instrument.id}",
                code="score.scale",
                remedy="Compare scores of one scale",
                where=instrument.id,
            )
        _check_version(instrument, one.version)
    points = after.total - before.total
    worse_by = points if instrument.higher_is == "worse" else -points
    span = (
        before.total - instrument.low if instrument.higher_is == "worse" else instrument.high - before.total
    )
    share = None if span == 0 else -worse_by / span
    well = instrument.remission
    return Change(
        points=points,
        share=share,
        important=None if instrument.important is None else -worse_by >= instrument.important.value,
        reliable=None if instrument.reliable is None else abs(points) >= instrument.reliable.value,
        response=None
        if instrument.response is None
        else share is not None and share >= instrument.response.value,
        remission=None
        if well is None
        else (after.total <= well.value if instrument.higher_is == "worse" else after.total >= well.value),
        worse=None if instrument.worsening is None else worse_by >= instrument.worsening.value,
    )


def flagged(instrument: Instrument, before: ScaleScore | None, after: ScaleScore) -> tuple[str, ...]:
    """Return everything about a score that somebody must see: flags of its items, and worsening since another score."""
    flags = list(after.flags)
    if before is not None and change(instrument, before, after).worse:
        flags.append("worsening")
    return tuple(flags)


def _total(instrument: Instrument, turned: list[int], missing: int) -> float:
    rule = instrument.missing
    if missing == 0:
        return float(sum(turned))
    if rule is None or missing > rule.most or rule.fill == "refuse" or not turned:
        most = 0 if rule is None or rule.fill == "refuse" else rule.most
        raise InputError(
            f"{missing} of {len(instrument.items)} items were left out",
            code="score.missing",
            remedy=f"At most {most} may be missing"
            if most
            else "Ask for all items; there is no rule that fills them in",
            where=instrument.id,
        )
    return sum(turned) / len(turned) * len(instrument.items)


def _check_version(instrument: Instrument, version: int | None) -> None:
    if version is not None and version != instrument.version:
        raise InputError(
            f"version {version} of the {instrument.id} is unknown",
            code="score.version",
            remedy=f"Known is version {instrument.version}",
            where=instrument.id,
        )
