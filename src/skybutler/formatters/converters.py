"""Turning objects of one Python type into another that a storage class wants.  Knows no files and no repository.

Types are dotted names and classes are never imported to be compared: an object of a class exists only if the module
of the class is loaded.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any

from skybutler.errors import StorageClassError

if TYPE_CHECKING:
    from skybutler.datasets.storage_class import StorageClass

__all__ = ["convert", "convertible_from", "is_instance"]

Conversion = Callable[[Any], Any]

_HERE = "skybutler.formatters.converters:"
_ARROW = "skybutler.formatters.arrow_columns:"

_METADATA = "skybutler.images.metadata.Metadata"
_PROPERTIES = "skybutler.datasets.property_set.PropertySet"
_TASK = "skybutler.datasets.property_set.TaskMetadata"
_CATALOG = "skybutler.tables.catalog.Catalog"
_SIMPLE, _SOURCE = "skybutler.tables.sources.SimpleCatalog", "skybutler.tables.sources.SourceCatalog"
_PEAK, _EXPOSURES = "skybutler.tables.peaks.PeakCatalog", "skybutler.tables.exposures.ExposureCatalog"

_STATS = "skybutler.images.summary_stats.SummaryStats"

_ALIASES: Mapping[str, str] = {
    "pandas.core.frame.DataFrame": "pandas.DataFrame",
    "pandas.core.indexes.base.Index": "pandas.Index",
    "pyarrow.lib.Schema": "pyarrow.Schema",
    "pyarrow.lib.Table": "pyarrow.Table",
    "astropy.table.table.QTable": "astropy.table.QTable",
    "astropy.table.table.Table": "astropy.table.Table",
    "numpy.ma.core.MaskedArray": "numpy.ndarray",
    "numpy.ma.MaskedArray": "numpy.ndarray",
    "skybutler.datasets.PropertySet": _PROPERTIES,
    "skybutler.datasets.TaskMetadata": _TASK,
    "skybutler.images.Metadata": _METADATA,
    "skybutler.images.SummaryStats": _STATS,
    "skybutler.tables.Catalog": _CATALOG,
    "skybutler.tables.ExposureCatalog": _EXPOSURES,
    "skybutler.tables.PeakCatalog": _PEAK,
    "skybutler.tables.SimpleCatalog": _SIMPLE,
    "skybutler.tables.SourceCatalog": _SOURCE,
}

_CONVERSIONS: Mapping[tuple[str, str], str] = {
    ("pyarrow.Table", "pandas.DataFrame"): _HERE + "arrow_to_pandas",
    ("pyarrow.Table", "astropy.table.Table"): _ARROW + "arrow_to_astropy",
    ("pyarrow.Table", "numpy.ndarray"): _ARROW + "arrow_to_numpy",
    ("pyarrow.Table", "dict"): _ARROW + "arrow_to_dict",
    ("pandas.DataFrame", "pyarrow.Table"): _HERE + "pandas_to_arrow",
    ("pandas.DataFrame", "astropy.table.Table"): _HERE + "pandas_to_astropy",
    ("pandas.DataFrame", "numpy.ndarray"): _HERE + "pandas_to_numpy",
    ("pandas.DataFrame", "dict"): _HERE + "pandas_to_dict",
    ("astropy.table.Table", "pyarrow.Table"): _ARROW + "astropy_to_arrow",
    ("astropy.table.Table", "pandas.DataFrame"): _HERE + "astropy_to_pandas",
    ("astropy.table.Table", "numpy.ndarray"): _HERE + "astropy_to_numpy",
    ("astropy.table.Table", "dict"): _HERE + "astropy_to_dict",
    ("astropy.table.Table", "astropy.table.QTable"): "astropy.table:QTable",
    **{
        (kind, name): f"{name.rpartition('.')[0]}:{name.rpartition('.')[2]}.{method}"
        for kind, method in (
            ("astropy.table.Table", "from_astropy"),
            ("pandas.DataFrame", "from_pandas"),
            ("pyarrow.Table", "from_arrow"),
        )
        for name in (_CATALOG, _SIMPLE, _SOURCE, _PEAK, _EXPOSURES)
    },
    (_CATALOG, "astropy.table.Table"): _CATALOG + ".to_astropy",
    (_CATALOG, "pandas.DataFrame"): _CATALOG + ".to_pandas",
    (_CATALOG, "pyarrow.Table"): _CATALOG + ".to_arrow",
    ("numpy.ndarray", "pyarrow.Table"): _ARROW + "numpy_to_arrow",
    ("numpy.ndarray", "pandas.DataFrame"): _HERE + "numpy_to_pandas",
    ("numpy.ndarray", "astropy.table.Table"): "astropy.table:Table",
    ("numpy.ndarray", "dict"): _ARROW + "numpy_to_dict",
    ("numpy.ndarray", "list"): _HERE + "numpy_to_list",
    ("numpy.integer", "int"): "builtins:int",
    ("dict", "pyarrow.Table"): _ARROW + "dict_to_arrow",
    ("dict", "pandas.DataFrame"): _HERE + "dict_to_pandas",
    ("dict", "astropy.table.Table"): "astropy.table:Table",
    ("dict", "numpy.ndarray"): _ARROW + "dict_to_numpy",
    ("dict", _METADATA): "skybutler.images.metadata:Metadata",
    ("dict", _PROPERTIES): "skybutler.datasets.property_set:PropertySet",
    ("dict", _TASK): "skybutler.datasets.property_set:TaskMetadata",
    ("dict", _STATS): "skybutler.images.summary_stats:SummaryStats",
    (_STATS, "dict"): "builtins:dict",
    (_METADATA, "dict"): _HERE + "metadata_to_dict",
    (_METADATA, _PROPERTIES): _HERE + "metadata_to_properties",
    (_METADATA, _TASK): _HERE + "metadata_to_task",
    (_PROPERTIES, "dict"): _HERE + "properties_to_dict",
    (_PROPERTIES, _METADATA): _HERE + "properties_to_metadata",
    (_PROPERTIES, _TASK): "skybutler.datasets.property_set:TaskMetadata",
    ("list", "pandas.Index"): "pandas:Index",
    ("pandas.Index", "list"): "builtins:list",
    ("collections.OrderedDict", "dict"): "builtins:dict",
    ("tuple", "list"): "builtins:list",
    ("skybutler.formatters.plot.Png", "numpy.ndarray"): _HERE + "png_to_numpy",
    ("skybutler.formatters.plot.Png", "matplotlib.figure.Figure"): _HERE + "png_for_figure",
}
"""Function, as module and name, by the type that there is and the type that is wanted."""


def convert(obj: Any, storage_class: StorageClass) -> Any:
    """An object as the Python type of a storage class: itself if it is one, converted otherwise.

    Raises
    ------
    skybutler.errors.StorageClassError
        If there is no conversion; names both types and those that could be converted.
    """
    kind, own = type(obj), storage_class.converters
    wanted = _short(storage_class.pytype)
    if kind.__module__ == "builtins" and kind.__qualname__ == wanted:
        return obj
    if is_instance(obj, storage_class.pytype) and (not own or _full_name(kind) not in own):
        return obj
    for name in _type_names(kind):
        function = own.get(name) or _CONVERSIONS.get((name, wanted))
        if function is not None:
            return _load(function)(obj)
    possible = ", ".join(convertible_from(storage_class))
    raise StorageClassError(
        f"Storage class {storage_class.name!r} holds {storage_class.pytype} and an object of type "
        f"{_full_name(type(obj))} cannot be converted to it.",
        hint=f"It can be made of {possible}." if possible else "",
    )


def is_instance(obj: Any, pytype: str) -> bool:
    """Whether an object is of a class given by its dotted name, without importing anything."""
    module, _, name = pytype.rpartition(".")
    cls = getattr(sys.modules.get(module or "builtins"), name, None)
    if isinstance(cls, type):
        return isinstance(obj, cls)
    return _short(pytype) in _type_names(type(obj))


def convertible_from(storage_class: StorageClass) -> list[str]:
    """Dotted names of the types that can be converted to what a storage class holds."""
    wanted = _short(storage_class.pytype)
    return sorted({*storage_class.converters, *(have for have, want in _CONVERSIONS if want == wanted)})


def _load(function: str) -> Conversion:
    # The names come from this table and the packaged storage classes, never from a repository.
    found: Conversion = resolve_name(function)
    return found


def _type_names(cls: type) -> Iterator[str]:
    for base in cls.__mro__[:-1]:
        yield _short(_full_name(base))


def _full_name(cls: type) -> str:
    return cls.__qualname__ if cls.__module__ == "builtins" else f"{cls.__module__}.{cls.__qualname__}"


def _short(pytype: str) -> str:
    return _ALIASES.get(pytype, pytype.removeprefix("builtins."))


# ----------------------------------------------------------------- functions
def arrow_to_pandas(table: Any) -> Any:
    """Data frame of an Arrow table; integers with nulls stay integers."""
    return table.to_pandas(integer_object_nulls=True)


def pandas_to_arrow(frame: Any) -> Any:
    """Arrow table of a data frame, with its index."""
    import pyarrow as pa

    table = pa.Table.from_pandas(frame)
    metadata = {**(table.schema.metadata or {}), b"lsst::arrow::rowcount": str(table.num_rows).encode()}
    return table.replace_schema_metadata(metadata)


def pandas_to_astropy(frame: Any) -> Any:
    """Astropy table of a data frame; a named index becomes columns."""
    return _load(_ARROW + "arrow_to_astropy")(_without_index(frame))


def pandas_to_numpy(frame: Any) -> Any:
    """Structured array of a data frame; a named index becomes fields."""
    return _load(_ARROW + "arrow_to_numpy")(_without_index(frame))


def pandas_to_dict(frame: Any) -> Any:
    """Arrays of a data frame; a named index becomes an array."""
    return _load(_ARROW + "arrow_to_dict")(_without_index(frame))


def _without_index(frame: Any) -> Any:
    import pyarrow as pa

    named = any(name is not None for name in frame.index.names)
    table = pa.Table.from_pandas(frame.reset_index() if named else frame, preserve_index=False)
    for i, field in enumerate(table.schema):  # Arrow takes NaN for missing, but in numpy NaN is a value
        if pa.types.is_floating(field.type) and table[i].null_count:
            table = table.set_column(i, field, table[i].fill_null(float("nan")))
    return table


def astropy_to_pandas(table: Any) -> Any:
    """Data frame of an astropy table."""
    return arrow_to_pandas(_load(_ARROW + "astropy_to_arrow")(table))


def astropy_to_numpy(table: Any) -> Any:
    """Structured array of an astropy table."""
    return table.as_array()


def astropy_to_dict(table: Any) -> Any:
    """Arrays by column name of an astropy table."""
    return _load(_ARROW + "numpy_to_dict")(table.as_array())


def numpy_to_pandas(array: Any) -> Any:
    """Data frame of a structured array."""
    return arrow_to_pandas(_load(_ARROW + "numpy_to_arrow")(array))


def numpy_to_list(array: Any) -> Any:
    """Nested lists of plain numbers."""
    return array.tolist()


def dict_to_pandas(columns: Any) -> Any:
    """Data frame of named arrays of one length."""
    return arrow_to_pandas(_load(_ARROW + "dict_to_arrow")(columns))


def metadata_to_dict(metadata: Any) -> dict[str, Any]:
    """Plain mapping of header metadata; a repeated key has a list."""
    values = {key: metadata.all_values(key) for key in metadata}
    return {key: found[0] if len(found) == 1 else found for key, found in values.items()}


def metadata_to_properties(metadata: Any) -> Any:
    """Property set of header metadata, without comments."""
    from skybutler.datasets.property_set import PropertySet

    return PropertySet(metadata_to_dict(metadata))


def metadata_to_task(metadata: Any) -> Any:
    """Task metadata of header metadata, without comments."""
    from skybutler.datasets.property_set import TaskMetadata

    return TaskMetadata(metadata_to_dict(metadata))


def properties_to_dict(properties: Any) -> dict[str, Any]:
    """Nested plain dicts of a property set."""
    plain: dict[str, Any] = properties.to_dict()
    return plain


def properties_to_metadata(properties: Any) -> Any:
    """Flat header metadata of a property set; inner names with points."""
    from skybutler.images.metadata import Metadata

    flat = {name: properties[name] for name in properties.names()}
    return Metadata({name: value for name, value in flat.items() if not isinstance(value, Mapping)})


def png_to_numpy(png: bytes) -> Any:
    """Pixels of a PNG, shape (height, width, 3 or 4), from 0 to 1."""
    import io

    from matplotlib.image import imread

    return imread(io.BytesIO(png), format="png")


def png_for_figure(png: bytes) -> bytes:
    """The picture itself: it does not turn into a figure again, but notebooks show it as one."""
    return png
