"""Transmission curves in archives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from skybutler.errors import UnreadableFileError
from skybutler.formatters.afw import Archive
from skybutler.images import (
    IdentityTransmission,
    ProductTransmission,
    RadialTransmission,
    SpatiallyConstantTransmission,
    TransformedTransmission,
    TransmissionCurve,
)
from skybutler.images.point_maps import Affine
from support.archives import archive_of, rewritten, round_trip, same_pieces

values = arrays(np.float64, st.integers(2, 6), elements=st.floats(0, 1))


@st.composite
def curves(draw: st.DrawFn) -> TransmissionCurve:
    kind = draw(st.sampled_from(["constant", "radial", "identity"]))
    if kind == "identity":
        return IdentityTransmission()
    first = draw(values)
    wavelengths = 3000.0 + 100.0 * np.arange(len(first))
    ends = draw(st.tuples(st.floats(0, 1), st.sampled_from([0.0, float("nan")])))
    if kind == "constant":
        return SpatiallyConstantTransmission(first, wavelengths, *ends)
    return RadialTransmission(np.outer(first, [1.0, 0.5, 0.2]), wavelengths, [0.0, 1.0, 5.0], *ends)


@settings(max_examples=10)
@given(curves(), curves())
def test_round_trip(a: TransmissionCurve, b: TransmissionCurve) -> None:
    assert round_trip(a) == a
    nested = ProductTransmission(TransformedTransmission(ProductTransmission(a, b), Affine.scaling((2.0, 0.5))), a)
    assert round_trip(nested) == nested


def test_that_of_a_real_file(shared: Path) -> None:
    with fits.open(shared / "data/exposures/calexp.fits") as hdus:
        archive = Archive(hdus, "calexp", 4)
        curve = archive.get(hdus[0].header["TRANSMISSION_CURVE_ID"], TransmissionCurve)  # type: ignore[type-abstract]
        assert curve is not None
        found = curve.sample([2000.0, 5000.0, 7500.0, 8000.0, 9500.0], 1000.0, 2000.0)
        # It is the i band: nothing passes far outside of it, about half in the middle.
        assert found[[0, 1, 4]] == pytest.approx(0.0, abs=0.01)
        assert (found[2:4] > 0.4).all()
        assert (found < 1.0).all()
        # By the product of its factors, from the tables themselves and not through the classes above.
        filter_table = hdus[15].data[0]
        # The transform is from the focal plane, in millimetres, to pixels.
        x, y = archive.get(244).inverse()(1000.0, 2000.0)
        radius = float(np.hypot(x, y))
        assert 200.0 < radius < 300.0
        at_radius = [
            np.interp(radius, filter_table["radii"], column)
            for column in np.reshape(filter_table["throughput"], (29, 579)).T
        ]
        expected = np.interp(7500.0, filter_table["wavelengths"], at_radius)
        for row in hdus[14].data:
            expected *= np.interp(7500.0, row["wavelengths"], row["throughput"])
        assert found[2] == pytest.approx(float(expected), rel=1e-12)
        for number, kind in archive.classes.items():
            if kind.endswith("TransmissionCurve") and kind != "TransformedTransmissionCurve":
                again = archive_of(archive.get(number)) if "Product" not in kind else None
                assert again is None or same_pieces(archive, number, again, 1, references=())


def test_an_early_name() -> None:
    curve = SpatiallyConstantTransmission([0.5, 1.0], [3000.0, 4000.0])
    archive = archive_of(curve)
    archive.classes[1] = "ConstantTransmissionCurve"
    assert archive.get(1) == curve


def test_values_that_make_no_rectangle() -> None:
    archive = archive_of(RadialTransmission(np.ones((2, 3)), [3000.0, 4000.0], [0.0, 1.0, 2.0]))
    archive.column(1, "throughput")[0] = np.ones(5)
    with pytest.raises(UnreadableFileError, match="2 wavelengths, 3 radii and 5 values"):
        archive.get(1)


def test_a_curve_that_is_not_there() -> None:
    curve = SpatiallyConstantTransmission([0.5, 1.0], [3000.0, 4000.0])
    archive = archive_of(ProductTransmission(curve, curve))
    archive._hdus[2].data["b"][0] = 0
    with pytest.raises(UnreadableFileError, match="has no b"):
        archive.get(1)


def test_rewriting_a_real_one_keeps_it(shared: Path) -> None:
    with fits.open(shared / "data/exposures/calexp.fits") as hdus:
        archive = Archive(hdus, "calexp", 4)
        number = hdus[0].header["TRANSMISSION_CURVE_ID"]
        (a,) = (n for n, kind in archive.classes.items() if kind == "RadialTransmissionCurve")
        assert same_pieces(archive, a, rewritten(archive, a), 1, references=())
        nested = archive.get(number).a.nested
        assert round_trip(nested) == nested
