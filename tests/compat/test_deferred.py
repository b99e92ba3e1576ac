"""Datasets found now and read later, with foreign spellings."""

from __future__ import annotations

import pytest

from skybutler.compat.afw.exposure import ExposureF
from skybutler.compat.butler import Butler
from skybutler.compat.daf_base import PropertySet
from skybutler.compat.dataset_types import DatasetRef, StorageClass
from skybutler.compat.geom import Box2I, Extent2I, Point2I
from skybutler.errors import DatasetNotFoundError
from support.dp02 import DETECTOR, task_metadata

VISIT = 1192139


def test_found_now_read_later(dp02: Butler) -> None:
    handle = dp02.getDeferred("characterizeImage_metadata", visit=VISIT, detector=DETECTOR)
    assert type(handle.ref) is DatasetRef
    assert handle.dataId.full["physical_filter"] == "r_sim_1.4"
    assert handle.get() == task_metadata(VISIT)
    assert type(handle.get(storageClass=StorageClass("PropertySet"))) is PropertySet
    assert str(handle.ref) in repr(handle)


def test_components_and_parameters(dp02: Butler) -> None:
    handle = dp02.getDeferred("calexp", dataId={"visit": VISIT, "detector": DETECTOR})
    box = Box2I(Point2I(1, 0), Extent2I(2, 2))
    assert handle.get(component="bbox") == Box2I(Point2I(0, 0), Extent2I(4, 3))
    assert handle.get(component="dimensions") == Extent2I(4, 3)
    assert handle.get(parameters={"bbox": box}).getBBox() == box
    later = dp02.getDeferred(handle.ref, parameters={"bbox": box})
    assert type(later.get()) is ExposureF
    assert later.get().getBBox() == box


def test_what_is_not_there_is_said_now(dp02: Butler) -> None:
    with pytest.raises(DatasetNotFoundError):
        dp02.getDeferred("calibrate_metadata", visit=VISIT, detector=DETECTOR)
