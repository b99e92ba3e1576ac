"""Boxes of plain and compressed images: the same bits as astropy gives, from the bytes that hold them only."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skybutler.errors import UnreadableFileError
from skybutler.formatters.fits_scan import HeldFile, ScannedHdu, read_merged
from skybutler.formatters.fits_tiles import TiledImage, pixel_reader
from skybutler.formatters.formatter import Source
from skybutler.images import Box
from skybutler.storage import LocalStorage

quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
Pixels = np.ndarray[Any, np.dtype[Any]]


def source(path: Path) -> Source:
    return Source(LocalStorage(path.parent), path.name)


def hdu_of(path: Path, number: int = 1) -> ScannedHdu:
    held, start = HeldFile(source(path)), 0
    for _ in range(number):
        hdu = held.hdu(start, 5760)
        assert hdu is not None
        start = hdu.end
    hdu = held.hdu(start, 5760)
    assert hdu is not None
    return hdu


def read(path: Path, box: Box, number: int = 1) -> Pixels:
    """What our reader makes of a box."""
    reader = pixel_reader(hdu_of(path, number), "The image of x.fits")
    assert reader is not None
    tiles = None
    if isinstance(reader, TiledImage):
        tiles = reader.tiles(source(path).read_ranges([reader.table])[0])
    return reader.pixels(box, read_merged(source(path), reader.ranges(box, tiles), 100), tiles)


def expected(path: Path, box: Box, number: int = 1) -> Pixels:
    """What astropy makes of it."""
    with fits.open(path, memmap=False) as hdus:
        array = np.asarray(hdus[number].section[box.y.start : box.y.stop, box.x.start : box.x.stop])
    return array.astype(array.dtype.newbyteorder("="))


def write(path: Path, hdu: fits.CompImageHDU | fits.ImageHDU) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(path, overwrite=True)
    return path


def assert_same_bits(path: Path, box: Box) -> None:
    ours, theirs = read(path, box), expected(path, box)
    assert ours.dtype == theirs.dtype
    assert ours.tobytes() == theirs.tobytes()
    assert ours.flags.writeable


@st.composite
def boxes(draw: st.DrawFn, shape: tuple[int, int]) -> Box:
    sides = []
    for size in shape:
        start = draw(st.integers(0, size - 1))
        sides.append((start, draw(st.integers(start + 1, size))))
    return Box(*sides)


def random_pixels(dtype: str, shape: tuple[int, int], seed: int) -> Pixels:
    rng = np.random.default_rng(seed)
    if dtype[0] == "f":
        pixels = rng.normal(100, 10, shape).astype(dtype)
        pixels[rng.random(shape) < 0.1] = np.nan
        return pixels
    info = np.iinfo(dtype)
    wide = rng.integers(info.min, info.max, shape, dtype=dtype, endpoint=True)
    return np.where(rng.random(shape) < 0.5, wide, 3).astype(dtype)


@given(st.data())
@quick
def test_lossless_tiles_have_the_same_bits(tmp_path: Path, data: st.DataObject) -> None:
    shape = data.draw(st.tuples(st.integers(1, 40), st.integers(1, 40)))
    tile = data.draw(st.tuples(st.integers(1, 45), st.integers(1, 45)))
    codec, types = data.draw(
        st.sampled_from(
            [("RICE_1", ["u1", "i2", "i4", "u2"]), ("GZIP_1", ["u1", "i2", "i4", "i8", "u2", "u4", "f4", "f8"]),
             ("GZIP_2", ["u1", "i2", "i4", "i8", "u2", "f4", "f8"]), ("NOCOMPRESS", ["i2", "i4", "f4"])]
        )
    )  # fmt: skip
    pixels = random_pixels(data.draw(st.sampled_from(types)), shape, data.draw(st.integers(0, 99)))
    hdu = fits.CompImageHDU(pixels, compression_type=codec, tile_shape=tile, quantize_level=0)
    assert_same_bits(write(tmp_path / "x.fits", hdu), data.draw(boxes(shape)))


@given(st.data())
@quick
def test_quantized_tiles_have_the_same_bits(tmp_path: Path, data: st.DataObject) -> None:
    """Of all dithers; tiles that cannot be quantized are kept otherwise by the writer."""
    shape = data.draw(st.tuples(st.integers(4, 60), st.integers(4, 60)))
    tile = data.draw(st.tuples(st.integers(1, 64), st.integers(1, 64)))
    pixels = random_pixels(data.draw(st.sampled_from(["f4", "f8"])), shape, data.draw(st.integers(0, 99)))
    pixels[pixels < 90] = 0.0  # which the second method of dithering keeps
    flat = data.draw(boxes(shape))
    pixels[flat.slices(Box.from_shape(shape))] = 7.0
    hdu = fits.CompImageHDU(
        pixels,
        compression_type=data.draw(st.sampled_from(["RICE_1", "GZIP_1", "GZIP_2"])),
        tile_shape=tile,
        quantize_level=data.draw(st.sampled_from([1.0, 16.0, -0.01])),
        quantize_method=data.draw(st.sampled_from([-1, 1, 2])),
        dither_seed=data.draw(st.sampled_from([1, 77, 10_000])),
    )
    assert_same_bits(write(tmp_path / "x.fits", hdu), data.draw(boxes(shape)))


@pytest.mark.parametrize("bitpix, scale, zero", [("i2", 0.5, 10.0), ("i4", 3.0, -1.0), ("f4", 2.0, 1.0), ("u1", 1, 7)])
@pytest.mark.parametrize("tiled", [False, True])
def test_scaled_pixels(tmp_path: Path, bitpix: str, scale: float, zero: float, tiled: bool) -> None:
    pixels = random_pixels(bitpix, (20, 30), 1)
    plain = fits.ImageHDU(pixels) if not tiled else fits.CompImageHDU(pixels, compression_type="GZIP_1")
    path = write(tmp_path / "x.fits", plain)
    with path.open("r+b") as stream:  # as stored: the library would scale while writing
        content = stream.read()
        place = content.index(b"XTENSION")
        header_end = content.index(b"END" + b" " * 77, place)
        cards = f"BSCALE  = {scale:>20}".ljust(80) + f"BZERO   = {zero:>20}".ljust(80)
        stream.seek(header_end)
        stream.write(cards.encode() + b"END".ljust(80))
    assert_same_bits(path, Box((3, 17), (5, 21)))


def test_tiles_that_do_not_quantize_stand_in_other_columns(tmp_path: Path) -> None:
    pixels = random_pixels("f4", (64, 64), 1)
    pixels[:32] = np.random.default_rng(1).integers(0, 2**32, (32, 64), "u4").view("f4")
    path = write(tmp_path / "x.fits", fits.CompImageHDU(pixels, compression_type="RICE_1", tile_shape=(16, 16)))
    reader = pixel_reader(hdu_of(path), "x")
    assert isinstance(reader, TiledImage)
    tiles = reader.tiles(source(path).read_ranges([reader.table])[0])
    in_gzip = np.count_nonzero(tiles.sizes["GZIP_COMPRESSED_DATA"])
    assert 0 < in_gzip < len(tiles.sizes["COMPRESSED_DATA"])
    assert_same_bits(path, Box((10, 50), (3, 60)))


def a_table(pixels: Pixels, columns: list[fits.Column], cards: dict[str, Any]) -> fits.BinTableHDU:
    """A table of tiles made by hand, as other software may make it."""
    table = fits.BinTableHDU.from_columns(columns)
    ny, nx = pixels.shape
    head = {"ZIMAGE": True, "ZCMPTYPE": "GZIP_1", "ZBITPIX": -32, "ZNAXIS": 2, "ZNAXIS1": nx, "ZNAXIS2": ny}
    table.header.update(head | {"ZTILE1": nx, "ZTILE2": 1} | cards)
    return table


@pytest.mark.parametrize("form", ["PB()", "QB()"])
def test_tables_of_other_software(tmp_path: Path, form: str) -> None:
    """Descriptors of 32 and 64 bits, a column before, uncompressed tiles beside compressed ones."""
    import gzip

    pixels = random_pixels("f4", (6, 10), 1)
    packed, plain = np.empty(6, object), np.empty(6, object)
    for row in range(6):
        data = np.frombuffer(gzip.compress(pixels[row].astype(">f4").tobytes()), "u1")
        packed[row] = data if row % 2 else data[:0]
        plain[row] = pixels[row][: 0 if row % 2 else None].astype(">f4")
    columns = [
        fits.Column("NOTE", "3A", array=["abc"] * 6),
        fits.Column("COMPRESSED_DATA", form, array=packed),
        fits.Column("UNCOMPRESSED_DATA", form.replace("B", "E"), array=plain),
    ]
    path = write(tmp_path / "x.fits", a_table(pixels, columns, {}))
    found = read(path, Box((1, 6), (2, 9)))
    assert found.tobytes() == pixels[1:6, 2:9].tobytes()
    assert_same_bits(path, Box((0, 6), (0, 10)))


def test_scale_and_zero_as_cards(tmp_path: Path) -> None:
    """The standard allows it (10.1.3); astropy does not read it."""
    import gzip

    stored = np.arange(60, dtype=">i4").reshape(6, 10)
    stored[2, 3] = -999
    packed = np.empty(6, object)
    packed[:] = [np.frombuffer(gzip.compress(row.tobytes()), "u1") for row in stored]
    cards = {"ZSCALE": 0.5, "ZZERO": 10.0, "ZBLANK": -999, "ZQUANTIZ": "NO_DITHER"}
    table = a_table(stored, [fits.Column("COMPRESSED_DATA", "PB()", array=packed)], cards)
    found = read(write(tmp_path / "x.fits", table), Box((0, 6), (0, 10)))
    wanted = (stored * 0.5 + 10.0).astype("f4")
    wanted[2, 3] = np.nan
    assert np.array_equal(found, wanted, equal_nan=True)


@pytest.mark.parametrize("codec", ["HCOMPRESS_1", "PLIO_1"])
def test_other_compressions_are_left_to_astropy(tmp_path: Path, codec: str) -> None:
    pixels = np.arange(400, dtype="i4").reshape(20, 20)
    path = write(tmp_path / "x.fits", fits.CompImageHDU(pixels, compression_type=codec, tile_shape=(10, 10)))
    assert pixel_reader(hdu_of(path), "x") is None


# --------------------------------------------------------------------------------------------------------- broken files
def packed_file(path: Path, codec: str) -> tuple[Path, TiledImage]:
    pixels = random_pixels("i4", (64, 64), 1)
    write(path, fits.CompImageHDU(pixels, compression_type=codec, tile_shape=(32, 32)))
    reader = pixel_reader(hdu_of(path), f"The image of {path.name}")
    assert isinstance(reader, TiledImage)
    return path, reader


@pytest.mark.parametrize("codec", ["RICE_1", "GZIP_1", "GZIP_2"])
@pytest.mark.parametrize("harm", [b"\0" * 40, b"\xff" * 40, b""])
def test_corrupt_tiles_are_named(tmp_path: Path, codec: str, harm: bytes) -> None:
    path, reader = packed_file(tmp_path / "x.fits", codec)
    tiles = reader.tiles(source(path).read_ranges([reader.table])[0])
    box = Box((0, 64), (32, 64))
    pieces = source(path).read_ranges(reader.ranges(box, tiles))
    with pytest.raises(UnreadableFileError, match=r"The image of x\.fits: tile 3 is corrupt: \w"):
        reader.pixels(box, [pieces[0], harm + pieces[1][40 : len(harm) or 20]], tiles)


@pytest.mark.parametrize("form, value", [(">i4", 2**30), (">i4", -5)])
def test_descriptors_that_lead_nowhere(tmp_path: Path, form: str, value: int) -> None:
    path, reader = packed_file(tmp_path / "x.fits", "GZIP_1")
    rows = np.frombuffer(source(path).read_ranges([reader.table])[0], form).copy()
    rows[1] = value
    with pytest.raises(UnreadableFileError, match=r"is corrupt: its tile 0 is at bytes"):
        reader.ranges(Box((0, 1), (0, 1)), reader.tiles(rows.tobytes()))
    rows[0], rows[1] = 0, 0
    with pytest.raises(UnreadableFileError, match="tile 0 is empty"):
        reader.ranges(Box((0, 1), (0, 1)), reader.tiles(rows.tobytes()))
    with pytest.raises(UnreadableFileError, match="cut short"):
        reader.tiles(rows.tobytes()[:-4])


@pytest.mark.parametrize(
    "card, value, message",
    [
        ("ZTILE1", 7, "64 x 64 pixels in 4 tiles of 7 x 32"),
        ("ZTILE1", 0, "in tiles of 0 x 32"),
        ("ZNAXIS1", -64, "corrupt"),
        ("ZNAXIS2", 10**9, "corrupt"),
        ("TFORM1", "1PQ(3)", "form '1PQ"),
        ("TFORM1", "hello", "form 'hello'"),
        ("TTYPE1", "DATA", "no column COMPRESSED_DATA"),
        ("THEAP", 10**7, "its heap is from byte"),
    ],
)
def test_cards_that_contradict_each_other(tmp_path: Path, card: str, value: Any, message: str) -> None:
    path, _ = packed_file(tmp_path / "x.fits", "GZIP_1")
    content = path.read_bytes()
    text = f"'{value}'" if isinstance(value, str) else f"{value:>20}"
    new = f"{card:<8}= {text}".ljust(80).encode()
    place = content.find(f"{card:<8}=".encode())
    if place < 0:  # in place of one that does not matter
        place = content.index(b"ZQUANTIZ=") if b"ZQUANTIZ=" in content else content.index(b"GCOUNT  =", 2880)
    path.write_bytes(content[:place] + new + content[place + 80 :])
    with pytest.raises(UnreadableFileError, match=message):
        pixel_reader(hdu_of(path), "The image of x.fits")


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    import gzip

    packed = np.empty(1, object)
    packed[0] = np.frombuffer(gzip.compress(bytes(50_000_000)), "u1")
    pixels = np.zeros((1, 10), "f4")
    path = write(tmp_path / "x.fits", a_table(pixels, [fits.Column("COMPRESSED_DATA", "PB()", array=packed)], {}))
    with pytest.raises(UnreadableFileError, match="longer than its pixels"):
        read(path, Box((0, 1), (0, 10)))
