"""Rows that hang on datasets go out and come back as they were."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from skybutler.registry.attachments import ATTACHED, all_attached, attach, attached, attached_columns
from support.world import World

ROWS: dict[str, dict[str, list[Any]]] = {
    "artifact": {
        "component": ["wcs", "psf"], "path": ["a/w", "a/p"], "formatter": ["json", "yaml"],
        "storage_class": ["Wcs", "Psf"], "size": [1, -1], "checksum": [b"\x01" * 16, None],
    },
    "shared_file": {"path": ["a/x", "a/x"]},
    "provenance": {"quantum": [b"\x02" * 16, None], "extras": ['{"a": 1}', None]},
    "lineage": {"position": [0, 3], "input": [b"\x03" * 16, uuid.uuid4().bytes]},
}  # fmt: skip


@pytest.mark.parametrize("table", list(ATTACHED))
def test_out_and_in(world: World, table: str) -> None:
    ids = list(world.datasets["raw", "run/a"].values())[:2]
    columns = {"dataset": ids, **ROWS[table]}
    assert set(columns) == set(attached_columns(table))
    with world.registry.transaction():
        assert attach(world.registry, table, columns) == 2
        assert attach(world.registry, table, columns) == 0
        stranger = {name: [values[0]] for name, values in columns.items()} | {"dataset": [b"\x09" * 16]}
        assert attach(world.registry, table, stranger) == 0
        assert attach(world.registry, table, {name: [] for name in columns}) == 0
    found = attached(world.registry, table, ids)
    assert sorted(map(repr, zip(*found.values(), strict=True))) == sorted(
        map(repr, zip(*(columns[name] for name in found), strict=True))
    )
    batches = list(all_attached(world.registry, table, size=1))
    assert [len(b["dataset"]) for b in batches] == [1, 1]
    one = attached(world.registry, table, ids[1:])
    assert one["dataset"] == ids[1:]
