"""The names of ``lsst.skymap``: sky maps, tracts, patches and cells with their spellings.  Knows no butler."""

# ruff: noqa: N802, N803, N815 - the names are those of lsst.skymap

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from skybutler.compat.afw.pixels import box_of
from skybutler.compat.afw.wcs import SkyWcs
from skybutler.compat.geom import Angle, Box2I, Extent2I, SpherePoint, degrees
from skybutler.compat.wrapping import Wrapped, to_plain
from skybutler.skymap import Index2D, SkyMapConfig
from skybutler.skymap import SkyMap as PlainSkyMap
from skybutler.skymap.projection import TractWcs

__all__ = [
    "BaseSkyMap",
    "BaseSkyMapConfig",
    "CellInfo",
    "DiscreteSkyMap",
    "DiscreteSkyMapConfig",
    "DodecaSkyMap",
    "DodecaSkyMapConfig",
    "EquatSkyMap",
    "EquatSkyMapConfig",
    "HealpixSkyMap",
    "HealpixSkyMapConfig",
    "Index2D",
    "PatchInfo",
    "RingsSkyMap",
    "RingsSkyMapConfig",
    "TractInfo",
    "sky_map_of",
]

TractPatches = list[tuple["TractInfo", tuple["PatchInfo", ...]]]


def _point(ra_deg: float, dec_deg: float) -> SpherePoint:
    return SpherePoint(ra_deg, dec_deg, degrees)


def _wcs(wcs: TractWcs) -> SkyWcs:
    return SkyWcs.of(wcs.to_sky_wcs())


def _places(coords: Iterable[SpherePoint]) -> list[tuple[float, float]]:
    return [coord.get_position() for coord in coords]


class _Piece(Wrapped):
    """What patches and cells have in common."""

    __slots__ = ()

    def getIndex(self) -> Index2D:
        """Place in its grid, (x, y)."""
        return self.plain.index  # type: ignore[no-any-return]

    def getSequentialIndex(self) -> int:
        """Number in its grid."""
        return self.plain.sequential_index  # type: ignore[no-any-return]

    def getInnerBBox(self) -> Box2I:
        """Pixels that belong to this one alone."""
        return box_of(self.plain.inner_bbox)

    def getOuterBBox(self) -> Box2I:
        """Pixels, the border included."""
        return box_of(self.plain.outer_bbox)

    def getWcs(self) -> SkyWcs:
        """WCS of the tract."""
        return _wcs(self.plain.wcs)

    def getInnerSkyPolygon(self, tractWcs: object = None) -> Any:
        """The inner box on the sky."""
        return self.plain.inner_sky_polygon

    def getOuterSkyPolygon(self, tractWcs: object = None) -> Any:
        """The outer box on the sky."""
        return self.plain.outer_sky_polygon

    index = property(getIndex)
    sequential_index = property(getSequentialIndex)
    inner_bbox = property(getInnerBBox)
    outer_bbox = property(getOuterBBox)
    wcs = property(getWcs)
    inner_sky_polygon = property(getInnerSkyPolygon)
    outer_sky_polygon = property(getOuterSkyPolygon)


class CellInfo(_Piece):
    """A cell of a patch."""

    __slots__ = ()

    def __str__(self) -> str:
        return f"CellInfo(index={self.plain.index})"

    def __repr__(self) -> str:
        return f"CellInfo(index={self.plain.index}, innerBBox={self.inner_bbox}, outerBBox={self.outer_bbox})"


class PatchInfo(_Piece):
    """A patch of a tract."""

    __slots__ = ()

    def getNumCells(self) -> Index2D:
        """Cells along x and y."""
        return self.plain.num_cells  # type: ignore[no-any-return]

    def getCellBorder(self) -> int:
        """Width of cells outside their inner boxes."""
        return self.plain.cell_border  # type: ignore[no-any-return]

    def getCellInnerDimensions(self) -> Extent2I:
        """Size of the inner boxes of cells."""
        return Extent2I(*self.plain.cell_inner_dimensions)

    def getCellInfo(self, index: Any) -> CellInfo:
        """One cell by its number or its place (x, y)."""
        return CellInfo.of(self.plain.cell_info(_index(index)))

    def getSequentialCellIndex(self, cellInfo: CellInfo) -> int:
        """Number of a cell."""
        return cellInfo.getSequentialIndex()

    num_cells = property(getNumCells)
    cell_border = property(getCellBorder)
    cell_inner_dimensions = property(getCellInnerDimensions)

    def __len__(self) -> int:
        return len(self.plain)

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> Iterator[CellInfo]:
        return (CellInfo.of(cell) for cell in self.plain)

    def __getitem__(self, index: Any) -> CellInfo:
        return self.getCellInfo(index)

    def __str__(self) -> str:
        return f"PatchInfo(index={self.plain.index})"

    def __repr__(self) -> str:
        return f"PatchInfo(index={self.plain.index}, innerBBox={self.inner_bbox}, outerBBox={self.outer_bbox})"


class TractInfo(Wrapped):
    """A tract of a sky map."""

    __slots__ = ()

    def getId(self) -> int:
        """Number of the tract."""
        return self.plain.tract_id  # type: ignore[no-any-return]

    def getVertexList(self) -> tuple[SpherePoint, ...]:
        """Corners of the region that the tract owns."""
        return tuple(_point(ra, dec) for ra, dec in self.plain.vertex_list.tolist())

    def getCtrCoord(self) -> SpherePoint:
        """Centre."""
        return _point(*self.plain.center)

    def getBBox(self) -> Box2I:
        """All pixels."""
        return box_of(self.plain.bbox)

    def getWcs(self) -> SkyWcs:
        """Pixels to sky."""
        return _wcs(self.plain.wcs)

    def getNumPatches(self) -> Index2D:
        """Patches along x and y."""
        return self.plain.num_patches  # type: ignore[no-any-return]

    def getPatchBorder(self) -> int:
        """Width of patches outside their inner boxes."""
        return self.plain.patch_border  # type: ignore[no-any-return]

    def getPatchInnerDimensions(self) -> Extent2I:
        """Size of the inner boxes of patches."""
        return Extent2I(*self.plain.patch_inner_dimensions)

    def getTractOverlap(self) -> Angle:
        """Minimum overlap with adjacent tracts."""
        return self.plain.tract_overlap * degrees  # type: ignore[no-any-return]

    def getInnerSkyPolygon(self) -> Any:
        """Polygon of the vertices."""
        return self.plain.inner_sky_polygon

    def getInnerSkyRegion(self) -> Any:
        """The region that belongs to this tract alone."""
        return self.plain.inner_sky_region

    def getOuterSkyPolygon(self) -> Any:
        """The whole tract on the sky."""
        return self.plain.outer_sky_polygon

    def findPatch(self, coord: SpherePoint) -> PatchInfo:
        """The patch whose inner box holds a point."""
        return PatchInfo.of(self.plain.find_patch(coord))

    def findPatchList(self, coordList: Iterable[SpherePoint]) -> tuple[PatchInfo, ...]:
        """Patches that the pixel box around some points touches."""
        return tuple(map(PatchInfo.of, self.plain.find_patch_list(_places(coordList))))

    def getPatchInfo(self, index: Any) -> PatchInfo:
        """One patch by its number or its place (x, y)."""
        return PatchInfo.of(self.plain.patch_info(_index(index)))

    def getSequentialPatchIndex(self, patchInfo: PatchInfo) -> int:
        """Number of a patch."""
        return patchInfo.getSequentialIndex()

    def getSequentialPatchIndexFromPair(self, index: Any) -> int:
        """Number of the patch at a place (x, y)."""
        return self.plain.sequential_patch_index(_index(index))  # type: ignore[no-any-return]

    def getPatchIndexPair(self, sequentialIndex: int) -> Index2D:
        """Place (x, y) of the patch of a number."""
        return self.plain.patch_index_pair(sequentialIndex)  # type: ignore[no-any-return]

    def contains(self, coord: SpherePoint) -> bool:
        """Whether a point falls on a pixel of the tract."""
        return self.plain.contains(coord)  # type: ignore[no-any-return]

    tract_id = property(getId)
    _vertexCoordList = vertex_list = property(getVertexList)
    ctr_coord = property(getCtrCoord)
    bbox = property(getBBox)
    wcs = property(getWcs)
    num_patches = property(getNumPatches)
    patch_border = property(getPatchBorder)
    patch_inner_dimensions = property(getPatchInnerDimensions)
    tract_overlap = property(getTractOverlap)
    inner_sky_polygon = property(getInnerSkyPolygon)
    inner_sky_region = property(getInnerSkyRegion)
    outer_sky_polygon = outer_sky_region = property(getOuterSkyPolygon)
    getOuterSkyRegion = getOuterSkyPolygon

    def __len__(self) -> int:
        return len(self.plain)

    def __iter__(self) -> Iterator[PatchInfo]:
        return (PatchInfo.of(patch) for patch in self.plain)

    def __getitem__(self, index: Any) -> PatchInfo:
        return self.getPatchInfo(index)

    def __str__(self) -> str:
        return f"TractInfo(id={self.plain.tract_id})"

    def __repr__(self) -> str:
        return f"TractInfo(id={self.plain.tract_id}, ctrCoord={self.ctr_coord.getVector()})"


class AnySkyMap(Wrapped):
    """A sky map.

    Parameters
    ----------
    config : `ConfigClass`, optional
        Options of its kind; the defaults if not given.
    version : `int`
        0 for ring maps from before 2018.
    """

    __slots__ = ()

    kind: ClassVar[str] = ""
    SKYMAP_RUN_COLLECTION_NAME: ClassVar[str] = "skymaps"
    SKYMAP_DATASET_TYPE_NAME: ClassVar[str] = "skyMap"

    def __init__(self, config: Any = None, version: int = 1) -> None:
        given = {} if config is None else vars(config)
        self.plain = PlainSkyMap(SkyMapConfig(self.kind or "dodeca", version=version, **given))

    def findTract(self, coord: SpherePoint) -> TractInfo:
        """The tract that owns a point."""
        return TractInfo.of(self.plain.find_tract(coord))

    def findTractIdArray(self, ra: npt.ArrayLike, dec: npt.ArrayLike, degrees: bool = False) -> npt.NDArray[np.int64]:
        """Numbers of the tracts that own points, whose coordinates are in radians unless in ``degrees``."""
        lon, lat = (np.atleast_1d(np.asarray(v, np.float64)) for v in (ra, dec))
        found: npt.NDArray[np.int64] = self.plain.find_tract_ids(
            *((lon, lat) if degrees else (np.degrees(lon), np.degrees(lat)))
        )
        return found

    def findAllTracts(self, coord: SpherePoint) -> list[TractInfo]:
        """All tracts that contain a point."""
        return list(map(TractInfo.of, self.plain.find_all_tracts(coord)))

    def findTractPatchList(self, coordList: Iterable[SpherePoint]) -> TractPatches:
        """All tracts and patches that a region touches, or may touch."""
        return _pairs(self.plain.find_tract_patch_list(_places(coordList)))

    def findClosestTractPatchList(self, coordList: Iterable[SpherePoint]) -> TractPatches:
        """For each point the tract that owns it, with the patches that all points together may touch."""
        return _pairs(self.plain.find_closest_tract_patch_list(_places(coordList)))

    def getSha1(self) -> bytes:
        """The 20 bytes by which repositories recognise the map."""
        return self.plain.sha1  # type: ignore[no-any-return]

    def register(self, name: str, butler: Any) -> None:
        """Register the map, its tracts and its patches in a repository."""
        from skybutler.ingest.skymaps import register_sky_map

        register_sky_map(getattr(butler, "_plain", butler), self.plain, name=name)

    def __len__(self) -> int:
        return len(self.plain)

    def __iter__(self) -> Iterator[TractInfo]:
        return (TractInfo.of(tract) for tract in self.plain)

    def __getitem__(self, index: int) -> TractInfo:
        return TractInfo.of(self.plain[index])

    def __repr__(self) -> str:
        return f"<lsst.skymap.{type(self).__name__} with {len(self)} tracts>"

    __str__ = __repr__


class SkyMapOptions:
    """Options by name, as attributes; they are checked when the map is made."""

    def __init__(self, **options: Any) -> None:
        vars(self).update(options)


class RingsSkyMapConfig(SkyMapOptions):
    """Options of `RingsSkyMap`."""


class RingsSkyMap(AnySkyMap):
    """Rings of tracts between two polar caps."""

    __slots__ = ()
    kind = "rings"
    ConfigClass = RingsSkyMapConfig


class DodecaSkyMapConfig(SkyMapOptions):
    """Options of `DodecaSkyMap`."""


class DodecaSkyMap(AnySkyMap):
    """Twelve tracts on the faces of a dodecahedron."""

    __slots__ = ()
    kind = "dodeca"
    ConfigClass = DodecaSkyMapConfig


class EquatSkyMapConfig(SkyMapOptions):
    """Options of `EquatSkyMap`."""


class EquatSkyMap(AnySkyMap):
    """Tracts in a band along the equator."""

    __slots__ = ()
    kind = "equat"
    ConfigClass = EquatSkyMapConfig


class HealpixSkyMapConfig(SkyMapOptions):
    """Options of `HealpixSkyMap`."""


class HealpixSkyMap(AnySkyMap):
    """A tract for every HEALPix pixel."""

    __slots__ = ()
    kind = "healpix"
    ConfigClass = HealpixSkyMapConfig


class DiscreteSkyMapConfig(SkyMapOptions):
    """Options of `DiscreteSkyMap`."""


class DiscreteSkyMap(AnySkyMap):
    """Tracts where they were wanted."""

    __slots__ = ()
    kind = "discrete"
    ConfigClass = DiscreteSkyMapConfig


BaseSkyMap = AnySkyMap
BaseSkyMapConfig = SkyMapOptions
_KINDS = {cls.kind: cls for cls in (RingsSkyMap, DodecaSkyMap, EquatSkyMap, HealpixSkyMap, DiscreteSkyMap)}


def sky_map_of(plain: PlainSkyMap) -> AnySkyMap:
    """A map in the class of its kind."""
    return _KINDS[plain.kind].of(plain)


def _pairs(found: Iterable[tuple[Any, tuple[Any, ...]]]) -> TractPatches:
    return [(TractInfo.of(tract), tuple(map(PatchInfo.of, patches))) for tract, patches in found]


def _index(index: Any) -> Any:
    """A number as it is, a place as a pair."""
    index = to_plain(index)
    return tuple(int(part) for part in index) if hasattr(index, "__len__") else index
