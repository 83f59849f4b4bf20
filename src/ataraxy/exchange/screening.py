"""The answer of the gate as the document ``ataraxy.screening/1``."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from ataraxy.therapy.gate import Finding, Judgement

SCHEMA = "ataraxy.screening/1"


def screening_document(judgement: Judgement, *, moment_from: str = "option") -> dict[str, Any]:
    """Return a judgement as a document for other programs.

    `findings` holds what decided: rules that were not met or could not be answered. `others` holds every other rule.
    `moment_from` says where the moment came from: option, chart or clock.
    """
    return {
        "schema": SCHEMA,
        "decision": judgement.decision.value,
        "findings": [_finding(finding) for finding in judgement.findings],
        "others": [_finding(finding) for finding in judgement.others],
        "rules": {
            "name": judgement.rules,
            "version": judgement.rules_version,
            "sha256": judgement.rules_hash,
        },
        "facts_sha256": judgement.facts_hash,
        "at": judgement.at.isoformat(),
        "at_from": moment_from,
    }


def screening_schema() -> dict[str, Any]:
    """Return the JSON Schema of the document."""
    text = (files("ataraxy.exchange") / "schemas" / "screening-1.json").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "version": finding.version,
        "title": finding.title,
        "status": finding.status.value,
        "effect": None if finding.effect is None else finding.effect.value,
        "sense": finding.sense.value,
        "fact": finding.fact,
        "value": finding.value,
        "threshold": finding.threshold,
        "reason": finding.reason,
        "source": finding.source,
        "url": finding.url,
        "grade": finding.grade.value,
        "extrapolated": finding.extrapolated,
        "remedy": finding.remedy,
        "override": finding.override.value,
    }
