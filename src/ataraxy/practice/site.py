"""A clinic: what it says of itself, and the rules, policies and protocols that it has adopted."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel

from ataraxy.practice.aggregate import SITE
from ataraxy.practice.practice import Done, Practice
from ataraxy.therapy import site as decide
from ataraxy.therapy.actor import Actor
from ataraxy.therapy.protocol import Protocol
from ataraxy.therapy.refusal import Refusal
from ataraxy.therapy.site import Document, DocumentType, Site, SiteDescription
from ataraxy.therapy.site_policy import SitePolicy

# A record belongs to one clinic.
SITE_ID: Final = "main"


def the_site(practice: Practice) -> Site:
    """Return the clinic as it stands; one that has said nothing yet is empty."""
    return practice.load(SITE, SITE_ID).state or Site()


def clinic_time(practice: Practice, at: datetime) -> datetime:
    """Return a moment with the offset of the clinic's wall clock; UTC before the clinic has said where it is."""
    description = the_site(practice).description
    return at.astimezone(UTC if description is None else ZoneInfo(description.time_zone))


def describe_site(
    practice: Practice, description: SiteDescription, *, by: Actor, at: datetime | None = None
) -> Done:
    """Record what the clinic says of itself.

    Raises:
        Refusal: ``site.time-zone``: there is no such zone; as `ataraxy.therapy.site.describe` does.
    """
    if description.time_zone not in available_timezones():
        raise Refusal(
            f'"{description.time_zone}" is no time zone',
            code="site.time-zone",
            remedy="Write one such as Europe/Zurich",
        )
    return _change(
        practice,
        lambda site: decide.describe(site, description, actor=by, at=at or practice.now()),
        by,
        "describe_site",
        {"description": description},
    )


def adopt_policy(practice: Practice, policy: SitePolicy, *, by: Actor, at: datetime | None = None) -> Done:
    """Record that the clinic works by a policy from now on."""
    return adopt(practice, "policy", policy.name, policy.model_dump(mode="json"), by=by, at=at)


def adopt_protocol(practice: Practice, protocol: Protocol, *, by: Actor, at: datetime | None = None) -> Done:
    """Record that the clinic gives a protocol from now on, in this version."""
    return adopt(practice, "protocol", protocol.name, protocol.model_dump(mode="json"), by=by, at=at)


def adopt(
    practice: Practice,
    type_: DocumentType,
    name: str,
    body: dict[str, Any],
    *,
    by: Actor,
    at: datetime | None = None,
) -> Done:
    """Record the next version of a document. Nothing is recorded where it is the same as the one in force."""
    return _change(
        practice,
        lambda site: decide.adopt(site, type_, name, body, actor=by, at=at or practice.now()),
        by,
        "adopt",
        {"type": type_, "name": name, "sha256": decide.body_hash(body)},
    )


def retire(
    practice: Practice,
    type_: DocumentType,
    name: str,
    version: int,
    reason: str,
    *,
    by: Actor,
    at: datetime | None = None,
) -> Done:
    """Record that a version of a document is used no more."""
    return _change(
        practice,
        lambda site: decide.retire(site, type_, name, version, reason, actor=by, at=at or practice.now()),
        by,
        "retire",
        {"type": type_, "name": name, "version": version},
    )


def policy_in_force(practice: Practice) -> SitePolicy:
    """Return the policy that the clinic works by. Raises Refusal where it has adopted none (``site.none-in-force``)."""
    return policy_of(the_site(practice).only("policy"))


def protocol_in_force(practice: Practice, name: str, version: int | None = None) -> tuple[Document, Protocol]:
    """Return a protocol of the clinic: its newest version in force, or the version that is named.

    Raises:
        Refusal: ``site.unknown-document``: the clinic has adopted no such protocol, or has retired it.
    """
    site = the_site(practice)
    if version is not None:
        found = site.find("protocol", name, version)
    else:
        found = next((d for d in site.in_force("protocol") if d.name == name), None)
    if found is None:
        raise Refusal(
            f"the clinic gives no protocol {name}{'' if version is None else f'/{version}'}",
            code="site.unknown-document",
            remedy="Adopt it, or choose one in force",
            where=name,
        )
    return found, protocol_of(found)


def policy_of(document: Document) -> SitePolicy:
    """Return the policy that a document holds."""
    found = _policies.get(document.sha256)
    if found is None:
        found = _policies[document.sha256] = SitePolicy.model_validate_json(json.dumps(document.body))
    return found


def protocol_of(document: Document) -> Protocol:
    """Return the protocol that a document holds."""
    found = _protocols.get(document.sha256)
    if found is None:
        found = _protocols[document.sha256] = Protocol.model_validate_json(json.dumps(document.body))
    return found


# By the hash of their bodies: a clinic has few, and checking one takes longer than a reading may.
_policies: dict[str, SitePolicy] = {}
_protocols: dict[str, Protocol] = {}


def _change(
    practice: Practice,
    decided: Callable[[Site | None], Sequence[BaseModel]],
    by: Actor,
    command: str,
    asked: dict[str, Any],
) -> Done:
    return practice.change(SITE, SITE_ID, decided, by=by, command=command, asked=asked)
