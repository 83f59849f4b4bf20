"""The gate once more, as plainly as possible: loops over the YAML of the rules and over the chart as a dictionary.

It shares no code with the gate. What is uncertain is answered by trying: a comparison is unknown when some completions
of the fact fulfil it and others do not.
"""

from __future__ import annotations

import itertools
import re
from datetime import date, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

ORDER = {"at_least", "at_most", "above", "below"}
UNITS = {
    "person.age": "years",
    "substance.months_free": "months",
    "vitals.systolic": "mmHg",
    "vitals.diastolic": "mmHg",
    "vitals.weight": "kg",
    "vitals.height": "cm",
    "vitals.bmi": "kg/m2",
}
SANE = {
    "substance.months_free": (0, 1200),
    "vitals.systolic": (40, 300),
    "vitals.diastolic": (20, 200),
    "vitals.weight": (20, 400),
    "vitals.height": (90, 250),
}
WORDS = {
    "site.setting": ["supervised_clinic", "clinic_without_monitoring", "home"],
    "history.cardiovascular_disease": ["none", "controlled", "poorly_controlled"],
    "history.psychosis": ["never", "past", "current"],
    "substance.use_disorder": ["never", "past", "active"],
    "liver.impairment": ["none", "mild", "moderate", "severe"],
    "pregnancy.test": ["negative", "positive"],
    "suicide.risk": ["none", "low", "moderate", "high", "imminent"],
}
FAILED = {"no_response", "partial_response", "relapse"}
FORMS = {"mg", "oral", "tablet", "extended", "release", "capsule", "hr"}


def shipped() -> dict[str, Any]:
    text = (files("ataraxy") / "rules" / "ketamine-anxiety.yaml").read_text("utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


def ask(rules: dict[str, Any], chart: dict[str, Any], at: datetime) -> tuple[str, dict[str, str]]:
    """Return the decision and the status of every rule."""
    decision = "allow"
    statuses: dict[str, str] = {}
    for rule in rules["rules"]:
        status = answer(rules, rule, chart, at)
        statuses[rule["id"]] = status
        effect = None
        if status == "not_met":
            effect = rule["effect"]
        if status == "unknown":
            effect = rule.get("unknown", "delay")
        if effect == "block":
            decision = "block"
        if effect == "delay" and decision == "allow":
            decision = "delay"
    return decision, statuses


def answer(rules: dict[str, Any], rule: dict[str, Any], chart: dict[str, Any], at: datetime) -> str:
    if rule.get("enabled", True) is False:
        return "disabled"
    whens = [compare(rules, c, chart, at) for c in as_list(rule.get("when", []))]
    if any(w == "no" for w in whens):
        return "not_applicable"
    if any(w == "unknown" for w in whens):
        return "unknown"
    if "require" in rule:
        answers = [compare(rules, c, chart, at) for c in as_list(rule["require"])]
        if "yes" in answers:
            return "met"
        return "not_met" if "no" in answers else "unknown"
    only = compare(rules, rule["trigger"], chart, at)
    return {"yes": "not_met", "no": "met", "unknown": "unknown"}[only]


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def compare(rules: dict[str, Any], condition: dict[str, Any], chart: dict[str, Any], at: datetime) -> str:
    """Answer one comparison: yes, no or unknown."""
    fact = condition["fact"]
    operator = next(k for k in condition if k not in ("fact", "max_age"))
    found = look(rules, fact, chart, at)
    if found is None:
        return "unknown"
    values, unit, observed = found
    if observed is not None:
        if observed > at:
            return "unknown"
        if "max_age" in condition:
            days = float(condition["max_age"].split()[0])
            if at > observed + timedelta(days=days):
                return "unknown"
    wanted = condition[operator]
    if operator in ORDER:
        number, _, asked = str(wanted).partition(" ")
        if asked != unit:
            return "unknown"
        wanted = float(number)
    outcomes = {one(operator, value, wanted, at) for value in values}
    if outcomes == {True}:
        return "yes"
    if outcomes == {False}:
        return "no"
    return "unknown"


def one(operator: str, value: Any, wanted: Any, at: datetime) -> bool | None:
    if operator == "is":
        return bool(value == wanted)
    if operator == "one_of":
        return value in wanted
    if operator == "at_least":
        return bool(value >= wanted)
    if operator == "above":
        return bool(value > wanted)
    if operator == "includes_all":
        return all(w in value for w in wanted)
    if operator == "includes_any":
        return any(w in value for w in wanted)
    if operator == "count_at_least":
        return len(value) >= wanted
    if operator == "within_days":
        days = (at.date() - date.fromisoformat(value)).days
        return None if days < 0 else days <= wanted
    raise NotImplementedError(operator)


def look(
    rules: dict[str, Any], fact: str, chart: dict[str, Any], at: datetime
) -> tuple[list[Any], str, datetime | None] | None:
    """Return all values that a fact may have, its unit and when it was observed; None where it is unknown."""
    basis, protocol = chart["basis_of_use"], chart["protocol"]
    primary = [
        d
        for d in chart["diagnoses"]
        if d["primary"] and not (d["ended_at"] is not None and d["ended_at"] <= at)
    ]
    diagnosis = primary[0] if len(primary) == 1 else None
    if fact == "basis.kind":
        return None if basis is None else ([str(basis["kind"])], "", None)
    if fact == "basis.trial_id":
        if basis is None or basis["trial_id"].strip() == "":
            return None
        form = re.match(r"^(NCT\d{8}|ISRCTN\d{8}|ACTRN\d{14})$", basis["trial_id"].strip())
        return ["registered" if form else "not_registered"], "", None
    if fact == "basis.allocation_masked":
        return (
            None
            if basis is None or basis["allocation_masked"] is None
            else ([basis["allocation_masked"]], "", None)
        )
    if fact in ("protocol.drug", "protocol.route"):
        key = fact.split(".")[1]
        return None if protocol is None or protocol[key] is None else ([str(protocol[key])], "", None)
    if fact.startswith("consent."):
        return consent(fact, chart, at)
    if fact in ("prescriber.credentials", "monitor.credentials"):
        return credentials(fact.split(".")[0], chart, at)
    if fact == "person.age":
        return age(chart, at)
    if fact == "indication.primary":
        return None if diagnosis is None else ([str(diagnosis["disorder"])], "", None)
    if fact == "indication.confirmed":
        if diagnosis is None:
            return None
        when = diagnosis["confirmed_at"]
        return ([False], "", None) if when is None else ([True], "", when)
    if fact == "treatment.adequate_failures":
        return None if diagnosis is None else failures(rules, chart, str(diagnosis["disorder"]), at)
    if fact == "treatment.psychotherapy":
        return None if diagnosis is None else psychotherapy(rules, chart, str(diagnosis["disorder"]), at)
    if fact == "medication.classes":
        return classes(rules, chart, at)
    if fact == "vitals.bmi":
        return bmi(chart, at)
    if fact.startswith("score."):
        return scored(fact, chart, at)
    return recorded(fact, chart, at)


def last(rows: list[dict[str, Any]], key: str, at: datetime) -> dict[str, Any] | None:
    """The row nearest before a moment, the last written of equals; otherwise the first after it."""
    before = [row for row in rows if row[key] <= at]
    if before:
        newest = max(row[key] for row in before)
        return [row for row in before if row[key] == newest][-1]
    if rows:
        oldest = min(row[key] for row in rows)
        return [row for row in rows if row[key] == oldest][-1]
    return None


def recorded(fact: str, chart: dict[str, Any], at: datetime) -> tuple[list[Any], str, datetime | None] | None:
    row = last([f for f in chart["facts"] if f["name"] == fact], "observed_at", at)
    if row is None:
        return None
    value = row["value"]
    if fact in UNITS:
        if isinstance(value, (bool, str)):
            return None
        low, high = SANE[fact]
        if row["unit"] == UNITS[fact] and not low <= value <= high:
            return None
    elif fact in WORDS:
        if value not in WORDS[fact] or isinstance(value, bool):
            return None
    elif fact == "examination.on":
        if not isinstance(value, str) or not re.match(r"^\d{4}-\d{2}-\d{2}$", value):
            return None
    elif not isinstance(value, bool):
        return None
    return [value], row["unit"], row["observed_at"]


def scored(fact: str, chart: dict[str, Any], at: datetime) -> tuple[list[Any], str, datetime | None] | None:
    name = fact.removeprefix("score.")
    scale, _, item = name.partition(".item_")
    row = last([s for s in chart["scores"] if s["scale"] == scale], "at", at)
    if row is None:
        return None
    if item == "":
        return [row["total"]], "points", row["at"]
    number = int(item)
    if len(row["answers"]) < number or row["answers"][number - 1] is None:
        return None
    return [row["answers"][number - 1]], "points", row["at"]


def age(chart: dict[str, Any], at: datetime) -> tuple[list[Any], str, datetime | None] | None:
    born = chart["person"]["born"]
    if born is None or born > at.date():
        return None
    years = 0
    while True:
        try:
            birthday = born.replace(year=born.year + years + 1)
        except ValueError:
            birthday = date(born.year + years + 1, 3, 1)
        if birthday > at.date():
            return [float(years)], "years", None
        years += 1


def bmi(chart: dict[str, Any], at: datetime) -> tuple[list[Any], str, datetime | None] | None:
    weight, height = recorded("vitals.weight", chart, at), recorded("vitals.height", chart, at)
    if weight is None or height is None or weight[1] != "kg" or height[1] != "cm":
        return None
    observed = weight[2]
    assert height[2] is not None
    if height[2] > at:
        observed = height[2]
    metres = height[0][0] / 100
    return [round(weight[0][0] / metres**2, 2)], "kg/m2", observed


def credentials(
    role: str, chart: dict[str, Any], at: datetime
) -> tuple[list[Any], str, datetime | None] | None:
    people = [p for p in chart["professionals"] if p["role"] == role]
    if not people:
        return None
    sure, perhaps = set(), set()
    today = at.date()
    for c in people[-1]["credentials"]:
        kind = str(c["kind"])
        if c["issued_on"] is not None and c["issued_on"] > today:
            continue
        if c["valid_until"] is None:
            perhaps.add(kind)
        elif c["valid_until"] >= today:
            sure.add(kind)
    return completions(sure, perhaps), "", None


def completions(sure: set[str], perhaps: set[str], anything: bool = False) -> list[set[str]]:
    extra = sorted(perhaps - sure)
    sets = [
        sure | set(some) for size in range(len(extra) + 1) for some in itertools.combinations(extra, size)
    ]
    return [*sets, Everything(sure)] if anything else sets


class Everything(set[str]):
    """A set that may hold anything."""

    def __contains__(self, item: object) -> bool:
        return True

    def __len__(self) -> int:
        return 1000


def consent(fact: str, chart: dict[str, Any], at: datetime) -> tuple[list[Any], str, datetime | None] | None:
    protocol, basis = chart["protocol"], chart["basis_of_use"]
    given = [c for c in chart["consents"] if c["given_at"] <= at]
    if protocol is None or basis is None or not given:
        return None
    fitting, other_basis, other_version, other_protocol = [], [], [], []
    for c in given:
        if c["protocol"] != protocol["name"]:
            other_protocol.append(c)
        elif c["protocol_version"] != protocol["version"]:
            other_version.append(c)
        elif c["basis"] != basis["kind"] or (
            str(basis["kind"]) == "registered_trial" and c["trial_id"].strip() != basis["trial_id"].strip()
        ):
            other_basis.append(c)
        else:
            fitting.append(c)
    if fitting:
        newest = sorted(fitting, key=lambda c: c["given_at"])[-1]
        ended = [
            c
            for c in fitting
            if c["withdrawn_at"] is not None and newest["given_at"] <= c["withdrawn_at"] <= at
        ]
        if not ended:
            if fact == "consent.standing":
                return ["current"], "", newest["given_at"]
            return [{str(e) for e in newest["elements"]}], "", newest["given_at"]
        return (["withdrawn"], "", ended[0]["given_at"]) if fact == "consent.standing" else None
    for word, group in (
        ("other_basis", other_basis),
        ("other_version", other_version),
        ("other_protocol", other_protocol),
    ):
        if group:
            when = max(c["given_at"] for c in group)
            return ([word], "", when) if fact == "consent.standing" else None
    return None


@cache
def as_word(name: str) -> re.Pattern[str]:
    """More patterns than `re` keeps by itself: compiled anew for each chart, they took nearly all the time."""
    return re.compile(rf"(?<![a-z]){re.escape(name)}(?![a-z])")


def drug_named(rules: dict[str, Any], written: str) -> tuple[str | None, list[str]]:
    """Return substance and classes of a name, (None, []) where it is not understood."""
    names: dict[str, tuple[str, list[str]]] = {}
    for row in rules["drugs"]["substances"]:
        for name in [row["name"], *(row.get("also") or [])]:
            names[name.lower()] = (row["name"], row.get("classes") or [])
    for name in rules["drugs"]["no_class"]:
        names[name] = (name, [])
    rest = written.lower()
    rest = re.sub(r"[0-9.]+", " ", rest)
    hits = [name for name in names if as_word(name).search(rest)]
    hits = [h for h in hits if not any(h != other and h in other for other in hits)]
    for hit in hits:
        rest = rest.replace(hit, " ")
    if len(hits) != 1 or [word for word in rest.split() if word not in FORMS]:
        return None, []
    return names[hits[0]]


def judged(rules: dict[str, Any], t: dict[str, Any], disorder: str) -> tuple[str, str]:
    """Return the name of a treatment and how it counts: failure, other, or perhaps; and whether it was adequate."""
    adequacy = rules["adequacy"]
    missing = False
    if t["kind"] == "other":
        return "other", "inadequate"
    if t["kind"] == "psychotherapy":
        name = t["therapy"]
        limits = [
            p for p in adequacy["psychotherapies"] if p["therapy"] == name and disorder in p["disorders"]
        ]
        if not limits:
            return name, "inadequate"
        if t["sessions"] is None:
            missing = True
        elif t["sessions"] < limits[0]["sessions"]:
            return name, "inadequate"
    else:
        substance, drug_classes = drug_named(rules, t["drug"])
        if substance is None:
            return t["drug"].lower(), "unknown"
        name = substance
        limits = [
            c for c in adequacy["drug_classes"] if c["class"] in drug_classes and disorder in c["disorders"]
        ]
        dose = [r.get("dose") for r in rules["drugs"]["substances"] if r["name"] == substance]
        if not limits or not dose or dose[0] is None:
            return name, "inadequate"
        number, unit = dose[0].split()
        if t["daily_dose"] is None or t["dose_unit"] != unit:
            missing = True
        elif t["daily_dose"] < float(number):
            return name, "inadequate"
        if t["weeks"] is None:
            missing = True
        elif t["weeks"] < float(str(limits[0]["weeks"]).split()[0]):
            return name, "inadequate"
        if t["adherence_percent"] is not None and t["adherence_percent"] < 80:
            return name, "inadequate"
    if t["disorder"] is None:
        missing = True
    elif t["disorder"] != disorder:
        return name, "inadequate"
    return name, "unknown" if missing else "adequate"


def failures(
    rules: dict[str, Any], chart: dict[str, Any], disorder: str, at: datetime
) -> tuple[list[Any], str, datetime | None] | None:
    sure, perhaps = set(), set()
    for t in chart["treatments"]:
        name, adequate = judged(rules, t, disorder)
        outcome = None if t["outcome"] is None else str(t["outcome"])
        if adequate == "inadequate" or (outcome is not None and outcome not in FAILED):
            continue
        if adequate == "adequate" and outcome is not None:
            sure.add(name)
        else:
            perhaps.add(name)
    reviewed = chart["treatments_reviewed_at"]
    if reviewed is None and not sure:
        return None
    return completions(sure, perhaps, anything=reviewed is None), "", reviewed


def psychotherapy(
    rules: dict[str, Any], chart: dict[str, Any], disorder: str, at: datetime
) -> tuple[list[Any], str, datetime | None] | None:
    reviewed = chart["treatments_reviewed_at"]
    therapies = [judged(rules, t, disorder)[1] for t in chart["treatments"] if t["kind"] == "psychotherapy"]
    if "adequate" in therapies:
        return ["adequate"], "", reviewed
    exception = chart["psychotherapy_exception"]
    if exception is not None and exception["on"] <= at.date():
        return ["exception"], "", reviewed
    if "unknown" in therapies or reviewed is None:
        return None
    return ["not_adequate" if therapies else "none"], "", reviewed


def classes(
    rules: dict[str, Any], chart: dict[str, Any], at: datetime
) -> tuple[list[Any], str, datetime | None] | None:
    reviewed = chart["medications_reviewed_at"]
    if reviewed is None:
        return None
    members: set[str] = set()
    anything = False
    for m in chart["medications"]:
        if (m["since"] is not None and m["since"] > at) or (m["until"] is not None and m["until"] <= at):
            continue
        substance, found = drug_named(rules, m["drug"])
        members |= set(found)
        if m["classes"] is not None:
            members |= set(m["classes"])
        elif substance is None:
            anything = True
    return completions(members, set(), anything), "", reviewed
