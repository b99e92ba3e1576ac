"""Defining visits: once, only what is on the sky, differences refused or overwritten, every universe."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skybutler import Butler
from skybutler.errors import (
    ConflictingDefinitionError,
    DataIdValueError,
    ExpressionError,
    InvalidError,
    MissingCollectionError,
    NotFoundError,
    ReadOnlyError,
)
from skybutler.ingest import define_visits, ingest_raws, register_instrument, visits
from skybutler.instruments.camera import visit_hulls
from support.instruments import OWN, write_description
from support.raws import CAMERA, IMSIM, RUN, write_raw
from support.skymaps import polygon_vertices


@pytest.fixture
def night(tmp_path: Path) -> Path:
    """Five exposures of one detector; one of them a bias."""
    for exposure in range(501, 506):
        write_raw(tmp_path / "raws", exposure, 42, IMGTYPE="BIAS" if exposure == 505 else "SKYEXP")
    return tmp_path / "raws"


@pytest.fixture
def exposed(butler: Butler, night: Path) -> Butler:
    """A repository with those raws."""
    assert ingest_raws(butler, night, transfer="direct").ingested == 5
    return butler


def values(butler: Butler, element: str, *fields: str) -> list[Any]:
    rows = (tuple(r.get(f) for f in fields) for r in butler.query_dimension_records(element))
    return sorted(row if len(fields) > 1 else row[0] for row in rows)


def test_visits_of_a_night(exposed: Butler) -> None:
    seen: list[tuple[int, int]] = []
    done = define_visits(exposed, CAMERA, progress=lambda *p: seen.append(p))
    assert (done.exposures, done.not_on_sky, done.visits, done.existing, done.regions) == (5, 1, 4, 0, 4 * 189)
    assert str(done) == "4 visits defined, 1 exposures not on the sky"
    assert seen == [(4, 4)]
    assert values(exposed, "visit", "id", "name") == [(e, str(e)) for e in range(501, 505)]
    assert values(exposed, "visit_definition", "exposure", "visit") == [(e, e) for e in range(501, 505)]
    assert values(exposed, "visit_system", "id", "name") == [(0, "one-to-one")]
    assert values(exposed, "visit_system_membership", "visit_system", "visit") == [(0, e) for e in range(501, 505)]
    assert exposed.query_dimension_records("visit_detector_region").count() == 4 * 189
    (record,) = exposed.query_dimension_records("visit", where="visit=503", instrument=CAMERA)
    hull = visit_hulls(IMSIM, np.array([50.0]), np.array([-30.0]), np.array([80.0]))[0]
    assert np.abs(polygon_vertices(record.region) - hull).max() < 1e-15


@pytest.mark.parametrize("at_once", [1, 400])
def test_transactions_of_any_size(exposed: Butler, at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visits, "_AT_ONCE", at_once)
    assert define_visits(exposed, CAMERA).visits == 4
    assert exposed.query_dimension_records("visit_detector_region").count() == 4 * 189


def test_repeating_does_nothing(exposed: Butler, night: Path) -> None:
    define_visits(exposed, CAMERA)
    again = define_visits(exposed, "lsst.obs.lsst.LsstCamImSim")
    assert (again.visits, again.existing, again.regions) == (0, 4, 0)
    assert str(again).startswith("Nothing to do, 4 exist already")
    write_raw(night, 506, 42)
    ingest_raws(exposed, night, transfer="direct")
    more = define_visits(exposed, IMSIM)
    assert (more.visits, more.existing) == (1, 4)


def test_raws_are_found_by_place_afterwards(exposed: Butler) -> None:
    define_visits(exposed, CAMERA)
    where = "visit_detector_region.region OVERLAPS POINT(50.0, -30.0)"
    assert exposed.query_data_ids(["visit", "detector"], where=where, instrument=CAMERA).count() == 1


def test_where_and_collections_choose_exposures(exposed: Butler, night: Path) -> None:
    assert define_visits(exposed, CAMERA, where="exposure IN (501..502)").visits == 2
    ingest_raws(exposed, night / "lsst_a_503_R11_S20_i.fits", run="other/raw", transfer="direct")
    exposed.collections.register("empty")
    assert define_visits(exposed, CAMERA, collections="other/raw").visits == 1
    assert define_visits(exposed, CAMERA, collections=["other/*", "empty"]).existing == 1
    # A collection without raws says where the camera is, and chooses no exposures.
    assert define_visits(exposed, CAMERA, collections="empty").visits == 1
    assert define_visits(exposed, CAMERA, collections=RUN).existing == 4


def test_nothing_chosen(exposed: Butler) -> None:
    done = define_visits(exposed, CAMERA, where="exposure = 1")
    assert (done.exposures, str(done)) == (0, "0 visits defined")


def test_repository_without_raws(butler: Butler) -> None:
    butler.collections.register("empty")
    assert define_visits(butler, CAMERA, collections="empty").visits == 0


def change(butler: Butler, **fields: Any) -> None:
    """Another definition of visit 502."""
    (record,) = butler.query_dimension_records("visit", where="visit=502", instrument=CAMERA)
    butler.insert_dimension_data("visit", {**record.to_dict(), **fields}, replace=True)


def test_other_definition_is_refused_left_or_overwritten(exposed: Butler) -> None:
    define_visits(exposed, CAMERA, where="exposure IN (501, 502)")
    change(exposed, exposure_time=31.0)
    with pytest.raises(ConflictingDefinitionError, match=r"visit \{.*visit: 502\} \(exposure_time: 31.0 != 30.0\)"):
        define_visits(exposed, CAMERA)
    assert values(exposed, "visit", "id") == [501, 502]
    left = define_visits(exposed, CAMERA, skip_conflicting=True)
    assert (left.visits, left.existing, left.conflicting) == (2, 1, [502])
    done = define_visits(exposed, CAMERA, update_records=True)
    assert (done.visits, done.existing, done.updated) == (0, 3, 1)
    assert values(exposed, "visit", "exposure_time") == [30.0] * 4
    assert define_visits(exposed, CAMERA).existing == 4


def test_other_region_is_another_definition(exposed: Butler) -> None:
    define_visits(exposed, CAMERA)
    with pytest.raises(ConflictingDefinitionError, match="region"):
        define_visits(exposed, CAMERA, padding=0.0)
    assert define_visits(exposed, CAMERA, padding=0.0, update_records=True).updated == 4
    assert define_visits(exposed, CAMERA, padding=0.0).existing == 4


def test_region_with_vertices_on_its_edges_is_the_same(exposed: Butler) -> None:
    define_visits(exposed, CAMERA)
    (record,) = exposed.query_dimension_records("visit", where="visit=502", instrument=CAMERA)
    outline = polygon_vertices(record.region)
    middle = outline[0] + outline[1]
    middle *= (1.0 + 1e-13) / np.linalg.norm(middle)
    more = np.insert(outline, 1, middle, axis=0)
    blob = b"p" + np.roll(more, 3, axis=0).astype("<f8").tobytes()
    exposed.registry.elements.insert(
        "visit", {**{k: [v] for k, v in record.to_dict().items()}, "region": [blob]}, replace=True
    )
    assert define_visits(exposed, CAMERA).existing == 4


def test_visits_of_groups_grow(butler: Butler, night: Path) -> None:
    ingest_raws(butler, night, transfer="direct")
    rows = [
        r.to_dict()
        for r in butler.query_dimension_records("exposure", where="exposure IN (501, 502)", instrument=CAMERA)
    ]
    butler.insert_dimension_data("group", {"instrument": CAMERA, "name": "g77"})
    butler.insert_dimension_data("exposure", *({**row, "group": "g77"} for row in rows), replace=True)
    chosen: dict[str, Any] = {"where": "exposure = 501", "grouping": "by-group-metadata"}
    assert define_visits(butler, CAMERA, **chosen).visits == 1
    assert values(butler, "visit", "id", "exposure_time") == [(77, 30.0)]
    grown = define_visits(butler, CAMERA, **chosen, incremental=True)
    assert grown.updated == 1
    assert values(butler, "visit", "id", "exposure_time") == [(77, 60.0)]
    assert values(butler, "visit_definition", "exposure", "visit") == [(501, 77), (502, 77)]
    assert values(butler, "visit_system", "id", "name") == [(1, "by-group-metadata")]


def test_by_counter(butler: Butler, night: Path) -> None:
    ingest_raws(butler, night, transfer="direct")
    rows = [r.to_dict() for r in butler.query_dimension_records("exposure", where="exposure < 504", instrument=CAMERA)]
    numbered = [
        {**row, "seq_num": n, "seq_start": first, "seq_end": last}
        for row, (n, first, last) in zip(rows, [(1, 1, 2), (2, 1, 2), (3, 3, 3)], strict=True)
    ]
    butler.insert_dimension_data("exposure", *numbered, replace=True)
    define_visits(butler, CAMERA, where="exposure < 504", grouping="one-to-one-and-by-counter")
    assert values(butler, "visit", "id", "exposure_time") == [(501, 60.0), (502, 30.0), (503, 30.0), (9501, 30.0)]
    found = values(butler, "visit_system_membership", "visit", "visit_system")
    assert found == [(501, 2), (502, 0), (503, 0), (503, 2), (9501, 0)]


@pytest.mark.parametrize("version", [0, 1, 2, 5, 6, 7])
def test_every_universe(make_butler: Callable[[int], Butler], night: Path, version: int) -> None:
    butler = make_butler(version)
    register_instrument(butler, CAMERA)
    ingest_raws(butler, night, transfer="direct")
    done = define_visits(butler, CAMERA)
    assert (done.visits, done.not_on_sky) == (4, 1)
    assert define_visits(butler, CAMERA).existing == 4
    ids = list(range(501, 505))
    if version < 2:
        # As lsst.obs did then, and as repositories of that time print it: visit_system 1.
        assert values(butler, "visit", "id", "visit_system") == [(e, 1) for e in ids]
        fields = ("visit_system", "exposure", "visit")
        assert values(butler, "visit_definition", *fields) == [(1, e, e) for e in ids]
        assert values(butler, "visit_system", "id", "name") == [(1, "by-group-metadata")]
        with pytest.raises(InvalidError, match="one visit system only"):
            define_visits(butler, CAMERA, grouping="one-to-one-and-by-counter")
        with pytest.raises(ConflictingDefinitionError, match="visit_system: 1 != 0"):
            define_visits(butler, CAMERA, grouping="one-to-one")
    else:
        assert values(butler, "visit_definition", "exposure", "visit") == [(e, e) for e in ids]
        assert values(butler, "visit_system_membership", "visit_system", "visit") == [(0, e) for e in ids]
    assert set(values(butler, "visit", "day_obs")) == {20221005}
    assert butler.query_dimension_records("visit_detector_region").count() == 4 * 189
    where = "visit_detector_region.region OVERLAPS POINT(50.0, -30.0)"
    assert butler.query_data_ids(["visit", "detector"], where=where, instrument=CAMERA).count() == 1


def test_own_camera(butler: Butler, tmp_path: Path) -> None:
    path = write_description(tmp_path, OWN)
    own = register_instrument(butler, path).instrument
    butler.insert_dimension_data("group", {"instrument": own.name, "name": "g"})
    butler.insert_dimension_data("day_obs", {"instrument": own.name, "id": 20240102})
    place = {"tracking_ra": 150.0, "tracking_dec": 10.0, "sky_angle": 0.0}
    butler.insert_dimension_data(
        "exposure",
        {"instrument": own.name, "id": 7, "obs_id": "BY7", "group": "g", "day_obs": 20240102, "physical_filter": "R"}
        | place,
    )
    assert define_visits(butler, own.name, descriptions=[tmp_path]).regions == 2
    assert define_visits(butler, own).existing == 1


def test_mistakes(butler: Butler) -> None:
    with pytest.raises(NotFoundError, match="Did you mean"):
        define_visits(butler, "LSSTCam-imSin")
    with pytest.raises(MissingCollectionError):
        define_visits(butler, CAMERA, collections="nope")
    with pytest.raises(ExpressionError):
        define_visits(butler, CAMERA, where="exposure ==== 1")
    with Butler(butler.config.root) as reader, pytest.raises(ReadOnlyError):
        define_visits(reader, CAMERA)


def test_unknown_grouping(exposed: Butler) -> None:
    with pytest.raises(InvalidError, match="no way to group"):
        define_visits(exposed, CAMERA, grouping="nope")


def test_camera_that_is_not_registered(empty_butler: Butler) -> None:
    with pytest.raises(DataIdValueError, match="butler register-instrument REPO LSSTCam-imSim"):
        define_visits(empty_butler, CAMERA)
