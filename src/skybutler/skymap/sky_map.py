"""A sky map: all its tracts, which of them hold a point, and its records.  Knows no registry and no file."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, SupportsFloat, SupportsIndex

import numpy as np
from numpy.typing import NDArray

from skybutler.errors import OutsideSkyMapError, SkyMapError
from skybutler.sky.vectors import lonlat_deg, unit_vectors
from skybutler.skymap.geometry import TractColumns, lay_out, record_columns
from skybutler.skymap.overlaps import PixelsToSky, bounding_cap, overlapping_patches, overlapping_tracts, sky_region
from skybutler.skymap.patch import PatchInfo
from skybutler.skymap.patches import patch_grid
from skybutler.skymap.points import Point, Points, checked_arrays, read_point, read_points
from skybutler.skymap.projection import Projection, TractWcs
from skybutler.skymap.settings import SkyMapConfig
from skybutler.skymap.tiling import Ids, Tiling
from skybutler.skymap.tract import TractInfo

if TYPE_CHECKING:
    from lsst.sphgeom import Region

__all__ = ["SkyMap"]

TractPatches = list[tuple[TractInfo, tuple[PatchInfo, ...]]]
RecordColumns = dict[str, dict[str, NDArray[Any]]]

_AT_ONCE = 4096  # tracts laid out together


class SkyMap:
    """A division of the sky into tracts and patches.

    ``sky_map[4431]`` is a tract, ``len(sky_map)`` their number, iterating gives all.  Two sky maps are equal when all
    their tracts are.

    Parameters
    ----------
    config : `SkyMapConfig`
        Kind and options.

    Raises
    ------
    SkyMapError
        Raised if the options do not make a sky map.
    """

    def __init__(self, config: SkyMapConfig) -> None:
        self.kind, self.version = config.kind, config.version
        self._options = config.options()
        self._grid = patch_grid(self._options)
        self._projection = Projection(
            self._options["projection"], self._options["pixelScale"], self._options["rotation"]
        )
        self._tiling = _tiling(self.kind, self._options, self.version)

    @classmethod
    def from_config(cls, mapping: Mapping[str, Any]) -> SkyMap:
        """The sky map of a flat mapping of kind, version and options, as `to_config` makes it."""
        return cls(SkyMapConfig.from_mapping(mapping))

    def to_config(self) -> dict[str, Any]:
        """All that defines the map, as plain values for YAML."""
        return {"kind": self.kind, "version": self.version, **self._options}

    @cached_property
    def sha1(self) -> bytes:
        """The 20 bytes by which repositories recognise a sky map."""
        options = self._options
        common = struct.pack(
            "<dd3sd",
            options["tractOverlap"],
            options["pixelScale"],
            options["projection"].encode("ascii"),
            options["rotation"],
        )
        parts = (self._tiling.hash_name.encode("ascii"), self._grid.hash_head, common, self._tiling.hash_bytes())
        return hashlib.sha1(b"".join(parts), usedforsecurity=False).digest()

    # ------------------------------------------------------------------------------------------------- single tracts
    def __len__(self) -> int:
        return len(self._tiling)

    def __getitem__(self, tract_id: SupportsIndex) -> TractInfo:
        """One tract; negative numbers count from the end.

        Raises
        ------
        OutsideSkyMapError
            Raised if there is no such tract; names the range.
        """
        try:
            number = range(len(self))[tract_id]
        except IndexError:
            raise self._no_tract(tract_id) from None
        except TypeError:
            raise SkyMapError(f"{tract_id!r} is no tract: tracts are whole numbers.") from None
        return next(self._tracts(np.array([number])))

    def __iter__(self) -> Iterator[TractInfo]:
        for begin in range(0, len(self), _AT_ONCE):
            yield from self._tracts(np.arange(begin, min(begin + _AT_ONCE, len(self))))

    def _no_tract(self, tract_id: object) -> OutsideSkyMapError:
        last = len(self) - 1
        return OutsideSkyMapError(f"This {self.kind} sky map has no tract {tract_id}: tracts are 0 to {last}.")

    def _checked_ids(self, ids: Iterable[int]) -> Ids:
        array = np.atleast_1d(np.asarray(ids if isinstance(ids, np.ndarray) else list(ids)))
        if array.size and array.dtype.kind not in "iu":
            raise SkyMapError(f"Tracts are whole numbers, not {array.dtype}.")
        wrong = array[(array < 0) | (array >= len(self))]
        if wrong.size:
            raise self._no_tract(wrong[0])
        return array.astype(np.int64)

    def _columns(self, ids: Ids) -> TractColumns:
        return lay_out(self._tiling, self._projection, self._grid, ids)

    def _tracts(self, ids: Ids) -> Iterator[TractInfo]:
        if not len(ids):
            return
        columns, (ra, dec) = self._columns(ids), self._tiling.centers(ids)
        vertices = self._tiling.vertices(ids)
        for row, tract_id in enumerate(ids.tolist()):
            crval, crpix, count = (array[row].tolist() for array in (columns.crval, columns.crpix, columns.n_patches))
            yield TractInfo(
                tract_id,
                (float(ra[row]), float(dec[row])),
                TractWcs(self._projection, (crval[0], crval[1]), (crpix[0], crpix[1])),
                (count[0], count[1]),
                self._grid,
                self._tiling.overlap_deg,
                None if vertices is None else np.stack([vertices[0][row], vertices[1][row]], axis=-1),
                self._tiling.inner_region(tract_id),
            )

    # ------------------------------------------------------------------------------------------------------- searches
    def find_tract(self, point: Point, dec_deg: SupportsFloat | None = None) -> TractInfo:
        """The tract that owns a point.

        Parameters
        ----------
        point : `Point` or `float`
            The point, or its right ascension in degrees when ``dec_deg`` is given.
        dec_deg : `float`, optional
            Declination, degrees.

        Returns
        -------
        tract : `TractInfo`
            For maps that do not cover the sky the nearest tract, which may not contain the point.
        """
        ra, dec = read_point(point, dec_deg)
        return self[int(self._tiling.find(np.array([ra]), np.array([dec]))[0])]

    def find_tract_ids(self, ra_deg: Any, dec_deg: Any) -> Ids:
        """The tracts that own many points.

        Parameters
        ----------
        ra_deg, dec_deg : array_like, shape (...)
            ICRS degrees.

        Returns
        -------
        ids : `numpy.ndarray` of `int`, shape (...)
            Tract identifiers.

        Raises
        ------
        SkyMapError
            Raised if a value is NaN, infinite or beyond a pole.
        """
        return self._tiling.find(*checked_arrays(ra_deg, dec_deg))

    def find_tract_patch_ids(self, ra_deg: Any, dec_deg: Any) -> tuple[Ids, Ids]:
        """The tracts that own many points, and the patches whose inner boxes hold them.

        Parameters
        ----------
        ra_deg, dec_deg : array_like, shape (...)
            ICRS degrees.

        Returns
        -------
        tract_ids, patch_ids : `numpy.ndarray` of `int`, shape (...)
            Identifiers; patch -1 where a point is not in its tract.
        """
        ra, dec = checked_arrays(ra_deg, dec_deg)
        tract_ids = self._tiling.find(ra, dec)
        xyz, patch_ids = unit_vectors(ra, dec).reshape(-1, 1, 3), np.empty(ra.size, np.int64)
        for begin in range(0, ra.size, 16 * _AT_ONCE):
            part = slice(begin, begin + 16 * _AT_ONCE)
            unique, row = np.unique(tract_ids.ravel()[part], return_inverse=True)
            columns = self._columns(unique)
            count, pixels = columns.n_patches[row], self._projection.to_pixels(columns.frames[row], xyz[part])
            index = np.full((len(row), 2), -1, np.int64)
            for axis in range(2):
                pixel = np.floor(pixels[axis][:, 0] + columns.crpix[row, axis] + 0.5)
                inside = (pixel >= 0) & (pixel < count[:, axis] * self._grid.inner[axis])
                index[inside, axis] = pixel[inside] // self._grid.inner[axis]
            patch_ids[part] = np.where((index >= 0).all(axis=1), index[:, 1] * count[:, 0] + index[:, 0], -1)
        return tract_ids, patch_ids.reshape(ra.shape)

    def find_all_tracts(self, point: Point, dec_deg: SupportsFloat | None = None) -> list[TractInfo]:
        """All tracts that contain a point, by ascending identifier; see `find_tract` for the parameters."""
        ra, dec = read_point(point, dec_deg)
        near = self._tiling.near(ra, dec, self._reach_rad)
        return [tract for tract in self._tracts(near) if tract.contains(ra, dec)]

    def find_tract_patch_list(self, points: Points) -> TractPatches:
        """All tracts and patches that a region touches, or may touch.

        Parameters
        ----------
        points : `Points`
            Corners of the region.

        Returns
        -------
        found : `list` of (`TractInfo`, `tuple` of `PatchInfo`)
            Ring maps give the tracts that contain one of the points, the others all with a patch in the list of
            `TractInfo.find_patch_list`.
        """
        ra, dec = read_points(points)
        pairs = np.stack([ra, dec], axis=-1)
        if self.kind == "rings":
            tracts = dict.fromkeys(tract for r, d in pairs for tract in self.find_all_tracts(r, d))
        else:
            tracts = dict.fromkeys(self._tracts(self._around(ra, dec)))
        return [(tract, patches) for tract in tracts if (patches := tract.find_patch_list(pairs))]

    def find_closest_tract_patch_list(self, points: Points) -> TractPatches:
        """For each point the tract that owns it, with the patches that all points together may touch.

        Parameters
        ----------
        points : `Points`
            Corners of a region.

        Returns
        -------
        found : `list` of (`TractInfo`, `tuple` of `PatchInfo`)
            Without repetitions, in the order of the points.
        """
        ra, dec = read_points(points)
        pairs = np.stack([ra, dec], axis=-1)
        ids = dict.fromkeys(self._tiling.find(ra, dec).tolist())
        tracts = self._tracts(np.fromiter(ids, np.int64, len(ids)))
        return [(tract, patches) for tract in tracts if (patches := tract.find_patch_list(pairs))]

    def find_tracts(self, target: Any, wcs: PixelsToSky | None = None) -> list[TractInfo]:
        """All tracts that something overlaps with their outer polygons, exactly.

        Parameters
        ----------
        target, wcs
            What and where, as for `find_tracts_and_patches`.
        """
        region = sky_region(target, wcs)
        columns = self._columns(self._near(region))
        return list(self._tracts(columns.ids[overlapping_tracts(region, columns, self._projection, self._grid)]))

    def find_tracts_and_patches(self, target: Any, wcs: PixelsToSky | None = None) -> TractPatches:
        """All tracts and patches that something overlaps with their outer polygons, exactly; touching counts.

        Parameters
        ----------
        target : exposure, `Box` with ``wcs``, region, tract, patch, `Point` or `Points`
            Pixels with their sky coordinates, an `lsst.sphgeom.Region`, one point, or the corners of a convex polygon.
        wcs : optional
            Sky coordinates of pixels: ``pixel_to_sky(x, y)``.

        Returns
        -------
        found : `list` of (`TractInfo`, `tuple` of `PatchInfo`)
            By ascending numbers; none without patches.

        Raises
        ------
        SkyMapError
            Raised if the target has no place on the sky, such as an exposure without sky coordinates.
        """
        region = sky_region(target, wcs)
        columns = self._columns(self._near(region))
        found = dict(overlapping_patches(region, columns, self._projection, self._grid))
        tracts = self._tracts(np.fromiter(found, np.int64, len(found)))
        return [(tract, tuple(tract.patch_info(n) for n in found[tract.tract_id].tolist())) for tract in tracts]

    def neighbors(self, tract_id: SupportsIndex) -> list[TractInfo]:
        """All other tracts that share a part of the sky with one, by ascending identifier."""
        tract = self[tract_id]
        return [other for other in self.find_tracts(tract) if other.tract_id != tract.tract_id]

    @cached_property
    def area(self) -> float:
        """Square degrees that tracts own: the sum over their inner regions, the whole sky for a map that covers it."""
        return sum(tract.inner_area for tract in self)

    def _near(self, region: Region) -> Ids:
        """Tracts that may overlap a region."""
        ra, dec, radius = bounding_cap(region)
        return self._tiling.near(ra, dec, min(self._reach_rad + radius, np.pi))

    @cached_property
    def _reach_rad(self) -> float:
        """Angle that no pixel of a tract, nor of the border around it, exceeds from the centre of the tract."""
        if self.kind == "equat" or not self._projection.is_zenithal:
            return np.pi  # the centre is not the reference point
        scale = np.radians(self._projection.pixel_scale / 3600.0)
        half = np.tan(min(np.radians(self._tiling.extent_deg), 1.57)) / scale
        return self._projection.reach(float(np.sqrt(2.0) * (half + max(self._grid.inner) + self._grid.border + 2)))

    def _around(self, ra: NDArray[np.float64], dec: NDArray[np.float64]) -> Ids:
        """Tracts that the region of some points may touch."""
        if not ra.size:
            return np.empty(0, np.int64)
        xyz = unit_vectors(ra, dec)
        middle_ra, middle_dec = lonlat_deg(xyz.sum(axis=0))
        radius = float(np.arccos(np.clip((xyz @ unit_vectors(middle_ra, middle_dec)).min(), -1.0, 1.0)))
        wide = radius > 0.1  # the pixel box of a wide region is far from the region itself
        return self._tiling.near(float(middle_ra), float(middle_dec), np.pi if wide else self._reach_rad + 2.0 * radius)

    # -------------------------------------------------------------------------------------------------------- records
    def record(self) -> dict[str, Any]:
        """Values of the registry's record of this map, without its name: hash and largest numbers."""
        largest = np.zeros(2, np.int64)
        for begin in range(0, len(self), _AT_ONCE):
            ids = np.arange(begin, min(begin + _AT_ONCE, len(self)))
            largest = np.maximum(largest, self._columns(ids).n_patches.max(axis=0))
        return {
            "hash": self.sha1,
            "tract_max": len(self),
            "patch_nx_max": int(largest[0]),
            "patch_ny_max": int(largest[1]),
        }

    def record_columns(self, tracts: Iterable[int] | None = None, chunk: int = 65_536) -> Iterator[RecordColumns]:
        """Records of tracts and all their patches as columns, in bounded memory.

        Parameters
        ----------
        tracts : iterable of `int`, optional
            Only these tracts; all by default.
        chunk : `int`
            How many patches to make at once.

        Yields
        ------
        columns : `dict`
            ``{"tract": {"id", "region"}, "patch": {"tract", "id", "cell_x", "cell_y", "region"}}``: integers of shape
            (n,) and outer sky polygons as unit vectors of shape (n, 4, 3), vertices in the order of sphgeom's convex
            hull, for `skybutler.sky.region.encode_polygons`.  A tract comes not later than its first patch.

        Raises
        ------
        OutsideSkyMapError
            Raised if a tract does not exist.
        """
        if chunk < 1:
            raise SkyMapError(f"chunk = {chunk} is wrong: it must be at least 1.")
        ids = None if tracts is None else self._checked_ids(tracts)
        for begin in range(0, len(self) if ids is None else len(ids), _AT_ONCE):
            end = begin + _AT_ONCE
            part = np.arange(begin, min(end, len(self))) if ids is None else ids[begin:end]
            yield from record_columns(self._columns(part), self._projection, self._grid, chunk)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SkyMap):
            return NotImplemented
        return (self.sha1, self.version) == (other.sha1, other.version)

    def __hash__(self) -> int:
        return hash(self.sha1)

    def _repr_html_(self) -> str:
        from skybutler.skymap.notebook import sky_map_html

        return sky_map_html(self)

    def __repr__(self) -> str:
        return f"SkyMap(kind='{self.kind}', tracts={len(self)}, sha1={self.sha1.hex()})"


def _tiling(kind: str, options: Mapping[str, Any], version: int) -> Tiling:
    overlap = options["tractOverlap"]
    if kind == "rings":
        from skybutler.skymap.rings import RingsTiling

        return RingsTiling(options["numRings"], options["raStart"], overlap, version)
    if kind == "dodeca":
        from skybutler.skymap.dodecahedron import DodecahedronTiling

        return DodecahedronTiling(options["withTractsOnPoles"], overlap)
    if kind == "equat":
        from skybutler.skymap.equatorial import EquatorialTiling

        return EquatorialTiling(options["numTracts"], tuple(options["decRange"]), overlap)
    if kind == "healpix":
        from skybutler.skymap.healpix import HealpixTiling

        return HealpixTiling(options["log2NSide"], options["nest"], overlap)
    from skybutler.skymap.discrete import DiscreteTiling

    return DiscreteTiling(options["raList"], options["decList"], options["radiusList"], overlap)
