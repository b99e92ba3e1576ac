"""What a TAP service can do, as a VOSI document.  Knows no HTTP.

TAPRegExt 1.0 (IVOA Recommendation 2012-08-27) with erratum 1, features of ADQL 2.1 (appendix of the Recommendation)
but for COALESCE, whose key validators do not know.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from vo_models.tapregext.models import (
    DataLimit,
    DataLimits,
    DataModelType,
    Language,
    LanguageFeature,
    LanguageFeatureList,
    OutputFormat,
    TableAccess,
    TimeLimits,
    UploadMethod,
    Version,
)
from vo_models.vosi.capabilities.models import VOSICapabilities

from .adql.syntax import GEOMETRY
from .service_capabilities import Way, capability, interface
from .vosi import written

__all__ = ["OfferedFormat", "TapLimits", "capabilities_document"]

_EXTENSION = "ivo://ivoa.net/std/TAPRegExt"
_FEATURES = {
    "adqlgeo": tuple(sorted(GEOMETRY)),
    "adql-string": ("LOWER", "UPPER", "ILIKE"),
    "adql-sets": ("UNION", "EXCEPT", "INTERSECT"),
    "adql-common-table": ("WITH",),
    "adql-type": ("CAST",),
    "adql-unit": ("IN_UNIT",),
    "adql-offset": ("OFFSET",),
}
_OTHERS = (
    ("ivo://ivoa.net/std/VOSI#capabilities", "capabilities"),
    ("ivo://ivoa.net/std/VOSI#availability", "availability"),
    ("ivo://ivoa.net/std/VOSI#tables-1.1", "tables"),
    ("ivo://ivoa.net/std/DALI#examples", "examples"),
)


@dataclass(frozen=True, slots=True)
class OfferedFormat:
    """A format of answers.

    Parameters
    ----------
    media_type : `str`
    names : `tuple` [`str`]
        What RESPONSEFORMAT may say instead.
    serialization : `str`
        Of VOTable, ``binary2`` or ``td``; empty for others.
    """

    media_type: str
    names: tuple[str, ...]
    serialization: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TapLimits:
    """What may be asked for.

    Parameters
    ----------
    rows, most_rows : `int`
        Of an answer, if MAXREC says nothing, and at most.
    upload_bytes : `int`
        Of an uploaded table.
    job_seconds : `int`
        How long a job may take.
    kept_seconds : `int`
        How long a job is kept.
    """

    rows: int
    most_rows: int
    upload_bytes: int
    job_seconds: int
    kept_seconds: int


def capabilities_document(
    url: str, formats: Sequence[OfferedFormat], limits: TapLimits, security: Sequence[str] = ()
) -> bytes:
    """The document.

    Parameters
    ----------
    url : `str`
        Address of the service, without a slash at the end.
    formats : sequence of `OfferedFormat`
        The usual one first.
    limits : `TapLimits`
    security : sequence
        Identifiers of the ways to tell who asks.
    """
    tap = TableAccess(
        interface=[interface(url, "1.1", "base", security)],
        data_model=[DataModelType(value="ObsCore-1.1", ivo_id="ivo://ivoa.net/std/ObsCore#core-1.1")],
        language=[_language()],
        output_format=[_format(f) for f in formats],
        upload_method=[UploadMethod(ivo_id=f"{_EXTENSION}#upload-{way}") for way in ("inline", "http")],
        retention_period=TimeLimits(default=limits.kept_seconds, hard=limits.kept_seconds),
        execution_duration=TimeLimits(default=limits.job_seconds, hard=limits.job_seconds),
        output_limit=_limit(limits.rows, limits.most_rows, "row"),
        upload_limit=_limit(limits.upload_bytes, limits.upload_bytes, "byte"),
    )
    others = [capability(Way(standard, "1.1", f"{url}/{end}")) for standard, end in _OTHERS]
    return written(VOSICapabilities(capability=[tap, *others]))


def _language() -> Language:
    return Language(
        name="ADQL",
        version=[
            Version(value="2.0", ivo_id="ivo://ivoa.net/std/ADQL#v2.0"),
            Version(value="2.1", ivo_id="ivo://ivoa.net/std/ADQL#v2.1"),
        ],
        description="ADQL, translated to SQL; shapes are ICRS.",
        language_features=[
            LanguageFeatureList(
                type=f"{_EXTENSION}#features-{kind}", feature=[LanguageFeature(form=form) for form in forms]
            )
            for kind, forms in _FEATURES.items()
        ],
    )


def _format(offered: OfferedFormat) -> OutputFormat:
    identifier = f"{_EXTENSION}#output-votable-{offered.serialization}" if offered.serialization else None
    return OutputFormat(mime=offered.media_type, alias=list(offered.names), ivo_id=identifier)


def _limit(usual: int, most: int, unit: Any) -> DataLimits:
    return DataLimits(default=DataLimit(value=usual, unit=unit), hard=DataLimit(value=most, unit=unit))
