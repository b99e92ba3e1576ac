"""Catalogs as astropy tables, data frames and Arrow tables, and back."""

from __future__ import annotations

import astropy.units as u
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from astropy.table import Table

from skybutler.errors import InvalidError
from skybutler.tables import Catalog, Field, SimpleCatalog


@pytest.fixture
def catalog() -> SimpleCatalog:
    fields = [
        Field("flag", "Flag", "bad"),
        Field("flux", "D", "flux", "nJy"),
        Field("v", "ArrayF", size=2),
        Field("s", "String", size=3),
    ]
    columns = {
        "id": [1, 2], "coord_ra": [0.1, 0.2], "coord_dec": [0.3, 0.4],
        "flag": [True, False], "flux": [1.5, np.nan], "v": [[1, 2], [3, 4]], "s": ["ab", "c"],
    }  # fmt: skip
    return SimpleCatalog(columns, fields=fields, metadata={"RUN": "x"})


def test_an_astropy_table(catalog: SimpleCatalog) -> None:
    table = catalog.to_astropy()
    assert table.colnames == ["id", "coord_ra", "coord_dec", "flag", "flux", "v", "s"]
    assert table["coord_ra"].unit == u.rad
    assert table["flux"].unit == u.nJy
    assert table["flag"].description == "bad"
    assert table["v"].shape == (2, 2)
    assert table.meta == {"RUN": "x"}
    table["flux"][0] = 9.0
    assert catalog["flux"][0] == 9.0


def test_an_astropy_table_and_back(catalog: SimpleCatalog) -> None:
    assert SimpleCatalog.from_astropy(catalog.to_astropy()) == catalog


def test_units_that_astropy_does_not_know() -> None:
    catalog = Catalog({"a": [1.0]}, fields=[Field("a", "D", unit="furlong")])
    assert str(catalog.to_astropy()["a"].unit) == "furlong"
    assert Catalog.from_astropy(catalog.to_astropy()) == catalog


def test_degrees_become_radians() -> None:
    table = Table({"id": [1], "coord_ra": [180.0] * u.deg, "coord_dec": [90.0] * u.deg})
    assert SimpleCatalog.from_astropy(table).ra.tolist() == [180.0]
    assert SimpleCatalog.from_astropy(table).schema["coord_ra"].unit == "rad"


def test_columns_that_every_catalog_has_are_blank_where_the_table_lacks_them() -> None:
    found = SimpleCatalog.from_astropy(Table({"a": [1, 2]}, meta={"list": [1, 2], "n": np.int64(3), "other": {}}))
    assert found.names == ["id", "coord_ra", "coord_dec", "a"]
    assert np.isnan(found.ra).all()
    assert found.metadata.all_values("list") == [1, 2]
    assert found.to_astropy().meta == {"list": [1, 2], "n": 3, "other": "{}"}


def test_tables_that_are_no_catalogs() -> None:
    with pytest.raises(InvalidError, match="Column 'c'"):
        Catalog.from_astropy(Table({"c": [1j]}))


def test_a_data_frame(catalog: SimpleCatalog) -> None:
    frame = catalog.to_pandas()
    assert isinstance(frame, pd.DataFrame)
    assert frame.columns.tolist() == catalog.names
    assert frame["flag"].tolist() == [True, False]
    assert frame["v"][1].tolist() == [3, 4]


def test_an_arrow_table(catalog: SimpleCatalog) -> None:
    table = catalog.to_arrow()
    assert table.column_names == catalog.names
    assert table.schema.field("flux").metadata == {b"description": b"flux", b"unit": b"nJy"}
    assert table.schema.field("v").type == pa.list_(pa.float32(), 2)
    assert table["s"].to_pylist() == ["ab", "c"]


def test_values_of_any_length() -> None:
    catalog = Catalog(
        {"v": [[1.0], [2.0, 3.0]], "s": ["a", "bcd"]}, fields=[Field("v", "ArrayD"), Field("s", "String")]
    )
    assert catalog.to_arrow()["v"].to_pylist() == [[1.0], [2.0, 3.0]]
    assert catalog.to_pandas()["s"].tolist() == ["a", "bcd"]
    assert Catalog.from_astropy(catalog.to_astropy()) == catalog


def test_an_arrow_table_and_a_data_frame_and_back(catalog: SimpleCatalog) -> None:
    catalog["s"] = ["abc", "c"]  # one is as long as the field allows: Arrow does not know how long that is
    again = SimpleCatalog.from_arrow(catalog.to_arrow())
    again.metadata["RUN"] = "x"  # which they do not have
    assert again.schema.names == catalog.schema.names
    assert again == catalog
    frame = SimpleCatalog.from_pandas(catalog.to_pandas())
    assert frame["flux"].tolist()[0] == 1.5
    assert np.isnan(frame["flux"][1])
    assert frame["flag"].tolist() == [True, False]
    assert [list(v) for v in frame["v"]] == [[1, 2], [3, 4]]
    named = SimpleCatalog.from_pandas(pd.DataFrame({"id": [3], "g": [1.0]}).set_index("id"))
    assert (named["id"].tolist(), named["g"].tolist()) == ([3], [1.0])


def test_large_whole_numbers_in_lists_keep_all_digits() -> None:
    lists = pa.FixedSizeListArray.from_arrays(pa.array([2**53 + 1, 2**62 + 1]), 2)
    assert Catalog.from_arrow(pa.table({"v": lists}))["v"].tolist() == [[2**53 + 1, 2**62 + 1]]


def test_arrow_texts_degrees_and_missing_values() -> None:
    degrees = pa.field("coord_ra", pa.float64(), metadata={"unit": "deg"})
    schema = pa.schema(
        [degrees, ("band", pa.dictionary(pa.int8(), pa.string())), ("flux", pa.float32()), ("n", pa.int32())]
    )
    table = pa.Table.from_pylist([{"coord_ra": 180.0, "band": "g", "flux": None, "n": 1}] * 2, schema=schema)
    found = SimpleCatalog.from_arrow(table)
    assert found.ra.tolist() == [180.0, 180.0]
    assert found.schema["coord_ra"].unit == "rad"
    assert found["band"].tolist() == ["g", "g"]
    assert np.isnan(found["flux"]).all()
    assert found["flux"].dtype == np.float32
    with pytest.raises(InvalidError, match="Column 'n' has missing values"):
        Catalog.from_arrow(pa.table({"n": pa.array([1, None])}))
    with pytest.raises(InvalidError, match="cannot be a column"):
        Catalog.from_arrow(pa.table({"t": pa.array([1], pa.timestamp("s"))}))
    assert len(Catalog.from_arrow(pa.table({"a": pa.array([], pa.list_(pa.float64(), 2))}))) == 0
