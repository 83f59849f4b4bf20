"""Signatures of a clinic: what somebody meant about one entry, after they have shown anew who they are."""

from __future__ import annotations

from ataraxy.practice.practice import Practice
from ataraxy.record.signature import Meaning, Signature, sign
from ataraxy.therapy.actor import Actor


def sign_entry(
    practice: Practice,
    seq: int,
    *,
    meaning: Meaning,
    statement: str,
    by: Actor,
    authenticated_by: str,
) -> Signature:
    """Put a signature to an entry, bound to its hash.

    Args:
        practice: where it is recorded.
        seq: number of the entry.
        meaning: from the closed list.
        statement: the words that were shown; they identify nobody.
        by: who signs, as they have just shown.
        authenticated_by: how, such as ``PIN``.

    Raises:
        InputError: as `ataraxy.record.signature.sign` does.
    """
    role = ", ".join(sorted(role.label for role in by.roles)) or "no role"
    return sign(
        practice.record,
        seq,
        meaning=meaning,
        statement=statement,
        signer=by.id,
        role=role,
        authenticated_by=authenticated_by,
        at=practice.now(),
    )
