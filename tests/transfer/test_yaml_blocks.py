"""From parsed blocks to rows: old forms, scalars instead of lists, and what is wrong named with its line."""

from __future__ import annotations

import logging
from typing import Any

import pytest
import yaml

from skybutler.datasets import CollectionType
from skybutler.errors import FormatError
from skybutler.sky.timespan import Timespan
from skybutler.transfer.blocks import CollectionBlock, DatasetRows, DatasetTypeBlock, DimensionRows, RangeRows, TagRows
from skybutler.transfer.yaml_blocks import Interpreter
from skybutler.transfer.yaml_values import ExportLoader, instant, old_id

BEGIN = instant("2020-01-01T00:00:37")


def rows(text: str) -> list[Any]:
    return list(Interpreter("x.yaml").rows(yaml.load(text, ExportLoader), 7))


def test_records_become_columns() -> None:
    text = """{type: dimension, element: day_obs, records: [{instrument: A, id: 1},
      {instrument: B, id: 2, datetime_begin: 2020-01-01, datetime_end: null}]}"""
    (found,) = rows(text)
    assert found == DimensionRows(
        "day_obs", {"instrument": ["A", "B"], "id": [1, 2], "timespan": [None, Timespan(BEGIN, None)]}, 7
    )


def test_collections_old_and_new(caplog: pytest.LogCaptureFixture) -> None:
    assert rows("{type: run, name: r}") == [CollectionBlock("r", CollectionType.RUN, line=7)]
    run = "{type: collection, collection_type: RUN, name: r, host: null, timespan_begin: null, timespan_end: null}"
    assert rows(run) == [CollectionBlock("r", CollectionType.RUN, line=7)]
    with caplog.at_level(logging.WARNING):
        (chain,) = rows("{type: collection, collection_type: CHAINED, name: c, children: [a, [b, null]], doc: why}")
    assert chain == CollectionBlock("c", CollectionType.CHAINED, "why", ("a", "b"), 7)
    assert "restricts the search of its child 'b'" in caplog.text


def test_dataset_types() -> None:
    (kind,) = rows("{type: dataset_type, name: raw, dimensions: [exposure], storage_class: Exposure}")
    assert kind == DatasetTypeBlock("raw", ("exposure",), "Exposure", is_calibration=False, line=7)


def test_datasets_with_numbers_and_scalars_instead_of_lists() -> None:
    text = """{type: dataset, dataset_type: raw, run: r, records: [
      {dataset_id: 5, data_id: {instrument: A, detector: 1}, path: p, formatter: f},
      {dataset_id: [6, 7], data_id: [{instrument: A, detector: 2}, {detector: 3, instrument: A}]}]}"""
    (found,) = rows(text)
    ids = b"".join(map(old_id, (5, 6, 7)))
    columns: dict[str, Any] = {"instrument": ["A"] * 3, "detector": [1, 2, 3]}
    assert found == DatasetRows("raw", "r", ids, columns, ["p", None, None], ["f", None, None], 7)


def test_associations_old_and_new() -> None:
    assert rows("{type: associations, collection: t, collection_type: TAGGED, dataset_ids: [5, 6]}") == [
        TagRows("t", old_id(5) + old_id(6), 7)
    ]
    span = "!lsst.daf.butler.Timespan {begin: 2020-01-01, end: null}"
    text = f"""{{type: associations, collection: c, collection_type: CALIBRATION, validity_ranges: [
      {{timespan: {span}, dataset_ids: 5}}, {{begin: null, end: 2020-01-01, dataset_ids: [6]}}]}}"""
    assert rows(text) == [
        RangeRows("c", Timespan(BEGIN, None), old_id(5), 7),
        RangeRows("c", Timespan(None, BEGIN), old_id(6), 7),
    ]


@pytest.mark.parametrize(
    "text, says",
    [
        ("{type: dimensions, element: x}", "unknown block type 'dimensions'.*Did you mean 'dimension'"),
        ("{element: x}", "without type"),
        ("[1]", "without type"),
        ("{type: dimension, records: []}", "'element' of this dimension block is missing.*complete"),
        ("{type: dimension, element: x, records: [1]}", "'records' must be a list of mappings"),
        ("{type: dimension, element: x, records: [{datetime_begin: soon}]}", "'soon' is no time"),
        ("{type: collection, name: 5}", "'name' of this collection block must be text, not 5"),
        ("{type: collection, name: c, collection_type: RUNS}", "RUNS"),
        ("{type: collection, name: c, collection_type: CHAINED}", "no list of children"),
        ("{type: collection, name: c, collection_type: CHAINED, children: [5]}", "5 is no name of a child"),
        ("{type: dataset_type, name: t, storage_class: S}", "no list of dimensions"),
        ("{type: dataset, dataset_type: t, run: r, records: [{dataset_id: 5}]}", "lacks ids or data IDs"),
        ("{type: dataset, dataset_type: t, run: r, records: [{data_id: {}}]}", "lacks ids or data IDs"),
        ("{type: dataset, dataset_type: t, run: r, records: [{dataset_id: x, data_id: {}}]}", "'x' is no dataset id"),
        ("{type: dataset, dataset_type: t, run: r, records: [{dataset_id: 1, data_id: {}, path: 5}]}", "'path' of a"),
        (
            "{type: dataset, dataset_type: t, run: r, records: [{dataset_id: [1, 2], data_id: [{a: 1}, {b: 1}]}]}",
            "different dimensions",
        ),
        ("{type: associations, collection: c, collection_type: RUN, dataset_ids: []}", "with the RUN 'c'"),
        ("{type: associations, collection: c, collection_type: TAGGED, dataset_ids: [x]}", "no dataset id"),
        ("{type: associations, collection: c, collection_type: CALIBRATION}", "no list of validity ranges"),
        (
            "{type: associations, collection: c, collection_type: CALIBRATION, validity_ranges: [{begin: null}]}",
            "without timespan",
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_line(text: str, says: str) -> None:
    with pytest.raises(FormatError, match=f"x.yaml, line 7: .*{says}"):
        rows(text)
