"""Values of export files, old forms too; nothing else is made of what a file holds."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
import yaml

from skybutler.sky.timespan import Timespan
from skybutler.transfer.yaml_values import ExportLoader, Instant, id_bytes, instant, old_id


def read(text: str) -> Any:
    return yaml.load(text, ExportLoader)


def test_times_of_all_forms() -> None:
    assert read("!butler_time/tai/iso '2020-01-01 00:00:37.000000001'") == instant("2020-01-01T00:00:37.000000001")
    assert read("2020-01-01 00:00:00") == instant("2020-01-01T00:00:37")  # plain YAML is UTC
    assert read("2020-01-01T01:00:00+01:00") == instant("2020-01-01T00:00:37")
    assert read("2020-01-01") == instant("2020-01-01T00:00:37")
    assert isinstance(read("2020-01-01"), Instant)


def test_timespans() -> None:
    both = "!lsst.daf.butler.Timespan {begin: 2020-01-01, end: null}"
    assert read(both) == Timespan(instant("2020-01-01T00:00:37"), None)
    assert read("!lsst.daf.butler.Timespan EMPTY").is_empty


def test_ids_of_all_forms() -> None:
    assert id_bytes(uuid.UUID(int=5)) == bytes(15) + b"\x05"
    assert old_id(7) == id_bytes(7) == uuid.uuid3(uuid.UUID("4d4851f4-2890-4d41-8779-5f38a3f5062b"), "7").bytes
    assert id_bytes("7") is None
    assert id_bytes(True) is None


@pytest.mark.parametrize(
    "text",
    [
        "!!python/object/apply:os.system ['true']",
        "!!python/name:os.system",
        "!mine 1",
        "!uuid 12",
        "!butler_time/tai/iso yesterday",
        "!lsst.daf.butler.Timespan {begin: 2020-01-01}",
        "!lsst.daf.butler.Timespan {begin: a, end: b}",
        "!<lsst.sphgeom.Box> {encoded: xyz}",
        "!<lsst.sphgeom.Box> {}",
        "!!binary é",
        "2020-99-99",
    ],
)
def test_what_is_refused(text: str) -> None:
    with pytest.raises(yaml.YAMLError):
        read(text)
