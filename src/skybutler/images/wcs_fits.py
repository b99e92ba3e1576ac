"""Sky coordinates of pixels from FITS WCS cards: evaluators, and what cards may say.  Knows nothing of files.

Conventions of FITS WCS papers I and II (Greisen & Calabretta 2002; Calabretta & Greisen 2002).  Evaluators take and
give unit vectors in ICRS and 0-based parent pixels; cards are complete, with CRPIX 1-based in the parent frame.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from skybutler.errors import FormatError
from skybutler.images.metadata import Metadata
from skybutler.sky.vectors import lonlat_deg, unit_vectors

__all__ = ["FitsSky", "Tangent", "check_supported", "is_plain_tangent", "is_wcs_key"]

Floats: TypeAlias = npt.NDArray[np.float64]

_WCS_KEY = re.compile(
    r"WCSAXES|WCSNAME|C(TYPE|RPIX|RVAL|DELT|UNIT|ROTA)[12]|(CD|PC)[12]_[12]|PV[12]_\d+|PS[12]_\d+|"
    r"LONPOLE|LATPOLE|RADESYS|RADECSYS|EQUINOX|[AB]P?_(ORDER|DMAX|\d_\d)"
)
_DISTORTION = re.compile(r"PV[12]_\d+|[AB]_ORDER|CPDIS[12]|CQDIS[12]|D2IMDIS[12]|D2IM\d|DP[12]|DQ[12]")
_LOOKUP = ("CPDIS1", "CPDIS2", "D2IMDIS1", "D2IMDIS2", "CQDIS1", "CQDIS2")

# FK5 (J2000) to ICRS: Mignard & Froeschle 2000, A&A 354, 732, angles eta0, xi0, dalpha0 of the ICRS axes in mas.
_ETA0, _XI0, _DA0 = (math.radians(mas / 3.6e6) for mas in (-19.9, 9.1, -22.9))


def is_wcs_key(key: str) -> bool:
    """Whether a header key belongs to the primary celestial WCS."""
    return _WCS_KEY.fullmatch(key) is not None


class Tangent:
    """Gnomonic projection as vectors: direction = centre + east * xi + north * eta, normalised."""

    __slots__ = ("axes", "centre", "crpix", "inverse", "matrix")

    def __init__(self, ra: float, dec: float, crpix: tuple[float, float], matrix: Floats, to_icrs: Floats) -> None:
        if not np.isfinite(matrix).all() or np.linalg.det(matrix) == 0.0:
            raise FormatError(f"The WCS matrix {matrix.tolist()} is singular.")
        (sin_a, cos_a), (sin_d, cos_d) = ((math.sin(t), math.cos(t)) for t in (math.radians(ra), math.radians(dec)))
        self.centre = to_icrs @ np.array([cos_d * cos_a, cos_d * sin_a, sin_d])
        east, north = np.array([-sin_a, cos_a, 0.0]), np.array([-sin_d * cos_a, -sin_d * sin_a, cos_d])
        self.axes = np.stack([to_icrs @ east, to_icrs @ north])
        self.crpix = crpix
        self.matrix = np.radians(matrix)
        self.inverse = np.linalg.inv(self.matrix)

    @classmethod
    def from_cards(cls, cards: Metadata) -> Tangent:
        """The projection that complete cards describe."""
        dec = cards["CRVAL2"]
        # Paper II section 2.4: zenithal projections have their native pole at the reference point, and LONPOLE is
        # 180 degrees by default unless that is at or beyond the celestial pole.
        pole = float(cards.get("LONPOLE", 0.0 if dec >= 90.0 else 180.0))
        turn = math.radians(180.0 - pole)
        rotation = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
        if turn == 0.0:
            rotation = np.eye(2)
        crpix = cards["CRPIX1"] - 1.0, cards["CRPIX2"] - 1.0
        return cls(cards["CRVAL1"], dec, crpix, rotation @ _matrix(cards), _to_icrs(cards))

    def to_sky(self, x: Floats, y: Floats) -> Floats:
        """Unit vectors (..., 3) of pixels."""
        dx, dy = x - self.crpix[0], y - self.crpix[1]
        (a, b), (c, d) = self.matrix
        xi, eta = a * dx + b * dy, c * dx + d * dy
        vectors = self.centre + xi[..., None] * self.axes[0] + eta[..., None] * self.axes[1]
        unit: Floats = vectors / np.sqrt(1.0 + xi * xi + eta * eta)[..., None]
        return unit

    def to_pixel(self, vectors: Floats) -> tuple[Floats, Floats]:
        """Pixels (x, y) of unit vectors (..., 3)."""
        depth = vectors @ self.centre
        depth = np.where(depth > 0.0, depth, np.nan)
        xi, eta = vectors @ self.axes[0] / depth, vectors @ self.axes[1] / depth
        (a, b), (c, d) = self.inverse
        return a * xi + b * eta + self.crpix[0], c * xi + d * eta + self.crpix[1]


class FitsSky:
    """Any other FITS WCS (SIP, TPV, other projections), evaluated by astropy."""

    __slots__ = ("to_icrs", "wcs")

    def __init__(self, cards: Metadata) -> None:
        from astropy.io.fits import Header
        from astropy.wcs import WCS

        header = Header([(key, value) for key, value in cards.items()])
        try:
            self.wcs = WCS(header, fix=False).celestial
        except (ValueError, KeyError, TypeError) as error:
            raise FormatError(f"The WCS of the header cannot be evaluated: {error}") from error
        self.to_icrs = _to_icrs(cards)

    def to_sky(self, x: Floats, y: Floats) -> Floats:
        """Unit vectors (..., 3) of pixels."""
        ra, dec = self.wcs.all_pix2world(x, y, 0)
        return unit_vectors(np.asarray(ra), np.asarray(dec)) @ self.to_icrs.T

    def to_pixel(self, vectors: Floats) -> tuple[Floats, Floats]:
        """Pixels (x, y) of unit vectors (..., 3)."""
        from astropy.wcs import NoConvergence

        ra, dec = lonlat_deg(vectors @ self.to_icrs)
        world = np.stack([ra.ravel(), dec.ravel()], axis=-1)
        try:
            pixels = self.wcs.all_world2pix(world, 0, tolerance=1e-6, maxiter=40, detect_divergence=True)
        except NoConvergence as error:
            pixels = error.best_solution.copy()
            for lost in (error.divergent, error.slow_conv):
                if lost is not None:
                    pixels[lost] = np.nan
        return pixels[:, 0].reshape(ra.shape), pixels[:, 1].reshape(ra.shape)


def check_supported(header: Mapping[str, Any]) -> None:
    """Refuse celestial cards that are of another frame or axes, or need a table of distortions.

    Raises
    ------
    FormatError
        Raised with what is not supported.
    """
    for key in _LOOKUP:
        if key in header:
            raise FormatError(f"The WCS uses a distortion table ({key}), which is not supported.")
    ctypes = str(header["CTYPE1"])[:4], str(header["CTYPE2"])[:4]
    if set(ctypes) != {"RA--", "DEC-"}:
        raise FormatError(f"The WCS axes are {ctypes[0]} and {ctypes[1]}; right ascension and declination are needed.")
    frame, equinox = _frame(header)
    if frame != "ICRS" and (frame != "FK5" or equinox != 2000.0):
        raise FormatError(f"The WCS frame {frame} {equinox} is not supported; ICRS and FK5 2000.0 are.")


def _frame(header: Mapping[str, Any]) -> tuple[str, float]:
    """RADESYS and EQUINOX with the defaults of paper II section 3.1 (ICRS when neither card is there)."""
    equinox = header.get("EQUINOX")
    frame = str(header.get("RADESYS") or header.get("RADECSYS") or "").strip().upper()
    if not frame:
        frame = "ICRS" if equinox is None else ("FK5" if float(equinox) >= 1984.0 else "FK4")
    return frame, 2000.0 if equinox is None else float(equinox)


def _to_icrs(cards: Mapping[str, Any]) -> Floats:
    if _frame(cards)[0] == "ICRS":
        return np.eye(3)
    return _rotation(0, _ETA0) @ _rotation(1, -_XI0) @ _rotation(2, -_DA0)


def _rotation(axis: int, angle: float) -> Floats:
    """Matrix that turns the coordinate axes by ``angle`` radians about one of them."""
    i, j = (axis + 1) % 3, (axis + 2) % 3
    matrix = np.eye(3)
    matrix[i, i] = matrix[j, j] = math.cos(angle)
    matrix[i, j], matrix[j, i] = math.sin(angle), -math.sin(angle)
    return matrix


def is_plain_tangent(cards: Mapping[str, Any]) -> bool:
    """Whether cards are of a tangent plane without distortion, which `Tangent` evaluates."""
    return (
        (cards["CTYPE1"], cards["CTYPE2"]) == ("RA---TAN", "DEC--TAN")
        and all(str(cards.get(f"CUNIT{axis}") or "deg").strip() == "deg" for axis in "12")
        and not any(_DISTORTION.fullmatch(key) for key in cards)
        and not any(key.startswith("CROTA") for key in cards)
    )


def _matrix(cards: Mapping[str, Any]) -> Floats:
    """The 2x2 matrix in degrees per pixel from CDi_j, or PCi_j and CDELTi."""
    try:
        if any(f"CD{i}_{j}" in cards for i in "12" for j in "12"):
            return np.array([[float(cards.get(f"CD{i}_{j}", 0.0)) for j in "12"] for i in "12"])
        return np.array(
            [
                [float(cards.get(f"CDELT{i}", 1.0)) * float(cards.get(f"PC{i}_{j}", float(i == j))) for j in "12"]
                for i in "12"
            ]
        )
    except (TypeError, ValueError) as error:
        raise FormatError("A WCS matrix card of the header is not a number.") from error
