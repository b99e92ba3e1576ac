"""From a URI to the storage and path it means.  Knows nothing of datasets."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from skybutler.errors import ConfigError, nearest

from .local import LocalStorage
from .storage import Storage

__all__ = [
    "MARK",
    "container",
    "is_absolute",
    "local_file",
    "locate",
    "located",
    "member_path",
    "open_storage",
    "to_uri",
    "use_settings",
]

_SCHEMES = ("file", "s3")

MARK = "#zip-path="
"""What stands between a zip file and the name of its member in a recorded path, as lsst.daf.butler writes it."""
_BETWEEN = ".zip" + MARK


def open_storage(root: str | os.PathLike[str], options: Mapping[str, Any] | None = None) -> Storage:
    """Storage below a directory, ``file:`` URI or ``s3:`` URI.

    Parameters
    ----------
    root : `str` or path-like
        ``/some/where``, ``some/where``, ``file:///some/where`` or ``s3://bucket/prefix``.
    options : mapping, optional
        Settings of an object store, see `skybutler.storage.s3.S3Storage`.

    Raises
    ------
    skybutler.errors.ConfigError
        If the scheme is unknown or the URI names another machine.
    """
    text = os.fspath(root)
    if "://" not in text:
        return LocalStorage(text)
    if _scheme(text) == "file":
        return LocalStorage(_file_of(text))
    from .s3 import S3Storage

    storage = S3Storage(text, options)
    _opened[_bucket_of(text)] = storage.settings
    return storage


_opened: dict[str, Mapping[str, Any]] = {}
"""The settings with which a bucket was opened last: whoever meets a URI of it elsewhere has only the URI."""


def locate(uri: str, beside: Storage | None = None) -> tuple[Storage, str]:
    """Storage and path of one absolute URI or absolute local path, as ``direct`` files have it.

    Parameters
    ----------
    uri : `str`
        URI or path.
    beside : `Storage`, optional
        Whose settings hold for its own bucket, and for one that was not opened with others.

    Raises
    ------
    skybutler.errors.ConfigError
        If the scheme is unknown.
    """
    local = local_file(uri)
    if local is not None:
        return _file_system(), local.lstrip("/")
    bucket = _bucket_of(uri)
    theirs = beside.settings if beside is not None else {}
    same = bool(theirs) and beside is not None and _bucket_of(beside.root) == bucket
    settings = theirs if same else _opened.get(bucket, theirs)
    return _bucket(bucket, json.dumps(settings, default=repr), settings), unquote(urlsplit(uri).path).lstrip("/")


def use_settings(uri: str, settings: Mapping[str, Any]) -> None:
    """Reach the bucket of a URI with some settings from now on, unless it was opened with others.

    Parameters
    ----------
    uri : `str`
        Anything in the bucket.
    settings : mapping
        See `open_storage`.
    """
    if local_file(uri) is None:
        _opened.setdefault(_bucket_of(uri), settings)


def container(path: str) -> str:
    """The file that a recorded path is in: the zip file of a member, else the path itself."""
    outer, between, _ = path.partition(_BETWEEN)
    return outer + ".zip" if between else path


def member_path(zip_path: str, member: str) -> str:
    """The path to be recorded of a member of a zip file."""
    return zip_path + MARK + (quote(member) if "://" in zip_path else member)


def located(storage: Storage, path: str) -> tuple[Storage, str]:
    """Storage and path of a recorded path: relative to a storage, absolute, or a member of a zip file there.

    Raises
    ------
    skybutler.errors.ConfigError
        If it is a URI of an unknown scheme.
    """
    if MARK not in path or (outer := container(path)) == path:
        return locate(path, storage) if is_absolute(path) else (storage, path)
    from .zipped import ZippedFiles  # few repositories have any

    home, inner = locate(outer, storage) if is_absolute(outer) else (storage, outer)
    member = path[len(outer) + len(MARK) :]
    return ZippedFiles(home, inner), unquote(member) if "://" in outer else member


def is_absolute(path: str) -> bool:
    """Whether a recorded path is an absolute URI or path, that is, outside the datastore."""
    return path.startswith("/") or "://" in path


def local_file(uri: str) -> str | None:
    """Local path that a path or ``file:`` URI means; `None` for another scheme."""
    if "://" not in uri:
        return uri
    return _file_of(uri) if _scheme(uri) == "file" else None


def to_uri(path: str) -> str:
    """Absolute URI of a local path (made absolute) or a URI (unchanged)."""
    return path if "://" in path else "file://" + quote(os.path.abspath(path))


def _scheme(uri: str) -> str:
    scheme = uri.partition("://")[0].lower()
    if scheme not in _SCHEMES:
        raise ConfigError(
            f"No storage for {uri!r}: unknown scheme {scheme!r}.",
            hint=nearest(scheme, _SCHEMES) or f"Known are a directory and {', '.join(s + '://' for s in _SCHEMES)}.",
        )
    return scheme


def _file_of(uri: str) -> str:
    parts = urlsplit(uri)
    if parts.netloc not in ("", "localhost"):
        raise ConfigError(f"{uri!r} names a file of machine {parts.netloc!r}; a local file has three slashes.")
    return unquote(parts.path)


@cache
def _file_system() -> LocalStorage:
    return LocalStorage("/")


_buckets: dict[tuple[str, str], Storage] = {}


def _bucket_of(uri: str) -> str:
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}"


def _bucket(uri: str, told: str, settings: Mapping[str, Any]) -> Storage:
    """One storage for each bucket and way to it."""
    storage = _buckets.get((uri, told))
    if storage is None:
        _scheme(uri)
        from .s3 import S3Storage

        storage = _buckets[uri, told] = S3Storage(uri, settings)
    return storage
