"""A reference catalog of the simulated sky, one file for each HTM pixel of level 7.  Knows no repository and no images.

The files are tables as LSST's afw writes a SimpleCatalog, format version 1 of reference catalogs: positions in radians,
fluxes in nanojansky.  Their stars and galaxies are those of the images.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from skybutler.formatters.afw_catalog import write_catalog
from skybutler.instruments import Instrument
from skybutler.instruments.camera import corner_field_angles
from skybutler.sim.physics import BANDS, REFERENCE_LIMIT
from skybutler.sim.truth import Sources, cells_of_polygon, sources_in_cell
from skybutler.sim.visits import SimulatedVisit
from skybutler.tables import Field, SimpleCatalog

if TYPE_CHECKING:
    from lsst.sphgeom import HtmPixelization

__all__ = ["LEVEL", "ReferenceCatalog", "reference_shard", "shards_under", "simulate_reference_catalog"]

LEVEL = 7
_AB_NJY = 31.4
"""AB magnitude of one nanojansky."""
_ERROR_NJY, _ERROR_RELATIVE = 30.0, 0.005


@dataclass(frozen=True)
class ReferenceCatalog:
    """The files: shard number to file, and the table that lists them (columns filename, htm7)."""

    shards: dict[int, Path]
    table: Path


def simulate_reference_catalog(
    directory: str | Path,
    instrument: Instrument,
    visits: Iterable[SimulatedVisit],
    detectors: Sequence[int],
    *,
    seed: int = 42,
    progress: Callable[[Path], None] | None = None,
) -> ReferenceCatalog:
    """Write all shards that the visits touch.

    Parameters
    ----------
    directory : path
        Where; made if need be: ``cal_ref_cat/147092.fits`` and so on, and the table ``refcat.ecsv`` of absolute paths,
        as ``butler ingest-files`` takes it.
    instrument, visits, detectors : `Instrument`, iterable of `SimulatedVisit`, sequence of `int`
        Where the images are; ids of detectors.
    seed : `int`
        That of the survey.
    progress : callable, optional
        Called with each file just written.
    """
    from astropy.table import Table

    top = Path(directory).absolute()
    folder = top / "cal_ref_cat"
    folder.mkdir(parents=True, exist_ok=True)
    shards: dict[int, Path] = {}
    for pixel in shards_under(instrument, visits, detectors):
        shards[pixel] = folder / f"{pixel}.fits"
        _write(shards[pixel], *reference_shard(pixel, seed))
        if progress is not None:
            progress(shards[pixel])
    table = top / "refcat.ecsv"
    rows = [(str(path), pixel) for pixel, path in shards.items()]
    Table(rows=rows, names=["filename", "htm7"]).write(table, format="ascii.ecsv", overwrite=True)
    return ReferenceCatalog(shards, table)


def shards_under(instrument: Instrument, visits: Iterable[SimulatedVisit], detectors: Sequence[int]) -> list[int]:
    """HTM pixels that a circle around the detectors touches in some visit, ascending."""
    from lsst.sphgeom import Angle, Circle, LonLat, UnitVector3d

    wanted = set(detectors)
    corners = corner_field_angles(instrument)[[d.id in wanted for d in instrument.detectors]]
    radius = Angle(float(np.arctan(np.hypot(*np.moveaxis(corners, -1, 0)).max())))
    pixels, found = _pixelization(), set[int]()
    for visit in visits:
        circle = Circle(UnitVector3d(LonLat.fromDegrees(visit.ra, visit.dec)), radius)
        for begin, end in pixels.envelope(circle).ranges():
            found.update(range(begin, end))
    return sorted(found)


def reference_shard(pixel: int, seed: int) -> tuple[npt.NDArray[np.int64], Sources]:
    """Ids and values of the constant sources of one HTM pixel that are bright enough for a reference catalog."""
    triangle = _pixelization().triangle(pixel)
    vertices = np.array([(v.x(), v.y(), v.z()) for v in triangle.getVertices()])
    ids: list[npt.NDArray[np.int64]] = []
    parts: list[Sources] = []
    for cell in cells_of_polygon(vertices):
        sources = sources_in_cell(int(cell), seed)
        lon, lat = np.radians(sources.ra), np.radians(sources.dec)
        xyz = np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)
        bright = np.isnan(sources.peak) & (sources.magnitude < REFERENCE_LIMIT)
        keep = np.flatnonzero(bright & np.asarray(triangle.contains(*xyz), dtype=bool))
        ids.append((int(cell) << 16) + keep.astype(np.int64))
        parts.append(sources.take(keep))
    columns = zip(*(vars(part).values() for part in parts), strict=True)
    return np.concatenate(ids), Sources(*(np.concatenate(column) for column in columns))


def _pixelization() -> HtmPixelization:
    from lsst.sphgeom import HtmPixelization

    return HtmPixelization(LEVEL)


def _write(path: Path, ids: npt.NDArray[np.int64], sources: Sources) -> None:
    fields: list[Field] = []
    columns: dict[str, Any] = {"id": ids, "coord_ra": np.radians(sources.ra), "coord_dec": np.radians(sources.dec)}
    for band in BANDS:
        flux = 10 ** (-0.4 * (sources.magnitudes(band, 0.0) - _AB_NJY))
        columns |= {f"{band}_flux": flux, f"{band}_fluxErr": np.hypot(_ERROR_NJY, _ERROR_RELATIVE * flux)}
        fields += [
            Field(f"{band}_flux", "D", f"flux in band {band}", "nJy"),
            Field(f"{band}_fluxErr", "D", f"flux uncertainty in band {band}", "nJy"),
        ]
    columns |= {"photometric": np.ones(len(ids), bool), "resolved": sources.radius > 0}
    write_catalog(SimpleCatalog(columns, fields=fields, metadata={"REFCAT_FORMAT_VERSION": 1}), path)
