"""Objects of one type turn into another without losing what both can hold."""

from __future__ import annotations

import subprocess
import sys
from collections import OrderedDict
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from astropy.table import QTable, Table

from skybutler.datasets.property_set import PropertySet, TaskMetadata
from skybutler.datasets.storage_class import StorageClass, StorageClasses
from skybutler.errors import StorageClassError
from skybutler.formatters.converters import _CONVERSIONS, _load, convert, convertible_from, is_instance
from skybutler.images import Metadata

CLASSES = StorageClasses.default()
TABLES = ["ArrowTable", "ArrowAstropy", "ArrowNumpy", "ArrowNumpyDict", "DataFrame"]
COLUMNS = {
    "i": np.array([1, 2, 3], dtype=np.int32),
    "f": np.array([0.5, np.nan, -1.0]),
    "b": np.array([True, False, True]),
    "s": np.array(["a", "", "ü"]),
}


def table(kind: str) -> Any:
    structured = np.zeros(3, dtype=[(name, column.dtype) for name, column in COLUMNS.items()])
    for name, column in COLUMNS.items():
        structured[name] = column
    return {
        "ArrowTable": pa.table(COLUMNS),
        "ArrowAstropy": Table(COLUMNS),
        "ArrowNumpy": structured,
        "ArrowNumpyDict": COLUMNS,
        "DataFrame": pd.DataFrame(COLUMNS),
    }[kind]


def columns_of(obj: Any) -> dict[str, list[Any]]:
    if isinstance(obj, pa.Table):
        return dict(obj.to_pydict())
    names = obj.dtype.names if isinstance(obj, np.ndarray) else obj.colnames if isinstance(obj, Table) else list(obj)
    return {name: np.asarray(obj[name]).tolist() for name in names}


@pytest.mark.parametrize("have", TABLES)
@pytest.mark.parametrize("want", TABLES)
def test_tables_of_every_kind(have: str, want: str) -> None:
    found = convert(table(have), CLASSES[want])
    assert is_instance(found, CLASSES[want].pytype)
    text = repr(columns_of(found))
    if (have, want) == ("DataFrame", "ArrowTable"):  # pandas' NaN is Arrow's null
        text = text.replace("None", "nan")
    assert text == repr(columns_of(table("ArrowNumpyDict")))


def test_what_fits_is_not_touched() -> None:
    for name in TABLES:
        obj = table(name)
        assert convert(obj, CLASSES[name]) is obj
    anything = object()
    assert convert(anything, CLASSES["Bounds"]) is anything
    masked = np.ma.masked_equal([1, 2], 1)
    assert convert(masked, CLASSES["NumpyArray"]) is masked
    quantities = QTable({"a": [1]})
    assert convert(quantities, CLASSES["AstropyTable"]) is quantities
    assert type(convert(Table({"a": [1]}), CLASSES["AstropyQTable"])) is QTable


def test_subclasses_of_a_convertible_type() -> None:
    class Mine(dict[str, Any]):
        pass

    assert convert(Mine(a=np.arange(2)), CLASSES["ArrowTable"]).to_pydict() == {"a": [0, 1]}
    assert convert(OrderedDict(a=1), CLASSES["StructuredDataDict"]) == {"a": 1}
    assert convert(np.int64(5), CLASSES["int"]) == 5
    assert type(convert(np.int64(5), CLASSES["int"])) is int
    assert convert((1, 2), CLASSES["StructuredDataList"]) == [1, 2]
    assert convert(["a"], CLASSES["DataFrameIndex"]).tolist() == ["a"]


METADATA = {
    "StructuredDataDict": {"a": 1, "b": [1, 2]},
    "PropertySet": PropertySet({"a": 1, "b": [1, 2]}),
    "TaskMetadata": TaskMetadata({"a": 1, "b": [1, 2]}),
    "PropertyList": Metadata({"a": 1, "b": [1, 2]}),
}


@pytest.mark.parametrize("have", METADATA)
@pytest.mark.parametrize("want", METADATA)
def test_metadata_of_every_kind(have: str, want: str) -> None:
    found = convert(METADATA[have], CLASSES[want])
    assert (type(found), found) == (type(METADATA[want]), METADATA[want])


def test_inner_names_of_header_metadata() -> None:
    assert dict(convert(PropertySet({"a": {"b": 1}}), CLASSES["PropertyList"])) == {"a.b": 1}


def test_what_cannot_be_converted_is_explained() -> None:
    with pytest.raises(StorageClassError, match=r"'DataFrame' holds pandas\.DataFrame .*type set .*pyarrow\.Table"):
        convert({1}, CLASSES["DataFrame"])
    with pytest.raises(StorageClassError, match=r"'Camera' holds .* type dict cannot be converted to it\.$"):
        convert({}, CLASSES["Camera"])
    with pytest.raises(StorageClassError):
        convert(None, CLASSES["int"])
    assert "dict" in convertible_from(CLASSES["PropertySet"])


def test_names_of_classes_are_compared_without_importing_them() -> None:
    code = (
        "import sys; from skybutler.formatters.converters import convert, is_instance\n"
        "from skybutler.datasets.storage_class import StorageClasses\n"
        "convert({}, StorageClasses.default()['StructuredDataDict'])\n"
        "assert not is_instance({}, 'pandas.DataFrame')\n"
        "assert not {'pandas', 'pyarrow', 'astropy', 'matplotlib'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_type_that_is_not_there_matches_nothing() -> None:
    assert not is_instance({}, "no.such.Type")
    assert not is_instance({}, "builtins.NoSuchType")
    assert is_instance({}, "builtins.dict")
    assert convert({}, StorageClass("X", "builtins.dict")) == {}


@pytest.mark.parametrize("function", sorted(set(_CONVERSIONS.values())))
def test_every_conversion_exists(function: str) -> None:
    assert callable(_load(function))
