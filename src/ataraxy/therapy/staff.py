"""Members of staff: who they are to each other, what they may do, and what qualifies them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from ataraxy.therapy.actor import Actor, Role
from ataraxy.therapy.credential import Credential, Professional
from ataraxy.therapy.moment import Moment, aware
from ataraxy.therapy.refusal import Refusal
from ataraxy.therapy.value import Value


class StaffEvent(Value):
    """What every event of a member of staff carries."""

    staff: str
    at: Moment
    by: str


class StaffJoined(StaffEvent):
    """Somebody joined, or came back."""

    kind: Literal["staff.joined"] = "staff.joined"
    name: Annotated[str, Field(min_length=1, max_length=120)]
    roles: tuple[Role, ...]


class RolesChanged(StaffEvent):
    """Somebody has other roles from now on."""

    kind: Literal["staff.roles_changed"] = "staff.roles_changed"
    roles: tuple[Role, ...]


class CredentialRecorded(StaffEvent):
    """A credential was seen; one of the same kind and issuer replaces it."""

    kind: Literal["staff.credential_recorded"] = "staff.credential_recorded"
    credential: Credential


class StaffLeft(StaffEvent):
    """Somebody left: no roles any more."""

    kind: Literal["staff.left"] = "staff.left"


Event = Annotated[StaffJoined | RolesChanged | CredentialRecorded | StaffLeft, Field(discriminator="kind")]
_EVENT: TypeAdapter[Event] = TypeAdapter(Event)
KINDS: tuple[str, ...] = tuple(event.model_fields["kind"].default for event in StaffEvent.__subclasses__())


class StaffMember(Value):
    """A member of staff as they stand.

    Attributes:
        id: opaque id, the same as of their account.
        name: as colleagues know them; staff are no patients, and their name stands beside what they signed.
        roles: at this moment; empty once they have left.
        credentials: of each kind and issuer the last one recorded.
    """

    id: str
    name: str = ""
    roles: tuple[Role, ...] = ()
    credentials: tuple[Credential, ...] = ()
    active: bool = True

    @property
    def actor(self) -> Actor:
        """Return them as somebody who acts."""
        return Actor(id=self.id, roles=frozenset(self.roles))

    def professional(self, role: Literal["prescriber", "monitor"]) -> Professional:
        """Return them in a role, with what qualifies them."""
        return Professional(id=self.id, role=role, credentials=self.credentials)


def parse_event(kind: str, payload: dict[str, Any]) -> Event:
    """Return the event that a payload of the record holds. Raises Refusal for another kind (``event.unknown-kind``)."""
    if kind not in KINDS:
        raise Refusal(f'"{kind}" is no event of staff', code="event.unknown-kind")
    return _EVENT.validate_python({**payload, "kind": kind})


def evolve(member: StaffMember | None, event: Event) -> StaffMember:
    """Return the member of staff after an event; total over every order of events."""
    member = member or StaffMember(id=event.staff)
    match event:
        case StaffJoined():
            return member.model_copy(update={"name": event.name, "roles": event.roles, "active": True})
        case RolesChanged():
            return member.model_copy(update={"roles": event.roles})
        case CredentialRecorded():
            new = event.credential
            kept = tuple(c for c in member.credentials if (c.kind, c.issuer) != (new.kind, new.issuer))
            return member.model_copy(update={"credentials": (*kept, new)})
        case StaffLeft():
            return member.model_copy(update={"roles": (), "active": False})


def change(
    member: StaffMember | None, event: Event, *, actor: Actor, at: datetime, first: bool = False
) -> tuple[Event, ...]:
    """Return the event where the actor may record it.

    Nobody gives themselves a role: the first member of a clinic comes with the clinic (`first`), everybody else is
    let in by an administrator.

    Raises:
        Refusal: ``role.not-permitted``, ``staff.self``, ``staff.unknown``, ``staff.joined-already``, ``staff.future``,
            ``staff.patient``.
    """
    if not first and Role.ADMINISTRATOR not in actor.roles:
        raise Refusal(
            "only an administrator may change who works here",
            code="role.not-permitted",
            remedy="Ask an administrator",
            where=actor.id,
        )
    if not first and event.staff == actor.id and isinstance(event, StaffJoined | RolesChanged):
        raise Refusal(
            "nobody may change their own roles",
            code="staff.self",
            remedy="Ask another administrator",
            where=actor.id,
        )
    if isinstance(event, StaffJoined | RolesChanged) and Role.PATIENT in event.roles:
        raise Refusal(
            "a patient is no member of staff",
            code="staff.patient",
            remedy="Give the roles that they work in",
            where=event.staff,
        )
    if isinstance(event, StaffJoined):
        if member is not None and member.active:
            raise Refusal("they work here already", code="staff.joined-already", where=event.staff)
    elif member is None or not member.active:
        raise Refusal("nobody of this id works here", code="staff.unknown", where=event.staff)
    if event.at > aware(at):
        raise Refusal("the entry is dated in the future", code="staff.future", remedy="Check the time")
    return (event,)
