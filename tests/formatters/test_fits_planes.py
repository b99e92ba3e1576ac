"""Image, mask and variance together: how many round trips, how many bytes, and what is kept for the next time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits

from skybutler.datasets.storage_class import StorageClasses
from skybutler.errors import UnreadableFileError
from skybutler.formatters import fits_planes
from skybutler.formatters.fits_image import FitsImageFormatter
from skybutler.formatters.fits_planes import PLACES, PLANES, PlaneFile, note_places, read_planes
from skybutler.formatters.fits_scan import HeldFile
from skybutler.formatters.formatter import Source
from skybutler.images import Box, Image, Mask, MaskedImage
from skybutler.storage import LocalStorage, Storage, open_storage
from support.s3 import S3Server
from support.storages import Counting

SHAPE = (1500, 1500)
BOX = Box((640, 840), (600, 800))
MASKED = StorageClasses.default()["MaskedImageF"]


@pytest.fixture(autouse=True)
def _anew() -> None:
    fits_planes.forget_planes()


def a_masked_image(seed: int = 1) -> MaskedImage:
    rng = np.random.default_rng(seed)
    image = Image(rng.normal(100, 10, SHAPE).astype("f4"))
    mask = Mask(np.where(rng.random(SHAPE) < 0.01, 32, 0).astype("i4"))
    return MaskedImage(image, mask, Image(rng.uniform(90, 110, SHAPE).astype("f4")))


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, MaskedImage]:
    path, masked = tmp_path_factory.mktemp("planes") / "x.fits", a_masked_image()
    FitsImageFormatter().write(masked, path, MASKED, None)
    return path, masked


@pytest.fixture
def foreign(written: tuple[Path, MaskedImage], tmp_path: Path) -> Path:
    """The same without the cards that tell where planes are."""
    content = written[0].read_bytes()
    for card in PLACES.values():
        content = content.replace(f"{card:<8}=".encode(), b"NOTHING =", 1)
    (tmp_path / "foreign.fits").write_bytes(content)
    return tmp_path / "foreign.fits"


def read(storage: Counting, name: str, size: int, box: Box = BOX) -> dict[str, Any]:
    found = read_planes(HeldFile(Source(storage, name, size)), PLANES, lambda file: box)
    assert found is not None
    return found[1]


def assert_right(pixels: dict[str, Any], masked: MaskedImage, box: Box = BOX) -> None:
    cut = masked[box]
    for name, plane in zip(PLANES, (cut.image.array, cut.mask.array, cut.variance.array), strict=True):
        assert pixels[name].tobytes() == plane.tobytes()


def tiles_and_tables(path: Path, box: Box) -> tuple[int, int]:
    """Bytes of the tiles that a box needs, and of headers and tables of tiles, as astropy finds them."""
    tiles = others = 0
    with fits.open(path, disable_image_compression=True) as hdus:
        for hdu in hdus:
            info = hdu.fileinfo()
            others += info["datLoc"] - info["hdrLoc"]
            if hdu.header.get("ZIMAGE"):
                others += hdu.header["NAXIS1"] * hdu.header["NAXIS2"]
                side, across = hdu.header["ZTILE1"], -(-hdu.header["ZNAXIS1"] // hdu.header["ZTILE1"])
                sizes = [len(cell) for cell in hdu.data["COMPRESSED_DATA"]]
                rows, columns = (range(s // side, (e - 1) // side + 1) for s, e in box_sides(box))
                tiles += sum(sizes[row * across + column] for row in rows for column in columns)
    return tiles, others


def box_sides(box: Box) -> tuple[tuple[int, int], tuple[int, int]]:
    return (box.y.start, box.y.stop), (box.x.start, box.x.stop)


def test_three_round_trips_and_few_bytes(written: tuple[Path, MaskedImage]) -> None:
    path, masked = written
    storage = Counting(LocalStorage(path.parent))
    assert_right(read(storage, path.name, path.stat().st_size), masked)
    assert len(storage.trips) == 3
    assert storage.states == 1  # at the same time as the first
    tiles, others = tiles_and_tables(path, BOX)
    assert tiles < storage.n_bytes < 1.5 * tiles + others


def test_one_round_trip_the_next_time(written: tuple[Path, MaskedImage]) -> None:
    path, masked = written
    size, box = path.stat().st_size, Box((0, 130), (1400, 1500))
    read(Counting(LocalStorage(path.parent)), path.name, size)
    storage = Counting(LocalStorage(path.parent))
    assert_right(read(storage, path.name, size, box), masked, box)
    assert len(storage.trips) == 1
    assert storage.n_bytes < 1.1 * tiles_and_tables(path, box)[0]


def test_files_that_do_not_tell_where_planes_are(written: tuple[Path, MaskedImage], foreign: Path) -> None:
    storage = Counting(LocalStorage(foreign.parent))
    assert_right(read(storage, foreign.name, foreign.stat().st_size), written[1])
    assert len(storage.trips) == 4  # each plane can be found only from the one before
    storage.trips.clear()
    assert_right(read(storage, foreign.name, foreign.stat().st_size), written[1])
    assert len(storage.trips) == 1


def test_places_that_are_wrong_do_no_harm(written: tuple[Path, MaskedImage], tmp_path: Path) -> None:
    """Files are changed by other software, which keeps cards that it does not know."""
    path, masked = written
    with fits.open(path, disable_image_compression=True) as hdus:
        hdus[1].header.extend([(f"NEW{i}", i) for i in range(200)])
        hdus.writeto(tmp_path / "y.fits")
    with fits.open(tmp_path / "y.fits") as hdus:
        assert hdus[0].header["SB_VARP"] != hdus[3].fileinfo()["hdrLoc"]
    storage = Counting(LocalStorage(tmp_path))
    assert_right(read(storage, "y.fits", (tmp_path / "y.fits").stat().st_size), masked)


def test_the_writer_says_where_planes_are(written: tuple[Path, MaskedImage]) -> None:
    with fits.open(written[0]) as hdus:
        places = [hdus[0].header[card] for card in PLACES.values()]
        assert places == [hdus[2].fileinfo()["hdrLoc"], hdus[3].fileinfo()["hdrLoc"]]
        assert hdus[0].verify("exception") is None


def test_files_without_room_for_places_stay(tmp_path: Path) -> None:
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(np.ones((3, 3)))]).writeto(tmp_path / "x.fits")
    before = (tmp_path / "x.fits").read_bytes()
    note_places(tmp_path / "x.fits")
    assert (tmp_path / "x.fits").read_bytes() == before


@pytest.mark.parametrize("remote", [False, True])
def test_a_file_that_has_changed_is_read_anew(tmp_path: Path, remote: bool) -> None:
    first, second = a_masked_image(1), a_masked_image(2)
    path = tmp_path / "x.fits"
    for masked in (first, second):
        FitsImageFormatter(tile=128 if masked is first else 64).write(masked, path, MASKED, None)
        storage = Counting(LocalStorage(tmp_path), remote)
        assert_right(read(storage, "x.fits", path.stat().st_size), masked)


def test_a_changed_file_that_no_longer_has_the_box(tmp_path: Path) -> None:
    """What was known of a file must not decide what is wrong with the box."""
    path, big, small = tmp_path / "x.fits", a_masked_image()[BOX].copy(), a_masked_image()[Box((0, 50), (0, 50))].copy()

    def choose(file: PlaneFile) -> Box:
        if file.shape != (200, 200):
            raise UnreadableFileError(f"too small: {file.shape}")
        return Box((100, 101), (100, 101))

    def source() -> Source:
        return Source(Counting(LocalStorage(tmp_path)), "x.fits", path.stat().st_size)

    FitsImageFormatter().write(small, path, MASKED, None)
    with pytest.raises(UnreadableFileError, match="too small"):
        read_planes(HeldFile(source()), PLANES, choose)
    FitsImageFormatter().write(big, path, MASKED, None)
    assert read_planes(HeldFile(source()), PLANES, choose) is not None
    FitsImageFormatter().write(small, path, MASKED, None)
    with pytest.raises(UnreadableFileError, match=r"too small: \(50, 50\)"):
        read_planes(HeldFile(source()), PLANES, choose)


def test_what_is_kept_is_bounded(
    written: tuple[Path, MaskedImage], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fits_planes, "_MOST_FILES", 2)
    names = ["a.fits", "b.fits", "c.fits"]
    for name in names:
        (tmp_path / name).symlink_to(written[0])
        read(Counting(LocalStorage(tmp_path)), name, written[0].stat().st_size)
    assert [path.rsplit("/", 1)[1] for path in fits_planes._kept._files] == ["b.fits", "c.fits"]
    monkeypatch.setattr(fits_planes, "_MOST_BYTES", 10)
    read(Counting(LocalStorage(tmp_path)), "a.fits", written[0].stat().st_size)
    assert len(fits_planes._kept._files) == 1


def test_one_plane_reads_no_other(written: tuple[Path, MaskedImage]) -> None:
    path, masked = written
    storage = Counting(LocalStorage(path.parent))
    src = Source(storage, path.name, path.stat().st_size)
    found = read_planes(HeldFile(src), ("IMAGE",), lambda file: BOX)
    assert found is not None
    assert list(found[1]) == ["IMAGE"]
    assert found[1]["IMAGE"].tobytes() == masked[BOX].image.array.tobytes()
    assert len(storage.trips) == 2
    mask_place = fits.getheader(path)["SB_MASKP"]
    assert all(stop <= mask_place for trip in storage.trips for _, stop in trip)


def test_packed_files_and_others_are_left_to_astropy(written: tuple[Path, MaskedImage], tmp_path: Path) -> None:
    import gzip

    (tmp_path / "x.fits.gz").write_bytes(gzip.compress(written[0].read_bytes()[:100_000]))
    (tmp_path / "x.txt").write_text("hello")
    for name in ("x.fits.gz", "x.txt"):
        assert read_planes(HeldFile(Source(LocalStorage(tmp_path), name)), PLANES, lambda file: BOX) is None


@pytest.mark.s3
def test_from_an_object_store(written: tuple[Path, MaskedImage], s3_server: S3Server) -> None:
    path, masked = written
    inner: Storage = open_storage(s3_server.new_root(), s3_server.options)
    inner.write("d/x.fits", path)
    storage = Counting(inner)
    assert_right(read(storage, "d/x.fits", path.stat().st_size), masked)
    assert len(storage.trips) == 3
    tiles, others = tiles_and_tables(path, BOX)
    assert storage.n_bytes < 1.5 * tiles + others


def test_planes_are_found_by_position(tmp_path: Path) -> None:
    """As in old files: image in the primary HDU, no names."""
    pixels = np.arange(12.0, dtype="f4").reshape(3, 4)
    hdus = [fits.PrimaryHDU(pixels), fits.ImageHDU(np.ones((3, 4), "i4")), fits.ImageHDU(2 * pixels)]
    fits.HDUList(hdus).writeto(tmp_path / "x.fits")
    found = read(Counting(LocalStorage(tmp_path)), "x.fits", -1, Box((1, 3), (0, 2)))
    assert {name: array.tolist() for name, array in found.items()} == {
        "IMAGE": [[4.0, 5.0], [8.0, 9.0]],
        "MASK": [[1, 1], [1, 1]],
        "VARIANCE": [[8.0, 10.0], [16.0, 18.0]],
    }
    assert HeldFile(Source(LocalStorage(tmp_path), "x.fits")).uri.endswith("x.fits")
