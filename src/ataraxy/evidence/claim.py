"""What a row says without a number, in a form that a simulation can be held against.

A claim is read by a person, once, and stands as data: in ``trial_claims.yaml`` for the rows that ship with the
package, in the fields ``direction`` and ``order`` of the row itself elsewhere. Text is never interpreted at run time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ataraxy.evidence.arm import Arm
from ataraxy.evidence.cells import read_text
from ataraxy.evidence.comparison import Comparison, read_comparison
from ataraxy.evidence.fields import Fields, Number
from ataraxy.evidence.reading import Reading

ClaimKind = Literal["direction", "order", "resolved", "attenuation"]
Direction = Literal["lower", "higher", "none"]
Basis = Literal["in the row", "read by hand"]


@dataclass(frozen=True, slots=True)
class Claim:
    """One statement about arms.

    Attributes:
        kind: ``direction``: the first of `sides` against the second, or against its own baseline where there is one
            side only. ``order``: the size of the effect grows along `sides`. ``resolved``: back at baseline by
            `by_h`. ``attenuation``: smaller in the last session than in the first.
        direction: of the printed reading (score, blood pressure): ``lower``, ``higher`` or ``none`` (no difference).
        sides: groups of arms; each is pooled.
        relations: for an order, ``<`` or ``<=`` between neighbours of `sides`.
        by_h: hours from the dose, for ``resolved``.
        points: when, in hours from the first dose, where it is not the time of the row; empty else.
        basis: whether the row itself carries it or it was read by hand.
        note: on what ground it was read so.
    """

    kind: ClaimKind
    direction: Direction | None
    sides: tuple[tuple[Arm, ...], ...]
    relations: tuple[Literal["<", "<="], ...]
    by_h: float | None
    points: tuple[Number, ...]
    basis: Basis
    note: str

    @property
    def text(self) -> str:
        """Return the claim in words, such as ``ket_0.5 lower than midazolam``."""
        names = [" and ".join(arm.id for arm in side) for side in self.sides]
        if self.kind == "order":
            rest = (f"{sign} {name}" for sign, name in zip(self.relations, names[1:], strict=True))
            return "effect " + " ".join([names[0], *rest])
        if self.kind == "resolved":
            return f"{names[0]} back at baseline by {self.by_h:g} h"
        if self.kind == "attenuation":
            return f"{names[0]} less in the last session than in the first"
        if self.direction == "none":
            return f"{' and '.join(names)} not different" if len(names) > 1 else f"{names[0]} unchanged"
        return f"{names[0]} {self.direction} than {names[1] if len(names) > 1 else 'its baseline'}"


def read_claims(
    content: Mapping[str, Any], comparison: Comparison, declared: Mapping[str, Arm], reading: Reading | None
) -> tuple[tuple[Claim, ...], tuple[str, ...]]:
    """Return the claims of a row, and what is wrong with those that it carries itself, a phrase each."""
    claims: list[Claim] = []
    problems: list[str] = []
    sources: list[tuple[Mapping[str, Any], Basis]] = []
    if "direction" in content or "order" in content:
        sources.append((content, "in the row"))
    elif reading is not None:
        sources += [(item, "read by hand") for item in reading.claims]
    for item, basis in sources:
        read, wrong = _claims_of(item, comparison, declared, basis)
        claims += read
        problems += wrong
    return tuple(claims), tuple(problems)


def arms_of(claims: Sequence[Claim]) -> tuple[Arm, ...]:
    """Return the arms that claims are about, each once."""
    return tuple(dict.fromkeys(arm for claim in claims for side in claim.sides for arm in side))


def _claims_of(
    item: Mapping[str, Any], comparison: Comparison, declared: Mapping[str, Arm], basis: Basis
) -> tuple[list[Claim], list[str]]:
    fields = Fields(item)
    by_hand = basis == "read by hand"
    if by_hand and fields.text("arm"):
        comparison = read_comparison(fields.text("arm"), declared)
    points = tuple(Number(time, time) for time in fields.numbers("claim_time_h")) if by_hand else ()
    note = fields.text("claim_note") if by_hand else ""
    claims: list[Claim] = []
    problems: list[str] = list(comparison.reasons) if "direction" in item else []

    def add(kind: ClaimKind, sides: tuple[tuple[Arm, ...], ...], **more: Any) -> None:
        values: dict[str, Any] = {"direction": None, "relations": (), "by_h": None, **more}
        claims.append(Claim(kind=kind, sides=sides, points=points, basis=basis, note=note, **values))

    sides = (comparison.arms, comparison.against) if comparison.against else (comparison.arms,)
    if "direction" in item:
        word = read_text(item["direction"]).lower()
        # YAML reads a bare "no" as false; "none" stays a word, and an empty field says nothing.
        if word not in ("lower", "higher", "none"):
            problems.append(f"direction {word!r} is not lower, higher or none")
        elif not comparison.arms:
            problems.append("a direction without an arm")
        elif word == "none" and not comparison.against and len(comparison.arms) > 1:
            add("direction", tuple((arm,) for arm in comparison.arms), direction=word)
        else:
            add("direction", sides, direction=word)
    if "order" in item:
        order = _order(item["order"], declared)
        if isinstance(order, str):
            problems.append(order)
        else:
            add("order", order[0], relations=order[1])
    if by_hand and "resolved_by_h" in item:
        add("resolved", (comparison.arms,), by_h=fields.number("resolved_by_h", low=0.0))
    if by_hand and item.get("attenuates"):
        add("attenuation", (comparison.arms,), direction="lower")
    return claims, problems + fields.problems


def _order(
    content: Any, declared: Mapping[str, Arm]
) -> tuple[tuple[tuple[Arm, ...], ...], tuple[Literal["<", "<="], ...]] | str:
    """Return the arms and the signs between them, or what is wrong."""
    words = content if isinstance(content, list) else re.split(r"\s*(<=|<)\s*", read_text(content))
    sides: list[tuple[Arm, ...]] = []
    signs: list[Literal["<", "<="]] = []
    for word in (read_text(item) for item in words):
        if word == "<" or word == "<=":
            if len(signs) != len(sides) - 1:
                return "order: a sign does not stand between two arms"
            signs.append("<" if word == "<" else "<=")
            continue
        if len(signs) == len(sides) - 1 and sides:
            signs.append("<")
        named = read_comparison(word, declared) if word else None
        if named is None or named.reasons or named.against:
            return f"order: {word!r} is not one of the entry's arms"
        sides.append(named.arms)
    if len(sides) < 2 or len(signs) != len(sides) - 1:
        return "order does not hold two arms"
    return tuple(sides), tuple(signs)
