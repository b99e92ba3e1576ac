"""Where the rows of a table are on an image: columns of pixels or of sky coordinates, of any kind of table.

Knows no axes, and of tables only that ``table[name]`` is a column.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from skybutler.errors import InvalidError

from .sky_grid import Projection

__all__ = ["column", "moments", "pixel_positions", "sky_positions"]

Floats: TypeAlias = npt.NDArray[np.float64]

_PIXELS = (
    ("slot_Centroid_x", "slot_Centroid_y"),
    ("base_SdssCentroid_x", "base_SdssCentroid_y"),
    ("x", "y"),
    ("centroid_x", "centroid_y"),
)
_SKY = (("coord_ra", "coord_dec"), ("ra", "dec"), ("raMean", "decMean"), ("ra_deg", "dec_deg"))
_SHAPES = ("slot_Shape", "base_SdssShape", "shape")


def column(table: Any, name: str) -> Floats | None:
    """A column as numbers, or `None` if the table has none of this name; masked values are NaN."""
    try:
        found = table[name]
    except (LookupError, ValueError):  # what dictionaries, data frames, tables and structured arrays raise
        return None
    if np.ma.isMaskedArray(found):
        return np.ma.filled(np.ma.asarray(found, dtype=np.float64), np.nan)
    return np.asarray(found, np.float64)


def sky_positions(table: Any) -> tuple[Floats, Floats] | None:
    """Right ascension and declination in ICRS degrees, or `None` if the table has none.

    The unit is the column's; without one it is radians in catalogs whose angles always are (those with aliases), else
    degrees.
    """
    for names in _SKY:
        found = [column(table, name) for name in names]
        if found[0] is not None and found[1] is not None:
            factor = _degrees_per_unit(table, names[0])
            return found[0] * factor, found[1] * factor
    return None


def _degrees_per_unit(table: Any, name: str) -> float:
    unit = str(getattr(table[name], "unit", None) or "")
    if unit.startswith("rad"):
        return float(np.degrees(1.0))
    if unit:
        from astropy.units import Unit

        return float(Unit(unit).to("deg"))
    return float(np.degrees(1.0)) if hasattr(table, "aliases") else 1.0


def pixel_positions(
    table: Any, wcs: Projection | None = None, columns: tuple[str, str] | None = None
) -> tuple[Floats, Floats]:
    """Pixels (x, y) of the rows of a table.

    Parameters
    ----------
    table : any table
        A catalog, a table of astropy or Arrow, a data frame, a structured array, a mapping of arrays.
    wcs : `Projection`, optional
        Of the image.  With it sky coordinates are used when there are any, as pixels of a catalog are those of the
        one image that it was measured on.
    columns : pair of `str`, optional
        Names of columns with pixels, to be used whatever else there is.

    Returns
    -------
    x, y : `numpy.ndarray`
        NaN where a row has no place.

    Raises
    ------
    InvalidError
        Raised if there are no such columns, or only sky coordinates and no WCS.
    """
    for names in _PIXELS if columns is None else (columns,):
        pixels = [column(table, name) for name in names]
        if pixels[0] is not None and pixels[1] is not None:
            break
    else:
        if columns is not None:
            raise InvalidError(f"The table has no columns {columns[0]} and {columns[1]}.")
        pixels = [None, None]
    sky = sky_positions(table) if columns is None else None
    if sky is not None and wcs is not None and np.isfinite(sky[0]).any():
        return wcs.sky_to_pixel(*sky)
    if pixels[0] is not None and pixels[1] is not None:
        return pixels[0], pixels[1]
    if sky is not None:
        raise InvalidError(
            "The table has sky coordinates only, and the image no WCS.", hint="Give show(..., wcs=) the WCS."
        )
    known = ", ".join(f"{a} and {b}" for a, b in (*_PIXELS, *_SKY))
    raise InvalidError("The table has no positions.", hint=f"Name the columns with pixels; known ones: {known}.")


def moments(table: Any) -> tuple[Floats, Floats, Floats]:
    """Second moments xx, xy and yy of shapes, square pixels.

    Raises
    ------
    InvalidError
        Raised if the table has none.
    """
    for start in _SHAPES:
        xx, xy, yy = (column(table, f"{start}_{way}") for way in ("xx", "xy", "yy"))
        if xx is not None and xy is not None and yy is not None:
            return xx, xy, yy
    raise InvalidError("The table has no shapes.", hint=f"Known columns: {', '.join(s + '_xx ...' for s in _SHAPES)}.")
