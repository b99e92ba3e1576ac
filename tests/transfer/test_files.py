"""Files from one datastore into another: checked on the way, and kept when they are there."""

from __future__ import annotations

import pytest

from skybutler.datasets import FileRecord
from skybutler.datastore import Datastore
from skybutler.errors import ChecksumMismatchError, FileExistsInStoreError, MissingFileError, ParameterError
from skybutler.storage.checksum import of_bytes
from skybutler.transfer.files import MODES, Job, bring_files, check_mode, stored_as
from support.s3 import S3Server

DATA = [b"a" * 10, b"b" * 20, b"c" * 300_000]


@pytest.fixture(params=["local-local", "local-s3", "s3-local", "s3-s3"])
def stores(request: pytest.FixtureRequest, tmp_path) -> tuple[Datastore, Datastore]:
    """Two datastores; the first holds three files."""
    made = []
    for i, kind in enumerate(request.param.split("-")):
        if kind == "local":
            made.append(Datastore.open(tmp_path / str(i)))
        else:
            server: S3Server = request.getfixturevalue("s3_environment")
            made.append(Datastore.open(server.new_root()))
    for i, data in enumerate(DATA):
        made[0].storage.write(f"d/{i}.bin", data)
    return made[0], made[1]


def job(i: int, *, recorded: bool = True, data: bytes | None = None) -> Job:
    known = of_bytes(DATA[i] if data is None else data)
    size, checksum = (known.size, known.checksum) if recorded else (-1, None)
    return Job(FileRecord(f"d/{i}.bin", "yaml", "int", size, checksum), f"e/{i}.bin")


def bring(stores: tuple[Datastore, Datastore], jobs: list[Job], mode: str = "auto", **options):
    with stores[1].stage() as stage:
        return bring_files(stores[0], stores[1].storage, jobs, mode, stage, **{"in_use": lambda path: True, **options})


@pytest.mark.parametrize("recorded", [True, False])
def test_files_arrive(stores: tuple[Datastore, Datastore], recorded: bool) -> None:
    for again in range(2):  # the second time they are kept
        found = bring(stores, [job(i, recorded=recorded) for i in range(3)])
        assert [f.size for f in found] == list(map(len, DATA)), again
        assert [stores[1].storage.read(f"e/{i}.bin") for i in range(3)] == DATA
        if recorded:
            assert [f.checksum for f in found] == [of_bytes(d).checksum for d in DATA]
    assert stored_as(stores[1].storage, "e/1.bin") == of_bytes(DATA[1])


@pytest.mark.parametrize("wrong", [b"x" * 20, b"x" * 19])
def test_what_is_not_as_recorded_is_refused(stores: tuple[Datastore, Datastore], wrong: bytes) -> None:
    with pytest.raises(ChecksumMismatchError, match=r"1\.bin"):
        bring(stores, [job(0), job(1, data=wrong)])
    assert list(stores[1].storage.files()) == []


def test_what_is_gone_is_named(stores: tuple[Datastore, Datastore]) -> None:
    stores[0].storage.remove(["d/2.bin"])
    with pytest.raises(MissingFileError, match=r"2\.bin"):
        bring(stores, [job(0), job(2)])
    assert list(stores[1].storage.files()) == []


@pytest.mark.parametrize("other", [b"y" * 10, b"y"])
def test_another_file_in_the_place(stores: tuple[Datastore, Datastore], other: bytes) -> None:
    stores[1].storage.write("e/0.bin", other)
    with pytest.raises(FileExistsInStoreError):
        bring(stores, [job(0)])
    assert stores[1].storage.read("e/0.bin") == other
    bring(stores, [job(0)], in_use=lambda path: False)
    assert stores[1].storage.read("e/0.bin") == DATA[0]
    stores[1].storage.write("e/0.bin", other, overwrite=True)
    bring(stores, [job(0, recorded=False)], overwrite=True)
    assert stores[1].storage.read("e/0.bin") == DATA[0]


def test_modes() -> None:
    assert [check_mode(mode) for mode in MODES] == list(MODES)
    for mode, said in (("move", "away"), ("direct", "delete"), ("split", "delete"), ("cpy", "copy"), (None, "copy")):
        with pytest.raises(ParameterError, match=said):
            check_mode(mode)
