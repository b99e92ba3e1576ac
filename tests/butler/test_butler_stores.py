"""Repositories whose files are in an object store, or in several stores: whole stories, and stories that fail."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skybutler import Butler
from skybutler.datasets import DatasetExistence, FileDataset
from skybutler.datasets.ref import DatasetRef
from skybutler.errors import (
    ButlerError,
    DatasetTypeRejectedError,
    DeniedError,
    FileExistsInStoreError,
    FileNotFoundInStoreError,
    UnavailableError,
)
from skybutler.images import Box, Exposure, Image, MaskedImage
from skybutler.storage import open_storage
from support.faults import FaultyProxy
from support.s3 import S3Server

pytestmark = pytest.mark.s3


@pytest.fixture
def bucket(s3_server: S3Server) -> str:
    return s3_server.new_root()


@pytest.fixture(params=["bucket", "directory and bucket"])
def butler(
    request: pytest.FixtureRequest,
    database_url: str,
    tmp_path: Path,
    s3_server: S3Server,
    faulty: FaultyProxy,
    bucket: str,
) -> Iterator[Butler]:
    """A repository on both databases with its files behind a proxy, also in a chain with a directory before it."""
    s3 = {**s3_server.options, "endpoint": faulty.endpoint, "retry_seconds": 0.5, "timeout": 15}
    datastore: dict[str, Any] = {"root": bucket, "s3": s3}
    if request.param != "bucket":
        datastore = {"s3": s3, "datastores": [{"root": "<butlerRoot>/files"}, {"name": "bucket", "root": bucket}]}
    registry = {"db": database_url, "namespace": f"n{uuid.uuid4().hex[:8]}" if "postgres" in database_url else None}
    Butler.create(tmp_path / "repo", seed={"registry": registry, "datastore": datastore}, override=True)
    with Butler(tmp_path / "repo", run="run/mine") as butler:
        butler.insert_dimension_data("instrument", {"name": "Cam"})
        rows = ({"instrument": "Cam", "id": i, "full_name": f"S{i}"} for i in range(8))
        butler.insert_dimension_data("detector", *rows)
        butler.register_dataset_type("note", ["detector"])
        yield butler


def objects(bucket: str, server: S3Server) -> list[str]:
    return sorted(open_storage(bucket, server.options).files())


def local_files(butler: Butler) -> list[str]:
    folder = Path(butler.config.root, "files")
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def kept(butler: Butler, bucket: str, server: S3Server) -> list[str]:
    """Paths of all files, the same in all stores."""
    found = objects(bucket, server)
    if butler.config.datastore.get("datastores"):
        assert local_files(butler) == found
    return found


def stored(butler: Butler) -> int:
    return len(list(butler.query_datasets("note", collections="*")))


# --------------------------------------------------------------------------------------------------------------- whole
def test_put_get_prune_and_removal(butler: Butler, bucket: str, s3_server: S3Server) -> None:
    with butler.transaction():
        refs = [butler.put({"n": n}, "note", instrument="Cam", detector=n) for n in range(8)]
    assert len(kept(butler, bucket, s3_server)) == 8
    assert [butler.get(ref) for ref in refs] == [{"n": n} for n in range(8)]
    assert butler.exists(refs[3]) is DatasetExistence.VERIFIED
    butler.prune_datasets(refs[:3], unstore=True, purge=True)
    assert len(kept(butler, bucket, s3_server)) == 5
    butler.prune_datasets(refs[3:4], disassociate=False, unstore=True)
    assert butler.exists(refs[3]) is DatasetExistence.RECORDED
    assert len(kept(butler, bucket, s3_server)) == 4
    butler.remove_runs("run/mine")
    assert kept(butler, bucket, s3_server) == []


def test_ingest_and_retrieval(butler: Butler, bucket: str, s3_server: S3Server, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for n in range(3):
        (tmp_path / "in" / f"{n}.yaml").write_text(f"n: {n}")
    note = butler.get_dataset_type("note")
    there = open_storage(s3_server.new_root(), s3_server.options)  # somewhere else in the bucket
    there.write("a b.yaml", b"n: 7")
    sources = [
        (str(tmp_path / "in/0.yaml"), "auto"),
        (str(tmp_path / "in/1.yaml"), "move"),
        (there.url("a b.yaml"), "copy"),
    ]
    refs = []
    for n, (source, mode) in enumerate([*sources, (there.url("a b.yaml"), "direct")]):
        data_id = butler.registry.data_ids.standardize({"instrument": "Cam", "detector": n}, note.dimensions)
        refs.append(DatasetRef(note, data_id, "run/mine"))
        butler.ingest(FileDataset(source, [refs[-1]]), transfer=mode)
    assert [butler.get(ref)["n"] for ref in refs] == [0, 1, 7, 7]
    assert butler.get_uri(refs[3]) == there.url("a b.yaml")
    assert not (tmp_path / "in/1.yaml").exists()
    assert len(kept(butler, bucket, s3_server)) == 3
    found = butler.retrieve_artifacts(refs, tmp_path / "out", preserve_path=True)
    assert len(found) == 4
    assert sorted(path.read_text() for path in (tmp_path / "out").rglob("*.yaml")) == ["n: 0", "n: 1", "n: 7", "n: 7"]
    butler.remove_runs("run/mine")
    assert kept(butler, bucket, s3_server) == []
    assert there.read("a b.yaml") == b"n: 7"


def test_a_large_image_in_parts_and_a_piece_of_it(
    tmp_path: Path, s3_server: S3Server, faulty: FaultyProxy, bucket: str
) -> None:
    settings = {**s3_server.options, "endpoint": faulty.endpoint}
    Butler.create(tmp_path / "repo", seed={"datastore": {"root": bucket, "s3": settings}})
    rng = np.random.default_rng(1)
    pixels, values = rng.normal(size=(1000, 1000)).astype("f4"), rng.normal(size=2_500_000)
    with Butler(tmp_path / "repo", run="r") as butler:
        butler.register_dataset_type("image", [], "ExposureF")
        butler.register_dataset_type("values", [], "NumpyArray")
        butler.put(Exposure(MaskedImage(Image(pixels))), "image")
        butler.put(values, "values")
        assert any("partNumber" in target for _, target in faulty.requests)
        np.testing.assert_array_equal(butler.get("values"), values)

        def got(what: str, **parameters: Any) -> tuple[Any, int]:
            before = len(faulty.requests)
            return butler.get(what, parameters=parameters), len(faulty.requests) - before

        whole, _ = got("image")
        box = Box.from_shape((40, 50), (700, 900))
        piece, asked = got("image", bbox=box)
        np.testing.assert_array_equal(piece.image.array, whole.image.array[900:940, 700:750])
        assert asked <= 12  # ranges of one trip are asked for at once; there are three trips
        assert got("image.metadata")[1] <= 4


# ------------------------------------------------------------------------------------------------------------- failures
@pytest.mark.parametrize(
    "kind, error", [("busy", UnavailableError), ("reset", UnavailableError), ("denied", DeniedError)]
)
@pytest.mark.parametrize("what", ["put", "ingest"])
def test_a_write_that_fails_leaves_nothing(
    what: str,
    kind: str,
    error: type[ButlerError],
    butler: Butler,
    bucket: str,
    s3_server: S3Server,
    faulty: FaultyProxy,
    tmp_path: Path,
) -> None:
    butler.put({"n": 0}, "note", instrument="Cam", detector=0)
    before = kept(butler, bucket, s3_server)
    note = butler.get_dataset_type("note")

    def write() -> None:
        if what == "put":
            with butler.transaction():
                butler.put({"n": 1}, "note", instrument="Cam", detector=1)
                faulty.fail(kind, times=1000, method="PUT")
                butler.put({"n": 2}, "note", instrument="Cam", detector=2)
            return
        items = []
        for n in (1, 2):
            (tmp_path / f"{n}.yaml").write_text(f"n: {n}")
            data_id = butler.registry.data_ids.standardize({"instrument": "Cam", "detector": n}, note.dimensions)
            items.append(FileDataset(tmp_path / f"{n}.yaml", [DatasetRef(note, data_id, "run/mine")]))
        faulty.fail(kind, times=1000, method="PUT", part="S2")
        butler.ingest(*items, transfer="move")

    with pytest.raises(error):
        write()
    faulty.faults.clear()
    assert kept(butler, bucket, s3_server) == before
    assert stored(butler) == 1
    if what == "ingest":
        assert (tmp_path / "1.yaml").exists()
        assert (tmp_path / "2.yaml").exists()
    butler.put({"n": 1}, "note", instrument="Cam", detector=1)  # and goes on
    assert stored(butler) == 2


def test_what_cannot_be_deleted_now_is_deleted_later(
    butler: Butler, bucket: str, s3_server: S3Server, faulty: FaultyProxy, caplog: pytest.LogCaptureFixture
) -> None:
    refs = [butler.put({"n": n}, "note", instrument="Cam", detector=n) for n in range(2)]
    faulty.fail("busy", times=1000, method="POST", part="delete")
    butler.prune_datasets(refs[:1], unstore=True, purge=True)
    assert "deleted after the next removal" in caplog.text
    assert len(objects(bucket, s3_server)) == 2
    assert stored(butler) == 1
    faulty.faults.clear()
    butler.prune_datasets(refs[1:], unstore=True, purge=True)
    assert kept(butler, bucket, s3_server) == []


def test_a_file_that_a_killed_process_left_is_replaced(butler: Butler, bucket: str, s3_server: S3Server) -> None:
    ref = butler.put({"n": 0}, "note", instrument="Cam", detector=0)
    path = butler._record_of(ref).path
    butler.prune_datasets([ref], unstore=True, purge=True)
    open_storage(bucket, s3_server.options).write(path, b"left over")
    again = butler.put({"n": 1}, "note", instrument="Cam", detector=0)
    assert butler.get(again) == {"n": 1}
    assert kept(butler, bucket, s3_server) == [path]
    butler.prune_datasets([again], disassociate=False, unstore=True)


def test_a_file_of_another_dataset_is_not_replaced(tmp_path: Path, s3_server: S3Server, bucket: str) -> None:
    templates = {"default": "{run}/{datasetType}_{instrument}"}  # does not tell detectors apart
    Butler.create(
        tmp_path / "repo", seed={"datastore": {"root": bucket, "s3": s3_server.options, "templates": templates}}
    )
    with Butler(tmp_path / "repo", run="r") as butler:
        butler.insert_dimension_data("instrument", {"name": "Cam"})
        butler.insert_dimension_data(
            "detector", *({"instrument": "Cam", "id": i, "full_name": str(i)} for i in range(2))
        )
        butler.register_dataset_type("note", ["detector"])
        butler.put({"n": 0}, "note", instrument="Cam", detector=0)
        with pytest.raises(FileExistsInStoreError, match="template must tell them apart"):
            butler.put({"n": 1}, "note", instrument="Cam", detector=1)
        assert butler.get("note", instrument="Cam", detector=0) == {"n": 0}
        assert len(objects(bucket, s3_server)) == 1


def test_a_lost_write_is_told(tmp_path: Path, s3_server: S3Server, faulty: FaultyProxy, bucket: str) -> None:
    settings = {**s3_server.options, "endpoint": faulty.endpoint}
    Butler.create(tmp_path / "repo", seed={"datastore": {"root": bucket, "s3": settings}})
    with Butler(tmp_path / "repo", run="r") as butler:
        butler.register_dataset_type("note")
        faulty.fail("lost write", method="PUT")
        butler.put({"n": 0}, "note")
        assert butler.exists("note") is DatasetExistence.MISSING
        with pytest.raises(FileNotFoundInStoreError, match="There is no object s3://"):
            butler.get("note")


def test_types_go_to_the_stores_that_take_them(tmp_path: Path) -> None:
    stores = [
        {"name": "fast", "root": "<butlerRoot>/fast", "constraints": {"accept": ["note"]}},
        {"name": "slow", "root": "<butlerRoot>/slow", "constraints": {"reject": ["scratch"]}},
    ]
    Butler.create(tmp_path / "repo", seed={"datastore": {"datastores": stores}})
    with Butler(tmp_path / "repo", run="r") as butler:

        def places(kind: str) -> list[str]:
            return [name for name in ("fast", "slow") if list((tmp_path / "repo" / name).rglob(f"{kind}*.yaml"))]

        for kind in ("note", "other", "scratch"):
            butler.register_dataset_type(kind)
        butler.put({}, "note")
        butler.put({}, "other")
        with pytest.raises(DatasetTypeRejectedError, match="'fast' accepts note; 'slow' rejects scratch"):
            butler.put({}, "scratch")
        assert [places(kind) for kind in ("note", "other", "scratch")] == [["fast", "slow"], ["slow"], []]
        assert not butler.exists("scratch")
