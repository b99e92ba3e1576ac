"""Whole exposures with every kind of PSF, written to files and read again as a whole and in parts."""

from __future__ import annotations

import copy
import logging
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from skybutler.errors import UnreadableFileError
from skybutler.images import (
    ApertureCorrections,
    Box,
    ChebyshevField,
    CoaddInputs,
    CoaddPsf,
    Exposure,
    ExposureRecord,
    GaussianPsf,
    IdentityTransmission,
    Image,
    KernelPsf,
    PcaPsf,
    PhotoCalib,
    PiffPsf,
    Polygon,
    ProductTransmission,
    Psf,
    PsfexPsf,
    SkyWcs,
    SpatiallyConstantTransmission,
    SummaryStats,
)
from skybutler.images.kernels import FixedKernel, LinearCombinationKernel, PolynomialFunction
from support.files import Files
from support.piff_psfs import WIDTH, fitted_piff

BOX = Box((0, 40), (0, 50))
FIELD = ChebyshevField(BOX, [[1.0, 0.1], [0.2, 0.0]])
WCS = SkyWcs.from_affine(10.0, 20.0, [[-5e-5, 0.0], [0.0, 5e-5]], (25.0, 20.0))
CURVE = SpatiallyConstantTransmission([0.0, 1.0], [3000.0, 4000.0])
COMPONENTS = {
    "psf": "psf",
    "photoCalib": "photo_calib",
    "apCorrMap": "aperture_corrections",
    "validPolygon": "valid_polygon",
    "summaryStats": "summary_stats",
    "transmissionCurve": "transmission_curve",
    "coaddInputs": "coadd_inputs",
}


def records() -> list[ExposureRecord]:
    parts = {
        "wcs": WCS, "psf": GaussianPsf(21, 21, 2.0), "photo_calib": PhotoCalib(2.0), "transmission_curve": CURVE,
        "valid_polygon": Polygon.from_box(BOX), "aperture_corrections": ApertureCorrections({"a": FIELD}),
    }  # fmt: skip
    return [ExposureRecord(n, BOX, parts, {"weight": 1.0 / n, "visit": n, "ccd": 3}) for n in (1, 2)]


def pca() -> Psf:
    kernels = FixedKernel(np.eye(5)), FixedKernel(np.ones((5, 5)))
    return PcaPsf(LinearCombinationKernel(kernels, (PolynomialFunction([1, 0, 0]), PolynomialFunction([1, 0.1, 0]))))


def psfex() -> Psf:
    pixels = np.random.default_rng(1).uniform(size=(6, 9, 9))
    return PsfexPsf(pixels, 0.8, (0.0, 0.0), (50.0, 50.0), (25.0, 20.0))


PSFS: dict[str, Callable[[], Psf]] = {
    "Gaussian": lambda: GaussianPsf(21, 21, 2.0),
    "kernel": lambda: KernelPsf(FixedKernel(np.ones((3, 3))), (1.0, 2.0)),
    "principal components": pca,
    "PSFEx": psfex,
    "Piff": lambda: PiffPsf(WIDTH, WIDTH, copy.deepcopy(fitted_piff())),
    "coadd": lambda: CoaddPsf(records(), WCS),
}


def exposure(psf: Psf) -> Exposure:
    return Exposure(
        Image.zeros(BOX), wcs=WCS, psf=psf, photo_calib=PhotoCalib.from_field(FIELD, 0.1),
        aperture_corrections=ApertureCorrections({"a": FIELD, "b": 2.0 * FIELD}),
        valid_polygon=Polygon.from_box(BOX), summary_stats=SummaryStats(psf_sigma=2.0, n_psf_star=7),
        transmission_curve=ProductTransmission(CURVE, IdentityTransmission()),
        coadd_inputs=CoaddInputs(records(), records()),
    )  # fmt: skip


@pytest.mark.parametrize("kind", list(PSFS))
def test_round_trip(kind: str, files: Callable[[str, str], Files]) -> None:
    made, file = exposure(PSFS[kind]()), files("fits-image", "ExposureF")
    found = file.round_trip(made)
    assert found.same_as(made)
    for component, attribute in COMPONENTS.items():
        assert file.read(component) == getattr(found, attribute) == getattr(made, attribute)
    # The file is closed, and parts of inputs are still read.
    assert file.read("coaddInputs").ccds[1].psf == GaussianPsf(21, 21, 2.0)
    assert file.read("psf").compute_image(10.2, 20.0).same_as(PSFS[kind]().compute_image(10.2, 20.0))


class Evil:
    def __reduce__(self) -> tuple[Any, ...]:
        return print, ("executed",)


def test_a_refused_psf_costs_the_psf_only(
    files: Callable[[str, str], Files], caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    model = copy.deepcopy(fitted_piff())
    psf = PiffPsf(WIDTH, WIDTH, model, pickle.dumps((WIDTH, WIDTH, model, Evil())))
    made, file = exposure(psf), files("fits-image", "ExposureF")
    with caplog.at_level(logging.WARNING):
        found = file.round_trip(made)
    assert found.psf is None
    assert found.photo_calib == made.photo_calib
    assert "asks for builtins.print, which is not on the list" in caplog.text
    with pytest.raises(UnreadableFileError, match="asks for builtins.print"):
        file.read("psf")
    assert "executed" not in capsys.readouterr().out
