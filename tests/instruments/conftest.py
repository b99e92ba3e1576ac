"""What the tests of instruments share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from skybutler.instruments import Instrument
from support.instruments import RAW


@pytest.fixture(scope="session")
def imsim() -> Instrument:
    return Instrument.load("LSSTCam-imSim")


@pytest.fixture(scope="session")
def real_raw(shared: Path) -> Path:
    return shared / "data" / RAW


@pytest.fixture(scope="session")
def truth(shared: Path) -> dict[str, Any]:
    """What the peer made of every real raw and header."""
    return {
        name: entry
        for book in ("raws", "headers")
        for name, entry in json.loads((shared / "expect" / f"{book}.json").read_text())["files"].items()
    }
