"""A folder of results that appears whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from ataraxy.errors import AtaraxyError, InputError

# A folder that holds nothing but these was written by us and may be replaced.
OWN_FILES = frozenset(
    (
        "report.html",
        "simulation.json",
        "validation.json",
        "calibration.json",
        "ensemble.csv",
        *(f"{table}.{kind}" for table in ("exposure", "bands", "effects") for kind in ("parquet", "csv")),
    )
)


class ResultFolder:
    """A place for results, checked before a long computation begins.

    Raises:
        InputError: the place is a file, holds something else, or cannot be written to.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            if path.exists() and not path.is_dir():
                raise _refused(path, "is a file", "Name a folder")
            other = (
                next((p.name for p in path.iterdir() if p.name not in OWN_FILES), "") if path.is_dir() else ""
            )
            if other:
                raise _refused(
                    path, f"holds {other}, which Ataraxy did not write", "Name a new or empty folder"
                )
            path.parent.mkdir(parents=True, exist_ok=True)
            if not os.access(path.parent, os.W_OK):
                raise _refused(path, "cannot be written to", "Name another folder")
        except OSError as error:
            raise _refused(path, f"cannot be used: {error.strerror}", "Name another folder") from None

    def write(self, files: Mapping[str, bytes]) -> None:
        """Puts all `files` there, in place of an earlier result.

        Raises:
            AtaraxyError: the disk refused; the folder is as it was before.
        """
        work = None
        try:
            work = Path(tempfile.mkdtemp(prefix=f".{self.path.name}.", dir=self.path.parent))
            new = work / "new"
            new.mkdir()
            for name, content in files.items():
                with (new / name).open("wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
            if self.path.exists():
                os.rename(self.path, work / "old")
            try:
                os.rename(new, self.path)
            except OSError:
                if (work / "old").exists():
                    os.rename(work / "old", self.path)
                raise
        except OSError as error:
            raise AtaraxyError(
                f"the result could not be written: {error.strerror}",
                code="folder.not-written",
                remedy="Make room or name another folder; nothing was changed",
                where=str(self.path),
            ) from None
        finally:
            if work is not None:
                shutil.rmtree(work, ignore_errors=True)


def _refused(path: Path, problem: str, remedy: str) -> InputError:
    return InputError(f"the folder {problem}", code="folder.refused", remedy=remedy, where=str(path))
