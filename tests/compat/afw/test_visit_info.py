"""``VisitInfo`` and its parts with angles, points and instants; what is not known."""

from __future__ import annotations

import math

import pytest

from skybutler.compat.afw.exposure import ExposureF
from skybutler.compat.afw.visit_info import FilterLabel, Observatory, RotType, VisitInfo, Weather
from skybutler.compat.geom import degrees
from skybutler.errors import InvalidError


def test_what_is_known(exposure: ExposureF) -> None:
    info = exposure.getInfo().getVisitInfo()
    assert (info.getId(), info.id, info.getExposureTime(), info.exposureTime) == (903338, 903338, 30.0, 30.0)
    assert info.getBoresightRaDec().getRa().asDegrees() == pytest.approx(150.1)
    assert info.boresightRaDec[1].asDegrees() == pytest.approx(2.1)
    assert info.getBoresightRotAngle().asDegrees() == pytest.approx(90.0)
    assert info.getRotType() is info.rotType is RotType.SKY
    assert info.getDate().toPython().isoformat() == "2013-11-02T06:15:55.908000"
    assert info.getEra().asDegrees() == pytest.approx(10.0)
    assert info.getLocalEra().asDegrees() == pytest.approx(214.5)
    assert info.getBoresightHourAngle().asDegrees() == pytest.approx(64.4)
    assert info.isPersistable()


def test_weather_prints_as_notebooks_show_it(exposure: ExposureF) -> None:
    weather = exposure.visitInfo.getWeather()
    assert repr(weather) == str(weather) == "Weather(-0.7, 62160, 42)"
    assert (weather.getAirTemperature(), weather.getAirPressure(), weather.getHumidity()) == (-0.7, 62160.0, 42.0)
    assert Weather(-0.7, 62160.0, 42.0) == weather
    assert repr(VisitInfo().weather) == repr(Weather()) == "Weather(nan, nan, nan)"


def test_observatory(exposure: ExposureF) -> None:
    place = exposure.visitInfo.observatory
    assert place.getLongitude().asDegrees() == pytest.approx(-155.5)
    assert (place.getLatitude().asDegrees(), place.getElevation()) == (pytest.approx(19.8), 4139.0)
    assert str(place) == repr(place) == "19.800000N, 155.500000W  4139"
    assert str(Observatory(-70.0 * degrees, -30.0 * degrees, 5.0)) == "30.000000S, 70.000000W  5"


def test_what_is_not_known() -> None:
    info = VisitInfo()
    for name in ("getExposureTime", "getDarkTime", "getUt1", "getBoresightAirmass", "getFocusZ"):
        assert math.isnan(getattr(info, name)())
    assert math.isnan(info.getEra().asDegrees())
    assert not info.getBoresightRaDec().isFinite()
    assert not info.getBoresightAzAlt().isFinite()
    assert not info.getDate().isValid()
    assert (info.getId(), info.getInstrumentLabel(), info.object, info.hasSimulatedContent) == (0, "", "", False)
    assert info.getRotType() is RotType.UNKNOWN


def test_filter_labels(exposure: ExposureF) -> None:
    label = exposure.getFilterLabel()
    assert label == exposure.getFilter() == FilterLabel("r", "HSC-R") == FilterLabel.fromBandPhysical("r", "HSC-R")
    assert (label.bandLabel, label.physicalLabel) == ("r", "HSC-R")
    assert (label.getName(), label.getCanonicalName()) == ("HSC-R", "r")
    assert repr(label) == str(label) == 'FilterLabel(band="r", physical="HSC-R")'
    band, physical = FilterLabel.fromBand("r"), FilterLabel.fromPhysical("HSC-R")
    assert (band.hasBandLabel(), band.hasPhysicalLabel(), physical.hasBandLabel()) == (True, False, False)
    with pytest.raises(RuntimeError, match="does not know the physical filter"):
        band.physicalLabel  # noqa: B018
    with pytest.raises(RuntimeError, match="does not know the band"):
        physical.bandLabel  # noqa: B018
    with pytest.raises(InvalidError, match="needs a band"):
        FilterLabel()
