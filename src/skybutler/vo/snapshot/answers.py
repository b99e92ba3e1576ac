"""Answers from a snapshot, while it is what the registry is.  Knows neither how snapshots are made nor documents.

Which queries: those to ObsCore alone that read much of it.  Whatever else is asked, or cannot be answered here in the
same way, is left to the registry.
"""

from __future__ import annotations

import logging
import os
import re
import threading
import uuid
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from skybutler.errors import ExpressionError, MissingExtraError, UnavailableError
from skybutler.vo.adql import RegionColumn, TapTable, TapTables, Translation, translate
from skybutler.vo.answer import BATCH_ROWS, Answer
from skybutler.vo.arrays import arrow_type
from skybutler.vo.obscore import FIELDS, OBSCORE
from skybutler.vo.obscore.columns import REGION

from .folder import SnapshotFolder
from .making import DERIVED, connect, literal

if TYPE_CHECKING:
    import pyarrow as pa

    from skybutler.registry.interrupt import Interrupt
    from skybutler.registry.registry import Registry
    from skybutler.vo.field import Field
    from skybutler.vo.obscore import ObsCoreRelation

__all__ = ["Snapshots"]

_log = logging.getLogger(__name__)

_FEW = 2_000
"""So many rows, whichever, are had sooner from the registry."""
_FOUND = re.compile(r'"(?:lsst_visit|lsst_tract|lsst_patch)" (?:=|IN) ')
"""Conditions in SQL that few rows fulfil, which the registry finds by its indexes."""
_OPTIONS: Mapping[str, str | int] = {"memory_limit": "512MB", "threads": 2, "temp_directory": ""}


class _Unfit(Exception):  # noqa: N818 - it is no error, and never leaves this module
    """The query has to be answered by the registry."""


class Snapshots:
    """The snapshots of one repository, of which a process reads the newest.

    Parameters
    ----------
    folders : sequence of `SnapshotFolder`
        Where they may be.
    """

    def __init__(self, folders: Sequence[SnapshotFolder]) -> None:
        self._folders = tuple(folders)
        self._lock = threading.Lock()
        self._opened: _Opened | None = None
        self._tables = TapTables([_table()])

    def answer(
        self,
        registry: Registry,
        obscore: ObsCoreRelation,
        adql: str,
        limit: int | None,
        live: Translation,
        interrupt: Interrupt,
    ) -> Answer | None:
        """The answer to a query, its first rows at hand; `None` if the registry has to answer it.

        Parameters
        ----------
        registry, obscore
            What answers otherwise; the snapshot is taken only if it was made of them as they are now.
        adql, limit
            The query, and most rows.
        live : `Translation`
            Of the query, for the registry.
        interrupt : `skybutler.registry.interrupt.Interrupt`
            With which other threads can end it.
        """
        if not _reads_much(live):
            return None
        opened = self.current(registry, obscore)
        if opened is None:
            return None
        try:
            found = translate(adql, self._tables, "duckdb", limit)
            batches = opened.run(found, obscore.prefixes, interrupt)
            first = next(batches, None)
        except (ExpressionError, _Unfit) as error:  # it has other tables, for example
            _log.debug("Not answered from the snapshot: %s", error)
            return None
        return Answer(found.fields, _chained(first, batches))

    def current(self, registry: Registry, obscore: ObsCoreRelation) -> _Opened | None:
        """The snapshot that is what the registry is at this moment, if there is one."""
        if not any(folder.place.is_dir() for folder in self._folders):
            return None
        wanted = registry.journal.generation(), obscore.fingerprint
        with self._lock:
            if self._opened is not None and self._opened.state == wanted:
                return self._opened
            self._opened = None  # queries that read it keep it
            for folder in self._folders:
                file = folder.file(*wanted)
                if (descriptor := folder.hold(file)) is not None:
                    try:
                        self._opened = _Opened(wanted, file, descriptor)
                    except MissingExtraError:
                        return None
                    break
            return self._opened


def _table() -> TapTable:
    """ObsCore as it is in a snapshot: all columns are there, as users see them."""
    return TapTable("ivoa", "ObsCore", FIELDS, OBSCORE, {REGION: RegionColumn("region_key", "s_ra", "s_dec")})


def _reads_much(live: Translation) -> bool:
    """Whether a query asks for nothing but ObsCore, and not for what the registry finds by an index."""
    if live.conditions or not live.relations or any(use.relation != OBSCORE for use in live.relations):
        return False
    if _FOUND.search(live.sql) or any(isinstance(value, uuid.UUID) for value in live.parameters):
        return False
    if any(REGION in use.columns for use in live.relations) and not live.regions:  # other than to be shown
        return False
    return any(use.most is None or use.most > _FEW for use in live.relations)


class _Opened:
    """An open snapshot; it stays as long as anybody has it, the file too.

    Parameters
    ----------
    state : `tuple`
        Of the registry.
    file : path
        Its file.
    descriptor : `int`
        Keeps the file from being removed.
    """

    def __init__(self, state: tuple[str, str], file: Path, descriptor: int) -> None:
        self.state, self._descriptor = state, descriptor
        try:
            self._database = connect(**_OPTIONS)
            self._database.execute("SET preserve_insertion_order = false; SET parquet_metadata_cache = true")
            self._database.execute(f"CREATE VIEW snapshot AS SELECT * FROM read_parquet({literal(str(file))})")
            # whatever may get into a query: it reads nothing else, writes nothing, and changes none of this
            self._database.execute(f"SET allowed_paths = [{literal(str(file))}]")
            self._database.execute("SET enable_external_access = false; SET lock_configuration = true")
        except BaseException:
            os.close(descriptor)
            raise

    def __del__(self) -> None:
        if hasattr(self, "_database"):
            self._database.close()
            os.close(self._descriptor)

    def run(self, query: Translation, prefixes: Mapping[str, str], interrupt: Interrupt) -> Iterator[pa.RecordBatch]:
        """Rows of a query, as they are asked for.

        Raises
        ------
        _Unfit
            It failed before there were rows.
        UnavailableError
            It was ended, or failed later.
        """
        import duckdb

        sql = query.sql
        for use in query.relations:
            sql = sql.replace(use.mark, _relation(tuple(prefixes.items())))
        begun = False
        cursor = self._database.cursor()
        try:
            with interrupt.ending(cursor.interrupt):
                try:
                    reader = cursor.sql(sql, params=list(query.parameters)).to_arrow_reader(BATCH_ROWS)
                    for batch in reader:
                        yield _typed(query.fields, batch)
                        begun = True
                        interrupt.check()  # DuckDB may be ahead, so that there is nothing to end
                except duckdb.InterruptException as error:
                    raise UnavailableError("The query was ended.") from error
                except (duckdb.Error, OSError, ValueError) as error:  # Arrow hides what kind it is
                    if begun or "INTERRUPT" in str(error):
                        raise UnavailableError(f"The query failed: {error}.") from error
                    raise _Unfit(str(error)) from error
        finally:
            cursor.close()


@lru_cache(maxsize=16)
def _relation(prefixes: tuple[tuple[str, str], ...]) -> str:
    """ObsCore with links to a server."""
    made = {name: f"{literal(prefix)} || CAST(dataset_id AS VARCHAR)" for name, prefix in prefixes}
    assert set(made) == set(DERIVED)
    return f"(SELECT *, {', '.join(f'{sql} AS {name}' for name, sql in made.items())} FROM snapshot)"


def _typed(fields: Sequence[Field], batch: pa.RecordBatch) -> pa.RecordBatch:
    """Columns of the types that are told: DuckDB has sums of 128 bits, and numbers with a point that are exact."""
    import pyarrow as pa

    columns = [column.cast(arrow_type(f)) for f, column in zip(fields, batch.columns, strict=True)]
    return pa.RecordBatch.from_arrays(columns, names=[f.name for f in fields])


def _chained(first: pa.RecordBatch | None, rest: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    if first is not None:
        yield first
        yield from rest
