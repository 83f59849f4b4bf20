"""The ensemble that ships, its document and its page."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import jsonschema
import numpy as np

from ataraxy.calibration.calibrate import DRAWS, ENSEMBLE, ROUNDS
from ataraxy.calibration.fitted import ENSEMBLE_COLUMNS
from ataraxy.calibration.page import rewritten, shipped_calibration
from ataraxy.calibration.pooled import with_pooled
from ataraxy.calibration.targets import read_targets
from ataraxy.evidence.trials import load_trials
from ataraxy.trials.uncertainty import shipped_ensemble

ROOT = Path(__file__).parents[2]


def test_the_ensemble_has_every_fitted_parameter_and_the_size_of_the_command() -> None:
    ensemble = shipped_ensemble()
    assert tuple(ensemble.columns) == ENSEMBLE_COLUMNS
    assert len(ensemble) == ENSEMBLE


def test_the_document_is_of_the_default_command_and_of_the_shipped_evidence() -> None:
    """If the evidence changed: run `ataraxy calibrate` and put its files into src/ataraxy/calibration/data."""
    document = shipped_calibration()
    made = document["provenance"]
    assert made["command"] == f"ataraxy calibrate --seed 1 --draws {DRAWS} --rounds {ROUNDS}"
    assert made["data_sha256"] == load_trials().sha256
    first = files("ataraxy").joinpath("calibration", "data", "ensemble.csv").read_text().splitlines()[:2]
    assert made["command"] in first[0]
    assert made["data_sha256"] in first[1]


def test_the_document_fits_its_schema_and_names_every_target_of_the_evidence() -> None:
    document = shipped_calibration()
    schema = files("ataraxy").joinpath("calibration", "schemas", "calibration-1.json").read_text()
    jsonschema.validate(document, json.loads(schema))
    targets = with_pooled(read_targets(load_trials())).targets
    assert [(t["study"], t["row"], t["observed"]) for t in document["targets"]] == [
        (t.study, t.row, t.observed) for t in targets
    ]


def test_the_shifts_of_the_document_are_those_of_the_ensemble() -> None:
    ensemble = shipped_ensemble()
    for shift in shipped_calibration()["parameters"]:
        if shift["parameter"] in ("w_P", "w_A", "ks", "trial_sd_anxiety", "PTSD, CAPS-5: placebo"):
            column = ensemble.columns[shift["parameter"]]
            assert abs(column.mean() - shift["mean"]) < 0.1
            assert abs(column.std() - shift["sd"]) < 0.1
    assert np.corrcoef(ensemble.columns["w_P"], ensemble.columns["expectancy_anxiety"])[0, 1] < 0.0


def test_the_page_is_that_of_the_document() -> None:
    page = (ROOT / "docs" / "calibration.md").read_text(encoding="utf-8")
    assert rewritten(page) == page
    assert "86 numbers of 28 studies" in page
