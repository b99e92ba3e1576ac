"""Finds what lies about in a datastore: files that no dataset has, half-written ones, trash.  Knows no terminal."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from skybutler.butler.config import CONFIG_NAME
from skybutler.datasets import CollectionType
from skybutler.errors import DeniedError
from skybutler.registry.stored import StoredFiles
from skybutler.storage.local import SCRATCH_PREFIX
from skybutler.storage.places import MARK, container

from .problem import Advance, Found, Problem, Progress, Remedies

if TYPE_CHECKING:
    from skybutler.butler import Butler

__all__ = ["StrayCheck", "trash_problems"]

_log = logging.getLogger(__name__)

_SERVICES = "obscore.yaml", "obscore-snapshot"
"""What services have in the directory of a repository."""
_ADVANCE = 5_000
_OFTEN = 100_000
"""Paths of trash that are counted."""


class StrayCheck:
    """Finds files below the root of a datastore that nothing knows.

    Only what lies where datasets are put is taken for one: below a RUN, in a folder with the name of a dataset type.
    Other files are counted and never touched: they may be sources, or anything else that somebody keeps there.

    Parameters
    ----------
    butler : `Butler`
    remedies : `Remedies`
    most : `int` or `None`
        Examples kept of each kind.
    """

    def __init__(self, butler: Butler, *, remedies: Remedies, most: int | None) -> None:
        self._butler, self._remedies, self._most = butler, remedies, most
        registry, self._storage = butler.registry, butler.datastore.storage
        self._stored = StoredFiles(registry.database, registry.dataset_types, registry.collections)
        self._runs = {c.name for c in registry.collections.all() if c.type is CollectionType.RUN}
        self._types = {t.dataset_type.name for t in registry.dataset_types.all()}
        self._own = _own_files(butler)
        self._scratch, self._orphans, self._unrelated, self._recent = Found(), Found(), Found(), Found()

    def problems(self, progress: Progress) -> Iterator[Problem]:
        """List all files; tell what is wrong."""
        with progress("Listing files", "files") as advance:
            for paths in self._stored.unknown(self._listed(advance)):
                layout = [path for path in paths if self._is_placed(path)]
                for path in set(paths).difference(layout):
                    self._unrelated.add(path)
                self._sort_by_age(layout, self._orphans)
        yield from self._orphan_problem()
        yield from self._scratch_problem()
        yield from self._upload_problem()
        yield from self._notes()

    def _listed(self, advance: Advance) -> Iterator[tuple[str, str | None]]:
        """Paths (and URIs) that a dataset may have; half-written files are put aside."""
        scratch: list[str] = []
        by_uri, zips = self._stored.has_uris_below(self._storage.root), self._zips()
        for n, path in enumerate(self._storage.files(scratch=True), 1):
            if n % _ADVANCE == 0:
                advance(n, None)
            if path.rpartition("/")[2].startswith(SCRATCH_PREFIX):
                scratch.append(path)
            elif path in zips or path.startswith(self._own):
                continue
            elif not _is_text(path):  # no database holds such a name
                self._unrelated.add(path.encode(errors="backslashreplace").decode())
            else:
                yield path, self._storage.url(path) if by_uri else None
        self._sort_by_age(scratch, self._scratch)

    def _zips(self) -> set[str]:
        """Zip files whose members are datasets."""
        return {container(path) for paths in self._stored.like(f"%{MARK}%") for path in paths}

    def _is_placed(self, path: str) -> bool:
        """Whether a file is where datasets are put."""
        parts = path.split("/")[:-1]
        return any(
            parts[i].partition(".")[0] in self._types and "/".join(parts[:i]) in self._runs
            for i in range(1, len(parts))
        )

    def _sort_by_age(self, paths: Sequence[str], old: Found) -> None:
        latest = time.time() - self._remedies.older_than
        for path, moment in zip(paths, self._storage.modified(paths).tolist(), strict=True):
            if moment <= latest:
                old.add(path)
            elif moment == moment:  # else it has just gone
                self._recent.add(path)

    # ----------------------------------------------------------------- report
    def _orphan_problem(self) -> Iterator[Problem]:
        if len(self._orphans):
            delete = self._remedies.delete_orphans
            yield Problem(
                "orphaned-file",
                "files lie where datasets are put, but no dataset has them",
                len(self._orphans),
                self._examples(self._orphans),
                "delete them" if delete else "--delete-orphans deletes them",
                self._delete_orphans if delete else None,
            )

    def _scratch_problem(self) -> Iterator[Problem]:
        if len(self._scratch):
            yield Problem(
                "leftover-file",
                "files were half-written by processes that were killed",
                len(self._scratch),
                self._examples(self._scratch),
                "delete them",
                self._delete_scratch,
            )

    def _upload_problem(self) -> Iterator[Problem]:
        if self._storage.local_root is not None:
            return
        from skybutler.storage.s3_uploads import abort_uploads, unfinished_uploads

        latest = time.time() - self._remedies.older_than
        try:
            old = [upload for upload in unfinished_uploads(self._storage) if upload.began.timestamp() <= latest]
        except DeniedError as error:
            _log.info("Unfinished uploads are not looked for: %s", error)
            return
        if old:

            def give_up() -> int:
                with self._butler.transaction():
                    abort_uploads(old)
                    self._butler.registry.journal.note("repair", "broken-upload", len(old))
                return len(old)

            what = "uploads in parts were broken off; their parts take space"
            yield Problem("broken-upload", what, len(old), [u.path for u in old][: self._most], "give them up", give_up)

    def _notes(self) -> Iterator[Problem]:
        """What is worth knowing, and no trouble."""
        for kind, what, found in (
            ("recent-file", "files of no dataset are new: a process may be at work", self._recent),
            ("unrelated-file", "files below the root are nobody's business here, and left alone", self._unrelated),
        ):
            if len(found):
                yield Problem(kind, what, len(found), self._examples(found), is_wrong=False)

    def _examples(self, found: Found) -> list[str]:
        paths = (row[0] for batch in found.batches() for row in batch)
        return list(paths if self._most is None else islice(paths, self._most))

    # ----------------------------------------------------------------- repair
    def _delete_orphans(self) -> int:
        done = 0
        for batch in self._orphans.batches():
            with self._butler.transaction():
                zips = self._zips()
                count = self._stored.discard([row[0] for row in batch if row[0] not in zips])
                self._butler.registry.journal.note("repair", "orphaned-file", count)
                self._butler._transactions.note_trash()
            done += count
        return done

    def _delete_scratch(self) -> int:
        done = 0
        for batch in self._scratch.batches():
            with self._butler.transaction():
                self._storage.remove([row[0] for row in batch])
                self._butler.registry.journal.note("repair", "leftover-file", len(batch))
            done += len(batch)
        return done


def trash_problems(butler: Butler, most: int | None) -> Iterator[Problem]:
    """Files that a removal has left behind."""
    paths = butler.registry.datasets.trash(_OFTEN)
    if paths:
        more = "at least " if len(paths) == _OFTEN else ""

        def empty() -> int:
            with butler.transaction():
                butler.registry.journal.note("repair", "trashed-file", len(paths))
                butler._transactions.note_trash()
            return len(paths) - len(butler.registry.datasets.trash(len(paths)))  # a store may be away

        yield Problem(
            "trashed-file",
            f"{more}files of removed datasets wait to be deleted",
            len(paths),
            paths[:most],
            "delete them",
            empty,
        )


def _own_files(butler: Butler) -> tuple[str, ...]:
    """How paths begin, below the root of the datastore, of what makes the repository itself; backups included."""
    root = butler.datastore.storage.local_root
    if root is None:
        return ()
    url = butler.config.resolved(butler.config.registry)
    files = [os.path.join(butler.config.root, name) for name in (CONFIG_NAME, *_SERVICES)]
    files += [url.partition(":///")[2]] if url.startswith("sqlite") else []
    return tuple(os.path.relpath(os.path.abspath(file), root) for file in files)


def _is_text(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True
