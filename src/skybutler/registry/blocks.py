"""Regions in blocks of neighbours, tested against each other pair by pair.  Knows no database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from skybutler.sky.overlap import Regions

__all__ = ["Block"]


@dataclass(slots=True)
class Block:
    """Some regions with their bounding caps.

    Parameters
    ----------
    keys : `numpy.ndarray`
        Rows of the regions, shape (n,).
    blobs : `list` [`bytes`]
        Encoded regions.
    centers, radii : `numpy.ndarray`
        Bounding caps: unit vectors (n, 3), radians (n,).
    pixels : `numpy.ndarray`
        Order-29 nested pixels of the centres, shape (n,).
    regions : `Regions`
        Decoded.
    """

    keys: Any
    blobs: list[bytes]
    centers: Any
    radii: Any
    pixels: Any
    regions: Regions

    @classmethod
    def of(cls, rows: Sequence[tuple[int, bytes]]) -> Block:
        """From rows and encoded regions."""
        import numpy as np

        from skybutler.sky.overlap import Regions
        from skybutler.sky.pixel import keys as spatial_keys

        blobs = [blob for _, blob in rows]
        place = spatial_keys(blobs)
        return cls(
            np.array([k for k, _ in rows], np.int64),
            blobs,
            place.center_xyz,
            place.radius_rad,
            place.pixel,
            Regions.from_blobs(blobs),
        )

    def split(self, size: int) -> Iterator[Block]:
        """Parts of at most ``size`` neighbours."""
        import numpy as np

        if len(self.keys) <= size:
            yield self
            return
        order = np.argsort(self.pixels, kind="stable")
        for start in range(0, len(order), size):
            chosen = order[start : start + size].tolist()
            yield Block.of([(int(self.keys[i]), self.blobs[i]) for i in chosen])

    def overlapping(self, other: Block) -> tuple[Any, Any]:
        """Rows of both blocks whose regions overlap, pair by pair."""
        import numpy as np

        from skybutler.sky.overlap import overlap_pairs

        # chord length instead of angle: exact enough everywhere, where the cosine of a small angle is not
        reach = self.radii[:, None] + other.radii[None, :]
        chord = np.where(reach < np.pi, 2 * np.sin(np.minimum(reach, np.pi) / 2), 2.0) + 1e-12
        distance2 = 2.0 - 2.0 * (self.centers @ other.centers.T)
        near = distance2 <= chord * chord + 1e-14
        ia, ib = np.nonzero(near)
        hit = overlap_pairs(self.regions, other.regions, ia, ib)
        return self.keys[ia[hit]], other.keys[ib[hit]]
