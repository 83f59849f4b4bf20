"""A drug register line by line, each with the balance of its container after it, as a controlled-drug book shows it."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from threading import Lock
from typing import Final

from ataraxy.practice.aggregate import REGISTER
from ataraxy.practice.practice import Practice
from ataraxy.therapy.drug_register import Register, RegisterWriting
from ataraxy.therapy.drug_register_events import (
    DiscrepancyExplained,
    DrawCounted,
    DrugCounted,
    DrugDrawn,
    DrugGiven,
    DrugReceived,
    DrugReturned,
    DrugWasted,
    Event,
    parse_register_event,
)


@dataclass(frozen=True, slots=True)
class Line:
    """One entry of a register.

    Attributes:
        seq: number of its entry in the record.
        at, recorded_at: when it happened, and when it was written.
        what: ``received``, ``drawn``, ``given``, ``wasted``, ``returned``, ``put back``, ``counted`` or ``explained``.
        container: its id; empty where the entry names none that there is.
        lot: of the container.
        unit: ``mL`` or ``piece``.
        amount: that moved; of a count what was counted, of an explanation None.
        difference: of a count, counted minus expected; 0 elsewhere.
        in_container, in_draw: balances after it; the second None where it is about no draw.
        session: opaque id of the session of the draw; empty where there is none.
        note: what was written with it.
        by, witness: staff ids.
    """

    seq: int
    at: datetime
    recorded_at: datetime
    what: str
    container: str
    lot: str
    unit: str
    amount: Decimal | None
    difference: Decimal
    in_container: Decimal | None
    in_draw: Decimal | None
    session: str
    note: str
    by: str
    witness: str


@dataclass(frozen=True, slots=True)
class _Book:
    """A ledger as far as it was read: nothing in it changes any more, so the next reader reads on from here."""

    seq: int
    register: Register | None
    lines: tuple[Line, ...]


# Of a few places each; by record, so that two clinics in one process keep theirs apart.
_KEPT: Final = 32
_books: OrderedDict[tuple[str, str], _Book] = OrderedDict()
_guard: Final = Lock()


def ledger(practice: Practice, location: str) -> tuple[Line, ...]:
    """Return every entry of the register of a place, the oldest first; empty where there is none."""
    name = (str(practice.record.engine.url), location)
    with _guard:
        book = _books.get(name, _Book(0, None, ()))
    book = _read_on(practice, location, book)
    with _guard:
        _books[name] = book
        _books.move_to_end(name)
        while len(_books) > _KEPT:
            _books.popitem(last=False)
    return book.lines


def _read_on(practice: Practice, location: str, book: _Book) -> _Book:
    stream = REGISTER.stream(location)
    entries = list(practice.record.entries(stream, after=book.seq))
    if not entries:
        return book
    lines, register = list(book.lines), RegisterWriting.on(book.register, location)
    with practice.record.reading() as connection:
        for entry in entries:
            if entry.kind not in REGISTER.kinds:
                continue
            payload = entry.payload
            if practice.record.keys is not None:
                payload = practice.record.keys.open_payload(connection, stream=stream, payload=payload)
            event = parse_register_event(entry.kind, dict(payload))
            container, draw, amount = _moved(event)
            place = register.draws.get(draw or "") or register.containers.get(container or "")
            expected = None if place is None else place.remaining
            register.enter(event)
            lines.append(_line(entry.seq, entry.recorded_at, event, amount, expected, register))
    return _Book(entries[-1].seq, register.register(), tuple(lines))


def _line(
    seq: int,
    recorded_at: datetime,
    event: Event,
    amount: Decimal | None,
    expected: Decimal | None,
    register: RegisterWriting,
) -> Line:
    container_id, draw_id, _ = _moved(event)
    if isinstance(event, DiscrepancyExplained) and (found := register.discrepancies.get(event.count)):
        container_id, draw_id = found.container, found.draw
    draw = register.draws.get(draw_id or "")
    container = register.containers.get((container_id if draw is None else draw.container) or "")
    difference = Decimal(0)
    if isinstance(event, DrugCounted | DrawCounted) and expected is not None:
        difference = event.counted - expected
    return Line(
        seq=seq,
        at=event.at,
        recorded_at=recorded_at,
        what=_word(event),
        container="" if container is None else container.vial.id,
        lot="" if container is None else container.vial.lot,
        unit="mL" if container is None else container.vial.unit,
        amount=amount,
        difference=difference,
        in_container=None if container is None else container.remaining,
        in_draw=None if draw is None else draw.remaining,
        session="" if draw is None else draw.session,
        note=str(getattr(event, "reason", "") or getattr(event, "explanation", "")),
        by=event.by,
        witness=event.witness,
    )


def _moved(event: Event) -> tuple[str | None, str | None, Decimal | None]:
    match event:
        case DrugReceived():
            return event.vial.id, None, event.vial.content
        case DrugDrawn():
            return event.container, event.draw, event.amount
        case DrugGiven():
            return None, event.draw, event.amount
        case DrugWasted() | DrugReturned():
            return event.container, event.draw, event.amount
        case DrugCounted():
            return event.container, None, event.counted
        case DrawCounted():
            return None, event.draw, event.counted
        case DiscrepancyExplained():
            return None, None, None


def _word(event: Event) -> str:
    match event:
        case DrugReturned():
            return "put back" if event.draw is not None else "returned"
        case DrawCounted():
            return "counted"
        case _:
            return str(event.kind).rpartition(".")[2]
