"""Time to relief: when recorded scores first fulfil the instrument's rule, in hours from the first dose."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Literal

from ataraxy.therapy.exact import Exact
from ataraxy.therapy.moment import Moment, aware, hours_between
from ataraxy.therapy.value import Value

RecordedScore = tuple[str, Decimal | int | float, datetime]


class ReliefRule(Value):
    """When a score counts as relief.

    Attributes:
        instrument: its id.
        kind: ``percent_fall`` from baseline, ``points_fall`` from baseline, or ``at_most`` a score.
        value: percent or points.
        lower_is_better: whether a fall is an improvement.
    """

    instrument: str
    kind: Literal["percent_fall", "points_fall", "at_most"]
    value: Exact
    lower_is_better: bool = True

    def fulfilled(self, score: Decimal, baseline: Decimal) -> bool:
        """Return whether a score counts, given the one before the first dose."""
        sign = 1 if self.lower_is_better else -1
        if self.kind == "at_most":
            return sign * score <= sign * self.value
        fall = sign * (baseline - score)
        if self.kind == "points_fall":
            return fall >= self.value
        return baseline > 0 and fall * 100 >= self.value * baseline


class Relief(Value):
    """Time to relief as the record knows it: relief came after `after_h` and was seen at `hours`.

    Attributes:
        instrument: by which scale.
        status: ``relief``; ``not_yet`` by the last score; ``no_baseline``; ``no_scores`` after the first dose;
            ``not_needed`` where the score before the first dose fulfils the rule already.
        baseline: the last score before the first dose.
        hours: from the first dose to the first score that counts; None without relief.
        after_h: to the last score before that one, 0 where there is none; without relief, to the last score.
        seen_at: when.
    """

    instrument: str
    status: Literal["relief", "not_yet", "no_baseline", "no_scores", "not_needed"]
    baseline: Exact | None = None
    hours: Exact | None = None
    after_h: Exact | None = None
    seen_at: Moment | None = None


def time_to_relief(scores: Iterable[RecordedScore], first_dose_at: datetime, rule: ReliefRule) -> Relief:
    """Return when relief was first seen. Scores of other instruments are left out; their order does not matter.

    The baseline is the last score at or before the first dose. A score that counts once is relief, also where a later
    one does not count: loss of relief is another question.
    """
    start = aware(first_dose_at)
    mine = sorted(
        (
            (aware(at), Decimal(str(total)))
            for instrument, total, at in scores
            if instrument == rule.instrument
        ),
        key=lambda score: score[0],
    )
    before = [total for at, total in mine if at <= start]
    after = [(at, total) for at, total in mine if at > start]
    if not before:
        return Relief(instrument=rule.instrument, status="no_baseline")
    baseline = before[-1]
    if rule.kind == "at_most" and rule.fulfilled(baseline, baseline):
        return Relief(instrument=rule.instrument, status="not_needed", baseline=baseline)
    if not after:
        return Relief(instrument=rule.instrument, status="no_scores", baseline=baseline)
    last = Decimal(0)
    for at, total in after:
        hours = hours_between(start, at).quantize(Decimal("0.000001"))
        if rule.fulfilled(total, baseline):
            return Relief(
                instrument=rule.instrument,
                status="relief",
                baseline=baseline,
                hours=hours,
                after_h=last,
                seen_at=at,
            )
        last = hours
    return Relief(instrument=rule.instrument, status="not_yet", baseline=baseline, after_h=last)
