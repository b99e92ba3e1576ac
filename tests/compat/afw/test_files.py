"""Files by path and URL: the same object whatever way it comes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from skybutler.compat.afw.exposure import ExposureF
from skybutler.compat.afw.files import read_file, write_file
from skybutler.errors import MissingFileError, UnreadableFileError
from skybutler.images import Box, Exposure
from skybutler.storage import open_storage
from support.s3 import S3Server


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def website(tmp_path: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(tmp_path)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_local_files(plain: Exposure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a b.fits"
    write_file(plain, path, "ExposureF")
    monkeypatch.chdir(tmp_path)
    for place in (path, str(path), path.as_uri(), "a b.fits"):
        assert read_file(place, "ExposureF").masked_image.same_as(plain.masked_image)
    box = Box((205, 207), (110, 114))
    assert read_file(path, "ExposureF", bbox=box, origin=None).bbox == box
    with pytest.raises(MissingFileError, match="There is no file c.fits"):
        read_file("c.fits", "ExposureF")
    (tmp_path / "d.fits").write_bytes(b"nothing")
    with pytest.raises(UnreadableFileError):
        read_file("d.fits", "ExposureF")


def test_files_of_the_web(plain: Exposure, tmp_path: Path, website: str) -> None:
    write_file(plain, tmp_path / "a b.fits", "ExposureF")
    exposure = ExposureF(f"{website}/a%20b.fits?Signature=x")
    assert type(exposure) is ExposureF
    assert exposure.plain.masked_image.same_as(plain.masked_image)


@pytest.mark.s3
def test_objects_of_a_store(plain: Exposure, tmp_path: Path, s3_environment: S3Server) -> None:
    write_file(plain, tmp_path / "a.fits", "ExposureF")
    storage = open_storage(s3_environment.new_root())
    storage.write("a.fits", (tmp_path / "a.fits").read_bytes())
    for url in (storage.url("a.fits"), storage.signed_url("a.fits")):
        assert ExposureF(url).plain.masked_image.same_as(plain.masked_image)
