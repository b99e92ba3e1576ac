"""Texts made for many rows at once are those that Python makes of each."""

from __future__ import annotations

import math
import uuid

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsst.sphgeom import Angle, Box, Circle, ConvexPolygon, Ellipse, LonLat, UnitVector3d

from skybutler.sky.vectors import unit_vectors
from skybutler.vo.texts import _polygon_texts, identifier_texts, region_texts, uuid_texts
from support.world import square


def test_regions_of_every_shape_have_a_text():
    center = UnitVector3d(LonLat.fromDegrees(10, 20))
    circle = Circle(center, Angle.fromDegrees(1.5))
    box = Box.fromDegrees(10, 20, 12, 22)
    regions = [square(10, 20, 2).encode(), None, circle.encode(), box.encode(), Ellipse(circle).encode()]
    texts = region_texts(regions).to_pylist()
    assert texts[0].startswith("POLYGON ICRS 9.000000 19.000000 ")
    assert texts[1:3] == [None, "CIRCLE ICRS 10.000000 20.000000 1.500000"]
    assert all(text.startswith("CIRCLE ICRS ") for text in texts[3:])
    assert region_texts([None, None]).to_pylist() == [None, None]


@pytest.mark.parametrize("ra, dec", [(0.5, -0.25), (359.75, 0.25), (120.123456, -89.0), (5.000001, -12.345678)])
def test_decimals_are_those_of_python(ra, dec):
    region = square(ra, dec, 0.2)
    (text,) = region_texts([region.encode()]).to_pylist()
    expected = []
    for vertex in region.getVertices():
        place = LonLat(vertex)
        expected += [f"{place.getLon().asDegrees() % 360:.6f}", f"{place.getLat().asDegrees():.6f}"]
    found = text.removeprefix("POLYGON ICRS ").split()
    assert [float(word) for word in found] == pytest.approx([float(word) for word in expected], abs=1.1e-6)
    assert [word.partition(".")[0] for word in found] == [word.partition(".")[0] for word in expected]
    assert {len(word.partition(".")[2]) for word in found} == {6}


@given(st.lists(st.tuples(st.floats(0, 360), st.floats(-90, 90)), min_size=1, max_size=20))
def test_degrees_are_written_with_six_decimals(places):
    (text,) = _polygon_texts(np.array([places])).to_pylist()
    expected = [f"{value:.6f}" for place in places for value in place]
    found = text.split()
    assert found[:2] == ["POLYGON", "ICRS"]
    assert [float(word) for word in found[2:]] == pytest.approx([float(word) for word in expected], abs=1.1e-6)
    assert list(map(len, found[2:])) == list(map(len, expected))


def test_polygons_of_many_shapes_stay_in_their_places():
    corners = [[(0.0, 0.0), (1.0, 0.0), (0.0, 1.0)], [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]]
    polygons = [ConvexPolygon([UnitVector3d(LonLat.fromDegrees(*p)) for p in c]).encode() for c in corners]
    chosen = [0, None, 1, 1, 0, None, 1] * 20
    found = region_texts([None if i is None else polygons[i] for i in chosen]).to_pylist()
    alone = [region_texts([polygon]).to_pylist()[0] for polygon in polygons]
    assert found == [None if i is None else alone[i] for i in chosen]


@given(st.lists(st.one_of(st.none(), st.tuples(st.floats(0, 360), st.floats(-89, 89), st.integers(3, 6))), max_size=40))
def test_few_texts_are_those_of_many(shapes):
    blobs = [None if shape is None else _polygon(*shape) for shape in shapes]
    many = region_texts([*blobs, *[_polygon(1.0, 2.0, 4)] * 65])
    assert region_texts(blobs).to_pylist() == many.to_pylist()[: len(blobs)]


def _polygon(ra, dec, n):
    angles = 2 * math.pi * np.arange(n) / n
    vertices = unit_vectors(ra + 0.2 * np.cos(angles), dec + 0.2 * np.sin(angles))
    return ConvexPolygon([UnitVector3d(*vertex) for vertex in vertices]).encode()


def test_identifiers_follow_their_prefix():
    ids = [uuid.uuid4() for _ in range(5)]
    texts = identifier_texts("ivo://x?id=", uuid_texts([None, *(i.bytes for i in ids)])).to_pylist()
    assert texts == [None, *(f"ivo://x?id={i}" for i in ids)]
    assert identifier_texts("", uuid_texts([ids[0].bytes])).to_pylist() == [str(ids[0])]
