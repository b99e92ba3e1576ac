"""UUIDs of datasets: time-ordered ones, and ones that follow from the data ID.  Knows no database."""

from __future__ import annotations

import os
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

__all__ = ["DATASET_NAMESPACE", "new_uuid", "to_uuid", "uuid5_for_data_ids", "uuid7"]

DATASET_NAMESPACE = uuid.UUID("840b31d9-05cd-5161-b2c8-00d32b280d0f")
"""Namespace of deterministic dataset ids, the same at every site."""

_set_int = uuid.UUID.__dict__["int"].__set__
_set_is_safe = uuid.UUID.__dict__["is_safe"].__set__
_UNKNOWN = uuid.SafeUUID.unknown

_lock = threading.Lock()
_last = 0


def uuid7(n: int) -> np.ndarray[Any, Any]:
    """``n`` version-7 UUIDs (RFC 9562 §5.7), growing within and between calls of a process.

    The 48-bit millisecond is followed by a 12-bit fraction of it (§6.2, method 3) that counts on where the clock does
    not, and 62 random bits.

    Returns
    -------
    ids : `numpy.ndarray`
        uint8, shape (n, 16).
    """
    import numpy as np

    ticks = _take_ticks(n)
    stamp = np.arange(ticks, ticks + n, dtype=np.uint64)
    ids = np.frombuffer(os.urandom(16 * n), np.uint8).reshape(n, 16).copy()
    high = ((stamp >> np.uint64(12)) << np.uint64(16)) | np.uint64(0x7000) | (stamp & np.uint64(0xFFF))
    ids[:, :8] = high.astype(">u8").view(np.uint8).reshape(n, 8)
    ids[:, 8] = (ids[:, 8] & 0x3F) | 0x80
    return ids


def new_uuid() -> uuid.UUID:
    """One version-7 UUID, of the same sequence as those of `uuid7`."""
    ticks = _take_ticks(1)
    random = int.from_bytes(os.urandom(8), "big") & 0x3FFF_FFFF_FFFF_FFFF
    return _of_number((ticks >> 12) << 80 | 0x7 << 76 | (ticks & 0xFFF) << 64 | 0x2 << 62 | random)


def _take_ticks(n: int) -> int:
    """The first of ``n`` numbers (4096ths of a millisecond since 1970) that no other UUID of this process has."""
    global _last
    with _lock:
        ticks = max(time.time_ns() * 4096 // 1_000_000, _last + 1)
        _last = ticks + n - 1
    return ticks


def uuid5_for_data_ids(
    dataset_type: str, run: str | None, keys: Sequence[str], columns: Mapping[str, Sequence[Any]]
) -> np.ndarray[Any, Any]:
    """Deterministic UUIDs (version 5) of datasets, equal at every site that ingests the same data.

    The name hashed is ``dataset_type=T,run=R,key=value,...`` with the keys in alphabetical order.

    Parameters
    ----------
    dataset_type : `str`
        Dataset type name.
    run : `str` or `None`
        Run; left out of the name when `None`.
    keys : sequence of `str`
        Required dimensions.
    columns : mapping
        Their values, one sequence each, all of length n.

    Returns
    -------
    ids : `numpy.ndarray`
        uint8, shape (n, 16).
    """
    from hashlib import sha1  # loads OpenSSL

    import numpy as np

    ordered = sorted(keys)
    head = f"dataset_type={dataset_type}" + (f",run={run}" if run is not None else "")
    texts = [[f",{key}={value}" for value in _listed(columns[key])] for key in ordered]
    start = sha1(DATASET_NAMESPACE.bytes + head.encode(), usedforsecurity=False)
    digests = bytearray()
    for parts in zip(*texts, strict=True):
        digest = start.copy()
        digest.update("".join(parts).encode())
        digests += digest.digest()[:16]
    ids = np.frombuffer(bytes(digests), np.uint8).reshape(-1, 16).copy()
    ids[:, 6] = (ids[:, 6] & 0x0F) | 0x50
    ids[:, 8] = (ids[:, 8] & 0x3F) | 0x80
    return ids


def to_uuid(identifier: bytes) -> uuid.UUID:
    """A `uuid.UUID` from its 16 bytes, in a quarter of the time of ``uuid.UUID(bytes=...)``.

    The caller knows that there are 16: this is for what a database gives.
    """
    return _of_number(int.from_bytes(identifier, "big"))


def _of_number(number: int) -> uuid.UUID:
    made = uuid.UUID.__new__(uuid.UUID)
    # Instances refuse assignment; their two slots do not.
    _set_int(made, number)
    _set_is_safe(made, _UNKNOWN)
    return made


def _listed(values: Any) -> list[Any]:
    return list(values.tolist()) if hasattr(values, "tolist") else list(values)
