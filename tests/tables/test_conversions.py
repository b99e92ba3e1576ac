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
