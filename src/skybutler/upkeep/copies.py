"""Finds copies that some stores of a chain lack or have otherwise, and makes them anew from a whole one.

Knows no terminal, and not what is wrong with a file of which no store has a whole copy.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from skybutler.datasets.file_record import FileRecord
from skybutler.errors import (
    ButlerError,
    ChecksumMismatchError,
    DeniedError,
    FileExistsInStoreError,
    FileNotFoundInStoreError,
    UnreadableFileError,
)
from skybutler.registry.stored import StoredFile
from skybutler.storage import Stage, Storage, container, is_absolute
from skybutler.storage.checksum import CheckedStream

from .problem import Found, Problem, Progress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from skybutler.butler import Butler
    from skybutler.registry.stored import StoredFiles
    from skybutler.storage.chain import Chain

__all__ = ["CopyCheck", "raised_where_remote"]

_log = logging.getLogger(__name__)

_AT_ONCE = 16
_FILES, _BYTES = 500, 1 << 30
"""Files and bytes that are copied between two entries in the journal."""

_OTHERWISE = (ChecksumMismatchError, DeniedError, UnreadableFileError)


@dataclass(slots=True)
class _Lacking:
    """What one store lacks: findings, and how many files it should have."""

    found: Found = field(default_factory=Found)
    due: int = 0


class CopyCheck:
    """Finds files that one store has whole and another, which takes them too, has not.

    Parameters
    ----------
    butler : `Butler`
    chain : `skybutler.storage.chain.Chain`
        The storage of its datastore.
    stored : `StoredFiles`
    most : `int` or `None`
        Examples kept of each store.
    """

    def __init__(self, butler: Butler, chain: Chain, stored: StoredFiles, most: int | None) -> None:
        self._butler, self._members, self._stored, self._most = butler, chain.members, stored, most
        self._names = list(chain.members)
        self._lacking = {name: _Lacking() for name in self._names}
        self._last = ""  # records come in the order of paths, and several may share a file

    # ---------------------------------------------------------------- compare
    def add(self, files: Sequence[StoredFile], whole: NDArray[np.bool_]) -> None:
        """Note which copies are missing, or have another size.

        Parameters
        ----------
        files : sequence of `StoredFile`
        whole : array, shape (stores, files)
            Which copies are there and have the size that was recorded.
        """
        import numpy as np

        taken = self._taken(files, np.asarray(~whole.all(axis=0)))
        lacks = whole.any(axis=0) & ~whole & taken
        for name, due in zip(self._names, taken.sum(axis=1).tolist(), strict=True):
            self._lacking[name].due += due
        for i in np.flatnonzero(lacks.any(axis=0)).tolist():
            path = container(files[i].path)
            if path != self._last and not is_absolute(path):
                for name, is_lacking in zip(self._names, lacks[:, i].tolist(), strict=True):
                    if is_lacking:
                        self._note(name, files[i], None)
            self._last = path

    def _taken(self, files: Sequence[StoredFile], asked: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which stores take which files, shape (stores, files); everything for those that nobody asked about."""
        import numpy as np

        taken = np.ones((len(self._names), len(files)), dtype=bool)
        datastore = self._butler.datastore
        places = [] if datastore.takes_everything else np.flatnonzero(asked).tolist()
        refs = self._butler.registry.datasets.get_many([files[i].id for i in places]) if places else {}
        for i in places:
            if (known := refs.get(files[i].id)) is not None:
                ref = known[0]
                instrument = ref.data_id["instrument"] if "instrument" in ref.dataset_type.dimensions else None
                names = datastore.taking(ref.dataset_type, instrument)
                taken[:, i] = [name in names for name in self._names]
        return taken

    def unlike(self, file: StoredFile) -> dict[str, str] | str:
        """What is wrong with the content of copies, by store; in one text if not one of them is whole.

        It may be called from several threads; `add_unlike` takes the answer.
        """
        found: dict[str, str] = {}
        whole, record = 0, FileRecord(file.path, "", "", file.size, file.checksum)
        for name in self._names:
            try:
                self._butler.datastore.verify(record, store=name)
            except _OTHERWISE as error:
                found[name] = str(raised_where_remote(error, self._members[name]))
            except FileNotFoundInStoreError:  # which has been noted, or it has just been pruned
                continue
            else:
                whole += 1
        return found if whole or not found else next(iter(found.values()))

    def add_unlike(self, file: StoredFile, troubles: dict[str, str]) -> None:
        """Note copies of another content, beside a whole one; those of another size have been noted."""
        size = self._butler.datastore.copies([file.path])[:, 0].tolist()
        for name, trouble in troubles.items():
            if size[self._names.index(name)] == file.size or file.size < 0:
                self._note(name, file, trouble)

    def _note(self, name: str, file: StoredFile, trouble: str | None) -> None:
        is_whole = container(file.path) == file.path  # of a zip file only its members are recorded
        checksum = file.checksum.hex() if file.checksum is not None and is_whole else None
        size = file.size if is_whole else -1
        self._lacking[name].found.add(file.id.hex(), file.component, file.path, size, checksum, trouble)

    # ----------------------------------------------------------------- report
    def problems(self, progress: Progress) -> Iterator[Problem]:
        """One problem for each store that lacks something."""
        for name, lacking in self._lacking.items():
            if n := len(lacking.found):
                remedy = "copy them from a store that has them whole"
                if n == lacking.due > 1:
                    remedy += f" (it has none of them: is {self._members[name].root} what it should be, and mounted?)"
                yield Problem(
                    "missing-copy",
                    f"files are not in the store '{name}', or not whole, and in another they are",
                    n,
                    list(self._examples(lacking.found)),
                    remedy,
                    partial(self._fill, name, lacking.found, progress),
                )

    def _examples(self, found: Found) -> Iterator[str]:
        rows = (row for batch in found.batches() for row in batch)
        for row in rows if self._most is None else islice(rows, self._most):
            yield row[2] + (f": {row[5]}" if row[5] else "")

    # ----------------------------------------------------------------- repair
    def _fill(self, name: str, found: Found, progress: Progress) -> int:
        """Copy files into a store; tell how many are there then."""
        done = 0
        total = len(found)
        with progress(f"Filling the store '{name}'", "files") as advance, ThreadPoolExecutor(_AT_ONCE) as pool:
            for n, batch in _portions(row for rows in found.batches() for row in rows):
                done += self._fill_some(name, batch, pool)
                advance(n, total)
        return done

    def _fill_some(self, name: str, rows: Sequence[Sequence[Any]], pool: ThreadPoolExecutor) -> int:
        """Copy some files, all that can be copied; if the store fails, none."""
        files = [StoredFile(bytes.fromhex(r[0]), r[1], r[2], r[3], bytes.fromhex(r[4]) if r[4] else None) for r in rows]
        files = self._stored.still(files)
        with Stage(self._members[name]) as stage:
            copied = list(pool.map(partial(self._copy, name, stage), files))
            stage.sync()
            with self._butler.transaction():
                paths = [file.path for file, is_copied in zip(files, copied, strict=True) if is_copied]
                # files are copied while others work: what they pruned meanwhile goes again
                pruned = self._stored.discard([path for path in paths if container(path) == path])
                self._butler.registry.journal.note("repair", "missing-copy", len(paths) - pruned, store=name)
                if pruned:
                    self._butler._transactions.note_trash()
        return len(paths) - pruned

    def _copy(self, name: str, stage: Stage, file: StoredFile) -> bool:
        """Copy a file from the first store that has it whole; whether there was one."""
        target, path = self._members[name], container(file.path)
        is_there = target.exists(path)
        for other, source in self._members.items():
            if other == name:
                continue
            try:
                _copy(source, target, path, file, stage, overwrite=is_there)
            except (ChecksumMismatchError, FileNotFoundInStoreError, UnreadableFileError) as error:
                _log.warning("Store '%s' has no whole copy of %s: %s", other, path, error)
            except FileExistsInStoreError:  # somebody else was quicker
                return False
            else:
                return True
        return False


def raised_where_remote(error: ButlerError, storage: Storage) -> ButlerError:
    """The error, for a report; that an object store refuses is raised instead: of the files it tells nothing.

    Raises
    ------
    skybutler.errors.DeniedError
        The store may be read by others, or with other credentials.
    """
    if isinstance(error, DeniedError) and storage.local_root is None:
        raise error
    return error


def _copy(source: Storage, target: Storage, path: str, file: StoredFile, stage: Stage, *, overwrite: bool) -> None:
    with source.open(path) as stream:
        checked = CheckedStream(stream, source.url(path), file.size, file.checksum)
        stage.write(path, cast("BinaryIO", checked), overwrite=overwrite, storage=target)


def _portions(rows: Iterable[Sequence[Any]]) -> Iterator[tuple[int, list[Sequence[Any]]]]:
    """Findings in portions of some files and bytes; how many there were up to the end of each."""
    portion: list[Sequence[Any]] = []
    n, size = 0, 0
    for row in rows:
        portion.append(row)
        n, size = n + 1, size + max(row[3], 0)
        if len(portion) >= _FILES or size >= _BYTES:
            yield n, portion
            portion, size = [], 0
    if portion:
        yield n, portion
