from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from skybutler.sky.vectors import unit_vectors
from skybutler.skymap.discrete import DiscreteTiling
from skybutler.skymap.dodecahedron import DodecahedronTiling
from skybutler.skymap.equatorial import EquatorialTiling
from skybutler.skymap.healpix import HealpixTiling
from skybutler.skymap.rings import RingsTiling
from skybutler.skymap.tiling import Tiling, around
from support.skymaps import random_points, separation

TILINGS: list[Tiling] = [
    RingsTiling(1, 0.0, 0.5),
    RingsTiling(7, 200.0, 0.5),
    RingsTiling(7, 0.0, 0.0, version=0),
    DodecahedronTiling(False, 3.5),
    DodecahedronTiling(True, 0.0),
    EquatorialTiling(5, (-3.0, 10.0), 1.0),
    HealpixTiling(0, False, 1.0),
    HealpixTiling(3, True, 0.1),
    DiscreteTiling([1.0, 2.0, 400.0], [3.0, 90.0, -5.0], [1.0, 0.5, 2.0], 0.1),
]


def _name(tiling: Any) -> str:
    return f"{type(tiling).__name__}-{len(tiling)}"


@pytest.mark.parametrize("tiling", TILINGS, ids=_name)
def test_columns_have_one_row_for_each_tract(tiling: Tiling) -> None:
    ids = np.arange(len(tiling))[::-1]
    for ra, dec in (tiling.centers(ids), tiling.references(ids)):
        assert ra.shape == dec.shape == (len(tiling),)
        assert ((ra >= 0.0) & (ra < 360.0) & (np.abs(dec) <= 90.0)).all()
    assert tiling.outline(ids).shape[0] == len(tiling)
    np.testing.assert_array_equal(tiling.centers(ids[:1])[0], tiling.centers(ids)[0][:1])


@pytest.mark.parametrize("tiling", TILINGS, ids=_name)
def test_outlines_lie_within_the_extent(tiling: Tiling) -> None:
    ids = np.arange(len(tiling))
    distance = np.degrees(separation(tiling.outline(ids), unit_vectors(*tiling.centers(ids))[:, None]))
    assert distance.max() <= tiling.extent_deg + 1e-9


@pytest.mark.parametrize("tiling", TILINGS, ids=_name)
def test_near_is_a_plain_search_of_centers(tiling: Tiling) -> None:
    centers = unit_vectors(*tiling.centers(np.arange(len(tiling))))
    for ra, dec in zip(*random_points(20, seed=6), strict=True):
        distance = separation(centers, unit_vectors(ra, dec))
        for radius in (0.0, 0.1, 1.0, 3.0, np.pi):
            found = tiling.near(float(ra), float(dec), radius)
            certain = np.flatnonzero(distance < radius - 1e-6)
            possible = np.flatnonzero(distance < radius + 1e-6)
            assert set(certain) <= set(found.tolist()) <= set(possible)
            assert (np.diff(found) > 0).all()


@pytest.mark.parametrize("tiling", [t for t in TILINGS if not isinstance(t, EquatorialTiling)], ids=_name)
def test_centers_belong_to_their_own_tract(tiling: Tiling) -> None:
    ids = np.arange(len(tiling))
    found = tiling.find(*tiling.centers(ids))
    np.testing.assert_array_equal(
        unit_vectors(*tiling.centers(found)).round(12), unit_vectors(*tiling.centers(ids)).round(12)
    )


@pytest.mark.parametrize("tiling", [t for t in TILINGS if type(t).find is Tiling.find], ids=_name)
def test_nearest_center_is_found(tiling: Tiling) -> None:
    ra, dec = random_points(2000, seed=7)
    distance = separation(unit_vectors(ra, dec)[:, None], unit_vectors(*tiling.centers(np.arange(len(tiling)))))
    nearest = distance[np.arange(2000), tiling.find(ra, dec)]
    np.testing.assert_allclose(nearest, distance.min(axis=1), atol=1e-7)
    assert tiling.find(ra.reshape(2, -1), dec.reshape(2, -1)).shape == (2, 1000)


def test_points_around_begin_in_the_east() -> None:
    xyz = around(np.array([0.0]), np.array([0.0]), 90.0, 4)
    np.testing.assert_allclose(xyz[0], [[0, 1, 0], [0, 0, 1], [0, -1, 0], [0, 0, -1]], atol=1e-15)
    circles = around(np.array([10.0, 20.0]), np.array([80.0, -90.0]), np.array([1.0, 2.0]), 24)
    distance = separation(circles, unit_vectors([10.0, 20.0], [80.0, -90.0])[:, None])
    np.testing.assert_allclose(np.degrees(distance), [[1.0] * 24, [2.0] * 24], atol=1e-12)
