"""Regions in blocks of neighbours, tested against each other pair by pair.  Knows no database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from skybutler.sky.overlap import Regions

__all__ = ["Block"]

_CACHED = 1 << 15
"""Pairs that are looked at together: so many numbers stay in a processor's cache."""


@dataclass(slots=True)
class Block:
    """Some regions with their bounding caps.

    Parameters
    ----------
    keys : `numpy.ndarray`
        Rows of the regions, shape (n,).
    blobs : `list` [`bytes`]
        Encoded regions.
    caps : `numpy.ndarray`
        Bounding caps: unit vectors and radii (radians), shape (n, 4).
    regions : `Regions`
        Decoded.
    """

    keys: Any
    blobs: list[bytes]
    caps: Any
    regions: Regions

    @classmethod
    def of(cls, rows: Sequence[tuple[int, bytes]]) -> Block:
        """From rows and encoded regions."""
        import numpy as np

        from skybutler.sky.overlap import Regions

        blobs = [blob for _, blob in rows]
        regions = Regions.from_blobs(blobs)
        return cls(np.array([k for k, _ in rows], np.int64), blobs, regions.caps(), regions)

    @property
    def centers(self) -> Any:
        """Unit vectors in the middle of the regions, shape (n, 3)."""
        return self.caps[:, :3]

    @property
    def radii(self) -> Any:
        """Angles from the centres within which the regions lie, radians, shape (n,)."""
        return self.caps[:, 3]

    def split(self, size: int) -> Iterator[Block]:
        """Parts of at most ``size`` neighbours."""
        import numpy as np

        from skybutler.sky.pixel import keys as spatial_keys

        if len(self.keys) <= size:
            yield self
            return
        order = np.argsort(spatial_keys(self.blobs).pixel, kind="stable")
        for start in range(0, len(order), size):
            chosen = order[start : start + size].tolist()
            yield Block.of([(int(self.keys[i]), self.blobs[i]) for i in chosen])

    def single_polygon(self) -> Any:
        """Inward normals (n, 3) of the edges, if the block is one polygon smaller than a hemisphere; else `None`."""
        if len(self.keys) != 1 or not self.regions.polygons or self.radii[0] >= 1.5:
            return None
        return self.regions.polygons[0].normals[0]

    def overlapping(self, other: Block) -> tuple[Any, Any]:
        """Rows of both blocks whose regions overlap, pair by pair."""
        import numpy as np

        from skybutler.sky.overlap import overlap_pairs

        # Chords instead of angles: exact enough everywhere, where the cosine of a small angle is not.  The chord of a
        # sum is at most the sum of the chords, so nothing is lost, and no sines of all pairs are needed.
        mine, theirs = (2.0 * np.sin(block.radii / 2) + 1e-12 for block in (self, other))
        directions = np.ascontiguousarray(other.centers.T)
        found = [(np.empty(0, np.int64),) * 2]
        step = max(1, _CACHED // max(1, len(theirs)))
        for start in range(0, len(mine), step):
            reach = mine[start : start + step, None] + theirs
            distance2 = 2.0 - 2.0 * (self.centers[start : start + step] @ directions)
            rows, columns = np.nonzero(distance2 <= reach * reach + 1e-14)
            found.append((rows + start, columns))
        ia, ib = (np.concatenate(part) for part in zip(*found, strict=True))
        hit = overlap_pairs(self.regions, other.regions, ia, ib)
        return self.keys[ia[hit]], other.keys[ib[hit]]
