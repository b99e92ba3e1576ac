"""Examples of queries, as a document that people and clients read.  Knows no HTTP and runs nothing.

DALI 1.1 (IVOA Recommendation 2017-05-17), section 2.3: XHTML with RDFa.
"""

from __future__ import annotations

from dataclasses import dataclass
from xml.sax.saxutils import escape

__all__ = ["EXAMPLES", "Example", "examples_document"]


@dataclass(frozen=True, slots=True)
class Example:
    """A query that any repository can answer, if perhaps with no rows.

    Parameters
    ----------
    id, name, text, query : `str`
        For URLs, for lists, what it shows, and the ADQL.
    """

    id: str
    name: str
    text: str
    query: str


EXAMPLES = (
    Example(
        "tables",
        "Which tables there are",
        "Schemas, tables and columns are told of by tables too.",
        "SELECT table_name, description FROM tap_schema.tables ORDER BY table_index",
    ),
    Example(
        "columns",
        "What the columns of ObsCore mean",
        "Units and descriptions of all columns of a table.",
        "SELECT column_name, datatype, unit, description FROM tap_schema.columns\n"
        "WHERE table_name = 'ivoa.ObsCore' ORDER BY column_index",
    ),
    Example(
        "kinds",
        "Kinds of images",
        "How many images there are of each product of the pipelines, and how far they are processed.",
        "SELECT dataproduct_subtype, calib_level, COUNT(*) AS n FROM ivoa.ObsCore\n"
        "GROUP BY dataproduct_subtype, calib_level ORDER BY calib_level",
    ),
    Example(
        "point",
        "Images of a place",
        "Images that have a point, with where to find their pixels.",
        "SELECT TOP 20 obs_id, lsst_band, access_url, access_format FROM ivoa.ObsCore\n"
        "WHERE calib_level = 3 AND CONTAINS(POINT('ICRS', 55.7467, -32.2862), s_region) = 1",
    ),
    Example(
        "circle",
        "Images that touch a circle",
        "Exposures of which at least a part lies within half a degree, the first ones first.",
        "SELECT TOP 20 obs_id, s_ra, s_dec, t_min, t_exptime FROM ivoa.ObsCore\n"
        "WHERE INTERSECTS(CIRCLE('ICRS', 55.7467, -32.2862, 0.5), s_region) = 1 AND t_min IS NOT NULL ORDER BY t_min",
    ),
    Example(
        "patches",
        "Images of patches",
        "How many there are of each patch of the sky map, by tract and band.",
        "SELECT lsst_tract, lsst_patch, lsst_band, COUNT(*) AS n FROM ivoa.ObsCore\n"
        "WHERE lsst_patch IS NOT NULL GROUP BY lsst_tract, lsst_patch, lsst_band",
    ),
)
"""All examples."""

_HEAD = """\
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml">
<head><title>Examples of queries</title></head>
<body vocab="ivo://ivoa.net/std/DALI#examples">
<h1>Examples of queries</h1>
"""


def examples_document(base: str) -> bytes:
    """The document.

    Parameters
    ----------
    base : `str`
        Its address.
    """
    parts = [
        f'<div typeof="example" id="{e.id}" resource="#{e.id}">\n<h2 property="name">{escape(e.name)}</h2>\n'
        f"<p>{escape(e.text)}</p>\n"
        f'<pre property="query">{escape(e.query)}</pre>\n</div>\n'
        for e in EXAMPLES
    ]
    return "".join([_HEAD, *parts, f'<p><a href="{escape(base)}">{escape(base)}</a></p>\n</body>\n</html>\n']).encode()
