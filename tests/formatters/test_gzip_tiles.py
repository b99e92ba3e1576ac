"""The same image written at two times gives the same bytes."""

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from skybutler.formatters.gzip_tiles import forget_times


def _write(path: Path, kind: str) -> bytes:
    rng = np.random.default_rng(7)
    pixels = rng.normal(size=(40, 50)).astype("f4")
    image = fits.CompImageHDU(pixels, compression_type=kind, tile_shape=(16, 16), quantize_level=0)
    fits.HDUList([fits.PrimaryHDU(), image]).writeto(path)
    return pixels.tobytes()


@pytest.mark.parametrize("kind", ["GZIP_1", "GZIP_2"])
def test_two_times_one_file(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    files: list[Path] = []
    expected = b""
    for second in (1_000_000_000, 2_000_000_000):
        monkeypatch.setattr("time.time", lambda now=second: float(now))
        path = tmp_path / f"{second}.fits"
        expected = _write(path, kind)
        forget_times(path)
        files.append(path)
    assert files[0].read_bytes() == files[1].read_bytes()
    with fits.open(files[0]) as hdus:
        assert (hdus[1].data == np.frombuffer(expected, "f4").reshape(40, 50)).all()


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "plain.fits"
    fits.PrimaryHDU(np.arange(12, dtype="i4").reshape(3, 4)).writeto(path)
    before = path.read_bytes()
    forget_times(path)
    assert path.read_bytes() == before
