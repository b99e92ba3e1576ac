"""Sky maps are kept as what defines them."""

from __future__ import annotations

import pickle
from collections.abc import Callable

import pytest

from skybutler.errors import ButlerError, UnreadableFileError
from skybutler.skymap import SkyMap
from support.files import Files

DC2 = {"kind": "rings", "numRings": 120, "tractOverlap": 1 / 60, "pixelScale": 0.2, "projection": "TAN"}


def test_a_map_comes_back(files: Callable[[str, str], Files]) -> None:
    sky_map = SkyMap.from_config(DC2)
    found = files("skymap", "SkyMap").round_trip(sky_map)
    assert found == sky_map
    assert found.sha1 == sky_map.sha1
    assert len(found) == len(sky_map)


def test_pickles_are_refused_with_a_way_out(files: Callable[[str, str], Files]) -> None:
    with pytest.raises(UnreadableFileError, match="register-skymap"):
        files("skymap", "SkyMap").read_bytes(pickle.dumps({}), "skyMap.pickle")


@pytest.mark.parametrize("content", [b"[]", b"kind: square\n", b"a: {"])
def test_what_is_no_map_is_named(files: Callable[[str, str], Files], content: bytes) -> None:
    with pytest.raises(ButlerError):
        files("skymap", "SkyMap").read_bytes(content)
