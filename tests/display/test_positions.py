"""Positions are found in every kind of table, in the right unit, and their lack is explained."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from astropy.table import MaskedColumn, Table

from skybutler.display.positions import column, moments, pixel_positions, sky_positions
from skybutler.errors import InvalidError
from skybutler.images import SkyWcs

WCS = SkyWcs.from_affine(50.0, -30.0, [[-5e-5, 0], [0, 5e-5]], (100, 200))
X, Y = [10.0, 20.0], [30.0, 40.0]


@pytest.mark.parametrize(
    "table",
    [
        {"x": X, "y": Y},
        Table({"slot_Centroid_x": X, "slot_Centroid_y": Y}),
        pd.DataFrame({"base_SdssCentroid_x": X, "base_SdssCentroid_y": Y}),
        pa.table({"x": X, "y": Y}),
        np.array(list(zip(X, Y, strict=True)), dtype=[("x", "f8"), ("y", "f4")]),
    ],
    ids=["mapping", "astropy", "pandas", "arrow", "structured"],
)
def test_pixels_of_any_kind_of_table(table: Any) -> None:
    x, y = pixel_positions(table)
    assert (x.tolist(), y.tolist()) == (X, Y)


def test_sky_coordinates_are_preferred_where_there_is_a_wcs() -> None:
    ra, dec = WCS.pixel_to_sky([1.0, 2.0], [3.0, 4.0])
    table = {"x": X, "y": Y, "ra": ra, "dec": dec}
    assert pixel_positions(table)[0].tolist() == X
    assert pixel_positions(table, WCS)[0] == pytest.approx([1.0, 2.0], abs=1e-6)
    assert pixel_positions(table, WCS, ("y", "x"))[0].tolist() == Y
    table |= {"ra": np.full(2, np.nan), "dec": np.full(2, np.nan)}  # measured before astrometry
    assert pixel_positions(table, WCS)[0].tolist() == X


class _WithAliases(dict[str, Any]):
    aliases: dict[str, str] = {}


def test_units_of_sky_coordinates() -> None:
    radians = {"coord_ra": np.radians([50.0]), "coord_dec": np.radians([-30.0])}
    plain = Table(radians)
    for name in plain.colnames:
        plain[name].unit = "rad"
    minutes = Table({"ra": [3000.0], "dec": [-1800.0]})
    for name in minutes.colnames:
        minutes[name].unit = "arcmin"
    degrees = {"coord_ra": [50.0], "coord_dec": [-30.0]}
    for table in (plain, minutes, degrees, _WithAliases(radians)):
        found = sky_positions(table)
        assert found is not None
        assert np.concatenate(found) == pytest.approx([50.0, -30.0])
    assert sky_positions({"x": X}) is None


def test_masked_values_have_no_place() -> None:
    found = column(Table({"x": MaskedColumn([1, 2], mask=[False, True])}), "x")
    assert found is not None
    assert np.isnan(found).tolist() == [False, True]


def test_what_is_missing_is_said() -> None:
    with pytest.raises(InvalidError, match="slot_Centroid_x"):
        pixel_positions({"flux": X})
    with pytest.raises(InvalidError, match="no WCS"):
        pixel_positions({"ra": X, "dec": Y})
    with pytest.raises(InvalidError, match="no columns u and v"):
        pixel_positions({"x": X, "y": Y}, None, ("u", "v"))
    with pytest.raises(InvalidError, match="slot_Shape_xx"):
        moments({"slot_Shape_xx": X})
