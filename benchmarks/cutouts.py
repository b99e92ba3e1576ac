"""What a cut-out of 200 x 200 pixels of image, mask and variance costs, ours and astropy's ``.section``, side by side.

``PYTHONPATH=tests python benchmarks/cutouts.py [--record]``: exposures of 4000 x 4000 pixels in tiles of 128 and 256,
without loss as our writer makes them and quantized as pipelines may; on the local disk, where CPU is counted, and in an
S3 server (SeaweedFS from its wheel), where time on the wall is, because round trips are what it costs.  From the object
store astropy reads as it does by itself, through fsspec (of obstore, which is what we use too), and through our own
buffered stream of 256 kB blocks, which is better at it.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from astropy.io import fits

from recorded import load_recorded, save_recorded
from skybutler.datasets.storage_class import StorageClasses
from skybutler.formatters import fits_planes
from skybutler.formatters.fits_image import FitsImageFormatter
from skybutler.formatters.formatter import Source
from skybutler.images import Box, Image, Mask, MaskedImage, SkyWcs
from skybutler.storage import LocalStorage, Storage, open_storage
from support.s3 import S3Server, running_server
from support.storages import Counting

SIDE, PART = 4000, 200
TILES = (128, 256)
RECIPES = ("lossless", "quantized")
PLANES = ("IMAGE", "MASK", "VARIANCE")
TIMES = 15
CLASSES = StorageClasses.default()
SINGLE, SINGLE_PART = 4200, 360

Pixels = npt.NDArray[Any]


# ---------------------------------------------------------------------------------------------------------------- files
def planes(side: int) -> MaskedImage:
    """Noise with its mask and variance: no easier to compress than a sky."""
    rng = np.random.default_rng(1)
    image = rng.normal(100.0, 10.0, (side, side)).astype("f4")
    mask = np.where(rng.random((side, side)) < 0.01, 32, 0).astype("i4")
    return MaskedImage(Image(image), Mask(mask), Image(rng.uniform(90.0, 110.0, (side, side)).astype("f4")))


def make(folder: Path, recipe: str, tile: int, masked: MaskedImage) -> Path:
    """A file, made once."""
    path = folder / f"{recipe}-{tile}.fits"
    if path.exists():
        return path
    if recipe == "lossless":
        FitsImageFormatter(tile=tile).write(masked, path, CLASSES["MaskedImageF"], None)
        return path
    hdus: list[Any] = [fits.PrimaryHDU()]
    for name, array in zip(PLANES, (masked.image.array, masked.mask.array, masked.variance.array), strict=True):
        how: dict[str, Any] = {"compression_type": "GZIP_2"}
        if name != "MASK":
            how = {"compression_type": "RICE_1", "quantize_level": 16, "quantize_method": 2, "dither_seed": 1}
        hdus.append(fits.CompImageHDU(array, fits.Header([("EXTTYPE", name)]), tile_shape=(tile, tile), **how))
    fits.HDUList(hdus).writeto(path)
    return path


def make_single(folder: Path) -> Path:
    """One image with sky coordinates, as an image service hands it out."""
    path = folder / "single.fits"
    if not path.exists():
        wcs = SkyWcs.from_affine(55.0, -30.0, [[-5.5e-5, 0.0], [0.0, 5.5e-5]], (SINGLE / 2, SINGLE / 2))
        pixels = np.random.default_rng(1).normal(0.0, 1.0, (SINGLE, SINGLE)).astype("f4")
        header = fits.Header(list(wcs.to_fits_header().items()))
        hdu = fits.CompImageHDU(pixels, header, compression_type="GZIP_2", tile_shape=(128, 128), quantize_level=0)
        fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(path)
    return path


def boxes(n: int, side: int = SIDE, part: int = PART) -> list[Box]:
    """Places of cut-outs, the same each time."""
    corners = np.random.default_rng(0).integers(0, side - part, (n, 2))
    return [Box.from_shape((part, part), (int(x), int(y))) for x, y in corners]


# ---------------------------------------------------------------------------------------------------------------- sides
def ours(storage: Storage, path: str, size: int, box: Box) -> MaskedImage:
    """As a Butler reads it."""
    found = FitsImageFormatter().read(Source(storage, path, size), CLASSES["MaskedImageF"], None, {"bbox": box})
    assert isinstance(found, MaskedImage)
    return found


def theirs(storage: Storage, path: str, box: Box) -> list[Pixels]:
    """The same pixels with astropy: from the disk, or from an object store through our stream."""
    place = f"{storage.local_root}/{path}" if storage.local_root is not None else storage.open(path)
    with fits.open(place, memmap=False) as hdus:
        return _sections(hdus, box)


def through_fsspec(storage: Storage, path: str, box: Box) -> list[Pixels]:
    """The same from an object store as astropy does it by itself."""
    from obstore.fsspec import register

    register("s3")
    given = {key: storage.settings[key] for key in ("endpoint", "access_key_id", "secret_access_key", "region")}
    options = {"config": given, "client_options": {"allow_http": True}}
    with fits.open(storage.url(path), memmap=False, use_fsspec=True, fsspec_kwargs=options) as hdus:
        return _sections(hdus, box)


def _sections(hdus: Any, box: Box) -> list[Pixels]:
    return [np.asarray(hdus[i].section[box.y.start : box.y.stop, box.x.start : box.x.stop]) for i in (1, 2, 3)]


def assert_equal(storage: Storage, path: str, size: int, box: Box) -> None:
    """Both sides give the same pixels, bit for bit."""
    found = ours(storage, path, size, box)
    arrays = found.image.array, found.mask.array, found.variance.array
    for mine, other in zip(arrays, theirs(storage, path, box), strict=True):
        assert mine.tobytes() == other.astype(other.dtype.newbyteorder("=")).tobytes()


def needed_bytes(path: Path, box: Box) -> tuple[int, int]:
    """Bytes of the tiles that a box needs, and of all headers and tables of tiles, as astropy finds them."""
    tiles = others = 0
    with fits.open(path, disable_image_compression=True, memmap=False) as hdus:
        for hdu in hdus:
            header, info = hdu.header, hdu.fileinfo()
            others += info["datLoc"] - info["hdrLoc"]
            if not header.get("ZIMAGE"):
                continue
            others += header["NAXIS1"] * header["NAXIS2"]
            side, across = header["ZTILE1"], -(-header["ZNAXIS1"] // header["ZTILE1"])
            rows, columns = (range(s // side, (e - 1) // side + 1) for s, e in (box.y, box.x))
            sizes = [len(cell) for cell in hdu.data["COMPRESSED_DATA"]]
            tiles += sum(sizes[row * across + column] for row in rows for column in columns)
    return tiles, others


@dataclass(frozen=True)
class Found:
    """Milliseconds of a cut-out: of a file not read before, of the same file again, with astropy, and bytes.

    Parameters
    ----------
    first, again, astropy, stream : `float`
        Medians of processor time, or least times on the wall.
    trips : `int`
        Round trips of the first.
    bytes_read, bytes_needed, bytes_allowed : `float`
        Kilobytes: read the first time, of the tiles needed, and one and a half times these with headers and tables.
    """

    first: float
    again: float
    astropy: float
    stream: float
    trips: int
    bytes_read: float
    bytes_needed: float
    bytes_allowed: float

    @property
    def ratio(self) -> float:
        """How many times faster than astropy, of a file not read before."""
        return self.astropy / self.first


def compare(storage: Storage, path: str, local: Path, n: int = TIMES) -> Found:
    """Both sides in turn at the same places."""
    size, places = local.stat().st_size, boxes(n + 1)
    clock = time.process_time if storage.local_root is not None else time.perf_counter
    assert_equal(storage, path, size, places[0])
    sides: dict[str, Callable[[Box], object]] = {
        "astropy": lambda box: (theirs if storage.local_root is not None else through_fsspec)(storage, path, box),
        "stream": lambda box: theirs(storage, path, box),
        "first": lambda box: ours(storage, path, size, box),
        "again": lambda box: ours(storage, path, size, box),
    }
    taken: dict[str, list[float]] = {side: [] for side in sides}
    for box in places[1:]:
        for side, action in sides.items():
            if side == "first":
                fits_planes.forget_planes()
            began = clock()
            action(box)
            taken[side].append(1e3 * (clock() - began))
    fits_planes.forget_planes()
    counting = Counting(storage, remote=storage.local_root is None)
    ours(counting, path, size, places[0])
    tiles, others = needed_bytes(local, places[0])
    # Other work on the machine makes a server of many threads much slower, but not the time of our own processor.
    typical = statistics.median if storage.local_root is not None else min
    typically = {side: typical(values) for side, values in taken.items()}
    kilobytes = {
        "bytes_read": counting.n_bytes / 1e3,
        "bytes_needed": tiles / 1e3,
        "bytes_allowed": (1.5 * tiles + others) / 1e3,
    }
    return Found(**typically, trips=len(counting.trips), **kilobytes)


def per_second(folder: Path, n: int = 200) -> dict[str, float]:
    """Circles that 360 pixels fit in, of one image, per second of CPU: again and again of one file; and what limits."""
    path = make_single(folder)
    size, part = path.stat().st_size, SINGLE_PART / 2
    reader, storage_class, storage = FitsImageFormatter(), CLASSES["ImageF"], LocalStorage(folder)
    wcs = reader.read(Source(storage, path.name, size), CLASSES["ExposureF"], "wcs", {})
    assert isinstance(wcs, SkyWcs)
    circles = []
    for box in boxes(n, SINGLE, SINGLE_PART):
        ra, dec = (float(v) for v in wcs.pixel_to_sky(*box.center))
        circles.append((ra, dec, part * 5.5e-5))
    found = {}
    for key, forget in (("again", False), ("first", True)):
        began = time.process_time()
        for circle in circles:
            if forget:
                fits_planes.forget_planes()
            reader.read(Source(storage, path.name, size), storage_class, None, {"circle": circle})
        found[key] = n / (time.process_time() - began)
    return found


# --------------------------------------------------------------------------------------------------------------- places
def on_disk(folder: Path, recipes: Sequence[str] = RECIPES, n: int = TIMES) -> Iterator[tuple[str, Found]]:
    """On the local disk, from the page cache."""
    masked = planes(SIDE)
    for recipe in recipes:
        for tile in TILES:
            path = make(folder, recipe, tile, masked)
            yield f"{recipe} {tile}", compare(LocalStorage(folder), path.name, path, n)


def in_store(folder: Path, recipes: Sequence[str] = RECIPES, n: int = TIMES) -> Iterator[tuple[str, Found]]:
    """In an object store on this machine: each round trip is little more than the work of the server."""
    with tempfile.TemporaryDirectory() as scratch, running_server(Path(scratch)) as server:
        yield from _stored(server, folder, recipes, n)


def _stored(server: S3Server, folder: Path, recipes: Sequence[str], n: int) -> Iterator[tuple[str, Found]]:
    storage, masked = open_storage(server.new_root(), server.options), planes(SIDE)
    for recipe in recipes:
        for tile in TILES:
            path = make(folder, recipe, tile, masked)
            storage.write(path.name, path)
            yield f"{recipe} {tile}", compare(storage, path.name, path, n)


PLACES: Mapping[str, Callable[..., Iterator[tuple[str, Found]]]] = {"local": on_disk, "object store": in_store}


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--record", action="store_true", help="write the figures to recorded.json")
    parser.add_argument("folder", nargs="?", type=Path, help="where the files are or are made; a temporary one")
    options = parser.parse_args()
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.folder or Path(scratch)
        print(f"{'ms per cut-out':<38}   first   again  astropy  times  stream  trips      kB allowed")
        for place, measured in PLACES.items():
            for name, found in measured(folder):
                print(
                    f"{place + ', ' + name:<38} {found.first:7.2f} {found.again:7.2f} {found.astropy:8.2f} "
                    f"{found.ratio:6.2f} {found.stream:7.2f} {found.trips:6d} "
                    f"{found.bytes_read:7.0f} {found.bytes_allowed:7.0f}"
                )
                rounded = {key: round(value, 2) for key, value in asdict(found).items()}
                figures[f"{place}, {name}"] = rounded | {"ratio": round(found.ratio, 2)}
        rate = per_second(folder)
        print(f"one image, 360 x 360 pixels: {rate['again']:.0f} /s of one file, {rate['first']:.0f} /s of new ones")
    if options.record:
        figures["per second"] = {key: round(value) for key, value in rate.items()}
        save_recorded(load_recorded() | {"cutouts": figures})


if __name__ == "__main__":
    main()
