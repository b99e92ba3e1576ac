"""Blocks as text: tags, order of fields, old shapes of nothing."""

from __future__ import annotations

import uuid
from typing import Any

import yaml

from skybutler.datasets import CollectionInfo, CollectionType, DatasetType
from skybutler.dimensions import DimensionUniverse
from skybutler.sky.timespan import Timespan
from skybutler.transfer import yaml_writer
from skybutler.transfer.yaml_values import ExportLoader, instant

UNIVERSE = DimensionUniverse.load()
DAY = instant("2026-10-13T00:00:00")


def test_head_and_dimension_records_stand_as_the_peer_writes_them() -> None:
    element = UNIVERSE["day_obs"]
    text = yaml_writer.head(UNIVERSE, empty=False) + yaml_writer.dimension_head(element)
    spans = [Timespan(DAY, DAY + 5), None, Timespan(None, DAY)]
    columns: dict[str, Any] = {"instrument": ["Cam", "Cam", "o n"], "id": [20261013, 20261014, 1], "timespan": spans}
    text += yaml_writer.dimension_records(element, columns)
    assert text == (
        "description: Butler Data Repository Export\nversion: 1.0.2\nuniverse_version: 8\n"
        "universe_namespace: daf_butler\ndata:\n"
        "- type: dimension\n  element: day_obs\n  records:\n"
        "  - instrument: Cam\n    id: 20261013\n"
        "    datetime_begin: !butler_time/tai/iso '2026-10-13 00:00:00.000000000'\n"
        "    datetime_end: !butler_time/tai/iso '2026-10-13 00:00:00.000000005'\n"
        "  - instrument: Cam\n    id: 20261014\n"
        "  - instrument: o n\n    id: 1\n"
        "    datetime_begin: null\n"
        "    datetime_end: !butler_time/tai/iso '2026-10-13 00:00:00.000000000'\n"
    )


def test_regions_and_hashes() -> None:
    columns: dict[str, Any] = {
        "name": ["Map"],
        "hash": [bytes(range(60))],
        "tract_max": [1],
        "patch_nx_max": [2],
        "patch_ny_max": [3],
    }
    text = yaml_writer.dimension_records(UNIVERSE["skymap"], columns)
    assert text.startswith("  - name: Map\n    hash: !!binary |\n      AAEC")
    (record,) = yaml.load(text, ExportLoader)
    assert record["hash"] == bytes(range(60))
    tract = yaml_writer.dimension_records(
        UNIVERSE["tract"], {"skymap": ["Map", "Map"], "id": [1, 2], "region": [b"p" + bytes(72), None]}
    )
    assert [r["region"] for r in yaml.load(tract, ExportLoader)] == [b"p" + bytes(72), None]


def test_collections() -> None:
    run = yaml_writer.collection_block(CollectionInfo("u/run", CollectionType.RUN, "two\nlines"))
    assert run == (
        '- type: collection\n  collection_type: RUN\n  name: u/run\n  doc: "two\\nlines"\n'
        "  host: null\n  timespan_begin: null\n  timespan_end: null\n"
    )
    chain = yaml_writer.collection_block(CollectionInfo("c", CollectionType.CHAINED, children=("b", "a")))
    assert chain.endswith("  name: c\n  children:\n  - b\n  - a\n")
    empty = yaml_writer.collection_block(CollectionInfo("c", CollectionType.CHAINED))
    assert empty.endswith("  children: []\n")


def test_datasets() -> None:
    kind = DatasetType("bias", UNIVERSE.conform(["detector"]), "ExposureF", is_calibration=True)
    assert yaml_writer.dataset_type_block(kind) == (
        "- type: dataset_type\n  name: bias\n  dimensions:\n  - instrument\n  - detector\n"
        "  storage_class: ExposureF\n  is_calibration: true\n"
    )
    text = yaml_writer.dataset_head(kind, "r/un") + yaml_writer.dataset_records(
        bytes(16) + bytes(range(16)),
        {"instrument": ["Cam", "Cam"], "detector": [0, 1]},
        ["a/b.fits", None],
        ["x.Y", None],
    )
    assert text.startswith(
        "- type: dataset\n  dataset_type: bias\n  run: r/un\n  records:\n"
        "  - dataset_id:\n    - !uuid '00000000-0000-0000-0000-000000000000'\n"
        "    data_id:\n    - instrument: Cam\n      detector: 0\n    path: a/b.fits\n    formatter: x.Y\n"
    )
    (block,) = yaml.load(text, ExportLoader)
    assert set(block["records"][1]) == {"dataset_id", "data_id"}


def test_associations() -> None:
    ids = [uuid.UUID(int=i) for i in range(3)]
    tags: list[dict[str, Any]] = yaml.load("".join(yaml_writer.tags_block("t", [i.bytes for i in ids])), ExportLoader)
    assert tags == [{"type": "associations", "collection": "t", "collection_type": "TAGGED", "dataset_ids": ids}]
    ranges = {Timespan(None, DAY): [ids[0].bytes], Timespan.make_empty(): [ids[1].bytes, ids[2].bytes]}
    (block,) = yaml.load("".join(yaml_writer.calibrations_block("c", ranges)), ExportLoader)
    assert [(r["timespan"], len(r["dataset_ids"])) for r in block["validity_ranges"]] == [
        (Timespan(None, DAY), 1),
        (Timespan.make_empty(), 2),
    ]
