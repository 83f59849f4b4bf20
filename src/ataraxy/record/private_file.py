"""Files of the record: they appear whole or not at all, are on the disk when the call returns, and are the owner's."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from ataraxy.errors import AtaraxyError, InputError

OWNER_ONLY = 0o600


def write_private(path: Path, content: bytes, *, replace: bool = True) -> None:
    """Write a file that its owner alone may read; until all of it is on the disk, an old one stays.

    Args:
        replace: whether a file of that name may be replaced.

    Raises:
        InputError: a file is in the way (``file.exists``), or the place is a directory (``file.not-written``).
        AtaraxyError: the disk refused (``file.not-written``). Nothing was changed.
    """
    with writing_private(path, replace=replace) as file:
        file.write(content)


@contextlib.contextmanager
def writing_private(path: Path, *, replace: bool = False) -> Iterator[BinaryIO]:
    """Give a file to write to, which appears under its name when the block ends well. Raises as `write_private`."""
    refuse_directory(path)
    work = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}")
    try:
        if not replace and os.path.lexists(path):
            raise FileExistsError
        descriptor = os.open(work, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
        with open(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if replace:
            os.replace(work, path)
        else:
            os.link(work, path)  # refuses an existing name, in one step
        sync_folder(path.parent)
    except FileExistsError:
        raise InputError(
            "a file of that name exists", code="file.exists", remedy="Name another place", where=str(path)
        ) from None
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


def refuse_directory(path: Path) -> None:
    """Refuse a directory where a file is to be written; one such as ``.`` has not even a name.

    Raises:
        InputError: ``file.not-written``.
    """
    if not path.name or path.is_dir():
        raise InputError(
            "this is a directory",
            code="file.not-written",
            remedy="Name a file; nothing was changed",
            where=str(path),
        )


def sync_folder(folder: Path) -> None:
    """Put the names in a folder on the disk, so that a file renamed into it survives loss of power."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
