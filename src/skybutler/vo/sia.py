"""Parameters of image searches (SIA) as a query in ADQL, and what the service tells of itself.  Knows no database.

Simple Image Access 2.0 (IVOA Recommendation 2015-12-23): values of one parameter are alternatives, parameters are
conditions that must all hold, ranges are closed and may be open at either end.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from skybutler.errors import InvalidError, ParameterError, nearest

from .obscore import FIELDS
from .votable import votable

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["PARAMETERS", "STANDARD", "datalink_descriptor", "self_description", "sia_query"]

STANDARD = "ivo://ivoa.net/std/SIA#query-2.0"
_MOST_VALUES = 100
_POLARIZATIONS = ("I", "Q", "U", "V", "RR", "LL", "RL", "LR", "XX", "YY", "XY", "YX", "POLI", "POLA")
Condition = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class _Parameter:
    """A parameter: what makes a condition (of POS, a place) of a value, and what the self-description says."""

    condition: Condition
    said: str
    attributes: str
    options: tuple[str, ...] = ()


# ------------------------------------------------------------------- values
def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError as error:
        raise InvalidError(f"'{text[:50]}' is no number.", hint="Open ends of ranges are -Inf and +Inf.") from error
    if math.isnan(number):
        raise InvalidError("NaN is no number to compare with.")
    return number


def _range(value: str) -> tuple[float, float]:
    """Both ends; a single value stands for both."""
    words = value.split()
    if len(words) not in (1, 2):
        raise InvalidError(f"'{value[:50]}' is neither a number nor two.", hint="Ranges are written 'low high'.")
    low, high = _number(words[0]), _number(words[-1])
    if low > high or (low == high and math.isinf(low)):
        raise InvalidError(f"The range from {words[0]} to {words[-1]} is empty.", hint="The lower end comes first.")
    return low, high


# --------------------------------------------------------------- conditions
def _within(column: str, value: str) -> str:
    """A column whose value lies in a range."""
    return _overlaps(column, column, value)


def _overlaps(least: str, most: str, value: str) -> str:
    """Two columns whose range shares something with a range."""
    low, high = _range(value)
    ends = [f"{most} >= {low!r}"] if low > -math.inf else []
    ends += [f"{least} <= {high!r}"] if high < math.inf else []
    return " AND ".join(ends) or f"{least} IS NOT NULL"


def _same(column: str, value: str) -> str:
    return f"{column} = {_text(value)}"


def _level(value: str) -> str:
    if not re.fullmatch(r"[0-4]", value.strip(), re.ASCII):
        raise InvalidError(f"'{value[:50]}' is no calibration level.", hint="Levels are 0 to 4.")
    return f"calib_level = {value.strip()}"


def _polarization(value: str) -> str:
    name = value.strip().upper()
    if name not in _POLARIZATIONS:
        hint = nearest(name, _POLARIZATIONS) or f"They are {', '.join(_POLARIZATIONS)}."
        raise InvalidError(f"There is no polarization state '{value[:50]}'.", hint=hint)
    return f"pol_states LIKE '%/{name}/%'"


def _place(value: str) -> str:
    """A position in the form in which REGION takes it."""
    from skybutler.sky.region import region_from_pos

    region_from_pos(value, ordered=True)
    kind, *numbers = value.split()
    return " ".join([kind.upper(), *(repr(float(n)) for n in numbers)])


def _position(places: Sequence[str]) -> str:
    """One condition for all positions, so that one search of the spatial index finds them."""
    text = places[0] if len(places) == 1 else f"UNION {' '.join(places)}"
    return f"INTERSECTS(REGION('{text}'), s_region) = 1"


_WORD = 'datatype="char" arraysize="*"'


def _interval(condition: Condition, said: str, ucd: str, unit: str = "") -> _Parameter:
    unit = f' unit="{unit}"' if unit else ""
    return _Parameter(condition, said, f'datatype="double" arraysize="2" xtype="interval" ucd="{ucd}"{unit}')


def _words(column: str, said: str, ucd: str, *options: str) -> _Parameter:
    return _Parameter(partial(_same, column), said, f'{_WORD} ucd="{ucd}"', options)


_OUTLINE = "CIRCLE ra dec radius, RANGE ra1 ra2 dec1 dec2 or POLYGON ra1 dec1 ..., ICRS degrees"
PARAMETERS: Mapping[str, _Parameter] = {
    "POS": _Parameter(_place, _OUTLINE, f'{_WORD} ucd="pos.outline;obs.field" unit="deg"'),
    "BAND": _interval(partial(_overlaps, "em_min", "em_max"), "Wavelengths", "em.wl", "m"),
    "TIME": _interval(partial(_overlaps, "t_min", "t_max"), "Time, MJD", "time.interval", "d"),
    "POL": _Parameter(
        _polarization, "Polarization state", f'{_WORD} ucd="meta.code;phys.polarization"', _POLARIZATIONS
    ),
    "FOV": _interval(partial(_within, "s_fov"), "Diameter", "phys.angSize;instr.fov", "deg"),
    "SPATRES": _interval(partial(_within, "s_resolution"), "Angular resolution", "pos.angResolution", "arcsec"),
    "SPECRP": _interval(partial(_within, "em_res_power"), "Spectral resolving power", "spect.resolution"),
    "EXPTIME": _interval(partial(_within, "t_exptime"), "Exposure time", "time.duration;obs.exposure", "s"),
    "TIMERES": _interval(partial(_within, "t_resolution"), "Resolution in time", "time.resolution", "s"),
    "ID": _words("obs_publisher_did", "Identifier of a dataset", "meta.ref.ivoid"),
    "COLLECTION": _words("obs_collection", "Collection of data", "meta.id"),
    "FACILITY": _words("facility_name", "Observatory", "meta.id;instr.tel"),
    "INSTRUMENT": _words("instrument_name", "Instrument", "meta.id;instr"),
    "DPTYPE": _words("dataproduct_type", "Kind of data product", "meta.code.class", "image", "cube"),
    "DPSUBTYPE": _words("dataproduct_subtype", "Which product of the pipelines", "meta.code.class"),
    "CALIB": _Parameter(_level, "Calibration level", 'datatype="int" ucd="meta.code;obs.calib"', tuple("01234")),
    "TARGET": _words("target_name", "What was observed", "meta.id;src"),
    "FORMAT": _words("access_format", "Media type of what is there", "meta.code.mime"),
}
"""All parameters that are conditions."""


def sia_query(given: Mapping[str, Sequence[str]]) -> str:
    """The query in ADQL for the parameters of a search.

    Parameters
    ----------
    given : mapping
        Values by name of the parameter, in upper case; blank ones say nothing, other names are left alone.

    Raises
    ------
    ParameterError
        A value is malformed or out of range, or there are too many.
    """
    conditions = []
    for name, parameter in PARAMETERS.items():
        values = list(dict.fromkeys(value for value in given.get(name, ()) if value.strip()))
        if len(values) > _MOST_VALUES:
            raise ParameterError(f"{name} has {len(values)} values; {_MOST_VALUES} are the most.")
        try:
            alternatives = [parameter.condition(value) for value in values]
        except InvalidError as error:
            raise ParameterError(f"{name}: {error.message}", hint=error.hint) from error
        if alternatives and name == "POS":
            conditions.append(_position(alternatives))
        elif alternatives:
            alternatives = [f"({condition})" for condition in alternatives]
            conditions.append(alternatives[0] if len(alternatives) == 1 else f"({' OR '.join(alternatives)})")
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return f"SELECT * FROM ivoa.ObsCore{where}"


# ------------------------------------------------------------------ document
def self_description(url: str, infos: Mapping[str, str], rows: int, most_rows: int) -> Iterator[bytes]:
    """The answer to MAXREC=0: all columns, no rows, all parameters (SIA 2.0, section 2.1.3; DALI 1.1, section 3.4.4).

    Parameters
    ----------
    url : `str`
        Of the service.
    infos : mapping
        INFO elements.
    rows, most_rows : `int`
        Of an answer where MAXREC says nothing, and at most.
    """
    inputs = [_input(name, p.said, p.attributes, p.options) for name, p in PARAMETERS.items()]
    maximum = f'<VALUES><MIN value="0"/><MAX value="{most_rows}"/></VALUES>'
    described = f"<DESCRIPTION>Most rows</DESCRIPTION>\n{maximum}\n"
    inputs += [
        f'<PARAM name="MAXREC" datatype="int" value="{rows}">\n{described}</PARAM>\n',
        _input("RESPONSEFORMAT", "Format of the answer", f'{_WORD} ucd="meta.code.mime"'),
    ]
    resource = _descriptor("sia-query", url, STANDARD, "".join(inputs))
    yield from votable(
        FIELDS, [_one_row()], serialization="TABLEDATA", limit=0, infos=infos, resources=[resource], identified=True
    )


def datalink_descriptor(url: str) -> str:
    """The service that has links for each row, as an element behind the results.

    Parameters
    ----------
    url : `str`
        Where links are asked for.
    """
    identifier = f'<PARAM name="ID" {_WORD} ucd="meta.id;meta.main" ref="obs_publisher_did" value=""/>\n'
    return _descriptor("datalink", url, "ivo://ivoa.net/std/DataLink#links-1.1", identifier)


def _descriptor(name: str, url: str, standard: str, inputs: str) -> str:
    return (
        f'<RESOURCE ID={quoteattr(name)} type="meta" utype="adhoc:service">\n'
        f'<PARAM name="standardID" {_WORD} value={quoteattr(standard)}/>\n'
        f'<PARAM name="accessURL" {_WORD} value={quoteattr(url)}/>\n'
        f'<GROUP name="inputParams">\n{inputs}</GROUP>\n</RESOURCE>\n'
    )


def _input(name: str, said: str, attributes: str, options: Sequence[str] = ()) -> str:
    values = "".join(f"<OPTION value={quoteattr(o)}/>" for o in options)
    values = f"<VALUES>{values}</VALUES>\n" if values else ""
    blank = "NaN NaN" if 'arraysize="2"' in attributes else ("0" if 'datatype="int"' in attributes else "")
    description = f"<DESCRIPTION>{escape(said)}</DESCRIPTION>"
    return f'<PARAM name="{name}" {attributes} value="{blank}">\n{description}\n{values}</PARAM>\n'


def _one_row() -> pa.RecordBatch:
    """One more row than asked for, so that the document says OVERFLOW."""
    import pyarrow as pa

    from .arrays import arrow_type

    return pa.RecordBatch.from_arrays(
        [pa.nulls(1, arrow_type(field)) for field in FIELDS], names=[field.name for field in FIELDS]
    )
