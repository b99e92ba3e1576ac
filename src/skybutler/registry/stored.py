"""File records of many datasets, for those who compare them with the files.  Knows no storage."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from typing import NamedTuple

from skybutler.datasets.collection import CollectionType

from .collections import Collection, Collections
from .database import Database, Row
from .dataset_types import DatasetTypes

__all__ = ["StoredFile", "StoredFiles", "in_collections"]


class StoredFile(NamedTuple):
    """One file record: 16-byte id of the dataset, component (or ""), path, size (-1 unknown), checksum."""

    id: bytes
    component: str
    path: str
    size: int
    checksum: bytes | None


class StoredFiles:
    """What the registry says about files.

    Parameters
    ----------
    database : `Database`
        Where the tables are.
    types, collections
        The registry's other parts.
    """

    def __init__(self, database: Database, types: DatasetTypes, collections: Collections) -> None:
        self._database, self._types, self._collections = database, types, collections

    def records(
        self, dataset_types: Sequence[str] = (), collections: Sequence[str] = ()
    ) -> Generator[list[StoredFile], None, None]:
        """Records of stored datasets in the order of their paths, some thousand at a time.

        Parameters
        ----------
        dataset_types, collections : sequence of `str`
            Names and globs; all when empty.  Chains are followed.

        Raises
        ------
        MissingDatasetTypeError, MissingCollectionError
            A plain name is unknown.
        """
        chosen = self._chosen(dataset_types, collections)
        sql = (
            "SELECT d.id AS id, '' AS component, d.path AS path, d.size AS size, d.checksum AS checksum "
            f"FROM dataset d WHERE d.path IS NOT NULL{chosen} "
            "UNION ALL SELECT d.id, a.component, a.path, a.size, a.checksum "
            f"FROM artifact a JOIN dataset d ON d.k = a.dataset WHERE 1 = 1{chosen} ORDER BY 3"
        )
        for rows in self._database.stream(sql, size=5_000):
            yield [_stored(row) for row in rows]

    def count(self, dataset_types: Sequence[str] = (), collections: Sequence[str] = ()) -> int:
        """How many records `records` gives, not counting those of components."""
        chosen = self._chosen(dataset_types, collections)
        row = self._database.query_one(f"SELECT count(*) FROM dataset d WHERE d.path IS NOT NULL{chosen}")
        return int(row[0]) if row else 0

    def _chosen(self, dataset_types: Sequence[str], collections: Sequence[str]) -> str:
        """Conditions, with numbers of rows that we looked up ourselves."""
        text = ""
        if dataset_types:
            text += f" AND d.dataset_type IN ({_numbers(t.k for t in self._types.resolve(dataset_types))})"
        if collections:
            text += f" AND {in_collections(self._collections.flatten(self._collections.resolve(collections)))}"
        return text

    def still(self, files: Sequence[StoredFile]) -> list[StoredFile]:
        """Those of some records that the registry still has."""
        kinds = {"ord": "int", "id": "id", "component": "text", "path": "text"}
        rows = ((i, f.id, f.component, f.path) for i, f in enumerate(files))
        with self._database.staged(kinds, rows) as stage:  # type: ignore[arg-type]
            found = self._database.query(
                f"SELECT s.ord FROM {stage} s JOIN dataset d ON d.id = s.id WHERE "
                "(s.component = '' AND d.path = s.path) OR EXISTS (SELECT 1 FROM artifact a "
                "WHERE a.dataset = d.k AND a.component = s.component AND a.path = s.path) ORDER BY 1"
            )
        return [files[i] for (i,) in found]

    def like(self, pattern: str) -> Generator[list[str], None, None]:
        """Different recorded paths that match an SQL pattern, some thousand at a time."""
        for rows in self._database.stream("SELECT DISTINCT path FROM dataset WHERE path LIKE ?", (pattern,)):
            yield [str(row[0]) for row in rows]

    def has_uris_below(self, root: str) -> bool:
        """Whether the URI of any file begins so: files that are recorded as somebody else's may be below our root."""
        sql = "SELECT 1 FROM dataset WHERE path >= ? AND path < ? LIMIT 1"
        return self._database.query_one(sql, (root, root + "\U0010ffff")) is not None

    def unknown(self, places: Iterable[tuple[str, str | None]]) -> Generator[list[str], None, None]:
        """Those of many files that neither a dataset nor the trash has, sorted by path, some thousand at a time.

        Parameters
        ----------
        places : iterable
            Path and, where datasets may have it by that, URI.
        """
        with self._database.staged({"path": "text", "uri": "text"}, places, measured=True) as stage:
            sql = (
                f"SELECT path FROM {stage} EXCEPT SELECT path FROM dataset WHERE path IS NOT NULL "
                "EXCEPT SELECT path FROM artifact EXCEPT SELECT path FROM trash "
                f"EXCEPT SELECT s.path FROM {stage} s JOIN dataset d ON d.path = s.uri ORDER BY 1"
            )
            for rows in self._database.stream(sql, size=5_000):
                yield [str(row[0]) for row in rows]

    def discard(self, paths: Sequence[str]) -> int:
        """Enter files that no dataset has into the trash (inside a transaction); return how many."""
        self._database.lock_out("trash")  # whoever is about to write files has asked the trash for them
        unknown = [path for part in self.unknown((path, None) for path in paths) for path in part]
        self._database.insert_many("trash", {"path": "text"}, ((path,) for path in unknown))
        return len(unknown)

    def forget_components(self, files: Sequence[StoredFile]) -> int:
        """Forget where components were stored, of datasets whose other components stay (inside a transaction)."""
        rows = ((f.id, f.component) for f in files if f.component)
        with self._database.staged({"id": "id", "component": "text"}, rows) as stage:
            return self._database.execute(
                f"DELETE FROM artifact WHERE EXISTS (SELECT 1 FROM {stage} s JOIN dataset d ON d.id = s.id "
                "WHERE d.k = artifact.dataset AND s.component = artifact.component)"
            )

    def accept(self, files: Sequence[StoredFile]) -> int:
        """Record sizes and checksums anew where a dataset still has that path (inside a transaction)."""
        kinds = {"id": "id", "component": "text", "path": "text", "size": "int", "checksum": "bytes"}
        with self._database.staged(kinds, files) as stage:  # type: ignore[arg-type]
            return self._database.execute(
                f"UPDATE dataset SET size = s.size, checksum = s.checksum FROM {stage} s "
                "WHERE s.component = '' AND s.id = dataset.id AND s.path = dataset.path"
            ) + self._database.execute(
                f"UPDATE artifact SET size = s.size, checksum = s.checksum FROM {stage} s, dataset d "
                "WHERE d.id = s.id AND s.component = artifact.component AND d.k = artifact.dataset "
                "AND s.path = artifact.path"
            )


def in_collections(held: Sequence[Collection]) -> str:
    """SQL condition of a dataset ``d`` being in one of some runs, tags and calibrations."""
    by = {kind: _numbers(c.k for c in held if c.type is kind) for kind in CollectionType}
    return (
        f"(d.run IN ({by[CollectionType.RUN]}) "
        f"OR d.k IN (SELECT dataset FROM tag WHERE collection IN ({by[CollectionType.TAGGED]})) "
        f"OR d.k IN (SELECT dataset FROM calibration WHERE collection IN ({by[CollectionType.CALIBRATION]})))"
    )


def _stored(row: Row) -> StoredFile:
    identifier, component, path, size, checksum = row
    return StoredFile(bytes(identifier), component, path, int(size), bytes(checksum) if checksum is not None else None)


def _numbers(values: Iterable[int]) -> str:
    """A list of integers as SQL text; an empty one is found nowhere."""
    return ", ".join(map(str, map(int, values))) or "-1"
