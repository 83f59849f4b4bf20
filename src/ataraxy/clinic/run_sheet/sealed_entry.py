"""What a tablet sealed for its author: ephemeral ECDH on P-256, HKDF-SHA-256, AES-256-GCM.

The tablet holds public keys only. An author's private key is derived from the clinic's queue secret when an entry of
theirs arrives, so that nothing needs to be stored for it and a lost tablet can be read by nobody. The other half is
`static/runsheet/seal.ts`.
"""

from __future__ import annotations

import base64
import binascii
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import BaseModel, ConfigDict, Field

from ataraxy.errors import InputError

# Order of P-256 (SEC 2, version 2.0, section 2.4.2).
_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_LARGEST = 64 * 1024


class SealedEntry(BaseModel):
    """As the tablet sends it; all parts base64."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    v: int = Field(ge=1, le=1)
    epk: str = Field(max_length=128)
    iv: str = Field(max_length=32)
    ct: str = Field(max_length=_LARGEST)


def entry_context(*, key: str, session: str, author: str, occurred_at: str) -> str:
    """What an entry is bound to: none of it can be changed without the seal breaking."""
    return "|".join(("ataraxy-queue-1", key, session, author, occurred_at))


def private_key(secret: bytes, author: str) -> ec.EllipticCurvePrivateKey:
    """The key of one author. `secret`: at least 32 random bytes, from a file outside the database."""
    if len(secret) < 32:
        raise InputError(
            f"the queue secret has {len(secret)} bytes",
            code="run_sheet.secret",
            remedy="Use at least 32 random bytes",
            where="run sheet",
        )
    # 48 bytes reduced modulo the order: a bias below 2**-128.
    derived = HKDF(hashes.SHA256(), 48, salt=None, info=b"ataraxy-queue-author|" + author.encode()).derive(
        secret
    )
    return ec.derive_private_key(int.from_bytes(derived) % (_ORDER - 1) + 1, ec.SECP256R1())


def public_key(secret: bytes, author: str) -> str:
    """Base64 of the uncompressed point, as browsers import it."""
    point = private_key(secret, author).public_key()
    encoded = point.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    return base64.b64encode(encoded).decode()


def open_entry(secret: bytes, author: str, sealed: SealedEntry, context: str) -> str:
    """What the author charted.

    Raises:
        InputError: ``run_sheet.seal``: damaged, sealed for another author, or moved from another entry.
    """
    try:
        point = base64.b64decode(sealed.epk, validate=True)
        theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        shared = private_key(secret, author).exchange(ec.ECDH(), theirs)
        key = HKDF(hashes.SHA256(), 32, salt=point, info=context.encode()).derive(shared)
        iv = base64.b64decode(sealed.iv, validate=True)
        text = base64.b64decode(sealed.ct, validate=True)
        return AESGCM(key).decrypt(iv, text, context.encode()).decode()
    except (ValueError, binascii.Error, InvalidTag) as error:
        raise InputError(
            "the entry cannot be opened: it is damaged, or was sealed for somebody else",
            code="run_sheet.seal",
            remedy="Chart it again from the paper note",
            where="run sheet",
        ) from error
