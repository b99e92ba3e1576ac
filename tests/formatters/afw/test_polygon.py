"""Polygons in archives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st

from skybutler.formatters.afw import Archive
from skybutler.images import Polygon
from support.archives import archive_of, rewritten, round_trip, same_pieces

corners = st.lists(st.tuples(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9)), min_size=3, max_size=9, unique=True)


@settings(max_examples=10)
@given(corners)
def test_round_trip(vertices: list[tuple[float, float]]) -> None:
    polygon = Polygon(vertices)
    assert round_trip(polygon) == polygon
    (rows,) = archive_of(polygon).pieces(1)
    assert len(rows) == len(vertices) + 1


def test_that_of_a_real_file(shared: Path) -> None:
    with fits.open(shared / "data/exposures/calexp.fits") as hdus:
        archive = Archive(hdus, "calexp", 4)
        number = hdus[0].header["VALID_POLYGON_ID"]
        polygon = archive.get(number, Polygon)
        assert polygon is not None
        assert len(polygon.vertices) == 7
        np.testing.assert_array_equal(polygon.vertices[1], [376.0331307749089, 2038.2771302092651])
        assert polygon.contains([1000.0, 100.0, 3000.0], [1000.0, 3500.0, 1000.0]).tolist() == [True, False, False]
        assert same_pieces(archive, number, rewritten(archive, number), 1, references=())
