"""Rules of the gate in files: loading them by path or by the name of shipped ones.

A rule names a fact and compares it by one word of a closed list::

    - id: adult
      version: 1
      require: {fact: person.age, at_least: 18 years}
      effect: block
"""

from __future__ import annotations

import difflib
import os
import re
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from ataraxy.errors import InputError
from ataraxy.exchange.units import shorten
from ataraxy.exchange.yaml_place import Fields, Place, read_place
from ataraxy.exchange.yaml_text import read_text_file
from ataraxy.therapy.adequacy import AdequacyRules, DrugClassAdequacy, PsychotherapyAdequacy
from ataraxy.therapy.disorder import Disorder
from ataraxy.therapy.drug_table import DrugEntry, DrugTable
from ataraxy.therapy.evidence_grade import EvidenceGrade
from ataraxy.therapy.fact_kind import FACTS, Form, fact_kind
from ataraxy.therapy.rule import Condition, Effect, Operator, Override, Rule, RuleSet, Sense

FORMAT = "ataraxy.rules/1"
DEFAULT = "ketamine-anxiety"

_OPERATORS = tuple(operator.value for operator in Operator)
_RULE_FIELDS = (
    "id",
    "version",
    "title",
    "text",
    "when",
    "require",
    "trigger",
    "effect",
    "unknown",
    "override",
    "source",
    "url",
    "grade",
    "extrapolated",
    "enabled",
    "remedy",
    "note",
)
_SEVERAL = frozenset(
    {Operator.ONE_OF, Operator.NONE_OF, Operator.INCLUDES_ANY, Operator.INCLUDES_ALL, Operator.INCLUDES_NONE}
)
_WHOLE = frozenset(
    {Operator.COUNT_AT_LEAST, Operator.COUNT_AT_MOST, Operator.WITHIN_DAYS, Operator.NOT_WITHIN_DAYS}
)


def shipped_rules() -> tuple[str, ...]:
    """Return the names of the rules that ship with Ataraxy, in alphabetical order."""
    folder = files("ataraxy") / "rules"
    return tuple(sorted(file.name[:-5] for file in folder.iterdir() if file.name.endswith(".yaml")))


def load_rules(path_or_name: str | Path = DEFAULT) -> RuleSet:
    """Return the rules in a YAML file, or shipped ones by their name.

    Raises:
        InputError: the file cannot be read or holds no rules; the message names file, line, field and remedy.
    """
    if isinstance(path_or_name, str):
        shipped = shipped_rules()
        if path_or_name in shipped:
            return _shipped(path_or_name)
        if re.fullmatch(r"[\w.-]+", path_or_name) and not os.path.exists(path_or_name):
            nearest = difflib.get_close_matches(path_or_name.removesuffix(".yaml"), shipped, 1)
            raise InputError(
                "this is neither a file nor the name of shipped rules",
                code="file.missing",
                remedy=f'Did you mean "{nearest[0]}"?' if nearest else f"Shipped are {', '.join(shipped)}",
                where=shorten(path_or_name),
            )
    path = Path(path_or_name)
    return parse_rules(read_text_file(path), str(path))


@cache
def _shipped(name: str) -> RuleSet:
    return parse_rules((files("ataraxy") / "rules" / f"{name}.yaml").read_text("utf-8"), f"{name}.yaml")


def parse_rules(text: str, where: str = "rules") -> RuleSet:
    """Return the rules that a YAML text holds; `where` names the file in messages.

    Raises:
        InputError: the codes ``yaml.*``, ``rules.*`` and ``unit.*``.
    """
    root = read_place(
        text,
        where,
        "rules",
        FORMAT,
        "name",
        "version",
        "title",
        "decided_by",
        "decided_on",
        "max_age_source",
        "note",
        "rules",
        "adequacy",
        "drugs",
    )
    sources = _dose_sources(root)
    values: dict[str, Any] = {
        "name": root.need("name").text(),
        "version": root.need("version").whole(),
        "title": root.need("title").text(),
        "decided_by": root.need("decided_by", "Name who stands for these rules").text(),
        "decided_on": root.need("decided_on").day(),
        "max_age_source": root.need("max_age_source", "Say who decided how old facts may be").text(),
        "note": _text(root, "note"),
        "rules": tuple(_rule(place) for place in root.need("rules").items()),
        "adequacy": _adequacy(root.need("adequacy")),
        "drugs": _drugs(root.need("drugs"), sources),
    }
    return root.place.make(RuleSet, values)


def _text(fields: Fields, key: str) -> str:
    place = fields.get(key)
    return "" if place is None else place.text()


def _rule(place: Place) -> Rule:
    fields = place.fields(*_RULE_FIELDS)
    if ("require" in fields) == ("trigger" in fields):
        raise place.refused(
            "a rule says either what it requires or what triggers it",
            "sense",
            'Write one of "require" and "trigger"',
        )
    sense = Sense.REQUIRE if "require" in fields else Sense.TRIGGER
    when = fields.get("when")
    values: dict[str, Any] = {
        "id": fields.need("id").text(),
        "version": fields.need("version").whole(),
        "title": fields.need("title").text(),
        "text": fields.need("text").text(),
        "sense": sense,
        "any_of": tuple(_condition(item) for item in fields.need(sense.value).one_or_more()),
        "when": () if when is None else tuple(_condition(item) for item in when.one_or_more()),
        "effect": fields.need("effect").choice(Effect),
        "override": fields.need("override").choice(Override),
        "source": fields.need("source", "Say who says so").text(),
        "url": _text(fields, "url"),
        "grade": fields.need("grade", "Say how strong the source is").choice(EvidenceGrade),
        "remedy": fields.need("remedy", "Say what would change the answer").text(),
        "note": _text(fields, "note"),
    }
    if (unknown := fields.get("unknown")) is not None:
        values["unknown"] = unknown.choice(Effect)
    for key in ("extrapolated", "enabled"):
        if (flag := fields.get(key)) is not None:
            values[key] = flag.truth()
    return place.make(Rule, values, {"any_of": sense.value})


def _condition(place: Place) -> Condition:
    fields = place.fields("fact", "max_age", *_OPERATORS)
    name_place = fields.need("fact", "Name the fact that is compared")
    name = name_place.text()
    kind = fact_kind(name)
    if kind is None:
        nearest = difflib.get_close_matches(name, list(FACTS), 1)
        raise name_place.refused(
            f'"{shorten(name)}" is no fact',
            "fact-unknown",
            f'Did you mean "{nearest[0]}"?' if nearest else "The page of the gate lists all facts",
        )
    given = [word for word in _OPERATORS if word in fields]
    if len(given) != 1:
        raise place.refused(
            "a condition compares once" if given else "nothing is compared",
            "operator",
            f"Write one of {', '.join(_OPERATORS)}",
        )
    operator = Operator(given[0])
    value = fields.need(given[0])
    values: dict[str, Any] = {"fact": name, "operator": operator}
    if operator in _SEVERAL:
        values["value"] = tuple(item.text() for item in value.items())
    elif operator in _WHOLE:
        values["value"] = value.whole()
    elif kind.form is Form.NUMBER:
        values["value"], values["unit"] = value.in_unit(kind.unit), kind.unit
    elif kind.form is Form.TRUTH:
        values["value"] = value.truth()
    else:
        values["value"] = value.text()
    if (age := fields.get("max_age")) is not None:
        values["max_age_days"] = age.quantity("day", "days or weeks")
    return place.make(Condition, values, {"value": given[0], "max_age_days": "max_age", "operator": given[0]})


def _adequacy(place: Place) -> AdequacyRules:
    fields = place.fields(
        "adherence", "intolerance_counts", "drug_classes", "psychotherapies", "dose_sources"
    )
    adherence = fields.need("adherence").fields("at_least", "source", "grade")
    classes = []
    for item in fields.need("drug_classes").items():
        f = item.fields("class", "disorders", "weeks", "source", "grade", "note")
        values = {
            "drug_class": f.need("class").text(),
            "disorders": tuple(d.choice(Disorder) for d in f.need("disorders").items()),
            "weeks": f.need("weeks").quantity("week", "weeks"),
            "source": f.need("source").text(),
            "grade": f.need("grade").choice(EvidenceGrade),
            "note": _text(f, "note"),
        }
        classes.append(item.make(DrugClassAdequacy, values, {"drug_class": "class"}))
    therapies = []
    for item in fields.need("psychotherapies").items():
        f = item.fields("therapy", "disorders", "sessions", "source", "grade", "note")
        values = {
            "therapy": f.need("therapy").text(),
            "disorders": tuple(d.choice(Disorder) for d in f.need("disorders").items()),
            "sessions": f.need("sessions").whole(),
            "source": f.need("source").text(),
            "grade": f.need("grade").choice(EvidenceGrade),
            "note": _text(f, "note"),
        }
        therapies.append(item.make(PsychotherapyAdequacy, values))
    intolerance = fields.get("intolerance_counts")
    return place.make(
        AdequacyRules,
        {
            "drug_classes": tuple(classes),
            "psychotherapies": tuple(therapies),
            "adherence_percent": adherence.need("at_least").in_unit("%"),
            "adherence_source": adherence.need("source").text(),
            "adherence_grade": adherence.need("grade").choice(EvidenceGrade),
            "intolerance_counts": intolerance is not None and intolerance.truth(),
        },
        {"adherence_grade": "adherence"},
    )


def _dose_sources(root: Fields) -> dict[str, tuple[str, EvidenceGrade]]:
    place = root.need("adequacy").fields().get("dose_sources")
    if place is None:
        return {}
    found = {}
    for key, item in place.fields().all():
        f = item.fields("source", "grade")
        grade = f.need("grade").choice(EvidenceGrade)
        if not grade.decides:
            raise f.need("grade").refused(
                f"the grade {grade.value} is too weak to set a dose",
                "grade-too-weak",
                'Decide the doses as the site\'s own ("grade: site")',
            )
        found[key] = (f.need("source").text(), grade)
    return found


def _drugs(place: Place, sources: dict[str, tuple[str, EvidenceGrade]]) -> DrugTable:
    fields = place.fields("source", "substances", "no_class")
    drugs = [_drug(item, sources) for item in fields.need("substances").items()]
    drugs += [item.make(DrugEntry, {"name": item.text()}) for item in fields.items("no_class")]
    return place.make(
        DrugTable,
        {"drugs": tuple(drugs), "source": fields.need("source").text()},
        {"drugs": "substances"},
    )


def _drug(place: Place, sources: dict[str, tuple[str, EvidenceGrade]]) -> DrugEntry:
    fields = place.fields("name", "also", "classes", "dose", "dose_source")
    values: dict[str, Any] = {
        "name": fields.need("name").text(),
        "also": tuple(item.text() for item in fields.items("also")),
        "classes": tuple(item.text() for item in fields.items("classes")),
    }
    dose = fields.get("dose")
    if dose is not None:
        source = fields.need("dose_source", "Name one of adequacy.dose_sources")
        if source.text() not in sources:
            raise source.unknown_word(source.text(), sources)
        values["adequate_dose"], values["unit"] = dose.amount()
        values["source"], values["grade"] = sources[source.text()]
    return place.make(DrugEntry, values, {"adequate_dose": "dose"})
