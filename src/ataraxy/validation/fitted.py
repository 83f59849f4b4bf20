"""Which reported results the shipped ensemble was fitted to: their agreement is misfit of a fit, and no prediction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ataraxy.calibration.page import shipped_calibration
from ataraxy.validation.effect_row import EffectRow

_NEAR = 1e-6


def marked(rows: Iterable[EffectRow]) -> tuple[EffectRow, ...]:
    """The rows, with `EffectRow.fitted` where the same number of the same study was fitted.

    A row of another file that has the same place, scale and number as a fitted one counts as fitted too.
    """
    fitted: dict[tuple[str, str, int, str, str], list[float]] = {}
    for target in shipped_calibration()["targets"]:
        key = (target["study"], target["section"], target["row"], target["scale"], target["kind"])
        fitted.setdefault(key, []).append(target["observed"])

    def is_fitted(row: EffectRow) -> bool:
        seen = row.observed
        if isinstance(seen, tuple):
            seen = (seen[0] + seen[1]) / 2.0
        if row.predicted is None or not isinstance(seen, float | int):
            return False
        numbers = fitted.get((row.trial, row.section, row.row, row.name, row.kind), ())
        return any(abs(number - seen) < _NEAR for number in numbers)

    return tuple(replace(row, fitted=True) if is_fitted(row) else row for row in rows)
