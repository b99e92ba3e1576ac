"""Removing datasets and their files: rows go at once, files by way of the trash table.  Knows no storage.

A file record whose path has a scheme (``file:///...``) stays somebody else's file: it is never trashed.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from typing import Any

from .database import Database

__all__ = ["Removal"]

_ZIPPED = "%.zip#zip-path=%"
"""Recorded paths of members of zip files; the file that goes is the zip file."""


class Removal:
    """Takes dataset rows away and keeps the list of files that have to follow.

    Parameters
    ----------
    database : `Database`
        Where the tables are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def remove(self, ids: Iterable[bytes], *, unstore_only: bool = False) -> int:
        """Remove datasets (or only their file records); their files go to the trash table (inside a transaction).

        Parameters
        ----------
        ids : iterable of `bytes`
            16-byte ids; unknown ones are no error.
        unstore_only : `bool`
            Keep the datasets themselves.

        Returns
        -------
        count : `int`
            How many rows of ``dataset`` were changed.
        """
        with self._database.transaction():
            with self._database.staged({"id": "id"}, ((i,) for i in ids)) as stage:
                rows = self._rows(f"SELECT d.k FROM {stage} s JOIN dataset d ON d.id = s.id")
            return self._remove(rows, unstore_only)

    def remove_run(self, run: int) -> int:
        """Remove all datasets of a RUN, given by its row; see `remove`."""
        with self._database.transaction():
            return self._remove(self._rows("SELECT k FROM dataset WHERE run = ?", run), False)

    def _rows(self, sql: str, *parameters: Any) -> array[int]:
        """Rows that a query gives, in 8 bytes each."""
        rows = array("q")
        for part in self._database.stream(sql, parameters):
            rows.extend(k for (k,) in part)
        return rows

    def _remove(self, rows: array[int], unstore_only: bool) -> int:
        with self._database.staged({"k": "int"}, ((k,) for k in rows)) as stage:
            chosen = f"(SELECT k FROM {stage})"
            if lock := self._database.row_lock:  # others may be about to tag or certify them
                locked = f"SELECT k FROM dataset WHERE k IN {chosen} ORDER BY k{lock}"
                self._database.query(f"SELECT count(*) FROM ({locked}) l")
            self._note("unstore" if unstore_only else "remove", chosen)
            self._trash(chosen)
            self._database.execute(f"DELETE FROM artifact WHERE dataset IN {chosen}")
            self._database.execute(f"DELETE FROM shared_file WHERE dataset IN {chosen}")
            if unstore_only:
                return self._database.execute(
                    "UPDATE dataset SET path = NULL, formatter = NULL, storage_class = NULL, size = NULL, "
                    f"checksum = NULL WHERE k IN {chosen}"
                )
            self._database.execute(f"DELETE FROM tag WHERE dataset IN {chosen}")
            self._database.execute(f"DELETE FROM calibration WHERE dataset IN {chosen}")
            self._database.execute(f"DELETE FROM provenance WHERE dataset IN {chosen}")
            self._database.execute(f"DELETE FROM lineage WHERE dataset IN {chosen}")
            return self._database.execute(f"DELETE FROM dataset WHERE k IN {chosen}")

    def _note(self, action: str, chosen: str) -> None:
        """Tell the journal of chosen datasets."""
        counts = self._database.query(
            "SELECT t.name, c.name, n.n FROM (SELECT dataset_type, run, count(*) AS n FROM dataset "
            f"WHERE k IN {chosen} GROUP BY dataset_type, run) n JOIN dataset_type t ON t.k = n.dataset_type "
            "JOIN collection c ON c.k = n.run ORDER BY 1, 2"
        )
        for kind, run, n in counts:
            self._database.note(action, f"{kind} in {run}", int(n))

    def _trash(self, chosen: str) -> None:
        """Enter the files of chosen datasets into the trash, except foreign ones and those others still use."""
        ours = f"path IS NOT NULL AND path NOT LIKE '%://%' AND path NOT LIKE '{_ZIPPED}'"
        others = f"SELECT 1 FROM shared_file f WHERE f.path = d.path AND f.dataset NOT IN {chosen}"
        kept = f"NOT EXISTS ({others})"
        if self._database.query_one(f"SELECT 1 FROM shared_file WHERE dataset IN {chosen} LIMIT 1"):
            # any dataset may have had the file first: that is found by walking the table, once
            shared = f"SELECT path FROM shared_file WHERE dataset IN {chosen}"
            kept += f" AND path NOT IN (SELECT path FROM dataset WHERE path IN ({shared}) AND k NOT IN {chosen})"
        self._database.execute(
            f"INSERT INTO trash (path) SELECT path FROM dataset d WHERE k IN {chosen} AND {ours} AND {kept} "
            "ON CONFLICT DO NOTHING"
        )
        self._database.execute(
            f"INSERT INTO trash (path) SELECT path FROM artifact WHERE dataset IN {chosen} AND {ours} "
            "ON CONFLICT DO NOTHING"
        )
        self._trash_zips(chosen)

    def _trash_zips(self, chosen: str) -> None:
        """Enter zip files of which the last member goes; all datasets in them are in the table of shared files."""
        zipped = f"(d.path LIKE '{_ZIPPED}' AND d.path NOT LIKE '%://%') OR (d.path IS NULL AND f.path LIKE '%.zip')"
        self._database.execute(
            "INSERT INTO trash (path) SELECT DISTINCT f.path FROM shared_file f JOIN dataset d ON d.k = f.dataset "
            f"WHERE d.k IN {chosen} AND ({zipped}) AND NOT EXISTS "
            f"(SELECT 1 FROM shared_file o WHERE o.path = f.path AND o.dataset NOT IN {chosen}) ON CONFLICT DO NOTHING"
        )

    def share_files(self, ids: Iterable[bytes]) -> None:
        """Note datasets whose files were in the repository before them: others may be in them (in a transaction).

        Parameters
        ----------
        ids : iterable of `bytes`
            16-byte ids; those whose file is somebody else's are left out.
        """
        with self._database.staged({"id": "id"}, ((i,) for i in ids)) as stage:
            join = self._database.looked_up("dataset", "d", "d.id = s.id")
            self._database.execute(
                f"INSERT INTO shared_file (dataset, path) SELECT d.k, d.path FROM {stage} s {join} "
                "WHERE d.path NOT LIKE '%://%' ON CONFLICT DO NOTHING"
            )

    def trash(self, most: int = 10_000) -> list[str]:
        """The first ``most`` files whose rows are gone and which wait for removal; in a transaction they are locked."""
        lock = self._database.row_lock if self._database.in_transaction else ""
        rows = self._database.query(f"SELECT path FROM trash ORDER BY path LIMIT ?{lock}", (most,))
        return [str(r[0]) for r in rows]

    def claim_paths(self, paths: Sequence[str]) -> None:
        """Take paths that are about to be written out of the trash (inside a transaction, before writing)."""
        if len(paths) == 1:
            self._database.execute("DELETE FROM trash WHERE path = ?", (paths[0],))
        elif self._database.query_one("SELECT 1 FROM trash LIMIT 1"):
            self.trash_emptied(paths)

    def trash_emptied(self, paths: Sequence[str]) -> None:
        """Forget trash entries whose files were removed."""
        with self._database.transaction(), self._database.staged({"path": "text"}, ((p,) for p in paths)) as stage:
            self._database.execute(f"DELETE FROM trash WHERE path IN (SELECT path FROM {stage})")

    def path_in_use(self, path: str, besides: bytes | None = None) -> bool:
        """Whether any stored dataset has this path (walks the table: for repairs, not for hot paths).

        Parameters
        ----------
        path : `str`
            As recorded.
        besides : `bytes`, optional
            16-byte id of the dataset that asks.
        """
        rows = self._database.query("SELECT id FROM dataset WHERE path = ? LIMIT 2", (path,))
        return bool(
            any(bytes(row[0]) != besides for row in rows)
            or self._database.query_one("SELECT 1 FROM artifact WHERE path = ? LIMIT 1", (path,))
            or (path.endswith(".zip") and self._database.query_one("SELECT 1 FROM shared_file WHERE path = ?", (path,)))
        )
