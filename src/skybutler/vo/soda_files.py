"""Cut-outs of datasets of a repository as files.  Knows neither parameters of requests nor HTTP."""

from __future__ import annotations

import io
import uuid
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from skybutler.errors import ButlerError, DatasetNotFoundError, ParameterError
from skybutler.images import Exposure, Image, MaskedImage

from .soda import DETAILS, CutoutStyle, parse_stencil

if TYPE_CHECKING:
    from skybutler.butler import Butler
    from skybutler.datasets import DatasetRef
    from skybutler.datasets.storage_class import StorageClass
    from skybutler.images.stencils import Stencil

__all__ = ["Cutter"]

_KEPT = 256
_MOST_DOTS = 1 << 24
_CARDS = {"wcs": "wcs", "metadata": "metadata", "filter": "filter_label", "visitInfo": "visit_info"}
"""Components that become cards of a file with pixels alone, with what `Exposure` calls them."""


class Cutter:
    """Makes cut-outs of the images of a repository, and keeps what it will need again of those it has seen.

    Parameters
    ----------
    butler : `Butler`
        Reads them; only the tiles of a file that a shape touches are read.
    """

    def __init__(self, butler: Butler) -> None:
        self.butler = butler
        self._described: OrderedDict[uuid.UUID, dict[str, Any]] = OrderedDict()

    def write(self, dataset: uuid.UUID, shape: tuple[str, str], style: CutoutStyle, path: Path) -> None:
        """Write a cut-out to a file.

        Parameters
        ----------
        dataset : `uuid.UUID`
            The image.
        shape : (`str`, `str`)
            Parameter and value, see `parse_stencil`.
        style : `CutoutStyle`
            What of it, and how.
        path : path
            The file, which is not there.

        Raises
        ------
        DatasetNotFoundError
            There is no such dataset, or its file is gone.
        ParameterError
            It is no image, has not what is asked for, or the shape is not in it.
        """
        if style.format.name == "png" or style.detail == "Image":
            with path.open("wb") as stream:
                self._write_image(dataset, shape, style, stream)
            return
        from skybutler.datasets.storage_class import StorageClasses
        from skybutler.formatters.fits_image import FitsImageFormatter

        ref, stencil = self._find(dataset), parse_stencil(*shape)
        self._require(ref, style.detail)
        found = self._read(ref, None, stencil)
        exposure = found if isinstance(found, Exposure) else Exposure(found, **self._describe(ref))
        if style.detail == "MaskedImage":
            exposure = Exposure(exposure.masked_image, **self._describe(ref))
        FitsImageFormatter(compress=False).write(exposure, path, StorageClasses.default()["Exposure"], None)

    def image(self, dataset: uuid.UUID, shape: tuple[str, str], style: CutoutStyle) -> bytes:
        """The same of pixels alone, or a picture, in memory; arguments and errors as for `write`."""
        stream = io.BytesIO()
        self._write_image(dataset, shape, style, stream)
        return stream.getvalue()

    def _write_image(self, dataset: uuid.UUID, shape: tuple[str, str], style: CutoutStyle, stream: BinaryIO) -> None:
        ref = self._find(dataset)
        image = self._pixels(ref, parse_stencil(*shape))
        if style.format.name == "png":
            if image.bbox.area > _MOST_DOTS:
                raise ParameterError(f"A picture of {image.bbox.area} pixels is too large; ask for a FITS file.")
            _write_picture(image, style, stream)
            return
        from skybutler.formatters.fits_image import FitsImageFormatter

        FitsImageFormatter(compress=False).write_image(Exposure(MaskedImage(image), **self._describe(ref)), stream)

    # ------------------------------------------------------------------------------------------------------- reading
    def _find(self, dataset: uuid.UUID) -> DatasetRef:
        ref = self.butler.get_dataset(dataset)
        if ref is None:
            raise DatasetNotFoundError(f"There is no dataset {dataset}.")
        return ref

    def _class_of(self, ref: DatasetRef) -> StorageClass:
        return self.butler.datastore.storage_classes[ref.dataset_type.storage_class]

    def _require(self, ref: DatasetRef, detail: str) -> None:
        components = self._class_of(ref).components
        has = "Exposure" if "wcs" in components else "MaskedImage" if "variance" in components else "Image"
        if DETAILS.index(detail) > DETAILS.index(has):
            raise ParameterError(f"{ref.id} is only of type {has}; it has no {detail}.")

    def _pixels(self, ref: DatasetRef, stencil: Stencil) -> Image:
        components = self._class_of(ref).components
        if "region" not in self._class_of(ref).parameters:
            raise ParameterError(f"{ref.id} is a {ref.dataset_type.name}, of which nothing can be cut out.")
        component = "image" if "image" in components else None
        found = self._read(ref, component, stencil)
        if not isinstance(found, Image):
            raise ParameterError(f"{ref.id} is a {ref.dataset_type.name}, which has no image.")
        return found

    def _read(self, ref: DatasetRef, component: str | None, stencil: Stencil) -> Any:
        """What is read, or an error that does not tell where our files are."""
        try:
            return self.butler.get_deferred(ref).get(component=component, parameters={"region": stencil})
        except ButlerError as error:
            error.message = error.message.replace(self.butler.get_uri(ref), f"{ref.dataset_type.name} {ref.id}")
            error.args = (error.message,)
            raise

    def _describe(self, ref: DatasetRef) -> dict[str, Any]:
        """What of an exposure stands in cards; read once."""
        found = self._described.pop(ref.id, None)
        if found is None:
            components = self._class_of(ref).components
            deferred, found = self.butler.get_deferred(ref), {}
            for name in sorted(components.keys() & _CARDS.keys()):
                try:
                    found[_CARDS[name]] = deferred.get(component=name)
                except ButlerError:  # a part that this file lacks, or that cannot be read: the pixels are wanted
                    continue
        self._described[ref.id] = found
        while len(self._described) > _KEPT:
            self._described.popitem(last=False)
        return found


def _write_picture(image: Image, style: CutoutStyle, stream: BinaryIO) -> None:
    """A picture with one dot per pixel, the last row on top; pixels without a value are transparent."""
    import numpy as np

    from skybutler.display.figures import require_matplotlib
    from skybutler.display.scaling import Scaling

    require_matplotlib()
    from matplotlib.image import imsave

    scaling = Scaling(style.stretch, "minmax" if style.scale == "minmax" else "zscale")
    low, high = scaling.limits(image)
    if style.scale == "minmax":  # where nothing is beyond the maximum it is as bright as can be
        high = low + (high - low) / scaling.top
    values = image.array.astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        grey = np.nan_to_num(scaling.curve((values - low) / (high - low)), nan=0.0)
    dots = np.repeat((255.0 * grey).astype(np.uint8)[..., None], 4, axis=2)
    dots[..., 3] = np.where(np.isfinite(values), 255, 0)
    imsave(stream, np.ascontiguousarray(dots), format="png", origin="lower")
