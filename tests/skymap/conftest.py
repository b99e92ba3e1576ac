from __future__ import annotations

from pathlib import Path

import pytest

from skybutler.skymap import SkyMap, load_config


@pytest.fixture(scope="session")
def dc2(repository_root: Path) -> SkyMap:
    return SkyMap(load_config(repository_root / "examples" / "DC2.py"))
