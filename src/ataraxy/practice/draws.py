"""What became of drawn drug: given, wasted and put back, witnessed at once; and which places keep a register."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from threading import Lock
from typing import Final
from weakref import WeakKeyDictionary

import sqlalchemy as sa

from ataraxy.practice.aggregate import REGISTER
from ataraxy.practice.beginnings import begins_with
from ataraxy.practice.practice import Done, Practice, Step
from ataraxy.record.schema import ENTRY
from ataraxy.record.store import Record
from ataraxy.therapy import drug_register_decide as decide
from ataraxy.therapy.actor import Actor
from ataraxy.therapy.drug_register import Draw, Register, evolve_register
from ataraxy.therapy.drug_register_events import Event
from ataraxy.therapy.exact import plain
from ataraxy.therapy.refusal import Refusal


@dataclass(frozen=True, slots=True)
class OpenDraw:
    """Drug that was drawn for a session and is not accounted for."""

    location: str
    draw: Draw


# Places that began until an entry, by record: none is ever taken away, so only what came since is looked through.
_places: Final[WeakKeyDictionary[Record, tuple[int, frozenset[str]]]] = WeakKeyDictionary()
_guard: Final = Lock()


def locations(practice: Practice) -> tuple[str, ...]:
    """Return the places that keep a register, in the order of their names."""
    prefix = REGISTER.stream("")
    with _guard:
        seen, known = _places.get(practice.record, (0, frozenset()))
    begun = (
        sa.select(ENTRY.c.stream)
        .where(ENTRY.c.seq > seen)
        .where(ENTRY.c.version == 1)
        .where(begins_with(practice.record.engine, ENTRY.c.stream, prefix))
    )
    with practice.record.reading() as connection:
        head = connection.scalar(sa.select(sa.func.max(ENTRY.c.seq))) or 0
        known |= {stream.removeprefix(prefix) for stream in connection.scalars(begun)}
    with _guard:
        _places[practice.record] = (head, known)
    return tuple(sorted(known))


def open_draws(practice: Practice, session: str | None = None) -> tuple[OpenDraw, ...]:
    """Return drawn drug that is not accounted for: of one session, or of all."""
    found: list[OpenDraw] = []
    for location in locations(practice):
        register = practice.load(REGISTER, location).state
        if register is not None:
            found.extend(OpenDraw(location, draw) for draw in register.open_draws(session))
    return tuple(found)


def account_for(
    practice: Practice,
    location: str,
    draw_id: str,
    *,
    given: Decimal,
    wasted: Decimal,
    returned: Decimal,
    reason: str,
    by: Actor,
    witness: Actor,
    key: str | None = None,
    at: datetime | None = None,
) -> Done:
    """Record what became of a whole draw, all of it or nothing.

    Raises:
        Refusal: ``register.not-reconciled``: the three do not add up to what is in the draw, by what the message says;
            codes of `ataraxy.therapy.drug_register_decide`.
    """

    def steps() -> Sequence[Step]:
        loaded = practice.load(REGISTER, location)
        register, when = loaded.state, at or practice.now()
        found = None if register is None else register.draw(draw_id)
        if found is not None:
            _refuse_difference(found, given + wasted + returned)
        events: list[Event] = []

        def add(more: Sequence[Event], to: Register | None) -> Register | None:
            for event in more:
                events.append(event)
                to = evolve_register(to, event)
            return to

        # What was given is recorded also where it is nothing: that, too, two people have seen.
        seen = {"actor": by, "witness": witness, "at": when}
        register = add(decide.record_given(register, draw_id, given, **seen), register)  # type: ignore[arg-type]
        if wasted:
            register = add(decide.waste(register, wasted, reason, draw_id=draw_id, **seen), register)  # type: ignore[arg-type]
        if returned:
            add(decide.return_drug(register, returned, reason, draw_id=draw_id, **seen), register)  # type: ignore[arg-type]
        return [Step(REGISTER.stream(location), loaded.version, events)]

    asked = {
        "id": location,
        "draw": draw_id,
        "given": given,
        "wasted": wasted,
        "returned": returned,
        "reason": reason,
        "witness": witness.id,
    }
    return practice.perform(steps, by=by, command="register.account_for", asked=asked, key=key)


def _refuse_difference(draw: Draw, total: Decimal) -> None:
    difference = draw.remaining - total
    if difference:
        word = "are not accounted for" if difference > 0 else "are more than was drawn"
        raise Refusal(
            f"given, wasted and put back add up to {plain(total)} and {plain(draw.remaining)} were drawn: "
            f"{plain(abs(difference))} {word}",
            code="register.not-reconciled",
            remedy="Measure again; where it is really so, count what is left: the difference becomes a discrepancy",
            where=draw.id,
        )
