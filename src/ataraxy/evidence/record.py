"""Evidence in plain JSON values, for `ataraxy evidence --json` and for reports."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ataraxy.evidence.arm import Arm
from ataraxy.evidence.claim import Claim
from ataraxy.evidence.comparison import Comparison
from ataraxy.evidence.durability import Durability
from ataraxy.evidence.estimate import Estimate
from ataraxy.evidence.fields import Number
from ataraxy.evidence.outcome import Outcome
from ataraxy.evidence.pd_parameter import PdParameter
from ataraxy.evidence.responders import Responders
from ataraxy.evidence.row import Row
from ataraxy.evidence.safety import SafetyOutcome
from ataraxy.evidence.trial import Trial

SCHEMA = "ataraxy.evidence/1"


def trial_summary(trial: Trial) -> dict[str, Any]:
    """Return what a list shows of an entry."""
    return {
        "id": trial.id,
        "entry_type": trial.entry_type,
        "citation": trial.citation,
        "url": trial.url,
        "url_status": trial.url_status,
        "use": trial.use,
        "refused": trial.refused,
        "refusal": trial.refusal,
        "indications": list(trial.indications),
        "drugs": list(trial.drugs),
        "instruments": list(trial.instruments),
        "measures": list(trial.measures),
        "n": trial.n,
        "rows": len(trial.rows),
        "usable_rows": 0 if trial.refused else sum(row.usable for row in trial.rows),
    }


def trial_record(trial: Trial) -> dict[str, Any]:
    """Return everything that was read of an entry, with the reason of each row that cannot be used."""
    return {
        **trial_summary(trial),
        "doi": trial.doi,
        "pmid": trial.pmid,
        "registry": trial.registry,
        "seen": trial.seen,
        "design": trial.design,
        "population": trial.population,
        "why": trial.why,
        "caveats": trial.caveats,
        "setting": {
            "masking": trial.setting.masking,
            "randomised": trial.setting.randomised,
            "crossover": trial.setting.crossover,
            "veterans": trial.setting.veterans,
            "controls": [kind.value for kind in trial.setting.controls],
        },
        "flags": list(trial.flags),
        "arms": [arm_record(arm) for arm in trial.arms],
        "outcomes": [row_record(row) for row in trial.outcomes],
        "responders": [row_record(row) for row in trial.responders],
        "safety": [row_record(row) for row in trial.safety],
        "durability": [row_record(row) for row in trial.durability],
        "dropouts": [row_record(row) for row in trial.dropouts],
    }


def arm_record(arm: Arm) -> dict[str, Any]:
    """Return an arm."""
    return {
        "id": arm.id,
        "agent": arm.kind.value,
        "drug": arm.agent.text if arm.agent else "",
        "added": list(arm.agent.added) if arm.agent else [],
        "route": arm.route.value if arm.route else None,
        "dose": None if arm.dose is None else _number(arm.dose.mg),
        "dose_unit": None if arm.dose is None else "mg/kg" if arm.dose.per_kg else "mg",
        "duration_h": arm.duration_h,
        "first_day": arm.first_day,
        "sessions_h": list(arm.sessions_h),
        "sessions_stated": arm.sessions_stated,
        "n": arm.n,
        "comparator": arm.comparator,
        "status": "usable" if arm.usable else "unusable",
        "reason": "; ".join(arm.reasons),
        "flags": list(arm.flags),
        "by_hand": arm.by_hand,
    }


def row_record(row: Row) -> dict[str, Any]:
    """Return a row of any section, printed fields included."""
    common = {
        "section": row.origin.section,
        "index": row.origin.index,
        "line": row.origin.line,
        "status": row.status,
        "reason": row.reason,
        "flags": list(row.flags),
        "url": row.origin.url,
        "printed": plain(row.origin.fields),
    }
    if isinstance(row, Outcome):
        return common | {
            "instruments": [item.name for item in row.instruments],
            "standardised": row.standardised,
            **_comparison(row.comparison),
            "time_h": [_number(point) for point in row.times.points],
            "change_from_h": row.times.change_from_h,
            "kind": row.kind,
            "estimate": _estimate(row.estimate),
            "claims": [_claim(claim) for claim in row.claims],
        }
    if isinstance(row, Responders):
        rule = row.rule
        return common | {
            "instruments": [item.name for item in row.instruments],
            "rule": None
            if rule is None
            else {
                "kind": rule.kind,
                "sign": rule.sign,
                "value": rule.value,
                "baseline_from": rule.baseline_from,
                "loses_diagnosis": rule.loses_diagnosis,
            },
            **_comparison(row.comparison),
            "time_h": [_number(point) for point in row.times.points],
            "shares": [
                {"percent": _number(share.percent), "n": share.n, "N": share.total} for share in row.shares
            ],
        }
    if isinstance(row, SafetyOutcome):
        return common | {
            "measures": [{"name": m.name, "statistic": m.statistic, "unit": m.unit} for m in row.measures],
            **_comparison(row.comparison),
            "time_h": [_number(point) for point in row.times.points],
            "session": row.session,
            "kind": row.kind,
            "value": None if row.value is None else _number(row.value),
            "bound": row.bound,
            "per": row.per,
            "qualifiers": list(row.qualifiers),
            "n_events": row.n_events,
            "N": row.total,
            "estimate": _estimate(row.estimate),
            "claims": [_claim(claim) for claim in row.claims],
        }
    if isinstance(row, Durability):
        return common | {
            "measure": row.measure,
            "kind": row.kind,
            **_comparison(row.comparison),
            "points": [list(point) for point in row.points],
        }
    return common


def parameter_record(row: PdParameter) -> dict[str, Any]:
    """Return a row of the published pharmacodynamic parameters."""
    return {
        "id": row.id,
        "group": row.group,
        "quantity": row.quantity,
        "printed": row.printed,
        "value": row.value,
        "unit": row.unit,
        "low": row.low,
        "high": row.high,
        "species": row.species,
        "population": row.population,
        "method": row.method,
        "source": row.source,
        "url": row.url,
        "grade": row.grade,
        "note": row.note,
    }


def plain(content: Any) -> Any:
    """Return YAML content as JSON values: what JSON has no word for, such as a date, becomes text."""
    if isinstance(content, Mapping):
        return {str(key): plain(value) for key, value in content.items() if not str(key).startswith("__")}
    if isinstance(content, list | tuple):
        return [plain(item) for item in content]
    if isinstance(content, float) and not math.isfinite(content):
        return str(content)
    return content if isinstance(content, str | bool | int | float) or content is None else str(content)


def _number(number: Number) -> float | list[float]:
    return [number.low, number.high] if number.is_range else number.low


def _comparison(comparison: Comparison) -> dict[str, Any]:
    group = comparison.group
    return {
        "arms": [_arm_name(arm) for arm in comparison.arms],
        "against": [_arm_name(arm) for arm in comparison.against],
        "group": {"text": group.text, "age_from": group.age_from, "age_below": group.age_below}
        if group.text
        else None,
    }


def _arm_name(arm: Arm) -> dict[str, Any]:
    return {
        "id": arm.id,
        "declared": arm.declared,
        "dose": None if arm.dose is None else _number(arm.dose.mg),
    }


def _estimate(estimate: Estimate) -> dict[str, Any]:
    values = {
        name: getattr(estimate, name)
        for name in ("mean", "series", "sd", "se", "ci", "median", "iqr", "effect", "effect_ci", "n", "p")
    }
    return {
        name: _number(value) if isinstance(value, Number) else list(value) if name == "series" else value
        for name, value in values.items()
        if value not in (None, (), "")
    }


def _claim(claim: Claim) -> dict[str, Any]:
    return {
        "kind": claim.kind,
        "text": claim.text,
        "direction": claim.direction,
        "sides": [[arm.id for arm in side] for side in claim.sides],
        "relations": list(claim.relations),
        "by_h": claim.by_h,
        "basis": claim.basis,
        "note": claim.note,
    }
