"""The master key: it wraps every patient's key, and lives in a file outside the database.

The file is JSON, 600, and holds either the key itself or the key sealed under a passphrase (scrypt). Neither the key
nor the passphrase appears in an error, a log line or the text form of the value.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from ataraxy.errors import InputError
from ataraxy.record.private_file import write_private

FORMAT = "ataraxy.master-key/1"
KEY_BYTES = 32
NONCE_BYTES = 12
# 2^17 blocks of 1 KiB: 128 MiB and about half a second, once per start (OWASP's recommendation for scrypt).
SCRYPT_N, SCRYPT_R, SCRYPT_P = 2**17, 8, 1
# What a file may ask for: a forged one must not exhaust the memory.
SCRYPT_MOST = 2**20


class WrongMasterKey(InputError):
    """A wrapped key does not open: another master key wrapped it, or it was changed."""


@dataclass(frozen=True)
class MasterKey:
    """A key that wraps keys.

    Attributes:
        id: sixteen hexadecimal digits that tell master keys apart and say nothing about the key.
    """

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) != KEY_BYTES:
            raise InputError(f"a master key has {KEY_BYTES} bytes", code="master-key.format")

    def __reduce__(self) -> Any:
        raise TypeError("a master key is not pickled")

    @property
    def id(self) -> str:
        """Return what tells this master key from others."""
        return hashlib.sha256(b"ataraxy master key id\0" + self.secret).hexdigest()[:16]

    @classmethod
    def fresh(cls) -> MasterKey:
        """Return a new random master key."""
        return cls(secrets.token_bytes(KEY_BYTES))

    def wrap(self, key: bytes, purpose: str) -> bytes:
        """Return a key sealed under this one for one purpose; it opens for no other."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + AESGCM(self.secret).encrypt(nonce, key, _bound(purpose))

    def unwrap(self, wrapped: bytes, purpose: str) -> bytes:
        """Return a key that was wrapped for this purpose.

        Raises:
            WrongMasterKey: it does not open (``master-key.wrong``).
        """
        try:
            return AESGCM(self.secret).decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], _bound(purpose))
        except (InvalidTag, ValueError):
            raise WrongMasterKey(
                f"a wrapped key does not open under master key {self.id}: another key wrapped it or it was changed",
                code="master-key.wrong",
                remedy="Name the master-key file of this database",
            ) from None


def _bound(purpose: str) -> bytes:
    return b"ataraxy wrapped key\0" + purpose.encode()


@contextmanager
def new_master_key(path: Path, *, passphrase: str | None = None) -> Iterator[MasterKey]:
    """Make a master key for what the block makes; where the block fails, no key stays behind. Raises as
    `create_master_key`.
    """
    key = create_master_key(path, passphrase=passphrase)
    try:
        yield key
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def create_master_key(path: Path, *, passphrase: str | None = None) -> MasterKey:
    """Make a new master key and write it to a file of mode 600; an existing file is never replaced.

    Raises:
        AtaraxyError: a file is there (``file.exists``) or the disk refused.
    """
    key = MasterKey.fresh()
    write_private(path, (json.dumps(_document(key, passphrase), indent=1) + "\n").encode(), replace=False)
    return key


def read_master_key(path: Path, *, passphrase: str | None = None) -> MasterKey:
    """Return the master key of a file.

    Raises:
        InputError: no file (``master-key.missing``), others may read it (``master-key.readable``), it is not of the
            format (``master-key.format``), a passphrase is needed (``master-key.passphrase-missing``) or wrong
            (``master-key.passphrase-wrong``).
    """
    return _opened(_read(path), path, passphrase)


def needs_passphrase(path: Path) -> bool:
    """Return whether the master key of a file is sealed under a passphrase. Raises as `read_master_key` does."""
    return "scrypt" in _read(path)


def _document(key: MasterKey, passphrase: str | None) -> dict[str, Any]:
    if passphrase is None:
        return {"format": FORMAT, "id": key.id, "key": base64.b64encode(key.secret).decode()}
    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(NONCE_BYTES)
    outer = _stretched(passphrase, salt, SCRYPT_N, SCRYPT_R, SCRYPT_P)
    box = nonce + AESGCM(outer).encrypt(nonce, key.secret, FORMAT.encode())
    return {
        "format": FORMAT,
        "id": key.id,
        "scrypt": {"n": SCRYPT_N, "r": SCRYPT_R, "p": SCRYPT_P, "salt": base64.b64encode(salt).decode()},
        "box": base64.b64encode(box).decode(),
    }


def _stretched(passphrase: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    return Scrypt(salt=salt, length=KEY_BYTES, n=n, r=r, p=p).derive(passphrase.encode())


def _read(path: Path) -> dict[str, Any]:
    try:
        # one descriptor for the check and the reading: what was checked is what is read
        with open(path, "rb") as file:
            mode = os.fstat(file.fileno())
            if not stat.S_ISREG(mode.st_mode):
                raise _no_file(path, "it is not a file")
            if mode.st_mode & 0o077:
                raise InputError(
                    f"others may read or change the master key (mode {stat.S_IMODE(mode.st_mode):04o})",
                    code="master-key.readable",
                    remedy=f"Run chmod 600 {path.name}, and change the key with rotate-key if others had access",
                    where=str(path),
                )
            content = file.read(65_536)
    except OSError as error:
        raise _no_file(path, error.strerror or "it cannot be read") from None
    try:
        document = json.loads(content)
    except ValueError:
        document = None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise _malformed(path)
    return document


def _opened(document: dict[str, Any], path: Path, passphrase: str | None) -> MasterKey:
    try:
        if "scrypt" not in document:
            key = MasterKey(base64.b64decode(document["key"], validate=True))
        else:
            key = MasterKey(_unsealed(document, path, passphrase))
    except (KeyError, TypeError, binascii.Error, ValueError, OverflowError):
        raise _malformed(path) from None
    except InputError as error:
        raise _malformed(path) if error.code == "master-key.format" else error from None
    if document.get("id") != key.id:
        raise _malformed(path)
    return key


def _unsealed(document: dict[str, Any], path: Path, passphrase: str | None) -> bytes:
    if passphrase is None:
        raise InputError(
            "the master key is sealed under a passphrase and none was given",
            code="master-key.passphrase-missing",
            remedy="Set ATARAXY_PASSPHRASE or type it when asked",
            where=str(path),
        )
    cost = document["scrypt"]
    n, r, p = int(cost["n"]), int(cost["r"]), int(cost["p"])
    if not (1 < n <= SCRYPT_MOST and 1 <= r <= 32 and 1 <= p <= 16):
        raise _malformed(path)
    outer = _stretched(passphrase, base64.b64decode(cost["salt"], validate=True), n, r, p)
    box = base64.b64decode(document["box"], validate=True)
    try:
        return AESGCM(outer).decrypt(box[:NONCE_BYTES], box[NONCE_BYTES:], FORMAT.encode())
    except InvalidTag:
        raise InputError(
            "the passphrase does not open the master key",
            code="master-key.passphrase-wrong",
            remedy="Type it again; nothing can open the key without it",
            where=str(path),
        ) from None


def _no_file(path: Path, why: str) -> InputError:
    return InputError(
        f"there is no master key: {why}",
        code="master-key.missing",
        remedy="Name its file with --key or ATARAXY_MASTER_KEY, or make one with `ataraxy record init`",
        where=str(path),
    )


def _malformed(path: Path) -> InputError:
    return InputError(
        "it is not a master-key file of this program",
        code="master-key.format",
        remedy="Name the file that `ataraxy record init` made, or take it from its safe copy",
        where=str(path),
    )
