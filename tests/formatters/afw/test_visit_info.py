"""Circumstances of observations in an archive, all versions."""

from __future__ import annotations

import math
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st

from skybutler.errors import SchemaVersionError, UnreadableFileError
from skybutler.formatters.afw import Archive, ArchiveWriter, Column
from skybutler.images import Observatory, VisitInfo, Weather


def read(writer: ArchiveWriter) -> Any:
    buffer = BytesIO()
    writer.file().writeto(buffer)
    return Archive(fits.open(BytesIO(buffer.getvalue())), "memory").get(1)


@pytest.fixture
def real(shared: Path) -> VisitInfo:
    with fits.open(shared / "data/exposures/visitInfo-version-4.fits") as hdus:
        found = Archive(hdus, "real").get(1, VisitInfo)
    assert found is not None
    return found


def test_a_real_one_of_version_4(real: VisitInfo) -> None:
    assert (real.id, real.exposure_time, real.dark_time, real.date_ns) == (987654, 10.01, 11.02, 2137026240000000000)
    assert (real.boresight_ra, real.boresight_dec) == pytest.approx((23.1, 73.2))
    assert (real.airmass, real.rotation_type, real.ut1_mjd, real.focus_z) == (1.73, "SKY", 12345.1, 1.5)
    assert real.rotation_angle == pytest.approx(73.2)
    assert real.earth_rotation_angle == pytest.approx(45.1)
    assert real.observatory is not None
    assert (real.observatory.longitude, real.observatory.latitude) == pytest.approx((11.1, 22.2))
    assert real.observatory.elevation == 0.333
    assert real.weather == Weather(1.1, 2.2, 34.5)
    assert (real.instrument, real.observation_type) == ("TestCameraOne", "flat")
    assert (real.science_program, real.observation_reason) == ("test program", "test reason")
    assert (real.object, real.has_simulated_content) == ("test object", False)


def test_what_was_read_is_written_as_it_was(real: VisitInfo) -> None:
    writer = ArchiveWriter()
    writer.put(real)
    assert read(writer) == real


degrees = st.none() | st.floats(-360, 360)
numbers = st.none() | st.floats(allow_nan=False, allow_infinity=False)
texts = st.none() | st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=12)


@settings(max_examples=15, deadline=None)
@given(
    st.builds(
        VisitInfo,
        id=st.none() | st.integers(1, 2**62),
        exposure_time=numbers,
        date_ns=st.none() | st.integers(-(2**62), 2**62),
        ut1_mjd=numbers,
        rotation_type=st.sampled_from(["UNKNOWN", "SKY", "HORIZON", "MOUNT"]),
        weather=st.none() | st.builds(Weather, st.floats(-50, 50), numbers, numbers),
        instrument=texts,
        object=texts,
        has_simulated_content=st.booleans(),
    )
)
def test_round_trip(info: VisitInfo) -> None:
    writer = ArchiveWriter()
    writer.put(info)
    assert read(writer) == info


@settings(max_examples=15, deadline=None)
@given(degrees, degrees)
def test_angles_are_radians_in_the_file(ra: float | None, latitude: float | None) -> None:
    writer = ArchiveWriter()
    observatory = None if latitude is None else Observatory(latitude=latitude)
    writer.put(VisitInfo(boresight_ra=ra, observatory=observatory, rotation_type="SKY"))
    found = read(writer)
    for was, now in ((ra, found.boresight_ra), (latitude, found.observatory and found.observatory.latitude)):
        assert now == (None if was is None else pytest.approx(was, rel=2e-16, abs=1e-300))
    again = ArchiveWriter()
    again.put(found)
    assert read(again) == found


OLD = {
    "exposuretime": 30.0, "darktime": math.nan, "tai": 5, "ut1": math.nan, "era": math.nan, "boresightradec_ra": 1.0,
    "boresightradec_dec": 0.5, "boresightazalt_az": math.nan, "boresightazalt_alt": math.nan,
    "boresightairmass": math.nan, "boresightrotangle": 0.0, "rottype": 0, "latitude": math.nan, "longitude": math.nan,
    "elevation": math.nan, "airtemperature": math.nan, "airpressure": math.nan, "humidity": math.nan,
}  # fmt: skip
FIRST = {"exposureid": 77} | OLD


@pytest.mark.parametrize(
    "version, more, number, instrument",
    [
        (0, FIRST, None, None),
        (1, FIRST | {"instrumentlabel": "HSC", "version": 1}, None, "HSC"),
        (2, FIRST | {"instrumentlabel": "HSC", "version": 2, "id": 9}, 9, "HSC"),
        (3, FIRST | {"instrumentlabel": "HSC", "version": 3, "idnum": 9, "focusz": 0.5}, 9, "HSC"),
        (5, OLD | {"instrumentlabel": "HSC", "version": 5, "idnum": 9, "focusz": 0.5, "object": ""}, 9, "HSC"),
    ],
)
def test_other_versions(version: int, more: dict[str, Any], number: int | None, instrument: str | None) -> None:
    info = read(rows(more))
    assert (info.id, info.instrument, info.object, info.has_simulated_content) == (number, instrument, None, None)
    assert (info.exposure_time, info.dark_time, info.date_ns, info.rotation_type) == (30.0, None, 5, "UNKNOWN")
    assert (info.boresight_ra, info.weather, info.observatory) == (math.degrees(1.0), None, None)


def rows(values: dict[str, Any]) -> ArchiveWriter:
    forms = {float: "D", int: "K", str: "QA"}
    writer = ArchiveWriter()
    table = writer.table([Column(name, forms[type(value)]) for name, value in values.items()])
    writer.add(writer.number(), table, "VisitInfo", "", [values])
    return writer


def test_what_is_refused() -> None:
    with pytest.raises(SchemaVersionError, match="of version 6; versions up to 5 are known"):
        read(rows(FIRST | {"version": 6}))
    with pytest.raises(UnreadableFileError, match="rotation type 7 without meaning"):
        read(rows(FIRST | {"rottype": 7}))
    with pytest.raises(UnreadableFileError, match="no column tai"):
        read(rows({name: value for name, value in FIRST.items() if name != "tai"}))
