"""Calibrations as text: ECSV tables, and YAML mappings with numeric arrays.  Knows neither registry nor datastore."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from skybutler.errors import FormatError, UnreadableFileError, nearest

from .formatter import BytesFormatter, Source, no_component
from .plain_yaml import dump_yaml, load_yaml
from .property_set import RowsDumper, RowsLoader, metadata_of_rows, rows_of_metadata

if TYPE_CHECKING:
    from astropy.table import Table

    from skybutler.datasets.storage_class import StorageClass

__all__ = ["REQUIRED_COLUMNS", "CalibrationTextFormatter"]

REQUIRED_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "CrosstalkCalib": ("CT_COEFFS",),
    "Defects": ("x0", "y0", "width", "height"),
    "QECurve": ("wavelength", "efficiency"),
}
"""Columns without which a table is no calibration of a storage class."""


class CalibrationTextFormatter(BytesFormatter):
    """A calibration that people can read.

    ECSV files become `astropy.table.Table` with units, descriptions and metadata.  YAML files become mappings in which
    lists of numbers are `numpy.ndarray` and property lists are `skybutler.images.Metadata`; mappings are written so.
    """

    extension = ".yaml"

    def read(
        self, source: Source, storage_class: StorageClass, component: str | None, parameters: Mapping[str, Any]
    ) -> object:
        no_component(component, storage_class)
        if source.extension in (".yaml", ".yml"):
            found = load_yaml(source.read_bytes(), source.uri, RowsLoader)
            if not isinstance(found, dict) or not found:
                raise UnreadableFileError(f"{source.uri} holds no calibration, which is a mapping in YAML.")
            return {key: _with_arrays(value) for key, value in found.items()}
        return _table(source, storage_class)

    def to_bytes(self, obj: Any, storage_class: StorageClass, provenance: Mapping[str, Any] | None) -> bytes:
        if not isinstance(obj, Mapping):
            raise FormatError(
                f"A {type(obj).__name__} cannot be written as the text of a {storage_class.name}.",
                hint="Give a mapping of names to values, arrays and mappings.",
            )
        return dump_yaml({key: rows_of_metadata(value) for key, value in obj.items()}, RowsDumper)


def _table(source: Source, storage_class: StorageClass) -> Table:
    from astropy.table import Table

    text = source.read_bytes()
    try:
        table = Table.read(text.decode("utf-8").splitlines(), format="ascii.ecsv")
    except (OSError, ValueError, TypeError, KeyError, IndexError) as error:
        raise UnreadableFileError(f"{source.uri} is not readable as ECSV: {error}") from error
    for name in REQUIRED_COLUMNS.get(storage_class.name, ()):
        if name not in table.colnames:
            raise UnreadableFileError(
                f"{source.uri} has no column '{name}', which a {storage_class.name} needs.",
                hint=nearest(name, table.colnames) or f"Its columns are: {', '.join(table.colnames)}.",
            )
        if name.islower() and table[name].dtype.kind not in "iuf":
            raise UnreadableFileError(f"{source.uri}: column '{name}' does not hold numbers.")
    return table


def _with_arrays(value: Any) -> Any:
    """A value with arrays in place of lists of numbers, and of lists of such lists of equal length."""
    import numpy as np

    metadata = metadata_of_rows(value)
    if metadata is not value:
        return metadata
    if isinstance(value, dict):
        return {key: _with_arrays(inner) for key, inner in value.items()}
    if isinstance(value, list) and value:
        try:
            made = np.array(value)
        except ValueError:  # of lists of several lengths
            return value
        return made if made.dtype.kind in "iuf" else value
    return value
