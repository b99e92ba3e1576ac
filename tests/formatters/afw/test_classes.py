"""The tables of readers and writers."""

from __future__ import annotations

from pkgutil import resolve_name

import pytest

from skybutler.formatters.afw import classes
from skybutler.images.point_maps import Affine, PointMap


@pytest.mark.parametrize("function", sorted({*classes.READERS.values(), *classes.WRITERS.values()}))
def test_every_function_is_there(function: str) -> None:
    assert callable(resolve_name(function))


@pytest.mark.parametrize("cls", sorted(classes.WRITERS))
def test_every_class_is_there(cls: str) -> None:
    found = resolve_name(cls.rpartition(".")[0] + ":" + cls.rpartition(".")[2])
    assert isinstance(found, type)
    assert classes.writer(found) is not None


def test_derived_classes_are_written_as_their_bases() -> None:
    assert classes.writer(Affine) is classes.writer(PointMap)
    assert classes.writer(int) is None
    assert classes.reader("Nonsense") is None
