"""Compressed tiles of a FITS file without the time of writing.  Knows neither images nor datasets."""

from __future__ import annotations

from pathlib import Path

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
        heaps = [_tiles(hdu) for hdu in hdus if str(hdu.header.get("ZCMPTYPE", "")).startswith("GZIP")]
    with path.open("r+b") as stream:
        for position in np.concatenate(heaps).tolist() if heaps else ():
            stream.seek(position)
            if stream.read(3) == _MAGIC:
                stream.seek(position + 4)
                stream.write(bytes(4))


def _tiles(hdu: object) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Positions in the file of the tiles in the column COMPRESSED_DATA (FITS 4.0 §7.3.5: length and offset)."""
    header, info = hdu.header, hdu.fileinfo()  # type: ignore[attr-defined]
    names = [str(header[f"TTYPE{i + 1}"]) for i in range(header["TFIELDS"])]
    form = str(header[f"TFORM{names.index('COMPRESSED_DATA') + 1}"])
    assert names[0] == "COMPRESSED_DATA", names  # as astropy writes it
    rows, width = int(header["NAXIS2"]), int(header["NAXIS1"])
    kind = ">i8" if "Q" in form else ">i4"
    with Path(info["file"].name).open("rb") as stream:
        stream.seek(info["datLoc"])
        table = np.frombuffer(stream.read(rows * width), np.uint8).reshape(rows, width)
    size = 2 * np.dtype(kind).itemsize
    descriptors = np.ascontiguousarray(table[:, :size]).view(kind).astype(np.int64)
    heap = int(info["datLoc"]) + int(header.get("THEAP", rows * width))
    positions: np.ndarray[tuple[int], np.dtype[np.int64]] = heap + descriptors[descriptors[:, 0] > 0, 1]
    return positions
