"""Which datasets of remote stores are kept as local copies, where and how many.  Knows no files."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skybutler.errors import ConfigError, nearest
from skybutler.formatters.lookup import Lookup
from skybutler.storage import Storage, StoredFile
from skybutler.storage.cache import MODES, Cache, CachedFile, Limit, extension_of

if TYPE_CHECKING:
    from skybutler.datasets.file_record import FileRecord
    from skybutler.datasets.ref import DatasetRef

__all__ = ["Caching"]

_KEYS = ("root", "default", "cacheable", "expiry")
_USUAL_LIMIT = Limit("size", 10e9)


class Caching:
    """A cache and what goes into it.

    Parameters
    ----------
    cache : `skybutler.storage.cache.Cache`
        Where copies are.
    cacheable : `Lookup` of `bool`
        What is kept.
    """

    def __init__(self, cache: Cache, cacheable: Lookup[bool]) -> None:
        self.cache, self._cacheable = cache, cacheable

    @classmethod
    def open(cls, config: Any) -> Caching | None:
        """What the section ``cached`` and the environment describe; `None` for no cache.

        Parameters
        ----------
        config : mapping or `None`
            ``root``, ``default``, ``cacheable`` (by dataset type, dimensions, storage class), ``expiry`` (``mode`` and
            ``threshold``).

        Raises
        ------
        skybutler.errors.ConfigError
            If something in it is wrong.
        """
        directory = os.environ.get("DAF_BUTLER_CACHE_DIRECTORY")
        if config is None and not directory:
            return None
        config = config if config is not None else {}
        if not isinstance(config, Mapping):
            raise ConfigError(f"'datastore.cached' must be a mapping, not {config!r}.")
        for key in config:
            if key not in _KEYS:
                hint = nearest(str(key), _KEYS) or f"Known: {', '.join(_KEYS)}."
                raise ConfigError(f"Unknown key 'datastore.cached.{key}'.", hint=hint)
        cacheable = _cacheable(config)
        limit = _limit(config.get("expiry"))
        if limit is None:
            return None
        root = directory or config.get("root") or os.environ.get("DAF_BUTLER_CACHE_DIRECTORY_IF_UNSET") or _usual_root()
        if not isinstance(root, str | os.PathLike) or "://" in os.fspath(root).removeprefix("file://"):
            raise ConfigError(f"'datastore.cached.root' must be a local directory, not {root!r}.")
        return cls(Cache(os.path.expanduser(os.fspath(root).removeprefix("file://")), limit), cacheable)

    def keeps(self, ref: DatasetRef) -> bool:
        """Whether files of a dataset are kept."""
        instrument = ref.data_id["instrument"] if "instrument" in ref.dataset_type.dimensions else None
        return bool(self._cacheable.find(ref.dataset_type, instrument=instrument))

    @contextmanager
    def nearest(self, storage: Storage, path: str, record: FileRecord, *, fetch: bool) -> Iterator[tuple[Storage, str]]:
        """Where to read a remote file for the duration of a ``with`` block: from its copy if there is one.

        Parameters
        ----------
        storage, path
            The original.
        record : `skybutler.datasets.FileRecord`
            What is known of it.
        fetch : `bool`
            Make a copy if there is none.
        """
        recorded = StoredFile(record.size, record.checksum) if record.size >= 0 and record.checksum else None
        with self.cache.file(storage, path, recorded, size=record.size, fetch=fetch) as copy:
            yield (storage, path) if copy is None else (CachedFile(copy, storage.url(path)), copy.name)

    def write(
        self,
        storage: Storage,
        path: str,
        data: bytes | Callable[[Path], None],
        write: Callable[[bytes | Callable[[Path], None] | Path], StoredFile],
    ) -> StoredFile:
        """Write a new remote file and keep a copy: what was just made is often read next.

        Parameters
        ----------
        storage, path
            Where it goes to.
        data : `bytes` or callable
            Content, or a function that writes it to a local path.
        write : callable
            Writes content to the storage.
        """
        copy = self.cache.new_file(extension_of(path))
        if copy is None:
            return write(data)
        try:
            if callable(data):
                try:
                    data(copy)
                except OSError:  # if it is not the cache's disk, it fails again
                    return write(data)
            stored = write(copy if callable(data) else data)
            self.cache.keep(storage, path, stored, copy, data if isinstance(data, bytes) else None)
        finally:
            copy.unlink(missing_ok=True)
        return stored


def _cacheable(config: Mapping[str, Any]) -> Lookup[bool]:
    given = config.get("cacheable") or {}
    if not isinstance(given, Mapping):
        raise ConfigError(f"'datastore.cached.cacheable' must be a mapping, not {given!r}.")
    lookup: Lookup[bool] = Lookup({"default": config.get("default", True), **given})
    for value in lookup.values():
        if not isinstance(value, bool):
            raise ConfigError(f"'datastore.cached' says what is cached by true and false, not {value!r}.")
    return lookup


def _limit(expiry: Any) -> Limit | None:
    """The limit; `None` where caching is switched off."""
    given, where = os.environ.get("DAF_BUTLER_CACHE_EXPIRATION_MODE"), "DAF_BUTLER_CACHE_EXPIRATION_MODE"
    mode: Any
    threshold: Any
    if given:
        mode, _, threshold = given.partition("=")
    elif expiry is None:
        return _USUAL_LIMIT
    elif isinstance(expiry, Mapping):
        where, mode, threshold = "'datastore.cached.expiry'", expiry.get("mode"), expiry.get("threshold")
    else:
        raise ConfigError(f"'datastore.cached.expiry' must be a mapping with mode and threshold, not {expiry!r}.")
    if mode == "disabled":
        return None
    if mode is None or (given and mode == "null"):
        return Limit()
    if mode not in MODES:
        known = (*MODES, "disabled")
        raise ConfigError(f"{where}: unknown mode {mode!r}.", hint=nearest(str(mode), known) or f"Known: {known}.")
    try:
        number = float(threshold)
    except (TypeError, ValueError):
        number = -1.0
    if isinstance(threshold, bool) or number < 0:
        raise ConfigError(f"{where}: mode {mode!r} needs a threshold, a number of 0 or more, not {threshold!r}.")
    return Limit(mode, number)


def _usual_root() -> str:
    return os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "skybutler")
