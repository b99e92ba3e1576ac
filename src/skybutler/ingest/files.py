"""Ingest of files listed in a table: first column the path, the others dimension values.  Knows no observations."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from skybutler.datasets import DatasetType
from skybutler.errors import DimensionNameError, DimensionValueError, InvalidError, nearest
from skybutler.storage import is_absolute

from .tables import read_columns

if TYPE_CHECKING:
    import numpy as np

    from skybutler.butler import Butler
    from skybutler.datasets.provenance import DatasetProvenance

__all__ = ["ID_GENERATION", "data_id_columns", "ingest_files"]

ID_GENERATION = ("UNIQUE", "DATAID_TYPE", "DATAID_TYPE_RUN")
"""How datasets get their ids: new ones, or ones that follow from data ID and type (and run)."""


def ingest_files(
    butler: Butler,
    dataset_type: str,
    run: str,
    table: str | os.PathLike[str] | Mapping[str, Sequence[Any]],
    *,
    formatter: str | None = None,
    id_generation: str = "UNIQUE",
    data_id: Mapping[str, Any] | None = None,
    prefix: str | os.PathLike[str] | None = None,
    transfer: str = "auto",
    skip_existing: bool = False,
    track: bool = True,
    provenance: bool = False,
) -> int:
    """Take files listed in a table into a run.

    Parameters
    ----------
    butler : `Butler`
        Writeable; the dataset type is registered, dimension records exist.
    dataset_type, run : `str`
        What the files are, and the RUN (made when needed).
    table : path or mapping
        ECSV, CSV, FITS, Parquet or another format of astropy, or columns.  The first column holds paths or URIs,
        whatever its name; the others are dimensions.  Rows with the same path make one file of several datasets.
    formatter : `str`, optional
        What reads the files; by default what is configured.
    id_generation : `str`
        One of `ID_GENERATION`.
    data_id : mapping, optional
        Values that all files have; they win over columns.
    prefix : path, optional
        Where relative paths begin; by default the current directory.
    transfer : `str`
        One of `skybutler.storage.transfer.MODES`.
    skip_existing : `bool`
        Leave out what the run has already.
    track : `bool`
        Record file sizes.
    provenance : `bool`
        Record what the headers of the files say of their making; each file is opened for that.

    Returns
    -------
    count : `int`
        Datasets made.

    Raises
    ------
    MissingDatasetTypeError, DatasetExistsError, MissingFileError, DataIdValueError
        As the names say; nothing is ingested then.
    DimensionNameError
        A column or fixed value is no dimension of the type, or one of its dimensions has no column.
    UnreadableFileError
        The table cannot be read.
    """
    butler.registry.database.require_writeable()
    if id_generation not in ID_GENERATION:
        hint = nearest(id_generation, ID_GENERATION) or f"Ways are: {', '.join(ID_GENERATION)}."
        raise InvalidError(f"'{id_generation}' is no way to make dataset ids.", hint=hint)
    kind = butler.get_dataset_type(dataset_type)
    columns = dict(table) if isinstance(table, Mapping) else read_columns(table)
    if not columns:
        raise InvalidError("The table has no columns.", hint="The first one must hold the paths of the files.")
    first, *others = columns
    paths = [_placed(path, prefix, first) for path in columns[first]]
    values = data_id_columns(butler, kind, {name: columns[name] for name in others}, dict(data_id or {}), paths)
    if not paths:
        return 0
    if len(set(paths)) < len(paths) and transfer == "move":
        raise InvalidError(
            "A file of several datasets cannot be moved to several places.", hint="Use transfer='direct'."
        )
    added = butler.ingest_columns(
        kind.name,
        values,
        paths,
        run=run,
        transfer=transfer,
        formatter=formatter,
        ids=_ids(kind, run, values, id_generation, len(paths)),
        skip_existing=skip_existing,
        record_validation_info=track,
        provenance=list(_told(butler, kind, values, formatter, paths)) if provenance else None,
    )
    return int(added.sum())


def _told(
    butler: Butler, kind: DatasetType, values: Mapping[str, list[Any]], formatter: str | None, paths: Sequence[str]
) -> Iterator[DatasetProvenance | None]:
    """What the files say of their making."""
    instrument = values["instrument"][0] if "instrument" in values else None
    chosen = formatter or butler.datastore.formatters.choose(kind, instrument=instrument).name
    return butler.datastore.file_provenance(paths, chosen, kind.storage_class)


def _placed(path: Any, prefix: str | os.PathLike[str] | None, column: str) -> str:
    if not isinstance(path, str) or not path:
        raise InvalidError(f"The first column, '{column}', must hold paths, not {path!r}.")
    if is_absolute(path):
        return path
    if prefix is not None and "://" in os.fspath(prefix):
        return f"{os.fspath(prefix).rstrip('/')}/{path}"
    return os.path.abspath(os.path.join(prefix or "", path))


def data_id_columns(
    butler: Butler, kind: DatasetType, columns: Mapping[str, Any], fixed: Mapping[str, Any], paths: Sequence[str]
) -> dict[str, list[Any]]:
    """Columns of the required dimensions of a dataset type, of the right types.

    Parameters
    ----------
    butler : `Butler`
    kind : `DatasetType`
    columns : mapping
        Columns of a table, by dimension.
    fixed : mapping
        Values for all files; they win.
    paths : sequence of `str`
        The files, for messages.

    Raises
    ------
    DimensionNameError, DimensionValueError, InconsistentDataIdError
        A column is no dimension, one is missing, or a value is wrong.
    """
    universe, group = butler.dimensions, kind.dimensions
    for name in (*columns, *fixed):
        if name not in group.names:
            known = f"Dimensions of '{kind.name}' are: {', '.join(group.names) or 'none'}."
            raise DimensionNameError(
                f"'{name}' is not a dimension of '{kind.name}'.", hint=nearest(name, group.names) or known
            )
    values: dict[str, list[Any]] = {}
    for name in group.data_id_keys:
        if name in fixed:
            values[name] = [_cast(universe[name], fixed[name])] * len(paths)
        elif name in columns:
            values[name] = _cast_column(universe[name], columns[name], paths)
        elif name in group.governors and (sole := butler.registry.data_ids.sole(name)) is not None:
            values[name] = [sole] * len(paths)
    lacking = [name for name in group.required if name not in values]
    if lacking:
        raise DimensionNameError(
            f"The table has no column for {', '.join(lacking)} of '{kind.name}'.",
            hint="Add the column, or give one value for all files with --data-id.",
        )
    _check_implied(butler, kind, values)
    return {name: values[name] for name in group.required}


def _cast_column(element: Any, column: Sequence[Any], paths: Sequence[str]) -> list[Any]:
    """Values as the dimension's key type; an error says in which row the wrong one stands."""
    cast: list[Any] = []
    for value, path in zip(column, paths, strict=True):
        try:
            cast.append(_cast(element, value))
        except DimensionValueError as error:
            where = f"Row {len(cast) + 1}, of {path}"
            raise DimensionValueError(f"{where}: {error.message}", hint=error.hint) from None
    return cast


def _cast(element: Any, value: Any) -> Any:
    """A value as the dimension's key type; table columns and command lines hold text and numbers alike."""
    if element.key.type == "string":
        return str(value)
    text = str(value).strip()
    if text.lstrip("+-").isdecimal():
        number = int(text)
        if hasattr(element, "check_index"):
            element.check_index(number)
        return number
    raise DimensionValueError(f"{value!r} is no value of {element.name}, which must be a whole number.")


def _check_implied(butler: Butler, kind: DatasetType, values: Mapping[str, list[Any]]) -> None:
    """Given values of implied dimensions must be what the records say."""
    given = [name for name in kind.dimensions.implied if name in values]
    if not given:
        return
    for row in set(zip(*values.values(), strict=True)):
        butler.expand_data_id(dict(zip(values, row, strict=True)), dimensions=kind.dimensions)


def _ids(kind: DatasetType, run: str, values: Mapping[str, list[Any]], way: str, n: int) -> np.ndarray[Any, Any]:
    from skybutler.datasets.identity import uuid5_for_data_ids, uuid7

    if way == "UNIQUE":
        return uuid7(n)
    return uuid5_for_data_ids(kind.name, run if way == "DATAID_TYPE_RUN" else None, list(values), values)
