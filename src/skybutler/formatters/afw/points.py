"""Boxes and points as columns of tables, in the spellings of several years.  Knows no objects that have them."""

from __future__ import annotations

from typing import Any

import numpy as np

from skybutler.errors import FormatError, UnreadableFileError
from skybutler.images.box import Box

from .archive import Rows
from .tables import Column

__all__ = ["box_columns", "box_row", "point_columns", "point_row", "read_boxes", "read_point", "read_stamp"]

_EMPTY = Box((0, 0), (0, 0))
_INT32 = np.iinfo(np.int32)
_LARGEST = 10_000
"""Pixels that images of a PSF may have on a side."""


def box_columns(name: str, doc: str) -> tuple[Column, ...]:
    """Columns of a box: its first and last pixels."""
    ends = (("min", "minimum"), ("max", "maximum"))
    return tuple(Column(f"{name}_{end}_{axis}", "J", "pixel", f"{doc} ({word})") for end, word in ends for axis in "xy")


def box_row(name: str, box: Box) -> dict[str, int]:
    """Values of the columns of a box; all empty boxes are written alike.

    Raises
    ------
    FormatError
        It has pixels whose numbers need more than 32 bits.
    """
    x, y = ((0, 0), (0, 0)) if box.is_empty else (box.x, box.y)
    if min(x[0], y[0]) < _INT32.min or max(x[1], y[1]) > _INT32.max:
        raise FormatError(f"The box {box} is too far from the origin to be written.")
    return {f"{name}_min_x": x[0], f"{name}_min_y": y[0], f"{name}_max_x": x[1] - 1, f"{name}_max_y": y[1] - 1}


def read_boxes(rows: Rows, name: str = "bbox") -> list[Box]:
    """Boxes of rows; where the last pixel is before the first, the box is empty."""
    first, last = _pairs(rows, f"{name}_min"), _pairs(rows, f"{name}_max")
    return [
        _EMPTY if x1 < x0 or y1 < y0 else Box((y0, y1 + 1), (x0, x1 + 1))
        for (x0, y0), (x1, y1) in zip(first.tolist(), last.tolist(), strict=True)
    ]


def point_columns(name: str, form: str, unit: str, doc: str) -> tuple[Column, ...]:
    """Columns of a point."""
    return tuple(Column(f"{name}_{axis}", form, unit, doc) for axis in "xy")


def point_row(name: str, point: tuple[Any, Any]) -> dict[str, Any]:
    """Values of the columns of a point."""
    return {f"{name}_x": point[0], f"{name}_y": point[1]}


def read_point(rows: Rows, name: str) -> tuple[Any, Any]:
    """The point of the only row, as plain numbers.

    Raises
    ------
    UnreadableFileError
        The piece has no row or several.
    """
    pairs = _pairs(rows, name)
    if len(pairs) != 1:
        raise UnreadableFileError(f"{rows.archive.uri}: an object has {len(pairs)} rows where it needs one.")
    x, y = pairs[0].tolist()
    return x, y


def read_stamp(rows: Rows, name: str = "dimensions") -> tuple[int, int]:
    """Width and height of images of a PSF or kernel.

    Raises
    ------
    UnreadableFileError
        They are so large that the images would fill the memory, or not positive.
    """
    width, height = read_point(rows, name)
    if not (1 <= width <= _LARGEST and 1 <= height <= _LARGEST):
        raise UnreadableFileError(f"{rows.archive.uri}: a PSF cannot have images of {width} x {height} pixels.")
    return width, height


def _pairs(rows: Rows, name: str) -> Any:
    """(x, y) of each row, from two columns, or from one of pairs as the first tables had them."""
    if f"{name}_x" in rows:
        return np.stack([rows[f"{name}_x"], rows[f"{name}_y"]], axis=-1)
    old = name.replace("_", ".")
    pairs = np.asarray(rows[old if old in rows else name])
    if pairs.ndim != 2 or pairs.shape[1] != 2:
        raise UnreadableFileError(f"{rows.archive.uri}: column {name} of persisted objects has no pairs.")
    return pairs
