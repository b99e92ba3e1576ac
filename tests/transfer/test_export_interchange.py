"""Exports from lsst.daf.butler to us and back, and from us to it, with files: nothing is lost, changed or added."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from astropy.table import Table

from skybutler import Butler, CollectionType
from skybutler.sky.timespan import Timespan
from skybutler.transfer.yaml_values import ExportLoader
from support.peer import Peer

pytestmark = pytest.mark.timeout(900)  # each command of the peer takes seconds to start

MAX_NS = 4_102_444_800_000_000_000
"""What the peer counts as unbounded."""


@pytest.fixture
def ours(tmp_path: Path) -> Iterator[Butler]:
    """An empty repository of ours, on SQLite: that both databases give the same is tested elsewhere."""
    Butler.create(tmp_path / "ours")
    with Butler(tmp_path / "ours", writeable=True) as butler:
        yield butler


@pytest.fixture(scope="module")
def theirs(peer: Peer, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """An export that the peer made of a repository of its own, with files, and what the repository holds."""
    folder = tmp_path_factory.mktemp("peer")
    (folder / "export").mkdir()
    peer("make", folder / "repo")
    peer("export", folder / "repo", folder / "export", "copy")
    return folder / "export", peer.content(folder / "repo")


def content(butler: Butler) -> dict[str, Any]:
    """What a repository of ours holds, in the form of `Peer.content`."""
    registry = butler.registry
    found: dict[str, Any] = {"records": {}, "types": {}, "collections": {}, "datasets": {}}
    for element in butler.dimensions.elements:
        if element.has_table:
            records = butler.query_dimension_records(element.name)
            found["records"][element.name] = sorted(
                ({f: plain(r.get(f)) for f in element.fields} for r in records), key=str
            )
    for kind in butler.query_dataset_types():
        found["types"][kind.name] = [sorted(kind.dimensions.names), kind.storage_class, kind.is_calibration]
        for ref in butler.query_datasets(kind.name, "*", find_first=False):
            value = butler.get(ref)
            shown = [list(map(str, row)) for row in value] if isinstance(value, Table) else value
            found["datasets"][str(ref.id)] = [kind.name, ref.run, ref.data_id.required, shown]
    for name in butler.collections.query("*"):
        info = butler.collections.get_info(name)
        members: list[list[Any]] = []
        for known in registry.dataset_types.all():
            if info.type is CollectionType.TAGGED:
                members += [[uuid_text(i), None] for i in registry.datasets.tagged(name, known.k)]
            elif info.type is CollectionType.CALIBRATION and known.dataset_type.is_calibration:
                ranges = registry.calibrations.ranges(name, known.dataset_type.name)
                members += [[uuid_text(i), bounds(span)] for _, i, span in ranges]
        found["collections"][name] = [info.type.name, info.doc, list(info.children), sorted(members)]
    return found


def records_of(butler: Butler) -> dict[str, list[dict[str, Any]]]:
    found = {}
    for element in butler.dimensions.elements:
        if element.has_table:
            rows = [{f: plain(r.get(f)) for f in element.fields} for r in butler.query_dimension_records(element.name)]
            found[element.name] = sorted(rows, key=str)
    return found


def uuid_text(identifier: bytes) -> str:
    from uuid import UUID

    return str(UUID(bytes=identifier))


def bounds(span: Timespan) -> list[int]:
    """A timespan as the peer keeps it, whose unbounded ends are others."""
    begin = 0 if span.begin_ns == Timespan.MIN_NS else span.begin_ns
    return [begin, span.end_ns if span.end_ns != Timespan.MAX_NS else MAX_NS]


def plain(value: Any) -> Any:
    if isinstance(value, Timespan):
        return bounds(value)
    if isinstance(value, bytes):
        return value.hex()
    return value.encode().hex() if hasattr(value, "relate") else value


def export_everything(butler: Butler, directory: Path) -> None:
    """All that a repository holds, also records that no dataset refers to."""
    with butler.export(directory=directory, format="yaml", transfer="copy") as export:
        export.save_datasets(butler.query_datasets("*", "*", find_first=False))
        for name in butler.collections.query("*"):
            export.save_collection(name)
        for element in ("physical_filter", "day_obs", "group", "visit_system"):
            export.save_dimension_data(element, butler.query_dimension_records(element))


def test_theirs_comes_in_whole(target: Butler, theirs: tuple[Path, dict[str, Any]]) -> None:
    folder, expected = theirs
    target.import_(directory=folder, format="yaml", transfer="copy")
    assert content(target) == expected


def test_theirs_goes_out_again_as_it_was(ours: Butler, theirs: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    folder, _ = theirs
    ours.import_(directory=folder, format="yaml", transfer="direct")
    export_everything(ours, tmp_path / "again")
    first, second = (yaml.load((f / "export.yaml").read_text(), ExportLoader) for f in (folder, tmp_path / "again"))
    for blocks in (first["data"], second["data"]):
        for block in blocks:
            if block["type"] == "dataset":
                block["records"].sort(key=lambda r: str(r["data_id"]))
    assert second == first
    assert list(second) == list(first)
    assert [list(b) for b in second["data"]] == [list(b) for b in first["data"]]
    assert [[list(r) for r in b.get("records", [])] for b in second["data"]] == [
        [list(r) for r in b.get("records", [])] for b in first["data"]
    ]


def test_ours_goes_into_theirs(peer: Peer, ours: Butler, theirs: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    folder, expected = theirs
    ours.import_(directory=folder, format="yaml", transfer="copy")
    export_everything(ours, tmp_path / "out")
    peer.butler("create", tmp_path / "new")
    peer.butler("import", "-t", "copy", tmp_path / "new", tmp_path / "out")
    assert peer.content(tmp_path / "new") == expected
    listed = peer.butler("query-collections", tmp_path / "new", "--chains", "no-children")
    assert set(expected["collections"]) <= set(listed.split())
    assert "R1_S1" in peer.butler("query-dimension-records", tmp_path / "new", "detector")
    assert "bias" in peer.butler("query-datasets", tmp_path / "new", "bias", "--collections", "calib/r")


OLD = """version: 1.0.0
universe_version: VERSION
data:
- {type: dimension, element: instrument, records: [{name: Cam, visit_max: 9, exposure_max: 9, detector_max: 1,
   class_name: lsst.obs.cam.Cam}]}
- {type: dimension, element: physical_filter, records: [{instrument: Cam, name: r1, band: r}]}
- {type: dimension, element: visit_system, records: [{instrument: Cam, id: 0, name: one-to-one}]}
- type: dimension
  element: exposure
  records:
  - {instrument: Cam, id: 1, obs_id: one, physical_filter: r1, group_name: g1, group_id: 7, day_obs: 20260101,
     exposure_time: 30.0, datetime_begin: 2026-01-01 12:00:00, datetime_end: 2026-01-01 12:00:30}
  - {instrument: Cam, id: 2, obs_id: two, physical_filter: r1, group_name: g1, group_id: 7, day_obs: 20260102,
     exposure_time: 30.0, datetime_begin: 2026-01-02 12:00:00, datetime_end: 2026-01-02 12:00:30}
- type: dimension
  element: visit
  records:
  - {instrument: Cam, id: 1, name: one, physical_filter: r1, VISITexposure_time: 30.0, region: null,
     datetime_begin: !butler_time/tai/iso '2026-01-01 12:00:37.000000000', datetime_end: 2026-01-01 12:00:30}
- {type: dimension, element: visit_definition, records: [{instrument: Cam, exposure: 1, visit: 1}]}
"""
VISITS = {0: "visit_system: 0, seeing: 0.7, ", 1: "visit_system: 0, day_obs: 20260101, ", 5: "day_obs: 20260101, "}


@pytest.mark.parametrize("version", [0, 1, 5])
def test_older_universes_become_what_they_become_there(peer: Peer, ours: Butler, tmp_path: Path, version: int) -> None:
    text = OLD.replace("VERSION", str(version)).replace("VISIT", VISITS[version])
    (tmp_path / "old.yaml").write_text(text)
    expected = json.loads(peer("records", tmp_path / "theirs", tmp_path / "old.yaml"))
    ours.import_(filename=tmp_path / "old.yaml")
    assert records_of(ours) == expected


def test_a_real_old_file_becomes_what_it_becomes_there(peer: Peer, ours: Butler, shared: Path, tmp_path: Path) -> None:
    text = (shared / "data" / "exports" / "jointcal-cfht-exports.yaml").read_text()
    lines = text.split("\n")  # the peer imports the code of formatters, and has none of theirs
    kept = [line for line in lines if not line.startswith("    formatter: ") and line != "  - refcats"]
    (tmp_path / "old.yaml").write_text("\n".join(kept))
    expected = json.loads(peer("records", tmp_path / "theirs", tmp_path / "old.yaml"))
    ours.import_(filename=tmp_path / "old.yaml", without_datastore=True)
    assert records_of(ours) == expected
