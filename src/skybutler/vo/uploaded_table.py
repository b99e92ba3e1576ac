"""Tables that users send along with a query: a VOTable as the rows of a `TapTable`.  Knows no HTTP.

A VOTable can do more than hold rows: astropy would follow the address of a STREAM, to local files too, and unpack what
is compressed.  So a document is looked through before it is read, and refused if it is anything but rows.
"""

from __future__ import annotations

import re
from typing import IO, TYPE_CHECKING, Any
from xml.parsers import expat

from skybutler.errors import InvalidError, InvalidQueryError

from .adql import TapTable
from .adql.syntax import is_name
from .field import NUMBERS, Field

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt

__all__ = ["SCHEMA", "circles_of", "table_name", "uploaded_table"]

SCHEMA = "tap_upload"
"""Schema of uploaded tables."""

_NAME = re.compile(r"[A-Za-z]\w{0,62}", re.ASCII)
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/=\s]")
_MOST_COLUMNS = 500
_MOST_CIRCLES = 100_000
_PIECE = 1 << 16
_COMPLEX = {"floatComplex": "float", "doubleComplex": "double"}


def uploaded_table(name: str, file: IO[bytes], *, most_bytes: int, most_rows: int) -> TapTable:
    """The first table of a VOTable document.

    Parameters
    ----------
    name : `str`
        How the query calls it, without ``tap_upload``.
    file : binary file
        The document, from its beginning; it must be seekable.
    most_bytes, most_rows : `int`
        Limits.

    Returns
    -------
    table : `TapTable`
        With its rows.  Numbers that are complex are pairs, bits and arrays of truth values are texts of 0 and 1.

    Raises
    ------
    InvalidError
        It is not a VOTable, is too large, or asks for more than to be read.
    """
    name = table_name(name)
    _look_through(name, file, most_bytes, most_rows)
    file.seek(0)
    table = _first_table(name, file)
    if len(table.array) > most_rows:
        raise _refused(name, f"has {len(table.array)} rows; {most_rows} are the most")
    fields, columns = [], []
    seen: dict[str, str] = {}
    for column, stored in zip(table.fields, table.array.dtype.names, strict=True):
        field, values = _column(name, column, table.array[stored])
        if (other := seen.setdefault(field.name.lower(), field.name)) is not field.name:
            raise _refused(name, f"has columns '{other}' and '{field.name}', which are the same name in a query")
        fields.append(field)
        columns.append(values)
    return TapTable(SCHEMA, name, tuple(fields), "", rows=list(zip(*columns, strict=True)))


def table_name(name: str) -> str:
    """The name of an uploaded table, if it can have it.

    Raises
    ------
    InvalidError
        It cannot.
    """
    if not _NAME.fullmatch(name):
        raise InvalidError(f"'{name[:40]}' is no name of a table.", hint="A letter, then letters, digits and _.")
    return name


def circles_of(
    table: TapTable, numbers: Sequence[str | float]
) -> tuple[npt.NDArray[np.int64], list[tuple[float, float, float]]]:
    """Circles on the sky that the rows of a table have.

    Parameters
    ----------
    table : `TapTable`
        With its rows.
    numbers : sequence of `str` or `float`
        Right ascension, declination and radius, degrees: names of columns in lower case, or numbers.

    Returns
    -------
    rows : `numpy.ndarray`
        Numbers of the rows that have all three.
    circles : `list` of (`float`, `float`, `float`)

    Raises
    ------
    InvalidQueryError
        A column has no numbers, a row has some out of range, or there are too many rows.
    """
    import numpy as np

    rows = table.rows or ()
    if len(rows) > _MOST_CIRCLES:
        raise InvalidQueryError(
            f"'{table.name}' has {len(rows)} rows; positions of {_MOST_CIRCLES} are the most that are compared with "
            "regions in one query.", hint="Upload it in parts.",
        )  # fmt: skip
    columns = []
    for number in numbers:
        if isinstance(number, str):
            place, field = next((i, f) for i, f in enumerate(table.fields) if f.name.lower() == number)
            if field.is_text or field.is_array or field.datatype == "boolean":
                raise InvalidQueryError(f"'{field.name}' of '{table.name}' has no numbers to be coordinates.")
            columns.append(np.array([row[place] for row in rows], float))
        else:
            columns.append(np.full(len(rows), number))
    whole = np.stack(columns, axis=1)
    there = np.flatnonzero(~np.isnan(whole).any(axis=1))
    ra, dec, radius = whole[there].T
    wrong = there[~((np.abs(ra) <= 360) & (np.abs(dec) <= 90) & (radius >= 0) & (radius <= 180))]
    if len(wrong):
        said = ", ".join(f"{value:g}" for value in whole[wrong[0]][: 2 if numbers[2] == 0.0 else 3])
        raise InvalidQueryError(
            f"Row {wrong[0] + 1} of '{table.name}' has coordinates out of range: {said}.",
            hint="They are ICRS degrees: right ascension, declination, and of circles a radius.",
        )
    return there, list(map(tuple, whole[there].tolist()))


def _refused(name: str, why: str) -> InvalidError:
    return InvalidError(f"The uploaded table '{name}' {why}.", hint="Send a VOTable with its rows in the document.")


def _look_through(name: str, file: IO[bytes], most_bytes: int, most_rows: int) -> None:
    """Refuse what is no VOTable, or more than one, before astropy sees it."""
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    look = _Look(name, most_rows, parser)
    n = 0
    try:
        while piece := file.read(_PIECE):
            n += len(piece)
            if n > most_bytes:
                raise _refused(name, f"is larger than {most_bytes} bytes")
            parser.Parse(piece, False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        where = f"line {error.lineno}: {expat.errors.messages.get(error.code, 'malformed')}"
        raise _refused(name, f"is not a VOTable ({where})") from error
    except (ValueError, LookupError) as error:
        if isinstance(error, InvalidError):
            raise
        raise _refused(name, "is not a VOTable in an encoding that we know") from error
    if not look.tables:
        raise _refused(name, "is a VOTable without a table")


class _Look:
    """What there is in a document, told element by element."""

    def __init__(self, name: str, most_rows: int, parser: expat.XMLParserType) -> None:
        self._name, self._most_rows, self._parser = name, most_rows, parser
        self._elements = self._rows = self._fields = 0
        self.tables = 0
        parser.StartDoctypeDeclHandler = self.doctype
        parser.StartElementHandler = self.element

    def doctype(self, *_: object) -> None:
        raise _refused(self._name, "has a document type, which could define entities")

    def element(self, tag: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        local = tag.rpartition(" ")[2]
        self._parser.CharacterDataHandler = self.encoded if local == "STREAM" else None
        if self._elements == 1 and local != "VOTABLE":
            raise _refused(self._name, f"is not a VOTable: it begins with the element '{local[:40]}'")
        match local:
            case "TR":
                self._rows += 1
                if self._rows > self._most_rows:
                    raise _refused(self._name, f"has more than {self._most_rows} rows")
            case "TABLE":
                self.tables += 1
                n = attributes.get("nrows", "0").strip()
                if not n.isdecimal() or len(n) > 12 or int(n) > self._most_rows:
                    raise _refused(self._name, f"says that it has {n[:20]} rows; {self._most_rows} are the most")
            case "FIELD":
                self._fields += 1
                self._check_size(attributes.get("arraysize", "1"))
                if self._fields > _MOST_COLUMNS:
                    raise _refused(self._name, f"has more than {_MOST_COLUMNS} columns")
            case "STREAM":
                if "href" in attributes:
                    raise _refused(self._name, "has its rows elsewhere (href of a STREAM)")
                if attributes.get("encoding", "base64") != "base64":
                    raise _refused(self._name, "is compressed within the document (encoding of a STREAM)")
            case "FITS":
                raise _refused(self._name, "holds a FITS file")

    def encoded(self, text: str) -> None:
        """Of a STREAM, and what is around it; astropy would take no notice of characters that are none of base64."""
        if found := _NOT_BASE64.search(text):
            raise _refused(self._name, f"has {found[0]!r} among what should be base64")

    def _check_size(self, text: str) -> None:
        """Of the cells of a column, for which memory is taken before there are any."""
        n = 1
        for part in text.split("x"):
            if (digits := part.strip().rstrip("*").strip()).isdecimal():
                n *= int(digits[:9])
        if n > 100_000:
            raise _refused(self._name, f"has cells of size {text[:40]}")


def _first_table(name: str, file: IO[bytes]) -> Any:
    import warnings

    from astropy.io.votable import parse
    from astropy.io.votable.exceptions import W51

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what does not matter to us
        warnings.simplefilter("error", W51)  # whole numbers that it would cut off
        try:
            document = parse(file, verify="warn")
            tables = [table for table in document.iter_tables() if table.fields]
        except Exception as error:
            raise _refused(name, f"cannot be read: {' '.join(str(error).split())[:200]}") from error
    if not tables:
        raise _refused(name, "has no columns")
    return tables[0]


# --------------------------------------------------------------------- columns
def _column(table: str, column: Any, values: npt.NDArray[Any]) -> tuple[Field, list[Any]]:
    """A column and its values as a database takes them."""
    name = str(column.name or column.ID)
    if not is_name(name):
        raise _refused(table, f"has a column '{name[:60]}', whose name no query can have")
    made: list[Any]
    datatype, arraysize = str(column.datatype), str(column.arraysize or "") or None
    several = arraysize is not None and arraysize != "1"
    if datatype in ("char", "unicodeChar"):
        made, arraysize = _texts(values), "*"
    elif datatype in ("bit", "boolean") and several:
        made, datatype, arraysize = [_truths(v) for v in values], "char", "*"
    elif datatype in ("bit", "boolean"):
        made, datatype, arraysize = _plain(values, bool), "boolean", None
    elif datatype in _COMPLEX:
        datatype = _COMPLEX[datatype]
        made, arraysize = _arrays(values, datatype), "*" if several else "2"
    elif several:
        made = _arrays(values, datatype)
    else:
        made, arraysize = _plain(values, float if datatype in ("float", "double") else int), None
    said = {n: str(v) for n in ("unit", "ucd", "utype", "xtype", "description") if (v := getattr(column, n, None))}
    return Field(name=name, datatype=datatype, arraysize=arraysize, **said), made  # type: ignore[arg-type]


def _plain(values: Any, kind: type) -> list[Any]:
    """Single values; what is masked or no number is nothing."""
    return [None if v is None or v != v else kind(v) for v in values.tolist()]


def _texts(values: Any) -> list[str | None]:
    import numpy as np

    masked = np.ma.getmaskarray(values)
    data = np.ma.getdata(values)
    return [
        None if hidden else (v.decode("utf-8", "replace") if isinstance(v, bytes) else str(v)).replace("\0", "")
        for v, hidden in zip(data, masked.tolist() if masked.ndim == 1 else [False] * len(data), strict=True)
    ]


def _truths(values: Any) -> str:
    import numpy as np

    return "".join("1" if v else "0" for v in np.ma.filled(np.ma.asarray(values), False).ravel().tolist())


def _arrays(values: Any, datatype: str) -> list[bytes]:
    """Each value's numbers, those of complex ones by two; what is masked is not a number."""
    import numpy as np

    kind, made = np.dtype(NUMBERS[datatype]), []
    for value in values:
        array = np.ma.asarray(value)
        if array.dtype.kind == "c":
            array = np.ma.asarray(np.ascontiguousarray(np.ma.filled(array, np.nan)).view(array.real.dtype))
        plain = np.ma.filled(array, np.nan) if array.dtype.kind == "f" else np.ma.getdata(array)
        made.append(plain.astype(kind).ravel().tobytes())
    return made
