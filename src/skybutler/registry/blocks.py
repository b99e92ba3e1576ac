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

        # chord length instead of angle: exact enough everywhere, where the cosine of a small angle is not
        reach = self.radii[:, None] + other.radii[None, :]
        chord = np.where(reach < np.pi, 2 * np.sin(np.minimum(reach, np.pi) / 2), 2.0) + 1e-12
        distance2 = 2.0 - 2.0 * (self.centers @ other.centers.T)
        near = distance2 <= chord * chord + 1e-14
        ia, ib = np.nonzero(near)
        hit = overlap_pairs(self.regions, other.regions, ia, ib)
        return self.keys[ia[hit]], other.keys[ib[hit]]
