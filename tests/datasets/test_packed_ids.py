"""Packed ids: what goes in comes out, as often as asked."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from skybutler.datasets.packed_ids import PackedIds


@given(st.lists(st.binary(min_size=16, max_size=16)))
def test_ids_come_out_as_they_went_in(ids: list[bytes]) -> None:
    packed = PackedIds(ids)
    assert list(packed) == ids
    assert list(packed) == ids
    assert len(packed) == len(ids)
    packed.add(b"0123456789abcdef")
    assert list(packed) == [*ids, b"0123456789abcdef"]
