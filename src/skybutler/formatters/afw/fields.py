"""Functions of pixel position as rows of tables.  Knows no files, nor what the functions are for."""

from __future__ import annotations

import numpy as np

from skybutler.errors import UnreadableFileError
from skybutler.images.fields import BoundedField, ChebyshevField, PixelAreaField, ProductField, TransformField
from skybutler.images.wcs import SkyWcs

from .archive import Archive, ArchiveWriter, Column
from .points import box_columns, box_row, read_boxes

__all__ = [
    "read_chebyshev_field",
    "read_pixel_area_field",
    "read_product_field",
    "read_transform_field",
    "write_chebyshev_field",
    "write_pixel_area_field",
    "write_product_field",
    "write_transform_field",
]

_MODULE = "lsst.afw.math"
_CHEBYSHEV, _PRODUCT = "ChebyshevBoundedField", "ProductBoundedField"
_PIXEL_AREA, _TRANSFORM = "PixelAreaBoundedField", "TransformBoundedField"
_PREFIX = "1 TransformPoint2ToGeneric "
_PRODUCT_COLUMNS = (Column("id", "J", "", "Archive ID of a BoundedField factor."),)
_PIXEL_AREA_COLUMNS = (
    *box_columns("bbox", "Bounding box for field."),
    Column("wcs", "J", "", "Archive ID for SkyWcs instance."),
    Column("scaling", "D", "", "Scaling factor (including any transformation from rad^2."),
)
_TRANSFORM_COLUMNS = (
    *box_columns("bbox", "bounding box"),
    Column("frameSet", "QB", "", "FrameSet contained in the Transform"),
)


def read_chebyshev_field(archive: Archive, number: int) -> ChebyshevField:
    """A Chebyshev polynomial."""
    (rows,) = archive.pieces(number, 1)
    order, flat = rows.one("order_x"), np.atleast_1d(rows.one("coefficients"))
    if order < 0 or len(flat) % (order + 1):
        raise UnreadableFileError(
            f"{archive.uri}: {_CHEBYSHEV} {number} has {len(flat)} coefficients and the order {order} in x."
        )
    return ChebyshevField(read_boxes(rows)[0], flat.reshape(-1, order + 1))


def write_chebyshev_field(writer: ArchiveWriter, number: int, field: ChebyshevField) -> None:
    """A Chebyshev polynomial."""
    columns = (
        Column("order_x", "J", "", "maximum Chebyshev function order in x"),
        *box_columns("bbox", "bounding box"),
        Column(
            "coefficients", f"{field.coefficients.size}D", "", "Chebyshev function coefficients, ordered by y then x"
        ),
    )
    row = {
        "order_x": field.coefficients.shape[1] - 1,
        **box_row("bbox", field.bbox),
        "coefficients": field.coefficients.ravel(),
    }
    writer.add(number, writer.table(columns), _CHEBYSHEV, _MODULE, [row])


def read_product_field(archive: Archive, number: int) -> ProductField:
    """A product of fields."""
    (rows,) = archive.pieces(number, 1)
    factors = [archive.get(n, BoundedField) for n in rows["id"].tolist()] if len(rows) else []  # type: ignore[type-abstract]
    if not factors or None in factors:
        raise UnreadableFileError(f"{archive.uri}: {_PRODUCT} {number} lacks factors.")
    return ProductField(tuple(factor for factor in factors if factor is not None))


def write_product_field(writer: ArchiveWriter, number: int, field: ProductField) -> None:
    """A product, and its factors."""
    table = writer.table(_PRODUCT_COLUMNS)
    writer.add(number, table, _PRODUCT, _MODULE, [{"id": writer.put(factor)} for factor in field.factors])


def read_pixel_area_field(archive: Archive, number: int) -> PixelAreaField:
    """The area of pixels, and the sky coordinates it comes from."""
    (rows,) = archive.pieces(number, 1)
    wcs = archive.get(rows.one("wcs"), SkyWcs)
    if wcs is None:
        raise UnreadableFileError(f"{archive.uri}: {_PIXEL_AREA} {number} has no WCS.")
    return PixelAreaField(read_boxes(rows)[0], wcs, rows.one("scaling"))


def write_pixel_area_field(writer: ArchiveWriter, number: int, field: PixelAreaField) -> None:
    """The area of pixels, and the sky coordinates it comes from."""
    table = writer.table(_PIXEL_AREA_COLUMNS)
    row = {**box_row("bbox", field.bbox), "wcs": writer.put(field.wcs), "scaling": field.scaling}
    writer.add(number, table, _PIXEL_AREA, _MODULE, [row])


def read_transform_field(archive: Archive, number: int) -> TransformField:
    """A function that AST evaluates."""
    (rows,) = archive.pieces(number, 1)
    text: str = rows.one("frameSet").decode("ascii")
    return TransformField(read_boxes(rows)[0], text.removeprefix(_PREFIX))


def write_transform_field(writer: ArchiveWriter, number: int, field: TransformField) -> None:
    """A function that AST evaluates."""
    row = {**box_row("bbox", field.bbox), "frameSet": (_PREFIX + field.text).encode("ascii")}
    writer.add(number, writer.table(_TRANSFORM_COLUMNS), _TRANSFORM, _MODULE, [row])
