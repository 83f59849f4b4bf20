"""A file that appears whole or not at all."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from ataraxy.errors import InputError


def write_whole(path: str | os.PathLike[str], content: bytes) -> None:
    """Writes `content` to `path`, in one step for whoever reads it; an older file stays as it was until then.

    Raises:
        InputError: the file cannot be written there (``file.not-written``); nothing was changed.
    """
    target = Path(os.path.realpath(path))
    temporary = target.with_name(f".{target.name[:100]}.{secrets.token_hex(4)}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with temporary.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(
            f"the file cannot be written: {error.strerror or error}",
            code="file.not-written",
            remedy="Name another file or make room; nothing was changed",
            where=str(path),
        ) from None
