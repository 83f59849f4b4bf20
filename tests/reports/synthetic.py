"""A small result and a small comparison, made by hand, for what only has to be laid out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ataraxy.pharmacology.exposure import (
    AnalyteExposure,
    Band,
    Endpoint,
    Interval,
    SessionExposure,
    SimulationResult,
)
from ataraxy.provenance import Provenance
from ataraxy.therapy.administration import Administration
from ataraxy.therapy.amount import Dose
from ataraxy.therapy.calendar import Calendar
from ataraxy.therapy.drug import Basis, Drug
from ataraxy.therapy.protocol import Protocol, Source
from ataraxy.therapy.route import Route
from ataraxy.validation.kinetics import KineticValidation, StudyScore, ValidationRow, summarise_rows

ANALYTES = ("S-ketamine", "S-norketamine", "R-ketamine", "R-norketamine", "ketamine", "norketamine")
PROVENANCE = Provenance(
    ataraxy_version="0.1.0",
    python_version="3.11.7",
    platform="Linux 6 x86_64",
    packages=(("llvmlite", "0.50.0"), ("numpy", "2.4.6"), ("scipy", "1.17.1")),
    model_name="otto-2021",
    model_hash="ab" * 32,
    data_hash="cd" * 32,
    seed=7,
    solver="auto",
    rtol=1e-6,
    command="ataraxy simulate <protocol>.yaml",
    time_utc="2026-11-22T09:30:00Z",
)


def protocol(days: tuple[float, ...] = (0.0, 2.0, 7.0), **changes: Any) -> Protocol:
    return Protocol(
        **{
            "name": "made-up",
            "title": "Made-up infusions",
            "drug": Drug.RACEMIC_KETAMINE,
            "basis": Basis.BASE,
            "administrations": (
                Administration(
                    route=Route.IV_INFUSION, doses=(Dose(amount=0.5, per="mg/kg"),), duration_h=40 / 60
                ),
            ),
            "calendar": Calendar(days=days),
            "source": Source(
                citation="Nobody 2020, doi 10.1000/made.up", url="https://example.org/a", url_status="exact"
            ),
        }
        | changes
    )


def endpoint(at: float, *, drawn: bool = True) -> Endpoint:
    return Endpoint(
        at, Interval(at * 0.612345, at * 1.51234), Interval(at * 0.91111, at * 1.12345) if drawn else None
    )


def result(
    given: Protocol | None = None, analytes: tuple[str, ...] = ANALYTES, *, drawn: bool = True, **changes: Any
) -> SimulationResult:
    given = given or protocol()
    starts = [s.time_h for s in given.sessions]
    times = np.unique(np.concatenate([np.linspace(s, s + 46.0, 60) for s in starts]))
    since = np.array([t - max(s for s in starts if s <= t) for t in times])
    bands = {}
    sessions = []
    for k, name in enumerate(analytes):
        curve = (1.0 + k) * 50.0 * since * np.exp(-since / (1.0 + k))
        bands[name] = Band(times, np.outer([0.5, 0.8, 1.0, 1.25, 2.0], curve), 1 / 64)
    for number, start in enumerate(starts, 1):
        exposures = [
            AnalyteExposure(
                name,
                "venous",
                endpoint(123.456789 * (k + 1) * number, drawn=drawn),
                endpoint(0.6666666 * (k + 1), drawn=drawn),
                endpoint(1234.56789 * (k + 1) * number, drawn=drawn),
                endpoint(7.77777 / (k + 1), drawn=drawn),
            )
            for k, name in enumerate(analytes)
        ]
        sessions.append(SessionExposure(number, start, 24.0, tuple(exposures)))
    made = SimulationResult(
        protocol=given,
        model="otto-2021",
        model_title="made up for a test",
        site="venous",
        people=2,
        uncertainty_draws=40 if drawn else 0,
        sessions=tuple(sessions),
        bands=bands,
        outside_studied_range=("2 of 2 people are older than the oldest studied", "the dose is <b>high</b>"),
        assumptions=("the moon is assumed to be round",),
        gaps=("a gap is left open",),
        per_person={
            "person": np.array([0, 0, 1, 1]),
            "id": np.array(["a", "a", "b", "b"]),
            "sex": np.array(["female", "female", "male", "male"]),
            "age_y": np.array([30.0, 30.0, 50.0, 50.0]),
            "weight_kg": np.array([60.0, 60.0, 80.0, 80.0]),
            "tmax_h": np.array([0.5, np.nan, 0.25, 1.0]),
        },
        provenance=PROVENANCE,
    )
    return replace(made, **changes)


def row(line: int, study: str, predicted: float | None, observed: float, **changes: Any) -> ValidationRow:
    fold = None if predicted is None else max(predicted / observed, observed / predicted)
    made = ValidationRow(
        row=line,
        study=study,
        analyte="ketamine",
        metric="Cmax",
        time_h=None,
        observed=observed,
        predicted=predicted,
        unit="ng/mL",
        group="",
        model="otto-2021",
        relation="independent",
        basis=("reported",),
        fold_error=fold,
        status="compared" if predicted is not None else "skipped",
        scored=predicted is not None,
        reason="" if predicted is not None else "no dose is given",
    )
    return replace(made, **changes)


ROWS = (
    row(2, "near-2001", 100.0, 90.0),
    row(3, "far-2002", 30.0, 100.0, flags=("weight assumed: 70 kg",)),
    row(4, "far-2002", 450.0, 100.0),
    row(5, "own-2003", 55.0, 50.0, relation="own_data"),
    row(6, "odd-2004", 150.0, 50.0, scored=False, reason="the number is suspect"),
    row(7, "lost-2005", None, 50.0, model=None),
    row(8, "near-2001", 1.2, 1.0, metric="Tmax", unit="h"),
    row(9, "near-2001", 20.0, 21.0, metric="CL", unit="mL/min/kg"),
    row(10, "near-2001", 3.0, 4.0, metric="oddity", unit="furlong"),
)


def validation(rows: tuple[ValidationRow, ...] = ROWS) -> KineticValidation:
    studies = [
        StudyScore(
            name,
            own[0].model,
            own[0].relation,
            sum(r.status == "compared" for r in own),
            sum(r.status == "skipped" for r in own),
            summarise_rows(own),
            (),
        )
        for name in dict.fromkeys(r.study for r in rows)
        for own in [[r for r in rows if r.study == name]]
    ]
    return KineticValidation(
        "auto", rows, tuple(studies), (), (), (("otto-2021", "ab" * 32),), replace(PROVENANCE, seed=None)
    )
