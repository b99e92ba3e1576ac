"""Datasets found now and read later."""

from __future__ import annotations

import pytest

from skybutler import Butler
from skybutler.errors import FileNotFoundInStoreError


@pytest.fixture
def tabled(butler: Butler) -> Butler:
    """A butler with one table."""
    import pyarrow as pa

    butler.register_dataset_type("table", [], "ArrowTable")
    butler.put(pa.table({"a": [1, 2], "b": [3, 4]}), "table")
    return butler


def test_it_is_read_when_asked(tabled: Butler) -> None:
    deferred = tabled.get_deferred("table")
    assert deferred.ref == tabled.find_dataset("table")
    assert deferred.data_id == deferred.ref.data_id
    assert "table" in repr(deferred)
    assert deferred.get().column_names == ["a", "b"]
    assert tabled.get_deferred(deferred.ref).get().num_rows == 2


def test_options_given_later_are_added(tabled: Butler) -> None:
    deferred = tabled.get_deferred("table", parameters={"columns": ["a"]}, storage_class="DataFrame")
    assert list(deferred.get().columns) == ["a"]
    assert list(deferred.get(parameters={"columns": ["b"]}).columns) == ["b"]
    assert deferred.get(storage_class="ArrowTable").column_names == ["a"]


def test_components_are_read(tabled: Butler) -> None:
    assert tabled.get_deferred("table.rowcount").get() == 2
    assert tabled.get_deferred("table").get(component="rowcount") == 2


def test_what_went_meanwhile_is_said(tabled: Butler) -> None:
    deferred = tabled.get_deferred("table")
    tabled.prune_datasets([deferred.ref], unstore=True)
    with pytest.raises(FileNotFoundInStoreError):
        deferred.get()
