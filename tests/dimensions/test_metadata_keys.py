from __future__ import annotations

from typing import Any

import pytest

from skybutler.dimensions import DimensionUniverse, split_metadata_keys
from skybutler.errors import DimensionNameError, DimensionValueError

VISIT = ["visit", "detector"]
RAW = ["exposure", "detector"]
NIGHT = {"day_obs": 20261013}

CASES = [
    (8, VISIT, {"visit": 1, "detector": 2}, {"visit": 1, "detector": 2}, {}),
    (8, VISIT, {"detector": "R11_S20", "visit": "5"}, {"visit": "5"}, {"detector": {"full_name": "R11_S20"}}),
    (8, VISIT, {"visit": "field 3"}, {}, {"visit": {"name": "field 3"}}),
    (8, RAW, {"exposure.obs_id": "O_1"}, {}, {"exposure": {"obs_id": "O_1"}}),
    (8, RAW, {"detector.full_name": "R11_S20"}, {}, {"detector": {"full_name": "R11_S20"}}),
    (8, RAW, {"exposure.id": 4, "exposure.day_obs": 20261013}, {"exposure": 4, "day_obs": 20261013}, {}),
    (8, RAW, {"obs_id": "O_1"}, {}, {"exposure": {"obs_id": "O_1"}}),
    (8, RAW, {"raft": "R11", "name_in_raft": "S20"}, {}, {"detector": {"raft": "R11", "name_in_raft": "S20"}}),
    (8, RAW, NIGHT | {"seq_num": 7}, NIGHT, {"exposure": NIGHT | {"seq_num": 7}}),
    (8, VISIT, NIGHT | {"seq_num": 7}, NIGHT, {"visit": NIGHT | {"seq_num": 7}}),
    (1, RAW, NIGHT | {"seq_num": 7}, {}, {"exposure": NIGHT | {"seq_num": 7}}),
    (8, ["exposure", "visit"], {"seq_num": 7}, {}, {"exposure": {"seq_num": 7}}),
    (8, ["exposure", "visit"], {"seq_num": 7, "exposure": 4}, {"exposure": 4}, {"visit": {"seq_num": 7}}),
    (8, RAW, {"exposure": 4, "seq_num": 7}, {"exposure": 4}, {"exposure": {"seq_num": 7}}),
    (8, VISIT, {"visit_system": 1}, {"visit_system": 1}, {}),
    (8, ["htm7"], {"htm7": 131072}, {"htm7": 131072}, {}),
]  # fmt: skip


@pytest.mark.parametrize("version, dimensions, given, plain, constraints", CASES)
def test_what_is_understood(
    version: int, dimensions: list[str], given: dict[str, Any], plain: dict[str, Any], constraints: dict[str, Any]
) -> None:
    universe = DimensionUniverse.load(version)
    assert split_metadata_keys(given, universe.conform(dimensions), universe) == (plain, constraints)


@pytest.mark.parametrize(
    "given, message",
    [
        ({"seqnum": 3}, r"Unrecognized data ID key 'seqnum' .*Did you mean 'seq_num'"),
        ({"exposure.obsid": 3}, r"'exposure' has no field 'obsid'\. Did you mean 'obs_id'"),
        ({"exposre.obs_id": 3}, r"'exposre' is not a dimension .*Did you mean 'exposure'"),
        ({"visit_definition": 3}, "Unrecognized data ID key 'visit_definition'"),
        ({"cell_x": 3}, "Unrecognized data ID key 'cell_x'"),
        ({"id": 3}, "Unrecognized data ID key 'id'"),
    ],
)
def test_unknown_names_offer_the_nearest(given: dict[str, Any], message: str, universe: DimensionUniverse) -> None:
    with pytest.raises(DimensionNameError, match=message):
        split_metadata_keys(given, universe.conform(RAW), universe)


def test_text_where_no_name_exists(universe: DimensionUniverse) -> None:
    with pytest.raises(DimensionValueError, match="'tract' must be an integer, not 'north'"):
        split_metadata_keys({"tract": "north"}, universe.conform(["tract"]), universe)
