"""Who may write what into a chart, and which words: below every page and every device."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ataraxy.therapy.actor import Actor, Role
from ataraxy.therapy.chart_decide import record
from ataraxy.therapy.chart_events import FactRecorded
from ataraxy.therapy.fact import Fact
from ataraxy.therapy.fact_kind import FACTS
from ataraxy.therapy.refusal import Refusal

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
MONITOR = Actor(id="m1", roles=frozenset({Role.MONITOR}))


def fact_recorded(name: str, value: Any, unit: str = "") -> FactRecorded:
    fact = Fact(name=name, value=value, unit=unit, observed_at=NOW)
    return FactRecorded(person="p1", at=NOW, by=MONITOR.id, fact=fact)


def test_a_fact_of_the_vocabulary_is_recorded() -> None:
    event = fact_recorded("vitals.systolic", 128.0, "mmHg")
    assert record(None, event, actor=MONITOR, at=NOW) == (event,)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("vitals.sistolic", 128.0),
        ("vitals.systolic", 1280.0),
        ("vitals.systolic", True),
        ("history.psychosis", "sometimes"),
        ("history.psychosis", False),
        ("pregnancy.possible", "no"),
        ("examination.on", "2026-13-01"),
    ],
)
def test_a_fact_or_a_value_outside_the_vocabulary_is_refused(name: str, value: Any) -> None:
    with pytest.raises(Refusal) as refused:
        record(None, fact_recorded(name, value), actor=MONITOR, at=NOW)
    assert refused.value.code == "chart.fact"


@given(st.sampled_from([kind.name for kind in FACTS.values() if not kind.recorded]), st.booleans())
def test_what_follows_from_the_chart_is_never_recorded_by_itself(name: str, value: bool) -> None:
    with pytest.raises(Refusal, match=r"chart\.fact"):
        record(None, fact_recorded(name, value), actor=MONITOR, at=NOW)
