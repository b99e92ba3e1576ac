from __future__ import annotations

import struct
from typing import Any

from skybutler.skymap import SkyMapConfig
from skybutler.skymap.patches import patch_grid


def test_legacy() -> None:
    grid = patch_grid(SkyMapConfig("equat", patchInnerDimensions=[3000, 2000], patchBorder=7).options())
    assert (grid.inner, grid.border, grid.clipped, grid.cells) == ((3000, 2000), 7, True, None)
    assert grid.hash_head == struct.pack("<iii", 3000, 2000, 7)


def test_cells() -> None:
    options: dict[str, Any] = {
        "cellInnerDimensions": [10, 10],
        "cellBorder": 3,
        "numCellsPerPatchInner": 4,
        "numCellsInPatchBorder": 2,
    }
    grid = patch_grid(SkyMapConfig("equat", tractBuilder="cells", **options).options())
    assert (grid.inner, grid.border, grid.clipped) == ((40, 40), 23, False)
    assert grid.cells is not None
    assert grid.cells.count == 8
    assert grid.hash_head == struct.pack("<iiiii", 10, 10, 3, 4, 2)
