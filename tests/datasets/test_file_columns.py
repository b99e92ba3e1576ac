from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from skybutler.datasets.file_columns import FileColumns


def test_columns_are_kept_as_given() -> None:
    paths: Any = ["a.fits", "b.fits"]
    sizes: Any = np.array([2880, -1])
    files = FileColumns(paths, sizes, "raw", "Exposure")
    assert files.path is paths
    assert files.size is sizes
    assert (files.formatter, files.storage_class, files.checksum) == ("raw", "Exposure", None)
    with pytest.raises(dataclasses.FrozenInstanceError):
        files.path = []  # type: ignore[misc]
