from __future__ import annotations

import pickle
import sys
from typing import Any

import numpy as np
import pytest

from skybutler.dimensions import DataId, DimensionRecord, DimensionUniverse
from skybutler.errors import DimensionNameError, DimensionValueError
from skybutler.sky.region import circle, polygon_deg
from skybutler.sky.timespan import Timespan

UNIVERSE = DimensionUniverse.load()
VISIT = UNIVERSE["visit"]
PATCH = {"skymap": "DC2", "tract": 1, "id": 2, "cell_x": 0, "cell_y": 1}
SECOND = 10**9
START = 1791853200 * SECOND  # 2026-10-13T01:00:00 TAI


def _visit(**changes: Any) -> DimensionRecord:
    values: dict[str, Any] = {
        "instrument": "Cam",
        "id": 1,
        "name": "v1",
        "physical_filter": "r_1",
        "day_obs": 20261013,
        "seq_num": 5,
        "exposure_time": 30.0,
        "target_name": "x",
        "science_program": "s",
        "azimuth": 1.5,
        "region": polygon_deg([(0, 0), (1, 0), (1, 1), (0, 1)]),
        "timespan": Timespan(START, START + 30 * SECOND),
    }
    return VISIT.record(**{**values, **changes})


def test_text_is_that_of_the_peer() -> None:
    first = "astropy.time.Time(2461327.0, -0.4583333333333333, scale='tai', format='jd')"
    last = "astropy.time.Time(2461327.0, -0.4579861111111111, scale='tai', format='jd')"
    lines = str(_visit()).splitlines()
    region = lines.pop(-2)
    assert lines == [
        "visit:",
        "  instrument: 'Cam'",
        "  id: 1",
        "  day_obs: 20261013",
        "  physical_filter: 'r_1'",
        "  name: 'v1'",
        "  seq_num: 5",
        "  exposure_time: 30.0",
        "  target_name: 'x'",
        "  observation_reason: None",
        "  science_program: 's'",
        "  azimuth: 1.5",
        "  zenith_angle: None",
        f"  timespan: Timespan(begin={first}, end={last})",
    ]
    assert region.startswith("  region: ConvexPolygon([UnitVector3d(")


def test_texts_of_other_records() -> None:
    skymap = UNIVERSE["skymap"].record(name="m", hash=b"\x01\xff", tract_max=1, patch_nx_max=2, patch_ny_max=3)
    assert (
        str(skymap)
        == "skymap:\n  name: 'm'\n  hash: b'\\x01\\xff'\n  tract_max: 1\n  patch_nx_max: 2\n  patch_ny_max: 3"
    )
    patch = UNIVERSE["patch"].record(**PATCH)
    assert str(patch) == "patch:\n  skymap: 'DC2'\n  tract: 1\n  id: 2\n  cell_x: 0\n  cell_y: 1\n  region: None"
    assert repr(UNIVERSE["band"].record(name="r")) == "band.DimensionRecord(name='r')"
    assert ">patch</caption>" in patch._repr_html_()


def test_old_visits_have_their_fields_in_the_order_of_their_time() -> None:
    visit = DimensionUniverse.load(1)["visit"].record(
        instrument="LSSTCam-imSim", id=1192139, name="1192139", visit_system=1
    )
    assert [line.split(":")[0].strip() for line in str(visit).splitlines()] == [
        "visit", "instrument", "id", "physical_filter", "visit_system", "name", "day_obs", "exposure_time",
        "target_name", "observation_reason", "science_program", "zenith_angle", "region", "timespan",
    ]  # fmt: skip


def test_fields_are_attributes() -> None:
    visit = _visit()
    assert (visit.id, visit.instrument, visit.physical_filter, visit.zenith_angle) == (1, "Cam", "r_1", None)
    assert (visit.get("azimuth"), visit.key_value, visit.definition) == (1.5, 1, VISIT)
    assert list(visit.to_dict()) == list(VISIT.fields)
    assert UNIVERSE["exposure"].record(instrument="Cam", id=4, obs_id="O_4", group="g").group == "g"
    with pytest.raises(AttributeError, match="no field 'azimut'. Did you mean 'azimuth'"):
        visit.azimut  # noqa: B018
    with pytest.raises(DimensionNameError, match="visit records have no field 'azimut'. Did you mean 'azimuth'"):
        visit.get("azimut")


def test_data_id_has_the_required_values() -> None:
    visit = _visit()
    assert isinstance(visit.data_id, DataId)
    assert visit.data_id == {"instrument": "Cam", "visit": 1}
    assert str(visit.data_id) == "{instrument: 'Cam', visit: 1}"
    region = UNIVERSE["visit_detector_region"].record(instrument="Cam", detector=3, visit=1)
    assert region.data_id == {"instrument": "Cam", "detector": 3, "visit": 1}
    with pytest.raises(DimensionNameError, match="joins dimensions"):
        region.key_value  # noqa: B018
    old = DimensionUniverse.load(0)["visit_definition"].record(instrument="Cam", exposure=3, visit_system=0, visit=9)
    assert old.data_id == {"instrument": "Cam", "visit_system": 0, "exposure": 3}


def test_regions_are_decoded_when_asked_for() -> None:
    region = circle(10, 20, 1)
    encoded = DimensionRecord(UNIVERSE["tract"], ["DC2", 1, region.encode()])
    assert encoded == UNIVERSE["tract"].record(skymap="DC2", id=1, region=region)
    assert encoded.region == encoded.get("region") == region
    assert encoded.timespan is None
    assert UNIVERSE["instrument"].record(name="Cam").region is None
    assert _visit().timespan == Timespan(START, START + 30 * SECOND)


def test_equality_is_that_of_all_fields() -> None:
    assert _visit() == _visit()
    assert hash(_visit()) == hash(_visit(azimuth=9))
    assert _visit() != _visit(azimuth=9)
    assert _visit() != _visit(region=None)
    assert _visit() != _visit().to_dict()
    assert UNIVERSE["band"].record(name="r") != UNIVERSE["ssp_hypothesis_table"].record(name="r")


def test_pickles() -> None:
    again = pickle.loads(pickle.dumps(_visit()))
    assert again == _visit()
    assert again.element.universe == UNIVERSE


def test_own_value_by_either_name() -> None:
    assert VISIT.record(instrument="Cam", name="a", visit=3).id == 3
    assert VISIT.record(instrument="Cam", name="a", visit=3, id=3).id == 3
    assert UNIVERSE["instrument"].record(instrument="Cam").name == "Cam"
    with pytest.raises(DimensionValueError, match="'id' and 'visit' of visit records differ"):
        VISIT.record(instrument="Cam", visit=3, id=4)


def test_numpy_values_become_plain() -> None:
    given = {"azimuth": np.float32(2.5), "seq_num": np.int64(4), "exposure_time": 30, "name": np.str_("a")}
    visit = _visit(**given, id=np.int32(1), day_obs=np.int64(20261013))
    fields = [visit.get(name) for name in ("azimuth", "seq_num", "exposure_time", "name", "id", "day_obs")]
    assert fields == [2.5, 4, 30.0, "a", 1, 20261013]
    assert [type(value) for value in fields] == [float, int, float, str, int, int]
    exposure = UNIVERSE["exposure"].record(instrument="Cam", id=1, obs_id="O", has_simulated=np.True_, can_see_sky=0)
    assert exposure.has_simulated is True
    assert exposure.can_see_sky is False


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"seq_num": 1.5}, r"'seq_num' of visit records must be of type int, not 1\.5 \(float\)"),
        ({"seq_num": True}, "'seq_num' .* of type int"),
        ({"azimuth": "south"}, "'azimuth' .* of type float, not 'south'"),
        ({"azimuth": True}, "'azimuth' .* of type float"),
        ({"target_name": 5}, "'target_name' .* of type string"),
        ({"target_name": "x" * 65}, "'target_name' of visit records is longer than 64"),
        ({"name": b"v"}, "'name' .* of type string"),
        ({"id": "1"}, "'id' .* of type int"),
        ({"instrument": 3}, "'instrument' .* of type string"),
        ({"physical_filter": 3}, "'physical_filter' .* of type string"),
        ({"instrument": "x" * 33}, "'instrument' of visit records is longer than 32"),
        ({"region": "circle"}, "'region' .* of type region"),
        ({"timespan": (1, 2)}, "'timespan' .* of type timespan"),
    ],
)
def test_wrong_values_name_the_field(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(DimensionValueError, match=message):
        _visit(**changes)


def test_wrong_values_of_other_records() -> None:
    with pytest.raises(DimensionValueError, match="'name' of visit records must have a value"):
        VISIT.record(instrument="Cam", id=1)
    with pytest.raises(DimensionValueError, match="'cell_x' of patch records must have a value"):
        UNIVERSE["patch"].record(**{**PATCH, "cell_x": None})
    with pytest.raises(DimensionValueError, match="'has_simulated' .* of type bool"):
        UNIVERSE["exposure"].record(instrument="Cam", id=1, obs_id="O", has_simulated="yes")
    with pytest.raises(DimensionValueError, match="'hash' .* of type hash"):
        UNIVERSE["skymap"].record(name="m", hash="abc")
    with pytest.raises(DimensionValueError, match="'hash' of skymap records is longer than 40"):
        UNIVERSE["skymap"].record(name="m", hash=bytes(41))


def test_wrong_fields_are_named() -> None:
    with pytest.raises(DimensionNameError, match="visit records have no field 'azimut'. Did you mean 'azimuth'"):
        _visit(azimut=3)
    with pytest.raises(DimensionNameError, match="No value for instrument, id of visit records"):
        VISIT.record(name="v1")
    with pytest.raises(DimensionNameError, match="No value for name of band records"):
        UNIVERSE["band"].record()


def test_many_records_are_quick_and_small() -> None:
    record = UNIVERSE["detector"].record(instrument="Cam", id=1, full_name="R11_S20")
    assert not hasattr(record, "__dict__")
    assert sys.getsizeof(record) < 80
