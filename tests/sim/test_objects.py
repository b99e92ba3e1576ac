"""Objects: one list for all bands, each measured in each band, with ids that join."""

from __future__ import annotations

import numpy as np
import pytest

from skybutler.errors import InvalidError
from skybutler.images import Exposure
from skybutler.instruments import Instrument
from skybutler.sim import SimulatedVisit, simulate_calexp
from skybutler.sim.coadd import make_coadd
from skybutler.sim.measurement import measure_at
from skybutler.sim.objects import Objects, make_objects
from skybutler.sim.product_tables import forced_source_table, object_table
from skybutler.sim.visits import FIELD
from skybutler.skymap import SkyMap, SkyMapConfig

IMSIM = Instrument.load("LSSTCam-imSim")
BANDS = "gi"
DC2 = SkyMap(SkyMapConfig("rings", name="DC2", numRings=120, projection="TAN", tractOverlap=1 / 60, pixelScale=0.2))


@pytest.fixture(scope="module")
def calexps() -> dict[str, Exposure]:
    return {
        band: simulate_calexp(IMSIM, 94, SimulatedVisit(2000 + k, band, *FIELD, 30.0, 59880.2))
        for k, band in enumerate(BANDS)
    }


@pytest.fixture(scope="module")
def coadds(calexps: dict[str, Exposure]) -> dict[str, Exposure]:
    patch = DC2[4431].patch_info(17)
    return {band: make_coadd(patch, [calexp]) for band, calexp in calexps.items()}


@pytest.fixture(scope="module")
def objects(coadds: dict[str, Exposure]) -> Objects:
    return make_objects(coadds, DC2[4431], DC2[4431].patch_info(17), first_id=7000)


def test_rows_are_the_same_in_all_catalogs(objects: Objects) -> None:
    ids = np.arange(7000, 7000 + len(objects.ref))
    for catalog in (objects.merged, objects.ref, *objects.meas.values(), *objects.forced.values()):
        assert np.array_equal(catalog["id"], ids)
        assert np.array_equal(catalog["parent"], objects.ref["parent"])
    assert len(ids) > 40


def test_each_object_was_detected_in_a_band_and_is_measured_in_the_first_of_them(objects: Objects) -> None:
    ref = objects.ref
    in_i, in_g = ref["merge_peak_i"], ref["merge_peak_g"]
    assert (in_i | in_g).all()
    assert (in_i & in_g).sum() > 20
    assert (in_i & ~in_g).any()
    assert (in_g & ~in_i).any()
    assert np.array_equal(ref["merge_measurement_i"], in_i)
    assert np.array_equal(ref["merge_measurement_g"], ~in_i)
    assert np.array_equal(ref["base_PsfFlux_instFlux"][in_i], objects.meas["i"]["base_PsfFlux_instFlux"][in_i])
    assert (objects.merged["merge_footprint_i"] >= objects.merged["merge_peak_i"]).all()


def test_inner_objects(objects: Objects) -> None:
    ref, inner = objects.ref, DC2[4431].patch_info(17).inner_bbox
    x, y = (8 * ref[f"base_SdssCentroid_{axis}"] + 3.5 for axis in "xy")
    expected = (x >= inner.x.start - 0.5) & (x < inner.x.stop - 0.5) & (y >= inner.y.start - 0.5)
    expected &= y < inner.y.stop - 0.5
    assert np.array_equal(ref["detect_isPatchInner"], expected)
    assert 0 < ref["detect_isPrimary"].sum() < len(ref)
    assert not (ref["detect_isPrimary"] & (ref["deblend_nChild"] > 0)).any()


def test_the_object_table_has_the_calibrated_fluxes(objects: Objects, coadds: dict[str, Exposure]) -> None:
    table = object_table(objects, coadds, 4431, 17)
    assert table.index.name == "objectId"
    assert table.index.tolist() == objects.ref["id"].tolist()
    calibration = coadds["i"].photo_calib
    assert calibration is not None
    flux = objects.forced["i"]["base_PsfFlux_instFlux"] * calibration.mean
    assert table["i_psfFlux"].to_numpy() == pytest.approx(flux, nan_ok=True)
    assert table["coord_ra"].between(55, 57).all()
    assert {"g_cModelFlux", "g_cModelFluxErr", "i_extendedness", "refBand", "detect_isPrimary"} <= set(table.columns)
    assert set(table["refBand"]) == {"g", "i"}
    # Red stars are brighter in i than in g, and not all are red.
    bright = table[(table["i_psfFlux"] > 50 * table["i_psfFluxErr"]) & table["detect_isPrimary"]]
    colour = -2.5 * np.log10(bright["g_psfFlux"] / bright["i_psfFlux"])
    assert ((colour > -0.7) & (colour < 1.3)).mean() > 0.9


def test_forced_sources_join_with_objects(objects: Objects, calexps: dict[str, Exposure]) -> None:
    forced = [(measure_at(calexp, objects.ref), calexp) for calexp in calexps.values()]
    primary = objects.ref["id"][objects.ref["detect_isPrimary"]]
    table = forced_source_table(forced, primary, [10, 1_000_000], 17)
    assert table.index.is_unique
    assert set(table["objectId"]) <= set(objects.ref["id"].tolist())
    assert set(table["band"]) == set(BANDS)
    assert set(table["ccdVisitId"]) == {calexp.id for calexp in calexps.values()}
    assert set(table[table["detect_isPrimary"]]["objectId"]) <= set(primary.tolist())
    of_object = object_table(objects, calexps, 4431, 17)["i_psfFluxErr"]
    assert len(of_object) == len(objects.ref)
    # The fluxes on the exposure are those on the coadd of this one exposure.
    joined = table[(table["band"] == "i") & table["detect_isPrimary"]].set_index("objectId")
    coadd_flux = dict(zip(objects.ref["id"].tolist(), objects.forced["i"]["base_PsfFlux_instFlux"], strict=True))
    mine = joined["psfFlux"].to_numpy()
    theirs = np.array([coadd_flux[i] for i in joined.index]) * 57.5439937
    bright = (mine > 50 * joined["psfFluxErr"].to_numpy()) & ~joined["pixelFlags_edge"].to_numpy()
    assert bright.sum() >= 4
    assert np.median(mine[bright] / theirs[bright]) == pytest.approx(1.0, abs=0.01)


def test_coadds_on_different_pixels_are_refused(coadds: dict[str, Exposure], calexps: dict[str, Exposure]) -> None:
    with pytest.raises(InvalidError, match="same pixels"):
        make_objects({"g": coadds["g"], "i": calexps["i"]}, DC2[4431], DC2[4431].patch_info(17))
    with pytest.raises(InvalidError, match="at least one"):
        make_objects({}, DC2[4431], DC2[4431].patch_info(17))
