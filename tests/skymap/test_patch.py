from __future__ import annotations

import numpy as np
import pytest

from skybutler.errors import OutsideSkyMapError
from skybutler.images.box import Box
from skybutler.skymap import Index2D
from skybutler.skymap.patch import box_corners
from support.skymaps import polygon_vertices, small_sky_map


def test_legacy_patches_end_at_the_tract() -> None:
    tract = small_sky_map("rings")[3]
    patches = list(tract)
    assert patches[0].inner_bbox == Box((0, 4000), (0, 4000))
    assert patches[0].outer_bbox == Box((0, 4100), (0, 4100))
    assert patches[-1].outer_bbox.x.stop == tract.bbox.x.stop
    assert (patches[0].num_cells, patches[0].cell_inner_dimensions, patches[0].cell_border) == ((0, 0), (0, 0), 0)
    assert patches[0].cells == ()
    assert patches[0]
    with pytest.raises(OutsideSkyMapError, match="tract builder 'cells'"):
        patches[0].cell_info(0)


def test_cells() -> None:
    tract = small_sky_map("rings-cells")[3]
    patch = tract[1, 0]
    assert patch.inner_bbox == Box((0, 3000), (3000, 6000))
    assert patch.outer_bbox == Box((-200, 3200), (2800, 6200))
    assert (patch.num_cells, len(patch), patch.cell_border) == ((22, 22), 484, 50)
    first, second_row = patch[0], patch[0, 1]
    assert first.inner_bbox == Box((-150, 0), (2850, 3000))
    assert first.outer_bbox == Box((-200, 50), (2800, 3050))
    assert (second_row.index, second_row.sequential_index) == (Index2D(0, 1), 22)
    assert patch[22] == second_row
    assert "index=(0, 1)" in str(second_row)


def test_cells_tile_the_patch_and_its_border() -> None:
    patch = small_sky_map("rings-cells")[0][0]
    area = sum(cell.inner_bbox.area for cell in patch.cells)
    assert area == patch.inner_bbox.grow(150).area
    assert all(patch.outer_bbox.contains(cell.outer_bbox) for cell in patch)
    assert {cell.inner_bbox.xy0 for cell in patch} == {
        (x, y) for x in range(-150, 3150, 150) for y in range(-150, 3150, 150)
    }


@pytest.mark.parametrize("index", [484, -1, (22, 0), (0, -1)])
def test_cells_out_of_range(index: int | tuple[int, int]) -> None:
    patch = small_sky_map("rings-cells")[0][0]
    with pytest.raises(OutsideSkyMapError, match=r"cells are \(0, 0\) to \(21, 21\)"):
        patch.cell_info(index)


def test_polygons_nest() -> None:
    patch = small_sky_map("rings-cells")[5][0]
    assert patch.outer_sky_polygon.contains(patch.inner_sky_polygon)
    cell = patch[30]
    assert cell.outer_sky_polygon.contains(cell.inner_sky_polygon)
    assert patch.outer_sky_polygon.overlaps(cell.inner_sky_polygon)
    assert polygon_vertices(patch.inner_sky_polygon).shape == (4, 3)


def test_corners_are_outer_edges_of_pixels() -> None:
    corners = box_corners(Box((0, 2), (10, 13)))
    np.testing.assert_array_equal(corners, [[9.5, -0.5], [12.5, -0.5], [12.5, 1.5], [9.5, 1.5]])


def test_text() -> None:
    text = str(small_sky_map("rings")[3][4])
    assert text.startswith("PatchInfo(tract=3, index=(4, 0), inner=[y=0:4000, x=16000:20000]")
