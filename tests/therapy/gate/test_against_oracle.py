"""The gate and a second one, written as plainly as possible, agree on random charts."""

from __future__ import annotations

from collections import Counter

import pytest
from tests.therapy.gate import oracle
from tests.therapy.gate.baseline import AT, rules
from tests.therapy.gate.random_charts import random_chart

from ataraxy.therapy.gate import judge
from ataraxy.therapy.rule import Rule

PLAIN = oracle.shipped()


def compare(seeds: range) -> Counter[str]:
    decisions: Counter[str] = Counter()
    for seed in seeds:
        chart = random_chart(seed)
        judgement = judge(chart, rules(), AT)
        decision, statuses = oracle.ask(PLAIN, chart.model_dump(), AT)
        found = {f.rule: f.status.value for f in (*judgement.findings, *judgement.others)}
        assert found == statuses, f"seed {seed}"
        assert judgement.decision.value == decision, f"seed {seed}"
        if any(f.status.value == "unknown" for f in judgement.findings):
            assert decision != "allow", f"seed {seed}"
        decisions[decision] += 1
        for f in judgement.findings:
            decisions[f"{f.rule} {f.status.value}"] += 1
    return decisions


# Five thousand charts in parts, so that two processes share them.
PARTS = [range(start, start + 1_250) for start in range(0, 5_000, 1_250)]


@pytest.mark.parametrize("seeds", PARTS, ids=lambda seeds: f"{seeds.start}-{seeds.stop}")
def test_both_gates_agree_and_unknown_never_allows(seeds: range) -> None:
    seen = compare(seeds)
    assert min(seen["allow"], seen["delay"], seen["block"]) > 100
    # random charts reach nearly every rule, not only the frequent ones
    reached = [rule.id for rule in _asked() if seen[f"{rule.id} not_met"] or seen[f"{rule.id} unknown"]]
    assert len(reached) >= 0.95 * len(_asked())


@pytest.mark.study
def test_both_gates_agree_on_a_hundred_thousand_charts_that_reach_every_rule() -> None:
    seen = compare(range(5_000, 105_000))
    for rule in _asked():
        assert seen[f"{rule.id} not_met"] > 0, rule.id
        assert seen[f"{rule.id} unknown"] > 0 or rule.id == "older-than-trials", rule.id


def _asked() -> list[Rule]:
    return [rule for rule in rules().rules if rule.enabled and rule.id != "basis-of-use"]
