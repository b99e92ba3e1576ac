"""How a tract is divided into patches, and patches into cells: whole pixels only.  Knows nothing of the sky."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["CellGrid", "PatchGrid", "patch_grid"]


@dataclass(frozen=True)
class CellGrid:
    """Square cells of a patch.

    Attributes
    ----------
    inner_size : `int`
        Side of the inner box [pixel].
    border : `int`
        Width of the outer box outside it [pixel].
    per_patch : `int`
        Cells along one side of the inner box of a patch.
    in_border : `int`
        Further cells on each side.
    """

    inner_size: int
    border: int
    per_patch: int
    in_border: int

    @property
    def count(self) -> int:
        """Cells along one side of a patch, its border included."""
        return self.per_patch + 2 * self.in_border


@dataclass(frozen=True)
class PatchGrid:
    """Patches of a tract.

    Attributes
    ----------
    inner : pair of `int`
        Size of inner boxes, (x, y) [pixel].
    border : `int`
        Width of outer boxes outside the inner ones [pixel].
    clipped : `bool`
        Whether outer boxes end at the edge of the tract.
    cells : `CellGrid` or `None`
        Division of the patches.
    hash_head : `bytes`
        The options as they enter the hash of a sky map.
    """

    inner: tuple[int, int]
    border: int
    clipped: bool
    cells: CellGrid | None
    hash_head: bytes


def patch_grid(options: Mapping[str, Any]) -> PatchGrid:
    """The grid that the tract builder of complete, checked options makes."""
    if options["tractBuilder"] == "legacy":
        width, height = options["patchInnerDimensions"]
        border = options["patchBorder"]
        return PatchGrid((width, height), border, True, None, struct.pack("<3i", width, height, border))
    size = options["cellInnerDimensions"][0]
    cells = CellGrid(size, options["cellBorder"], options["numCellsPerPatchInner"], options["numCellsInPatchBorder"])
    head = struct.pack("<5i", size, size, cells.border, cells.per_patch, cells.in_border)
    side = size * cells.per_patch
    return PatchGrid((side, side), cells.in_border * size + cells.border, False, cells, head)
