"""Catalogs in FITS files as LSST's afw keeps them.  Knows neither registry nor datastore."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from skybutler.errors import FormatError, InvalidError, MissingColumnError, ParameterError, UnreadableFileError
from skybutler.images.metadata import MetadataCard
from skybutler.tables import Catalog, ExposureCatalog, Field, PeakCatalog, SimpleCatalog, SourceCatalog

from .afw.archive import ArchiveWriter
from .afw_catalog_header import EXPOSURES_VERSION, VERSION, CatalogHeader, read_header
from .afw_catalog_objects import COLUMNS, StoredObjects, archive_bytes, object_columns, take_objects
from .afw_catalog_rows import FLAGS, pack_rows, row_columns, unpack_rows
from .fits_header import fits_header, open_fits, provenance_cards, reading
from .formatter import FITS_PROVENANCE, Formatter, Source, no_component, old_provenance

if TYPE_CHECKING:
    from astropy.io.fits import BinTableHDU, HDUList

    from skybutler.datasets.storage_class import StorageClass

__all__ = ["AfwCatalogFormatter", "read_catalog", "write_catalog"]

_KINDS: Mapping[str, type[Catalog]] = {
    "BASE": Catalog,
    "SIMPLE": SimpleCatalog,
    "SOURCE": SourceCatalog,
    "EXPOSURE": ExposureCatalog,
    "PEAK": PeakCatalog,
}
"""Classes by card AFW_TYPE."""

_BLOCK = 2880
_INDEX_PLACE = "HDU (1-indexed) containing the archive index for non-record data (e.g. Footprints)"


class AfwCatalogFormatter(Formatter):
    """A catalog: the first table of a FITS file, with packed flags, aliases and slots; versions 0 to 3 are read.

    Footprints, and the objects of exposures, stand in an archive after it and are read when they are first asked for.

    The read parameter ``columns`` is a name, a pattern with wildcards or a list of them.
    """

    extension = ".fits"
    provenance = FITS_PROVENANCE

    def read(
        self, source: Source, storage_class: StorageClass, component: str | None, parameters: Mapping[str, Any]
    ) -> object:
        no_component(component, storage_class)
        return read_catalog(source, storage_class.python_type(), parameters.get("columns"))

    def read_provenance(self, source: Source) -> Mapping[str, Any]:
        return provenance_cards(source)

    def write(self, obj: Any, path: Path, storage_class: StorageClass, provenance: Mapping[str, Any] | None) -> None:
        write_catalog(obj, path, provenance)


# ---------------------------------------------------------------------------------------------------- reading
def read_catalog(source: Source, kind: type = Catalog, columns: Any = None) -> Catalog:
    """Read the catalog of a file.

    Parameters
    ----------
    source : `Source`
        The file.
    kind : `type`
        The class wanted; if the file's is more special, that.
    columns : `str` or iterable of `str`, optional
        Names, aliases or patterns of the columns to read besides those that every catalog of the class has.

    Raises
    ------
    UnreadableFileError
        Raised for a file that is no catalog, or a corrupt one.
    SchemaVersionError
        Raised for one of an unknown version.
    ParameterError
        Raised for columns that it does not have.
    """
    with source.open() as stream, open_fits(stream, source.uri, 2) as hdus, reading(source.uri):
        return _read(hdus, source, kind, columns)


def _read(hdus: HDUList, source: Source, wanted: type, patterns: Any) -> Catalog:
    uri = source.uri
    place, hdu = _first_table(hdus, uri)
    header = read_header(hdu.header, uri)
    rows, heap = _content(hdu, uri)
    cls = _class(header.kind, wanted)
    names = _chosen(header, cls, patterns)
    columns = unpack_rows(header, rows, heap, uri, names)
    objects = take_objects(cls, columns, _stored(source, hdu, header.archive_hdu, place))
    try:
        return cls(
            columns,
            fields=_typed(header.order, cls, columns),
            length=len(rows),
            aliases=header.aliases,
            metadata=header.metadata,
            objects=objects,
        )
    except InvalidError as error:
        raise UnreadableFileError(f"{uri} is no {cls.__name__}: {error}") from error


def _first_table(hdus: HDUList, uri: str) -> tuple[int, BinTableHDU]:
    from astropy.io import fits

    for place, hdu in enumerate(hdus):
        if isinstance(hdu, fits.BinTableHDU):
            return place, hdu
    raise UnreadableFileError(f"{uri} has no table among its HDUs.", hint="Catalogs are binary tables.")


def _stored(source: Source, hdu: BinTableHDU, index: int, table: int) -> StoredObjects:
    """What reads the objects: their index is in an HDU that the header names, or the next one."""
    if 0 <= index <= table:
        raise UnreadableFileError(
            f"{source.uri} says that its objects are in HDU {index}, which is not after its table."
        )
    place = hdu.fileinfo()
    return StoredObjects(source.lasting, place["datLoc"] + place["datSpan"], index - table if index >= 0 else 1)


def _content(hdu: BinTableHDU, uri: str) -> tuple[np.ndarray[Any, np.dtype[np.uint8]], bytes]:
    """Rows, (n, bytes of a row), and heap, as they are in the file."""
    n, width, extra = (int(hdu.header[key]) for key in ("NAXIS2", "NAXIS1", "PCOUNT"))
    gap = int(hdu.header.get("THEAP", n * width)) - n * width
    if min(n, width, extra, gap) < 0 or gap > extra or (n and not width):  # rows of nothing could be any number
        raise UnreadableFileError(f"{uri} says that its table has {n} rows of {width} bytes and {extra} more.")
    place = hdu.fileinfo()
    try:
        place["file"].seek(place["datLoc"])
        content = place["file"].read(n * width + extra)
    except (MemoryError, OverflowError):
        content = b""
    if len(content) < n * width + extra:
        raise UnreadableFileError(f"{uri} is cut short: its table has {n} rows of {width} bytes.")
    rows = np.frombuffer(content, np.uint8, n * width).reshape(n, width)
    return rows, content[n * width + gap :]


def _class(kind: str, wanted: type) -> type[Catalog]:
    """The class of a file's catalog: that which it says, unless another is wanted that is not more general."""
    own = _KINDS.get(kind, Catalog)
    if not issubclass(wanted, Catalog) or issubclass(own, wanted):
        return own
    return wanted


def _chosen(header: CatalogHeader, cls: type[Catalog], patterns: Any) -> list[str] | None:
    from skybutler.tables.schema import Schema

    if patterns is None:
        return None
    schema = Schema(header.order, header.aliases)
    chosen = {field.name for field in cls.fixed}
    chosen.update(name for held in cls.object_names for name in (COLUMNS[held][0].name, COLUMNS[held][1]))
    for pattern in [patterns] if isinstance(patterns, str) else list(patterns):
        found = [field.name for field in schema.extract(str(pattern)).values()]
        try:
            chosen.update(found or [schema.find(str(pattern)).name])
        except MissingColumnError as error:
            raise ParameterError(error.message, hint=error.hint) from None
    return [field.name for field in header.order if field.name in chosen]


def _typed(order: Sequence[Field], cls: type[Catalog], columns: Mapping[str, Any]) -> Iterator[Field]:
    """Fields of the columns read; where the file does not tell an angle from a number, the class does."""
    fixed = {field.name: field for field in cls.fixed}
    for field in order:
        if field.name in columns:
            angle = field.type == "D" and field.name in fixed and fixed[field.name].type == "Angle"
            yield Field(field.name, "Angle", field.doc) if angle else field


# ---------------------------------------------------------------------------------------------------- writing
def write_catalog(catalog: Catalog, path: Path, provenance: Mapping[str, Any] | None = None) -> None:
    """Write a catalog into a new local file, in version 3.

    Parameters
    ----------
    catalog : `Catalog`
        Its class decides what the file says it is.
    path : `~pathlib.Path`
    provenance : mapping, optional
        Further cards; older ones of provenance are left out.

    Raises
    ------
    FormatError
        Raised for values, names or objects that such files cannot have.
    """
    try:
        header, rows, heap, archive = _file(catalog, provenance or {})
    except InvalidError as error:
        raise FormatError(f"The catalog cannot be written: {error}") from error
    from astropy.io import fits

    with path.open("wb") as out:
        out.write(fits.PrimaryHDU().header.tostring().encode("ascii"))
        out.write(header)
        out.write(rows)
        out.write(heap)
        out.write(b"\0" * (-(len(rows) + len(heap)) % _BLOCK))
        out.write(archive)


def _file(catalog: Catalog, provenance: Mapping[str, Any]) -> tuple[bytes, bytes, bytes, bytes]:
    """Header, rows and heap of the HDU of a catalog, and the HDUs of its objects."""
    writer = ArchiveWriter()
    held = [(field, np.array(numbers, np.int32)) for field, numbers in object_columns(catalog, writer)]
    own = [(field, catalog[field.name]) for field in catalog.schema]
    # Footprints come last; what belongs to exposures comes first.
    ordered = [*held, *own] if isinstance(catalog, ExposureCatalog) else [*own, *held]
    fields, columns = [field for field, _ in ordered], [values for _, values in ordered]
    rows, heap = pack_rows(fields, columns)
    formats = row_columns(fields, columns)
    n_flags = sum(field.is_flag for field in fields)
    cards = [
        *_structure(rows, heap, len(formats) + bool(n_flags)),
        *_field_cards(fields, dict(formats), n_flags),
        *(MetadataCard("ALIAS", f"{name}:{target}") for name, target in catalog.aliases.items()),
        *catalog.metadata.without(old_provenance(catalog.metadata)).cards(),
        *([MetadataCard("AR_HDU", 3, _INDEX_PLACE)] if held else []),
        MetadataCard("AFW_TABLE_VERSION", VERSION),
        *_kind_cards(catalog),
        *(MetadataCard(key, value) for key, value in provenance.items()),
    ]
    archive = archive_bytes(writer) if held else b""
    return fits_header(cards).tostring().encode("ascii"), rows.tobytes(), heap, archive


def _structure(rows: np.ndarray[Any, Any], heap: bytes, n_columns: int) -> Iterator[MetadataCard]:
    yield MetadataCard("XTENSION", "BINTABLE", "binary table extension")
    yield MetadataCard("BITPIX", 8, "8-bit bytes")
    yield MetadataCard("NAXIS", 2, "2-dimensional binary table")
    yield MetadataCard("NAXIS1", rows.dtype.itemsize, "width of table in bytes")
    yield MetadataCard("NAXIS2", len(rows), "number of rows in table")
    yield MetadataCard("PCOUNT", len(heap), "size of special data area")
    yield MetadataCard("GCOUNT", 1, "one data group (required keyword)")
    yield MetadataCard("TFIELDS", n_columns, "number of fields in each row")


def _field_cards(fields: Sequence[Field], formats: Mapping[Field, str], n_flags: int) -> Iterator[MetadataCard]:
    """Cards of columns and flags in the order of the schema, which they tell."""
    number, bit = 0, 0
    if n_flags:
        number = 1
        yield MetadataCard("TTYPE1", FLAGS, "bits for all Flag fields; see also TFLAGn")
        yield MetadataCard("TFORM1", f"{n_flags}X", "format of field")
        yield MetadataCard("FLAGCOL", 1, "Column number for the bitflags.")
    for field in fields:
        if field.is_flag:
            bit += 1
            yield MetadataCard(f"TFLAG{bit}", field.name, field.doc)
            if field.doc:
                yield MetadataCard(f"TFDOC{bit}", field.doc)
        else:
            number += 1
            yield from _column_cards(field, formats[field], number)


def _column_cards(field: Field, form: str, n: int) -> Iterator[MetadataCard]:
    yield MetadataCard(f"TTYPE{n}", field.name, field.doc)
    yield MetadataCard(f"TFORM{n}", form, "format of field")
    if field.type in ("U", "ArrayU"):
        yield MetadataCard(f"TZERO{n}", 32768, "offset for unsigned integers")
        yield MetadataCard(f"TSCAL{n}", 1, "data are not scaled")
    if field.doc:
        yield MetadataCard(f"TDOC{n}", field.doc)
    if field.unit:
        yield MetadataCard(f"TUNIT{n}", field.unit)
    kind = field.type if field.type in ("Angle", "String") else "Array" if field.is_array else "Scalar"
    yield MetadataCard(f"TCCLS{n}", kind, "Field template used by lsst.afw.table")


def _kind_cards(catalog: Catalog) -> Iterator[MetadataCard]:
    names = {cls: name for name, cls in _KINDS.items()}
    kind = next(names[cls] for cls in type(catalog).__mro__ if cls in names)
    yield MetadataCard("AFW_TYPE", kind, f"Tells lsst::afw to load this as a {kind.capitalize()} table.")
    if isinstance(catalog, ExposureCatalog):
        yield MetadataCard("EXPTABLE_VER", EXPOSURES_VERSION, "Exposure table version")
