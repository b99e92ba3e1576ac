"""Compressed tiles of a FITS file without the time of writing.  Knows neither images nor datasets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["forget_times"]

_MAGIC = b"\x1f\x8b\x08"


def forget_times(path: Path) -> None:
    """Set the modification time in the header of every gzipped tile to 0 ("no time stamp", RFC 1952 §2.3.1).

    astropy compresses tiles with the current time, so that the same image written twice would give two files.

    Parameters
    ----------
    path : `pathlib.Path`
        A FITS file; image HDUs compressed in other ways, and other HDUs, are left alone.
    """
    from astropy.io import fits

    with fits.open(path, disable_image_compression=True, memmap=False, lazy_load_hdus=False) as hdus:
        heaps = [_tiles(hdu, column) for hdu in hdus for column in _gzipped(hdu.header)]
    with path.open("r+b") as stream:
        for position in np.concatenate(heaps).tolist() if heaps else ():
            stream.seek(position)
            if stream.read(3) == _MAGIC:
                stream.seek(position + 4)
                stream.write(bytes(4))


def _gzipped(header: Mapping[str, Any]) -> Iterator[str]:
    """Columns of gzipped tiles; tiles whose noise is not known cannot be quantised and have one of their own."""
    if str(header.get("ZCMPTYPE", "")).startswith("GZIP"):
        yield "COMPRESSED_DATA"
    if "ZCMPTYPE" in header and "GZIP_COMPRESSED_DATA" in _names(header):
        yield "GZIP_COMPRESSED_DATA"


def _names(header: Mapping[str, Any]) -> list[str]:
    return [str(header[f"TTYPE{i + 1}"]) for i in range(header["TFIELDS"])]


def _tiles(hdu: object, column: str) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Positions in the file of the tiles in a column (FITS 4.0 §7.3.5: length and offset)."""
    header, info = hdu.header, hdu.fileinfo()  # type: ignore[attr-defined]
    names = _names(header)
    place = names.index(column)
    form = str(header[f"TFORM{place + 1}"])
    before = [str(header[f"TFORM{i + 1}"]) for i in range(place)]
    assert all(text.startswith(("1P", "1Q")) for text in before), before  # as astropy writes it
    start = sum(16 if text[1] == "Q" else 8 for text in before)
    rows, width = int(header["NAXIS2"]), int(header["NAXIS1"])
    kind = ">i8" if "Q" in form else ">i4"
    with Path(info["file"].name).open("rb") as stream:
        stream.seek(info["datLoc"])
        table = np.frombuffer(stream.read(rows * width), np.uint8).reshape(rows, width)
    size = 2 * np.dtype(kind).itemsize
    descriptors = np.ascontiguousarray(table[:, start : start + size]).view(kind).astype(np.int64)
    heap = int(info["datLoc"]) + int(header.get("THEAP", rows * width))
    positions: np.ndarray[tuple[int], np.dtype[np.int64]] = heap + descriptors[descriptors[:, 0] > 0, 1]
    return positions
