"""The next version of a clinic's policy: the one in force with limits, one number or its name changed."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

from ataraxy.therapy.refusal import Refusal
from ataraxy.therapy.setting import Grade, Setting
from ataraxy.therapy.site_policy import PolicyStatus, SitePolicy
from ataraxy.therapy.stop_limits import LimitsSigned, StopLimits, hash_of_limits


def with_limits(
    policy: SitePolicy, systolic: Decimal, diastolic: Decimal, *, reason: str, name: str, on: date
) -> SitePolicy:
    """Return the policy with stop limits that a medical director decided and signed.

    Raises:
        Refusal, InputError: as `StopLimits` does; ``policy.example-with-limits``: it is a shipped example.
    """
    source = f"decision of {name}, medical director: {reason}"
    upper, lower = (
        Setting(value=value, unit="mmHg", grade=Grade.SITE, source=source) for value in (systolic, diastolic)
    )
    signed = LimitsSigned(name=name, on=on, limits_hash=hash_of_limits(upper, lower))
    limits = StopLimits(systolic=upper, diastolic=lower, signed=signed)
    return _changed(policy, {"stop_limits": limits.model_dump(mode="json")}, name, on)


def with_threshold(policy: SitePolicy, place: str, new: Setting, *, name: str, on: date) -> SitePolicy:
    """Return the policy with another number at a place of `SitePolicy.settings`.

    Raises:
        Refusal, InputError: as the policy does; ``policy.no-setting``: nothing stands there, or a signed limit does.
    """
    if place.startswith("stop_limits") or place not in dict(policy.settings()):
        raise Refusal("there is no such threshold", code="policy.no-setting", where=place[:80])
    body = _body(policy)
    node: Any = body
    *path, last = place.split(".")
    for step in path:
        node = node[int(step)] if isinstance(node, list) else node[step]
    key: Any = int(last) if isinstance(node, list) else last
    node[key] = json.loads(new.model_dump_json())
    return _changed(policy, body, name, on)


def as_sites_own(example: SitePolicy, *, short: str, title: str, name: str, on: date) -> SitePolicy:
    """Return a shipped policy under the clinic's name, without limits: to be decided number by number."""
    change = {
        "name": short,
        "title": title,
        "status": PolicyStatus.SITE.value,
        "version": 0,
        "stop_limits": None,
    }
    return _changed(example, change | {"note": f"From {example.label}."}, name, on)


def _changed(policy: SitePolicy, change: dict[str, Any], name: str, on: date) -> SitePolicy:
    body = _body(policy) | change
    body |= {"version": int(body["version"]) + 1, "decided_by": name, "decided_on": on.isoformat()}
    return SitePolicy.model_validate(body)


def _body(policy: SitePolicy) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(policy.model_dump_json())
    return body
