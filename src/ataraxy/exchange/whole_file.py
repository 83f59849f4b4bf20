"""A file that appears whole or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from ataraxy.errors import AtaraxyError, InputError

# what another name mends, and what it does not: a full disk
_PLACE_IS_WRONG = (IsADirectoryError, NotADirectoryError, FileNotFoundError, PermissionError)


def write_whole(path: str | os.PathLike[str], content: bytes, *, make_folder: bool = False) -> None:
    """Write a file in place of what was there; until all of it is on the disk, the old one stays.

    A link is followed: what it points to is replaced. With `make_folder` the folder is made where there is none.

    Raises:
        AtaraxyError: the disk refused (``file.not-written``); nothing was changed. An InputError where the place is
            one that cannot be written to.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        # a device or a pipe must not be replaced by a file, and the root has no name
        raise InputError(
            f"this is {'a directory' if target.is_dir() else 'no ordinary file'}",
            code="file.not-written",
            remedy="Name a file; nothing was changed",
            where=str(path),
        )
    work = target.with_name(f".{target.name[:100]}.{os.getpid()}-{secrets.token_hex(4)}")
    try:
        if make_folder:
            target.parent.mkdir(parents=True, exist_ok=True)
        # the process's mask decides who may read it, as for any other file
        descriptor = os.open(work, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        with open(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(work, target)
    except OSError as error:
        kind = InputError if isinstance(error, _PLACE_IS_WRONG) else AtaraxyError
        raise kind(
            f"the file could not be written: {error.strerror or error}",
            code="file.not-written",
            remedy="Make room or name another place; nothing was changed",
            where=str(path),
        ) from None
    finally:
        with contextlib.suppress(OSError):
            work.unlink()
