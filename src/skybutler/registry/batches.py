"""Stored rows of a result as plain or Arrow columns: texts written out, implied values filled in.  Knows no SQL."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from skybutler.dimensions import DimensionGroup

from .implied import ImpliedValues, Step
from .registry import Registry

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Decoder"]

Stored = Mapping[str, Sequence[Any]]
"""Columns as the database has them (tuples or arrays), by name."""


class Decoder:
    """Makes of stored columns what users see; one serves all batches of a query.

    Parameters
    ----------
    registry : `Registry`
        Knows texts, runs and records.
    group : `DimensionGroup`
        Dimensions of a row; columns of other names stay as they are, but for ``id`` and ``run``.
    constants : mapping
        Plain values that all rows have in common.
    columns : collection of `str`
        Names of the stored columns.
    """

    def __init__(
        self, registry: Registry, group: DimensionGroup, constants: Mapping[str, Any], columns: Collection[str]
    ) -> None:
        self._registry, self._group, self._constants = registry, group, constants
        self._implied = ImpliedValues(registry.database, registry.keys, group, {*constants, *columns})

    def _is_coded(self, name: str) -> bool:
        """Whether a column holds integers that stand for text."""
        return name == "run" or (name in self._group.positions and self._registry.keys.is_text(name))

    def _texts(self, name: str, codes: Collection[Any]) -> dict[Any, Any]:
        """Texts of such integers."""
        if name == "run":
            return {code: self._registry.datasets.run_name(code) for code in codes}
        known: dict[Any, Any] = dict(self._registry.names.texts(sorted(c for c in codes if c is not None)))
        return {**known, None: None}

    def _varying(self, step: Step) -> list[str]:
        return [d for d in step.required if d not in self._constants]

    def _implied_by(self, step: Step, values: Collection[Any]) -> dict[Any, tuple[Any, ...]]:
        """Implied values by that of the one dimension which is no constant."""
        records = {v: tuple(self._constants.get(d, v) for d in step.required) for v in values}
        found = self._implied.of(step, records.values())
        return {value: found[record] for value, record in records.items()}

    # ------------------------------------------------------------------- plain
    def lists(self, stored: Stored, n: int) -> dict[str, list[Any]]:
        """Plain columns of n rows."""
        columns = {name: [value] * n for name, value in self._constants.items()}
        for name, values in stored.items():
            listed = values.tolist() if hasattr(values, "tolist") else values
            columns[name] = (
                list(map(self._texts(name, set(listed)).__getitem__, listed)) if self._is_coded(name) else list(listed)
            )
        for step in self._implied.steps:
            self._add_implied(step, columns)
        return {name: columns[name] for name in (*self._group.data_id_keys, *columns)}  # in the order of data IDs

    def _add_implied(self, step: Step, columns: dict[str, list[Any]]) -> None:
        varying = self._varying(step)
        if len(varying) == 1:
            keys = columns[varying[0]]
            found = self._implied_by(step, set(keys))
        else:
            keys = list(zip(*(columns[d] for d in step.required), strict=True))
            found = self._implied.of(step, set(keys))
        for i, dimension in enumerate(step.implied):
            values = {key: row[i] for key, row in found.items()}
            columns[dimension] = list(map(values.__getitem__, keys))

    # ------------------------------------------------------------------- Arrow
    def arrow(self, stored: Stored, n: int) -> dict[str, pa.Array]:
        """Arrow columns of n rows; each text is looked up once.  Ids are written as text."""
        import pyarrow as pa

        columns = {name: pa.repeat(value, n) for name, value in self._constants.items()}
        for name, values in stored.items():
            if name == "id":
                columns[name] = _id_texts(values)
            elif self._is_coded(name):
                codes = pa.array(values, pa.int64()).dictionary_encode()
                distinct = codes.dictionary.to_pylist()
                texts = self._texts(name, distinct)
                columns[name] = pa.array([texts[c] for c in distinct], pa.string()).take(codes.indices)
            else:
                columns[name] = pa.array(values, pa.int64())
        for step in self._implied.steps:
            self._add_implied_arrays(step, columns)
        return columns

    def _add_implied_arrays(self, step: Step, columns: dict[str, pa.Array]) -> None:
        import pyarrow as pa

        varying = self._varying(step)
        if len(varying) == 1:
            encoded = columns[varying[0]].dictionary_encode()
            distinct, rows = encoded.dictionary.to_pylist(), encoded.indices
            found = self._implied_by(step, distinct)
        else:
            keys = list(zip(*(columns[d].to_pylist() for d in step.required), strict=True))
            places = {key: i for i, key in enumerate(dict.fromkeys(keys))}
            distinct, rows = list(places), pa.array(list(map(places.__getitem__, keys)), pa.int64())
            found = self._implied.of(step, distinct)
        for i, dimension in enumerate(step.implied):
            kind = pa.string() if self._registry.keys.is_text(dimension) else pa.int64()
            columns[dimension] = pa.array([found[key][i] for key in distinct], kind).take(rows)


def _id_texts(ids: Sequence[Any]) -> pa.Array:
    """Ids of 16 bytes as text, 8-4-4-4-12 hexadecimal digits."""
    import numpy as np
    import pyarrow as pa

    data = np.frombuffer(b"".join(ids), np.uint8).reshape(-1, 16)
    digits = np.frombuffer(b"0123456789abcdef", np.uint8)
    text = np.full((len(data), 36), ord("-"), np.uint8)
    places = [i for i in range(36) if i not in (8, 13, 18, 23)]
    text[:, places[::2]] = digits[data >> 4]
    text[:, places[1::2]] = digits[data & 15]
    offsets = np.arange(len(data) + 1, dtype=np.int32) * 36
    return pa.StringArray.from_buffers(len(data), pa.py_buffer(offsets), pa.py_buffer(text))
