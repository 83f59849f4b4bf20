"""Ids of simulated things: opaque like real ones, and the same for the same seed."""

from __future__ import annotations

import hashlib


def opaque_id(seed: int, what: str, number: int) -> str:
    """Return 32 hexadecimal digits."""
    return hashlib.sha256(f"ataraxy|{seed}|{what}|{number}".encode()).hexdigest()[:32]
