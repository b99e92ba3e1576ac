"""Links of datasets as a page that people read in a browser.  Knows no repository and no HTTP."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING
from urllib.parse import unquote

from .datalink import MEDIA_TYPE, Link
from .pages import page_begin, page_end, shown_link, shown_text

if TYPE_CHECKING:
    from lsst.sphgeom import Region

__all__ = ["links_page"]

_LARGE = 0.02
"""Degrees; a larger circle is not offered first."""


def links_page(
    links: Sequence[Link], cutout_url: str, cut_out_of: str | None, region: Region | None
) -> Iterator[bytes]:
    """A page with a table of links of each dataset, and a form that asks for a part of the image.

    Parameters
    ----------
    links : sequence of `Link`
        In the order in which they are shown.
    cutout_url : `str`
        Where cut-outs are made.
    cut_out_of : `str` or `None`
        Identifier of the image that the form asks for; without one there is none.
    region : `lsst.sphgeom.Region` or `None`
        Where that image is.
    """
    yield page_begin("Links").encode()
    for identifier, found in groupby(links, lambda link: link.id):
        rows = "".join(map(_row, found))
        table = f'<div class="scroll"><table><tbody>\n{rows}</tbody></table></div>'
        yield f"<h1>{shown_text(identifier)}</h1>\n{table}\n".encode()
    if cut_out_of is not None and region is not None:
        yield _form(cutout_url, cut_out_of, region).encode()
    yield page_end().encode()


def _row(link: Link) -> str:
    """How it belongs to the dataset, the link with what it is, and its size."""
    size = "" if link.content_length is None else f"{link.content_length:,} bytes"
    cells = (shown_text(link.semantics.removeprefix("#")), _shown(link), size)
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>\n"


def _shown(link: Link) -> str:
    told = shown_text(link.description or "")
    if link.error_message is not None:
        return f'<span class="error">{shown_text(link.error_message)}</span>'
    if link.access_url is None:
        return f"{told}: {'see below' if link.service_def else ''}"
    if link.content_type == "image/png":
        return shown_link(link.access_url, f'<img src="{shown_text(link.access_url)}" alt="{told}">')
    if link.content_type == MEDIA_TYPE:
        return shown_link(f"{link.access_url}&RESPONSEFORMAT=html", told)
    name = unquote(link.access_url.partition("?")[0].rpartition("/")[2])
    return f"{told}: {shown_link(link.access_url, shown_text(name))}"


def _form(url: str, identifier: str, region: Region) -> str:
    from lsst.sphgeom import LonLat

    circle = region.getBoundingCircle()
    center, radius = LonLat(circle.getCenter()), circle.getOpeningAngle().asDegrees()
    place = f"{center.getLon().asDegrees():.5f} {center.getLat().asDegrees():.5f} {min(_LARGE, radius / 4):.4f}"
    return (
        f'<h2>A part of the image</h2>\n<form action="{shown_text(url)}" method="get">\n'
        f'<input type="hidden" name="ID" value="{shown_text(identifier)}">\n'
        "<label>RA, Dec and radius in degrees: "
        f'<input name="CIRCLE" value="{place}" size="34" required></label>\n'
        '<select name="RESPONSEFORMAT"><option>png</option><option>fits</option></select>\n'
        "<button>Cut out</button>\n</form>\n"
    )
