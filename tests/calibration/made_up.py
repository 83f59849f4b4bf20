"""Files of trials that were made up."""

from __future__ import annotations

from pathlib import Path

ONE_TRIAL = """\
- id: {id}
  entry_type: trial
  citation: made up
  url: https://example.org
  url_status: exact
  design: double-blind randomised placebo-controlled
  population: adults
  indication:
  - GAD
  n: 200
  use: {use}
  arms:
  - {{id: ket, drug: ketamine, route: IV, dose: 0.5, unit: mg/kg, duration_min: 40, schedule_days: [0], n: 100}}
  - {{id: saline, drug: saline placebo, route: IV, dose: 0, unit: mg/kg, duration_min: 40, schedule_days: [0], n: 100}}
  outcomes:
  - {{instrument: HAM-A, arm: ket vs saline, time_h: 24, time_ref: first dose, kind: difference, mean: -6.0, se: 0.3}}
{more}"""
MORE = "  - {instrument: HAM-A, arm: saline, time_d: 56, time_ref: first dose, kind: change, mean: -9.0, se: 0.3}\n"


def write_trials(folder: Path, *entries: tuple[str, str, str]) -> Path:
    """A file of trials: (id, use, more outcomes) for each."""
    file = folder / "trials.yaml"
    file.write_text("".join(ONE_TRIAL.format(id=i, use=use, more=more) for i, use, more in entries))
    return file
