"""Points of the sky, against sphgeom and astropy."""

from __future__ import annotations

import math
from typing import Any

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from hypothesis import assume, given
from hypothesis import strategies as st
from lsst.sphgeom import LonLat, UnitVector3d

from skybutler.compat.geom import Angle, Point2D, Point3D, SpherePoint, averageSpherePoint, degrees, hours, radians
from skybutler.errors import InvalidError
from support.dp02 import dc2_sky_map

POINTS = st.builds(
    lambda lon, z: SpherePoint(lon * degrees, math.asin(z) * radians), st.floats(0, 360), st.floats(-1.0, 1.0)
)
SUPERNOVA = SpherePoint(55.7467 * degrees, -32.2862 * degrees)


def _sky(point: SpherePoint) -> SkyCoord:
    return SkyCoord(*point.get_position(), unit="deg")


@pytest.mark.parametrize(
    "arguments",
    [
        (Angle(math.radians(60)), Angle(math.radians(-32))),
        (60.0, -32.0, degrees),
        (4.0, math.degrees(math.radians(-32)) / 15, hours),
        ((60.0, -32.0), degrees),
        (Point2D(60.0, -32.0), degrees),
        (420.0, -32.0, degrees),
        (SpherePoint(60.0, -32.0, degrees),),
        (LonLat.fromDegrees(60.0, -32.0),),
        (UnitVector3d(LonLat.fromDegrees(60.0, -32.0)),),
        (Point3D(*(2.0 * v for v in SpherePoint(60.0, -32.0, degrees)._vector())),),
    ],
    ids=lambda a: type(a[0]).__name__ + str(len(a)),
)
def test_constructors(arguments: tuple[Any, ...]) -> None:
    point = SpherePoint(*arguments)
    assert point.get_position() == pytest.approx((60.0, -32.0), abs=1e-12)
    assert point.isFinite()


@pytest.mark.parametrize("arguments", [(1.0,), (1.0, 2.0), ("a", "b"), (0.0, 91.0, degrees), (Point3D(),)])
def test_what_is_no_point_is_refused(arguments: tuple[Any, ...]) -> None:
    with pytest.raises(InvalidError):
        SpherePoint(*arguments)


def test_nowhere() -> None:
    assert not SpherePoint().isFinite()


def test_parts() -> None:
    ra, dec = SUPERNOVA
    assert (SUPERNOVA[0], SUPERNOVA[1]) == (ra, dec) == (SUPERNOVA.getRa(), SUPERNOVA.getDec())
    assert (SUPERNOVA.getLongitude(), SUPERNOVA.getLatitude()) == (ra, dec)
    assert ra.asDegrees() == pytest.approx(55.7467)
    assert SUPERNOVA.getPosition(degrees) == Point2D(*SUPERNOVA.get_position())
    assert len(SUPERNOVA) == 2


@given(POINTS)
def test_vector_is_that_of_sphgeom(point: SpherePoint) -> None:
    vector = point.getVector()
    expected = UnitVector3d(LonLat.fromRadians(point.getLongitude().asRadians(), point.getLatitude().asRadians()))
    for a, b in ((vector.x(), expected.x()), (vector.y(), expected.y()), (vector.z(), expected.z())):
        assert a == pytest.approx(b, abs=1e-15)
    assert SpherePoint(vector).separation(point).asRadians() < 1e-14


@given(POINTS, POINTS)
def test_separation_and_bearing_are_those_of_astropy(a: SpherePoint, b: SpherePoint) -> None:
    there = _sky(b)
    separation = _sky(a).separation(there).deg
    assert a.separation(b).asDegrees() == pytest.approx(separation, abs=1e-9)
    assume(0.01 < separation < 179.99 and abs(a.getDec().asDegrees()) < 89.9)
    north_through_east = _sky(a).position_angle(there).deg
    difference = (a.bearingTo(b) - (90.0 - north_through_east) * degrees).wrapCtr()
    assert difference.asDegrees() == pytest.approx(0.0, abs=1e-6)
    assert 0.0 <= a.bearingTo(b).asDegrees() < 360.0


@given(POINTS, st.floats(0.0, 360.0), st.floats(0.0, 179.0))
def test_offset_is_that_of_astropy(point: SpherePoint, bearing: float, amount: float) -> None:
    moved = point.offset(bearing * degrees, amount * degrees)
    expected = _sky(point).directional_offset_by((90.0 - bearing) * u.deg, amount * u.deg)
    assert _sky(moved).separation(expected).deg < 1e-8  # its angles lose digits beside a pole
    assert point.separation(moved).asDegrees() == pytest.approx(amount, abs=1e-9)


def test_offset_against_the_bearing_is_refused() -> None:
    with pytest.raises(InvalidError, match="negative"):
        SUPERNOVA.offset(0.0 * degrees, -1.0 * degrees)


def test_east_and_north() -> None:
    east, north = SUPERNOVA.offset(0 * degrees, 1 * degrees), SUPERNOVA.offset(90 * degrees, 1 * degrees)
    assert east.getRa() > SUPERNOVA.getRa()
    assert north.get_position() == pytest.approx((55.7467, -31.2862))
    d_east, d_north = SUPERNOVA.getTangentPlaneOffset(north)
    assert (d_east.asRadians(), d_north.asRadians()) == pytest.approx((0.0, math.tan(math.radians(1.0))), abs=1e-15)


@given(POINTS, POINTS, st.floats(-360.0, 360.0))
def test_turning_keeps_the_distance_to_the_axis(point: SpherePoint, axis: SpherePoint, amount: float) -> None:
    turned = point.rotated(axis, amount * degrees)
    assert turned.separation(axis).asRadians() == pytest.approx(point.separation(axis).asRadians(), abs=1e-9)
    assert turned.rotated(axis, -amount * degrees).separation(point).asRadians() < 1e-9


def test_turning_about_the_pole_changes_the_longitude() -> None:
    turned = SUPERNOVA.rotated(SpherePoint(0.0, 90.0, degrees), 10.0 * degrees)
    assert turned.get_position() == pytest.approx((65.7467, -32.2862))


def test_poles() -> None:
    pole = SpherePoint(123.0, 90.0, degrees)
    assert pole.atPole()
    assert pole == SpherePoint(0.0, 90.0, degrees)


def test_far_points_have_no_tangent_plane_offset() -> None:
    with pytest.raises(InvalidError, match="quarter of the sky"):
        SUPERNOVA.getTangentPlaneOffset(SpherePoint(200.0, 0.0, degrees))


def test_average() -> None:
    around = [SUPERNOVA.offset(b * degrees, 1.0 * degrees) for b in (0, 90, 180, 270)]
    assert averageSpherePoint(around).separation(SUPERNOVA).asArcseconds() < 1e-6
    with pytest.raises(InvalidError):
        averageSpherePoint([])


def test_words() -> None:
    point = SpherePoint(0.0, 0.5, degrees)
    assert (str(point), repr(point)) == ("(0.0000000000, +0.5000000000)", "SpherePoint(0.0, 0.5, degrees)")
    assert len({point, SpherePoint(0.0, 0.5, degrees), SUPERNOVA}) == 2


def test_sky_maps_take_points_as_they_are() -> None:
    sky_map = dc2_sky_map()
    tract = sky_map.find_tract(SUPERNOVA)
    assert (tract.tract_id, tract.find_patch(SUPERNOVA).sequential_index) == (4431, 17)
    listed = sky_map.find_tract_patch_list([SUPERNOVA, SpherePoint(56.0, -32.0, degrees)])
    assert 4431 in [found.tract_id for found, _ in listed]
    np.testing.assert_array_equal(sky_map.find_tract_ids(*SUPERNOVA.get_position()), [4431])
