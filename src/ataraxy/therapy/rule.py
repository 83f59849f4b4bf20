"""Rules of the gate as data: facts, a closed vocabulary of comparisons, thresholds, effects. Nothing is evaluated.

A rule requires that something holds, or is triggered when it does. It is owned by the clinic, carries its source and
the source's grade, and says what would change its answer.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import Annotated, Self

from pydantic import Field, Strict, StrictBool, model_validator

from ataraxy.therapy.adequacy import AdequacyRules
from ataraxy.therapy.drug_table import DrugTable
from ataraxy.therapy.evidence_grade import EvidenceGrade
from ataraxy.therapy.fact import Collection, Knowledge, Missing, Unknown
from ataraxy.therapy.fact_kind import FactKind, Form, fact_kind
from ataraxy.therapy.value import Count, Number, Value, refuse


class Sense(StrEnum):
    """`REQUIRE`: the condition must hold. `TRIGGER`: it must not."""

    REQUIRE = "require"
    TRIGGER = "trigger"


class Effect(StrEnum):
    """What a rule does. `BLOCK`: not this person. `DELAY`: not now. `CAUTION`: said, and does not stop anything."""

    BLOCK = "block"
    DELAY = "delay"
    CAUTION = "caution"


class Override(StrEnum):
    """Who may go on in spite of a rule."""

    NEVER = "never"
    PRESCRIBER = "prescriber"


class Operator(StrEnum):
    """How a fact is compared. The list is closed."""

    IS = "is"
    IS_NOT = "is_not"
    ONE_OF = "one_of"
    NONE_OF = "none_of"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    ABOVE = "above"
    BELOW = "below"
    INCLUDES_ANY = "includes_any"
    INCLUDES_ALL = "includes_all"
    INCLUDES_NONE = "includes_none"
    COUNT_AT_LEAST = "count_at_least"
    COUNT_AT_MOST = "count_at_most"
    WITHIN_DAYS = "within_days"
    NOT_WITHIN_DAYS = "not_within_days"

    @property
    def label(self) -> str:
        """Return the comparison in words."""
        return self.value.replace("_", " ")


_EQUALITY = frozenset({Operator.IS, Operator.IS_NOT})
_CHOICE = frozenset({Operator.ONE_OF, Operator.NONE_OF})
_ORDER = frozenset({Operator.AT_LEAST, Operator.AT_MOST, Operator.ABOVE, Operator.BELOW})
_INCLUSION = frozenset({Operator.INCLUDES_ANY, Operator.INCLUDES_ALL, Operator.INCLUDES_NONE})
_COUNT = frozenset({Operator.COUNT_AT_LEAST, Operator.COUNT_AT_MOST})
_DAYS = frozenset({Operator.WITHIN_DAYS, Operator.NOT_WITHIN_DAYS})

# Which comparisons a kind of fact allows.
ALLOWED: Mapping[Form, frozenset[Operator]] = MappingProxyType(
    {
        Form.TRUTH: frozenset({Operator.IS}),
        Form.NUMBER: _ORDER,
        Form.WORD: _EQUALITY | _CHOICE,
        Form.DATE: _DAYS,
        Form.WORDS: _INCLUSION | _COUNT,
    }
)

RuleId = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
_Text = Annotated[str, Strict()]


class Condition(Value):
    """A comparison of one fact with a threshold.

    Attributes:
        fact: name of the fact.
        operator: how.
        value: with what.
        unit: of the threshold; a fact in another unit is unknown, it is never converted here.
        max_age_days: an older fact is unknown; None where age does not matter.
    """

    fact: str
    operator: Operator
    value: StrictBool | Number | _Text | tuple[_Text, ...]
    unit: str = ""
    max_age_days: Annotated[Number, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        kind = fact_kind(self.fact)
        if kind is None:
            raise refuse(
                f'"{self.fact}" is no fact',
                code="rules.fact-unknown",
                remedy="Use a fact of the list on the page of the gate",
                field="fact",
            )
        if self.operator not in ALLOWED[kind.form]:
            raise refuse(
                f'"{self.operator.value}" does not compare {kind.title}',
                code="rules.operator",
                remedy=f"Use {', '.join(sorted(o.value for o in ALLOWED[kind.form]))}",
                field="operator",
            )
        self._check_value(kind)
        if self.unit != (kind.unit if self.operator in _ORDER else ""):
            raise refuse(
                f'the unit is "{self.unit}"',
                code="rules.unit",
                remedy=f"Give the threshold in {kind.unit}" if kind.unit else "Remove the unit",
                field="unit",
            )
        if self.max_age_days is not None and kind.form is Form.DATE:
            raise refuse(
                "a date has no age of its own",
                code="rules.max-age",
                remedy="Use within_days",
                field="max_age_days",
            )
        return self

    def _check_value(self, kind: FactKind) -> None:
        value = self.value
        several = self.operator in _CHOICE | _INCLUSION
        numeric = self.operator in _ORDER | _COUNT | _DAYS
        fits = (
            isinstance(value, tuple) and len(value) > 0 and len(set(value)) == len(value)
            if several
            else not isinstance(value, bool | str | tuple)
            if numeric
            else isinstance(value, bool)
            if kind.form is Form.TRUTH
            else isinstance(value, str)
        )
        if not fits:
            raise refuse(
                f"the threshold is {value!r}",
                code="rules.threshold",
                remedy="Give a list of different words"
                if several
                else "Give a number"
                if numeric
                else "Give true or false"
                if kind.form is Form.TRUTH
                else "Give one word",
                field="value",
            )
        if self.operator in _COUNT | _DAYS and (value < 0 or value != int(value)):  # type: ignore[operator,arg-type]
            raise refuse(
                f"the threshold is {value}",
                code="rules.threshold",
                remedy="Give a whole number, zero or more",
                field="value",
            )
        words = value if isinstance(value, tuple) else (value,) if isinstance(value, str) else ()
        wrong = [word for word in words if kind.words and word not in kind.words]
        if wrong:
            raise refuse(
                f'{kind.title} is never "{wrong[0]}"',
                code="rules.word",
                remedy=f"Use {', '.join(kind.words)}",
                field="value",
            )

    @cached_property
    def text(self) -> str:
        """Return the comparison in words, such as ``age at least 18 years``."""
        kind = fact_kind(self.fact)
        title = self.fact if kind is None else kind.title
        return f"{title} {self.threshold}"

    @cached_property
    def threshold(self) -> str:
        """Return operator, threshold and unit in words, such as ``at least 18 years``."""
        value = self.value
        if isinstance(value, bool):
            return f"{self.operator.label} {'true' if value else 'false'}"
        if isinstance(value, tuple):
            shown = ", ".join(value)
        elif isinstance(value, str):
            shown = value
        else:
            shown = f"{value:g}"
        days = " days" if self.operator in _DAYS else ""
        if days:
            return f"{self.operator.label.removesuffix(' days')} {shown} days"
        return f"{self.operator.label} {shown}{f' {self.unit}' if self.unit else ''}"

    def known(self, facts: Mapping[str, Knowledge], at: datetime) -> Knowledge:
        """Return the fact as this condition may read it: old enough to be stale, or in another unit, is unknown."""
        fact = facts.get(self.fact, Unknown(Missing.MISSING))
        if isinstance(fact, Unknown):
            return fact
        if fact.observed_at is not None:
            if fact.observed_at > at:
                return Unknown(Missing.IN_FUTURE, f"observed {fact.observed_at:%Y-%m-%d %H:%M} UTC")
            if self.max_age_days is not None and at - fact.observed_at > timedelta(days=self.max_age_days):
                age = (at - fact.observed_at) / timedelta(days=1)
                return Unknown(
                    Missing.STALE, f"{age:.1f} days old, at most {self.max_age_days:g} days are accepted"
                )
        if self.operator in _ORDER and fact.unit != self.unit:
            return Unknown(Missing.WRONG_UNIT, f'recorded in "{fact.unit}", asked for in "{self.unit}"')
        return fact

    def holds(self, facts: Mapping[str, Knowledge], at: datetime) -> bool | None:
        """Return whether the comparison holds at a moment; None where that is unknown."""
        fact = self.known(facts, at)
        if isinstance(fact, Unknown):
            return None
        value, wanted = fact.value, self.value
        if isinstance(value, Collection):
            return _holds_of_collection(value, self.operator, wanted)
        match self.operator:
            case Operator.IS:
                return value == wanted if type(value) is type(wanted) else None
            case Operator.IS_NOT:
                return value != wanted if type(value) is type(wanted) else None
            case Operator.ONE_OF:
                return value in wanted if isinstance(wanted, tuple) else None
            case Operator.NONE_OF:
                return value not in wanted if isinstance(wanted, tuple) else None
            case Operator.WITHIN_DAYS | Operator.NOT_WITHIN_DAYS:
                return _holds_of_date(value, self.operator, wanted, at)
            case _:
                return _holds_of_number(value, self.operator, wanted)


def _holds_of_number(value: object, operator: Operator, wanted: object) -> bool | None:
    if isinstance(value, bool) or isinstance(wanted, bool):
        return None
    if not isinstance(value, int | float) or not isinstance(wanted, int | float):
        return None
    match operator:
        case Operator.AT_LEAST:
            return value >= wanted
        case Operator.AT_MOST:
            return value <= wanted
        case Operator.ABOVE:
            return value > wanted
        case Operator.BELOW:
            return value < wanted
        case _:
            return None


def _holds_of_date(value: object, operator: Operator, wanted: object, at: datetime) -> bool | None:
    try:
        day = date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        return None
    days = (at.date() - day).days
    if days < 0 or not isinstance(wanted, int | float):
        return None
    return (days <= wanted) == (operator is Operator.WITHIN_DAYS)


def _holds_of_collection(value: Collection, operator: Operator, wanted: object) -> bool | None:
    if isinstance(wanted, tuple):
        asked = frozenset(wanted)
        any_sure = bool(asked & value.members)
        any_possible = any_sure or value.open or bool(asked & value.uncertain)
        match operator:
            case Operator.INCLUDES_ANY:
                return True if any_sure else None if any_possible else False
            case Operator.INCLUDES_NONE:
                return False if any_sure else None if any_possible else True
            case Operator.INCLUDES_ALL:
                if asked <= value.members:
                    return True
                return None if value.open or asked <= value.members | value.uncertain else False
            case _:
                return None
    if isinstance(wanted, bool) or not isinstance(wanted, int | float):
        return None
    fewest = len(value.members)
    most = None if value.open else fewest + len(value.uncertain - value.members)
    enough = True if fewest >= wanted else False if most is not None and most < wanted else None
    match operator:
        case Operator.COUNT_AT_LEAST:
            return enough
        case Operator.COUNT_AT_MOST:
            return False if fewest > wanted else True if most is not None and most <= wanted else None
        case _:
            return None


class Rule(Value):
    """One rule.

    Attributes:
        id, version: which; the version counts up with every change.
        title: in a few words.
        text: what the rule says and why, for people.
        sense: whether the condition is required or triggers.
        any_of: the condition; several only where the rule requires one of them.
        when: the rule is read only where all of these hold.
        effect: what follows when the rule is not met.
        unknown: what follows where it cannot be answered: at least a delay.
        override: whether a named prescriber may go on in spite of it; never where it cannot be answered.
        source, url, grade: who says so, and how strong that is.
        extrapolated: the source speaks of esketamine, and the rule is applied to racemic ketamine as well.
        enabled: rules that are not are listed and not read.
        remedy: what would change the answer.
        note: remarks.
    """

    id: RuleId
    version: Annotated[Count, Field(ge=1)]
    title: Annotated[str, Field(min_length=1)]
    text: Annotated[str, Field(min_length=1)]
    sense: Sense
    any_of: tuple[Condition, ...]
    when: tuple[Condition, ...] = ()
    effect: Effect
    unknown: Effect = Effect.DELAY
    override: Override
    source: Annotated[str, Field(min_length=1)]
    url: str = ""
    grade: EvidenceGrade
    extrapolated: StrictBool = False
    enabled: StrictBool = True
    remedy: Annotated[str, Field(min_length=1)]
    note: str = ""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.any_of or (len(self.any_of) > 1 and self.sense is Sense.TRIGGER):
            raise refuse(
                "a rule that triggers has one condition" if self.any_of else "the rule has no condition",
                code="rules.conditions",
                remedy="Write one rule for each condition; only a rule that requires may have alternatives",
                field="any_of",
            )
        if self.unknown is Effect.CAUTION:
            raise refuse(
                "what is unknown would be allowed",
                code="rules.unknown-allowed",
                remedy="Write delay or block: unknown is never allow",
                field="unknown",
            )
        if self.enabled and not self.grade.decides:
            raise refuse(
                f"the grade {self.grade.value} is too weak to decide anything",
                code="rules.grade-too-weak",
                remedy='Write "enabled: false", or decide the rule as the site\'s own ("grade: site")',
                field="grade",
            )
        if self.extrapolated and "extrapolat" not in self.text.lower():
            raise refuse(
                "the rule is extrapolated and its text does not say so",
                code="rules.extrapolated",
                remedy="Say in the text from which drug it is extrapolated",
                field="text",
            )
        if self.effect is Effect.CAUTION and self.override is not Override.NEVER:
            raise refuse(
                "a caution stops nothing and needs no override",
                code="rules.override",
                remedy='Write "override: never"',
                field="override",
            )
        return self

    @cached_property
    def facts(self) -> tuple[str, ...]:
        """Return the names of all facts that the rule reads, those of its condition first."""
        return tuple(dict.fromkeys(c.fact for c in (*self.any_of, *self.when)))

    @cached_property
    def condition_text(self) -> str:
        """Return the condition in words."""
        return " or ".join(condition.text for condition in self.any_of)

    @cached_property
    def threshold(self) -> str:
        """Return the threshold in words; with the facts where there are several."""
        if len(self.any_of) == 1:
            return self.any_of[0].threshold
        return " or ".join(f"{c.fact} {c.threshold}" for c in self.any_of)


# What every file of rules must ask for with an effect of block: (fact, whether a prescriber may override it).
FOUNDATION: Mapping[str, str] = MappingProxyType(
    {
        "basis.kind": "the basis of use",
        "basis.trial_id": "the registration of a trial",
        "basis.allocation_masked": "the masked allocation of a trial",
        "consent.standing": "consent to this version of the protocol",
        "consent.elements": "the elements of consent",
        "indication.primary": "a qualifying disorder",
        "prescriber.credentials": "a qualified prescriber",
        "site.blood_pressure_stop_limits_set": "stop limits of blood pressure",
    }
)


class RuleSet(Value):
    """A clinic's rules.

    Attributes:
        name, version, title: which.
        decided_by, decided_on: who stands for them since when.
        rules: in the order in which they are read to people.
        adequacy: when an earlier treatment counts.
        drugs: what drugs' names mean.
        max_age_source: who says how old a fact may be.
        note: remarks.
    """

    name: RuleId
    version: Annotated[Count, Field(ge=1)]
    title: str
    decided_by: Annotated[str, Field(min_length=1)]
    decided_on: date
    rules: tuple[Rule, ...]
    adequacy: AdequacyRules
    drugs: DrugTable
    max_age_source: Annotated[str, Field(min_length=1)]
    note: str = ""

    @model_validator(mode="after")
    def _check(self) -> Self:
        ids = [rule.id for rule in self.rules]
        for i, id_ in enumerate(ids):
            if id_ in ids[:i]:
                raise refuse(
                    f"the rule {id_} stands there twice",
                    code="rules.twice",
                    remedy="Keep one of them",
                    field=f"rules.{i}.id",
                )
        self._check_not_first_line()
        self._check_foundation()
        self._check_classes()
        return self

    def _check_not_first_line(self) -> None:
        """Refuse rules under which ketamine could be the first treatment."""
        kept = []
        for i, rule in enumerate(self.rules):
            for condition in (c for c in rule.any_of if c.fact == "treatment.adequate_failures"):
                counts = condition.operator is Operator.COUNT_AT_LEAST and rule.sense is Sense.REQUIRE
                if not counts or condition.value == 0 or len(rule.any_of) > 1 or rule.when:
                    raise refuse(
                        f"{rule.id} would let a person be treated without an adequate treatment that failed",
                        code="rules.first-line",
                        remedy="Require count_at_least 1 or more, alone and always: ketamine is not first-line",
                        field=f"rules.{i}",
                    )
                if rule.enabled and rule.effect is Effect.BLOCK:
                    kept.append(rule)
        if not any(rule.override is Override.NEVER for rule in kept):
            raise refuse(
                "no rule that cannot be overridden asks for an adequate treatment that failed",
                code="rules.first-line",
                remedy='Add a rule over treatment.adequate_failures with "effect: block" and "override: never"',
                field="rules",
            )

    def _check_foundation(self) -> None:
        firm = {
            condition.fact
            for rule in self.rules
            if rule.enabled
            and rule.effect is Effect.BLOCK
            and rule.override is Override.NEVER
            and rule.sense is Sense.REQUIRE
            for condition in rule.any_of
        }
        for fact, what in FOUNDATION.items():
            if fact not in firm:
                raise refuse(
                    f"no rule requires {what}",
                    code="rules.foundation-missing",
                    remedy=f'Add an enabled rule that requires {fact}, with "effect: block" and "override: never"',
                    field="rules",
                )

    def _check_classes(self) -> None:
        known = self.drugs.classes
        for i, rule in enumerate(self.rules):
            for condition in (*rule.any_of, *rule.when):
                if condition.fact != "medication.classes" or not isinstance(condition.value, tuple):
                    continue
                if unknown := [name for name in condition.value if name not in known]:
                    raise refuse(
                        f"no drug of the table belongs to {unknown[0]}",
                        code="rules.class-unknown",
                        remedy=f"Use {', '.join(sorted(known))}",
                        field=f"rules.{i}",
                    )
        for i, limit in enumerate(self.adequacy.drug_classes):
            if limit.drug_class not in known:
                raise refuse(
                    f"no drug of the table belongs to {limit.drug_class}",
                    code="rules.class-unknown",
                    remedy=f"Use {', '.join(sorted(known))}",
                    field=f"adequacy.drug_classes.{i}",
                )

    def rule(self, id_: str) -> Rule:
        """Return the rule of an id. Raises KeyError where there is none."""
        return self._by_id[id_]

    @cached_property
    def _by_id(self) -> Mapping[str, Rule]:
        return MappingProxyType({rule.id: rule for rule in self.rules})

    @property
    def label(self) -> str:
        """Return name and version, such as ``ketamine-anxiety/1``."""
        return f"{self.name}/{self.version}"

    @cached_property
    def rules_hash(self) -> str:
        """Return 16 hexadecimal digits of the SHA-256 of everything that the rules say."""
        canonical = json.dumps(
            self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=False
        )
        return hashlib.sha256(canonical.encode()).hexdigest()[:16]
