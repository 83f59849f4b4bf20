"""Cutting a course into sessions."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from ataraxy.exchange.protocol_file import load_protocol, shipped_protocols
from ataraxy.pharmacology.windows import COARSE_GRID, FINE_GRID, Grid, cut_into_windows


@pytest.mark.parametrize("name", shipped_protocols())
@pytest.mark.parametrize("grid", [FINE_GRID, COARSE_GRID])
def test_windows_follow_each_other_and_hold_every_dose(name: str, grid: Grid) -> None:
    protocol = load_protocol(name)
    windows = cut_into_windows(protocol, grid)
    assert windows[0].start_h == protocol.sessions[0].time_h
    for before, after in pairwise(windows):
        assert before.end_h == after.start_h
    held = [d for w in windows for d in w.doses]
    assert sorted(held, key=lambda d: d.time_h) == sorted(protocol.planned_doses(), key=lambda d: d.time_h)
    for w in windows:
        assert w.times_h[0] == w.start_h
        assert w.times_h[-1] == w.end_h
        assert np.all(np.diff(w.times_h) > 0.0)
        for dose in w.doses:
            for moment in (dose.time_h, dose.end_h):
                assert np.abs(w.times_h - moment).min() < 1e-7
        assert w.exposure_h <= 24.0
        assert np.abs(w.times_h - (w.start_h + w.exposure_h)).min() < 1e-7


def test_the_first_hours_are_seen_every_minute() -> None:
    window = cut_into_windows(load_protocol("ketamine-iv-05-once"))[0]
    first = window.times_h[window.times_h <= 3.0]
    assert np.diff(first).max() < 1.0 / 60.0 + 1e-9
