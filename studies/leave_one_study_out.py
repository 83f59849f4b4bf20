"""Leave one study out: every numeric outcome about symptoms, predicted without the study that reported it.

Run by ``make study``, or ``python studies/leave_one_study_out.py``. Writes ``leave_one_study_out.csv`` beside this file
and the tables of ``docs/leave-one-study-out.md``.

The calibration is made once with all studies. For each study its part of the weights is taken away; where fewer than
``LEAST`` draws then count, the calibration is made anew without it. Trials that a meta-analysis of the targets may hold
leave together with it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from ataraxy.calibration.calibrate import calibrate
from ataraxy.calibration.courses import Courses
from ataraxy.evidence.trials import load_trials
from ataraxy.validation.left_out import LeftOutRow, from_csv, predict_left_out, rewritten, to_csv

SEED: Final = 1
LEAST: Final = 60.0
# Hartland 2023 pools trials of this kind; which ones was not visible.
POOLED_WITH: Final = {"taylor_2018": ("hartland_2023",), "feder_2021": ("hartland_2023",)}
HERE: Final = Path(__file__).parent


def main() -> None:
    """Writes the table and the page."""
    trials = load_trials()
    courses = Courses(seed=SEED)
    whole = calibrate(trials, seed=SEED, courses=courses)
    rows: list[LeftOutRow] = []
    for trial in trials.admitted():
        left = (trial.id, *POOLED_WITH.get(trial.id, ()))
        fitted = trial.id in whole.studies
        weighted, size, refitted = whole.weighted, whole.effective_size, False
        ensemble = whole.ensemble()
        if fitted:
            weighted = whole.without(left)
            size = weighted.effective_size
            ensemble = whole.ensemble(weighted)
            if size < LEAST:
                anew = calibrate(trials, seed=SEED, without=left, courses=courses)
                ensemble, size, refitted = anew.ensemble(), anew.effective_size, True
        found = predict_left_out(
            trial, ensemble, fitted=fitted, effective_size=size, refitted=refitted, seed=SEED
        )
        if found:
            sys.stdout.write(
                f"{trial.id}: {len(found)} results, {size:.0f} draws{' anew' if refitted else ''}\n"
            )
            sys.stdout.flush()
        rows += found
    text = to_csv(rows)
    (HERE / "leave_one_study_out.csv").write_text(text, encoding="utf-8")
    page = HERE.parent / "docs" / "leave-one-study-out.md"
    page.write_text(rewritten(page.read_text(encoding="utf-8"), from_csv(text)), encoding="utf-8")


if __name__ == "__main__":
    main()
