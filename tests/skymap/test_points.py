from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from skybutler.errors import SkyMapError
from skybutler.skymap.points import checked_arrays, read_point, read_points


@dataclass
class Direction:
    ra: Any
    dec: Any


class Position:
    def get_position(self) -> tuple[float, float]:
        return 10.0, -20.0


def _sky_coord(ra: Any, dec: Any, frame: str = "icrs") -> Any:
    from astropy.coordinates import SkyCoord

    return SkyCoord(ra, dec, unit="deg", frame=frame)


@pytest.mark.parametrize(
    "point",
    [
        (10.0, -20.0),
        [10, -20],
        np.array([10.0, -20.0]),
        Direction(10.0, -20.0),
        Position(),
        _sky_coord(10.0, -20.0),
        _sky_coord(10.0, -20.0).galactic,
    ],
)
def test_points_of_many_kinds(point: Any) -> None:
    assert read_point(point) == pytest.approx((10.0, -20.0), abs=1e-10)
    ra, dec = read_points([point, point])
    np.testing.assert_allclose([ra, dec], [[10.0] * 2, [-20.0] * 2], atol=1e-10)


def test_two_numbers() -> None:
    assert read_point(10.0, -20.0) == (10.0, -20.0)
    assert read_point(np.float32(10.0), np.int64(-20)) == (10.0, -20.0)


def test_many_points() -> None:
    for points in (
        np.array([[1.0, 2.0], [3.0, 4.0]]),
        _sky_coord([1.0, 3.0], [2.0, 4.0]),
        Direction([1.0, 3.0], [2.0, 4.0]),
    ):
        ra, dec = read_points(points)
        np.testing.assert_allclose(ra, [1.0, 3.0], atol=1e-12)
        np.testing.assert_allclose(dec, [2.0, 4.0], atol=1e-12)
    assert [values.shape for values in read_points([])] == [(0,), (0,)]
    assert [values.shape for values in read_points(Direction(1.0, 2.0))] == [(1,), (1,)]


@pytest.mark.parametrize(
    "point", [None, 3.0, (1.0,), (1.0, 2.0, 3.0), "ab", ("a", "b"), (float("nan"), 0.0), (0.0, 91.0), (None, 1)]
)
def test_what_is_no_point(point: Any) -> None:
    with pytest.raises(SkyMapError):
        read_point(point)
    with pytest.raises(SkyMapError):
        read_points([point])


def test_one_point_is_not_many() -> None:
    with pytest.raises(SkyMapError, match="find_tract_ids"):
        read_point([1.0, 2.0], [3.0, 4.0])  # type: ignore[arg-type]
    with pytest.raises(SkyMapError, match="no list of points"):
        read_points(3.0)


def test_arrays_are_broadcast_and_checked() -> None:
    ra, dec = checked_arrays([1.0, 2.0, 3.0], 4)
    assert (ra.shape, dec.shape) == ((3,), (3,))
    for wrong in (([1.0, 2.0], [1.0, 2.0, 3.0]), ("x", 1.0), (None, 1.0)):
        with pytest.raises(SkyMapError):
            checked_arrays(*wrong)
