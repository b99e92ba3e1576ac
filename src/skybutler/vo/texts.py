"""Regions and identifiers as the texts of columns, made for many rows at once.  Knows no queries."""

from __future__ import annotations

import binascii
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from math import copysign
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["identifier_texts", "region_texts", "uuid_texts"]

_CUTS = (0, 8, 12, 16, 20, 32)
"""Of the digits of a UUID; hyphens are put there."""
_HEAD = np.frombuffer(b"POLYGON ICRS", np.uint8)
_FEW = 64
"""Up to so many rows, texts are made one by one sooner than by columns."""


def identifier_texts(prefix: str, identifiers: pa.Array) -> pa.Array:
    """Texts that end with the UUID of a dataset.

    Parameters
    ----------
    prefix : `str`
        What stands before it.
    identifiers : `pyarrow.Array`
        Of `uuid_texts`.
    """
    return pc.binary_join_element_wise(prefix, identifiers, "")


def uuid_texts(values: Sequence[bytes | None]) -> pa.Array:
    """UUIDs as they are written, of 16 bytes each."""
    known = [value for value in values if value is not None]
    digits = np.frombuffer(binascii.hexlify(b"".join(known)), np.uint8).reshape(-1, 32)
    texts = np.full((len(known), 36), ord("-"), np.uint8)
    for i, (begin, end) in enumerate(pairwise(_CUTS)):
        texts[:, begin + i : end + i] = digits[:, begin:end]
    made = _strings(texts.tobytes(), np.full(len(known), 36))
    return made if len(known) == len(values) else _spread(made, [value is not None for value in values])


def region_texts(blobs: Sequence[bytes | None]) -> pa.Array:
    """``POLYGON ICRS ra dec ...`` or ``CIRCLE ICRS ra dec radius``, degrees with six decimals.

    Parameters
    ----------
    blobs : sequence of `bytes` or `None`
        In the encoding of the registry.
    """
    from skybutler.sky.region import decode_polygons
    from skybutler.sky.vectors import lonlat_deg

    known = [blob for blob in blobs if blob is not None]
    if len(blobs) <= _FEW:
        texts = _few_texts(known)
        return pa.array([None if blob is None else next(texts) for blob in blobs], pa.string())
    groups, others = decode_polygons(known)
    parts = [_polygon_texts(np.stack(lonlat_deg(group.vertices), axis=-1)) for group in groups]
    if len(others):
        parts.append(pa.array([_circle_text(known[i]) for i in others.tolist()], pa.string()))
    made = pa.concat_arrays(parts) if parts else pa.nulls(0, pa.string())
    if len(parts) > 1:
        order = np.empty(len(known), dtype=np.int64)
        order[np.concatenate([*(group.index for group in groups), others])] = np.arange(len(known))
        made = made.take(pa.array(order))
    return made if len(known) == len(blobs) else _spread(made, [blob is not None for blob in blobs])


def _few_texts(blobs: Sequence[bytes]) -> Iterator[str]:
    """Their texts; images of one patch have the same region."""
    from skybutler.sky.region import decode_polygons
    from skybutler.sky.vectors import lonlat_deg

    distinct = list(dict.fromkeys(blobs))
    groups, others = decode_polygons(distinct)
    texts = {distinct[i]: _circle_text(distinct[i]) for i in others.tolist()}
    for group in groups:
        rows = np.stack(lonlat_deg(group.vertices), axis=-1).reshape(len(group.index), -1).tolist()
        for i, row in zip(group.index.tolist(), rows, strict=True):
            texts[distinct[i]] = " ".join(["POLYGON ICRS", *map(_decimal, row)])
    return map(texts.__getitem__, blobs)


def _decimal(value: float) -> str:
    """With six decimals, as `_polygon_texts` has them."""
    whole, rest = divmod(round(abs(value) * 1e6), 1_000_000)
    return f"{'-' if copysign(1.0, value) < 0 else ''}{whole}.{rest:06d}"


def _spread(values: pa.Array, is_there: Sequence[bool]) -> pa.Array:
    """Values where there are some, and nulls elsewhere."""
    there = np.array(is_there, dtype=bool)
    return values.take(pa.array(np.cumsum(there) - 1, mask=~there))


def _strings(data: bytes, lengths: npt.NDArray[np.int64]) -> pa.Array:
    """Texts of certain lengths that follow one another."""
    offsets = np.zeros(len(lengths) + 1, np.int32)
    np.cumsum(lengths, out=offsets[1:])
    return pa.StringArray.from_buffers(len(lengths), pa.py_buffer(offsets), pa.py_buffer(data))


# ------------------------------------------------------------------- numbers
def _polygon_texts(places: npt.NDArray[np.float64]) -> pa.Array:
    """Texts of polygons, from degrees of the shape ``(n, vertices, 2)``.

    All are written at the same width, with zero bytes where there is nothing, which are taken out in the end.
    """
    hundredths, signed, ends = _digits()
    values = places.reshape(len(places), -1)
    millionths = np.rint(np.abs(values) * 1e6).astype(np.int64)
    high, low = np.divmod(millionths, 10_000)
    high += np.signbit(values) * len(hundredths)
    texts = np.empty((len(values), len(_HEAD) + values.shape[1] * 12), np.uint8)
    texts[:, : len(_HEAD)] = _HEAD
    numbers = texts[:, len(_HEAD) :].reshape(len(values), -1, 12)
    numbers[:, :, :8] = signed[high].view(np.uint8).reshape(*high.shape, 8)
    numbers[:, :, 8:] = ends[low].view(np.uint8).reshape(*low.shape, 4)
    is_there = texts != 0
    return _strings(texts[is_there].tobytes(), is_there.sum(axis=1))


@cache
def _digits() -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64], npt.NDArray[np.uint32]]:
    """Begins of numbers up to 360 by their hundredths, a blank before them; with negative ones; and four decimals."""
    plain = [f" {i // 100}.{i % 100:02d}".encode() for i in range(36_001)]
    negative = [b" -" + text[1:] for text in plain]
    signed = np.array([text.ljust(8, b"\0") for text in (*plain, *negative)], "S8").view(np.uint64)
    ends = np.array([f"{i:04d}".encode() for i in range(10_000)], "S4").view(np.uint32)
    return signed[: len(plain)], signed, ends


def _circle_text(blob: bytes) -> str:
    from lsst.sphgeom import LonLat

    from skybutler.sky.region import decode

    circle = decode(blob).getBoundingCircle()
    place = LonLat(circle.getCenter())
    radius = circle.getOpeningAngle().asDegrees()
    return f"CIRCLE ICRS {place.getLon().asDegrees():.6f} {place.getLat().asDegrees():.6f} {radius:.6f}"
