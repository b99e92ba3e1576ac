"""Catalogs: columns, rows, selections, changes."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from astropy.table import Column

from skybutler.errors import InvalidError, MissingColumnError
from skybutler.tables import Catalog, Field, ObjectColumn, SourceCatalog, SourceRecord


@pytest.fixture
def catalog() -> SourceCatalog:
    columns = {
        "id": [4, 2, 9, 7],
        "coord_ra": np.radians([10.0, 20.0, 30.0, 40.0]),
        "coord_dec": np.radians([0.0, 1.0, 2.0, 3.0]),
        "parent": [0, 4, 4, 0],
        "m_x": Column([1.0, 2.0, 3.0, 4.0], unit="pixel", description="position"),
        "m_flag": [True, False, True, False],
    }
    objects = {"footprint": ["f4", "f2", None, 7]}
    return SourceCatalog(columns, aliases={"slot_Centroid": "m"}, metadata={"RUN": "x"}, objects=objects)


# ------------------------------------------------------------------------------------------------------------- making
def test_fields_come_from_the_class_the_caller_and_the_values(catalog: SourceCatalog) -> None:
    assert catalog.names == ["id", "coord_ra", "coord_dec", "parent", "m_x", "m_flag"]
    assert catalog.schema["m_x"] == Field("m_x", "D", "position", "pix")
    assert catalog.schema["m_flag"].is_flag
    assert catalog.schema["coord_ra"].type == "Angle"


def test_blank_rows() -> None:
    made = SourceCatalog(fields=[Field("flux", "F", unit="nJy")], length=3)
    assert len(made) == 3
    assert np.isnan(made["flux"]).all()
    assert made["parent"].tolist() == [0, 0, 0]
    assert len(SourceCatalog()) == 0


def test_lengths_must_agree() -> None:
    with pytest.raises(InvalidError, match="one length"):
        Catalog({"a": [1, 2], "b": [1]})
    with pytest.raises(InvalidError, match="3 objects 'footprint' for 2 rows"):
        SourceCatalog({"id": [1, 2]}, objects={"footprint": [None] * 3})
    with pytest.raises(InvalidError, match="no objects"):
        Catalog({"a": [1, 2]}, objects={"footprint": [None] * 2})


# ------------------------------------------------------------------------------------------------------------ reading
def test_a_column_is_a_view(catalog: SourceCatalog) -> None:
    assert catalog["m_x"] is catalog["m_x"]
    catalog["slot_Centroid_x"][0] = 99.0
    assert catalog[0].x == 99.0


def test_rows(catalog: SourceCatalog) -> None:
    record = catalog[-1]
    assert isinstance(record, SourceRecord)
    assert record.id == 7
    assert record.coord == pytest.approx((40.0, 3.0))
    assert [r.id for r in catalog] == [4, 2, 9, 7]
    for row in (4, -5):
        with pytest.raises(IndexError, match=f"4 rows; there is no {row}"):
            catalog[row]


def test_slices_share_values(catalog: SourceCatalog) -> None:
    part = catalog[1:3]
    assert type(part) is SourceCatalog
    part["m_x"][0] = 50.0
    part[0].footprint = "new"
    assert catalog[1]["m_x"] == 50.0
    assert catalog[1].footprint == "new"
    assert len(catalog[::-2]) == 2


@pytest.mark.parametrize("rows", [[True, False, True, False], [0, 2], np.array([0, -2]), (0, 2)])
def test_masks_and_numbers_choose_rows(catalog: SourceCatalog, rows: Any) -> None:
    part = catalog[rows if not isinstance(rows, list) else np.array(rows)]
    assert part["id"].tolist() == [4, 9]
    assert part.aliases == catalog.aliases
    part["m_x"][0] = 50.0
    assert catalog[0]["m_x"] == 1.0
    assert part[0].footprint == "f4"
    assert len(catalog[[]]) == 0


@pytest.mark.parametrize(
    "rows, message",
    [([True], "mask of 1"), ([9], "there is no 9"), ([0.5], "chosen by"), (np.zeros((2, 2), int), "chosen by")],
)
def test_rows_that_there_are_not(catalog: SourceCatalog, rows: Any, message: str) -> None:
    with pytest.raises(InvalidError, match=message):
        catalog[np.array(rows)]


def test_some_columns(catalog: SourceCatalog) -> None:
    part = catalog[["m_x", "slot_Centroid_flag"]]
    assert part.names == ["m_x", "m_flag", "id", "coord_ra", "coord_dec", "parent"]
    assert part["m_x"] is catalog["m_x"]
    with pytest.raises(MissingColumnError):
        catalog[["m_x", "zzz"]]


def test_missing_names(catalog: SourceCatalog) -> None:
    with pytest.raises(MissingColumnError, match="'m_flag'"):
        catalog["m_flags"]
    with pytest.raises(MissingColumnError, match="no objects 'footprnt'.*'footprint'"):
        catalog.objects("footprnt")
    assert "m_x" in catalog
    assert "zzz" not in catalog


def test_equality(catalog: SourceCatalog) -> None:
    other = catalog.copy(deep=True)
    assert other == catalog
    other["m_x"][0] = np.nan
    assert other != catalog
    assert other == other.copy(deep=True)
    assert Catalog({"a": [1]}) != SourceCatalog({"id": [1]})
    assert catalog != 1


# ----------------------------------------------------------------------------------------------------------- changing
def test_setting_and_adding_columns(catalog: SourceCatalog) -> None:
    before = catalog["m_x"]
    catalog["m_x"] = [5, 6, 7, 8]
    catalog["m_flag"] = False
    assert before.tolist() == [5, 6, 7, 8]
    assert not catalog["m_flag"].any()
    catalog["new"] = np.arange(4, dtype="f4")
    assert catalog.schema["new"].type == "F"
    catalog.add_column(Field("text", "String", size=4))
    assert catalog["text"].tolist() == [""] * 4
    with pytest.raises(InvalidError, match="already has"):
        catalog.add_column(Field("new"))
    with pytest.raises(InvalidError, match="3 values for 4 rows"):
        catalog.add_column(Field("short"), [1.0, 2.0, 3.0])


def test_removing_columns(catalog: SourceCatalog) -> None:
    catalog.remove_column("m_flag")
    assert "m_flag" not in catalog.names
    with pytest.raises(InvalidError, match="Every SourceCatalog has"):
        catalog.remove_column("parent")


def test_sorting(catalog: SourceCatalog) -> None:
    column = catalog["m_x"]
    catalog.sort()
    assert catalog["id"].tolist() == [2, 4, 7, 9]
    assert column.tolist() == [2.0, 1.0, 4.0, 3.0]
    assert catalog[1].footprint == "f4"
    catalog.sort("parent")
    assert catalog["id"].tolist() == [4, 7, 2, 9]


def test_copies(catalog: SourceCatalog) -> None:
    shallow, deep = catalog.copy(), catalog.copy(deep=True)
    assert shallow["m_x"] is catalog["m_x"]
    catalog[0]["m_x"], catalog[0].footprint = -1.0, "other"
    catalog.metadata["RUN"] = "y"
    assert shallow[0]["m_x"] == -1.0
    assert deep[0]["m_x"] == 1.0
    assert (shallow[0].footprint, deep[0].footprint) == ("other", "f4")
    assert deep.metadata["RUN"] == "x"
    deep["new"] = 1.0
    assert "new" not in catalog


def test_deep_copies_of_arrays_of_any_length() -> None:
    catalog = Catalog({"v": [[1.0], [2.0, 3.0]]}, fields=[Field("v", "ArrayD")])
    deep = catalog.copy(deep=True)
    catalog["v"][0][0] = 9.0
    assert deep["v"][0][0] == 1.0
    assert deep != catalog


def test_concatenating(catalog: SourceCatalog) -> None:
    both = SourceCatalog.concatenate([catalog[:2], catalog[2:]])
    assert both == catalog
    assert list(both.objects("footprint")) == ["f4", "f2", None, 7]
    both["m_x"][0] = 50.0
    assert catalog[0]["m_x"] == 1.0
    with pytest.raises(InvalidError, match="only one has m_flag, m_x"):
        SourceCatalog.concatenate([catalog, SourceCatalog({"id": [1]})])
    with pytest.raises(InvalidError, match="no catalogs"):
        SourceCatalog.concatenate([])


def test_pickles(catalog: SourceCatalog) -> None:
    catalog = catalog[["m_x"]]
    held = SourceCatalog({"id": [1]}, objects={"footprint": ObjectColumn([3], lambda number: f"object {number}")})
    assert pickle.loads(pickle.dumps(catalog)) == catalog
    assert pickle.loads(pickle.dumps(held))[0].footprint == "object 3"
