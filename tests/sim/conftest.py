"""What the tests of the simulation share."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.instruments import RAW


@pytest.fixture(scope="session")
def real_raw(shared: Path) -> Path:
    return shared / "data" / RAW
