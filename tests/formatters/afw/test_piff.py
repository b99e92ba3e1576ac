"""PSFs of Piff in archives: real pickles, old ones, and pickles that want to do something else."""

from __future__ import annotations

import copy
import os
import pickle
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

import galsim
import numpy as np
import pytest
from astropy.io import fits

from skybutler.errors import MissingExtraError, UnreadableFileError
from skybutler.formatters.afw import Archive, ArchiveWriter, Column
from skybutler.images import PiffPsf
from support.archives import archive_of, round_trip
from support.piff_psfs import WIDTH, fitted_piff


def archive_with(pickled: bytes) -> Archive:
    writer, buffer = ArchiveWriter(), BytesIO()
    table = writer.table((Column("bytes", "QB"),))
    writer.add(writer.number(), table, "PiffPsf", "lsst.meas.extensions.piff.piffPsf", [{"bytes": pickled}])
    writer.file().writeto(buffer)
    return Archive(fits.open(BytesIO(buffer.getvalue())), "memory")


def read(content: Any, protocol: int = 4) -> PiffPsf:
    found = archive_with(pickle.dumps(content, protocol)).get(1, PiffPsf)
    assert found is not None
    return found


@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_a_real_one(protocol: int) -> None:
    psf = read((WIDTH, WIDTH, fitted_piff()), protocol)
    assert (psf.width, psf.height) == (WIDTH, WIDTH)
    drawn = copy.deepcopy(fitted_piff()).draw(60.3, 70.6, stamp_size=WIDTH).array
    np.testing.assert_allclose(psf.compute_image(60.3, 70.6).array, drawn / drawn.sum(), atol=1e-15)
    (rows,) = archive_of(psf).pieces(1, 1)
    assert rows.one("bytes") == pickle.dumps((WIDTH, WIDTH, fitted_piff()), protocol)


def test_round_trip() -> None:
    psf = PiffPsf(WIDTH, WIDTH, copy.deepcopy(fitted_piff()))
    again = round_trip(psf)
    assert again == psf
    assert again.average_position == psf.average_position


def test_one_of_an_earlier_piff() -> None:
    model = copy.deepcopy(fitted_piff())
    for owner, names in (
        (model, ["_num"]),
        (model.interp, ["_num"]),
        (model.model, ["_num", "_fit_flux", "_maxk", "_stepk"]),
    ):
        for name in names:
            delattr(owner, name)
    psf = read((WIDTH, WIDTH, model))
    expected = PiffPsf(WIDTH, WIDTH, copy.deepcopy(fitted_piff())).compute_image(50.0, 60.0)
    np.testing.assert_allclose(psf.compute_image(50.0, 60.0).array, expected.array, atol=1e-15)


class Touch:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)


class Call:
    """Calls a class that is on the list, to have it read a file or fill the memory."""

    def __init__(self, *call: Any) -> None:
        self.call = call

    def __reduce__(self) -> tuple[Any, ...]:
        return self.call[0], self.call[1:]


def test_what_a_pickle_may_not_do(tmp_path: Path) -> None:
    model = copy.deepcopy(fitted_piff())
    model.kwargs["extra"] = Touch(tmp_path / "made")
    with pytest.raises(UnreadableFileError, match="Piff PSF of memory is refused: the pickle asks for posix.mkdir"):
        read((WIDTH, WIDTH, model))
    assert not (tmp_path / "made").exists()
    for call in ((galsim.Image, 10, 10), (galsim.InterpolatedImage, str(tmp_path / "x.fits")), (galsim.Lanczos, 3)):
        with pytest.raises(UnreadableFileError, match="is refused: the pickle (asks for|calls)|damaged"):
            read((WIDTH, WIDTH, Call(*call)))


@pytest.mark.parametrize("content", [1, (1, 2), (1, 2, 3), {"a": 1}])
def test_a_pickle_of_something_else(content: Any) -> None:
    with pytest.raises(UnreadableFileError, match="is of something else"):
        read(content)


def test_a_model_that_lacks_parts() -> None:
    model = copy.deepcopy(fitted_piff())
    del model.stars
    with pytest.raises(UnreadableFileError, match="has no stars"):
        read((WIDTH, WIDTH, model))


def test_a_pickle_cut_short() -> None:
    whole = pickle.dumps((WIDTH, WIDTH, fitted_piff()))
    with pytest.raises(UnreadableFileError, match="damaged"):
        archive_with(whole[:-1000]).get(1)


def test_without_piff(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "piff", None)
    with pytest.raises(MissingExtraError, match="one of Piff, which is not installed"):
        archive_with(b"").get(1)
