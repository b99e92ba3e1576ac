"""Data IDs as integers of key tables, and the records they need."""

from __future__ import annotations

import numpy as np
import pytest

from skybutler.errors import DataIdValueError, DimensionValueError
from support.world import World


def test_rows_are_made_once(world: World) -> None:
    keys, group = world.registry.keys, world.universe.conform(["instrument", "exposure", "detector"])
    table = world.registry.dataset_types.get("raw").key_table
    required = tuple(group.required)
    with world.registry.transaction():
        row = keys.obtain(table, group, ("Cam", 1, 12))
        assert keys.obtain(table, group, ("Cam", 1, 12)) == row
        fresh = keys.obtain(table, group, ("Other", 0, 10))
    assert keys.find(table, required, ("Cam", 1, 12)) == row != fresh
    assert keys.find(table, required, ("Nobody", 1, 12)) is None
    assert keys.find(table, required, ("Cam", 1, 99)) is None
    assert keys.find("", (), ()) == 0


def test_records_must_exist(world: World) -> None:
    keys = world.registry.keys
    group = world.universe.conform(["instrument", "exposure", "detector"])
    keys.require_parents(group, {"instrument": ["Cam"] * 2, "detector": [0, 1], "exposure": [10, 11]})
    with pytest.raises(
        DataIdValueError, match=r"No exposure record with \{instrument: 'Cam', exposure: 77\}.*1 more"
    ) as e:
        keys.require_parents(group, {"instrument": ["Cam"] * 3, "detector": [0, 1, 1], "exposure": [10, 77, 78]})
    assert "butler ingest-raws" in e.value.hint
    with pytest.raises(DataIdValueError, match="No instrument record"):
        keys.require_parents(group, {"instrument": ["Nobody"], "detector": [0], "exposure": [10]})
    band = world.universe.conform(["band"])
    keys.require_parents(band, {"band": ["r", "g"]})
    with pytest.raises(DataIdValueError, match="No band record"):
        keys.require_parents(band, {"band": ["dark"]})
    keys.require_parents(world.universe.conform(["htm7"]), {"htm7": [131072]})


def test_columns_are_encoded(world: World) -> None:
    keys = world.registry.keys
    codes = keys.encode_column("instrument", np.array(["Cam", "Nobody", "Cam"]), intern=False)
    assert codes == [keys.names.find("Cam"), None, keys.names.find("Cam")]
    assert keys.encode_column("detector", [3, 4], intern=False) == [3, 4]
    with pytest.raises(DimensionValueError, match="'detector' must be integers"):
        keys.encode_column("detector", ["3"], intern=False)
    with pytest.raises(DimensionValueError, match="'instrument' must be text"):
        keys.encode_column("instrument", [3], intern=False)
    assert keys.decode("instrument", codes[0]) == "Cam"
