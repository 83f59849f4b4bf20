"""The register of controlled drug: what came, was drawn, given, wasted and returned, with two people, to the last mL.

A fold of entries. Each container has a running balance, and so has each draw. At every moment::

    received + found = in containers + in draws + given + wasted + returned

where `found` is what counts found beyond the balance, negative where drug was missing. A count that differs is a
discrepancy. It stands for ever: it can be explained, never edited.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from decimal import Decimal
from operator import attrgetter
from typing import NamedTuple, Self, TypeAlias, TypeVar

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
    def went_back(self) -> bool:
        """Return whether all of it went to the supplier as it had come."""
        return self.returned == self.vial.content

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


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over containers and their draws, in mL or pieces."""

    received: Decimal = ZERO
    found: Decimal = ZERO
    in_containers: Decimal = ZERO
    in_draws: Decimal = ZERO
    given: Decimal = ZERO
    wasted: Decimal = ZERO
    returned: Decimal = ZERO

    @property
    def unaccounted(self) -> Decimal:
        """Return what has come and is nowhere; zero after every order of entries."""
        gone = self.in_containers + self.in_draws + self.given + self.wasted + self.returned
        return self.received + self.found - gone

    def __add__(self, other: Totals) -> Totals:
        """Return both together."""
        return Totals(*(mine + yours for mine, yours in zip(_parts(self), _parts(other), strict=True)))

    def __sub__(self, other: Totals) -> Totals:
        """Return these without the other."""
        return Totals(*(mine - yours for mine, yours in zip(_parts(self), _parts(other), strict=True)))


_parts = attrgetter(*(one.name for one in fields(Totals)))


class Balance(NamedTuple):
    """The sums of what may be added up: mL of 10 mg/mL and mL of 50 mg/mL may not."""

    drug: Drug
    strength: Decimal
    basis: Basis
    unit: str
    totals: Totals = Totals()


class Register(Value):
    """The register of one place.

    Attributes:
        location: the place.
        containers_by_id, draws_by_id: in the order in which they came. A place has tens of thousands after some years,
            and each entry looks up one: neither is searched.
        discrepancies: counts that differed, oldest first.
        counts: ids of all counts.
        irregular: entries that named nothing there is; they moved no drug.
        lots: the first container of each lot, by its id.
        not_empty, open_draw_ids: ids of containers and draws in which something is left.
        balances: kept with each entry, so that no page adds up years; `totals` adds up anew.
    """

    location: str
    containers_by_id: dict[str, Container] = Field(default_factory=dict)
    draws_by_id: dict[str, Draw] = Field(default_factory=dict)
    discrepancies: tuple[Discrepancy, ...] = ()
    counts: tuple[str, ...] = ()
    irregular: tuple[str, ...] = ()
    lots: dict[str, str] = Field(default_factory=dict)
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

    def label_of_lot(self, lot: str) -> Vial | None:
        """Return the label that containers of a lot have; None where none came, or all went back as they had come."""
        first = self.container(self.lots.get(lot))
        if first is None or not first.went_back:
            return None if first is None else first.vial
        return next((c.vial for c in self.containers if c.vial.lot == lot and not c.went_back), None)

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
    writing = RegisterWriting.on(register, event.location)
    writing.enter(event)
    return writing.register()


def fold_register(register: Register | None, events: Iterable[Event]) -> Register | None:
    """Return the register after many entries; None where there is none. Copies the register once, not with each."""
    writing: RegisterWriting | None = None
    for event in events:
        writing = writing or RegisterWriting.on(register, event.location)
        writing.enter(event)
    return register if writing is None else writing.register()


_Kind: TypeAlias = tuple[Drug, Decimal, Basis, str]


@dataclass(slots=True)
class RegisterWriting:
    """A register while entries are read into it. One reader's own: what others see is the register it ends in."""

    location: str
    containers: dict[str, Container]
    draws: dict[str, Draw]
    discrepancies: dict[str, Discrepancy]
    counts: dict[str, None]
    irregular: list[str]
    lots: dict[str, str]
    not_empty: dict[str, None]
    open_draw_ids: dict[str, None]
    balances: dict[_Kind, Totals]

    @classmethod
    def on(cls, register: Register | None, location: str) -> Self:
        """Go on from a register, which stays as it is."""
        before = register or Register(location=location)
        return cls(
            before.location,
            dict(before.containers_by_id),
            dict(before.draws_by_id),
            {found.id: found for found in before.discrepancies},
            dict.fromkeys(before.counts),
            list(before.irregular),
            dict(before.lots),
            dict(before.not_empty),
            dict(before.open_draw_ids),
            {balance[:4]: balance.totals for balance in before.balances},
        )

    def register(self) -> Register:
        """Return what was read, as a value. It takes the books over: nothing may be entered afterwards."""
        return Register.model_construct(
            location=self.location,
            containers_by_id=self.containers,
            draws_by_id=self.draws,
            discrepancies=tuple(self.discrepancies.values()),
            counts=tuple(self.counts),
            irregular=tuple(self.irregular),
            lots=self.lots,
            not_empty=self.not_empty,
            open_draw_ids=self.open_draw_ids,
            balances=tuple(Balance(*kind, totals) for kind, totals in self.balances.items()),
        )

    def enter(self, event: Event) -> None:
        """Read one entry; what names nothing there is moves no drug and is noted."""
        if not self._entered(event):
            self.irregular.append(
                f"{event.kind} at {event.at.isoformat()} names nothing in the register, or what is there already"
            )

    def _entered(self, event: Event) -> bool:
        match event:
            case DrugReceived():
                if event.vial.id in self.containers:
                    return False
                self.lots.setdefault(event.vial.lot, event.vial.id)
                self._put_container(Container(vial=event.vial, received_at=event.at))
                return True
            case DrugDrawn():
                if event.draw in self.draws or not self._container_plus(event.container, drawn=event.amount):
                    return False
                self._put_draw(
                    Draw(
                        id=event.draw,
                        container=event.container,
                        session=event.session,
                        at=event.at,
                        amount=event.amount,
                    )
                )
                return True
            case DrugGiven():
                return self._draw_plus(event.draw, given=event.amount)
            case DrugWasted():
                if event.draw is not None:
                    return self._draw_plus(event.draw, wasted=event.amount)
                return self._container_plus(event.container, wasted=event.amount)
            case DrugReturned():
                if event.draw is None:
                    return self._container_plus(event.container, returned=event.amount)
                draw = self.draws.get(event.draw)
                return (
                    draw is not None
                    and self._container_plus(draw.container, put_back=event.amount)
                    and self._draw_plus(event.draw, put_back=event.amount)
                )
            case DrugCounted():
                return self._counted(event, event.container, None)
            case DrawCounted():
                return self._counted(event, None, event.draw)
            case DiscrepancyExplained():
                found = self.discrepancies.get(event.count)
                if found is None:
                    return False
                said = (*found.explanations, event.explanation)
                self.discrepancies[event.count] = found.model_copy(update={"explanations": said})
                return True

    def _counted(self, event: DrugCounted | DrawCounted, container: str | None, draw: str | None) -> bool:
        """A count is held against the balance of the register itself, whatever the entry says was expected."""
        if event.count in self.counts:
            return False
        place = self.containers.get(container or "") if draw is None else self.draws.get(draw)
        if place is None:
            return False
        self.counts[event.count] = None
        amount = event.counted - place.remaining
        if amount == 0:
            return True
        if draw is None:
            self._container_plus(container, found=amount)
        else:
            self._draw_plus(draw, found=amount)
        self.discrepancies[event.count] = Discrepancy(
            id=event.count,
            container=container,
            draw=draw,
            amount=amount,
            at=event.at,
            by=event.by,
            witness=event.witness,
        )
        return True

    def _container_plus(self, container_id: str | None, **amounts: Decimal) -> bool:
        place = self.containers.get(container_id or "")
        if place is None:
            return False
        self._put_container(_plus(place, amounts))
        return True

    def _draw_plus(self, draw_id: str | None, **amounts: Decimal) -> bool:
        place = self.draws.get(draw_id or "")
        if place is None:
            return False
        self._put_draw(_plus(place, amounts))
        return True

    def _put_container(self, new: Container) -> None:
        id_ = new.vial.id
        self._sum(new.vial, self.containers.get(id_), new)
        self.containers[id_] = new
        _keep(new.remaining != 0, self.not_empty, id_)

    def _put_draw(self, new: Draw) -> None:
        self._sum(self.containers[new.container].vial, self.draws.get(new.id), new)
        self.draws[new.id] = new
        _keep(new.remaining != 0, self.open_draw_ids, new.id)

    def _sum(self, vial: Vial, before: Container | Draw | None, after: Container | Draw) -> None:
        kind = (vial.drug, vial.strength, vial.basis, vial.unit)
        was = self.balances.get(kind, Totals())
        self.balances[kind] = (was if before is None else was - before.tally) + after.tally


def _keep(kept: bool, ids: dict[str, None], id_: str) -> None:
    if kept:
        ids[id_] = None
    else:
        ids.pop(id_, None)


_Place = TypeVar("_Place", Container, Draw)


def _plus(place: _Place, amounts: dict[str, Decimal]) -> _Place:
    return place.model_copy(update={name: getattr(place, name) + amount for name, amount in amounts.items()})
