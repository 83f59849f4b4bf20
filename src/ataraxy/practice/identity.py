"""Who a person is, as it was said each time. A correction names the entry that it puts right; none is overwritten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from ataraxy.practice.aggregate import PERSON
from ataraxy.practice.practice import Done, Practice, Step
from ataraxy.therapy import chart_decide
from ataraxy.therapy.actor import Actor
from ataraxy.therapy.chart_events import PersonIdentified
from ataraxy.therapy.person import Contact, Identifier, Sex
from ataraxy.therapy.refusal import Refusal

KIND = "person.identified"
TELEPHONE = "telephone"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a person is, by one entry.

    Attributes:
        seq: number of the entry.
        at, by: when and by whom it was said.
        name, born, sex, contacts, identifiers: what was said; None or empty where nothing was.
        reason: of a correction.
    """

    seq: int
    at: datetime
    by: str
    name: str
    born: date | None
    sex: Sex
    contacts: tuple[Contact, ...]
    identifiers: tuple[Identifier, ...]
    reason: str


def identities(practice: Practice, person: str) -> tuple[Identity, ...]:
    """Return everything that was said about who a person is, the oldest first; the last counts."""
    found = []
    for entry in practice.record.entries(PERSON.stream(person)):
        if entry.kind != KIND:
            continue
        event = PERSON.read(entry.kind, practice.record.opened(entry))
        assert isinstance(event, PersonIdentified)
        found.append(
            Identity(
                entry.seq,
                event.at,
                event.by,
                event.name,
                event.born,
                event.sex,
                event.contacts,
                event.identifiers,
                event.reason,
            )
        )
    return tuple(found)


def correct_identity(
    practice: Practice,
    person: str,
    *,
    name: str,
    born: date | None,
    sex: Sex,
    telephone: str,
    reason: str,
    by: Actor,
    key: str | None = None,
) -> Done:
    """Put right who a person is. Other contacts and identifiers stay as they are.

    Raises:
        Refusal: ``identity.reason``: none is given; ``identity.same``: nothing is changed; ``identity.unknown``:
            nobody of this id was identified; as `ataraxy.therapy.chart_decide.record` does.
    """
    if not reason.strip():
        raise Refusal("no reason is given", code="identity.reason", remedy="Say why it is changed")

    def steps() -> Sequence[Step]:
        loaded = practice.load(PERSON, person)
        said = identities(practice, person)
        if not said:
            raise Refusal(
                "nobody was identified here", code="identity.unknown", remedy="Refer the person", where=person
            )
        held = said[-1]
        kept = tuple(contact for contact in held.contacts if contact.kind != TELEPHONE)
        contacts = (*((Contact(kind=TELEPHONE, value=telephone),) if telephone else ()), *kept)
        if (name, born, sex, set(contacts)) == (held.name, held.born, held.sex, set(held.contacts)):
            raise Refusal(
                "nothing is changed", code="identity.same", remedy="Change what is wrong", where=person
            )
        event = PersonIdentified(
            person=person,
            at=practice.now(),
            by=by.id,
            name=name,
            born=born,
            sex=sex,
            contacts=contacts,
            identifiers=held.identifiers,
            reason=reason,
        )
        chart = None if loaded.state is None else loaded.state.chart
        events = chart_decide.record(chart, event, actor=by, at=practice.now())
        return [Step(PERSON.stream(person), loaded.version, events, person, corrects=held.seq)]

    asked = {
        "person": person,
        "name": name,
        "born": born,
        "sex": sex.value,
        "telephone": telephone,
        "reason": reason,
    }
    return practice.perform(steps, by=by, command="person.correct_identity", asked=asked, key=key)
