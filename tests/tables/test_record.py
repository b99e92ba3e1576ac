"""Rows as views."""

from __future__ import annotations

import numpy as np
import pytest

from skybutler.errors import InvalidError, MissingColumnError
from skybutler.tables import Catalog, Field


@pytest.fixture
def catalog() -> Catalog:
    fields = [
        Field("a", "D"),
        Field("n", "I"),
        Field("f", "Flag"),
        Field("s", "String", size=3),
        Field("v", "ArrayF", size=2),
    ]
    return Catalog({"a": [1.0, 2.0], "v": [[1, 2], [3, 4]]}, fields=fields, aliases={"b": "a"})


def test_reading(catalog: Catalog) -> None:
    record = catalog[1]
    assert (record["a"], record["b"], record["s"]) == (2.0, 2.0, "")
    assert type(record["f"]) is bool
    assert record["v"].tolist() == [3, 4]
    assert record.get("zzz", 5) == 5
    assert list(record) == ["a", "n", "f", "s", "v"]
    assert "b" in record
    assert record.as_dict()["n"] == 0
    assert "a: 2.0" in repr(record)


def test_setting_sets_the_catalog(catalog: Catalog) -> None:
    record = catalog[-1]
    record["b"], record["f"], record["s"], record["v"] = 7, True, "xyz", [8, 9]
    assert catalog["a"].tolist() == [1.0, 7.0]
    assert catalog["f"].tolist() == [False, True]
    assert catalog["v"].tolist() == [[1, 2], [8, 9]]
    assert catalog["s"].tolist() == ["", "xyz"]
    record["v"][0] = 5
    assert catalog["v"][1, 0] == 5


def test_values_that_do_not_fit(catalog: Catalog) -> None:
    with pytest.raises(InvalidError, match="3 characters"):
        catalog[0]["s"] = "long text"
    with pytest.raises(InvalidError, match="'n'"):
        catalog[0]["n"] = 1 << 40
    with pytest.raises(MissingColumnError):
        catalog[0]["zzz"] = 1
    with pytest.raises(TypeError, match="cannot lose"):
        del catalog[0]["a"]


def test_rows_are_equal_by_value(catalog: Catalog) -> None:
    assert catalog[0] == catalog.copy(deep=True)[0]
    assert catalog[0] != catalog[1]
    assert catalog[0] != 1


def test_numbers_in_any_length(catalog: Catalog) -> None:
    catalog.add_column(Field("w", "ArrayD"))
    catalog[0]["w"] = [1, 2, 3]
    assert catalog["w"][0].tolist() == [1, 2, 3]
    assert catalog["w"][0].dtype == np.float64
