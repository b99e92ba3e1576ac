"""Stored columns as users see them, as lists and as Arrow."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from skybutler import Butler
from skybutler.registry import results
from skybutler.registry.ask import ask_data_ids, ask_datasets
from skybutler.registry.batches import Decoder
from support.world import World


def _decoder(world: World, dimensions: Sequence[str], constants: dict[str, Any], *columns: str) -> Decoder:
    return Decoder(world.registry, world.universe.conform(dimensions), constants, columns)


def _expected(world: World, exposures: Sequence[int]) -> dict[str, list[Any]]:
    rows = {r["id"]: r for r in world.rows["exposure"] if r["instrument"] == "Cam"}
    bands = {r["name"]: r["band"] for r in world.rows["physical_filter"] if r["instrument"] == "Cam"}
    columns = {d: [rows[e][d] for e in exposures] for d in ("day_obs", "group", "physical_filter")}
    return {"exposure": list(exposures), "band": [bands[f] for f in columns["physical_filter"]], **columns}


@pytest.mark.parametrize("kind", [tuple, np.array])
def test_one_dimension_varies(shared_world: World, kind: Any) -> None:
    exposures = [15, 12, 10, 12]
    expected = {"instrument": ["Cam"] * 4, **_expected(shared_world, exposures)}
    decoder = _decoder(shared_world, ["exposure"], {"instrument": "Cam"}, "exposure")
    assert decoder.lists({"exposure": kind(exposures)}, 4) == expected
    assert {k: v.to_pylist() for k, v in decoder.arrow({"exposure": kind(exposures)}, 4).items()} == expected


def test_two_dimensions_vary(shared_world: World) -> None:
    find = shared_world.registry.names.find
    stored = {"instrument": (find("Cam"), find("Other"), find("Cam")), "exposure": (10, 10, 12)}
    decoder = _decoder(shared_world, ["exposure"], {}, *stored)
    lists = decoder.lists(stored, 3)
    assert (lists["instrument"], lists["group"]) == (["Cam", "Other", "Cam"], ["g0", "g0", "g2"])
    assert lists["band"] == ["r", "r", "g"]
    assert {k: v.to_pylist() for k, v in decoder.arrow(stored, 3).items()} == lists


def test_everything_is_constant(shared_world: World) -> None:
    constants = {"instrument": "Cam", "exposure": 12}
    expected = {"instrument": ["Cam"] * 2, **_expected(shared_world, [12, 12])}
    decoder = _decoder(shared_world, ["exposure"], constants)
    assert decoder.lists({}, 2) == expected
    assert {k: v.to_pylist() for k, v in decoder.arrow({}, 2).items()} == expected


def test_missing_codes_are_missing_texts(shared_world: World) -> None:
    find = shared_world.registry.names.find
    stored = {"physical_filter": (find("r_1"), None), "band": (None, find("r"))}
    decoder = _decoder(shared_world, ["physical_filter"], {"instrument": "Cam"}, *stored)
    expected = {"instrument": ["Cam", "Cam"], "physical_filter": ["r_1", None], "band": [None, "r"]}
    assert decoder.lists(stored, 2) == expected
    assert {k: v.to_pylist() for k, v in decoder.arrow(stored, 2).items()} == expected


def test_ids_and_runs(shared_world: World) -> None:
    ids = [uuid.uuid4() for _ in range(300)]
    runs = [shared_world.registry.collections.get(n).k for n in ("run/a", "run/b", "run/a")] * 100
    stored = {"id": tuple(i.bytes for i in ids), "run": tuple(runs)}
    decoder = _decoder(shared_world, [], {}, *stored)
    arrays = decoder.arrow(stored, 300)
    assert arrays["id"].to_pylist() == list(map(str, ids))
    assert arrays["run"].to_pylist() == ["run/a", "run/b", "run/a"] * 100 == decoder.lists(stored, 300)["run"]
    arrays["id"].validate(full=True)


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "_BATCH", 3)


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("order", ["-exposure", "band,detector", "exposure.day_obs,-detector"])
@pytest.mark.parametrize("where", ["", "band = 'r'", "exposure.exposure_time > 0 OR detector.full_name = 'R0_S0'"])
def test_batches_objects_and_tables_are_the_same(shared_world: World, where: str, order: str) -> None:
    registry = shared_world.registry
    for instrument in ({"instrument": "Cam"}, {}):
        group = shared_world.universe.conform(["exposure", "detector"])
        found = ask_data_ids(registry, group, where=where, data_id=instrument).order_by(*order.split(","))
        table = found.to_arrow()
        assert table.to_pylist() == [dict(d.mapping) for d in found]
        assert len(table) > 3
        batches = list(found.to_batches())
        assert [b.num_rows for b in batches][:-1] == [3] * (len(batches) - 1)
        assert pa.Table.from_batches(batches) == table
        plain = list(found.column_batches())
        assert {tuple(b) for b in plain} == {tuple(table.column_names)}
        rows = itertools.chain(*(zip(*b.values(), strict=True) for b in plain))
        assert list(rows) == [tuple(row.values()) for row in table.to_pylist()]


def test_refs_have_the_implied_values_of_their_records(shared_world: World) -> None:
    registry = shared_world.registry
    for runs in (["run/b"], ["run/b", "run/a"], ["tag/x"]):
        refs = list(ask_datasets(registry, [registry.dataset_types.get("calexp")], runs))
        assert refs
        for ref in refs:
            assert dict(ref.data_id.mapping) == dict(registry.data_ids.expand(ref.data_id).mapping)


def test_a_table_of_nothing_has_all_columns(tmp_path: Any) -> None:
    Butler.create(tmp_path / "repo")
    with Butler(tmp_path / "repo", writeable=True) as butler:
        butler.register_dataset_type("raw", ["instrument", "exposure"])
        table = butler.query_datasets("raw", "nowhere/*").to_arrow()
        assert table.num_rows == 0
        assert table.column_names[:5] == ["type", "run", "id", "instrument", "exposure"]
