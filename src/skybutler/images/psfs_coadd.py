"""Point-spread functions of coadds, from those of the exposures that were added.  Knows nothing of files.

An approximation, and checked against formulas only: no file of other software was at hand.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from skybutler.errors import InvalidError
from skybutler.images.by_value import ByValue, Floats
from skybutler.images.coadd_inputs import ExposureRecord
from skybutler.images.image import Image
from skybutler.images.psf import Psf, lanczos
from skybutler.images.wcs import SkyWcs

__all__ = ["CoaddPsf"]

_WARPING = re.compile(r"lanczos([1-9])|bilinear")


@dataclass(frozen=True, slots=True, eq=False, init=False, repr=False)
class CoaddPsf(ByValue, Psf):
    """The weighted mean of the PSFs of the inputs that saw a position, each brought to the pixels of the coadd.

    What is approximate:

    - An input is brought to the coadd by the linear part of its distortion at the position, which changes little over
      the size of a PSF, and by interpolating its kernel image.
    - Inputs count with their weights wherever their boxes and valid polygons hold the position.  Pixels that were
      rejected or masked when the coadd was made are not known here, so near them the true PSF is another one.
    - That the coadd's own pixels were interpolated from those of its inputs, which widens stars a little more, is left
      out.

    Parameters
    ----------
    inputs : sequence of `ExposureRecord`
        Each with ``wcs``, ``psf`` and the field ``weight``.
    wcs : `SkyWcs`
        Sky coordinates of the coadd.
    average_position : pair of `float`, optional
        (x, y) that stands for all of the coadd; the weighted mean of those of the inputs if not given.
    warping : `str`
        ``lanczos1`` ... ``lanczos9`` or ``bilinear``, by which images are interpolated.
    cache_size : `int`
        Kept for other software.

    Raises
    ------
    InvalidError
        Raised if there are no inputs, one lacks something, or the interpolation is not known.
    """

    inputs: tuple[ExposureRecord, ...]
    wcs: SkyWcs
    average_position: tuple[float, float]
    warping: str
    cache_size: int

    def __init__(
        self,
        inputs: Sequence[ExposureRecord],
        wcs: SkyWcs,
        average_position: tuple[float, float] | None = None,
        warping: str = "lanczos3",
        cache_size: int = 10000,
    ) -> None:
        if not inputs:
            raise InvalidError("A coadd without inputs has no PSF.")
        if _WARPING.fullmatch(warping) is None:
            raise InvalidError(f"'{warping}' is no interpolation.", hint="Known are lanczos1 to lanczos9 and bilinear.")
        for record in inputs:
            if "weight" not in record.fields:
                raise InvalidError(f"Exposure {record.id} of a coadd has no weight.")
        given = {"inputs": tuple(inputs), "wcs": wcs, "warping": warping, "cache_size": int(cache_size)}
        for name, value in given.items():
            object.__setattr__(self, name, value)
        place = self._mean_position() if average_position is None else average_position
        object.__setattr__(self, "average_position", (float(place[0]), float(place[1])))

    def containing(self, x: float, y: float) -> list[ExposureRecord]:
        """The inputs that saw a position of the coadd."""
        ra, dec = (float(v) for v in self.wcs.pixel_to_sky(x, y))
        return [record for record in self.inputs if record.contains(ra, dec)]

    def _mean_position(self) -> tuple[float, float]:
        """The mean of the inputs' average positions; the lightest are left out until one of the inputs saw it."""
        found = []
        for record in self.inputs:
            wcs, psf = _wcs_and_psf(record)
            x, y = self.wcs.sky_to_pixel(*wcs.pixel_to_sky(*psf.average_position))
            found.append((float(record["weight"]) * float(record.fields.get("goodpix", 1.0)), float(x), float(y)))
        found.sort()
        while found:
            weights, x, y = np.array(found).T
            if weights.sum() > 0.0:
                place = float((weights @ x) / weights.sum()), float((weights @ y) / weights.sum())
                if self.containing(*place):
                    return place
            del found[0]
        raise InvalidError("No position stands for all of the coadd: no input saw the mean of their positions.")

    def _kernel(self, x: float, y: float) -> Floats:
        return self._displaced_kernel(x, y, 0.0, 0.0)

    def _displaced_kernel(self, x: float, y: float, dx: float, dy: float) -> Floats:
        seen = self.containing(x, y)
        if not seen:
            raise InvalidError(f"None of the {len(self.inputs)} inputs of the coadd saw ({x:g}, {y:g}): no PSF there.")
        parts = [self._brought(record, x, y, dx, dy) for record in seen]
        height, width = (max(part.shape[axis] for part in parts) for axis in (0, 1))
        total = np.zeros((height, width))
        for record, part in zip(seen, parts, strict=True):
            top, left = (height - part.shape[0]) // 2, (width - part.shape[1]) // 2
            view = total[top : top + part.shape[0], left : left + part.shape[1]]
            view += float(record["weight"]) / part.sum() * part
        return total

    def _brought(self, record: ExposureRecord, x: float, y: float, dx: float, dy: float) -> Floats:
        """The PSF of an input on pixels of the coadd, an odd number of them each way."""
        wcs, psf = _wcs_and_psf(record)
        around = np.array([x, x - 0.5, x + 0.5, x, x]), np.array([y, y, y, y - 0.5, y + 0.5])
        px, py = wcs.sky_to_pixel(*self.wcs.pixel_to_sky(*around))
        jacobian = np.array([[px[2] - px[1], px[4] - px[3]], [py[2] - py[1], py[4] - py[3]]])
        if not np.isfinite(jacobian).all() or np.linalg.det(jacobian) == 0.0:
            raise InvalidError(f"The WCS of exposure {record.id} does not go with that of the coadd at ({x:g}, {y:g}).")
        kernel = psf.compute_kernel_image(float(px[0]), float(py[0]))
        corners = np.array(list(kernel.bbox.corners()), dtype=np.float64)
        # A hundredth of a pixel less, so that rounding does not add a border.
        reach = np.ceil(np.abs(corners @ np.linalg.inv(jacobian).T).max(axis=0) - 0.01).astype(int)
        column, row = np.arange(-reach[0], reach[0] + 1.0) - dx, np.arange(-reach[1], reach[1] + 1.0) - dy
        u, v = np.broadcast_arrays(column[None, :], row[:, None])
        points = np.stack([u.ravel(), v.ravel()], axis=-1) @ jacobian.T
        return self._interpolated(kernel, points).reshape(u.shape)

    def _interpolated(self, kernel: Image, points: Floats) -> Floats:
        """Values of an image at points (n, 2); it is 0 outside."""
        match = _WARPING.fullmatch(self.warping)
        assert match is not None
        order = int(match[1] or 1)
        padded = np.pad(kernel.array, order)
        at_x, of_x = _neighbours(points[:, 0] - kernel.bbox.x.start, order, padded.shape[1], linear=match[1] is None)
        at_y, of_y = _neighbours(points[:, 1] - kernel.bbox.y.start, order, padded.shape[0], linear=match[1] is None)
        values = padded[at_y[:, :, None], at_x[:, None, :]]
        return np.asarray(np.einsum("nij,ni,nj->n", values, of_y, of_x))

    def __repr__(self) -> str:
        return f"CoaddPsf({len(self.inputs)} inputs, {self.warping})"


def _neighbours(places: Floats, order: int, n: int, *, linear: bool) -> tuple[npt.NDArray[np.int64], Floats]:
    """Along one axis: which of n pixels, the first ``order`` being padding, count for each place, and how much."""
    first = np.floor(places)
    steps = np.arange(1.0 - order, order + 1.0)
    offset = steps[None, :] - (places - first)[:, None]
    weights = np.maximum(1.0 - np.abs(offset), 0.0) if linear else lanczos(offset, order)
    # What is far outside is sent to the padding.
    pixels = np.clip(first[:, None] + steps[None, :] + order, 0, n - 1).astype(np.int64)
    return pixels, np.asarray(weights / weights.sum(axis=1, keepdims=True))


def _wcs_and_psf(record: ExposureRecord) -> tuple[SkyWcs, Psf]:
    if record.wcs is None or record.psf is None:
        raise InvalidError(f"Exposure {record.id} of a coadd has no {'WCS' if record.wcs is None else 'PSF'}.")
    return record.wcs, record.psf
