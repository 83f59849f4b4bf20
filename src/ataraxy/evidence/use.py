"""What an entry may be used for, and the refusal of those that are retracted or unsound."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from ataraxy.errors import InputError
from ataraxy.evidence.cells import CODE, read_member, read_text

CALIBRATE: Final = "calibrate"
CONTEXT: Final = "context"
DO_NOT_USE: Final = "do_not_use"
NOT_STATED: Final = "not_stated"
_USES: Final[Mapping[str, str]] = {
    "calibrate": CALIBRATE,
    "calibration": CALIBRATE,
    "context": CONTEXT,
    "do_not_use": DO_NOT_USE,
    "donotuse": DO_NOT_USE,
    "do_not": DO_NOT_USE,
    "refuse": DO_NOT_USE,
    "": NOT_STATED,
}
# "not retracted" and "retraction of an earlier version was withdrawn" are not read: one word too many refuses an
# entry, which can be asked for; one too few would let it in.
_RETRACTED = re.compile(r"\b(?:retracted|retraction|withdrawn article)\b", re.IGNORECASE)


class EvidenceRefused(InputError):
    """An entry was asked for that is retracted or unsound, without saying that it is wanted all the same."""


def read_use(content: Any, where: str) -> str:
    """Return ``calibrate``, ``context``, ``do_not_use`` or ``not_stated``.

    Raises:
        InputError: ``evidence.unknown-use``, so that a misspelt ``do_not_use`` never lets an entry through.
    """
    return read_member(content, _USES, where, "use", "unknown-use")


def refusal_of(use: str, content: Mapping[str, Any]) -> str:
    """Return why an entry is refused, empty where it is not: its use, or that its own words call it retracted."""
    why = read_text(content.get("why")) or read_text(content.get("caveats"))
    if use == DO_NOT_USE:
        return why or "marked do_not_use, no reason given"
    marked = content.get("retracted")
    if (
        marked is not None
        and marked is not False
        and read_text(marked).lower() not in ("", "false", "no", "0")
    ):
        return f"marked as retracted{f': {why}' if why else ''}"
    for key in ("citation", "title", "status", "url_status"):
        if _RETRACTED.search(read_text(content.get(key))):
            return f"its {key} says: {read_text(content.get(key))}"
    return ""


def refuse_entry(identity: str, why: str, where: str) -> EvidenceRefused:
    """Return the error ``evidence.refused``."""
    return EvidenceRefused(
        f"the entry {identity!r} is refused: {why}",
        code=f"{CODE}.refused",
        where=where,
        remedy="Ask for refused evidence explicitly to see it all the same",
    )
