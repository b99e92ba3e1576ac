"""Raw files as imSim writes them: a primary header and sixteen RICE-compressed amplifiers, byte for byte reproducible.

Knows how a raw is laid out, not what is on the sky.
"""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from skybutler.formatters.fits_cards import CardValue, format_card
from skybutler.instruments import Detector, Instrument
from skybutler.instruments.camera import initial_wcs
from skybutler.instruments.description import Amplifier
from skybutler.sim.physics import BIAS_ADU
from skybutler.sim.signature import bias_pattern
from skybutler.sim.visits import SimulatedVisit

__all__ = ["file_name", "primary_cards", "scaled_shape", "write_raw"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]

_BLOCK = 2880
_NS_PER_DAY = 86_400_000_000_000


def file_name(visit: SimulatedVisit, detector: Detector) -> str:
    """Name of a raw in the directory of its visit."""
    return f"lsst_a_{visit.id}_{detector.full_name}_{visit.band}.fits"


def scaled_shape(detector: Detector, scale: int) -> tuple[int, int]:
    """Height and width of a detector with ``scale`` times larger pixels; amplifiers are rounded up to whole pixels."""
    _, _, width, height = detector.layout.amplifiers[0].data
    columns, rows = (size // whole for size, whole in zip(detector.layout.size, (width, height), strict=True))
    return rows * -(-height // scale), columns * -(-width // scale)


def primary_cards(instrument: Instrument, detector: Detector, visit: SimulatedVisit) -> dict[str, CardValue]:
    """The cards imSim writes to the primary header and repeats in every amplifier's."""
    place, raft = instrument.observatory, detector.raft or ""
    seconds = visit.exposure_s
    return {
        "OUTFILE": file_name(visit, detector),
        "OBSID": visit.id,
        "CHIPID": detector.full_name,
        "MJD-OBS": visit.mjd,
        "DATE-OBS": _iso(visit.mjd, 0.0),
        "DATE-END": _iso(visit.mjd, seconds),
        "TIMESYS": "TAI",
        "RADESYS": "ICRS",
        "SIMULATE": True,
        "EXTTYPE": "IMAGE",
        "FILTER": visit.band,
        "INSTRUME": "CAMERA",
        "TELESCOP": "LSST",
        "EXPTIME": seconds,
        "DARKTIME": seconds,
        "RATEL": visit.ra,
        "DECTEL": visit.dec,
        "ROTANGLE": (90.0 - visit.sky_angle) % 360.0,
        "AIRMASS": visit.airmass(instrument),
        "AMSTART": visit.airmass(instrument),
        "AMEND": visit.airmass(instrument, seconds),
        "HASTART": visit.hour_angle(instrument),
        "HAEND": visit.hour_angle(instrument, seconds),
        "OBS-LONG": place.longitude,
        "OBS-LAT": place.latitude,
        "OBS-ELEV": place.height,
        "ORIGIN": "IMSIM",
        "RUNNUM": str(visit.id),
        "LSST_NUM": "LCA-11021_RTM-000",
        "TESTTYPE": "IMSIM",
        "IMGTYPE": visit.image_type,
        "OBSTYPE": visit.image_type,
        "MONOWL": -1,
        "RAFTNAME": raft,
        "SENSNAME": detector.name_in_raft,
        "GAUSFWHM": visit.seeing,
        "IMSIMVER": "skybutler",
        "PKG00000": "throughputs",
        "VER00000": "1.4",
    }


def write_raw(
    path: Path,
    instrument: Instrument,
    detector: Detector,
    visit: SimulatedVisit,
    electrons: Floats,
    seed: int,
) -> None:
    """Write one raw.

    Parameters
    ----------
    path : `~pathlib.Path`
        File to make or replace.
    instrument, detector, visit : `Instrument`, `Detector`, `SimulatedVisit`
        What the header says.
    electrons : `~numpy.ndarray`
        The detector's pixels, of shape `scaled_shape` for some scale.
    seed : `int`
        Of the read noise and of the bias pattern.
    """
    shared = primary_cards(instrument, detector, visit)
    random = np.random.default_rng(np.random.SeedSequence((seed, visit.id, detector.id, 1)))
    amplifiers = detector.layout.amplifiers
    pattern = bias_pattern(detector, (electrons.shape[0], electrons.shape[1]), seed)
    readouts = [_readout(a, electrons, pattern, detector.layout.size, random) for a in amplifiers]
    stack = np.concatenate([pixels for pixels, _ in readouts])
    descriptors, heap = _compressed_rows(stack)
    wcs = initial_wcs(instrument, detector, visit.ra, visit.dec, visit.sky_angle, electrons.shape)
    parts = [_header({"SIMPLE": True, "BITPIX": 8, "NAXIS": 0, "EXTEND": True} | shared)]
    height, width = readouts[0][0].shape
    for i, (amplifier, (_, sections)) in enumerate(zip(amplifiers, readouts, strict=True)):
        rows = descriptors[i * height : (i + 1) * height]
        begin, end = int(rows[0, 1]), int(rows[-1, 1] + rows[-1, 0])
        table = (rows - np.array([0, begin])).astype(">i4").tobytes()
        cards = _table_cards(width, height, end - begin, int(rows[:, 0].max()))
        # As in the real files, the image was a primary one before it was compressed.
        cards |= {"EXTNAME": amplifier.extension, "ZSIMPLE": True, "ZEXTEND": True}
        cards |= shared
        cards |= _amplifier_wcs(wcs.to_fits_header(), amplifier, sections)
        cards["DATASEC"] = _section(sections["data"])
        cards["DETSEC"] = _section(sections["detector"], amplifier.flip_x, amplifier.flip_y)
        cards["GAIN"] = amplifier.gain
        parts.append(_header(cards) + _padded(table + heap[begin:end], b"\0"))
    _replace(path, b"".join(parts))


def _readout(
    amplifier: Amplifier, electrons: Floats, pattern: Floats, layout_size: tuple[int, int], random: np.random.Generator
) -> tuple[Ints, dict[str, tuple[int, int, int, int]]]:
    """One amplifier as read: pixels with prescan and overscan, and its sections (x, y, width, height)."""
    height, width = electrons.shape
    x0, _, full_width, full_height = amplifier.data
    w, h = width * full_width // layout_size[0], height * full_height // layout_size[1]
    x, y = amplifier.position[0] // full_width * w, amplifier.position[1] // full_height * h
    serial = max(4, amplifier.serial_overscan[2] * w // full_width)
    parallel = max(4, amplifier.parallel_overscan[3] * h // full_height)
    light = electrons[y : y + h, x : x + w] / amplifier.gain + pattern[y : y + h, x : x + w]
    light = light[:: -1 if amplifier.flip_y else 1, :: -1 if amplifier.flip_x else 1]
    adu = BIAS_ADU + amplifier.read_noise / amplifier.gain * random.standard_normal((h + parallel, x0 + w + serial))
    adu[:h, x0 : x0 + w] += light
    return np.rint(adu).astype(np.int32), {"data": (x0, 0, w, h), "detector": (x, y, w, h)}


def _section(box: tuple[int, int, int, int], flip_x: bool = False, flip_y: bool = False) -> str:
    """A FITS section, 1-based and inclusive; reversed where read-out runs backwards."""
    x, y, width, height = box
    ends = [(x + 1, x + width), (y + 1, y + height)]
    (x1, x2), (y1, y2) = (pair[::-1] if flip else pair for pair, flip in zip(ends, (flip_x, flip_y), strict=True))
    return f"[{x1}:{x2},{y1}:{y2}]"


def _amplifier_wcs(
    cards: Mapping[str, CardValue], amplifier: Amplifier, sections: Mapping[str, tuple[int, int, int, int]]
) -> dict[str, CardValue]:
    """The detector's WCS in the pixels of an amplifier as read."""
    wcs = dict(cards)
    data, place = sections["data"], sections["detector"]
    for axis, flip in ((0, amplifier.flip_x), (1, amplifier.flip_y)):
        name, in_detector = f"CRPIX{axis + 1}", float(str(cards[f"CRPIX{axis + 1}"])) - 1.0 - place[axis]
        wcs[name] = data[axis] + 1.0 + (data[axis + 2] - 1.0 - in_detector if flip else in_detector)
        for row in (1, 2):
            cd = f"CD{row}_{axis + 1}"
            wcs[cd] = float(str(cards[cd])) * (-1.0 if flip else 1.0)
    return wcs


def _compressed_rows(stack: Ints) -> tuple[npt.NDArray[np.int64], bytes]:
    """RICE-compress every row of an image: (length, offset) per row, and the compressed bytes.

    All amplifiers go through one call: making a compressed HDU costs far more than compressing its pixels.
    """
    from astropy.io import fits

    buffer = io.BytesIO()
    hdu = fits.CompImageHDU(stack, compression_type="RICE_1", tile_shape=(1, stack.shape[1]))
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(buffer)
    content = buffer.getvalue()
    with fits.open(io.BytesIO(content), disable_image_compression=True, lazy_load_hdus=False) as hdus:
        start, gap = hdus[1].fileinfo()["datLoc"], hdus[1].header.get("THEAP", 8 * len(stack))
        size = hdus[1].header["PCOUNT"]
    rows = np.frombuffer(content, ">i4", 2 * len(stack), start).reshape(-1, 2).astype(np.int64)
    return rows, content[start + gap : start + gap + size]


def _table_cards(width: int, height: int, heap: int, longest: int) -> dict[str, CardValue]:
    """Structure of a tile-compressed image, one tile a row (FITS standard, section 10.1)."""
    return {
        "XTENSION": "BINTABLE",
        "BITPIX": 8,
        "NAXIS": 2,
        "NAXIS1": 8,
        "NAXIS2": height,
        "PCOUNT": heap,
        "GCOUNT": 1,
        "TFIELDS": 1,
        "TTYPE1": "COMPRESSED_DATA",
        "TFORM1": f"1PB({longest})",
        "ZIMAGE": True,
        "ZTENSION": "IMAGE",
        "ZBITPIX": 32,
        "ZNAXIS": 2,
        "ZNAXIS1": width,
        "ZNAXIS2": height,
        "ZPCOUNT": 0,
        "ZGCOUNT": 1,
        "ZTILE1": width,
        "ZTILE2": 1,
        "ZCMPTYPE": "RICE_1",
        "ZNAME1": "BLOCKSIZE",
        "ZVAL1": 32,
        "ZNAME2": "BYTEPIX",
        "ZVAL2": 4,
    }


def _header(cards: Mapping[str, CardValue]) -> bytes:
    text = "".join(format_card(key, value) for key, value in cards.items()) + "END".ljust(80)
    return _padded(text.encode("ascii"), b" ")


def _padded(content: bytes, filler: bytes) -> bytes:
    return content + filler * (-len(content) % _BLOCK)


def _iso(mjd: float, seconds: float) -> str:
    day = int(mjd // 1)
    ns = round((mjd - day) * _NS_PER_DAY) + round(seconds * 1e9)
    date = np.datetime64("1858-11-17", "ns") + np.timedelta64(day, "D") + np.timedelta64(ns, "ns")
    return str(np.datetime_as_string(date, unit="ms"))


def _replace(path: Path, content: bytes) -> None:
    """Write a file so that it is never seen half done."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).chmod(0o644)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
