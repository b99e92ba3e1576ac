"""Polygons of pixels as rows of tables.  Knows no files."""

from __future__ import annotations

import numpy as np

from skybutler.images.polygon import Polygon

from .archive import Archive, ArchiveWriter, Column

__all__ = ["read_polygon", "write_polygon"]

_COLUMNS = (
    Column("vertices_x", "D", "", "list of vertex points"),
    Column("vertices_y", "D", "", "list of vertex points"),
)


def read_polygon(archive: Archive, number: int) -> Polygon:
    """A polygon; the first corner is repeated as the last."""
    (rows,) = archive.pieces(number, 1)
    return Polygon(np.stack([rows["vertices_x"], rows["vertices_y"]], axis=-1))


def write_polygon(writer: ArchiveWriter, number: int, polygon: Polygon) -> None:
    """A polygon."""
    ring = [*polygon.vertices, polygon.vertices[0]]
    rows = [{"vertices_x": x, "vertices_y": y} for x, y in ring]
    writer.add(number, writer.table(_COLUMNS), "Polygon", "", rows)
