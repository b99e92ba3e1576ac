"""Sky maps with the spellings of lsst.skymap, as the notebooks use them."""

from __future__ import annotations

import json
import math
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from skybutler.compat.butler import Butler
from skybutler.compat.daf_butler import DatasetType
from skybutler.compat.geom import Angle, Box2I, Extent2I, Point2D, Point2I, SpherePoint, degrees
from skybutler.compat.skymap import (
    BaseSkyMap,
    Index2D,
    PatchInfo,
    RingsSkyMap,
    RingsSkyMapConfig,
    TractInfo,
    sky_map_of,
)
from skybutler.errors import OutsideSkyMapError, SkyMapError
from support.dp02 import dc2_sky_map
from support.seeds import notebook_cells
from support.skymaps import CONFIGURATIONS, polygon_vertices, small_sky_map

POINT = SpherePoint(55.7467 * degrees, -32.2862 * degrees)
CORNERS = [
    SpherePoint(Angle(math.radians(ra)), Angle(math.radians(dec)))
    for ra, dec in ((60, -32), (60, -33), (61, -33), (61, -32))
]


@pytest.fixture(scope="module")
def sky_map() -> BaseSkyMap:
    return sky_map_of(dc2_sky_map())


def test_the_point_of_seed_003(sky_map: BaseSkyMap) -> None:
    tract = sky_map.findTract(POINT)
    patch = tract.findPatch(POINT)
    assert f"Tract: {tract.tract_id}, Patch: {patch.getSequentialIndex()}" == "Tract: 4431, Patch: 17"
    assert [t.getId() for t in sky_map.findAllTracts(POINT)] == [4431]
    np.testing.assert_array_equal(
        sky_map.findTractIdArray([55.7467, 60.0], [-32.2862, -32.0], degrees=True), [4431, 4434]
    )
    np.testing.assert_array_equal(sky_map.findTractIdArray(np.radians(60.0), np.radians(-32.0)), [4434])


def test_polygons_of_seed_000(sky_map: BaseSkyMap, shared: Path) -> None:
    for printed in json.loads((shared / "expect/skymap_DC2.json").read_text())["patches_printed"]:
        patch = sky_map[printed["tract"]].getPatchInfo(printed["patch"])
        assert patch.getIndex() == Index2D(printed["cell_x"], printed["cell_y"])
        found = polygon_vertices(patch.getOuterSkyPolygon(sky_map[printed["tract"]].getWcs()))
        np.testing.assert_allclose(found, printed["vertices"], rtol=0, atol=1e-15)


RUN_CELLS = """
import json, sys
import numpy as np
import matplotlib.pyplot as plt
from lsst.skymap import RingsSkyMap
config = RingsSkyMap.ConfigClass()
config.numRings, config.projection, config.tractOverlap, config.pixelScale = 120, "TAN", 1 / 60, 0.2
skyMap = RingsSkyMap(config)
class butler:
    @staticmethod
    def get(name):
        return skyMap
tracts = [4430, 4431, 4432]
cells = json.load(open("cells.json"))
for source in cells:
    exec(source)
plt.savefig("sky.png")
"""


def test_cells_of_seed_001(shared: Path, tmp_path: Path) -> None:
    wanted = ("total_area = 0.0", "tractInfo.getVertexList()", "skyMap.findTractPatchList(coordList)")
    (seed,) = (shared / "seeds").glob("001_*.txt")
    sources = [cell.source for cell in notebook_cells(seed)]
    chosen = [next(source for source in sources if text in source) for text in wanted]
    (tmp_path / "cells.json").write_text(json.dumps(chosen))
    (tmp_path / "run.py").write_text(RUN_CELLS)
    done = subprocess.run(
        [sys.executable, "-m", "skybutler.compat", "run.py"],
        cwd=tmp_path, env=os.environ | {"MPLBACKEND": "agg"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    first, *lines = done.stdout.splitlines()
    assert first.startswith("Total area imaged (sq deg):  ")
    # Three tracts of 28,000 pixels of 0.2 arcsec, to the accuracy of the notebook's flat approximation.
    assert float(first.rpartition(" ")[2]) == pytest.approx(3 * (28000 * 0.2 / 3600) ** 2, rel=0.01)
    assert sorted(line for line in lines if line.startswith("Tract")) == [
        f"TractInfo(id={tract})" for tract in (4229, 4230, 4433, 4434)
    ]
    patches = [line for line in lines if line.startswith("   ")]
    assert len(patches) == 34
    assert patches[0].strip().startswith("PatchInfo(index=Index2D(x=")
    assert (tmp_path / "sky.png").stat().st_size > 5000


def test_everything_about_a_tract(sky_map: BaseSkyMap) -> None:
    tract = sky_map[4431]
    plain = dc2_sky_map()[4431]
    assert (tract.getId(), tract.tract_id) == (4431, 4431)
    assert tract.getBBox() == tract.bbox == Box2I(Point2I(0, 0), Extent2I(28000, 28000))
    assert tract.getNumPatches() == tract.num_patches == (7, 7)
    assert (tract.getPatchBorder(), tuple(tract.getPatchInnerDimensions())) == (100, (4000, 4000))
    assert tract.getTractOverlap().asDegrees() == pytest.approx(1 / 60)
    vertices = tract.getVertexList()
    assert tract._vertexCoordList == tract.vertex_list == vertices
    np.testing.assert_allclose([v.get_position() for v in vertices], plain.vertex_list, atol=1e-13)
    assert vertices[2][1].asDegrees() > vertices[0][1].asDegrees()
    assert tract.getCtrCoord().get_position() == pytest.approx(plain.center)
    wcs = tract.getWcs()
    assert wcs.pixelToSky(Point2D(13999, 13999)).separation(tract.ctr_coord).asArcseconds() < 1e-9
    x, y = wcs.skyToPixel(POINT)
    assert (x, y) == pytest.approx(plain.wcs.sky_to_pixel(55.7467, -32.2862), abs=1e-8)
    assert tract.contains(POINT)
    assert tract.getInnerSkyPolygon() == tract.inner_sky_polygon == plain.inner_sky_polygon
    assert tract.getOuterSkyPolygon() == tract.outer_sky_polygon == plain.outer_sky_polygon
    assert tract.getInnerSkyRegion() == plain.inner_sky_region
    assert str(tract) == "TractInfo(id=4431)"
    assert repr(tract).startswith("TractInfo(id=4431, ctrCoord=[0.4785680425290818")
    assert (len(tract), [p.sequential_index for p in tract][:3]) == (49, [0, 1, 2])
    assert pickle.loads(pickle.dumps(tract)) == tract != sky_map[4430]


def test_everything_about_a_patch(sky_map: BaseSkyMap) -> None:
    tract = sky_map[4431]
    patch = tract[17]
    assert patch == tract[3, 2] == tract.getPatchInfo(Index2D(3, 2)) == tract.getPatchInfo(Extent2I(3, 2))
    assert patch.getInnerBBox() == patch.inner_bbox == Box2I(Point2I(12000, 8000), Extent2I(4000, 4000))
    assert patch.getOuterBBox() == Box2I(Point2I(11900, 7900), Extent2I(4200, 4200))
    assert patch.getWcs().pixelToSky(0, 0) == tract.wcs.pixelToSky(0, 0)
    assert patch.inner_sky_polygon.isWithin(patch.outer_sky_polygon)
    assert str(patch) == "PatchInfo(index=Index2D(x=3, y=2))"
    assert "innerBBox=" in repr(patch)
    assert (patch.getNumCells(), bool(patch), patch.getCellBorder()) == ((0, 0), True, 0)
    assert tract.getSequentialPatchIndex(patch) == tract.getSequentialPatchIndexFromPair((3, 2)) == 17
    assert tract.getPatchIndexPair(17) == (3, 2)
    assert 17 in [p.getSequentialIndex() for p in tract.findPatchList([POINT])]
    with pytest.raises(IndexError):
        tract.getPatchInfo(49)
    with pytest.raises(LookupError):
        tract.findPatch(SpherePoint(0.0, 0.0, degrees))
    with pytest.raises(OutsideSkyMapError):
        sky_map[18938]


def test_cells_of_patches() -> None:
    sky_map = sky_map_of(small_sky_map("rings-cells"))
    patch = sky_map[3][0]
    assert len(patch) == len(list(patch)) > 0
    cell = patch.getCellInfo(5)
    assert patch.getSequentialCellIndex(cell) == cell.sequential_index == 5
    assert tuple(patch.getCellInnerDimensions()) == (cell.inner_bbox.getWidth(), cell.inner_bbox.getHeight())
    assert cell.outer_bbox.contains(cell.inner_bbox)
    assert str(cell).startswith("CellInfo(index=Index2D(")
    assert "outerBBox" in repr(patch[0, 1])


def test_lists_of_tracts_and_patches(sky_map: BaseSkyMap) -> None:
    found = sky_map.findTractPatchList(CORNERS)
    assert all(type(tract) is TractInfo and type(patches[0]) is PatchInfo for tract, patches in found)
    assert {tract.getId(): len(patches) for tract, patches in found} == {4229: 8, 4230: 2, 4433: 4, 4434: 20}
    assert [tract.getId() for tract, _ in sky_map.findClosestTractPatchList([CORNERS[0], CORNERS[3]])] == [4434]


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_every_kind_has_its_class(name: str) -> None:
    plain = small_sky_map(name)
    found = sky_map_of(plain)
    assert type(found).__name__.lower() == f"{plain.kind}skymap"
    assert found.getSha1() == plain.sha1
    assert found == sky_map_of(small_sky_map(name))
    assert hash(found) == hash(sky_map_of(small_sky_map(name)))
    assert len(list(found)) == len(found) == len(plain)
    here = found[1].getCtrCoord()
    wcs = found[1].getWcs()
    assert wcs.pixelToSky(wcs.skyToPixel(here)).separation(here).asArcseconds() < 1e-6


def test_maps_are_made_of_their_options() -> None:
    config = RingsSkyMapConfig(numRings=3)
    config.projection = "TAN"  # type: ignore[attr-defined]
    assert len(RingsSkyMap(config)) == 26
    assert RingsSkyMap(config, version=0).plain.version == 0
    with pytest.raises(SkyMapError, match="no option 'numRing'"):
        RingsSkyMap(RingsSkyMapConfig(numRing=3))


def test_a_butler_hands_them_out(own_dp02: Butler) -> None:
    own_dp02.registry.registerDatasetType(DatasetType("skyMap", ["skymap"], "SkyMap", universe=own_dp02.dimensions))
    own_dp02.registry.registerRun("skymaps")
    own_dp02.put(sky_map_of(dc2_sky_map()), "skyMap", skymap="DC2", run="skymaps")
    found = own_dp02.get("skyMap", skymap="DC2", collections="skymaps")
    assert type(found) is RingsSkyMap
    assert found.findTract(POINT).tract_id == 4431


def test_registering_a_map_makes_its_records(tmp_path: Path) -> None:
    Butler.makeRepo(str(tmp_path / "repo"))
    with Butler(str(tmp_path / "repo"), writeable=True) as butler:
        sky_map = sky_map_of(small_sky_map("rings"))
        sky_map.register("small", butler)
        sky_map.register("small", butler)
        assert butler.get("skyMap", skymap="small", collections=BaseSkyMap.SKYMAP_RUN_COLLECTION_NAME) == sky_map
        assert len(list(butler.registry.queryDimensionRecords("tract", skymap="small"))) == len(sky_map)
