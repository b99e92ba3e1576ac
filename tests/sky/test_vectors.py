"""Spherical coordinates, edge normals and caps of polygons."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybutler.sky.vectors import edge_normals, enclosing_caps, lonlat_deg, unit_vectors


@given(lon=st.floats(0, 360, exclude_max=True), lat=st.floats(-90, 90))
def test_coordinates_survive_the_way_through_vectors(lon: float, lat: float) -> None:
    xyz = unit_vectors(lon, lat)
    assert np.linalg.norm(xyz) == pytest.approx(1.0, abs=1e-15)
    back_lon, back_lat = lonlat_deg(xyz)
    assert back_lat == pytest.approx(lat, abs=1e-13)
    turn = abs(back_lon - lon)
    assert min(turn, 360 - turn) * np.cos(np.radians(lat)) < 1e-13


def test_longitudes_are_never_360() -> None:
    lon, lat = lonlat_deg([[1.0, -1e-20, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 5.0]])
    assert lon.tolist() == [0.0, 0.0, 0.0]
    assert lat.tolist() == [0.0, 0.0, 90.0]


def test_vectors_broadcast() -> None:
    assert unit_vectors([0, 90, 180], 0).shape == (3, 3)
    assert unit_vectors(90, 0) == pytest.approx([0, 1, 0])
    assert unit_vectors(12, -90) == pytest.approx([0, 0, -1])


def test_normals_point_inwards_and_have_length_one() -> None:
    corners = unit_vectors([359, 1, 1, 359], [-1, -1, 1, 1])
    normals = edge_normals(corners)
    assert np.linalg.norm(normals, axis=-1) == pytest.approx(np.ones(4))
    assert (normals @ unit_vectors(0, 0) > 0).all()
    assert (normals @ unit_vectors(180, 0) < 0).all()


def test_normals_of_tiny_polygons_keep_their_direction() -> None:
    micro = 1e-9  # degrees: the products of v x w agree in all but five digits
    normals = edge_normals(unit_vectors(np.array([0, micro, micro, 0]) + 30, np.array([0, 0, micro, micro])))
    assert normals[0] == pytest.approx([0, 0, 1], abs=1e-6)
    assert normals[2] == pytest.approx([0, 0, -1], abs=1e-6)


def test_an_edge_without_length_has_no_normal() -> None:
    corners = unit_vectors([0, 0, 1, 1], [0, 0, 0, 1])
    assert edge_normals(corners)[0].tolist() == [0, 0, 0]


@given(
    lon=st.floats(0, 360), lat=st.floats(-90, 90), size=st.floats(1e-7, 80), turn=st.floats(0, 6.3), n=st.integers(3, 9)
)
def test_caps_hold_every_vertex(lon: float, lat: float, size: float, turn: float, n: int) -> None:
    north, middle = unit_vectors(lon, lat - 90), unit_vectors(lon, lat)
    angles = turn + 2 * np.pi * np.arange(n) / n
    rim = np.cos(angles)[:, None] * north + np.sin(angles)[:, None] * np.cross(middle, north)
    corners = np.cos(np.radians(size)) * middle + np.sin(np.radians(size)) * rim
    (centre,), (radius,) = enclosing_caps(corners[None])
    assert radius == pytest.approx(np.radians(size), rel=1e-6)
    assert (corners @ centre >= np.cos(radius) - 1e-15).all()


def test_caps_of_what_has_no_middle_are_the_whole_sky() -> None:
    belt = unit_vectors([0, 120, 240], 0)
    wide = unit_vectors([0, 170, 85], [0, 0, 1])
    _, radii = enclosing_caps(np.stack([belt, wide]))
    assert radii[0] == np.pi
    assert radii[1] <= np.pi
