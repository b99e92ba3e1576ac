"""Finding raws: folders walked, index and sidecar files noticed, files handed on in batches.  Opens no raw."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from skybutler.errors import InvalidError, UnreadableFileError
from skybutler.instruments.sidecars import INDEX_NAME, read_index, sidecar_of
from skybutler.storage.places import local_file

from .raw_objects import Listing

__all__ = ["DEFAULT_REGEX", "RawBatch", "find_raws"]

DEFAULT_REGEX = r"(?i)\.fits?(\.(gz|fz|bz2|xz|zst))?$"
"""Names of files taken for raws: ``.fits`` and ``.fit``, also compressed."""

_BATCH = 1000
"""Enough to work by columns: a batch of index entries takes some 20 ms, of headers some 20 ms."""

_SMALL = 25
"""Size of the first batches where processes share the work, so that few files occupy all of them; then sizes double."""

_PARTS = 10

Problem = Callable[[str, str], None]
"""Told of a path that cannot be used, and the reason."""


@dataclass
class RawBatch:
    """Some files, and where something is known of them without opening them.

    Parameters
    ----------
    paths : `list` [`str`]
        Absolute paths, or URIs in object stores.
    indexes : `list` [`tuple` [`str`, ...]]
        For each file the index files that may name it, nearest first.
    sidecars : `list` [`str` or `None`]
        For each file its sidecar file if there is one.
    """

    paths: list[str] = field(default_factory=list)
    indexes: list[tuple[str, ...]] = field(default_factory=list)
    sidecars: list[str | None] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.paths)

    def __str__(self) -> str:
        return self.paths[0] + (f" and {len(self) - 1} more" if len(self) > 1 else "")

    def parts(self) -> list[RawBatch]:
        """The same files in ten batches, or as many as there are files."""
        size = -(-len(self) // _PARTS)
        return [
            RawBatch(self.paths[i : i + size], self.indexes[i : i + size], self.sidecars[i : i + size])
            for i in range(0, len(self), size)
        ]


_Found = tuple[str, tuple[str, ...], str | None]


def find_raws(
    locations: Iterable[str | os.PathLike[str]],
    *,
    regex: str,
    search_indexes: bool,
    problem: Problem,
    begin_small: bool = False,
) -> Iterator[RawBatch]:
    """Files to ingest, in batches; each file once, in order of location and name.

    Parameters
    ----------
    locations : iterable of path
        Folders (searched to any depth, symbolic links to folders not followed), files (taken whatever their name)
        and index files (all files they name are taken); also in object stores.
    regex : `str`
        Searched for in the names of files of folders.
    search_indexes : `bool`
        Whether index files found on the way are used.
    problem : callable
        Told of places that do not exist or cannot be read.
    begin_small : `bool`
        Whether the first batches are small.

    Raises
    ------
    InvalidError
        ``regex`` is not a regular expression.
    ConfigError
        A location is on another machine.
    """
    try:
        pattern = re.compile(regex)
    except re.error as error:
        raise InvalidError(f"{regex!r} is not a regular expression: {error}.") from error
    search = _Search(pattern, search_indexes, problem)
    sizes = itertools.chain(_growing() if begin_small else (), itertools.repeat(_BATCH))
    size = next(sizes)
    batch = RawBatch()
    for path, indexes, sidecar in search.all(locations):
        if not path.isascii() and path.encode(errors="replace").decode() != path:
            problem(path, f"{path!r}: the name is not UTF-8, it cannot be recorded.")
            continue
        batch.paths.append(path)
        batch.indexes.append(indexes)
        batch.sidecars.append(sidecar)
        if len(batch) >= size:
            yield batch
            batch, size = RawBatch(), next(sizes)
    if batch.paths:
        yield batch


def _absolute(location: str) -> str:
    path = local_file(location)
    return os.path.abspath(path) if path is not None else location


def _growing() -> Iterator[int]:
    """Several batches of each size, so that the work of few files is divided too."""
    size = _SMALL
    while size < _BATCH:
        yield from (size,) * 4
        size *= 2


class _Search:
    """One search under way."""

    def __init__(self, pattern: re.Pattern[str], search_indexes: bool, problem: Problem) -> None:
        self._pattern, self._search_indexes, self._problem = pattern, search_indexes, problem
        self._named: set[str] = set()
        self._folders: list[str] = []

    def all(self, locations: Iterable[str | os.PathLike[str]]) -> Iterator[_Found]:
        paths = [_absolute(os.fspath(location)) for location in locations]
        for path in paths:
            if "://" in path:
                yield from self._of_store(path)
            elif os.path.isdir(path):
                yield from self._walk(path, ())
                self._folders.append(path.rstrip("/") + "/")
            elif os.path.basename(path) == INDEX_NAME:
                yield from self._of_index(path)
            else:
                yield from self._one(path, self._indexes_beside(path))

    def _of_store(self, uri: str) -> Iterator[_Found]:
        """Objects below a URI, or the one that it names."""
        if os.path.basename(uri) == INDEX_NAME:
            yield from self._of_index(uri)
            return
        listing = Listing(uri)
        if listing.is_object:
            beside = listing.index_beside if self._search_indexes else None
            if uri not in self._named and not self._is_covered(uri):
                self._named.add(uri)
                yield uri, (beside,) if beside else (), listing.sidecar
            return
        if listing.is_empty:
            self._problem(uri, f"{uri}: there are no such objects.")
        for path, indexes, sidecar in listing.raws(self._pattern):
            if path not in self._named and not self._is_covered(path):
                yield path, indexes if self._search_indexes else (), sidecar
        self._folders.append(uri.rstrip("/") + "/")

    def _is_covered(self, path: str) -> bool:
        return any((path + "/").startswith(folder) for folder in self._folders)  # locations are few

    def _one(self, path: str, indexes: tuple[str, ...]) -> Iterator[_Found]:
        """A file named by itself or by an index, unless it was found before."""
        if path in self._named or self._is_covered(path):
            return
        self._named.add(path)
        if "://" in path:
            yield path, indexes, None
            return
        sidecar = str(sidecar_of(path))
        yield path, indexes, sidecar if os.path.exists(sidecar) else None

    def _indexes_beside(self, path: str) -> tuple[str, ...]:
        index = os.path.join(os.path.dirname(path), INDEX_NAME)
        return (index,) if self._search_indexes and os.path.exists(index) else ()

    def _of_index(self, path: str) -> Iterator[_Found]:
        try:
            located = read_index(path).locate()
        except UnreadableFileError as error:
            self._problem(path, str(error))
            return
        for file in sorted(located):
            yield from self._one(file, (path,))

    def _walk(self, folder: str, above: tuple[str, ...]) -> Iterator[_Found]:
        if self._is_covered(folder):
            return
        try:
            with os.scandir(folder) as entries:
                listed = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
        except OSError as error:
            self._problem(folder, f"{folder}: {error.strerror}.")
            return
        names = {name for name, is_folder in listed if not is_folder}
        indexes = (os.path.join(folder, INDEX_NAME), *above) if self._search_indexes and INDEX_NAME in names else above
        has_sidecars = any(name.endswith(".json") and name != INDEX_NAME for name in names)
        for name in sorted(names):
            path = os.path.join(folder, name)
            if self._pattern.search(name) and path not in self._named:
                sidecar = sidecar_of(name).name if has_sidecars else ""
                yield path, indexes, os.path.join(folder, sidecar) if sidecar in names else None
        for name in sorted(name for name, is_folder in listed if is_folder):
            yield from self._walk(os.path.join(folder, name), indexes)
