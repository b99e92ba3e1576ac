"""Cut-outs of datasets of a repository as files.  Knows neither parameters of requests nor HTTP."""

from __future__ import annotations

import io
import uuid
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from skybutler.errors import ButlerError, DatasetNotFoundError, ParameterError, UnavailableError
from skybutler.formatters.fits_image_file import ImageFiles
from skybutler.images import Exposure, Image

from .soda import DETAILS, CutoutStyle, parse_stencil

if TYPE_CHECKING:
    from skybutler.butler import Butler
    from skybutler.datasets import DatasetRef
    from skybutler.datasets.file_record import FileRecord
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
        self._described: OrderedDict[uuid.UUID, _Described] = OrderedDict()

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
            path.write_bytes(self.image(dataset, shape, style))
            return
        from skybutler.datasets.storage_class import StorageClasses
        from skybutler.formatters.fits_image import FitsImageFormatter

        found, stencil = self._find(dataset), parse_stencil(*shape)
        self._require(found.ref, style.detail)
        made = self._read(found, None, stencil)
        exposure = made if isinstance(made, Exposure) else Exposure(made, **self._describe(found).parts)
        if style.detail == "MaskedImage":
            exposure = Exposure(exposure.masked_image, **self._describe(found).parts)
        FitsImageFormatter(compress=False).write(exposure, path, StorageClasses.default()["Exposure"], None)

    def image(self, dataset: uuid.UUID, shape: tuple[str, str], style: CutoutStyle) -> bytes:
        """The same of pixels alone, or a picture, in memory; arguments and errors as for `write`."""
        found = self._find(dataset)
        image = self._pixels(found, parse_stencil(*shape))
        if style.format.name != "png":
            return self._describe(found).files.file(image)
        if image.bbox.area > _MOST_DOTS:
            raise ParameterError(f"A picture of {image.bbox.area} pixels is too large; ask for a FITS file.")
        return _picture(image, style)

    # ------------------------------------------------------------------------------------------------------- reading
    def _find(self, dataset: uuid.UUID) -> _Found:
        found = self.butler.registry.get_dataset(dataset)
        if found is None:
            raise DatasetNotFoundError(f"There is no dataset {dataset}.")
        ref, _, record = found
        if record is None:
            raise DatasetNotFoundError(f"Dataset {dataset} has no file.")
        return _Found(ref, record)

    def _class_of(self, ref: DatasetRef) -> StorageClass:
        return self.butler.datastore.storage_classes[ref.dataset_type.storage_class]

    def _require(self, ref: DatasetRef, detail: str) -> None:
        components = self._class_of(ref).components
        has = "Exposure" if "wcs" in components else "MaskedImage" if "variance" in components else "Image"
        if DETAILS.index(detail) > DETAILS.index(has):
            raise ParameterError(f"{ref.id} is only of type {has}; it has no {detail}.")

    def _pixels(self, found: _Found, stencil: Stencil) -> Image:
        ref, held = found.ref, self._class_of(found.ref)
        if "region" not in held.parameters:
            raise ParameterError(f"{ref.id} is a {ref.dataset_type.name}, of which nothing can be cut out.")
        made = self._read(found, "image" if "image" in held.components else None, stencil)
        if not isinstance(made, Image):
            raise ParameterError(f"{ref.id} is a {ref.dataset_type.name}, which has no image.")
        return made

    def _read(self, found: _Found, component: str | None, stencil: Stencil) -> Any:
        """What is read, or an error that does not tell where our files are."""
        ref = found.ref
        try:
            return self.butler.datastore.get(ref, found.record, component=component, parameters={"region": stencil})
        except ButlerError as error:
            error.message = error.message.replace(self.butler.get_uri(ref), f"{ref.dataset_type.name} {ref.id}")
            error.args = (error.message,)
            raise

    def _describe(self, found: _Found) -> _Described:
        """What of an exposure stands in cards; read once."""
        ref = found.ref
        known = self._described.pop(ref.id, None)
        if known is None:
            parts = {}
            for name in sorted(self._class_of(ref).components.keys() & _CARDS.keys()):
                try:
                    parts[_CARDS[name]] = self.butler.datastore.get(ref, found.record, component=name)
                except UnavailableError:
                    raise
                except ButlerError:  # a part that this file lacks, or that cannot be read: the pixels are wanted
                    continue
            known = _Described(parts, ImageFiles(Exposure(Image(np.zeros((1, 1), "f4")), **parts)))
        self._described[ref.id] = known
        while len(self._described) > _KEPT:
            self._described.popitem(last=False)
        return known


@dataclass(frozen=True, slots=True)
class _Found:
    """A dataset and its file."""

    ref: DatasetRef
    record: FileRecord


@dataclass(frozen=True, slots=True)
class _Described:
    """What of an exposure stands in cards, and what writes parts of its image with them."""

    parts: Mapping[str, Any]
    files: ImageFiles


def _picture(image: Image, style: CutoutStyle) -> bytes:
    """A picture with one dot per pixel, the last row on top; pixels without a value are transparent."""
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
    stream = io.BytesIO()
    imsave(stream, np.ascontiguousarray(dots), format="png", origin="lower")
    return stream.getvalue()
