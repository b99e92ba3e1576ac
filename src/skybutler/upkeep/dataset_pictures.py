"""Pictures of datasets of a repository: what of images is read, and how it is laid out.  Knows no terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from skybutler.display import Display, Scaling, show_grid
from skybutler.display.figures import new_figure
from skybutler.errors import InvalidError, ParameterError
from skybutler.images import Box, Exposure, Image, Mask, MaskedImage

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from skybutler.butler import Butler
    from skybutler.datasets import DatasetRef, DatasetType

__all__ = ["Looks", "Part", "check_is_image", "draw_datasets", "draw_rgb", "title_of"]

_IMAGES = tuple(f"skybutler.images.{name}" for name in ("Exposure", "MaskedImage", "Image", "Mask"))


@dataclass(frozen=True)
class Part:
    """What part of an image is shown: a box of parent pixels, or a circle (ra, dec, radius) in ICRS degrees, or all."""

    box: Box | None = None
    circle: tuple[float, float, float] | None = None

    def read(self, butler: Butler, ref: DatasetRef) -> Any:
        """Read this part of a dataset, and as little else of its file as can be.

        Raises
        ------
        InvalidError
            Raised if there is no pixel of it in the image, or the image of a circle has no WCS.
        """
        if self.circle is not None:
            return butler.get(ref, parameters={"circle": self.circle})
        if self.box is None:
            return butler.get(ref)
        kind = ref.dataset_type
        has_box = "bbox" in butler.datastore.storage_classes[kind.storage_class].all_components
        if not has_box:
            image = butler.get(ref)
            return image[self._shared(image.bbox, ref)]
        whole = butler.get(f"{kind.name}.bbox", ref.data_id, collections=[ref.run])
        return butler.get(ref, parameters={"bbox": self._shared(whole, ref)})

    def _shared(self, whole: Box, ref: DatasetRef) -> Box:
        assert self.box is not None
        shared = whole.intersection(self.box)
        if shared.is_empty:
            raise InvalidError(f"{title_of(ref)} has pixels {whole}, none of them in {self.box}.")
        return shared


@dataclass(frozen=True)
class Looks:
    """How images are drawn.

    Parameters
    ----------
    scaling : `Scaling`
        From values to brightness.
    planes : sequence of `str` or `None`
        Mask planes that are shown; all of them if `None`.
    transparency : `float`
        Of mask planes, per cent.
    grid : `bool`
        Whether lines of right ascension and declination are drawn where there is a WCS.
    labels : `str`
        Of the lines, ``degrees`` or ``sexagesimal``.
    catalog : `str` or `None`
        Dataset type of catalogs whose rows are marked.
    collections : sequence of `str`
        Where catalogs are searched, after the run of the image.
    size : `float`
        Width of one image, inches.
    same_scale : `bool`
        Whether images side by side have the limits of the first.
    """

    scaling: Scaling = field(default_factory=Scaling)
    planes: Sequence[str] | None = None
    transparency: float = 60.0
    grid: bool = True
    labels: str = "degrees"
    catalog: str | None = None
    collections: Sequence[str] = ()
    size: float = 7.0
    same_scale: bool = True


def check_is_image(butler: Butler, dataset_type: DatasetType) -> None:
    """Refuse dataset types that hold no images.

    Raises
    ------
    ParameterError
        Raised if it does not; the command that shows what it does hold is named.
    """
    name, kind = dataset_type.name, dataset_type.storage_class
    pytype = butler.datastore.storage_classes[kind].pytype
    if pytype.startswith(_IMAGES):
        return
    if "tables" in pytype or "Catalog" in kind or kind.startswith(("Arrow", "DataFrame")):
        hint = f"Mark its rows on an image: butler show REPO IMAGE-TYPE ... --catalog {name}"
    else:
        hint = f"Copy its file out with: butler retrieve-artifacts REPO DIRECTORY -d {name} --where ..."
    raise ParameterError(f"Datasets '{name}' are no images but {kind}.", hint=hint)


def title_of(ref: DatasetRef, *, without: Sequence[str] = ("instrument", "skymap")) -> str:
    """A dataset as the title of its picture."""
    values = ref.data_id.mapping
    parts = [f"{name} {values[name]}" for name in ref.data_id.required if name not in without]
    return ", ".join([ref.dataset_type.name, *parts])


def draw_datasets(butler: Butler, refs: Sequence[DatasetRef], part: Part, looks: Looks) -> Figure:
    """Draw one image, or several side by side.

    Parameters
    ----------
    butler : `Butler`
        Which has them.
    refs : sequence of `DatasetRef`
        At least one.
    part : `Part`
        Of each.
    looks : `Looks`
        Of all.

    Raises
    ------
    InvalidError
        Raised if the part is not in an image.
    """
    images = [part.read(butler, ref) for ref in refs]
    titles = [title_of(ref) for ref in refs]
    if len(images) == 1:
        figure = new_figure(looks.size, tidy=True)
        display = Display(figure, transparency=looks.transparency)
        nx, ny = images[0].bbox.dimensions
        figure.set_figheight(min(max(0.82 * looks.size * ny / nx, 2.0), 3 * looks.size) + 0.8)
        display.scaling = looks.scaling
        displays = [display.show(images[0], titles[0])]
    else:
        displays = show_grid(
            images, titles, scaling=looks.scaling, same_scale=looks.same_scale, transparency=looks.transparency,
            size=looks.size * 0.55,
        )  # fmt: skip
    for display, image, ref in zip(displays, images, refs, strict=True):
        _decorate(display, image, looks)
        if looks.catalog is not None:
            _mark(butler, display, ref, looks.catalog, looks)
    return displays[0].figure


def _decorate(display: Display, image: Exposure | MaskedImage | Image | Mask, looks: Looks) -> None:
    if not isinstance(image, Image):
        if looks.planes is not None:
            display.show_planes(looks.planes)
        display.mask_legend()
    if looks.grid and display.wcs is not None:
        display.sky_grid(looks.labels, alpha=0.5).sky_marks()


def _mark(butler: Butler, display: Display, ref: DatasetRef, catalog: str, looks: Looks) -> None:
    """Rows of the catalogs of the data ID of an image, or of its part of the sky."""
    kind = butler.get_dataset_type(catalog)
    searched = list(dict.fromkeys([ref.run, *looks.collections]))
    found = list(butler.query_datasets(kind, searched, data_id=ref.data_id.required))
    if not found:
        raise ParameterError(f"There is no {catalog} for {title_of(ref)}.", hint="Name its collection: --collections")
    size = max(6.0, display.bbox.x.size / 90)
    for one in found:
        display.catalog(butler.get(one), size=size, colour="#ffb000")


def draw_rgb(butler: Butler, refs: Iterable[DatasetRef], part: Part, looks: Looks) -> Figure:
    """Draw three images of one pixel grid in colours, the longest wavelength first.

    Raises
    ------
    InvalidError
        Raised if there are not three, or they share no pixel.
    """
    listed = list(refs)
    if len(listed) != 3:
        raise InvalidError(f"A picture in colours is made of three images, not {len(listed)}.")
    images = [part.read(butler, ref) for ref in listed]
    figure = new_figure(looks.size, tidy=True)
    display = Display(figure)
    bands = ", ".join(str(ref.data_id.mapping.get("band", "?")) for ref in listed)
    title = title_of(listed[0], without=("instrument", "skymap", "band"))
    display.show_rgb(images[0], images[1], images[2], f"{title}: {bands}")
    if looks.grid and display.wcs is not None:
        display.sky_grid(looks.labels, colors="white", alpha=0.35).sky_marks()
    nx, ny = display.bbox.dimensions
    figure.set_figheight(min(max(0.92 * looks.size * ny / nx, 2.0), 3 * looks.size) + 0.8)
    return figure
