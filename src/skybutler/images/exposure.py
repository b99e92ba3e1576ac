"""An exposure: masked image plus what is known about how it was taken.  Knows nothing of files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, SupportsIndex, overload

from skybutler.images.box import Box, BoxIndex, PixelIndex, is_pixel
from skybutler.images.camera import CameraDetector
from skybutler.images.image import Image
from skybutler.images.mask import Mask
from skybutler.images.masked_image import MaskedImage, MaskedPixel
from skybutler.images.metadata import Metadata
from skybutler.images.visit_info import VisitInfo
from skybutler.images.wcs import SkyWcs

if TYPE_CHECKING:
    from lsst.sphgeom import Region

    from skybutler.images.aperture_corrections import ApertureCorrections
    from skybutler.images.coadd_inputs import CoaddInputs
    from skybutler.images.photo_calib import PhotoCalib
    from skybutler.images.polygon import Polygon
    from skybutler.images.psf import Psf
    from skybutler.images.stencils import Stencil
    from skybutler.images.summary_stats import SummaryStats
    from skybutler.images.transmission import TransmissionCurve

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


_PARTS = (
    "aperture_corrections", "coadd_inputs", "detector", "filter_label", "id", "photo_calib", "psf", "summary_stats",
    "transmission_curve", "valid_polygon", "visit_info", "wcs",
)  # fmt: skip
"""What belongs to pixels and is shared by copies: all of it is immutable."""


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
    psf : `Psf`, optional
        Image of a point source, by place.
    photo_calib : `PhotoCalib`, optional
        From counts to nanojansky.
    aperture_corrections : `ApertureCorrections`, optional
        Factors by name of a flux, by place.
    valid_polygon : `Polygon`, optional
        Where the pixels mean something; parent pixels.
    summary_stats : `SummaryStats`, optional
        Numbers that sum the exposure up.
    transmission_curve : optional
        Throughput by wavelength and place.
    coadd_inputs : `CoaddInputs`, optional
        What a coadd was made of.
    components : mapping, optional
        Whatever else belongs to it, by name, such as what other software has put into its file.

    Raises
    ------
    InvalidError
        Raised if the planes have different boxes.
    """

    __slots__ = ("components", "masked_image", "metadata", *_PARTS)

    def __init__(
        self,
        image: Image | MaskedImage,
        mask: Mask | None = None,
        variance: Image | None = None,
        *,
        wcs: SkyWcs | None = None,
        metadata: Metadata | None = None,
        filter_label: FilterLabel | None = None,
        detector: DetectorLabel | CameraDetector | None = None,
        visit_info: VisitInfo | None = None,
        id: int | None = None,
        psf: Psf | None = None,
        photo_calib: PhotoCalib | None = None,
        aperture_corrections: ApertureCorrections | None = None,
        valid_polygon: Polygon | None = None,
        summary_stats: SummaryStats | None = None,
        transmission_curve: TransmissionCurve | None = None,
        coadd_inputs: CoaddInputs | None = None,
        components: Mapping[str, Any] | None = None,
    ) -> None:
        self.masked_image = image if isinstance(image, MaskedImage) else MaskedImage(image, mask, variance)
        self.wcs = wcs
        self.metadata = Metadata() if metadata is None else metadata
        self.filter_label = filter_label
        self.detector = detector
        self.visit_info = visit_info
        self.id = id
        self.psf = psf
        self.photo_calib = photo_calib
        self.aperture_corrections = aperture_corrections
        self.valid_polygon = valid_polygon
        self.summary_stats = summary_stats
        self.transmission_curve = transmission_curve
        self.coadd_inputs = coadd_inputs
        self.components: dict[str, Any] = dict(components or {})

    @property
    def image(self) -> Image:
        """Pixel values, shared with `masked_image`; can be replaced by others of the same box."""
        return self.masked_image.image

    @image.setter
    def image(self, value: Image) -> None:
        self.masked_image = MaskedImage(value, self.mask, self.variance)

    @property
    def mask(self) -> Mask:
        """Flags, shared with `masked_image`; can be replaced by others of the same box."""
        return self.masked_image.mask

    @mask.setter
    def mask(self, value: Mask) -> None:
        self.masked_image = MaskedImage(self.image, value, self.variance)

    @property
    def variance(self) -> Image:
        """Variance, shared with `masked_image`; can be replaced by others of the same box."""
        return self.masked_image.variance

    @variance.setter
    def variance(self, value: Image) -> None:
        self.masked_image = MaskedImage(self.image, self.mask, value)

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

    @overload
    def __getitem__(self, index: BoxIndex) -> Exposure: ...
    @overload
    def __getitem__(self, index: tuple[SupportsIndex, SupportsIndex]) -> MaskedPixel: ...
    def __getitem__(self, index: PixelIndex) -> Exposure | MaskedPixel:
        """One pixel ``[x, y]``, or a view of the pixels of a box with the same everything else.

        Parameters
        ----------
        index : `Box`, or pair of `slice` or `int` (x, y)
            Parent coordinates: ``exposure[box]``, ``exposure[x0:x1, y0:y1]``, ``exposure[x, y]``.

        Raises
        ------
        InvalidError
            Raised if the pixels are not inside `bbox`.
        """
        found = self.masked_image[self.bbox.select(index)]
        return found[found.xy0] if is_pixel(index) else self._with(found, self.metadata)

    def cutout(self, shape: Box | Stencil | Region, *, pad: bool = False, mask_outside: bool = False) -> Exposure:
        """The pixels of a shape with the same everything else; the PSF is that of the place it is asked for.

        Parameters
        ----------
        shape : `Box`, `skybutler.images.stencils.Stencil` or `lsst.sphgeom.Region`
            Parent pixels, or a shape on the sky.
        pad : `bool`
            Keep the size if the shape reaches out of the image: pixels that are not there are NaN (0 in images of
            integers) and masked as ``NO_DATA``.  Otherwise the cut-out ends where the image does.
        mask_outside : `bool`
            Mask pixels whose centres are outside of the shape as ``OUTSIDE_STENCIL``; their values stay.

        Returns
        -------
        cutout : `Exposure`
            Shares its pixels with this one, except a mask that was changed and planes that were padded.

        Raises
        ------
        InvalidError
            Raised if none of the shape is in the image, or sky coordinates are needed and there are none.
        """
        from skybutler.images.cutout import CutOut

        cut = CutOut.of(shape, pad, mask_outside)
        part = self.masked_image[cut.box(self.bbox, self.wcs, "the image")]
        return self._with(cut.finish(part, self.bbox, self.wcs, "the image"), self.metadata)

    def copy(self) -> Exposure:
        """An exposure with its own pixels and metadata."""
        return self._with(self.masked_image.copy(), self.metadata.copy())

    def _with(self, masked_image: MaskedImage, metadata: Metadata) -> Exposure:
        parts = {name: getattr(self, name) for name in _PARTS}
        return Exposure(masked_image, metadata=metadata, components=self.components, **parts)

    def same_as(self, other: Exposure) -> bool:
        """Whether pixels, metadata and all that belongs to them are equal (NaN pixels equal NaN)."""
        return (
            self.masked_image.same_as(other.masked_image)
            and self.metadata == other.metadata
            and self.components == other.components
            and all(getattr(self, name) == getattr(other, name) for name in _PARTS)
        )

    def __repr__(self) -> str:
        return f"Exposure{self.image.kind}({self.bbox})"

    def _repr_html_(self) -> str:
        from skybutler.images.representation import exposure_html

        return exposure_html(self)
