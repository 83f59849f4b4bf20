from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import polars
import pytest
from tests.reports import synthetic

from ataraxy.errors import InputError
from ataraxy.reports.tables import Kind, band_columns, table_bytes, write_table

KINDS: tuple[Kind, ...] = ("parquet", "csv")


def read(content: bytes, kind: Kind) -> polars.DataFrame:
    return polars.read_parquet(io.BytesIO(content)) if kind == "parquet" else polars.read_csv(content)


@pytest.mark.parametrize("kind", KINDS)
def test_every_number_comes_back_to_the_last_bit(kind: Kind) -> None:
    result = synthetic.result()
    frame = read(table_bytes(band_columns(result), kind), kind)
    assert frame.columns == [
        "analyte", "time_h", "p05_ng_per_ml", "p25_ng_per_ml", "p50_ng_per_ml", "p75_ng_per_ml", "p95_ng_per_ml",
    ]  # fmt: skip
    for name, band in result.bands.items():
        own = frame.filter(polars.col("analyte") == name)
        assert np.array_equal(own["time_h"].to_numpy(), band.times_h)
        assert np.array_equal(own["p95_ng_per_ml"].to_numpy(), band.quantiles[4])


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_a_number_is_empty(kind: Kind) -> None:
    frame = read(table_bytes(synthetic.result().per_person, kind), kind)
    assert frame["tmax_h"].to_list() == [0.5, None, 0.25, 1.0]
    assert frame["id"].to_list() == ["a", "a", "b", "b"]
    assert frame["person"].to_list() == [0, 0, 1, 1]


@pytest.mark.parametrize("kind", KINDS)
def test_equal_tables_have_equal_bytes(kind: Kind) -> None:
    assert table_bytes(band_columns(synthetic.result()), kind) == table_bytes(
        band_columns(synthetic.result()), kind
    )


@pytest.mark.parametrize("kind", KINDS)
def test_the_end_of_the_name_says_which_kind(tmp_path: Path, kind: Kind) -> None:
    path = tmp_path / f"table.{kind}"
    write_table(path, {"a": np.arange(3)})
    assert read(path.read_bytes(), kind)["a"].to_list() == [0, 1, 2]


def test_another_ending_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        write_table(tmp_path / "table.xlsx", {"a": np.arange(3)})
    assert caught.value.code == "table.kind"
    assert not list(tmp_path.iterdir())


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(InputError) as caught:
        table_bytes({"a": np.arange(3), "b": np.arange(2)}, "csv")
    assert caught.value.code == "table.ragged"
