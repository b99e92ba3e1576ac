"""Which records go along with data IDs."""

from __future__ import annotations

import pytest

from skybutler import Butler
from skybutler.errors import DataIdValueError
from skybutler.transfer.export_records import ExportRecords


def keys_of(needed: ExportRecords) -> dict[str, list[tuple[object, ...]]]:
    found: dict[str, list[tuple[object, ...]]] = {}
    for element in needed.elements():
        own = {element.name: element.key.name} if element.key is not None else {}
        found[element.name] = [
            key
            for columns in needed.records(element)
            for key in zip(*(columns[own.get(d, d)] for d in element.required), strict=True)
        ]
    return found


def test_implied_records_come_too(source: Butler) -> None:
    needed = ExportRecords(source)
    group = source.dimensions.conform(["exposure", "detector"])
    needed.add(group, {"instrument": ["Cam"] * 2, "detector": [0, 1], "exposure": [10, 14]}, None)
    keys = keys_of(needed)
    assert keys["exposure"] == [("Cam", 10), ("Cam", 14)]
    assert keys["physical_filter"] == [("Cam", "g_1"), ("Cam", "r_1")] or len(keys["physical_filter"]) == 2
    assert keys["day_obs"] == [("Cam", 20240101), ("Cam", 20240102)]
    assert keys["group"] == [("Cam", "g0")]
    assert keys["detector"] == [("Cam", 0), ("Cam", 1)]
    assert "band" not in keys  # which has no table


def test_visits_bring_exposures_systems_and_detectors(source: Butler) -> None:
    needed = ExportRecords(source)
    needed.add(source.dimensions.conform(["visit"]), {"instrument": ["Cam"], "visit": [20]}, None)
    needed.add_populated(None)
    keys = keys_of(needed)
    assert keys["visit_definition"] == [("Cam", 10, 20), ("Cam", 11, 20)]
    assert keys["exposure"] == [("Cam", 10), ("Cam", 11)]
    assert keys["visit_detector_region"] == [("Cam", 1, 20)]
    assert keys["detector"] == [("Cam", 1)]
    assert keys["visit_system_membership"] == [("Cam", 20, 1)] or keys["visit_system_membership"] == [("Cam", 1, 20)]
    assert keys["visit_system"] == [("Cam", 1)]


def test_a_record_that_does_not_exist(source: Butler) -> None:
    needed = ExportRecords(source)
    needed.add(source.dimensions.conform(["detector"]), {"instrument": ["Cam"], "detector": [77]}, None)
    with pytest.raises(DataIdValueError, match="no detector record.*77"):
        keys_of(needed)


def test_the_first_of_several_given_counts(source: Butler) -> None:
    needed = ExportRecords(source)
    element = source.dimensions["detector"]
    for name in ("first", "second"):
        needed.give(element.record(instrument="Cam", id=0, full_name=name))
    (columns,) = needed.records(element)
    assert columns["full_name"] == ["first"]
