"""Compares the file records of a repository with the files: missing and changed ones.  Knows no terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING, Any

from skybutler.datasets.file_record import FileRecord
from skybutler.errors import ChecksumMismatchError, DeniedError, FileNotFoundInStoreError, UnreadableFileError
from skybutler.registry.stored import StoredFile, StoredFiles
from skybutler.storage import is_absolute
from skybutler.storage.chain import Chain

from .copies import CopyCheck, raised_where_remote
from .problem import Found, Problem, Progress, Remedies

if TYPE_CHECKING:
    from skybutler.butler import Butler
    from skybutler.storage import StoredFile as Content

__all__ = ["FileCheck"]

_READERS = 8
"""Files read at once for their checksums; the interpreter is free while bytes are hashed."""


class FileCheck:
    """Finds datasets whose file is gone, or is not what was stored.

    Parameters
    ----------
    butler : `Butler`
    dataset_types, collections : sequence of `str`
        Names and globs of what is looked at; all when empty.
    checksums : `bool`
        Read the files whose checksum was recorded.
    remedies : `Remedies`
    most : `int` or `None`
        Examples kept of each kind.
    """

    def __init__(
        self,
        butler: Butler,
        dataset_types: Sequence[str],
        collections: Sequence[str],
        *,
        checksums: bool,
        remedies: Remedies,
        most: int | None,
    ) -> None:
        self._butler, self._checksums, self._remedies, self._most = butler, checksums, remedies, most
        registry = butler.registry
        self._stored = StoredFiles(registry.database, registry.dataset_types, registry.collections)
        self._chosen = dataset_types, collections
        self._missing, self._changed = Found(), Found()
        storage = butler.datastore.storage
        self._copies = CopyCheck(butler, storage, self._stored, most) if isinstance(storage, Chain) else None
        self._ours, self._ours_gone = 0, 0

    def problems(self, progress: Progress) -> Iterator[Problem]:
        """Look at all files; tell what is wrong."""
        total = self._stored.count(*self._chosen)
        with progress("Looking for files", "datasets") as advance, ThreadPoolExecutor(_READERS) as pool:
            done = 0
            for files in self._stored.records(*self._chosen):
                self._ours += sum(not is_absolute(file.path) for file in files)
                for file, trouble in self._compare(files, pool):
                    self._ours_gone += trouble is None and not is_absolute(file.path)
                    found = self._missing if trouble is None else self._changed
                    found.add(file.id.hex(), file.component, file.path, trouble)
                done += len(files)
                advance(done, total)
        yield from self._missing_problem()
        yield from self._changed_problem()
        if self._copies is not None:
            yield from self._copies.problems(progress)

    # ---------------------------------------------------------------- compare
    def _compare(self, files: list[StoredFile], pool: ThreadPoolExecutor) -> Iterator[tuple[StoredFile, str | None]]:
        """Files that are missing (`None`) or changed (how)."""
        import numpy as np

        sizes = self._butler.datastore.copies([file.path for file in files])
        recorded = np.array([file.size for file in files])
        gone = np.flatnonzero((sizes < 0).all(axis=0)).tolist()
        # others may have been pruned meanwhile
        yield from ((file, None) for file in self._stored.still([files[i] for i in gone]))
        whole = (sizes >= 0) & ((sizes == recorded) | (recorded < 0))
        as_before = whole.any(axis=0)
        for i in np.flatnonzero((sizes >= 0).any(axis=0) & ~as_before).tolist():
            yield files[i], f"{sizes[:, i].max()} bytes, recorded {files[i].size}"
        if self._copies is not None:
            self._copies.add(files, whole)
        if self._checksums:
            read = [f for f, good in zip(files, as_before.tolist(), strict=True) if good and f.checksum is not None]
            for file, trouble in zip(read, pool.map(self._unlike, read), strict=True):
                if isinstance(trouble, str):
                    yield file, trouble
                elif trouble and self._copies is not None:
                    self._copies.add_unlike(file, trouble)

    def _unlike(self, file: StoredFile) -> str | dict[str, str] | None:
        """What is wrong with the content of a file, or with that of some copies beside a whole one."""
        if self._copies is not None:
            return self._copies.unlike(file)
        try:
            self._butler.datastore.verify(FileRecord(file.path, "", "", file.size, file.checksum))
        except (ChecksumMismatchError, DeniedError, UnreadableFileError) as error:
            return str(raised_where_remote(error, self._butler.datastore.storage))
        except FileNotFoundInStoreError:  # it has just been pruned
            return None
        return None

    def _content(self, file: StoredFile) -> Content | None:
        """Size and checksum of a file as it is; `None` if it cannot be read."""
        try:
            return self._butler.datastore.content(FileRecord(file.path, "", ""))
        except (FileNotFoundInStoreError, DeniedError, UnreadableFileError) as error:
            raised_where_remote(error, self._butler.datastore.storage)
            return None

    # ----------------------------------------------------------------- report
    def _missing_problem(self) -> Iterator[Problem]:
        if not len(self._missing):
            return
        remove = self._remedies.remove_missing
        remedy = "remove the datasets" if remove else "forget where they were; the datasets stay, without files"
        repair: Callable[[], int] | None = self._forget
        if self._ours_gone == self._ours > 1 and not any(self._chosen):
            root = self._butler.datastore.root
            remedy, repair = f"none, as all files are gone: is {root} what it should be, and mounted?", None
        examples = list(self._examples(self._missing))
        yield Problem("missing-file", "files of datasets are gone", len(self._missing), examples, remedy, repair)

    def _changed_problem(self) -> Iterator[Problem]:
        if not len(self._changed):
            return
        accept = self._remedies.accept_changed
        yield Problem(
            "changed-file",
            "files of datasets are not as they were stored",
            len(self._changed),
            list(self._examples(self._changed)),
            "record them as they are now" if accept else "--accept-changed records them as they are now",
            self._accept if accept else None,
        )

    def _examples(self, found: Found) -> Iterator[str]:
        rows: Iterable[Sequence[Any]] = (row for batch in found.batches() for row in batch)
        few = iter(rows) if self._most is None else islice(rows, self._most)
        while part := list(islice(few, 500)):
            refs = self._butler.registry.datasets.get_many([bytes.fromhex(row[0]) for row in part])
            for identifier, component, path, trouble in part:
                ref = refs[bytes.fromhex(identifier)][0] if bytes.fromhex(identifier) in refs else None
                kind = (ref.dataset_type.name if ref else "?") + (f".{component}" if component else "")
                where = f"{kind} {ref.data_id} in {ref.run}" if ref else identifier
                yield f"{where}: {path}" + (f": {trouble}" if trouble else "")

    # ----------------------------------------------------------------- repair
    def _forget(self) -> int:
        """Datasets whose files are still gone lose their records, or are removed."""
        done, datasets = 0, self._butler.registry.datasets
        for batch in self._missing.batches():
            with self._butler.transaction():
                files = self._stored.still([StoredFile(bytes.fromhex(r[0]), r[1], r[2], -1, None) for r in batch])
                there = self._butler.datastore.exist([file.path for file in files]).tolist()
                gone = [file for file, is_there in zip(files, there, strict=True) if not is_there]
                if self._remedies.remove_missing:
                    datasets.remove({file.id for file in gone})
                else:
                    datasets.remove({file.id for file in gone if not file.component}, unstore_only=True)
                    self._stored.forget_components(gone)
                self._butler.registry.journal.note("repair", "missing-file", len(gone))
                self._butler._transactions.note_trash()
            done += len(gone)
        return done

    def _accept(self) -> int:
        """Changed files are recorded as they are."""
        done = 0
        for batch in self._changed.batches(200):
            files = [StoredFile(bytes.fromhex(r[0]), r[1], r[2], -1, None) for r in batch]
            with ThreadPoolExecutor(_READERS) as pool:
                contents = zip(files, pool.map(self._content, files), strict=True)
                known = [f._replace(size=c.size, checksum=c.checksum) for f, c in contents if c is not None]
            with self._butler.transaction():
                accepted = self._stored.accept(known)
                self._butler.registry.journal.note("repair", "changed-file", accepted)
            done += accepted
        return done
