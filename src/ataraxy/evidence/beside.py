"""What was published on a protocol's drug and route, the nearest to its dose and its number of sessions first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from ataraxy.evidence.arm import Arm
from ataraxy.evidence.trial import Trial
from ataraxy.therapy.amount import AmountUnit
from ataraxy.therapy.protocol import Protocol

SAME_AMOUNT = 1e-6


class Nearness(StrEnum):
    """How near an arm is to a protocol of the same drug and route, from near to far."""

    COURSE = "course"
    DOSE = "dose"
    OTHER = "other"
    NOT_STATED = "not_stated"

    @property
    def words(self) -> str:
        """Return it for a page."""
        return _WORDS[self]


_WORDS = {
    Nearness.COURSE: "Same dose, same number of sessions",
    Nearness.DOSE: "Same dose",
    Nearness.OTHER: "Other dose",
    Nearness.NOT_STATED: "Dose not stated",
}
_NEAREST_FIRST = tuple(Nearness)


@dataclass(frozen=True, slots=True)
class Beside:
    """One trial beside a protocol: the arms of the protocol's drug and route, and how near the nearest of them is."""

    trial: Trial
    arms: tuple[Arm, ...]
    nearness: Nearness


class _Given(NamedTuple):
    """The smallest and the largest amount of a session, in mg or mg/kg of the protocol's basis."""

    low: float
    high: float
    per: AmountUnit


def trials_beside(trials: Iterable[Trial], protocol: Protocol) -> tuple[Beside, ...]:
    """Return the trials with an arm of the protocol's drug by one of its routes, nearest first; refused ones included.

    A dose is the same where it is every session's, or where the range that was printed holds every session's. A dose
    that a source does not state, and that was assumed by hand, counts as not stated. mg and mg/kg are never the same:
    people differ in weight. Sources seldom say whether they count base or hydrochloride; that is not compared.
    """
    found = []
    for trial in trials:
        arms = tuple(
            arm for arm in trial.arms if arm.kind.drug is protocol.drug and arm.route in protocol.routes
        )
        if arms:
            nearest = min((_nearness(arm, protocol) for arm in arms), key=_NEAREST_FIRST.index)
            found.append(Beside(trial, arms, nearest))
    # sorting is stable: within a nearness the order of the file remains
    return tuple(sorted(found, key=lambda one: _NEAREST_FIRST.index(one.nearness)))


def _nearness(arm: Arm, protocol: Protocol) -> Nearness:
    if arm.dose is None or "dose" in arm.assumed:
        return Nearness.NOT_STATED
    given = _given(protocol)
    if given is None or (given.per == "mg/kg") != arm.dose.per_kg:
        return Nearness.OTHER
    slack = SAME_AMOUNT * given.high
    if not arm.dose.mg.low - slack <= given.low <= given.high <= arm.dose.mg.high + slack:
        return Nearness.OTHER
    stated = arm.sessions_stated and "schedule_days" not in arm.assumed
    same_course = stated and len(arm.sessions_h) == len(protocol.sessions)
    return Nearness.COURSE if same_course else Nearness.DOSE


def _given(protocol: Protocol) -> _Given | None:
    """Return what a session holds; None where mg and mg/kg stand side by side."""
    planned = protocol.planned_doses()
    units = {piece.amount_per for piece in planned}
    if len(units) != 1:
        return None
    totals: dict[int, float] = {}
    for piece in planned:
        totals[piece.session] = totals.get(piece.session, 0.0) + piece.amount
    return _Given(min(totals.values()), max(totals.values()), units.pop())
