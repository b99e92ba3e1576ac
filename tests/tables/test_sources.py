"""Catalogs of positions and of sources."""

from __future__ import annotations

import numpy as np
import pytest

from skybutler.tables import SimpleCatalog, SourceCatalog


@pytest.fixture
def sources() -> SourceCatalog:
    columns = {
        "id": [10, 11, 12],
        "coord_ra": np.radians([359.9, 0.1, 10.0]),
        "coord_dec": np.zeros(3),
        "parent": [0, 10, 10],
        "s_xx": [1.0, 2.0, 3.0],
        "s_yy": [4.0, 5.0, 6.0],
        "s_xy": [7.0, 8.0, 9.0],
    }
    return SourceCatalog(columns, aliases={"slot_Shape": "s"})


def test_finding_by_id(sources: SourceCatalog) -> None:
    found = sources.find(11)
    assert found is not None
    assert (found.row, found.parent) == (1, 10)
    assert sources.find(99) is None


def test_children(sources: SourceCatalog) -> None:
    assert sources.children(10)["id"].tolist() == [11, 12]
    assert sources.children(0)["id"].tolist() == [10]


def test_positions(sources: SourceCatalog) -> None:
    assert sources.ra == pytest.approx([359.9, 0.1, 10.0])
    assert sources.dec.tolist() == [0.0, 0.0, 0.0]


def test_a_circle_across_the_meridian(sources: SourceCatalog) -> None:
    assert sources.within(0.0, 0.0, 0.2)["id"].tolist() == [10, 11]
    assert len(sources.within(0.0, 0.0, 0.05)) == 0


def test_shapes(sources: SourceCatalog) -> None:
    assert sources[1].shape == (2.0, 5.0, 8.0)


def test_footprints_can_be_set(sources: SourceCatalog) -> None:
    assert sources[0].footprint is None
    sources[0].footprint = "pixels"
    assert list(sources.footprints) == ["pixels", None, None]


def test_a_simple_catalog_has_no_slots() -> None:
    assert not hasattr(SimpleCatalog({"id": [1]}), "x")
