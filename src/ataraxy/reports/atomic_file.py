"""A file that appears whole or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from ataraxy.errors import AtaraxyError


def write_whole(path: Path, content: bytes) -> None:
    """Write a file in place of what was there; until all of it is on the disk, the old one stays.

    Raises:
        AtaraxyError: the disk refused (``file.not-written``); nothing was changed.
    """
    work = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}")
    try:
        # the process's mask decides who may read it, as for any other file
        descriptor = os.open(work, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        with open(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(work, path)
    except OSError as error:
        raise AtaraxyError(
            f"the file could not be written: {error.strerror or error}",
            code="file.not-written",
            remedy="Make room or name another place; nothing was changed",
            where=str(path),
        ) from None
    finally:
        with contextlib.suppress(OSError):
            work.unlink()
