"""Rows of a catalog as views: reading and setting them reads and sets the catalog.  Knows no files."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from .catalog import Catalog

__all__ = ["Record"]


class Record(MutableMapping[str, Any]):
    """One row of a catalog, as a mapping from column names (or aliases) to values.

    Parameters
    ----------
    catalog : `Catalog`
        Whose row.
    row : `int`
        Its number, from 0.
    """

    __slots__ = ("_catalog", "row")

    def __init__(self, catalog: Catalog, row: int) -> None:
        self._catalog, self.row = catalog, row

    @property
    def catalog(self) -> Catalog:
        """The catalog that this is a row of."""
        return self._catalog

    def __getitem__(self, name: str) -> Any:
        value = self._catalog[name][self.row]
        return value.item() if isinstance(value, np.generic) else value

    def __setitem__(self, name: str, value: Any) -> None:
        self._catalog.set_value(name, self.row, value)

    def __delitem__(self, name: str) -> None:
        raise TypeError("A row cannot lose a value; remove the column from the catalog.")

    def __iter__(self) -> Iterator[str]:
        return iter(self._catalog.schema.names)

    def __len__(self) -> int:
        return len(self._catalog.schema)

    def __contains__(self, name: object) -> bool:
        return name in self._catalog.schema

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Record):
            return NotImplemented
        return self._catalog[self.row : self.row + 1] == other._catalog[other.row : other.row + 1]

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        values = (f"{name}: {_text(self[name])}" for name in self)
        return f"{type(self).__name__}(\n  " + "\n  ".join(values) + "\n)"

    def as_dict(self) -> dict[str, Any]:
        """Values by column name."""
        return {name: self[name] for name in self}


def _text(value: Any) -> str:
    return np.array2string(value, threshold=8) if isinstance(value, np.ndarray) else repr(value)
