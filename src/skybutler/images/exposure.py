"""An exposure: masked image plus what is known about how it was taken.  Knows nothing of files."""

from __future__ import annotations

from dataclasses import dataclass

from skybutler.images.box import Box
from skybutler.images.image import Image
from skybutler.images.mask import Mask
from skybutler.images.masked_image import MaskedImage
from skybutler.images.metadata import Metadata
from skybutler.images.visit_info import VisitInfo
from skybutler.images.wcs import SkyWcs

__all__ = ["DetectorLabel", "Exposure", "FilterLabel"]


@dataclass(frozen=True, slots=True)
class FilterLabel:
    """Which filter: the band (``i``) and the piece of glass (``i_sim_1.4``), either may be unknown."""

    band: str | None = None
    physical: str | None = None


@dataclass(frozen=True, slots=True)
class DetectorLabel:
    """Which detector: number, name (``R11_S20``) and serial number, any may be unknown."""

    id: int | None = None
    name: str | None = None
    serial: str | None = None


class Exposure:
    """Pixels with their mask, variance, sky coordinates, metadata and circumstances.

    Parameters
    ----------
    image : `Image` or `MaskedImage`
        Pixels; a `MaskedImage` brings mask and variance.
    mask : `Mask`, optional
        Flags; no bit set if not given.
    variance : `Image`, optional
        Variance; zeros if not given.
    wcs : `SkyWcs`, optional
        Sky coordinates of parent pixels, so that a sub-exposure has the same one.
    metadata : `Metadata`, optional
        What else the header said.
    filter_label, detector, visit_info : optional
        Which filter and detector, and the circumstances of the observation.
    id : `int`, optional
        Number of this exposure-and-detector, as pipelines pack it.

    Raises
    ------
    InvalidError
        Raised if the planes have different boxes.
    """

    __slots__ = ("detector", "filter_label", "id", "masked_image", "metadata", "visit_info", "wcs")

    def __init__(
        self,
        image: Image | MaskedImage,
        mask: Mask | None = None,
        variance: Image | None = None,
        *,
        wcs: SkyWcs | None = None,
        metadata: Metadata | None = None,
        filter_label: FilterLabel | None = None,
        detector: DetectorLabel | None = None,
        visit_info: VisitInfo | None = None,
        id: int | None = None,
    ) -> None:
        self.masked_image = image if isinstance(image, MaskedImage) else MaskedImage(image, mask, variance)
        self.wcs = wcs
        self.metadata = Metadata() if metadata is None else metadata
        self.filter_label = filter_label
        self.detector = detector
        self.visit_info = visit_info
        self.id = id

    @property
    def image(self) -> Image:
        """Pixel values, shared with `masked_image`."""
        return self.masked_image.image

    @property
    def mask(self) -> Mask:
        """Flags, shared with `masked_image`."""
        return self.masked_image.mask

    @property
    def variance(self) -> Image:
        """Variance, shared with `masked_image`."""
        return self.masked_image.variance

    @property
    def bbox(self) -> Box:
        """The pixels held, in parent coordinates."""
        return self.masked_image.bbox

    @property
    def dimensions(self) -> tuple[int, int]:
        """(nx, ny)."""
        return self.masked_image.dimensions

    @property
    def xy0(self) -> tuple[int, int]:
        """(x, y) of the first pixel."""
        return self.masked_image.xy0

    def __getitem__(self, box: Box) -> Exposure:
        """A view of the pixels of ``box`` (parent coordinates) with the same everything else.

        Raises
        ------
        InvalidError
            Raised if ``box`` is not inside `bbox`.
        """
        return self._with(self.masked_image[box], self.metadata)

    def copy(self) -> Exposure:
        """An exposure with its own pixels and metadata."""
        return self._with(self.masked_image.copy(), self.metadata.copy())

    def _with(self, masked_image: MaskedImage, metadata: Metadata) -> Exposure:
        return Exposure(
            masked_image,
            wcs=self.wcs,
            metadata=metadata,
            filter_label=self.filter_label,
            detector=self.detector,
            visit_info=self.visit_info,
            id=self.id,
        )

    def same_as(self, other: Exposure) -> bool:
        """Whether pixels, sky coordinates, metadata and labels are all equal (NaN equals NaN)."""
        return (
            self.masked_image.same_as(other.masked_image)
            and self.wcs == other.wcs
            and self.metadata == other.metadata
            and self.filter_label == other.filter_label
            and self.detector == other.detector
            and self.visit_info == other.visit_info
            and self.id == other.id
        )

    def __repr__(self) -> str:
        return f"Exposure{self.image.kind}({self.bbox})"
