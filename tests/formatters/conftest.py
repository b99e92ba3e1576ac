"""Each test of a formatter gets a directory for its files."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from support.files import Files


@pytest.fixture
def files(tmp_path: Path) -> Callable[[str, str], Files]:
    """Makes `Files` of a formatter's and a storage class' name."""
    return partial(Files, tmp_path)
