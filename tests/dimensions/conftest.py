from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from skybutler.dimensions import DimensionUniverse


@pytest.fixture(scope="session")
def universe() -> DimensionUniverse:
    """The standard universe."""
    return DimensionUniverse.load()


@pytest.fixture(scope="session")
def facts() -> Any:
    """What lsst.daf.butler says of its universes."""
    return yaml.safe_load((Path(__file__).parent / "peer_universes.yaml").read_text(encoding="utf-8"))
