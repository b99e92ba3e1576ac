"""Exposures by path, without a repository."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from skybutler.errors import ConfigError, MissingFileError, UnreadableFileError
from skybutler.formatters import read_exposure, write_exposure
from skybutler.images import Box, Exposure, Image, PhotoCalib


def test_written_and_read(tmp_path: Path) -> None:
    exposure = Exposure(Image(np.arange(12.0, dtype=np.float32).reshape(3, 4), (5, 6)), photo_calib=PhotoCalib(2.0))
    path = tmp_path / "x.fits"
    write_exposure(exposure, path)
    write_exposure(exposure, str(path), compress=False)
    assert read_exposure(path).same_as(exposure)
    assert read_exposure(path.as_uri(), "photoCalib") == exposure.photo_calib
    box = Box((7, 8), (6, 8))
    assert read_exposure(path, bbox=box).same_as(exposure[box])


def test_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="no file"):
        read_exposure(tmp_path / "none.fits")
    (tmp_path / "x.fits").write_bytes(b"nothing")
    with pytest.raises(UnreadableFileError):
        read_exposure(tmp_path / "x.fits")
    with pytest.raises(ConfigError, match="colour"):
        write_exposure(Exposure(Image.zeros(Box((0, 2), (0, 2)))), tmp_path / "y.fits", colour="red")


def test_a_real_file(shared: Path) -> None:
    psf = read_exposure(shared / "data/exposures/calexp.fits", "psf")
    assert psf.sigma() == 4.0
