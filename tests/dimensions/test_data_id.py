from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybutler.dimensions import DataId, DimensionUniverse
from skybutler.errors import (
    DimensionNameError,
    DimensionValueError,
    InconsistentDataIdError,
)

UNIVERSE = DimensionUniverse.load()
VISIT = {"instrument": "Cam", "detector": 0, "visit": 1}
FULL = VISIT | {"band": "r", "day_obs": 20261013, "physical_filter": "r_1"}
GROUP = UNIVERSE.conform(["visit", "detector"])

TEXTS = st.text("abcXYZ_-019", min_size=1, max_size=8)
INTS = st.integers(-(2**63), 2**63 - 1)
VALUES = {d.name: TEXTS if d.key is not None and d.key.type == "string" else INTS for d in UNIVERSE.dimensions} | {
    "htm7": st.integers(8 * 4**7, 16 * 4**7 - 1)
}


@st.composite
def given_values(draw: st.DrawFn) -> dict[str, Any]:
    """Values of all dimensions of some group, implied ones or not."""
    group = UNIVERSE.conform(draw(st.lists(st.sampled_from(sorted(VALUES)), max_size=4)))
    names = [*group.required, *(draw(st.lists(st.sampled_from(group.implied), unique=True)) if group.implied else [])]
    return {name: draw(VALUES[name]) for name in draw(st.permutations(names))}


# ------------------------------------------------------------------------------------------------------------ text
def test_text_is_that_of_the_peer() -> None:
    text = "{instrument: 'Cam', detector: 0, visit: 1, band: 'r', day_obs: 20261013, physical_filter: 'r_1'}"
    full = DataId.standardize(FULL, universe=UNIVERSE)
    assert (str(full), repr(full)) == (text, text)
    assert str(DataId.standardize(VISIT, group=GROUP)) == "{instrument: 'Cam', detector: 0, visit: 1}"
    assert str(DataId.standardize(universe=UNIVERSE)) == "{}"
    old = DimensionUniverse.load(1).conform(["visit", "detector"])
    known = DataId.from_full_values(old, ("LSSTCam-imSim", 42, 1192139, "r", "r_sim_1.4", 1))
    assert str(known) == (
        "{instrument: 'LSSTCam-imSim', detector: 42, visit: 1192139, "
        "band: 'r', physical_filter: 'r_sim_1.4', visit_system: 1}"
    )
    assert ">visit</th>" in full._repr_html_()


# ----------------------------------------------------------------------------------------------------- standardize
@given(given_values())
def test_standardize_is_idempotent(values: dict[str, Any]) -> None:
    once = DataId.standardize(values, universe=UNIVERSE)
    assert DataId.standardize(once) is once
    assert DataId.standardize(once.mapping, universe=UNIVERSE) == once
    assert DataId.standardize(dict(once), group=once.group).mapping == once.mapping
    assert DataId.standardize(**values, universe=UNIVERSE) == once
    assert DataId.standardize(once, group=UNIVERSE.empty) == DataId.standardize(universe=UNIVERSE)
    assert set(values) == set(once)


@given(given_values())
def test_a_data_id_is_a_mapping_of_what_is_known(values: dict[str, Any]) -> None:
    data_id = DataId.standardize(values, universe=UNIVERSE)
    assert dict(data_id) == data_id.mapping == values
    assert len(data_id) == len(values)
    assert data_id == values
    assert data_id == data_id.required
    assert hash(data_id) == hash(DataId.standardize(data_id.required, universe=UNIVERSE))
    assert data_id.has_full == (set(values) == set(data_id.group.names))
    assert list(data_id)[: len(data_id.group.required)] == list(data_id.group.required)
    assert tuple(data_id.required.values()) == data_id.required_values
    assert pickle.loads(pickle.dumps(data_id)).mapping == data_id.mapping
    for name in data_id.group.names:
        assert (name in data_id) == (name in values)
        assert data_id.get(name, "absent") == values.get(name, "absent")


@pytest.mark.parametrize(
    "value", [5, np.int16(5), np.uint64(5), np.array(5), "5", np.str_("5"), 5.0, np.float32(5), np.array([5])[0]]
)
def test_integers_are_cast_without_loss(value: Any) -> None:
    data_id = DataId.standardize({"instrument": "Cam", "visit": value}, universe=UNIVERSE)
    assert type(data_id["visit"]) is int
    assert data_id["visit"] == 5


@pytest.mark.parametrize(
    "value",
    [True, np.True_, 5.5, "five", "5.0", "", "-", "٥", " 5", float("nan"), 2.0**60, 2**63, [5], np.array([5]), b"5"],
)
def test_other_values_are_no_integers(value: Any) -> None:
    with pytest.raises(DimensionValueError, match="'visit' must be a 64-bit integer, not"):
        DataId.standardize({"instrument": "Cam", "visit": value}, universe=UNIVERSE)


@pytest.mark.parametrize("value", [5, "", b"Cam", ["Cam"], 1.5])
def test_other_values_are_no_text(value: Any) -> None:
    with pytest.raises(DimensionValueError, match="'instrument' must be non-empty text, not"):
        DataId.standardize({"instrument": value, "visit": 5}, universe=UNIVERSE)


def test_group_is_also_a_dimension() -> None:
    data_id = DataId.standardize(instrument="Cam", group="g1", universe=UNIVERSE)
    assert data_id == {"instrument": "Cam", "group": "g1"}
    assert DataId.standardize(data_id, group="g2") == {"instrument": "Cam", "group": "g2"}
    assert DataId.standardize({"group": "g1", "instrument": "Cam"}, group=["group"], universe=UNIVERSE) == data_id


def test_text_becomes_plain() -> None:
    assert type(DataId.standardize(instrument=np.str_("Cam"), universe=UNIVERSE)["instrument"]) is str


def test_missing_values_are_all_named() -> None:
    with pytest.raises(DimensionNameError) as caught:
        DataId.standardize({"instrument": "Cam"}, group=GROUP)
    assert str(caught.value) == (
        "No value in data ID ({instrument: 'Cam'}) for required dimensions 'detector', 'visit' of "
        "{band, instrument, day_obs, detector, physical_filter, visit}."
    )
    with pytest.raises(DimensionNameError, match="for required dimension 'visit' of"):
        DataId.standardize({"instrument": "Cam", "detector": 1, "visit": None}, group=GROUP)


def test_unknown_names_offer_the_nearest() -> None:
    with pytest.raises(DimensionNameError, match=r"Unrecognized data ID key 'detectr'\. Did you mean 'detector'"):
        DataId.standardize(VISIT, detectr=3, group=GROUP)
    with pytest.raises(DimensionNameError, match="'visit_detector_region'"):
        DataId.standardize(VISIT, visit_detector_region=3, group=GROUP)
    with pytest.raises(DimensionNameError, match="needs a dimension universe"):
        DataId.standardize(VISIT)


def test_keywords_win_and_defaults_fill() -> None:
    data_id = DataId.standardize(VISIT, visit=7, group=GROUP)
    assert data_id == VISIT | {"visit": 7}
    assert DataId.standardize(data_id, visit=8) == VISIT | {"visit": 8}
    filled = DataId.standardize({"visit": 1}, group=GROUP, defaults={"instrument": "Cam", "detector": 0, "visit": 9})
    assert filled == VISIT
    given = {"visit": 1}
    DataId.standardize(given, group=["visit"], universe=UNIVERSE, defaults={"instrument": "Cam"})
    assert given == {"visit": 1}


def test_other_dimensions_are_left_out_but_implied_ones_kept() -> None:
    data_id = DataId.standardize(FULL | {"tract": 5, "skymap": "DC2"}, group=GROUP)
    assert data_id.mapping == FULL
    some = DataId.standardize(VISIT | {"band": "g", "exposure": 4}, group=GROUP)
    assert some.mapping == VISIT | {"band": "g"}
    assert not some.has_full
    assert list(some) == ["instrument", "detector", "visit", "band"]
    # what implies a value may be asked for as well as what requires it
    assert DataId.standardize(FULL, group=["physical_filter"], universe=UNIVERSE).mapping == {
        "instrument": "Cam",
        "physical_filter": "r_1",
        "band": "r",
    }


def test_pixels_are_checked() -> None:
    assert DataId.standardize(htm7=8 * 4**7, universe=UNIVERSE)["htm7"] == 131072
    with pytest.raises(DimensionValueError, match="5 is no htm7 pixel"):
        DataId.standardize(htm7=5, universe=UNIVERSE)


# ---------------------------------------------------------------------------------------------------------- values
def test_values_by_name() -> None:
    data_id = DataId.from_required_values(GROUP, ("Cam", 0, 1))
    assert (data_id["instrument"], data_id["detector"], data_id["visit"]) == ("Cam", 0, 1)
    with pytest.raises(DimensionNameError, match=r"implied dimension 'band' is not known .* butler\.expand_data_id"):
        data_id["band"]
    with pytest.raises(DimensionNameError, match="has no 'exposure'"):
        data_id["exposure"]
    with pytest.raises(KeyError):
        data_id["nothing"]
    number: Any = 3
    assert number not in data_id
    assert data_id.get("band") is None
    assert (data_id.universe, data_id.dimensions) == (UNIVERSE, GROUP)


def test_equality_is_that_of_required_values() -> None:
    short, full = DataId.standardize(VISIT, group=GROUP), DataId.standardize(FULL, group=GROUP)
    assert short == full
    assert [short == VISIT, short == FULL, full == VISIT, full == FULL] == [True] * 4
    assert len({short, full}) == 1
    assert short != VISIT | {"visit": 2}
    assert short != {"instrument": "Cam", "detector": 0}
    assert short != VISIT | {"tract": 3}
    assert short != VISIT | {"htm7": 131072}
    assert short != full.subset(["visit"])
    assert short != "visit"
    later = DataId.standardize(VISIT | {"visit": 2}, group=GROUP)
    assert sorted([later, full]) == [full, later]


# --------------------------------------------------------------------------------------------------------- subsets
@given(given_values(), st.data())
def test_subset_of_subset(values: dict[str, Any], data: st.DataObject) -> None:
    data_id = DataId.standardize(values, universe=UNIVERSE)
    some = st.lists(st.sampled_from(data_id.group.names), max_size=3) if values else st.just([])
    group = UNIVERSE.conform(data.draw(some))
    if not set(group.required) <= set(values):
        with pytest.raises(DimensionNameError, match="for required dimension"):
            data_id.subset(group)
        return
    smaller = data_id.subset(group)
    assert smaller == {n: values[n] for n in group.required}
    assert smaller.mapping == {n: values[n] for n in group.data_id_keys if n in values}
    assert smaller.subset(UNIVERSE.empty) == {}
    assert smaller.subset(smaller.group) is smaller
    assert data_id.union(smaller) == data_id == smaller.union(data_id)
    assert DataId.standardize(data_id, group=group) == smaller


def test_union_joins() -> None:
    visit = DataId.standardize(FULL, universe=UNIVERSE)
    patch = DataId.standardize(skymap="DC2", tract=1, patch=2, universe=UNIVERSE)
    both = visit.union(patch)
    assert both == VISIT | {"skymap": "DC2", "tract": 1, "patch": 2}
    assert both.has_full
    with pytest.raises(InconsistentDataIdError, match="'detector' is 0 in .*, but 3 in"):
        visit.union(DataId.standardize(instrument="Cam", detector=3, universe=UNIVERSE))


# --------------------------------------------------------------------------------------------------------- records
def _expanded(region: Any = None, timespan: Any = None) -> DataId:
    records: dict[str, Any] = {
        "instrument": UNIVERSE["instrument"].record(name="Cam"),
        "detector": UNIVERSE["detector"].record(instrument="Cam", id=0, full_name="R11_S00"),
        "physical_filter": UNIVERSE["physical_filter"].record(instrument="Cam", name="r_1", band="r"),
        "band": UNIVERSE["band"].record(name="r"),
        "day_obs": UNIVERSE["day_obs"].record(instrument="Cam", id=20261013),
        "visit": UNIVERSE["visit"].record(
            instrument="Cam", id=1, name="1", physical_filter="r_1", day_obs=20261013, region=region, timespan=timespan
        ),
        "visit_detector_region": None,
    }
    return DataId.standardize(VISIT, group=GROUP).expanded(records)


def test_expanded_data_ids_have_records_and_implied_values() -> None:
    data_id = _expanded()
    assert data_id.mapping == FULL
    assert data_id.has_records
    record = data_id.record("detector")
    assert record is not None
    assert record.full_name == "R11_S00"
    assert data_id.record("visit_detector_region") is None
    assert data_id.records["visit"] == data_id.record("visit")
    assert data_id.subset(["visit"]).has_records
    assert set(data_id.subset(["visit"]).records) == {"band", "instrument", "day_obs", "physical_filter", "visit"}
    assert data_id.union(data_id.subset(["visit"])).has_records
    assert not pickle.loads(pickle.dumps(data_id)).has_records


def test_without_records_there_is_neither_region_nor_timespan() -> None:
    data_id = DataId.standardize(VISIT, group=GROUP)
    assert not data_id.has_records
    for ask in (lambda: data_id.record("visit"), lambda: data_id.region, lambda: data_id.timespan):
        with pytest.raises(DimensionNameError, match=r"no records attached.*butler\.expand_data_id"):
            ask()
    empty = DataId.standardize(universe=UNIVERSE)
    assert empty.has_records
    assert empty.records == {}
    assert (empty.region, empty.timespan) == (None, None)


def test_a_null_filter_stays_unknown() -> None:
    group = UNIVERSE.conform(["exposure"])
    records = dict.fromkeys(e.name for e in group.elements)
    data_id = DataId.standardize(instrument="Cam", exposure=3, group=group).expanded(records)
    assert data_id["band"] is None
    assert data_id.has_full


def test_region_and_timespan_come_from_the_most_precise_record() -> None:
    from skybutler.sky.region import circle
    from skybutler.sky.timespan import Timespan

    region, timespan = circle(10, 20, 1), Timespan(10, 20)
    data_id = _expanded(region, timespan)
    assert data_id.timespan == timespan
    assert data_id.region is None  # there is no region of visit and detector
    assert data_id.subset(["visit"]).region == region


def test_regions_of_pixels_need_no_records_and_families_intersect() -> None:
    pixel = DataId.standardize(htm7=131072, universe=UNIVERSE)
    assert pixel.region == UNIVERSE["htm7"].pixelization.pixel(131072)  # type: ignore[attr-defined]
    two: Any = DataId.standardize(htm7=131072, healpix3=5, universe=UNIVERSE).region
    assert len(two) == 2


def test_data_ids_made_at_once_are_those_made_singly(universe: DimensionUniverse) -> None:
    group = universe.conform(["physical_filter"])
    rows = [("Cam", "r_1", "r"), ("Cam", "dark", None)]
    made = DataId.from_full_rows(group, rows)
    assert made == [DataId.from_full_values(group, row) for row in rows]
    assert [dict(d.mapping) for d in made] == [dict(zip(group.data_id_keys, row, strict=True)) for row in rows]
    assert all(d.has_full and not d.has_records for d in made)
