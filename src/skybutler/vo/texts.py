"""Regions and identifiers as the texts of columns, made for many rows at once.  Knows no queries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import copysign
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["identifier_texts", "region_texts"]

_HEX = np.frombuffer("".join(f"{i:02x}" for i in range(256)).encode(), np.uint8).reshape(256, 2)
_PLACES = np.delete(np.arange(36), (8, 13, 18, 23))
"""Of digits in the text of a UUID; between them are hyphens."""
_FEW = 64
"""Up to so many rows, texts are made one by one sooner than by columns."""


def identifier_texts(prefix: str, values: Sequence[Any]) -> pa.Array:
    """Texts that end with the UUID of a dataset.

    Parameters
    ----------
    prefix : `str`
        What stands before it.
    values : sequence of `bytes` or `None`
        16 bytes each.
    """
    before = np.frombuffer(prefix.encode(), np.uint8)
    width = len(before) + 36
    empty = [i for i, value in enumerate(values) if value is None]
    whole = b"".join(bytes(16) if value is None else value for value in values) if empty else b"".join(values)
    texts = np.full((len(values), width), ord("-"), np.uint8)
    texts[:, : len(before)] = before
    texts[:, len(before) + _PLACES] = _HEX[np.frombuffer(whole, np.uint8).reshape(-1, 16)].reshape(-1, 32)
    offsets = np.arange(len(values) + 1, dtype=np.int32) * width
    made = pa.StringArray.from_buffers(len(values), pa.py_buffer(offsets), pa.py_buffer(texts.tobytes()))
    return (
        made if not empty else pc.if_else(pa.array([v is not None for v in values]), made, pa.scalar(None, pa.string()))
    )


def region_texts(blobs: Sequence[bytes | None]) -> pa.Array:
    """``POLYGON ICRS ra dec ...`` or ``CIRCLE ICRS ra dec radius``, degrees with six decimals.

    Parameters
    ----------
    blobs : sequence of `bytes` or `None`
        In the encoding of the registry.
    """
    from skybutler.sky.region import decode_polygons
    from skybutler.sky.vectors import lonlat_deg

    if len(blobs) <= _FEW:
        texts = _few_texts([bytes(blob) for blob in blobs if blob is not None])
        return pa.array([None if blob is None else next(texts) for blob in blobs], pa.string())
    there = np.array([i for i, blob in enumerate(blobs) if blob is not None], dtype=np.int64)
    groups, others = decode_polygons([bytes(blob) for blob in blobs if blob is not None])
    places, parts = [], []
    for group in groups:
        lon, lat = lonlat_deg(group.vertices)
        numbers = [text for i in range(lon.shape[1]) for text in (_decimals(lon[:, i]), _decimals(lat[:, i]))]
        parts.append(pc.binary_join_element_wise("POLYGON ICRS", *numbers, " "))
        places.append(there[group.index])
    if len(others):
        known = [blob for blob in blobs if blob is not None]
        parts.append(pa.array([_circle_text(bytes(known[i])) for i in others.tolist()], pa.string()))
        places.append(there[others])
    if not parts:
        return pa.nulls(len(blobs), pa.string())
    order = np.full(len(blobs), -1, dtype=np.int64)
    order[np.concatenate(places)] = np.arange(len(there))
    return pa.concat_arrays(parts).take(pa.array(order, mask=order < 0))


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
    """As `_decimals`."""
    whole, rest = divmod(round(abs(value) * 1e6), 1_000_000)
    return f"{'-' if copysign(1.0, value) < 0 else ''}{whole}.{rest:06d}"


def _decimals(values: npt.NDArray[np.float64]) -> pa.Array:
    """Numbers with six decimals: whole millionths, with a point put in."""
    millionths = np.rint(np.abs(values) * 1e6).astype(np.int64)
    whole, rest = np.divmod(millionths, 1_000_000)
    fraction = pc.utf8_slice_codeunits(pa.array(rest + 1_000_000).cast(pa.string()), 1)
    sign = pa.array(np.where(np.signbit(values), "-", "").tolist(), pa.string())
    return pc.binary_join_element_wise(sign, pa.array(whole).cast(pa.string()), ".", fraction, "")


def _circle_text(blob: bytes) -> str:
    from lsst.sphgeom import LonLat

    from skybutler.sky.region import decode

    circle = decode(blob).getBoundingCircle()
    place = LonLat(circle.getCenter())
    radius = circle.getOpeningAngle().asDegrees()
    return f"CIRCLE ICRS {place.getLon().asDegrees():.6f} {place.getLat().asDegrees():.6f} {radius:.6f}"
