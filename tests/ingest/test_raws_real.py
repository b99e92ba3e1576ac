"""A real raw of imSim from file to pixels: its record, its visit, the patches it overlaps, and what astropy reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from lsst.sphgeom import DISJOINT, ConvexPolygon, UnitVector3d

from skybutler import Butler
from skybutler.ingest import define_visits, ingest_raws, register_sky_map
from support.instruments import RAW
from support.raws import CAMERA, RUN
from support.skymaps import polygon_vertices

VISIT = 204_595


@pytest.fixture
def repository(butler: Butler, real_raw: Path) -> Butler:
    """The raw ingested and its visit defined."""
    report = ingest_raws(butler, real_raw.parent, transfer="direct")
    assert (report.ingested, report.failures) == (1, [])
    assert define_visits(butler, CAMERA).visits == 1
    return butler


def expected_visit(shared: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((shared / "expect/define_visits_imsim_204595.json").read_text())
    return loaded


def test_exposure_record(repository: Butler, shared: Path) -> None:
    expected = json.loads((shared / "expect/raws.json").read_text())["files"][RAW]["exposure_record"]
    (record,) = repository.query_dimension_records("exposure")
    found = record.to_dict()
    span = found.pop("timespan")
    assert [span.begin_ns, span.end_ns] == expected.pop("timespan_ns")
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        assert found[name] == (pytest.approx(value, rel=1e-12) if isinstance(value, float) else value), name


def test_visit_record_and_region(repository: Butler, shared: Path) -> None:
    expected = expected_visit(shared)["visit"][0]
    (record,) = repository.query_dimension_records("visit")
    for name in (
        "id",
        "physical_filter",
        "name",
        "exposure_time",
        "target_name",
        "observation_reason",
        "science_program",
    ):
        assert record.get(name) == expected[name], name
    assert record.get("zenith_angle") == pytest.approx(expected["zenith_angle"], rel=1e-12)
    span = record.timespan
    assert span is not None
    assert [span.begin_ns, span.end_ns] == [expected["timespan_begin"], expected["timespan_end"]]
    wanted, hull = np.array(expected["region"]), polygon_vertices(record.region)
    # Rounding decides which corners on a line between others the original keeps.
    normals = np.cross(wanted, np.roll(wanted, -1, axis=0))
    assert ((normals / np.linalg.norm(normals, axis=1)[:, None]) @ hull.T > -1e-12).all()
    normals = np.cross(hull, np.roll(hull, -1, axis=0))
    assert ((normals / np.linalg.norm(normals, axis=1)[:, None]) @ wanted.T > -1e-12).all()


def test_detector_regions(repository: Butler, shared: Path) -> None:
    expected = expected_visit(shared)
    found = {
        r.get("detector"): polygon_vertices(r.region)
        for r in repository.query_dimension_records("visit_detector_region")
    }
    assert len(found) == expected["n_visit_detector_regions"] == 189
    for record in expected["visit_detector_region"]:
        assert np.abs(found[record["detector"]] - record["region"]).max() < 1e-12


def polygon(vertices: Any) -> ConvexPolygon:
    return ConvexPolygon([UnitVector3d(*v) for v in np.asarray(vertices).tolist()])


def test_tracts_and_patches_that_find_the_raw(repository: Butler, repository_root: Path, shared: Path) -> None:
    """Asked of the registry, and worked out from the original's region by sphgeom, patch by patch."""
    (raw,) = (r for r in expected_visit(shared)["visit_detector_region"] if r["detector"] == 42)
    around = polygon(raw["region"])
    cut = range(4560, 4940)
    sky_map = register_sky_map(repository, repository_root / "examples" / "DC2.py", tracts=cut).sky_map
    tracts: set[int] = set()
    patches: set[tuple[int, int]] = set()
    for part in sky_map.record_columns(cut):
        for tract, outline in zip(part["tract"]["id"], part["tract"]["region"], strict=True):
            if not polygon(outline).relate(around) & DISJOINT:
                tracts.add(int(tract))
        near = np.isin(part["patch"]["tract"], list(tracts))
        rows = zip(part["patch"]["tract"][near], part["patch"]["id"][near], part["patch"]["region"][near], strict=True)
        patches |= {(int(t), int(p)) for t, p, outline in rows if not polygon(outline).relate(around) & DISJOINT}
    assert 1 <= len(tracts) <= 4
    assert {t for t, _ in patches} <= tracts
    found = repository.query_data_ids(["tract"], instrument=CAMERA, visit=VISIT, detector=42, skymap="DC2")
    assert {d["tract"] for d in found} == tracts
    found = repository.query_data_ids(["tract", "patch"], instrument=CAMERA, visit=VISIT, detector=42, skymap="DC2")
    assert {(d["tract"], d["patch"]) for d in found} == patches
    beside = {(t, p) for t in tracts for p in range(49)} - patches
    for tract, patch in [*sorted(patches), *sorted(beside)]:
        refs = repository.query_datasets("raw", RUN, data_id={"skymap": "DC2", "tract": tract, "patch": patch})
        assert refs.count() == ((tract, patch) in patches), (tract, patch)
    for tract in sorted(tracts | {min(tracts) - 1, max(tracts) + 1}):
        refs = repository.query_datasets("raw", RUN, data_id={"skymap": "DC2", "tract": tract})
        assert refs.count() == (tract in tracts), tract


def test_pixels_and_header_are_those_of_astropy(repository: Butler, real_raw: Path, shared: Path) -> None:
    raw = repository.get("raw", instrument=CAMERA, detector="R11_S20", exposure=VISIT, collections=RUN)
    assert raw.image.array.shape == (4000, 4072)
    with fits.open(real_raw) as hdus:
        amplifier = hdus["SEGMENT10"].data  # columns 0-508 of the detector, mirrored; prescan 3, overscan 32
        assert np.array_equal(raw.image.array[:2000, :509], amplifier[:2000, 3:512][:, ::-1])
        other = hdus["SEGMENT07"].data
        assert np.array_equal(raw.image.array[2000:, -509:], other[:2000, 3:512][::-1, ::-1])
        header = hdus[0].header
        for card in ("OBSID", "RATEL", "DECTEL", "ROTANGLE", "EXPTIME", "RAFTNAME", "FILTER"):
            assert raw.metadata[card] == header[card], card
    assert (
        repository.get("raw.visitInfo", instrument=CAMERA, detector=42, exposure=VISIT, collections=RUN).exposure_time
        == 30
    )
