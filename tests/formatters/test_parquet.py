"""Tables as Parquet: whole, in part, and foreign ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from astropy.table import Table

from skybutler.datasets.storage_class import StorageClasses
from skybutler.errors import ParameterError, UnknownComponentError, UnreadableFileError
from skybutler.formatters.converters import convert
from support.files import Files

Make = Callable[[str, str], Files]
DATA = {"id": [10, 2, 7], "g_flux": [1.0, 2.0, 3.0], "g_err": [0.1, 0.2, 0.3], "r_flux": [4.0, 5.0, 6.0]}


def frame() -> pd.DataFrame:
    return pd.DataFrame(DATA).set_index("id")


@pytest.mark.parametrize(
    "storage_class, obj",
    [
        ("ArrowTable", pa.table(DATA)),
        ("ArrowAstropy", Table(DATA, meta={"a": 1})),
        ("ArrowNumpy", pa.table(DATA).to_pandas().to_records(index=False).view(np.ndarray)),
        ("ArrowNumpyDict", {name: np.array(column) for name, column in DATA.items()}),
        ("DataFrame", pd.DataFrame(DATA)),
    ],
)
def test_every_kind_of_table_comes_back(files: Make, storage_class: str, obj: Any) -> None:
    parquet = files("parquet", storage_class)
    found = convert(parquet.round_trip(obj), StorageClasses.default()[storage_class])
    assert type(found) is type(obj)
    names = list(DATA)
    assert {name: list(np.asarray(found[name])) for name in names} == DATA
    assert parquet.read("rowcount") == 3
    assert parquet.read("columns") == names
    assert parquet.read("schema").names == names
    if storage_class == "ArrowAstropy":
        assert found.meta == {"a": 1}


def test_parts_are_read_by_name_and_pattern(files: Make) -> None:
    parquet = files("parquet", "ArrowTable")
    parquet.write(pa.table(DATA))
    assert parquet.read(columns="id").column_names == ["id"]
    assert parquet.read(columns=["r_flux", "id", "id"]).column_names == ["r_flux", "id"]
    assert parquet.read(columns="g_*").column_names == ["g_flux", "g_err"]
    assert parquet.read(columns=["*_flux", "g_*"]).column_names == ["g_flux", "r_flux", "g_err"]
    with pytest.raises(ParameterError, match="Did you mean 'g_flux'"):
        parquet.read(columns=["id", "g_fluxx"])


def test_rows_are_filtered(files: Make) -> None:
    parquet = files("parquet", "ArrowTable")
    parquet.write(pa.table(DATA))
    assert parquet.read(filters=[("id", ">", 5)])["id"].to_pylist() == [10, 7]
    assert parquet.read(filters=pc.field("r_flux") < 5, columns=["g_err"])["g_err"].to_pylist() == [0.1]
    with pytest.raises(ParameterError, match="filter"):
        parquet.read(filters=[("nope", ">", 1)])
    with pytest.raises(ParameterError, match="filter"):
        parquet.read(filters=[("id", "~", 1)])


def test_a_frame_keeps_its_index_in_parts_too(files: Make) -> None:
    parquet = files("parquet", "DataFrame")
    assert parquet.round_trip(frame()).equals(frame())
    assert parquet.read(columns=["r_flux"]).equals(frame()[["r_flux"]])
    assert parquet.read(filters=[("g_flux", ">", 1.5)]).index.tolist() == [2, 7]


LEVELS = pd.DataFrame(
    [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]],
    columns=pd.MultiIndex.from_tuples([("g", "flux"), ("g", "err"), ("r", "flux")], names=["band", "what"]),
)


def test_columns_with_levels(files: Make) -> None:
    parquet = files("parquet", "DataFrame")
    assert parquet.round_trip(LEVELS).equals(LEVELS)
    assert parquet.read(columns={"band": "g"}).equals(LEVELS[["g"]])
    assert parquet.read(columns={"band": ["g", "r"], "what": "flux"}).columns.tolist() == [("g", "flux"), ("r", "flux")]
    assert parquet.read(columns=[("r", "flux")]).columns.tolist() == [("r", "flux")]
    for wrong in ({"band": "y"}, [("g", "mag")], {"filter": "g"}):
        with pytest.raises(ParameterError):
            parquet.read(columns=wrong)


def test_missing_integers_stay_integers(files: Make) -> None:
    table = pa.table({"a": pa.array([2**53 + 1, None])})
    parquet = files("parquet", "DataFrame")
    parquet.storage.write(parquet.path, lambda path: pq.write_table(table, path))
    assert parquet.read().a[0] == 2**53 + 1


def test_a_bare_schema(files: Make) -> None:
    schema = pa.schema([("a", pa.int64()), ("b", pa.string())])
    assert files("parquet", "ArrowSchema").round_trip(schema) == schema


def test_files_of_others(files: Make) -> None:
    parquet = files("parquet", "ArrowTable")
    parquet.storage.write(parquet.path, lambda path: frame().to_parquet(path))
    assert parquet.read("rowcount") == 3
    assert parquet.read("columns") == ["g_flux", "g_err", "r_flux", "id"]


def test_provenance_and_table_metadata(files: Make) -> None:
    parquet = files("parquet", "ArrowAstropy")
    parquet.write(Table(DATA, meta={"a": 1}), {"LSST BUTLER RUN": "u/me", "LSST BUTLER N": 5})
    found = parquet.read()
    assert found.schema.metadata[b"LSST BUTLER RUN"] == b"u/me"
    assert found.schema.metadata[b"LSST BUTLER N"] == b"5"
    assert b"table_meta_yaml" in found.schema.metadata
    assert b"table_meta_yaml" not in parquet.read(strip_astropy_meta_yaml=True).schema.metadata


def test_unknown_components(files: Make) -> None:
    parquet = files("parquet", "ArrowTable")
    parquet.write(pa.table(DATA))
    with pytest.raises(UnknownComponentError, match="'columns'"):
        parquet.read("column")


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1" + bytes(50) + b"PAR1"])
@pytest.mark.parametrize("component", [None, "rowcount"])
def test_what_is_no_parquet_is_named(files: Make, content: bytes, component: str | None) -> None:
    parquet = files("parquet", "ArrowTable")
    parquet.storage.write(parquet.path, content)
    with pytest.raises(UnreadableFileError, match=r"d/x\.parq"):
        parquet.read(component)


def test_truncated_files_are_named(files: Make, tmp_path: Path) -> None:
    parquet = files("parquet", "ArrowTable")
    parquet.write(pa.table({"a": np.arange(100_000)}))
    content = parquet.storage.read(parquet.path)
    with pytest.raises(UnreadableFileError):
        parquet.read_bytes(content[:1000] + bytes(200_000) + content[-500:])
