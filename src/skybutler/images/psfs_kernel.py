"""Point-spread functions that are kernels, of principal components for instance.  Knows nothing of files.

Checked against formulas and files that we write, not against a file of other software: none was at hand.
"""

from __future__ import annotations

from dataclasses import dataclass

from skybutler.errors import InvalidError
from skybutler.images.box import Box
from skybutler.images.by_value import ByValue, Floats
from skybutler.images.kernels import Kernel, LinearCombinationKernel
from skybutler.images.psf import Psf

__all__ = ["KernelPsf", "PcaPsf"]


@dataclass(frozen=True, slots=True, eq=False)
class KernelPsf(ByValue, Psf):
    """A PSF that is a kernel; between pixels it is interpolated.

    Parameters
    ----------
    kernel : `Kernel`
        Its pixels by position.
    average_position : pair of `float`
        (x, y) where it stands for the whole image.
    """

    kernel: Kernel
    average_position: tuple[float, float] = (0.0, 0.0)

    def _kernel(self, x: float, y: float) -> Floats:
        return self.kernel.at(x, y)

    def _middle(self, shape: tuple[int, ...]) -> tuple[int, int]:
        return self.kernel.center

    def kernel_box(self, x: float | None = None, y: float | None = None) -> Box:
        width, height = self.kernel.dimensions
        return Box.from_shape((height, width), (-self.kernel.center[0], -self.kernel.center[1]))


@dataclass(frozen=True, slots=True, eq=False)
class PcaPsf(KernelPsf):
    """A PSF that is a sum of principal components.

    Raises
    ------
    InvalidError
        Raised if the kernel is no `LinearCombinationKernel`.
    """

    def __post_init__(self) -> None:
        if not isinstance(self.kernel, LinearCombinationKernel):
            raise InvalidError(
                f"A PSF of principal components is a sum of kernels, not a {type(self.kernel).__name__}."
            )
