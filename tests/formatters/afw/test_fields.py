"""Functions of position in archives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from skybutler.errors import FormatError, UnreadableFileError
from skybutler.formatters.afw import Archive
from skybutler.images import Box, ChebyshevField, PixelAreaField, ProductField, SkyWcs, TransformField
from support.archives import archive_of, rewritten, round_trip, same_pieces

BOX = Box((-5, 35), (10, 60))
POLYNOMIAL = """Begin PolyMap
   Nin = 2
   Nout = 1
IsA Mapping
   MPF1 = 1
   MPF2 = 1
   NCF1 = 3
   CF1 = 2
   CF2 = 0.5
   CF3 = -1
   PF1 = 0
   PF2 = 0
   PF3 = 1
   PF4 = 0
   PF5 = 0
   PF6 = 1
End PolyMap
"""

chebyshev_fields = st.builds(
    ChebyshevField,
    st.just(BOX),
    arrays(np.float64, st.tuples(st.integers(1, 4), st.integers(1, 4)), elements=st.floats(allow_infinity=False)),
)


@settings(max_examples=10)
@given(chebyshev_fields)
def test_chebyshev_round_trip(field: ChebyshevField) -> None:
    assert round_trip(field) == field


@settings(max_examples=10)
@given(st.lists(chebyshev_fields, min_size=1, max_size=3))
def test_product_round_trip(factors: list[ChebyshevField]) -> None:
    assert round_trip(ProductField((*factors, factors[0]))) == ProductField((*factors, factors[0]))


def test_functions_of_ast() -> None:
    field = TransformField(BOX, POLYNOMIAL)
    again = round_trip(field)
    assert again == field
    np.testing.assert_allclose(again.evaluate([0.0, 2.0], [1.0, 3.0]), [2.0 - 1.0, 2.0 + 1.0 - 3.0])
    assert again.mean() == pytest.approx(2.0 + 0.5 * 34.5 - 14.5)
    twice = round_trip(field * 2.0)
    np.testing.assert_allclose(twice.evaluate(2.0, 3.0), 0.0)
    np.testing.assert_allclose(twice.evaluate(2.0, 1.0), 4.0)
    assert (archive_of(field).pieces(1)[0].one("frameSet")).startswith(b"1 TransformPoint2ToGeneric Begin PolyMap\n")
    with pytest.raises(FormatError, match="2 to 1 are needed"):
        TransformField(BOX, "Begin UnitMap\n Nin = 2\nIsA Mapping\nEnd UnitMap\n").evaluate(1, 1)


def test_of_a_real_file(shared: Path) -> None:
    with fits.open(shared / "data/exposures/calexp.fits") as hdus:
        archive = Archive(hdus, "calexp", 4)
        numbers = [number for number, kind in archive.classes.items() if kind == "ChebyshevBoundedField"]
        assert len(numbers) == 47
        for number in numbers[::6]:
            assert same_pieces(archive, number, rewritten(archive, number), 1, references=())


def test_coefficients_that_make_no_rectangle() -> None:
    archive = archive_of(ChebyshevField(BOX, [[1.0, 2.0], [3.0, 4.0]]))
    archive._hdus[2].data["order_x"][0] = 2
    with pytest.raises(UnreadableFileError, match="4 coefficients and the order 2"):
        archive.get(1)


def test_a_product_of_what_is_no_field() -> None:
    archive = archive_of(ProductField((ChebyshevField(BOX, [[1.0]]),)))
    archive._hdus[2].data["id"][0] = 0
    with pytest.raises(UnreadableFileError, match="lacks factors"):
        archive.get(1)


def test_pixel_areas_of_a_real_wcs(shared: Path) -> None:
    with fits.open(shared / "data/exposures/calexp.fits") as hdus:
        wcs = Archive(hdus, "calexp", 4).get(hdus[0].header["SKYWCS_ID"], SkyWcs)
    assert wcs is not None
    field = PixelAreaField(Box((0, 4176), (0, 2048)), wcs, 4.25e10)
    again = round_trip(field)
    assert again == field
    side = np.sqrt(float(again.evaluate(100.0, 100.0)) / 4.25e10)
    assert np.degrees(side) * 3600 == pytest.approx(0.15764, abs=5e-5)
    assert np.degrees(side) * 3600 == pytest.approx(wcs.pixel_scale_arcsec(100, 100), rel=1e-6)
    archive = archive_of(field)
    archive._hdus[2].data["wcs"][0] = 0
    with pytest.raises(UnreadableFileError, match="has no WCS"):
        archive.get(1)
