"""Dimension records as JSON rows."""

from __future__ import annotations

import json
from typing import Any

import pytest

from skybutler import Butler
from skybutler.errors import FormatError
from skybutler.registry.record_columns import all_records
from skybutler.sky.timespan import Timespan
from skybutler.transfer.index_records import record_columns, record_rows
from support.world import fill_records


def test_rows_give_the_columns_back(local_pair: tuple[Butler, Butler]) -> None:
    butler = local_pair[0]
    fill_records(butler.registry)
    for element in butler.dimensions.elements:
        if element.has_table:
            for columns in all_records(butler.registry, element.name):
                rows = json.loads(json.dumps(record_rows(element, columns)))
                assert record_columns(element, rows) == columns


def test_unbounded_timespans(local_pair: tuple[Butler, Butler]) -> None:
    element = local_pair[0].dimensions["day_obs"]
    columns: dict[str, Any] = {"instrument": ["Cam"] * 2, "id": [1, 2], "timespan_begin": [Timespan.MIN_NS, None],
               "timespan_end": [Timespan.MAX_NS, None]}  # fmt: skip
    rows = record_rows(element, columns)
    assert rows == [["Cam", 1, [0, 4_102_444_800_000_000_000]], ["Cam", 2, None]]
    assert record_columns(element, rows) == columns


def test_a_row_of_another_length_is_told(local_pair: tuple[Butler, Butler]) -> None:
    with pytest.raises(FormatError, match="has 2 values"):
        record_columns(local_pair[0].dimensions["detector"], [["Cam", 1]])
