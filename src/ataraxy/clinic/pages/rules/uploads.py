"""An uploaded document, read: text of a small file to checked values. Nothing of it is kept before it is adopted."""

from __future__ import annotations

import json
from typing import Any, Final, Literal

from ataraxy.errors import InputError
from ataraxy.exchange.policy_file import parse_policy
from ataraxy.exchange.protocol_reader import parse_protocol
from ataraxy.exchange.rules_file import parse_rules
from ataraxy.exchange.yaml_text import MOST_BYTES
from ataraxy.therapy.protocol import Protocol
from ataraxy.therapy.refusal import Refusal
from ataraxy.therapy.rule import RuleSet
from ataraxy.therapy.site_policy import PolicyStatus, SitePolicy

Kind = Literal["rules", "policy", "protocol"]
KINDS: Final[dict[Kind, str]] = {
    "rules": "rules of the gate",
    "policy": "policy of the site",
    "protocol": "protocols of the clinic",
}


def text_of(content: bytes) -> str:
    """Return uploaded bytes as text. Raises InputError where they are too many or no text in UTF-8 (``upload.*``)."""
    if len(content) > MOST_BYTES:
        raise InputError(
            f"the file has more than {MOST_BYTES // 1024} kB",
            code="upload.too-large",
            remedy="Choose the document; they are a few dozen kB long",
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(
            "the file is not text in UTF-8", code="upload.not-text", remedy="Save it as UTF-8 text"
        ) from None
    if "\0" in text:
        raise InputError("the file is binary", code="upload.not-text", remedy="Choose a text file in YAML")
    return text


def read(kind: Kind, text: str) -> tuple[str, dict[str, Any]]:
    """Return name and body of the document that a text describes.

    Raises:
        InputError: it is no such document; the message names line and field. ``upload.example``: a policy that is an
            example, or made for the virtual clinic, where real people are treated.
    """
    # one line end: what a browser sends back has others than the file had
    text = text.replace("\r\n", "\n")
    found: RuleSet | SitePolicy | Protocol
    if kind == "rules":
        found = parse_rules(text, "line")
    elif kind == "policy":
        found = parse_policy(text, "line")
    else:
        found = parse_protocol(text, "line")
    body: dict[str, Any] = json.loads(found.model_dump_json())
    return found.name, body


def check_for_site(policy: SitePolicy, *, simulated: bool) -> None:
    """Raise Refusal for a policy of invented numbers in a clinic of real people (``policy.simulation``)."""
    if policy.status is PolicyStatus.SIMULATION and not simulated:
        raise Refusal(
            "this policy holds invented limits for the virtual clinic",
            code="policy.simulation",
            remedy="Adopt a policy that the clinic has decided",
        )
