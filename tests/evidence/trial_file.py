"""A small valid trials file, and what tests read from changed copies of it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from ataraxy.evidence.trial import Trial
from ataraxy.evidence.trials import TrialEvidence, load_trials


def entry(**changes: Any) -> dict[str, Any]:
    """One entry with an arm of ketamine and one of midazolam; a change to None removes a field."""
    whole: dict[str, Any] = {
        "id": "one_2030",
        "entry_type": "trial",
        "citation": "One A et al. 2030",
        "url": "https://example.org/one",
        "url_status": "exact",
        "design": "double-blind randomised",
        "population": "adults with PTSD",
        "indication": ["PTSD"],
        "n": 40,
        "arms": [
            {
                "id": "ket",
                "drug": "ketamine",
                "route": "IV",
                "dose": 0.5,
                "unit": "mg/kg",
                "duration_min": 40,
                "schedule_days": [0, 2, 4],
                "n": 20,
            },
            {"id": "mid", "drug": "midazolam", "route": "IV", "dose": 0.045, "unit": "mg/kg", "n": 20},
        ],
        "outcomes": [outcome()],
        "responders": [
            {
                "arm": "ket",
                "instrument": "CAPS-5",
                "definition": ">=30% reduction at week 2",
                "pct": 60,
                "N": 20,
            }
        ],
        "safety": [{"measure": "SBP_mmHg", "arm": "ket", "kind": "peak_change", "time_min": 40, "mean": 12}],
        "durability": [{"arm": "ket", "measure": "median days to loss of response", "value_d": 20}],
        "dropouts": [{"stage": "completed", "ket": 18}],
        "use": "calibrate",
    }
    whole.update(changes)
    return {key: value for key, value in whole.items() if value is not None}


def outcome(**changes: Any) -> dict[str, Any]:
    """One outcome that is usable; a change to None removes a field."""
    row: dict[str, Any] = {
        "instrument": "CAPS-5",
        "arm": "ket",
        "time_d": 14,
        "time_ref": "from baseline",
        "kind": "change",
        "mean": -12.0,
        "sd": 9.0,
    }
    row.update(changes)
    return {key: value for key, value in row.items() if value is not None}


def load(folder: Path, *entries: Any) -> tuple[Trial, ...]:
    """The entries after they went through a file."""
    path = folder / "trials.yaml"
    path.write_text(yaml.safe_dump(list(entries), sort_keys=False), encoding="utf-8")
    return load_trials(path).trials


def load_one(folder: Path, **changes: Any) -> Trial:
    """The entry with some fields changed, after it went through a file."""
    return load(folder, entry(**changes))[0]


@cache
def shipped() -> TrialEvidence:
    """The trials that ship with the package, read once."""
    return load_trials()
