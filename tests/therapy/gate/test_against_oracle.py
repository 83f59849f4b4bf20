"""The gate and a second one, written as plainly as possible, agree on random charts."""

from __future__ import annotations

from collections import Counter

import pytest
from tests.therapy.gate import oracle
from tests.therapy.gate.baseline import AT, rules
from tests.therapy.gate.random_charts import random_chart

from ataraxy.therapy.gate import judge

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


def test_both_gates_agree_on_five_thousand_charts_and_unknown_never_allows() -> None:
    seen = compare(range(5_000))
    assert min(seen["allow"], seen["delay"], seen["block"]) > 500
    # random charts reach every rule, not only the frequent ones
    for rule in rules().rules:
        if rule.enabled and rule.id != "basis-of-use":
            assert seen[f"{rule.id} not_met"] > 0, rule.id
            assert seen[f"{rule.id} unknown"] > 0 or rule.id == "older-than-trials", rule.id


@pytest.mark.study
def test_both_gates_agree_on_a_hundred_thousand_charts() -> None:
    compare(range(5_000, 105_000))
