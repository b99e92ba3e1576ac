"""Names that are not served say what does the same; all others are merely absent."""

from __future__ import annotations

import pytest

from skybutler.compat.afw import camera_geom, display, geom, image
from skybutler.compat.afw.missing import missing
from skybutler.errors import MissingExtraError


def test_known_names_say_what_to_use() -> None:
    get = missing("lsst.afw.image", ["ExposureF"], {"Calib": "Use PhotoCalib."})
    with pytest.raises(MissingExtraError, match="lsst.afw.image.Calib is not served by skybutler.compat. Use Photo"):
        get("Calib")
    with pytest.raises(AttributeError, match="has no attribute 'ExposureG'. Did you mean 'ExposureF'"):
        get("ExposureG")


@pytest.mark.parametrize(
    "module, name, words",
    [
        (image, "Calib", "getPhotoCalib"),
        (geom, "Box2I", "lsst.geom"),
        (camera_geom, "makeCameraFromPath", "add-an-instrument"),
        (display, "ds9", "matplotlib"),
    ],
)
def test_every_module_does(module: object, name: str, words: str) -> None:
    with pytest.raises(MissingExtraError, match=words):
        getattr(module, name)
    assert not hasattr(module, "NoSuchThing")
    assert not hasattr(module, "__path__")
