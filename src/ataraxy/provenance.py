"""Where a result comes from: everything that is needed to compute it again.

A `Provenance` travels with every result and is printed in every report. It holds no host name, and it does not read
the clock: the time is an argument, so that the same inputs give the same bytes.
"""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from ataraxy.errors import InputError

SCHEMA = "ataraxy.provenance/1"
NUMERICAL_PACKAGES = ("numpy", "scipy", "llvmlite")


@dataclass(frozen=True, slots=True)
class Provenance:
    """What produced a result.

    Attributes:
        ataraxy_version: version of this package.
        python_version: for example ``3.11.7``.
        platform: operating system, its release and the processor's architecture; never a host name.
        packages: (name, version) of the packages that the numbers depend on, in alphabetical order.
        model_name: name of the model, such as ``otto-2021``.
        model_hash: SHA-256 of the model's description and parameters, in hexadecimal.
        data_hash: SHA-256 of the input data, empty where a result has none (see `content_hash`).
        seed: seed of the random numbers, None where none were drawn.
        solver: name of the solver that ran, such as ``reference``.
        rtol: relative tolerance of the integration, without unit; None where nothing was integrated.
        command: the command or call as the user wrote it.
        time_utc: when the result was made, ISO 8601 in UTC to the second, such as ``2026-11-22T09:30:00Z``.
    """

    ataraxy_version: str
    python_version: str
    platform: str
    packages: tuple[tuple[str, str], ...]
    model_name: str
    model_hash: str
    data_hash: str
    seed: int | None
    solver: str
    rtol: float | None
    command: str
    time_utc: str

    def to_json(self) -> dict[str, Any]:
        """Return a dictionary of plain JSON values, keys in a fixed order, with the schema's name first."""
        return {
            "schema": SCHEMA,
            "ataraxy": self.ataraxy_version,
            "python": self.python_version,
            "platform": self.platform,
            "packages": dict(self.packages),
            "model": {"name": self.model_name, "sha256": self.model_hash},
            "data_sha256": self.data_hash,
            "seed": self.seed,
            "solver": self.solver,
            "rtol": self.rtol,
            "command": self.command,
            "time_utc": self.time_utc,
        }


def record_provenance(
    *,
    time: datetime,
    command: str,
    model_name: str,
    model_hash: str,
    data_hash: str = "",
    seed: int | None = None,
    solver: str = "",
    rtol: float | None = None,
) -> Provenance:
    """Return the provenance of a result that this process made at `time`.

    Versions and platform are read from the running interpreter, the rest is passed in.

    Raises:
        InputError: `time` is not in UTC (``provenance.time-not-utc``).
    """
    return Provenance(
        ataraxy_version=version("ataraxy"),
        python_version=platform.python_version(),
        platform=" ".join((platform.system(), platform.release(), platform.machine())),
        packages=tuple((name, _installed_version(name)) for name in sorted(NUMERICAL_PACKAGES)),
        model_name=model_name,
        model_hash=model_hash,
        data_hash=data_hash,
        seed=seed,
        solver=solver,
        rtol=rtol,
        command=command,
        time_utc=_utc_text(time),
    )


def content_hash(parts: Mapping[str, bytes]) -> str:
    """Return the SHA-256 of named contents, in hexadecimal; the order of the names makes no difference.

    Names and contents are hashed one by one first, so that moving bytes from one part to the next changes the
    result.
    """
    whole = hashlib.sha256()
    for name in sorted(parts):
        whole.update(hashlib.sha256(name.encode()).digest())
        whole.update(hashlib.sha256(parts[name]).digest())
    return whole.hexdigest()


def _installed_version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _utc_text(time: datetime) -> str:
    if time.utcoffset() != timedelta(0):
        raise InputError(
            f"the time {time.isoformat()} is not in UTC",
            code="provenance.time-not-utc",
            remedy="Pass a time that carries the UTC time zone, such as datetime.now(UTC)",
        )
    return time.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"
