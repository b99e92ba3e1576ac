from __future__ import annotations

import math
import struct
from typing import Any

import numpy as np
import pytest

from skybutler.skymap import SkyMap
from skybutler.skymap.rings import RingsTiling
from support.skymaps import random_points


@pytest.mark.parametrize("n_rings", [1, 2, 3, 10, 121])
def test_rings_cover_the_sky_from_south_to_north(n_rings: int) -> None:
    tiling = RingsTiling(n_rings, 30.0, 0.0)
    ra, dec = tiling.centers(np.arange(len(tiling)))
    assert (dec[0], dec[-1]) == (-90.0, 90.0)
    assert (np.diff(dec) >= 0.0).all()
    rings, first, counts = np.unique(dec[1:-1], return_index=True, return_counts=True)
    height = 180.0 / (n_rings + 1)
    np.testing.assert_allclose(rings, height * (np.arange(n_rings) + 1) - 90.0, atol=1e-12)
    np.testing.assert_allclose(ra[1:-1][first], 30.0)
    longer_edge = np.radians(np.abs(np.abs(rings) - height / 2))
    # As many tracts as keep them not wider than high on the edge that is nearer to the equator.
    assert (360.0 / counts * np.cos(longer_edge) <= height + 1e-9).all()


def test_first_version_shifts_the_numbers_within_rings() -> None:
    new, old = (RingsTiling(4, 0.0, 0.0, version=version) for version in (1, 0))
    assert len(new) == len(old)
    new_ra, new_dec = new.centers(np.arange(len(new)))
    old_ra, old_dec = old.centers(np.arange(len(old)))
    places = {(round(r, 9), round(d, 9)) for r, d in zip(new_ra, new_dec, strict=True)}
    old_places = [(round(r, 9), round(d, 9)) for r, d in zip(old_ra, old_dec, strict=True)]
    last_ring = float(new_dec[-2])
    assert places - set(old_places) == {(0.0, round(last_ring, 9))}
    duplicated = {place for place in old_places if old_places.count(place) > 1}
    assert duplicated == {(0.0, round(float(new_dec[1]), 9))}


def test_first_version_finds_by_its_own_numbers() -> None:
    new, old = (RingsTiling(4, 10.0, 0.0, version=version) for version in (1, 0))
    ra, dec = random_points(4000, seed=8)
    new_ids, old_ids = new.find(ra, dec), old.find(ra, dec)
    new_centers, old_centers = np.array(new.centers(new_ids)), np.array(old.centers(old_ids))
    different = (np.abs(new_centers - old_centers) > 1e-9).any(axis=0)
    # Only the tract that the old numbering lost: its points go to the north cap.
    assert set(old_ids[different].tolist()) == {len(old) - 1}
    assert len(set(new_ids[different].tolist())) == 1
    assert (old_ids != new_ids).sum() > different.sum()


def test_edges() -> None:
    tiling = RingsTiling(3, 0.0, 0.0)
    edge = 22.5 - 90.0
    assert tiling.find(np.array([0.0, 0.0]), np.array([edge - 1e-9, edge + 1e-9])).tolist() == [0, 1]
    north = tiling.find(np.array([0.0, 0.0]), np.array([-edge - 1e-9, -edge + 1e-9]))
    assert (north[0] < len(tiling) - 1, north[1]) == (True, len(tiling) - 1)
    assert tiling.find(np.array([-1e-9, 360.0, 359.0]), np.array([0.0, 0.0, 0.0])).tolist() == [9, 9, 9]


def test_regions_of_the_rings_do_not_overlap_and_fill_the_sky() -> None:
    sky_map = SkyMap.from_config({"kind": "rings", "numRings": 3, "pixelScale": 20.0})
    boxes: list[Any] = [tract.inner_sky_region for tract in sky_map]
    area = sum(math.sin(b.getLat().getB().asRadians()) * b.getLon().getSize().asRadians() for b in boxes)
    area -= sum(math.sin(b.getLat().getA().asRadians()) * b.getLon().getSize().asRadians() for b in boxes)
    assert area == pytest.approx(4.0 * math.pi, rel=1e-12)


def test_hash_bytes() -> None:
    assert RingsTiling(120, 1.5, 0.0).hash_bytes() == struct.pack("<id", 120, 1.5)
