"""Datasets to be exported, in few bytes each: ids and data ID values, by dataset type and run.  Knows no files."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from skybutler.datasets import DatasetRef, DatasetType, FileDataset
from skybutler.dimensions import DataId
from skybutler.errors import InvalidError

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Members", "Rewrite"]

Rewrite = Callable[[FileDataset], FileDataset]
"""Changes path or formatter of a dataset as they are written."""


class Members:
    """Datasets of one type and run.

    Parameters
    ----------
    kind : `DatasetType`
    run : `str`
    rewrite : callable, optional
        What to do with each before it is written.
    """

    def __init__(self, kind: DatasetType, run: str, rewrite: Rewrite | None) -> None:
        self.kind, self.run, self.rewrite = kind, run, rewrite
        self._ids = bytearray()
        self._texts: dict[str, str] = {}
        self._columns: dict[str, array[int] | list[str]] = {}
        for element in kind.dimensions.required_elements:
            assert element.key is not None
            self._columns[element.name] = array("q") if element.key.type == "int" else []

    def __len__(self) -> int:
        return len(self._ids) // 16

    def add(self, ids: bytes, columns: Mapping[str, Sequence[Any]]) -> None:
        """Add datasets: 16 bytes of id each, and a column per required dimension."""
        self._ids += ids
        for name, kept in self._columns.items():
            if isinstance(kept, array):
                kept.extend(columns[name])
            else:
                share = self._texts.setdefault
                kept.extend(share(text, text) for text in columns[name])

    def ids(self) -> Iterator[bytes]:
        """The 16-byte ids."""
        return (bytes(self._ids[i : i + 16]) for i in range(0, len(self._ids), 16))

    @property
    def columns(self) -> Mapping[str, Sequence[Any]]:
        """Values of the required dimensions."""
        return self._columns

    def sort(self) -> None:
        """Bring them into the order of their data IDs; the same dataset counts once.

        Raises
        ------
        InvalidError
            Two datasets have the same data ID.
        """
        import numpy as np

        if not len(self):
            return
        ids = np.frombuffer(bytes(self._ids), np.uint8).reshape(-1, 16)
        keys = [_ranks(column) for column in self._columns.values()]
        order = np.lexsort([*reversed(keys)]) if keys else np.arange(len(ids))
        same = np.ones(len(order) - 1, bool)
        for key in keys:
            same &= key[order[1:]] == key[order[:-1]]
        repeated = np.flatnonzero(same)
        if (ids[order[repeated]] != ids[order[repeated + 1]]).any():
            raise InvalidError(f"Two different datasets '{self.kind.name}' of run '{self.run}' have the same data ID.")
        kept = order[np.concatenate([[True], ~same])].tolist()
        self._ids = bytearray(ids[kept].tobytes())
        for name, column in self._columns.items():
            chosen = [column[i] for i in kept]
            self._columns[name] = array("q", chosen) if isinstance(column, array) else chosen

    def parts(self, size: int) -> Iterator[tuple[bytes, dict[str, Sequence[Any]]]]:
        """Ids and columns, at most ``size`` datasets at a time."""
        for start in range(0, len(self), size):
            ids = bytes(self._ids[16 * start : 16 * (start + size)])
            yield ids, {name: column[start : start + size] for name, column in self._columns.items()}

    def refs(self, ids: bytes, columns: Mapping[str, Sequence[Any]]) -> list[DatasetRef]:
        """Refs of some of them."""
        n = len(ids) // 16
        group = self.kind.dimensions
        rows = zip(*columns.values(), strict=True) if columns else iter([()] * n)
        data_ids = [DataId.from_required_values(group, row) for row in rows]
        return DatasetRef.from_columns(
            self.kind, data_ids, [self.run] * n, [ids[i : i + 16] for i in range(0, 16 * n, 16)]
        )


def _ranks(column: array[int] | list[str]) -> np.ndarray[Any, Any]:
    """Integers in the order of the values."""
    import numpy as np

    if isinstance(column, array):
        return np.frombuffer(column, np.int64)
    ranks = {text: i for i, text in enumerate(sorted(set(column)))}
    return np.fromiter(map(ranks.__getitem__, column), np.int64, len(column))
