"""Shards of the reference catalog: the layout of real ones, in their HTM pixel, on the sources of the images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from lsst.sphgeom import HtmPixelization, LonLat, UnitVector3d

from skybutler import Butler
from skybutler.ingest import ingest_files
from skybutler.instruments import Instrument
from skybutler.instruments.camera import initial_wcs, visit_regions
from skybutler.sim import plan_visits
from skybutler.sim.detector_image import expose
from skybutler.sim.raw_file import scaled_shape
from skybutler.sim.reference_catalog import (
    ReferenceCatalog,
    reference_shard,
    shards_under,
    simulate_reference_catalog,
)
from skybutler.sim.truth import sources_in_cone
from skybutler.sim.visits import FIELD

IMSIM = Instrument.load("LSSTCam-imSim")
VISITS = plan_visits(3, 3, IMSIM)
DETECTORS = [94, 95]


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> ReferenceCatalog:
    return simulate_reference_catalog(tmp_path_factory.mktemp("r"), IMSIM, VISITS, DETECTORS, seed=3)


def test_layout_is_that_of_real_shards(catalog: ReferenceCatalog, shared: Path) -> None:
    real_v1 = fits.getheader(shared / "data/refcats/htm4_version1/ref_cats/cal_ref_cat/4022.fits", 1)
    real_flags = fits.getheader(shared / "data/refcats/sdss_htm8/903281.fits", 1)
    with fits.open(next(iter(catalog.shards.values()))) as hdus:
        hdus.verify("exception")
        header = hdus[1].header

    def fields(cards: fits.Header) -> dict[str, tuple[object, ...]]:
        return {
            cards[f"TTYPE{i}"]: (cards[f"TFORM{i}"].lstrip("1"), cards.get(f"TUNIT{i}"), cards.get(f"TCCLS{i}"))
            for i in range(1, cards["TFIELDS"] + 1)
        }

    mine, theirs = fields(header), fields(real_v1)
    assert {name: mine[name] for name in ("id", "coord_ra", "coord_dec")} == {
        name: theirs[name] for name in ("id", "coord_ra", "coord_dec")
    }
    assert mine["i_flux"] == theirs["a_flux"]
    assert mine["i_fluxErr"] == theirs["a_fluxErr"]
    for card in ("FLAGCOL", "TFLAG1", "TFLAG2"):
        assert header[card] == real_flags[card]
    for card in ("REFCAT_FORMAT_VERSION", "AFW_TABLE_VERSION", "AFW_TYPE"):
        assert header[card] == real_v1[card]


def test_all_bright_constant_sources_are_in_the_shard_of_their_pixel() -> None:
    pixels = HtmPixelization(7)
    truth = sources_in_cone(*FIELD, 0.5, 3)
    truth = truth.take(np.isnan(truth.peak) & (truth.magnitude < 22.0))
    expected: dict[int, set[tuple[float, float]]] = {}
    for ra, dec in zip(truth.ra.tolist(), truth.dec.tolist(), strict=True):
        expected.setdefault(pixels.index(UnitVector3d(LonLat.fromDegrees(ra, dec))), set()).add((ra, dec))
    assert len(expected) > 3
    numbers = []
    for pixel, positions in expected.items():
        ids, sources = reference_shard(pixel, 3)
        assert positions <= set(zip(sources.ra.tolist(), sources.dec.tolist(), strict=True))
        assert {
            pixels.index(UnitVector3d(LonLat.fromDegrees(ra, dec)))
            for ra, dec in zip(sources.ra.tolist(), sources.dec.tolist(), strict=True)
        } == {pixel}
        numbers += ids.tolist()
    assert len(set(numbers)) == len(numbers)


def test_every_detector_lies_on_shards() -> None:
    found = set(shards_under(IMSIM, VISITS, DETECTORS))
    ra, dec, angle = (np.array([getattr(v, name) for v in VISITS]) for name in ("ra", "dec", "sky_angle"))
    corners = visit_regions(IMSIM, ra, dec, angle)[:, DETECTORS].reshape(-1, 3)
    assert {HtmPixelization(7).index(UnitVector3d(*corner)) for corner in corners.tolist()} <= found


def test_reference_stars_are_where_the_images_have_light(catalog: ReferenceCatalog) -> None:
    visit, detector = VISITS[0], IMSIM.detector(94)
    shape = scaled_shape(detector, 8)
    image = expose(IMSIM, detector, visit, shape, 3).electrons
    wcs = initial_wcs(IMSIM, detector, visit.ra, visit.dec, visit.sky_angle, shape)
    parts = [Table.read(path) for path in catalog.shards.values()]
    ra, dec, flux = (np.concatenate([part[name] for part in parts]) for name in ("coord_ra", "coord_dec", "i_flux"))
    x, y = wcs.sky_to_pixel(np.degrees(ra), np.degrees(dec))
    seen = (x > 5) & (x < shape[1] - 6) & (y > 5) & (y < shape[0] - 6) & (flux > 10 ** (-0.4 * (17.5 - 31.4)))
    assert seen.sum() > 3
    level, noise = np.median(image), np.std(image[image < np.percentile(image, 90)])
    for column, row in zip(np.rint(x[seen]).astype(int), np.rint(y[seen]).astype(int), strict=True):
        assert image[row - 1 : row + 2, column - 1 : column + 2].max() > level + 10 * noise


def test_ingest_by_the_table_and_get(catalog: ReferenceCatalog, tmp_path: Path) -> None:
    Butler.create(tmp_path / "repo")
    with Butler(tmp_path / "repo", writeable=True) as butler:
        butler.register_dataset_type("cal_ref_cat", ["htm7"], "SimpleCatalog")
        assert ingest_files(butler, "cal_ref_cat", "refcats", catalog.table, transfer="direct") == len(catalog.shards)
        pixel = next(iter(catalog.shards))
        shard = butler.get("cal_ref_cat", htm7=pixel, collections="refcats")
        ids, sources = reference_shard(pixel, 3)
        assert shard["id"].tolist() == ids.tolist()
        assert shard["resolved"].tolist() == (sources.radius > 0).tolist()
        assert np.array_equal(shard["coord_ra"], np.radians(sources.ra))
