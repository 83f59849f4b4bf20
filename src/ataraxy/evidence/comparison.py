"""Which arms a row is of: ``ket_0.5 vs midazolam``, ``ket_0.5|ket_1.0``, ``ket_*``, ``all``, ``esk_lt65``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from ataraxy.evidence.arm import Arm, implied_arm


@dataclass(frozen=True, slots=True)
class Group:
    """A part of the people of an arm.

    Attributes:
        text: as printed, empty for all.
        age_from, age_below: limits of age in years; None where there is none.
    """

    text: str = ""
    age_from: float | None = None
    age_below: float | None = None


EVERYBODY = Group()
_YOUNGEST = 12


@dataclass(frozen=True, slots=True)
class Comparison:
    """The arms of a row.

    Attributes:
        text: as printed.
        arms: pooled where there are several.
        against: those that they are compared with; empty where a number is of `arms` alone.
        group: the part of their people that the row is of.
        flags: what was assumed.
        reasons: why the arms cannot be told; empty if they can.
    """

    text: str
    arms: tuple[Arm, ...]
    against: tuple[Arm, ...]
    group: Group
    flags: tuple[str, ...]
    reasons: tuple[str, ...]

    @property
    def all_arms(self) -> tuple[Arm, ...]:
        """Return both sides, each arm once."""
        return tuple(dict.fromkeys((*self.arms, *self.against)))

    @property
    def clock_arm(self) -> Arm | None:
        """Return the arm whose sessions times are counted by: the first with ketamine, else the first."""
        return next((arm for arm in self.all_arms if arm.is_ketamine), next(iter(self.all_arms), None))


def read_comparison(text: str, declared: Mapping[str, Arm]) -> Comparison:
    """Return the arms that a text names.

    Args:
        text: the field ``arm``; empty means the only arm of a trial that has one.
        declared: arms of the trial by id, in order.
    """
    flags: list[str] = []
    reasons: list[str] = []
    if not text.strip():
        arms = tuple(declared.values())
        if len(arms) == 1:
            return Comparison(text, arms, (), EVERYBODY, ("no arm stated: the only one",), ())
        why = "no arm stated" if arms else "no arm stated, and the entry lists none"
        return Comparison(text, (), (), EVERYBODY, (), (why,))
    if text.strip() in declared:
        return Comparison(text, (declared[text.strip()],), (), EVERYBODY, (), ())
    group = EVERYBODY
    body = text.strip()
    inner = re.fullmatch(r"(.*\S)\s*\(([^()]*)\)", body)
    if inner:
        body, group = inner[1], read_group(inner[2])
    sides = re.split(r"\s+(?:vs\.?|versus)\s+", body)
    if len(sides) > 2:
        return Comparison(text, (), (), group, (), (f"more than two sides are compared ({text})",))
    found: list[tuple[Arm, ...]] = []
    groups: list[Group] = []
    for side in sides:
        arms_of_side: list[Arm] = []
        for token in (part.strip() for part in re.split(r"\||\s+and\s+|,", side)):
            some, its_group = _resolve(token, declared, flags)
            if not some:
                reasons.append(f"the arm {token!r} is not one of the entry's arms")
            arms_of_side += some
            if its_group is not EVERYBODY:
                groups.append(its_group)
        found.append(tuple(dict.fromkeys(arms_of_side)))
    if groups and group is EVERYBODY:
        group = groups[0]
        if any(other != group for other in groups):
            reasons.append("the two sides are of different groups of people")
    return Comparison(
        text=text,
        arms=found[0],
        against=found[1] if len(found) > 1 else (),
        group=group,
        flags=tuple(dict.fromkeys(flags)),
        reasons=tuple(dict.fromkeys(reasons)),
    )


def by_hand_of(arms: Sequence[Arm]) -> tuple[str, ...]:
    """Return what was put into arms by hand, a phrase each: it belongs to every row that they are simulated for."""
    return tuple(f"arm {arm.id}: {arm.by_hand}" for arm in arms if arm.by_hand)


def read_group(text: str) -> Group:
    """Return the group that a text such as ``age>=65``, ``18-64 y`` or ``with anxiety`` names."""
    plain = " ".join(text.lower().split())
    limit = re.search(r"(>=|<=|<|>|≥|≤)\s*(\d+)\s*(?:y\b|years?\b|$)", plain)
    # "(<=1 y)" beside an event is how long it was watched for; nobody here is younger than a youth.
    if limit and (plain.startswith("age") or (limit.start() == 0 and float(limit[2]) >= _YOUNGEST)):
        years = float(limit[2])
        if limit[1] in (">=", "≥"):
            return Group(text, age_from=years)
        if limit[1] == ">":
            return Group(text, age_from=years + 1)
        return Group(text, age_below=years if limit[1] == "<" else years + 1)
    ages = re.search(r"(\d+)\s*(?:-|–|to)\s*(\d+)\s*y", plain)
    if ages:
        return Group(text, age_from=float(ages[1]), age_below=float(ages[2]) + 1)
    return Group(text)


# Suffix of an arm's id -> words, and what is added to the limit: ages are whole years.
_AGES = {"lt": ("below", 0.0), "le": ("to", 1.0), "ge": ("from", 0.0), "gt": ("above", 1.0)}


def _resolve(token: str, declared: Mapping[str, Arm], flags: list[str]) -> tuple[list[Arm], Group]:
    if token in declared:
        return [declared[token]], EVERYBODY
    if token.lower() in ("all", "all arms", "both", "both arms", "overall"):
        return list(declared.values()), EVERYBODY
    if any(sign in token for sign in "*?["):
        return [arm for name, arm in declared.items() if fnmatchcase(name, token)], EVERYBODY
    suffixed = re.fullmatch(r"(.+)_(lt|le|ge|gt)(\d+)", token)
    if suffixed and suffixed[1] in declared:
        word, shift = _AGES[suffixed[2]]
        years = float(suffixed[3])
        text = f"age {word} {years:g}"
        if suffixed[2] in ("lt", "le"):
            group = Group(text, age_below=years + shift)
        else:
            group = Group(text, age_from=years + shift)
        flags.append(f"{token}: arm {suffixed[1]}, {group.text}")
        return [declared[suffixed[1]]], group
    dosed = re.fullmatch(r"(.+)_(\d+(?:\.\d+)?)", token)
    if dosed and dosed[1] in declared:
        arm, amount = declared[dosed[1]], float(dosed[2])
        if arm.dose and arm.dose.mg.low <= amount <= arm.dose.mg.high:
            flags.append(f"{token}: arm {arm.id} at {amount:g} of its range {arm.dose.text}")
            return [arm.at_dose(amount)], EVERYBODY
    members = [arm for name, arm in declared.items() if name.startswith(f"{token}_")]
    if members:
        flags.append(f"{token}: arms {' and '.join(arm.id for arm in members)} together")
        return members, EVERYBODY
    implied = implied_arm(token)
    if implied:
        flags.append(f"{token}: not among the entry's arms")
        return [implied], EVERYBODY
    return [], EVERYBODY
