"""What is here already, and what contradicts it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from skybutler import Butler
from skybutler.errors import ConflictingDefinitionError, DatasetExistsError
from skybutler.registry.rows import rows_of
from skybutler.transfer.standing import fresh_positions
from support.exchange import fill


def test_standing_of_datasets(origin: Butler, dest: Butler) -> None:
    refs = fill(origin)[:9]
    (rows,) = rows_of(origin.registry, [r.id.bytes for r in refs])
    assert fresh_positions(origin.registry, rows) == []
    assert fresh_positions(dest.registry, rows) == list(range(9))
    dest.transfer_from(origin, refs[:4], register_dataset_types=True, transfer_dimensions=True)
    assert fresh_positions(dest.registry, rows) == list(range(4, 9))
    other = replace(rows, ids=[bytes(15) + bytes([i]) for i in range(9)])
    with pytest.raises(DatasetExistsError, match="place of 4"):
        fresh_positions(dest.registry, other)
    moved = replace(rows, run=["run/z"] * 9)
    with pytest.raises(ConflictingDefinitionError, match=r"4 of the ids.*run/a.*run/z"):
        fresh_positions(dest.registry, moved)
