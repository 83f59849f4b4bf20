"""Short texts of the accounts database sealed with a key that is not in it (AES-256-GCM, key from the clinic's secret).

Whoever gets hold of the accounts database alone learns no second factor and no reason for opening a chart.
"""

from __future__ import annotations

import base64
import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from ataraxy.errors import InputError


def sealed(text: str, purpose: str) -> str:
    """`text`, sealed for one purpose; opened only with the same purpose."""
    nonce = os.urandom(12)
    box = AESGCM(_key(settings.SECRET_KEY, purpose)).encrypt(nonce, text.encode(), purpose.encode())
    return "v1." + base64.urlsafe_b64encode(nonce + box).decode()


def opened(text: str, purpose: str) -> str:
    """What `sealed` was given. Raises InputError where the secret is another one or the text was changed."""
    try:
        raw = base64.urlsafe_b64decode(text.removeprefix("v1."))
        return (
            AESGCM(_key(settings.SECRET_KEY, purpose)).decrypt(raw[:12], raw[12:], purpose.encode()).decode()
        )
    except (InvalidTag, ValueError) as error:
        raise InputError(
            "a sealed text does not open",
            code="clinic.sealed",
            remedy="Restore keys/secret.key of this database",
        ) from error


@lru_cache(maxsize=8)
def _key(secret: str, purpose: str) -> bytes:
    kdf = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"ataraxy.clinic " + purpose.encode())
    return kdf.derive(secret.encode())
