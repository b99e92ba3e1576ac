"""Headers of catalogs as afw writes them: which columns, flags, aliases and slots a table has.  Reads no rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from skybutler.errors import InvalidError, SchemaVersionError, UnreadableFileError
from skybutler.images.metadata import Metadata
from skybutler.tables.aliases import Aliases
from skybutler.tables.field import Field

from .afw_catalog_versions import derived_aliases, old_flag_names, parts_of, slot_aliases
from .fits_header import header_metadata

if TYPE_CHECKING:
    from astropy.io.fits import Header

__all__ = ["EXPOSURES_VERSION", "VERSION", "CatalogHeader", "FileColumn", "read_header"]

VERSION = 3
"""Version of the tables that are written, and the newest that is read."""

EXPOSURES_VERSION = 5
"""The same of catalogs of exposures, which have a version of their own besides."""

_FORMAT = re.compile(r"(\d*)([PQ]?)([LXBIJKAEDCM])(\(\d*\))?\s*")
_PER_COLUMN = re.compile(r"(TTYPE|TFORM|TUNIT|TDOC|TCCLS|TFLAG|TFDOC|TZERO|TSCAL|TNULL|TDISP|TDIM)([1-9]\d{0,3})")
_BYTES = {"L": 1, "B": 1, "I": 2, "J": 4, "K": 8, "A": 1, "E": 4, "D": 8, "C": 8, "M": 16}
_UNSIGNED = {"I": 2.0**15, "J": 2.0**31, "K": 2.0**63}
_TYPES = {"B": "B", "I": "I", "J": "I", "K": "L", "E": "F", "D": "D"}
_OURS = re.compile(r"AFW_TYPE|AFW_TABLE_VERSION|EXPTABLE_VER|ALIAS|AR_HDU|FLAGCOL|TFIELDS|\w+_(ERR_|FLAG_)?SLOT")


@dataclass(frozen=True, slots=True)
class FileColumn:
    """A column of a table in a file.

    Parameters
    ----------
    fields : tuple of `Field`
        The fields it holds: one, or several where old tables have vectors.
    code : `str`
        FITS letter of its values.
    count : `int`
        Values per row; of those of any length 1.
    offset : `int`
        First byte in a row.
    varying : `str`
        ``P`` or ``Q`` if values have lengths of their own and stand in the heap, else empty.
    zero, scale : `float`
        Value = stored * scale + zero.
    """

    fields: tuple[Field, ...]
    code: str
    count: int
    offset: int
    varying: str = ""
    zero: float = 0.0
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class CatalogHeader:
    """What the header of a catalog says.

    Parameters
    ----------
    kind : `str`
        Card AFW_TYPE: ``SOURCE``, ``SIMPLE``, ...; empty if there is none.
    version : `int`
        Version of the layout.
    order : tuple of `Field`
        All fields, in the order of the schema.
    columns : tuple of `FileColumn`
        What is in the rows, without the flags.
    flags : mapping of `int` to `Field`
        Flags by bit.
    flag_offset, n_flags : `int`
        First byte of the flags in a row, and how many bits there are.
    archive_hdu : `int`
        HDU of the index of objects, from 0; -1 if the header does not say.
    aliases : `Aliases`
    metadata : `Metadata`
    """

    kind: str
    version: int
    order: tuple[Field, ...]
    columns: tuple[FileColumn, ...]
    flags: Mapping[int, Field]
    flag_offset: int
    n_flags: int
    archive_hdu: int
    aliases: Aliases
    metadata: Metadata


@dataclass
class _Cards:
    """Cards about columns and flags by number, and in which order they came."""

    columns: dict[int, dict[str, Any]] = field(default_factory=dict)
    flags: dict[int, dict[str, Any]] = field(default_factory=dict)
    order: dict[tuple[bool, int], None] = field(default_factory=dict)


def read_header(header: Header, uri: str) -> CatalogHeader:
    """What a header says.

    Raises
    ------
    UnreadableFileError
        Raised for columns that do not fit together, naming them.
    SchemaVersionError
        Raised for a version that is not known.
    """
    cards = _sorted_cards(header)
    version = _version(header, uri)
    flag_column = _whole(header, "FLAGCOL", 0, uri)
    if version == 0:
        old_flag_names(cards.flags.values())
    columns, flag_offset, n_flags = _columns(cards, version, flag_column, _whole(header, "NAXIS1", 0, uri), uri)
    flags = {
        bit - 1: Field(str(c["TFLAG"]).strip(), "Flag", c["TFDOC"]) for bit, c in cards.flags.items() if "TFLAG" in c
    }
    if beyond := [f.name for bit, f in flags.items() if bit >= n_flags]:
        raise UnreadableFileError(f"{uri} names flag {beyond[0]!r}, but its rows have only {n_flags} bits of flags.")
    unnamed = {bit: Field(f"flag_{bit + 1}", "Flag") for bit in range(n_flags) if bit not in flags}
    order = _in_order(cards, columns, flags, unnamed)
    _refuse_doubles(order, uri)
    aliases = _aliases(header, version, cards, order, uri)
    return CatalogHeader(
        kind=str(header.get("AFW_TYPE", "")).strip().upper(),
        version=version,
        order=order,
        columns=tuple(columns.values()),
        flags={**flags, **unnamed},
        flag_offset=flag_offset,
        n_flags=n_flags,
        archive_hdu=_whole(header, "AR_HDU", 0, uri) - 1,
        aliases=aliases,
        metadata=_metadata(header),
    )


def _version(header: Header, uri: str) -> int:
    # Tables of afw without a version are older than versions; others are not from afw and have none of its past.
    version = _whole(header, "AFW_TABLE_VERSION", 0 if "AFW_TYPE" in header else VERSION, uri)
    exposures = _whole(header, "EXPTABLE_VER", 0, uri)
    if not 0 <= exposures <= EXPOSURES_VERSION:
        raise SchemaVersionError(
            f"{uri} is a catalog of exposures of version {exposures}; versions to {EXPOSURES_VERSION} are known.",
            hint="A newer skybutler may read it.",
        )
    if not 0 <= version <= VERSION:
        raise SchemaVersionError(
            f"{uri} is a catalog of version {version}; versions 0 to {VERSION} are known.",
            hint="A newer skybutler may read it.",
        )
    return version


def _whole(header: Header, key: str, default: int, uri: str) -> int:
    value = header.get(key, default)
    if type(value) is not int:
        raise UnreadableFileError(f"{uri}: card {key} is {value!r}, which is no whole number.")
    return value


def _sorted_cards(header: Header) -> _Cards:
    found = _Cards()
    for card in header.cards:
        match = _PER_COLUMN.fullmatch(card.keyword)
        if match is None:
            continue
        key, number = match[1], int(match[2])
        of_flag = key in ("TFLAG", "TFDOC")
        entry = (found.flags if of_flag else found.columns).setdefault(number, {})
        entry[key] = card.value
        if key in ("TTYPE", "TFLAG"):
            found.order[of_flag, number] = None
            entry.setdefault("TFDOC" if of_flag else "TDOC", card.comment)
        elif key == "TFDOC":
            entry["TFDOC"] = str(card.value)
    return found


def _columns(
    cards: _Cards, version: int, flag_column: int, row_bytes: int, uri: str
) -> tuple[dict[int, FileColumn], int, int]:
    """Columns by number, and where the flags are."""
    columns: dict[int, FileColumn] = {}
    offset, flag_offset, n_flags = 0, 0, 0
    for number in sorted(number for number, entry in cards.columns.items() if "TFORM" in entry):
        entry = cards.columns[number]
        name = str(entry.get("TTYPE", f"col{number}")).strip()
        if version == 0:
            name = name.replace(".", "_")
        match = _FORMAT.fullmatch(str(entry["TFORM"]))
        if match is None or match[3] in "CM" or len(match[1]) > 9:
            raise UnreadableFileError(
                f"{uri}: column {name!r} has format {entry['TFORM']!r}, which catalogs do not have."
            )
        count, varying, code = int(match[1] or 1), match[2], match[3]
        if number == flag_column:
            if code != "X" or varying:
                raise UnreadableFileError(
                    f"{uri}: the column of flags, {name!r}, has format {entry['TFORM']!r}, not bits."
                )
            flag_offset, n_flags = offset, count
        elif count:
            columns[number] = _column(name, entry, code, count, varying, offset, uri)
        offset += {"P": 8, "Q": 16}[varying] * min(count, 1) if varying else _size(code, count)
    if flag_column and not n_flags:
        raise UnreadableFileError(f"{uri} has no column {flag_column}, where its flags should be.")
    if offset != row_bytes:
        raise UnreadableFileError(f"{uri} has rows of {row_bytes} bytes, but its columns take {offset}.")
    return columns, flag_offset, n_flags


def _size(code: str, count: int) -> int:
    return (count + 7) // 8 if code == "X" else _BYTES[code] * count


def _column(name: str, entry: dict[str, Any], code: str, count: int, varying: str, offset: int, uri: str) -> FileColumn:
    zero, scale = float(entry.get("TZERO", 0.0)), float(entry.get("TSCAL", 1.0))
    kind, doc = str(entry.get("TCCLS", "")).strip(), str(entry.get("TDOC", ""))
    unit = str(entry.get("TUNIT", "")).strip()
    try:
        parts = parts_of(name, kind, code, count, doc, unit) if not varying else ()
        fields = parts or (_field(name, kind, code, 0 if varying else count, doc, unit, zero, scale),)
    except InvalidError as error:
        raise UnreadableFileError(f"{uri}: {error}") from None
    return FileColumn(fields, code, count, offset, varying, zero, scale)


def _field(name: str, kind: str, code: str, count: int, doc: str, unit: str, zero: float, scale: float) -> Field:
    """The field of a column; ``count`` is 0 where values have any length."""
    if code == "A":
        return Field(name, "String", doc, unit, count)
    is_array = count != 1 or kind == "Array"
    if code in "LX" and not is_array:
        return Field(name, "Flag", doc, unit)
    own = _TYPES.get(code, "B")
    if zero == _UNSIGNED.get(code) and scale == 1:
        own = {"I": "U", "J": "L", "K": "L"}[code]
    elif zero or scale != 1:
        own = "D"
    if is_array:
        return Field(name, f"Array{own}", doc, unit, count)
    if own == "D" and (kind == "Angle" or (not kind and unit == "rad")):
        own = "Angle"
    return Field(name, own, doc, unit)


def _in_order(
    cards: _Cards, columns: Mapping[int, FileColumn], flags: Mapping[int, Field], unnamed: Mapping[int, Field]
) -> tuple[Field, ...]:
    """Fields in the order of the cards, which is that of the schema."""
    order: list[Field] = []
    for of_flag, number in cards.order:
        if of_flag:
            order.append(flags[number - 1])
        elif number in columns:
            order.extend(columns[number].fields)
    order += [f for number, column in columns.items() if (False, number) not in cards.order for f in column.fields]
    return (*order, *unnamed.values())


def _refuse_doubles(order: Iterable[Field], uri: str) -> None:
    seen: set[str] = set()
    for found in order:
        if found.name in seen:
            raise UnreadableFileError(f"{uri} has two columns named {found.name!r}.")
        seen.add(found.name)


def _aliases(header: Header, version: int, cards: _Cards, order: tuple[Field, ...], uri: str) -> Aliases:
    pairs = []
    for card in header.cards:
        if card.keyword == "ALIAS":
            name, colon, target = str(card.value).partition(":")
            if not colon:
                raise UnreadableFileError(f"{uri} has an alias without a target: {card.value!r}.")
            pairs.append((name.strip(), target.strip()))
    derived = derived_aliases(version, [f.name for f in order], cards.columns.values())
    if version == 0:
        pairs += slot_aliases(header)
    try:
        return Aliases(pairs, derived)
    except InvalidError as error:
        raise UnreadableFileError(f"{uri}: {error}") from None


def _metadata(header: Header) -> Metadata:
    cards = header_metadata(header).cards()
    return Metadata(c for c in cards if not (_PER_COLUMN.fullmatch(c.key) or _OURS.fullmatch(c.key)))
