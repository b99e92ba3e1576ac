"""Kernels, and PSFs that are kernels, as rows of tables.  Knows no files."""

from __future__ import annotations

from typing import Any

import numpy as np

from skybutler.errors import FormatError, UnreadableFileError
from skybutler.images.kernels import (
    ChebyshevFunction,
    FixedKernel,
    Kernel,
    LinearCombinationKernel,
    PolynomialFunction,
    SpatialFunction,
)
from skybutler.images.psfs_kernel import KernelPsf, PcaPsf

from .archive import Archive, ArchiveWriter, Column
from .points import point_columns, point_row, read_point, read_stamp

__all__ = [
    "read_chebyshev_function",
    "read_double_gaussian_psf",
    "read_fixed_kernel",
    "read_kernel_psf",
    "read_linear_combination_kernel",
    "read_polynomial_function",
    "write_fixed_kernel",
    "write_kernel_psf",
    "write_linear_combination_kernel",
    "write_spatial_function",
]

_MATH, _ALGORITHMS = "lsst.afw.math", "lsst.meas.algorithms"
_FIXED, _SUM = "FixedKernel", "LinearCombinationKernel"
_KERNEL_COLUMNS = (
    *point_columns("dimensions", "J", "pixel", "dimensions of a Kernel's images"),
    *point_columns("center", "J", "pixel", "center point in a Kernel image"),
)
_PSF_COLUMNS = (
    Column("kernel", "J", "", "archive ID of nested kernel object"),
    *point_columns("averagePosition", "D", "pixel", "average position of stars used to make the PSF"),
)
_POLYNOMIAL_DOC = "polynomial coefficients, ordered (x,y) [0,0; 1,0; 0,1; 2,0; 1,1; 0,2; ...]"


# ------------------------------------------------------------------------------------------------------------ functions
def read_polynomial_function(archive: Archive, number: int) -> PolynomialFunction:
    """A polynomial of position."""
    (rows,) = archive.pieces(number, 1)
    return PolynomialFunction(np.atleast_1d(rows.one("coefficients")))


def read_chebyshev_function(archive: Archive, number: int) -> ChebyshevFunction:
    """A sum of Chebyshev polynomials of position."""
    (rows,) = archive.pieces(number, 1)
    return ChebyshevFunction(np.atleast_1d(rows.one("coefficients")), read_point(rows, "min"), read_point(rows, "max"))


def write_spatial_function(writer: ArchiveWriter, number: int, function: SpatialFunction) -> None:
    """A function of position.

    Raises
    ------
    FormatError
        It is of another class than the two that are read.
    """
    if not isinstance(function, PolynomialFunction | ChebyshevFunction):
        raise FormatError(f"A {type(function).__name__} cannot be written.")
    columns: tuple[Column, ...] = (Column("coefficients", f"{function.coefficients.size}D", "", _POLYNOMIAL_DOC),)
    row: dict[str, Any] = {"coefficients": function.coefficients}
    kind = "PolynomialFunction2D"
    if isinstance(function, ChebyshevFunction):
        kind = "Chebyshev1Function2D"
        columns += point_columns("min", "D", "pixel", "minimum point for function's bbox")
        columns += point_columns("max", "D", "pixel", "maximum point for function's bbox")
        row |= {**point_row("min", function.low), **point_row("max", function.high)}
    writer.add(number, writer.table(columns), kind, _MATH, [row])


# -------------------------------------------------------------------------------------------------------------- kernels
def read_fixed_kernel(archive: Archive, number: int) -> FixedKernel:
    """A kernel that is the same everywhere."""
    (rows,) = archive.pieces(number, 1)
    (width, height), pixels = read_stamp(rows), np.atleast_1d(rows.one("image"))
    if width * height != pixels.size:
        raise UnreadableFileError(f"{archive.uri}: a kernel of {width} x {height} has {pixels.size} pixels.")
    return FixedKernel(pixels.reshape(height, width), read_point(rows, "center"))


def read_linear_combination_kernel(archive: Archive, number: int) -> LinearCombinationKernel:
    """A sum of kernels."""
    (rows,) = archive.pieces(number, 1)
    kernels = _all(archive, np.atleast_1d(rows.one("components")).tolist(), Kernel)
    weights: Any
    if "spatialfunctions" in rows:
        weights = _all(archive, np.atleast_1d(rows.one("spatialfunctions")).tolist(), SpatialFunction)
    else:
        weights = tuple(np.atleast_1d(rows.one("amplitudes")).tolist())
    return LinearCombinationKernel(kernels, weights, read_point(rows, "center"))


def _all(archive: Archive, numbers: list[int], kind: type[Any]) -> tuple[Any, ...]:
    found = tuple(archive.get(number, kind) for number in numbers)
    if None in found:
        raise UnreadableFileError(f"{archive.uri}: a {_SUM} lacks parts.")
    return found


def write_fixed_kernel(writer: ArchiveWriter, number: int, kernel: FixedKernel) -> None:
    """A kernel that is the same everywhere."""
    image = Column("image", f"{kernel.pixels.size}D", "", "pixel values (row-major)")
    row = {**_kernel_row(kernel), "image": kernel.pixels.ravel()}
    writer.add(number, writer.table((*_KERNEL_COLUMNS, image)), _FIXED, _MATH, [row])


def write_linear_combination_kernel(writer: ArchiveWriter, number: int, kernel: LinearCombinationKernel) -> None:
    """A sum of kernels, and its kernels and functions."""
    n = len(kernel.kernels)
    columns = list(_KERNEL_COLUMNS)
    if kernel.is_varying:
        columns.append(Column("spatialfunctions", f"{n}J", "", "archive IDs for the Kernel's spatial functions"))
    columns.append(Column("components", f"{n}J", "", "archive IDs of component kernel"))
    if not kernel.is_varying:
        columns.append(Column("amplitudes", f"{n}D", "", "amplitudes component kernel"))
    table = writer.table(columns)
    row: dict[str, Any] = {**_kernel_row(kernel), "components": [], "amplitudes": [], "spatialfunctions": []}
    for part, weight in zip(kernel.kernels, kernel.weights, strict=True):
        row["components"].append(writer.put(part))
        row["spatialfunctions"].append(writer.put(weight) if kernel.is_varying else 0)
        row["amplitudes"].append(0.0 if kernel.is_varying else weight)
    writer.add(number, table, _SUM, _MATH, [row])


def _kernel_row(kernel: Kernel) -> dict[str, Any]:
    return {**point_row("dimensions", kernel.dimensions), **point_row("center", kernel.center)}


# ----------------------------------------------------------------------------------------------------------------- PSFs
def read_kernel_psf(archive: Archive, number: int) -> KernelPsf:
    """A PSF that is a kernel, of principal components or any other."""
    (rows,) = archive.pieces(number, 1)
    kernel = archive.get(rows.one("kernel"), Kernel)  # type: ignore[type-abstract]
    if kernel is None:
        raise UnreadableFileError(f"{archive.uri}: a PSF has no kernel.")
    kind = PcaPsf if archive.classes[number] == "PcaPsf" else KernelPsf
    return kind(kernel, read_point(rows, "averagePosition"))


def write_kernel_psf(writer: ArchiveWriter, number: int, psf: KernelPsf) -> None:
    """A PSF that is a kernel."""
    table = writer.table(_PSF_COLUMNS)
    row = {"kernel": writer.put(psf.kernel), **point_row("averagePosition", psf.average_position)}
    writer.add(number, table, "PcaPsf" if isinstance(psf, PcaPsf) else "KernelPsf", _ALGORITHMS, [row])


def read_double_gaussian_psf(archive: Archive, number: int) -> KernelPsf:
    """The sum of two Gaussians, as the kernel that it is."""
    (rows,) = archive.pieces(number, 1)
    width, height = read_stamp(rows)
    narrow, wide, peak = (rows.one(name) for name in ("sigma1", "sigma2", "b"))
    if not (narrow > 0.0 and (wide > 0.0 or peak == 0.0)):
        raise UnreadableFileError(f"{archive.uri}: a PSF has the sizes {narrow} and {wide}.")
    column, row = np.arange(width) - width // 2, np.arange(height) - height // 2
    square = column[None, :] ** 2 + row[:, None] ** 2
    pixels = np.exp(-0.5 * square / narrow**2) + (peak * np.exp(-0.5 * square / wide**2) if peak else 0.0)
    return KernelPsf(FixedKernel(pixels, (width // 2, height // 2)))
