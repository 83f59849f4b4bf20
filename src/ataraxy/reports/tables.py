"""Tidy tables of a result, one row for each thing, as Parquet or CSV."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ataraxy.errors import InputError
from ataraxy.exchange.whole_file import write_whole
from ataraxy.pharmacology.exposure import BAND_QUANTILES, SimulationResult
from ataraxy.trials.outlook import Curve, Outlook

Columns = Mapping[str, npt.NDArray[Any]]
Kind = Literal["parquet", "csv"]


def band_columns(result: SimulationResult) -> dict[str, npt.NDArray[Any]]:
    """Return concentration over time and people: one row for each analyte and time.

    Columns: ``analyte``; ``time_h`` from the start of the protocol; ``p05_ng_per_ml`` to ``p95_ng_per_ml``, the
    percentiles of people.
    """
    names = list(result.bands)
    times = [result.bands[name].times_h for name in names]
    quantiles = [result.bands[name].quantiles for name in names]
    columns: dict[str, npt.NDArray[Any]] = {
        "analyte": np.repeat(np.array(names, dtype=np.str_), [len(t) for t in times]),
        "time_h": np.concatenate([*times, np.empty(0)]),
    }
    for row, quantile in enumerate(BAND_QUANTILES):
        values = np.concatenate([*(q[row] for q in quantiles), np.empty(0)])
        columns[f"p{100 * quantile:02.0f}_ng_per_ml"] = values
    return columns


def outlook_columns(outlook: Outlook) -> dict[str, npt.NDArray[Any]]:
    """Return effects and scores over time: one row for each quantity and time.

    Columns: ``quantity``, such as ``receptor_block_percent`` over the first session, ``plastic_pool`` or ``HAM-A`` over
    the course, and ``HAM-A, control``; ``time_h`` from the first dose; ``median`` of people; ``people_p05`` and
    ``people_p95``; ``median_p05`` and ``median_p95`` over draws of the parameters, empty where there is one draw.
    """
    curves: list[tuple[str, Curve]] = [*outlook.session_curves.items(), ("plastic_pool", outlook.pool)]
    for scale in outlook.scales:
        name = scale.instrument.name
        curves += [(name, scale.curve), (f"{name}, control", scale.control)]
    missing = [np.full((2, len(c.times_h)), np.nan) for _, c in curves]
    doubt = [
        none if c.median_uncertainty is None else c.median_uncertainty
        for (_, c), none in zip(curves, missing, strict=True)
    ]
    return {
        "quantity": np.repeat(np.array([n for n, _ in curves], np.str_), [len(c.times_h) for _, c in curves]),
        "time_h": np.concatenate([c.times_h for _, c in curves]),
        "median": np.concatenate([c.median for _, c in curves]),
        "people_p05": np.concatenate([c.people[0] for _, c in curves]),
        "people_p95": np.concatenate([c.people[1] for _, c in curves]),
        "median_p05": np.concatenate([d[0] for d in doubt]),
        "median_p95": np.concatenate([d[1] for d in doubt]),
    }


def table_bytes(columns: Columns, kind: Kind) -> bytes:
    """Return a table as the content of a file. What is not a number is empty; equal tables give equal bytes.

    Raises:
        InputError: columns of different lengths (``table.ragged``), or another kind (``table.kind``).
    """
    import polars

    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        raise InputError(
            f"columns have {', '.join(f'{n} ({name})' for name, n in lengths.items())} rows",
            code="table.ragged",
            remedy="Give columns of one length",
        )
    if kind not in ("parquet", "csv"):
        raise InputError(f"{kind!r} is no kind of table", code="table.kind", remedy="Use parquet or csv")
    frame = polars.DataFrame(
        [polars.Series(name, _plain(values), nan_to_null=True) for name, values in columns.items()]
    )
    written = io.BytesIO()
    if kind == "csv":
        frame.write_csv(written)
    else:
        frame.write_parquet(written, compression="zstd", statistics=True)
    return written.getvalue()


def write_table(path: Path, columns: Columns) -> None:
    """Write a table; the end of the name, ``.parquet`` or ``.csv``, says which kind.

    Raises:
        InputError: another ending (``table.kind``), or columns of different lengths.
        AtaraxyError: the disk refused; nothing was changed.
    """
    kinds: dict[str, Kind] = {".parquet": "parquet", ".csv": "csv"}
    kind = kinds.get(path.suffix.lower())
    if kind is None:
        raise InputError(
            f"the name ends in {path.suffix!r}",
            code="table.kind",
            remedy="Use a name that ends in .parquet or .csv",
            where=str(path),
        )
    write_whole(path, table_bytes(columns, kind))


def _plain(values: npt.NDArray[Any]) -> Any:
    # polars takes numpy's fixed-width text as objects on some versions: plain lists are safe on all
    return values.tolist() if values.dtype.kind in "USO" else np.ascontiguousarray(values)
