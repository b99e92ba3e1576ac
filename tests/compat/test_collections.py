from __future__ import annotations

import pytest

from skybutler.compat.butler import Butler
from skybutler.errors import OrphanedRecordError
from support.dp02 import COLLECTION


def test_a_sequence_of_the_default_ones(dp02: Butler) -> None:
    collections = dp02.collections
    assert (len(collections), collections[0], collections[:]) == (1, COLLECTION, (COLLECTION,))
    assert COLLECTION in collections
    assert list(collections) == [COLLECTION]


def test_removing_by_its_provisional_name(own_dp02: Butler) -> None:
    own_dp02.collections.register("empty")
    own_dp02.collections.x_remove("empty")
    assert "empty" not in own_dp02.collections.query("*")
    child = own_dp02.collections.get_info(COLLECTION).children[0]
    with pytest.raises(OrphanedRecordError, match="is a child of"):
        own_dp02.collections.x_remove(child)


def test_summaries_can_be_refreshed(own_dp02: Butler) -> None:
    before = own_dp02.registry.getCollectionSummary(COLLECTION)
    own_dp02.registry.refresh_collection_summaries()
    assert own_dp02.registry.getCollectionSummary(COLLECTION) == before
