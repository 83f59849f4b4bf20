"""The register of controlled drug: what came, was drawn, given, wasted and returned, with two people, to the last mL.

A fold of entries. Each container has a running balance, and so has each draw. At every moment::

    received + found = in containers + in draws + given + wasted + returned

where `found` is what counts found beyond the balance, negative where drug was missing. A count that differs is a
discrepancy. It stands for ever: it can be explained, never edited.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from pydantic import Field

from ataraxy.therapy.drug import Basis, Drug
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
)
from ataraxy.therapy.exact import Exact
from ataraxy.therapy.moment import Moment
from ataraxy.therapy.preparation import Vial
from ataraxy.therapy.sensitive import Sensitive
from ataraxy.therapy.value import Value

ZERO = Decimal(0)


class Container(Value):
    """A container and what became of its content, in mL or pieces.

    Attributes:
        vial: the label, as it was received.
        received_at: when.
        drawn, put_back: for and from sessions.
        wasted, returned: straight from the container; `returned` went to the supplier.
        found: counted minus expected, of all counts.
    """

    vial: Vial
    received_at: Moment
    drawn: Exact = ZERO
    put_back: Exact = ZERO
    wasted: Exact = ZERO
    returned: Exact = ZERO
    found: Exact = ZERO

    @property
    def remaining(self) -> Decimal:
        """Return the running balance."""
        return self.vial.content + self.found + self.put_back - self.drawn - self.wasted - self.returned

    @property
    def tally(self) -> Totals:
        """Return what it adds to the sums."""
        return Totals(
            received=self.vial.content,
            found=self.found,
            in_containers=self.remaining,
            wasted=self.wasted,
            returned=self.returned,
        )


class Draw(Value):
    """What was drawn for one session and what became of it.

    Attributes:
        id, container, session: opaque ids.
        at: when it was drawn.
        amount: what was drawn.
        given, wasted, put_back, found: see `Container`.
    """

    id: str
    container: str
    session: str
    at: Moment
    amount: Exact
    given: Exact = ZERO
    wasted: Exact = ZERO
    put_back: Exact = ZERO
    found: Exact = ZERO

    @property
    def remaining(self) -> Decimal:
        """Return what is still in the syringe; a draw is closed when nothing is."""
        return self.amount + self.found - self.given - self.wasted - self.put_back

    @property
    def tally(self) -> Totals:
        """Return what it adds to the sums."""
        return Totals(found=self.found, in_draws=self.remaining, given=self.given, wasted=self.wasted)


class Discrepancy(Value):
    """A count that differed from the balance.

    Attributes:
        id: of the count.
        container, draw: what was counted; one of them.
        amount: counted minus expected; negative is missing.
        at, by, witness: when and by whom it was found.
        explanations: what was said about it, oldest first; none is ever removed.
    """

    id: str
    container: str | None
    draw: str | None
    amount: Exact
    at: Moment
    by: str
    witness: str
    explanations: tuple[Sensitive, ...] = ()


class Totals(Value):
    """Sums over containers and their draws, in mL or pieces."""

    received: Exact = ZERO
    found: Exact = ZERO
    in_containers: Exact = ZERO
    in_draws: Exact = ZERO
    given: Exact = ZERO
    wasted: Exact = ZERO
    returned: Exact = ZERO

    @property
    def unaccounted(self) -> Decimal:
        """Return what has come and is nowhere; zero after every order of entries."""
        gone = self.in_containers + self.in_draws + self.given + self.wasted + self.returned
        return self.received + self.found - gone

    def __add__(self, other: Totals) -> Totals:
        """Return both together."""
        return Totals(**{name: getattr(self, name) + getattr(other, name) for name in Totals.model_fields})

    def __sub__(self, other: Totals) -> Totals:
        """Return these without the other."""
        return Totals(**{name: getattr(self, name) - getattr(other, name) for name in Totals.model_fields})


class Balance(Value):
    """The sums of what may be added up: mL of 10 mg/mL and mL of 50 mg/mL may not."""

    drug: Drug
    strength: Exact
    basis: Basis
    unit: str
    totals: Totals = Totals()

    def holds(self, vial: Vial) -> bool:
        """Return whether the content of a container is added up here."""
        mine = (self.drug, self.strength, self.basis, self.unit)
        return mine == (vial.drug, vial.strength, vial.basis, vial.unit)


class Register(Value):
    """The register of one place.

    Attributes:
        location: the place.
        containers_by_id, draws_by_id: in the order in which they came. A place has tens of thousands after some years,
            and each entry looks up one: neither is searched.
        discrepancies: counts that differed, oldest first.
        counts: ids of all counts.
        irregular: entries that named nothing there is; they moved no drug.
        not_empty, open_draw_ids: ids of containers and draws in which something is left.
        balances: kept with each entry, so that no page adds up years; `totals` adds up anew.
    """

    location: str
    containers_by_id: dict[str, Container] = Field(default_factory=dict)
    draws_by_id: dict[str, Draw] = Field(default_factory=dict)
    discrepancies: tuple[Discrepancy, ...] = ()
    counts: tuple[str, ...] = ()
    irregular: tuple[str, ...] = ()
    not_empty: dict[str, None] = Field(default_factory=dict)
    open_draw_ids: dict[str, None] = Field(default_factory=dict)
    balances: tuple[Balance, ...] = ()

    @property
    def containers(self) -> tuple[Container, ...]:
        """Return all containers that ever came, in that order."""
        return tuple(self.containers_by_id.values())

    @property
    def draws(self) -> tuple[Draw, ...]:
        """Return all draws, in their order."""
        return tuple(self.draws_by_id.values())

    def container(self, container_id: str | None) -> Container | None:
        """Return a container by its id."""
        return None if container_id is None else self.containers_by_id.get(container_id)

    def draw(self, draw_id: str | None) -> Draw | None:
        """Return a draw by its id."""
        return None if draw_id is None else self.draws_by_id.get(draw_id)

    def open_draws(self, session: str | None = None) -> tuple[Draw, ...]:
        """Return the draws, of one session or all, that are not yet accounted for."""
        found = (self.draws_by_id[draw_id] for draw_id in self.open_draw_ids)
        return tuple(d for d in found if session in (None, d.session))

    @property
    def held(self) -> tuple[Container, ...]:
        """Return the containers in which something is left."""
        return tuple(self.containers_by_id[container_id] for container_id in self.not_empty)

    @property
    def unexplained(self) -> tuple[Discrepancy, ...]:
        """Return the discrepancies that nobody has explained."""
        return tuple(d for d in self.discrepancies if not d.explanations)

    def totals(self, *, container: str | None = None, lot: str | None = None) -> Totals:
        """Return the sums of one container, of one lot, or of all, added up anew."""
        kept = [c for c in self.containers if container in (None, c.vial.id) and lot in (None, c.vial.lot)]
        ids = {c.vial.id for c in kept}
        draws = [d for d in self.draws_by_id.values() if d.container in ids]
        places: list[Container | Draw] = [*kept, *draws]
        return sum((place.tally for place in places), Totals())


def evolve_register(register: Register | None, event: Event) -> Register:
    """Return the register after an entry; total over every order of entries."""
    before = register or Register(location=event.location)
    changed = _changed(before, event)
    if changed is None:
        note = (
            f"{event.kind} at {event.at.isoformat()} names nothing in the register, or what is there already"
        )
        return before.model_copy(update={"irregular": (*before.irregular, note)})
    return changed


def fold_register(events: Iterable[Event], register: Register | None = None) -> Register | None:
    """Return the register after many entries; None where there is none."""
    for event in events:
        register = evolve_register(register, event)
    return register


def _changed(register: Register, event: Event) -> Register | None:
    match event:
        case DrugReceived():
            if register.container(event.vial.id) is not None:
                return None
            new = Container(vial=event.vial, received_at=event.at)
            return _with_container(register, new)
        case DrugDrawn():
            if register.draw(event.draw) is not None:
                return None
            taken = _container_plus(register, event.container, drawn=event.amount)
            if taken is None:
                return None
            draw = Draw(
                id=event.draw,
                container=event.container,
                session=event.session,
                at=event.at,
                amount=event.amount,
            )
            return _with_draw(taken, draw)
        case DrugGiven():
            return _draw_plus(register, event.draw, given=event.amount)
        case DrugWasted():
            if event.draw is not None:
                return _draw_plus(register, event.draw, wasted=event.amount)
            return _container_plus(register, event.container, wasted=event.amount)
        case DrugReturned():
            if event.draw is None:
                return _container_plus(register, event.container, returned=event.amount)
            draw_found = register.draw(event.draw)
            if draw_found is None:
                return None
            back = _container_plus(register, draw_found.container, put_back=event.amount)
            return None if back is None else _draw_plus(back, event.draw, put_back=event.amount)
        case DrugCounted():
            return _counted(register, event, event.container, None)
        case DrawCounted():
            return _counted(register, event, None, event.draw)
        case DiscrepancyExplained():
            if all(d.id != event.count for d in register.discrepancies):
                return None
            explained = tuple(
                d.model_copy(update={"explanations": (*d.explanations, event.explanation)})
                if d.id == event.count
                else d
                for d in register.discrepancies
            )
            return register.model_copy(update={"discrepancies": explained})


def _counted(
    register: Register, event: DrugCounted | DrawCounted, container: str | None, draw: str | None
) -> Register | None:
    """A count is held against the balance of the register itself, whatever the entry says was expected."""
    if event.count in register.counts:
        return None
    place = register.container(container) if draw is None else register.draw(draw)
    if place is None:
        return None
    register = register.model_copy(update={"counts": (*register.counts, event.count)})
    amount = event.counted - place.remaining
    if amount == 0:
        return register
    moved = (
        _container_plus(register, container, found=amount)
        if draw is None
        else _draw_plus(register, draw, found=amount)
    )
    assert moved is not None  # the place is there
    found = Discrepancy(
        id=event.count,
        container=container,
        draw=draw,
        amount=amount,
        at=event.at,
        by=event.by,
        witness=event.witness,
    )
    return moved.model_copy(update={"discrepancies": (*moved.discrepancies, found)})


def _container_plus(register: Register, container_id: str | None, **amounts: Decimal) -> Register | None:
    place = register.container(container_id)
    return (
        None if place is None else _with_container(register, place.model_copy(update=_plus(place, amounts)))
    )


def _draw_plus(register: Register, draw_id: str | None, **amounts: Decimal) -> Register | None:
    place = register.draw(draw_id)
    return None if place is None else _with_draw(register, place.model_copy(update=_plus(place, amounts)))


def _with_container(register: Register, new: Container) -> Register:
    before = register.container(new.vial.id)
    return register.model_copy(
        update={
            "containers_by_id": {**register.containers_by_id, new.vial.id: new},
            "not_empty": _kept_if(new.remaining != 0, register.not_empty, new.vial.id),
            "balances": _summed(register, new.vial, before, new),
        }
    )


def _with_draw(register: Register, new: Draw) -> Register:
    before = register.draw(new.id)
    return register.model_copy(
        update={
            "draws_by_id": {**register.draws_by_id, new.id: new},
            "open_draw_ids": _kept_if(new.remaining != 0, register.open_draw_ids, new.id),
            "balances": _summed(register, register.containers_by_id[new.container].vial, before, new),
        }
    )


def _kept_if(kept: bool, ids: dict[str, None], id_: str) -> dict[str, None]:
    if kept:
        return {**ids, id_: None}
    return {other: None for other in ids if other != id_}


def _summed(
    register: Register, vial: Vial, before: Container | Draw | None, after: Container | Draw
) -> tuple[Balance, ...]:
    known = next((balance for balance in register.balances if balance.holds(vial)), None)
    was = Totals() if known is None else known.totals
    now = (was if before is None else was - before.tally) + after.tally
    if known is None:
        new = Balance(drug=vial.drug, strength=vial.strength, basis=vial.basis, unit=vial.unit, totals=now)
        return (*register.balances, new)
    return tuple(
        balance.model_copy(update={"totals": now}) if balance is known else balance
        for balance in register.balances
    )


def _plus(place: Container | Draw, amounts: dict[str, Decimal]) -> dict[str, Any]:
    return {name: getattr(place, name) + amount for name, amount in amounts.items()}
