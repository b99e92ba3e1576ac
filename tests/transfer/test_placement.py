"""Where the files of transferred datasets go."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from skybutler import Butler
from skybutler.datasets import FileRecord
from skybutler.errors import InvalidError
from skybutler.registry.rows import rows_of
from skybutler.storage import StoredFile
from skybutler.transfer.placement import Placement, shared_files
from support.exchange import fill


def test_paths_stay_and_sizes_are_measured_where_none_are_recorded(local_pair: tuple[Butler, Butler]) -> None:
    origin, dest = local_pair
    (rows,) = rows_of(origin.registry, [r.id.bytes for r in fill(origin)[:3]])
    rows = replace(rows, size=[-1, *rows.size[1:]], checksum=[None, *rows.checksum[1:]])
    placed = Placement(origin, dest, "auto").placed(rows, np.array([True, True, False]))
    assert [job.path for job in placed.jobs] == rows.path[:2]
    assert placed.rows.path == [*rows.path[:2], None]
    placed.measured([StoredFile(7, b"c" * 16), StoredFile(8, b"d" * 16)])
    assert placed.rows.size == [7, 8, None]
    assert placed.rows.checksum == [b"c" * 16, rows.checksum[1], None]


def test_members_of_zip_files_take_the_whole_file_along(local_pair: tuple[Butler, Butler]) -> None:
    origin, dest = local_pair
    (rows,) = rows_of(origin.registry, [r.id.bytes for r in fill(origin)[:3]])
    zipped = [f"zips/a.zip#zip-path={i}.yaml" for i in range(2)]
    rows = replace(rows, path=[*zipped, "plain.yaml"])
    placed = Placement(origin, dest, "auto").placed(rows, np.ones(3, bool))
    assert [(job.path, job.record.size) for job in placed.jobs[:1]] == [("zips/a.zip", -1)]
    assert placed.rows.path == [*zipped, "plain.yaml"]
    assert placed.attachments["shared_file"] == {"dataset": rows.ids[:2], "path": ["zips/a.zip"] * 2}


def test_shared_files(local_pair: tuple[Butler, Butler]) -> None:
    origin, _ = local_pair
    (rows,) = rows_of(origin.registry, [r.id.bytes for r in fill(origin)[:4]])
    rows = replace(rows, path=["a", "a", "file:///a", None])
    assert shared_files(rows, [])["dataset"] == [rows.ids[1]]
    assert shared_files(rows, rows.ids[:1])["dataset"] == rows.ids[:2]


def test_two_files_for_one_path_are_refused(local_pair: tuple[Butler, Butler]) -> None:
    origin, dest = local_pair
    (rows,) = rows_of(origin.registry, [r.id.bytes for r in fill(origin)[:2]])
    rows = replace(rows, path=["file:///a/x.yaml", "file:///b/x.yaml"])
    assert Placement(origin, dest, "auto").placed(rows, np.ones(2, bool)).rows.path == rows.path
    placement = Placement(origin, dest, "copy")
    assert placement._enter(placement_record("file:///a/x"), "same") == "same"
    with pytest.raises(InvalidError, match="both become same"):
        placement._enter(placement_record("file:///b/x"), "same")


def placement_record(path: str) -> FileRecord:
    return FileRecord(path, "yaml", "StructuredDataDict")
