"""DataLink documents: what belongs to a dataset, and which services work on it.  Knows no repository and no HTTP.

DataLink 1.1 (IVOA Recommendation 2023-12-15), sections 3 and 4; service descriptors of SODA 1.0, section 4.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

from .field import Field
from .votable import votable

if TYPE_CHECKING:
    from lsst.sphgeom import Region

__all__ = ["MEDIA_TYPE", "STANDARD", "Link", "cutout_descriptor", "links_document"]

STANDARD = "ivo://ivoa.net/std/DataLink#links-1.1"
MEDIA_TYPE = "application/x-votable+xml;content=datalink"
_OUTLINE = "pos.outline;obs"
_DEGREES = 'datatype="double" unit="deg"'
_SODA = "ivo://ivoa.net/std/SODA#sync-1.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One row: a link, a service, or an error.

    Parameters
    ----------
    id : `str`
        Identifier as it was asked for.
    access_url, service_def, error_message : `str`, optional
        One of these.
    semantics : `str`
        Term of the vocabulary, such as ``#this``.
    description, content_type : `str`, optional
    content_length : `int`, optional
        Bytes.
    """

    id: str
    access_url: str | None = None
    service_def: str | None = None
    error_message: str | None = None
    description: str | None = None
    semantics: str
    content_type: str | None = None
    content_length: int | None = None


def _text(name: str, ucd: str, description: str) -> Field:
    return Field(name=name, datatype="char", arraysize="*", ucd=ucd, description=description)


_FIELDS = (
    _text("ID", "meta.id;meta.main", "Identifier of the dataset"),
    _text("access_url", "meta.ref.url", "Where the linked thing is"),
    _text("service_def", "meta.ref", "The service that works on it, by its ID in this document"),
    _text("error_message", "meta.code.error", "Why there is no link"),
    _text("description", "meta.note", "What the link leads to"),
    _text("semantics", "meta.code", "How it is related to the dataset"),
    _text("content_type", "meta.code.mime", "Media type"),
    Field(name="content_length", datatype="long", unit="byte", ucd="phys.size;meta.file", description="Size"),
)


def links_document(links: Sequence[Link], descriptors: Sequence[str] = ()) -> Iterator[bytes]:
    """A document of links.

    Parameters
    ----------
    links : sequence of `Link`
        In the order in which clients shall see them.
    descriptors : sequence of `str`
        Services that they refer to, as `cutout_descriptor` makes them.
    """
    import pyarrow as pa

    schema = pa.schema([pa.field(f.name, pa.int64() if f.datatype == "long" else pa.string()) for f in _FIELDS])
    columns = list(zip(*map(astuple, links), strict=True)) or [()] * len(_FIELDS)
    batch = pa.RecordBatch.from_arrays(
        [pa.array(values, kind) for values, kind in zip(columns, schema.types, strict=True)], schema=schema
    )
    return votable(
        _FIELDS, [batch], serialization="TABLEDATA", infos={"standardID": STANDARD}, resources=list(descriptors),
        identified=True,
    )  # fmt: skip


def cutout_descriptor(
    name: str, access_url: str, identifier: str | None, *, detail: str = "Image", region: Region | None = None
) -> str:
    """The descriptor of a service that cuts out of images.

    Parameters
    ----------
    name : `str`
        Its ID in the document, ``cutout-sync``.
    access_url : `str`
        Where it is.
    identifier : `str` or `None`
        The only dataset of the document; clients take the ID of a row if there are several.
    detail : `str`
        What is cut out unless the client says otherwise.
    region : `lsst.sphgeom.Region`, optional
        Of the image: where cut-outs are possible.
    """
    own = f"value={quoteattr(identifier)}" if identifier is not None else 'ref="ID" value=""'
    circle, polygon = _limits(region) if region is not None else ("", "")
    options = "".join(f'<OPTION value="{word}"/>' for word in ("Image", "MaskedImage", "Exposure"))
    parameters = [
        _parameter("ID", "meta.id;meta.main", 'datatype="char" arraysize="*"', own),
        _parameter("CIRCLE", _OUTLINE, f'{_DEGREES} arraysize="3" xtype="circle"', 'value=""', _maximum(circle)),
        _parameter("POLYGON", _OUTLINE, f'{_DEGREES} arraysize="*" xtype="polygon"', 'value=""', _maximum(polygon)),
        _parameter("POS", _OUTLINE, 'datatype="char" arraysize="*"', 'value=""'),
        _parameter(
            "CUTOUTDETAIL", "meta.code.class", 'datatype="char" arraysize="*"', f"value={quoteattr(detail)}", options
        ),
    ]
    return (
        f'<RESOURCE ID={quoteattr(name)} type="meta" utype="adhoc:service">\n'
        f'<PARAM name="accessURL" datatype="char" arraysize="*" value={quoteattr(access_url)}/>\n'
        f'<PARAM name="standardID" datatype="char" arraysize="*" value="{_SODA}"/>\n'
        f'<GROUP name="inputParams">\n{"".join(parameters)}</GROUP>\n</RESOURCE>\n'
    )


def _parameter(name: str, ucd: str, kind: str, value: str, values: str = "") -> str:
    inner = f"<VALUES>{values}</VALUES>" if values else ""
    return f'<PARAM name="{name}" ucd="{ucd}" {kind} {value}>{inner}</PARAM>\n'


def _maximum(value: str) -> str:
    return f"<MAX value={quoteattr(value)}/>" if value else ""


def _limits(region: Region) -> tuple[str, str]:
    """The largest circle and polygon that make sense (SODA 1.0, section 4.2): what encloses the region."""
    from lsst.sphgeom import ConvexPolygon, LonLat

    circle = region.getBoundingCircle()
    center, radius = LonLat(circle.getCenter()), circle.getOpeningAngle().asDegrees()
    around = f"{center.getLon().asDegrees():.6f} {center.getLat().asDegrees():.6f} {radius:.6f}"
    if not isinstance(region, ConvexPolygon):
        return around, ""
    corners = [LonLat(v) for v in region.getVertices()]
    outline = " ".join(f"{c.getLon().asDegrees():.6f} {c.getLat().asDegrees():.6f}" for c in corners)
    return around, outline
