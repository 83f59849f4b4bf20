"""Places in JSON documents (JSON Pointer, RFC 6901): reading what is there and putting something else there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def tokens(pointer: str) -> tuple[str, ...]:
    """Return the steps of a pointer such as ``/contacts/0/text``. Raises ValueError where it is not one."""
    if not pointer.startswith("/"):
        raise ValueError(f"{pointer!r} does not start with /")
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in pointer[1:].split("/"))


def replaced(document: Any, steps: tuple[str, ...], change: Any) -> Any:
    """Return a copy of a document where ``change(old)`` stands at a place; the rest is shared, the original stays.

    Raises:
        LookupError: there is no such place.
    """
    if not steps:
        return change(document)
    step, rest = steps[0], steps[1:]
    if isinstance(document, Mapping):
        return {**document, step: replaced(document[step], rest, change)}
    if isinstance(document, list | tuple):
        if not step.isdecimal():
            raise LookupError(step)
        index = int(step)
        return [*document[:index], replaced(document[index], rest, change), *document[index + 1 :]]
    raise LookupError(step)
