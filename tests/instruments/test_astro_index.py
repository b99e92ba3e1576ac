"""Indexing several files with the tool, whose headers are astropy's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from astro_metadata_translator import indexing
from astropy.io import fits

from skybutler.instruments.astro_index import index_several_files


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """Two files, with a card without value, and one that only the second has."""
    for i in (1, 2):
        hdu = fits.PrimaryHDU()
        hdu.header["SAME"], hdu.header["OWN"], hdu.header["EMPTY"] = "x", i, None
        if i == 2:
            hdu.header["LATE"] = True
        fits.HDUList([hdu, fits.ImageHDU()]).writeto(tmp_path / f"{i}.fits")
    return ["1.fits", "2.fits"]


def index(folder: Path, files: list[str]) -> dict[str, dict[str, object]]:
    made, okay, failed = indexing.index_files(files, folder, -1, False, "metadata")
    assert (len(okay), failed) == (len(files), [])
    read: dict[str, dict[str, object]] = json.loads(json.dumps(made))
    return read


def test_files_that_differ_are_indexed(files: list[str], tmp_path: Path) -> None:
    index_several_files()
    made = index(tmp_path, files)
    assert made["1.fits"] == {"OWN": 1}
    assert made["2.fits"] == {"OWN": 2, "LATE": True}
    common = made["__COMMON__"]
    assert (common["SAME"], common["EMPTY"]) == ("x", None)
    assert index(tmp_path, files[:1])["1.fits"] == {}


def test_what_works_is_left_alone() -> None:
    index_several_files()
    working = vars(indexing)["merge_headers"]
    assert not index_several_files()
    assert vars(indexing)["merge_headers"] is working
