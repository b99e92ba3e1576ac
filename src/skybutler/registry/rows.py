"""Datasets as columns with everything their rows hold, for copies of them elsewhere.  Reads no file, writes nothing."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from skybutler.datasets.dataset_type import DatasetType
from skybutler.datasets.ref import DatasetRef
from skybutler.dimensions import DataId

from .collections import Collection
from .database import Row, quoted
from .dataset_types import RegisteredType

if TYPE_CHECKING:
    from .registry import Registry

__all__ = ["DatasetRows", "rows_in_run", "rows_of"]

_RECORD = ("path", "formatter", "storage_class", "size", "checksum")


@dataclass(frozen=True, slots=True)
class DatasetRows:
    """Datasets of one type, column by column; every sequence has one entry per dataset.

    Parameters
    ----------
    dataset_type : `DatasetType`
    ids : `list` [`bytes`]
        Of 16 bytes each.
    run : `list` [`str`]
        Names of RUNs.
    columns : mapping
        Plain values by required dimension.
    path, formatter, storage_class, size, checksum : `list`
        As in `skybutler.datasets.FileRecord`; `None` where nothing is stored.
    """

    dataset_type: DatasetType
    ids: list[bytes]
    run: list[str]
    columns: Mapping[str, list[Any]]
    path: list[str | None]
    formatter: list[str | None]
    storage_class: list[str | None]
    size: list[int | None]
    checksum: list[bytes | None]

    def __len__(self) -> int:
        return len(self.ids)

    def chosen(self, positions: Sequence[int]) -> DatasetRows:
        """Some of the datasets, by position."""
        if len(positions) == len(self.ids):
            return self
        columns = {name: [values[i] for i in positions] for name, values in self.columns.items()}
        names = ("ids", "run", *_RECORD)
        picked: dict[str, Any] = {name: [getattr(self, name)[i] for i in positions] for name in names}
        return DatasetRows(self.dataset_type, columns=columns, **picked)

    def values(self) -> list[tuple[Any, ...]]:
        """Data IDs as tuples of their required values."""
        if not self.columns:
            return [()] * len(self.ids)
        return list(zip(*self.columns.values(), strict=True))

    def refs(self) -> list[DatasetRef]:
        """The same as references."""
        group = self.dataset_type.dimensions
        data_ids = [DataId.from_required_values(group, values) for values in self.values()]
        return DatasetRef.from_columns(self.dataset_type, data_ids, self.run, self.ids)

    def described(self, i: int) -> str:
        """One of the datasets in words."""
        shown = ", ".join(f"{name}: {values[i]!r}" for name, values in self.columns.items())
        return f"'{self.dataset_type.name}' {{{shown}}} of run '{self.run[i]}' ({uuid.UUID(bytes=self.ids[i])})"


def rows_of(registry: Registry, ids: Sequence[bytes]) -> list[DatasetRows]:
    """Datasets by id, those of each type together; ids that are not there are left out.

    Parameters
    ----------
    registry : `Registry`
    ids : sequence of `bytes`
        Some thousand, of 16 bytes each.
    """
    database, found = registry.database, []
    with database.staged({"ord": "int", "id": "id"}, enumerate(ids), measured=True) as stage:
        source = f"{stage} s {database.looked_up('dataset', 'd', 'd.id = s.id')}"
        kinds = {int(k) for (k,) in database.query(f"SELECT DISTINCT d.dataset_type FROM {source}")}
        for registered in sorted(registry.dataset_types.all(), key=lambda r: r.k) if kinds else ():
            if registered.k not in kinds:
                continue
            sql = f"SELECT {_selected(registered)} FROM {source}{_keys(registry, registered)}"
            rows = database.query(f"{sql} WHERE d.dataset_type = ? ORDER BY s.ord", (registered.k,))
            found.append(_decoded(registry, registered, rows))
    return found


def rows_in_run(
    registry: Registry, registered: RegisteredType, run: Collection, size: int = 10_000
) -> Iterator[DatasetRows]:
    """All datasets of a type in a RUN, some thousand at a time, in the order of their data IDs' rows."""
    table = quoted(registered.key_table)
    keys = f" JOIN {table} t ON t.k = d.data_id" if registered.key_table else ""
    sql = f"SELECT {_selected(registered)} FROM dataset d{keys} WHERE d.run = ? AND d.dataset_type = ?"
    for rows in registry.database.stream(f"{sql} ORDER BY d.data_id", (run.k, registered.k), size):
        yield _decoded(registry, registered, rows)


def _selected(registered: RegisteredType) -> str:
    keys = [f"t.{quoted(d)}" for d in registered.dataset_type.dimensions.required]
    return ", ".join(["d.id", "d.run", *(f"d.{name}" for name in _RECORD), *keys])


def _keys(registry: Registry, registered: RegisteredType) -> str:
    if not registered.key_table:
        return ""
    return " " + registry.database.looked_up(quoted(registered.key_table), "t", "t.k = d.data_id")


def _decoded(registry: Registry, registered: RegisteredType, rows: Sequence[Row]) -> DatasetRows:
    kind = registered.dataset_type
    required = kind.dimensions.required
    columns: list[Sequence[Any]] = list(zip(*rows, strict=True)) if rows else [()] * (7 + len(required))
    ids, run, path, formatter, storage_class, size, checksum, *keys = columns
    return DatasetRows(
        kind,
        ids=list(map(bytes, ids)),
        run=list(map(registry.datasets.run_name, run)),
        columns={
            name: _texts(registry, values) if registry.keys.is_text(name) else list(values)
            for name, values in zip(required, keys, strict=True)
        },
        path=list(path),
        formatter=_texts(registry, formatter),
        storage_class=_texts(registry, storage_class),
        size=list(size),
        checksum=[None if c is None else bytes(c) for c in checksum],
    )


def _texts(registry: Registry, codes: Sequence[Any]) -> list[Any]:
    """Texts of interned columns."""
    known: dict[Any, Any] = dict(registry.names.texts(sorted({c for c in codes if c is not None})))
    known[None] = None
    return [known[c] for c in codes]
