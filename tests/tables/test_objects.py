"""Columns of objects that are read when they are asked for."""

from __future__ import annotations

import pickle

import numpy as np

from skybutler.tables import ObjectColumn


def _column(read: list[int]) -> ObjectColumn:
    def load(number: int) -> object:
        read.append(number)
        return f"object {number}"

    return ObjectColumn([3, 0, 5, "set"], load)


def test_objects_are_read_once_and_when_asked_for() -> None:
    read: list[int] = []
    column = _column(read)
    assert (len(column), column.n_unread, read) == (4, 2, [])
    assert [column[2], column[2], column[1], column[3]] == ["object 5", "object 5", None, "set"]
    assert (read, column.n_unread) == ([5], 1)
    assert list(column) == ["object 3", None, "object 5", "set"]


def test_slices_share_and_masks_do_not() -> None:
    column = _column([])
    part = column.take(slice(1, 3))
    part[0] = "new"
    assert column[1] == "new"
    chosen = column.take(np.array([True, False, False, True]))
    chosen[0] = "other"
    assert list(chosen) == ["other", "set"]
    assert column[0] == "object 3"
    copied = column.copy()
    copied[0] = None
    assert column[0] == "object 3"


def test_emptiness() -> None:
    assert ObjectColumn([0, None]).is_empty
    assert not _column([]).is_empty


def test_pickles_hold_what_was_not_read() -> None:
    assert list(pickle.loads(pickle.dumps(_column([])))) == ["object 3", None, "object 5", "set"]


def test_joining() -> None:
    first: list[int] = []
    second: list[int] = []
    one, other = _column(first), _column(second)
    same = ObjectColumn.joined([one, one.take(slice(0, 1))])
    assert first == []
    assert list(same) == ["object 3", None, "object 5", "set", "object 3"]
    both = ObjectColumn.joined([one, other])
    assert sorted(second) == [3, 5]
    assert len(both) == 8
