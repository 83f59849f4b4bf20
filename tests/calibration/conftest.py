"""One small calibration that the tests share: a file of trials of its own, few draws, few solved courses."""

from __future__ import annotations

import pytest
from tests.calibration.made_up import MORE, write_trials

from ataraxy.calibration.calibrate import Calibration, calibrate
from ataraxy.calibration.courses import Courses
from ataraxy.evidence.trials import load_trials


@pytest.fixture(scope="session")
def courses() -> Courses:
    return Courses(seed=1, sets=12, people=4)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory, courses: Courses) -> Calibration:
    file = write_trials(
        tmp_path_factory.mktemp("trials"), ("one", "calibrate", ""), ("two", "calibrate", MORE)
    )
    return calibrate(
        load_trials(file), draws=150, rounds=2, moves=3, moved_draws=100, ensemble_size=50, courses=courses
    )
