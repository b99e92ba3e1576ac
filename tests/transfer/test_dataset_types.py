"""Dataset types of another repository."""

from __future__ import annotations

from pathlib import Path

import pytest

from skybutler import Butler
from skybutler.datasets import DatasetType
from skybutler.dimensions import DimensionUniverse
from skybutler.errors import ConflictingDefinitionError, InconsistentUniverseError, MissingDatasetTypeError
from skybutler.transfer.dataset_types import missing_types, require_types, translated


def test_a_type_in_an_older_universe(tmp_path: Path, local_pair: tuple[Butler, Butler]) -> None:
    _, dest = local_pair
    old, new = DimensionUniverse.load(6), dest.dimensions
    kind = translated(DatasetType("x", old.conform(["visit", "detector"]), "int", True), dest.registry)
    assert kind == DatasetType("x", new.conform(["visit", "detector"]), "int", True)
    Butler.create(tmp_path / "old", dimensions=0)
    grouped = DatasetType("x", new.conform(["group"]), "int")
    with Butler(tmp_path / "old") as butler, pytest.raises(InconsistentUniverseError, match=r"version 8.*version 0"):
        translated(grouped, butler.registry)


def test_missing_and_different_types(local_pair: tuple[Butler, Butler]) -> None:
    _, dest = local_pair
    kinds = [DatasetType(n, dest.dimensions.conform(["detector"]), "int") for n in ("a", "b")]
    dest.register_dataset_type(kinds[0])
    assert missing_types(dest.registry, kinds) == kinds[1:]
    assert require_types(dest.registry, kinds, register=True) == kinds[1:]
    with pytest.raises(MissingDatasetTypeError, match="'b'"):
        require_types(dest.registry, kinds, register=False)
    with pytest.raises(ConflictingDefinitionError, match="differs"):
        missing_types(dest.registry, [DatasetType("a", dest.dimensions.conform(["visit"]), "int")])
