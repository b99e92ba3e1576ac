from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybutler.dimensions import DimensionUniverse, SkyPixDimension
from skybutler.errors import DimensionValueError


def test_fields_have_a_place(universe: DimensionUniverse) -> None:
    visit = universe["visit"]
    assert visit.fields == (
        "instrument", "id", "day_obs", "physical_filter", "name", "seq_num", "exposure_time", "target_name",
        "observation_reason", "science_program", "azimuth", "zenith_angle", "region", "timespan",
    )  # fmt: skip
    assert [visit.positions[name] for name in visit.fields] == list(range(len(visit.fields)))
    assert visit.columns["target_name"].length == 64
    assert "id" not in visit.columns
    assert visit.columns["azimuth"].doc.endswith("deg.")


def test_fields_that_are_dimensions(universe: DimensionUniverse) -> None:
    visit, region = universe["visit"], universe["visit_detector_region"]
    expected = {"id": "visit", "instrument": "instrument", "physical_filter": "physical_filter", "name": None}
    assert {field: visit.dimension_of_field(field) for field in expected} == expected
    assert universe["band"].dimension_of_field("name") == "band"
    assert region.dimension_of_field("visit") == "visit"
    assert region.dimension_of_field("region") is None


def test_kinds(universe: DimensionUniverse) -> None:
    visit, region, band = universe["visit"], universe["visit_detector_region"], universe["band"]
    assert (visit.is_dimension, region.is_dimension) == (True, False)
    assert (visit.has_table, band.has_table, universe["htm7"].has_table) == (True, False, False)
    assert (visit.governor, universe["patch"].governor, band.governor) == ("instrument", "skymap", None)
    assert universe["instrument"].governor == "instrument"
    assert (universe["day_obs"].has_region, universe["day_obs"].has_timespan) == (False, True)
    assert region.group is universe.conform(["visit", "detector"])
    assert (str(visit), repr(visit)) == ("visit", "DimensionElement('visit')")
    assert sorted([visit, band]) == [band, visit]
    assert visit.universe is universe


def test_parsing_sky_pixel_names() -> None:
    assert SkyPixDimension.parse("htm7") == ("htm", 7)
    assert SkyPixDimension.parse("healpix17") == ("healpix", 17)
    assert [SkyPixDimension.parse(n) for n in ("htm", "htm07", "xhtm7", "htm7x", "htm123")] == [None] * 5


@pytest.mark.parametrize("name", ["htm0", "htm7", "htm24", "healpix0", "healpix9", "healpix17"])
def test_sky_pixels_are_those_of_sphgeom(name: str, universe: DimensionUniverse) -> None:
    pixels = universe[name]
    assert isinstance(pixels, SkyPixDimension)
    first, end = pixels.index_range
    assert list(pixels.pixelization.universe().ranges()) == [(first, end)]
    for index in (first, (first + end) // 2, end - 1):
        region: Any = pixels.region(index)
        assert pixels.pixelization.index(region.getCentroid()) == index
        assert region.contains(region.getCentroid())
    for index in (first - 1, end):
        with pytest.raises(DimensionValueError, match=f"{index} is no {name} pixel; indexes are {first} to {end - 1}"):
            pixels.region(index)


@given(st.integers(0, 10))
def test_sky_pixels_cover_the_sky(level: int) -> None:
    universe = DimensionUniverse.load()
    htm, healpix = universe[f"htm{level}"], universe[f"healpix{level}"]
    assert isinstance(htm, SkyPixDimension)
    assert isinstance(healpix, SkyPixDimension)
    assert htm.index_range[1] - htm.index_range[0] == 8 * 4**level
    assert healpix.index_range == (0, 12 * 4**level)
    area = 4 * math.pi / (12 * 4**level)
    assert healpix.region(0).getBoundingCircle().getArea() > area


def test_texts_of_sky_pixels(universe: DimensionUniverse) -> None:
    assert universe["htm7"].doc == "Pixel index of the HTM division at level 7."
    assert universe["healpix9"].doc == "Pixel index of the nested HEALPix division at level 9."
    assert repr(universe["htm7"]) == "SkyPixDimension('htm7')"
    assert universe["htm7"].fields == ("id", "region")
