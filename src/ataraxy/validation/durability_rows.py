"""How long responses lasted beside how long they last in virtual arms."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ataraxy.errors import AtaraxyError
from ataraxy.evidence.durability import Durability
from ataraxy.evidence.fields import Number
from ataraxy.evidence.trial import Trial
from ataraxy.pharmacology.symptoms import get_indication
from ataraxy.trials.circumstances import indications_of
from ataraxy.trials.interval import Interval
from ataraxy.trials.time_to_loss import AFTER_DAYS, times_to_loss
from ataraxy.trials.virtual_arm import simulate_arm
from ataraxy.validation.arm_pool import ArmPool
from ataraxy.validation.effect_row import EffectRow, against_number, printed_arm


def durability_rows(trial: Trial, row: Durability, pool: ArmPool) -> Iterator[EffectRow]:
    """Every result in a usable row; never none."""
    arms = row.comparison.arms
    found = indications_of(trial)
    if "depress" in row.measure.lower() and "TRD" in found:
        found = ("TRD",)
    problem = "" if arms and found else "no arm, or no model of these people"
    losses, people, flags = [], None, tuple(row.flags)
    if not problem:
        arm = arms[0]
        scale = get_indication(found[0]).main.instrument.name
        times = [arm.sessions_h[-1] + 24.0 * day for day in AFTER_DAYS]
        try:
            simulated = simulate_arm(
                trial, arm, pool.clinic, instruments=(scale,), times_h=times, world=pool.world,
                people=pool.size(trial, arm, row.comparison.group),
            )  # fmt: skip
            if scale in simulated.missing:
                problem = simulated.missing[scale]
            else:
                losses = times_to_loss(simulated.scores[scale], pool.clinic, arm.sessions_h[-1])
                people = simulated.people
                flags = (*flags, *simulated.flags, f"response on {scale}, from a day after the last session")
        except AtaraxyError as error:
            problem = f"the models refused: {error}"
    for day, value in row.points:
        interval = None
        reason = problem
        if not reason and row.kind == "median_days":
            # infinite times are longer than a year
            medians = [np.median(np.minimum(d, 365.0)) for d in losses if len(d)]
            interval = Interval.of(medians)
        elif not reason and row.kind == "share_kept":
            interval = Interval.of([100.0 * np.mean(d > day) for d in losses if len(d)])
        elif not reason:
            reason = "a share until an unstated day"
        if interval is None and not reason:
            reason = "nobody responded"
        observed = day if row.kind == "median_days" else value
        status = "skipped" if interval is None else against_number(interval, Number(observed, observed))
        yield EffectRow(
            trial=trial.id,
            arm=printed_arm(row),
            name=row.measure,
            is_measure=True,
            time_h=None
            if row.kind == "median_days"
            else (arms[0].sessions_h[-1] if arms else 0.0) + 24.0 * day,
            kind=row.kind,
            observed=observed,
            unit="days" if row.kind == "median_days" else "%",
            predicted=interval,
            status=status,
            reason=reason,
            people=people,
            section=row.origin.section,
            row=row.origin.index,
            use=trial.use,
            flags=tuple(dict.fromkeys(flags)),
        )
