"""Sky coordinates of pixels, defined by FITS WCS cards or by the text of Starlink's AST library.  Knows no files.

Pixel positions are 0-based in the parent frame: the centre of the pixel with index (x, y) is at (x, y) and is FITS
pixel (x - x0 + 1, y - y0 + 1) of an array that starts at (x0, y0).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from skybutler.errors import FormatError
from skybutler.images import ast_maps
from skybutler.images.box import Box
from skybutler.images.metadata import Metadata
from skybutler.images.wcs_fits import FitsSky, Tangent, check_supported, is_plain_tangent, is_wcs_key
from skybutler.sky.vectors import lonlat_deg, unit_vectors

__all__ = ["SkyWcs", "is_wcs_key"]

Floats: TypeAlias = npt.NDArray[np.float64]

_PREFIX = "1 SkyWcs "


class SkyWcs:
    """Mapping between parent pixels and ICRS degrees.

    Made by `from_fits_header`, `from_affine` or `from_ast`.  Immutable; two are equal when what defines them is: their
    cards, or their texts.

    Notes
    -----
    A text is evaluated by ``starlink-pyast`` (the extra ``skybutler[images]``).  Where that is missing, the FITS cards
    that came with the text take its place, which are as good as or an approximation of it.
    """

    __slots__ = ("_cards", "_general", "_tangent", "approximation", "ast_text")

    def __init__(self, cards: Metadata | None, ast_text: str | None = None, approximation: str = "") -> None:
        # cards: complete FITS cards with CRPIX in 1-based parent pixels, that is for xy0 = (0, 0).
        self._cards = cards
        self.ast_text = ast_text
        """The text that defines it, `None` if FITS cards do."""
        self.approximation = approximation
        """The text of an approximation that other software has stored with it; kept."""
        plain = cards is not None and ast_text is None and is_plain_tangent(cards)
        self._tangent = Tangent.from_cards(cards) if plain and cards is not None else None
        self._general: Tangent | FitsSky | ast_maps.AstSky | None = None

    @classmethod
    def from_fits_header(cls, header: Mapping[str, Any], xy0: tuple[int, int] = (0, 0)) -> SkyWcs:
        """Read the celestial cards of a header.

        Parameters
        ----------
        header : mapping
            Header of the HDU with the pixels (`Metadata`, an astropy header or a dict).
        xy0 : pair of `int`
            (x, y) of the first stored pixel in the parent frame: CRPIX counts from it.

        Raises
        ------
        FormatError
            Raised if there are no celestial cards, or they say something that cannot be evaluated.
        """
        if not all(header.get(key) for key in ("CTYPE1", "CTYPE2")):
            raise FormatError("The header has no celestial WCS: CTYPE1 and CTYPE2 are missing.")
        cards = Metadata((key, header[key]) for key in dict.fromkeys(header) if is_wcs_key(key))
        check_supported(header)
        for axis, offset in (("1", xy0[0]), ("2", xy0[1])):
            try:
                cards[f"CRPIX{axis}"] = float(cards.get(f"CRPIX{axis}", 0.0)) + offset
                cards[f"CRVAL{axis}"] = float(cards.get(f"CRVAL{axis}", 0.0))
            except (TypeError, ValueError) as error:
                raise FormatError(f"CRPIX{axis} or CRVAL{axis} of the header is not a number.") from error
        return cls(cards)

    @classmethod
    def from_affine(
        cls, ra: float, dec: float, matrix: npt.ArrayLike, crpix: tuple[float, float] = (0.0, 0.0)
    ) -> SkyWcs:
        """A tangent-plane projection without distortion.

        Parameters
        ----------
        ra, dec : `float`
            ICRS degrees of the tangent point, for a camera its boresight.
        matrix : array_like, (2, 2)
            Degrees per pixel: (x - crpix_x, y - crpix_y) to tangent plane (east, north).
        crpix : pair of `float`
            (x, y) of the tangent point in 0-based parent pixels.

        Raises
        ------
        FormatError
            Raised if the matrix is singular.
        """
        ((a, b), (c, d)) = np.asarray(matrix, dtype=np.float64).tolist()
        cards = {
            "WCSAXES": 2, "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CUNIT1": "deg", "CUNIT2": "deg",
            "CRPIX1": crpix[0] + 1.0, "CRPIX2": crpix[1] + 1.0, "CRVAL1": float(ra), "CRVAL2": float(dec),
            "CD1_1": a, "CD1_2": b, "CD2_1": c, "CD2_2": d, "LONPOLE": 180.0, "RADESYS": "ICRS",
        }  # fmt: skip
        return cls(Metadata(cards))

    @classmethod
    def from_ast(cls, text: str, *, fits: SkyWcs | None = None, approximation: str = "") -> SkyWcs:
        """A WCS defined by the text of a FrameSet.

        Parameters
        ----------
        text : `str`
            FrameSet from 0-based parent pixels to ICRS radians, as AST's Channel writes it, with or without what files
            have before it (``1 SkyWcs 0``).
        fits : `SkyWcs`, optional
            The same or an approximation by FITS cards, for software without AST.
        approximation : `str`
            Text of an approximation stored with it.

        Raises
        ------
        FormatError
            Raised if the text is malformed.  Without AST that is noticed when it is evaluated, which needs AST or FITS
            cards.
        """
        if text.startswith(_PREFIX):
            text = text.removeprefix(_PREFIX).partition(" ")[2]
        made = cls(None if fits is None else fits._cards, text, approximation)
        if ast_maps.can_evaluate():
            made._evaluator()
        return made

    def to_ast(self) -> str:
        """Text of the FrameSet from 0-based parent pixels (PIXELS) through IWC to ICRS radians (SKY).

        Raises
        ------
        FormatError
            Raised if it is defined by cards that AST cannot represent, or AST is missing.
        """
        return ast_maps.text_of_fits_cards(self._fits_cards()) if self.ast_text is None else self.ast_text

    def has_fits_cards(self) -> bool:
        """Whether FITS cards represent it, at least approximately."""
        try:
            return bool(self._fits_cards())
        except FormatError:
            return False

    def _fits_cards(self) -> Metadata:
        if self._cards is None:
            assert self.ast_text is not None
            made = ast_maps.fits_cards_of(self.ast_text)
            if not made:
                raise FormatError("This WCS cannot be represented by FITS cards.", hint="to_ast() gives its text.")
            self._cards = Metadata(made)
        return self._cards

    def to_fits_header(self, xy0: tuple[int, int] = (0, 0)) -> Metadata:
        """FITS cards for an array whose first pixel is ``xy0`` (x, y) in the parent frame.

        Raises
        ------
        FormatError
            Raised if it is defined by a text that FITS cards cannot represent.
        """
        cards = self._fits_cards().copy()
        for axis, offset in (("1", xy0[0]), ("2", xy0[1])):
            cards[f"CRPIX{axis}"] = cards[f"CRPIX{axis}"] - offset
        return cards

    @property
    def is_tangent(self) -> bool:
        """Whether this is a plain tangent-plane projection, evaluated without astropy."""
        return self._tangent is not None

    def pixel_to_sky(self, x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[Floats, Floats]:
        """ICRS right ascension in [0, 360) and declination of pixel positions.

        Parameters
        ----------
        x, y : array_like
            0-based parent pixels, whole numbers at pixel centres; broadcast together.

        Returns
        -------
        ra, dec : `numpy.ndarray`
            Degrees.
        """
        px, py = np.broadcast_arrays(np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64))
        ra, dec = lonlat_deg(self._vectors(px, py))
        return np.asarray(ra), np.asarray(dec)

    def sky_to_pixel(self, ra: npt.ArrayLike, dec: npt.ArrayLike) -> tuple[Floats, Floats]:
        """Pixel positions of ICRS degrees.

        Parameters
        ----------
        ra, dec : array_like
            Degrees; broadcast together.

        Returns
        -------
        x, y : `numpy.ndarray`
            0-based parent pixels; NaN for positions the projection cannot show (a quarter turn away or more) or
            where the inverse of a distortion does not converge.
        """
        lon, lat = np.broadcast_arrays(np.asarray(ra, dtype=np.float64), np.asarray(dec, dtype=np.float64))
        vectors = unit_vectors(lon, lat)
        x, y = self._evaluator().to_pixel(vectors)
        return np.asarray(x), np.asarray(y)

    def pixel_scale_arcsec(self, x: float | None = None, y: float | None = None) -> float:
        """Side in arcseconds of a square of the area of the pixel at (x, y); at the reference pixel if not given."""
        reference = self.reference_pixel
        x = reference[0] if x is None else x
        y = reference[1] if y is None else y
        ends = self._vectors(np.array([x - 0.5, x + 0.5, x, x]), np.array([y, y, y - 0.5, y + 0.5]))
        (ax, ay, az), (bx, by, bz) = (ends[1] - ends[0]).tolist(), (ends[3] - ends[2]).tolist()
        area = math.hypot(ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx)  # numpy.cross takes far longer
        return math.degrees(math.sqrt(area)) * 3600.0

    def corners(self, box: Box) -> Floats:
        """Sky positions of the outer corners of a box of pixels.

        Parameters
        ----------
        box : `Box`
            Parent pixels; the corners are half a pixel outside the centres of its corner pixels.

        Returns
        -------
        corners : `numpy.ndarray`, (4, 2)
            ICRS (ra, dec) in degrees of lower left, lower right, upper right, upper left.  The great circles between
            them follow the edges exactly for a plain tangent plane, approximately otherwise.
        """
        left, right = box.x.start - 0.5, box.x.stop - 0.5
        bottom, top = box.y.start - 0.5, box.y.stop - 0.5
        return np.stack(self.pixel_to_sky([left, right, right, left], [bottom, bottom, top, top]), axis=-1)

    @property
    def reference_pixel(self) -> tuple[float, float]:
        """The pixel (x, y) of the projection's reference point, 0-based in the parent frame."""
        evaluator = self._evaluator()
        if isinstance(evaluator, ast_maps.AstSky):
            return evaluator.reference
        cards = self._fits_cards()
        return cards["CRPIX1"] - 1.0, cards["CRPIX2"] - 1.0

    def shifted(self, dx: float, dy: float) -> SkyWcs:
        """The same sky with other numbers of pixels: what was at (x, y) is at (x + dx, y + dy).

        Raises
        ------
        FormatError
            Raised if it is defined by a text and AST is missing.
        """
        cards = None
        if self._cards is not None:
            cards = self.to_fits_header()
            cards.update({"CRPIX1": cards["CRPIX1"] + dx, "CRPIX2": cards["CRPIX2"] + dy})
        text = None if self.ast_text is None else ast_maps.shifted_text(self.ast_text, dx, dy)
        return SkyWcs(cards, text)

    def tangent_at(self, x: float, y: float) -> SkyWcs:
        """The plain tangent-plane projection that agrees with this WCS to first order at a pixel."""
        at = np.array([[x, x - 0.5, x + 0.5, x, x], [y, y, y, y - 0.5, y + 0.5]])
        centre, *ends = self._vectors(at[0], at[1])
        ra, dec = (float(value) for value in lonlat_deg(centre))
        east = np.array([-math.sin(math.radians(ra)), math.cos(math.radians(ra)), 0.0])
        axes = np.stack([east, np.cross(centre, east)])
        plane = [np.degrees(axes @ end / (end @ centre)) for end in ends]
        return SkyWcs.from_affine(ra, dec, np.stack([plane[1] - plane[0], plane[3] - plane[2]], axis=-1), (x, y))

    def _vectors(self, x: Floats, y: Floats) -> Floats:
        return self._evaluator().to_sky(x, y)

    def _evaluator(self) -> Tangent | FitsSky | ast_maps.AstSky:
        if self._tangent is not None:
            return self._tangent
        if self._general is None:
            if self.ast_text is not None and (self._cards is None or ast_maps.can_evaluate()):
                self._general = ast_maps.AstSky(self.ast_text)
            else:
                cards = self._fits_cards()
                self._general = Tangent.from_cards(cards) if is_plain_tangent(cards) else FitsSky(cards)
        return self._general

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SkyWcs):
            return NotImplemented
        if self.ast_text is not None or other.ast_text is not None:
            return self.ast_text == other.ast_text
        return self._cards == other._cards

    def __hash__(self) -> int:
        return hash(self.ast_text if self.ast_text is not None else tuple(self._fits_cards().items()))

    def __reduce__(self) -> tuple[Any, ...]:
        return SkyWcs, (self._cards, self.ast_text, self.approximation)

    def __repr__(self) -> str:
        x, y = self.reference_pixel
        ra, dec = (float(value) for value in self.pixel_to_sky(x, y))
        kind = "AST" if self.ast_text is not None else self._fits_cards()["CTYPE1"]
        return f"SkyWcs({kind} at ({ra:.10g}, {dec:.10g}), {self.pixel_scale_arcsec():.4g} arcsec/pixel)"
