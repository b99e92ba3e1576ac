"""Columns of objects that are read from a file when they are first asked for.  Knows not what they are, nor files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

__all__ = ["ObjectColumn"]

Load = Callable[[int], object]


class ObjectColumn:
    """Objects of the rows of a catalog, `None` where there is none.

    Parameters
    ----------
    values : iterable
        An object per row; a plain `int` is the number under which ``load`` finds it, 0 for none.
    load : callable, optional
        Reads the object of a number.
    """

    __slots__ = ("_load", "_values")

    def __init__(self, values: Iterable[Any], load: Load | None = None) -> None:
        found = list(values)
        self._values: np.ndarray[Any, Any] = np.empty(len(found), dtype=object)
        for i, value in enumerate(found):
            self._values[i] = value or None if type(value) is int else value
        self._load = load

    @classmethod
    def stored(cls, numbers: np.ndarray[Any, Any], load: Load) -> ObjectColumn:
        """Objects that are all still to be read, by their numbers; 0 for none."""
        made = cls((), load)
        made._values = numbers.astype(object)
        made._values[numbers == 0] = None
        return made

    def __len__(self) -> int:
        return len(self._values)

    def __getitem__(self, row: int) -> Any:
        value = self._values[row]
        if type(value) is int and self._load is not None:
            value = self._values[row] = self._load(value)
        return value

    def __setitem__(self, row: int, value: Any) -> None:
        self._values[row] = value

    def __iter__(self) -> Iterator[Any]:
        return (self[row] for row in range(len(self)))

    def __reduce__(self) -> tuple[type[ObjectColumn], tuple[list[Any]]]:
        return ObjectColumn, (list(self),)  # what reads them stays in this process

    @property
    def is_empty(self) -> bool:
        """Whether no row has an object."""
        return all(value is None for value in self._values)

    @property
    def n_unread(self) -> int:
        """How many have not been read yet."""
        return sum(type(value) is int for value in self._values)

    def take(self, rows: Any) -> ObjectColumn:
        """The objects of some rows: of a slice they are shared, of a mask or numbers they are the same objects."""
        made = ObjectColumn((), self._load)
        made._values = self._values[rows]
        return made

    def copy(self) -> ObjectColumn:
        """A column of its own with the same objects."""
        return self.take(np.arange(len(self)))

    @classmethod
    def joined(cls, columns: Iterable[ObjectColumn]) -> ObjectColumn:
        """One column of several, whose files may differ; those of more than one file are read now."""
        found = list(columns)
        loads = {id(column._load) for column in found if column.n_unread}
        if len(loads) > 1:
            return cls(value for column in found for value in column)
        load = next((column._load for column in found if column.n_unread), None)
        return cls((value for column in found for value in column._values), load)
