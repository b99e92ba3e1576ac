"""Many datasets at once."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from skybutler.datasets.file_columns import FileColumns
from skybutler.dimensions import DimensionUniverse
from skybutler.errors import (
    CollectionTypeError,
    DataIdValueError,
    DatasetExistsError,
    DimensionNameError,
    DimensionValueError,
    MissingCollectionError,
)
from skybutler.registry.registry import Registry
from support.world import World, make_world


def raws(*pairs: tuple[int, int]) -> dict[str, Any]:
    return {
        "instrument": ["Cam"] * len(pairs),
        "exposure": np.array([e for e, _ in pairs], np.int64),
        "detector": [d for _, d in pairs],
    }


def test_rows_come_back_with_ids_and_files(world: World) -> None:
    datasets = world.registry.datasets
    ids = np.arange(48, dtype=np.uint8).reshape(3, 16)
    files = FileColumns(["x/a", "x/b", "file:///y"], [1, 2, -1], "json", "StructuredDataDict", [b"1" * 16, None, None])
    added = datasets.insert("raw", "run/b", raws((10, 0), (11, 1), (12, 2)), ids=ids, files=files)
    assert added.tolist() == [True] * 3
    found = datasets.get_many([i.tobytes() for i in ids])
    refs = [found[i.tobytes()] for i in ids]
    assert [(r.data_id["exposure"], r.data_id["detector"], r.run) for r, _, _ in refs] == [
        (10, 0, "run/b"), (11, 1, "run/b"), (12, 2, "run/b"),
    ]  # fmt: skip
    assert [(f.path, f.size, f.checksum, f.formatter) for _, _, f in refs if f] == [
        ("x/a", 1, b"1" * 16, "json"), ("x/b", 2, None, "json"), ("file:///y", -1, None, "json"),
    ]  # fmt: skip
    added = datasets.insert("raw", "run/b", raws((13, 0), (13, 1)))
    assert added.tolist() == [True, True]


def test_what_exists_is_named_or_skipped(world: World) -> None:
    datasets = world.registry.datasets
    with pytest.raises(
        DatasetExistsError,
        match=r"'run/a' already holds 'raw' for \{instrument: 'Cam', detector: 1, exposure: 10\}; .* 1 more",
    ) as caught:
        datasets.insert("raw", "run/a", raws((10, 1), (10, 2), (11, 1), (11, 2)))
    assert "--skip-existing" in caught.value.hint
    mixed = raws((10, 1), (10, 2))
    datasets.insert("raw", "run/b", raws((10, 2)))
    assert datasets.existing("raw", "run/b", mixed).tolist() == [False, True]
    assert datasets.insert("raw", "run/b", mixed, skip_existing=True).tolist() == [True, False]
    assert datasets.insert("raw", "run/b", mixed, skip_existing=True).tolist() == [False, False]
    assert datasets.existing("raw", "nowhere", mixed).tolist() == [False, False]
    unknown = {"instrument": ["Nobody"], "exposure": [1], "detector": [1]}
    assert datasets.existing("raw", "run/a", unknown).tolist() == [False]


def test_data_ids_or_ids_given_twice_are_refused(world: World) -> None:
    datasets = world.registry.datasets
    with pytest.raises(DatasetExistsError, match="same data ID"):
        datasets.insert("raw", "run/b", raws((10, 1), (10, 1)))
    taken = np.frombuffer(next(iter(world.datasets["raw", "run/a"].values())), np.uint8).reshape(1, 16)
    with pytest.raises(DatasetExistsError, match="id is taken"):
        datasets.insert("raw", "run/b", raws((10, 1)), ids=taken)
    assert not datasets.existing("raw", "run/b", raws((10, 1))).any()


def test_what_exists_is_skipped_whatever_its_id(world: World) -> None:
    datasets = world.registry.datasets
    ids = np.arange(64, dtype=np.uint8).reshape(4, 16)
    assert datasets.insert("raw", "run/b", raws((10, 0), (10, 1)), ids=ids[:2]).all()
    four = raws((10, 0), (11, 0), (10, 1), (12, 0))
    ordered = ids[[0, 2, 3, 1]]  # the first has its id again, the third another, the last one that is taken
    with pytest.raises(DatasetExistsError, match="id is taken"):
        datasets.insert("raw", "run/b", four, ids=ordered, skip_existing=True)
    ordered = np.concatenate([ordered[:3], np.full((1, 16), 255, np.uint8)])
    added = datasets.insert("raw", "run/b", four, ids=ordered, skip_existing=True)
    assert added.tolist() == [False, True, False, True]
    assert datasets.insert("raw", "run/b", four, ids=ordered, skip_existing=True).tolist() == [False] * 4
    assert {i.tobytes() for i in ids[:3]} <= datasets.get_many([i.tobytes() for i in ids]).keys()
    with pytest.raises(DatasetExistsError, match=r"Two of the 3 .* \{instrument: 'Cam', detector: 1, exposure: 12\}"):
        datasets.insert("raw", "run/b", raws((10, 0), (12, 1), (12, 1)), skip_existing=True)
    assert not datasets.existing("raw", "run/b", raws((12, 1))).any()


def test_data_ids_need_records(world: World) -> None:
    datasets = world.registry.datasets
    with pytest.raises(DataIdValueError, match="No exposure record"):
        datasets.insert("raw", "run/b", raws((10, 0), (77, 0)))
    assert not datasets.existing("raw", "run/b", raws((10, 0))).any()
    with pytest.raises(DimensionNameError, match=r"required dimension\(s\) detector"):
        datasets.insert("raw", "run/b", {"instrument": ["Cam"], "exposure": [10]})
    with pytest.raises(DimensionValueError):
        datasets.insert("raw", "run/b", {**raws((10, 0)), "detector": ["0"]})
    with pytest.raises(CollectionTypeError):
        datasets.insert("raw", "tag/x", raws((10, 0)))
    with pytest.raises(MissingCollectionError):
        datasets.insert("raw", "run/d", raws((10, 0)))


def test_types_without_dimensions_or_with_pixels(world: World) -> None:
    datasets = world.registry.datasets
    assert datasets.existing("notes", "run/a", {}).tolist() == [True]
    assert datasets.insert("notes", "run/b", {}, ids=np.zeros((1, 16), np.uint8)).tolist() == [True]
    with pytest.raises(DatasetExistsError):
        datasets.insert("notes", "run/b", {}, ids=np.ones((1, 16), np.uint8))
    assert datasets.insert("pixels", "run/b", {"htm7": [131072, 262143]}).all()
    assert datasets.insert("raw", "run/b", raws()).tolist() == []


def test_adding_costs_the_same_in_a_full_run(tmp_path: Path) -> None:
    """In SQLite's own steps: a filter over the whole run, made for each call, once took nearly all of them."""
    registry = Registry.create(f"sqlite:///{tmp_path / 'r.sqlite3'}", DimensionUniverse.load())
    make_world(registry)
    numbers = range(1000, 4000)
    columns = {"instrument": "Cam", "physical_filter": "r_1", "group": "g1", "day_obs": 20240101}
    records = {name: [value] * len(numbers) for name, value in columns.items()}
    names = [f"E{i}" for i in numbers]
    registry.elements.insert("exposure", {**records, "id": list(numbers), "obs_id": names})

    def add(first: int, last: int) -> None:
        registry.datasets.insert("raw", "run/b", raws(*((e, d) for e in range(first, last) for d in range(4))))

    def steps_of_adding(first: int) -> int:
        registry.database.analyze()
        steps = itertools.count()
        connection = registry.database.connection
        connection.set_progress_handler(lambda: next(steps) < 0, 1)
        add(first, first + 10)
        connection.set_progress_handler(None, 0)
        return next(steps)

    add(1000, 1100)
    few = steps_of_adding(1100)
    add(1110, 3900)
    assert steps_of_adding(3900) < 1.5 * few
    registry.close()
