"""The gallery is built: every picture is there, has something on it, and is shown by the page."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from matplotlib.image import imread

from support.source import ROOT


@pytest.fixture(scope="module")
def gallery() -> Iterator[ModuleType]:
    """The script as a module."""
    spec = importlib.util.spec_from_file_location("skybutler_gallery", ROOT / "docs" / "gallery" / "make.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_picture_shows_something(gallery: ModuleType, tmp_path: Path) -> None:
    told: list[str] = []
    made = gallery.make_gallery(tmp_path, tell=told.append)
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    has_real = gallery.Data(tmp_path).shared is not None
    assert [p.stem for p in made] == [p.name for p in gallery.PICTURES if has_real or not p.real]
    assert len(told) == len(made) >= 15
    faults = {}
    for path in made:
        picture = np.asarray(imread(path))[..., :3]
        ny, nx = picture.shape[:2]
        colours = len(np.unique((picture * 15).astype(np.int64) @ np.array([256, 16, 1])))
        blank = float((picture.min(axis=-1) > 0.99).mean())
        if not (300 < ny < 1500 and 500 < nx < 2000 and picture.std() > 0.05 and colours > 8 and blank < 0.97):
            faults[path.name] = (ny, nx, float(picture.std()), colours, blank)
        assert f'src="{path.name}"' in page
    assert faults == {}
    assert "data:image/png;base64," in page
