"""A clinic and what it has adopted: rules, policy, protocols, consent forms. Retired ones stay readable."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from ataraxy.therapy.actor import Actor, Role
from ataraxy.therapy.moment import Moment, aware
from ataraxy.therapy.refusal import Refusal
from ataraxy.therapy.value import Count, Value

DocumentType = Literal["rules", "policy", "protocol", "consent_form"]

# Who decides what a clinic works by. Nobody may change what their own work is measured by without these roles.
_MAY_ADOPT: dict[str, frozenset[Role]] = {
    "rules": frozenset({Role.MEDICAL_DIRECTOR}),
    "policy": frozenset({Role.MEDICAL_DIRECTOR}),
    "protocol": frozenset({Role.MEDICAL_DIRECTOR, Role.PRESCRIBER}),
    "consent_form": frozenset({Role.MEDICAL_DIRECTOR, Role.PRESCRIBER}),
}


# Of these a clinic works by one, the last that was adopted; protocols and consent forms stand beside each other.
ONE_OF_A_KIND: frozenset[str] = frozenset({"rules", "policy"})


class Document(Value):
    """A version of a document, as it was adopted.

    Attributes:
        type, name, version: versions of a name count from 1.
        body: JSON.
        sha256: of the canonical JSON of the body.
        adopted_at, adopted_by: since when, by whose decision.
        retired_at, retired_by, reason: None and empty while it is in force.
    """

    type: DocumentType
    name: str
    version: Annotated[Count, Field(ge=1)]
    body: dict[str, Any]
    sha256: str
    adopted_at: Moment
    adopted_by: str
    retired_at: Moment | None = None
    retired_by: str = ""
    reason: str = ""

    @property
    def label(self) -> str:
        """Return name and version, as others cite it."""
        return f"{self.name}/{self.version}"


class SiteDescription(Value):
    """What a clinic says about itself.

    Attributes:
        name: of the clinic.
        time_zone: as in the tz database, such as ``Europe/Berlin``.
        chairs: names of the places where sessions are held.
        crisis_numbers: whom a patient calls, as the clinic writes it; shown before and after every questionnaire.
        setting: where sessions are held, a word of the fact ``site.setting``.
        rems_certified: whether it may give esketamine under the REMS; None where nobody has said.
        retention_years: how long the law asks to keep a patient's record after its last entry.
        simulated: whether all people in it are of the virtual clinic.
    """

    name: str
    time_zone: str = "UTC"
    chairs: tuple[str, ...] = ()
    crisis_numbers: tuple[str, ...]
    setting: Literal["supervised_clinic", "clinic_without_monitoring", "home"] | None = None
    rems_certified: bool | None = None
    retention_years: Annotated[Count, Field(ge=0, le=200)]
    simulated: bool = False


class SiteEvent(Value):
    """What every event of a site carries."""

    at: Moment
    by: str


class SiteDescribed(SiteEvent):
    """The clinic said who it is; a later description replaces it."""

    kind: Literal["site.described"] = "site.described"
    description: SiteDescription


class DocumentAdopted(SiteEvent):
    """A version of a document came into force."""

    kind: Literal["site.document_adopted"] = "site.document_adopted"
    document: Document


class DocumentRetired(SiteEvent):
    """A version of a document is used no more."""

    kind: Literal["site.document_retired"] = "site.document_retired"
    type: DocumentType
    name: str
    version: Annotated[Count, Field(ge=1)]
    reason: str


Event = Annotated[SiteDescribed | DocumentAdopted | DocumentRetired, Field(discriminator="kind")]
_EVENT: TypeAdapter[Event] = TypeAdapter(Event)
KINDS: tuple[str, ...] = ("site.described", "site.document_adopted", "site.document_retired")


class Site(Value):
    """A clinic as it stands: a fold of its events."""

    description: SiteDescription | None = None
    documents: tuple[Document, ...] = ()

    def find(self, type_: DocumentType, name: str, version: int) -> Document | None:
        """Return a version of a document, in force or retired; None where there is none."""
        return next(
            (d for d in self.documents if (d.type, d.name, d.version) == (type_, name, version)), None
        )

    def versions(self, type_: DocumentType, name: str | None = None) -> tuple[Document, ...]:
        """Return all versions of one type, or of one document, in the order in which they were adopted."""
        return tuple(d for d in self.documents if d.type == type_ and name in (None, d.name))

    def in_force(self, type_: DocumentType) -> tuple[Document, ...]:
        """Return the newest version of each document of a type, retired ones left out."""
        newest = {d.name: d for d in self.documents if d.type == type_ and d.retired_at is None}
        return tuple(newest.values())

    def only(self, type_: DocumentType) -> Document:
        """Return the document of a type of which a clinic has one: its rules, its policy.

        Raises:
            Refusal: ``site.none-in-force``: none was adopted, or all are retired.
        """
        found = [d for d in self.documents if d.type == type_ and d.retired_at is None]
        if not found:
            raise Refusal(
                f"the clinic has adopted no {type_.replace('_', ' ')}",
                code="site.none-in-force",
                remedy="The medical director adopts one",
            )
        return found[-1]


def parse_event(kind: str, payload: dict[str, Any]) -> Event:
    """Return the event that a payload of the record holds. Raises Refusal for another kind (``event.unknown-kind``)."""
    if kind not in KINDS:
        raise Refusal(f'"{kind}" is no event of a site', code="event.unknown-kind")
    return _EVENT.validate_python({**payload, "kind": kind})


def evolve(site: Site | None, event: Event) -> Site:
    """Return the site after an event."""
    site = site or Site()
    match event:
        case SiteDescribed():
            return site.model_copy(update={"description": event.description})
        case DocumentAdopted():
            return site.model_copy(update={"documents": (*site.documents, event.document)})
        case DocumentRetired():
            key = (event.type, event.name, event.version)
            change = {"retired_at": event.at, "retired_by": event.by, "reason": event.reason}
            documents = tuple(
                d.model_copy(update=change) if (d.type, d.name, d.version) == key else d
                for d in site.documents
            )
            return site.model_copy(update={"documents": documents})


def body_hash(body: dict[str, Any]) -> str:
    """Return the SHA-256 of a body as canonical JSON, in hexadecimal."""
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def describe(
    site: Site | None, description: SiteDescription, *, actor: Actor, at: datetime
) -> tuple[Event, ...]:
    """Return the event by which a clinic says who it is.

    Raises:
        Refusal: ``role.not-permitted``; ``site.crisis-numbers``: there is none; ``site.simulated``: a clinic of real
            people cannot become one of simulated people, nor the other way round.
    """
    _permit(actor, frozenset({Role.MEDICAL_DIRECTOR, Role.ADMINISTRATOR}), "describe the clinic")
    said = [number for number in description.crisis_numbers if number.strip()]
    if not said or any(not re.search(r"[0-9]{2}", number) for number in said):
        raise Refusal(
            "no crisis number is given" if not said else "a line of the crisis numbers has no number to dial",
            code="site.crisis-numbers",
            remedy="Give at least one number that a patient can call day and night",
        )
    before = None if site is None else site.description
    if before is not None and before.simulated != description.simulated:
        raise Refusal(
            "a clinic of simulated people stays one, and so does a clinic of real people",
            code="site.simulated",
            remedy="Make another clinic in a place of its own",
        )
    return (SiteDescribed(at=aware(at), by=actor.id, description=description),)


def adopt(
    site: Site | None, type_: DocumentType, name: str, body: dict[str, Any], *, actor: Actor, at: datetime
) -> tuple[Event, ...]:
    """Return the event by which the next version of a document comes into force; none where nothing has changed.

    Of rules and policies a clinic has one: adopting an earlier one again puts it back in the place of the other.

    Raises:
        Refusal: ``role.not-permitted``.
    """
    _permit(actor, _MAY_ADOPT[type_], f"adopt a {type_.replace('_', ' ')}")
    earlier = () if site is None else site.versions(type_, name)
    rivals = () if site is None else site.versions(type_, None if type_ in ONE_OF_A_KIND else name)
    held = [document for document in rivals if document.retired_at is None][-1:]
    sha256 = body_hash(body)
    if held and (held[0].name, held[0].sha256) == (name, sha256):
        return ()
    at = aware(at)
    version = max((document.version for document in earlier), default=0) + 1
    document = Document(
        type=type_, name=name, version=version, body=body, sha256=sha256, adopted_at=at, adopted_by=actor.id
    )
    return (DocumentAdopted(at=at, by=actor.id, document=document),)


def retire(
    site: Site | None,
    type_: DocumentType,
    name: str,
    version: int,
    reason: str,
    *,
    actor: Actor,
    at: datetime,
) -> tuple[Event, ...]:
    """Return the event by which a version of a document is used no more. It stays readable.

    Raises:
        Refusal: ``role.not-permitted``, ``site.unknown-document``, ``site.retired-already``, ``site.reason``.
    """
    _permit(actor, _MAY_ADOPT[type_], f"retire a {type_.replace('_', ' ')}")
    found = None if site is None else site.find(type_, name, version)
    if found is None:
        raise Refusal(f"there is no {type_} {name}/{version}", code="site.unknown-document")
    if found.retired_at is not None:
        raise Refusal(f"{found.label} is retired already", code="site.retired-already")
    if not reason.strip():
        raise Refusal("no reason is given", code="site.reason", remedy="Say why it is used no more")
    return (
        DocumentRetired(at=aware(at), by=actor.id, type=type_, name=name, version=version, reason=reason),
    )


def _permit(actor: Actor, roles: frozenset[Role], what: str) -> None:
    if not actor.roles & roles:
        raise Refusal(
            f"{', '.join(sorted(role.label for role in actor.roles)) or 'no role'} may not {what}",
            code="role.not-permitted",
            remedy=f"Ask a {' or a '.join(sorted(role.label for role in roles))}",
            where=actor.id,
        )
