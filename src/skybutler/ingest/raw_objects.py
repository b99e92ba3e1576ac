"""Raws in an object store: one listing, in which index and sidecar files are noticed.  Opens no raw."""

from __future__ import annotations

import re
from collections.abc import Iterator

from skybutler.instruments.sidecars import INDEX_NAME, sidecar_of
from skybutler.storage import locate

__all__ = ["Listing"]


class Listing:
    """What is at a URI, or below it.

    Parameters
    ----------
    uri : `str`
        In an object store, percent-encoded.

    Raises
    ------
    skybutler.errors.UnavailableError, skybutler.errors.DeniedError
        If the store does not answer, or refuses.
    """

    def __init__(self, uri: str) -> None:
        self._storage, self._inner = locate(uri)
        self._inner = self._inner.rstrip("/")
        self.is_object = bool(self._inner) and not uri.endswith("/") and self._storage.exists(self._inner)
        self._folders: dict[str, set[str]] = {}
        if not self.is_object:
            for path in self._storage.files(self._inner):
                folder, _, name = path.rpartition("/")
                self._folders.setdefault(folder, set()).add(name)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is there."""
        return not self.is_object and not self._folders

    @property
    def index_beside(self) -> str | None:
        """The index file beside an object."""
        folder = self._inner.rpartition("/")[0]
        path = f"{folder}/{INDEX_NAME}" if folder else INDEX_NAME
        return self._storage.url(path) if self._storage.exists(path) else None

    @property
    def sidecar(self) -> str | None:
        """The sidecar file of an object."""
        folder, _, name = self._inner.rpartition("/")
        path = f"{folder}/{sidecar_of(name)}" if folder else str(sidecar_of(name))
        return self._storage.url(path) if self._storage.exists(path) else None

    def raws(self, pattern: re.Pattern[str]) -> Iterator[tuple[str, tuple[str, ...], str | None]]:
        """Objects whose names match, folder by folder: URI, index files from the nearest up, sidecar file."""
        for folder in sorted(self._folders):
            names, start = self._folders[folder], folder + "/" if folder else ""
            indexes = tuple(self._indexes(folder))
            for name in sorted(names):
                if pattern.search(name):
                    sidecar = str(sidecar_of(name))
                    known = self._storage.url(start + sidecar) if sidecar in names else None
                    yield self._storage.url(start + name), indexes, known

    def _indexes(self, folder: str) -> Iterator[str]:
        """Index files in a folder and in those above it, up to what was listed."""
        while True:
            if INDEX_NAME in self._folders.get(folder, ()):
                yield self._storage.url(f"{folder}/{INDEX_NAME}" if folder else INDEX_NAME)
            if folder in ("", self._inner):
                return
            folder = folder.rpartition("/")[0]
