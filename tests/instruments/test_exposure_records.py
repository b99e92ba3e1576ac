"""Exposure records as the peer makes them, and the records they depend on."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from skybutler.instruments import Instrument
from skybutler.instruments.columns import ObservationColumns
from skybutler.instruments.exposure_records import dependency_columns, exposure_columns, timespans_ns
from skybutler.instruments.headers import HeaderTable, read_headers
from skybutler.instruments.translate import from_translated, needed_cards, translate
from support.instruments import RAW, real_header

HEADER = "imsim-lsst_a_204595_R11_S02_i.yaml"


def record(columns: dict[str, list[Any]], row: int = 0) -> dict[str, Any]:
    fields = {name: values[row] for name, values in columns.items()}
    fields["timespan_ns"] = [fields.pop("timespan_begin"), fields.pop("timespan_end")]
    return fields


@pytest.fixture
def observations(imsim: Instrument, real_raw: Path, shared: Path) -> ObservationColumns:
    cards = needed_cards([imsim])
    one, other = read_headers([real_raw, real_raw], cards), real_header(shared, HEADER)
    table = HeaderTable([*one.files, *other.files], {c: [*one.column(c), other.column(c)[0]] for c in cards})
    table.cards["OBSID"][1] = 204000
    return translate(table, imsim)


def test_records_equal_the_peers(observations: ObservationColumns, truth: dict[str, Any]) -> None:
    columns = exposure_columns(observations)
    assert record(columns, 0) == truth[RAW]["exposure_record"]
    assert record(columns, 2) == truth[f"headers/obs_lsst/{HEADER}"]["exposure_record"]


def test_first_file_of_each_exposure(observations: ObservationColumns) -> None:
    first, inverse = observations.first_of_exposure()
    assert first.tolist() == [1, 0]
    assert inverse.tolist() == [1, 0, 1]
    assert exposure_columns(observations.take(first))["id"] == [204000, 204595]


def test_dependencies_once_each(observations: ObservationColumns) -> None:
    columns = dependency_columns(observations)
    assert columns["group"] == {"instrument": ["LSSTCam-imSim"] * 2, "name": ["204595", "204000"]}
    midnight = 1664928000_000000000  # 2022-10-05T00:00:00 TAI
    assert columns["day_obs"] == {
        "instrument": ["LSSTCam-imSim"],
        "id": [20221005],
        "timespan_begin": [midnight],
        "timespan_end": [midnight + 86400_000000000],
    }


def test_end_before_begin_becomes_begin(caplog: pytest.LogCaptureFixture) -> None:
    content = {"datetime_begin": [2456462.0, 0.25], "datetime_end": [2456461.0, 0.25], "observing_day_offset": 43200}
    observations = from_translated(["odd.fits"], [content | {"observing_day": 20130617, "instrument": "X"}])
    with caplog.at_level(logging.WARNING):
        begin, end = timespans_ns(observations)
    assert begin.tolist() == end.tolist()
    assert "odd.fits ends before it begins" in caplog.text
    day = dependency_columns(observations)["day_obs"]
    assert (day["timespan_begin"][0] // 10**9) % 86400 == 43200
