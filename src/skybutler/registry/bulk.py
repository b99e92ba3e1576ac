"""Many datasets at once, column by column: staged, given keys, and inserted by a few statements.  Reads no file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from skybutler.datasets.collection import CollectionType
from skybutler.datasets.file_columns import FileColumns
from skybutler.datasets.identity import uuid7
from skybutler.errors import ConflictError, DatasetExistsError, DimensionNameError

from .clock import now_ns
from .collections import Collection, Collections
from .database import ColumnKind, Database, Row, quoted
from .dataset_types import DatasetTypes, RegisteredType
from .keys import Keys
from .summaries import Summaries

if TYPE_CHECKING:
    import numpy as np

__all__ = ["BulkInsert"]

_FILE_KINDS: dict[str, ColumnKind] = {"path": "text", "size": "int", "checksum": "bytes"}


class BulkInsert:
    """Adds many datasets of one type to a RUN, and tells which of many a RUN has.

    Parameters
    ----------
    database : `Database`
        Where the tables are.
    keys, types, collections, summaries
        The registry's other parts.
    """

    def __init__(
        self, database: Database, keys: Keys, types: DatasetTypes, collections: Collections, summaries: Summaries
    ) -> None:
        self._database, self._keys, self._types = database, keys, types
        self._collections, self._summaries = collections, summaries

    def insert(
        self,
        name: str,
        run: str,
        columns: Mapping[str, Sequence[Any] | np.ndarray[Any, Any]],
        *,
        ids: np.ndarray[Any, Any] | None = None,
        files: FileColumns | None = None,
        skip_existing: bool = False,
        action: str = "ingest",
    ) -> np.ndarray[Any, Any]:
        """Add many datasets of one type to a RUN, column by column.

        Parameters
        ----------
        name, run : `str`
            Dataset type and RUN.
        columns : mapping
            One sequence of plain values per required dimension, all of length n.
        ids : `numpy.ndarray`, optional
            16-byte ids, uint8 of shape (n, 16); time-ordered ones are made when not given.
        files : `FileColumns`, optional
            Where they are stored.
        skip_existing : `bool`
            Leave out datasets that the run has already instead of raising.
        action : `str`
            What the journal calls it.

        Returns
        -------
        added : `numpy.ndarray`
            Boolean, shape (n,): which datasets are new.

        Raises
        ------
        DatasetExistsError
            Naming the first data IDs that the run has already or that are given twice.
        DataIdValueError
            A data ID refers to a dimension record that does not exist.
        DimensionNameError
            A required dimension has no column.
        """
        import numpy as np

        registered = self._types.get(name)
        group = registered.dataset_type.dimensions
        required = tuple(group.required)
        if lacking := [d for d in required if d not in columns]:
            raise DimensionNameError(f"No column for required dimension(s) {', '.join(lacking)} of '{name}'.")
        n = len(columns[required[0]]) if required else len(ids if ids is not None else files.path if files else ())
        added = np.ones(n, bool)
        if not n:
            return added
        ids = uuid7(n) if ids is None else np.ascontiguousarray(ids, dtype=np.uint8)
        with self._database.transaction():
            registered, collection = self._types.get(name), self._collections.require(run, CollectionType.RUN)
            plain = {d: _plain(columns[d]) for d in required}
            self._keys.require_parents(group, plain)
            rows, now = self._stage_rows(required, plain, ids, files), now_ns()
            kinds: dict[str, ColumnKind] = {"ord": "int", **self._keys.stage_kinds(required), "id": "id", **_FILE_KINDS}
            with self._database.staged(kinds, rows, measured=True) as stage:
                self._insert_keys(registered, required, stage)
                try:
                    made = self._insert_staged(registered, required, collection, stage, files, now)
                except ConflictError as error:
                    raise DatasetExistsError(f"Of the {n} datasets of type '{name}' an id is taken: {error}") from error
                if made < n:
                    left_out = self._left_out(stage, now)
                    _require_distinct(name, required, plain, n)
                    if not skip_existing:
                        raise _exists(name, run, required, plain, left_out)
                    added[left_out] = False
            if made:
                first = ids[int(added.argmax())].tobytes()
                self._database.note_inserted("dataset", "id", self._database.id_parameter(first))
                self._database.note(action, f"{name} in {run}", made)
            self._summaries.note_columns(registered, collection, plain)
            for table in filter(None, ("dataset", registered.key_table)):
                self._database.grown(table, n)
        return added

    def existing(
        self, name: str, run: str, columns: Mapping[str, Any], ids: np.ndarray[Any, Any] | None = None
    ) -> np.ndarray[Any, Any]:
        """Which of many data IDs a RUN has datasets of a type for already: boolean, shape (n,).

        With ``ids`` (uint8 of shape (n, 16)) only those count that have the same id.
        """
        import numpy as np

        registered = self._types.get(name)
        required = tuple(registered.dataset_type.dimensions.required)
        collection = self._collections.find(run)
        n = len(columns[required[0]]) if required else 1
        found = np.zeros(n, bool)
        if collection is None:
            return found
        encoded = [self._keys.encode_column(d, _plain(columns[d]), intern=False) for d in required]
        kinds: dict[str, ColumnKind] = {"ord": "int", **self._keys.stage_kinds(required)}
        if ids is not None:
            kinds["id"] = "id"
            encoded.append([row.tobytes() for row in ids])
        with self._database.staged(kinds, zip(range(n), *encoded, strict=True), measured=True) as stage:
            found[self._existing(registered, required, collection, stage, same_id=ids is not None)] = True
        return found

    def _stage_rows(
        self,
        required: Sequence[str],
        plain: Mapping[str, list[Any]],
        ids: np.ndarray[Any, Any],
        files: FileColumns | None,
    ) -> Iterator[Row]:
        n = len(ids)
        encoded = [self._keys.encode_column(d, plain[d], intern=True) for d in required]
        blob = ids.tobytes()
        id_column = [blob[i : i + 16] for i in range(0, 16 * n, 16)]
        if files is None:
            return zip(range(n), *encoded, id_column, *[[None] * n] * 3, strict=True)
        checksum = files.checksum if files.checksum is not None else [None] * n
        return zip(range(n), *encoded, id_column, _plain(files.path), _plain(files.size), checksum, strict=True)

    def _insert_keys(self, registered: RegisteredType, required: Sequence[str], stage: str) -> None:
        """Rows of the key table that are not there yet; element tables are complete already."""
        if not registered.key_table or not self._is_open(registered.key_table):
            return
        names = ", ".join(map(quoted, required))
        self._database.execute(
            f"INSERT INTO {quoted(registered.key_table)} ({names}) SELECT {names} FROM {stage} WHERE true "
            "ON CONFLICT DO NOTHING"
        )

    def _is_open(self, key_table: str) -> bool:
        """Whether data IDs may be added to a key table (rows of dimension tables come with their records only)."""
        return key_table.startswith("data_id_") or not self._keys.universe[key_table].is_dimension

    def _join(self, registered: RegisteredType, required: Sequence[str], stage: str) -> tuple[str, str]:
        """FROM clause and expression of ``data_id`` for staged rows, which lead."""
        if not registered.key_table:
            return f"{stage} s", "0"
        on = " AND ".join(f"t.{quoted(d)} = s.{quoted(d)}" for d in required)
        return f"{stage} s {self._database.looked_up(quoted(registered.key_table), 't', on)}", "t.k"

    def _existing(
        self,
        registered: RegisteredType,
        required: Sequence[str],
        run: Collection,
        stage: str,
        *,
        same_id: bool = False,
    ) -> list[int]:
        """Positions of staged rows that the run has already (with the staged id)."""
        if not self._summaries.holds(run, registered):
            return []
        source, key = self._join(registered, required, stage)
        same = f"d.run = ? AND d.dataset_type = ? AND d.data_id = {key}"
        joined = self._database.looked_up("dataset", "d", same)
        only = " WHERE d.id = s.id" if same_id else ""
        rows = self._database.query(f"SELECT s.ord FROM {source} {joined}{only}", (run.k, registered.k))
        return sorted(int(r[0]) for r in rows)

    def _insert_staged(
        self,
        registered: RegisteredType,
        required: Sequence[str],
        run: Collection,
        stage: str,
        files: FileColumns | None,
        now: int,
    ) -> int:
        """Insert the staged rows but those that the run has already; return how many."""
        source, key = self._join(registered, required, stage)
        intern = self._keys.names.intern
        formatter, storage_class = (intern(files.formatter), intern(files.storage_class)) if files else (None, None)
        return self._database.execute(
            "INSERT INTO dataset (id, dataset_type, run, data_id, ingested, path, formatter, storage_class, size, "
            "checksum) "
            f"SELECT s.id, CAST(? AS BIGINT), CAST(? AS BIGINT), {key}, CAST(? AS BIGINT), s.path, CAST(? AS BIGINT), "
            f"CAST(? AS BIGINT), s.size, s.checksum FROM {source} WHERE true ORDER BY s.ord "
            "ON CONFLICT (run, dataset_type, data_id) DO NOTHING",
            (registered.k, run.k, now, formatter, storage_class),
        )

    def _left_out(self, stage: str, now: int) -> list[int]:
        """Positions of staged rows that were not inserted at that moment (perhaps, with the same id, before)."""
        rows = self._database.query(
            f"SELECT s.ord FROM {stage} s WHERE NOT EXISTS "
            "(SELECT 1 FROM dataset d WHERE d.id = s.id AND d.ingested = ?) ORDER BY s.ord",
            (now,),
        )
        return [int(r[0]) for r in rows]


def _plain(values: Any) -> list[Any]:
    """A column as a list of Python values."""
    return list(values.tolist()) if hasattr(values, "tolist") else list(values)


def _require_distinct(name: str, required: Sequence[str], plain: Mapping[str, list[Any]], n: int) -> None:
    seen: set[tuple[Any, ...]] = set()
    for values in zip(*(plain[d] for d in required), strict=True) if required else [()] * n:
        if values in seen:
            shown = ", ".join(f"{d}: {v!r}" for d, v in zip(required, values, strict=True))
            raise DatasetExistsError(f"Two of the {n} datasets of type '{name}' have the same data ID {{{shown}}}.")
        seen.add(values)


def _exists(
    name: str, run: str, required: Sequence[str], plain: Mapping[str, list[Any]], positions: Sequence[int]
) -> DatasetExistsError:
    shown = "; ".join("{" + ", ".join(f"{d}: {plain[d][i]!r}" for d in required) + "}" for i in positions[:3])
    more = f" and {len(positions) - 3} more" if len(positions) > 3 else ""
    return DatasetExistsError(
        f"Run '{run}' already holds '{name}' for {shown}{more}.",
        hint="Skip what exists (skip_existing=True, --skip-existing) or use another run.",
    )
