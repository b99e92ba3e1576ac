"""Kernels, and PSFs that are kernels, in archives."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from skybutler.errors import FormatError, UnreadableFileError
from skybutler.formatters.afw import Archive, ArchiveWriter, Column
from skybutler.images import GaussianPsf, KernelPsf, PcaPsf
from skybutler.images.kernels import (
    ChebyshevFunction,
    FixedKernel,
    LinearCombinationKernel,
    PolynomialFunction,
    SpatialFunction,
)
from support.archives import archive_of, round_trip

numbers = st.floats(-1e6, 1e6)


@st.composite
def psfs(draw: st.DrawFn) -> KernelPsf:
    shape = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    n = draw(st.integers(1, 3))
    center = draw(st.tuples(st.integers(0, shape[1] - 1), st.integers(0, shape[0] - 1)))
    kernels = tuple(FixedKernel(draw(arrays(np.float64, shape, elements=numbers)), center) for _ in range(n))
    place = draw(st.tuples(numbers, numbers))
    if draw(st.booleans()):
        return KernelPsf(kernels[0], place)
    kind = draw(st.sampled_from(["numbers", "polynomials", "chebyshev"]))
    if kind == "numbers":
        return PcaPsf(LinearCombinationKernel(kernels, tuple(draw(numbers) for _ in kernels)), place)
    coefficients = draw(st.lists(numbers, min_size=3, max_size=3))
    function: SpatialFunction = PolynomialFunction(coefficients)
    if kind == "chebyshev":
        function = ChebyshevFunction(coefficients, (0.0, -1.0), (100.0, 200.5))
    return PcaPsf(LinearCombinationKernel(kernels, (function,) * n), place)


@settings(max_examples=15)
@given(psfs())
def test_round_trip(psf: KernelPsf) -> None:
    assert round_trip(psf) == psf


def test_functions_of_one_coefficient() -> None:
    for function in (PolynomialFunction([2.0]), ChebyshevFunction([2.0], (0, 0), (1, 1))):
        assert round_trip(function) == function


def test_the_order_of_tables_and_objects() -> None:
    kernel = LinearCombinationKernel((FixedKernel(np.eye(3)),), (PolynomialFunction([1.0]),))
    archive = archive_of(PcaPsf(kernel, (1.0, 2.0)))
    assert archive.classes == {1: "PcaPsf", 2: "LinearCombinationKernel", 3: "FixedKernel", 4: "PolynomialFunction2D"}
    assert [c.name for c in archive.schema(2)] == [
        "dimensions_x", "dimensions_y", "center_x", "center_y", "spatialfunctions", "components",
    ]  # fmt: skip


def stored(kind: str, **values: float) -> Archive:
    writer, buffer = ArchiveWriter(), BytesIO()
    columns = [Column(name, "J" if isinstance(value, int) else "D") for name, value in values.items()]
    writer.add(writer.number(), writer.table(columns), kind, "", [values])
    writer.file().writeto(buffer)
    return Archive(fits.open(BytesIO(buffer.getvalue())), "memory")


def test_gaussians_of_other_names() -> None:
    size = {"dimensions_x": 21, "dimensions_y": 21}
    assert stored("SingleGaussianPsf", **size, sigma=2.0).get(1) == GaussianPsf(21, 21, 2.0)
    psf = stored("DoubleGaussianPsf", **size, sigma1=1.5, sigma2=3.0, b=0.1).get(1, KernelPsf)
    assert psf is not None
    found = psf.compute_kernel_image().array
    r2 = np.add.outer(np.arange(-10, 11) ** 2, np.arange(-10, 11) ** 2)
    expected = np.exp(-r2 / 4.5) + 0.1 * np.exp(-r2 / 18)
    np.testing.assert_allclose(found, expected / expected.sum())
    single = stored("DoubleGaussianPsf", **size, sigma1=2.0, sigma2=0.0, b=0.0).get(1, KernelPsf)
    assert single is not None
    np.testing.assert_allclose(
        single.compute_kernel_image().array, GaussianPsf(21, 21, 2.0).compute_kernel_image().array
    )
    with pytest.raises(UnreadableFileError, match="a PSF has the sizes 0.0 and 1.0"):
        stored("DoubleGaussianPsf", **size, sigma1=0.0, sigma2=1.0, b=0.5).get(1)


def test_what_contradicts_itself() -> None:
    archive = archive_of(FixedKernel(np.eye(3)))
    archive._hdus[2].data["dimensions_x"][0] = 4
    with pytest.raises(UnreadableFileError, match="a kernel of 4 x 3 has 9 pixels"):
        archive.get(1)
    psf = archive_of(KernelPsf(FixedKernel(np.eye(3))))
    psf._hdus[2].data["kernel"][0] = 0
    with pytest.raises(UnreadableFileError, match="a PSF has no kernel"):
        psf.get(1)
    total = archive_of(LinearCombinationKernel((FixedKernel(np.eye(3)),), (1.0,)))
    total._hdus[2].data["components"][0] = 0
    with pytest.raises(UnreadableFileError, match="lacks parts"):
        total.get(1)


def test_functions_that_are_not_known() -> None:
    class Other(SpatialFunction):
        def __call__(self, x: float, y: float) -> float:
            return 1.0

    with pytest.raises(FormatError, match="A Other cannot be written"):
        archive_of(Other())
