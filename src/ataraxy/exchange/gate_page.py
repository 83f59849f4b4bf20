"""Tables of the page of the gate, made from the shipped rules.

``python -m ataraxy.exchange.gate_page docs/gate.md`` writes them.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from ataraxy.exchange.page_parts import markdown_table, replace_parts
from ataraxy.exchange.rules_file import load_rules
from ataraxy.therapy.fact_kind import FACTS, FactKind
from ataraxy.therapy.rule import Condition, Override, Rule, RuleSet


def gate_parts() -> Mapping[str, str]:
    """Return the generated parts of the page by their names: rules, adequacy and facts."""
    rules = load_rules()
    return {
        "rules": rules_table(rules),
        "adequacy": adequacy_table(rules),
        "facts": facts_table(),
    }


def rules_table(rules: RuleSet) -> str:
    """Return every rule as a row of a Markdown table."""
    head = ("Rule", "Asks", "Effect", "Override", "Source and grade")
    return markdown_table(head, [_rule(rule) for rule in rules.rules])


def adequacy_table(rules: RuleSet) -> str:
    """Return from when on a drug or a psychotherapy counts as tried."""
    rows = [
        (
            limit.drug_class,
            ", ".join(limit.disorders),
            f"{limit.weeks:g} weeks at the dose",
            limit.source,
            limit.grade.label,
        )
        for limit in rules.adequacy.drug_classes
    ]
    rows += [
        (
            limit.therapy.replace("_", " "),
            ", ".join(limit.disorders),
            f"{limit.sessions} sessions",
            limit.source,
            limit.grade.label,
        )
        for limit in rules.adequacy.psychotherapies
    ]
    return markdown_table(("Treatment", "For", "At least", "Source", "Grade"), rows)


def facts_table() -> str:
    """Return the vocabulary of facts."""
    rows = [
        (f"`{kind.name}`", kind.title, _values(kind), "recorded" if kind.recorded else "derived")
        for kind in FACTS.values()
    ]
    return markdown_table(("Fact", "Meaning", "Value", "How"), rows)


def _rule(rule: Rule) -> tuple[str, str, str, str, str]:
    where = f"where {' and '.join(c.text for c in rule.when)}: " if rule.when else ""
    source = f"[{rule.source}]({rule.url})" if rule.url and "…" not in rule.url else rule.source
    grade = f"{source}; {rule.grade.label}"
    return (
        f"`{rule.id}`/{rule.version}",
        f"{where}{rule.sense.value} {' or '.join(_asked(c) for c in rule.any_of)}",
        rule.effect.value if rule.enabled else "**disabled**",
        "prescriber" if rule.override is Override.PRESCRIBER else "never",
        grade + ("; extrapolated from esketamine" if rule.extrapolated else ""),
    )


def _asked(condition: Condition) -> str:
    if condition.max_age_days is None:
        return condition.text
    return f"{condition.text} (not older than {condition.max_age_days:g} days)"


def _values(kind: FactKind) -> str:
    if kind.words:
        return ", ".join(word.replace("_", " ") for word in kind.words)
    if kind.unit:
        return kind.unit if kind.low is None else f"{kind.low:g} to {kind.high:g} {kind.unit}"
    return {"truth": "yes or no", "words": "words"}.get(kind.form.value, kind.form.value)


def main(arguments: Sequence[str]) -> None:
    """Write the generated parts into a page."""
    page = Path(arguments[0])
    page.write_text(replace_parts(page.read_text("utf-8"), gate_parts()), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
