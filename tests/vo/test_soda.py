from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from skybutler.errors import ParameterError
from skybutler.images.stencils import SkyCircle, SkyPolygon, SkyRange
from skybutler.vo.soda import CutoutRequest, parse_stencil

TRIANGLE = [(10.0, 20.0), (11.0, 20.0), (10.5, 21.0)]


@pytest.mark.parametrize(
    "name, text, shape",
    [
        ("circle", "55.7 -32.3 0.03", SkyCircle(55.7, -32.3, 0.03)),
        ("circle", " 55.7,-32.3, 3e-2 ", SkyCircle(55.7, -32.3, 0.03)),
        ("pos", "circle 55.7 -32.3 0.03", SkyCircle(55.7, -32.3, 0.03)),
        ("polygon", "10 20 11 20 10.5 21", SkyPolygon(TRIANGLE)),
        ("pos", "POLYGON 10 20 11 20 10.5 21", SkyPolygon(TRIANGLE)),
    ],
)
def test_shapes(name, text, shape):
    assert parse_stencil(name, text) == shape


def test_ranges():
    found = parse_stencil("pos", "RANGE 350 10 -5 5")
    assert isinstance(found, SkyRange)
    assert (found.ra, found.width, found.dec1, found.dec2) == pytest.approx((350.0, 20.0, -5.0, 5.0))
    band = parse_stencil("pos", "RANGE -Inf +Inf 10 +Inf")
    assert isinstance(band, SkyRange)
    assert (band.width, band.dec1, band.dec2) == pytest.approx((360.0, 10.0, 90.0))


@pytest.mark.parametrize(
    "name, text, told",
    [
        ("circle", "1 2", "2 numbers"),
        ("circle", "1 2 x", "'x' where a number"),
        ("circle", "1 2 1_0", "'1_0' where a number"),
        ("circle", "nan 2 1", "'nan' where a number"),
        ("circle", "1 91 1", "no place on the sky"),
        ("circle", "1000 1 1", "no RA 1000"),
        ("circle", "1 2 -1", "radius is above 0"),
        ("circle", "1 2 inf", "radius is above 0"),
        ("polygon", "1 2 3 4", "three or more corners"),
        ("polygon", "1 2 3 4 5 6 7", "pairs"),
        ("polygon", "1 0 2 0 3 0", "no area"),
        ("polygon", "0 0 120 0 240 0.1", "larger than 90 degrees"),
        ("polygon", " ".join(["1"] * 3000), "3000 numbers"),
        ("pos", "RANGE 1 2 3", "3 numbers"),
        ("pos", "RANGE 1 2 6 5", "not ascending"),
        ("pos", "RANGE 1 1 5 6", "no area"),
        ("pos", "BOX 1 1 5 6", "CIRCLE ra dec radius"),
        ("pos", "", "CIRCLE ra dec radius"),
        ("pos", "CIRCLE", "0 numbers"),
    ],
)
def test_what_is_no_shape(name, text, told):
    with pytest.raises(ParameterError, match=told):
        parse_stencil(name, text)


def test_names_are_of_any_case_and_what_is_repeated_is_told():
    asked = CutoutRequest.of([("Id", " a "), ("CIRCLE", "1 2 3"), ("CutoutDetail", "maskedimage"), ("RunId", "x")])
    assert (asked.ids, asked.shapes) == (("a",), (("circle", "1 2 3"),))
    assert (asked.style.detail, asked.style.format.name) == ("MaskedImage", "fits")
    assert asked.repeated is None
    assert CutoutRequest.of([("id", "a"), ("id", "a"), ("circle", "1 2 3"), ("circle", "1 2 3")]).repeated is None
    two = CutoutRequest.of([("id", "a"), ("circle", "1 2 3"), ("pos", "RANGE 1 2 3 4")])
    assert (two.repeated, two.n_cutouts) == ("CIRCLE and POS", 2)
    assert CutoutRequest.of([("id", "a"), ("id", "b"), ("circle", "1 2 3")]).repeated == "ID"


@pytest.mark.parametrize(
    "name, value, told",
    [
        ("id", "", "no ID"),
        ("circle", "", "no CIRCLE, POLYGON or POS"),
        ("cutoutdetail", "Images", "Did you mean 'Image'"),
        ("responseformat", "image/jpeg", "application/fits, image/png"),
        ("stretch", "square", "STRETCH is 'square'"),
        ("scale", "big", "SCALE is 'big'"),
        ("band", "1e-7 2e-7", "no axis that BAND"),
    ],
)
def test_what_is_wrong_with_parameters(name, value, told):
    given_ = {"id": "a", "circle": "1 2 3"} | {name: value}
    with pytest.raises(ParameterError, match=told):
        CutoutRequest.of(given_.items())


NAMES = st.sampled_from(["id", "CIRCLE", "Polygon", "pos", "CUTOUTDETAIL", "RESPONSEFORMAT", "stretch", "BAND", "x"])
WORDS = st.sampled_from(
    ["CIRCLE", "RANGE", "POLYGON", "nan", "-inf", "0", "1e308", "-90", "360", "1e-320", "\0", "%00"]
)
VALUES = st.one_of(
    st.lists(st.one_of(WORDS, st.floats(-400, 400).map(str)), max_size=9).map(" ".join), st.text(max_size=30)
)


@given(st.lists(st.tuples(NAMES, VALUES), max_size=6))
@example([("id", "x"), ("pos", "RANGE 0 360 -90 90")])
@settings(max_examples=150, deadline=None)
def test_any_parameters_make_a_request_or_a_parameter_error(pairs):
    try:
        asked = CutoutRequest.of(pairs)
    except ParameterError:
        return
    assert asked.n_cutouts >= 1
