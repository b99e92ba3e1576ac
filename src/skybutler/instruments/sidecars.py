"""Index and sidecar files: header cards or properties written beside the data, so that it need not be opened.

The format is that of ``astrometadata write-index`` and ``write-sidecar``. Knows nothing of instruments' rules.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote, unquote, urlsplit

from skybutler.errors import ButlerError, UnavailableError, UnreadableFileError
from skybutler.instruments.headers import HeaderTable, read_all_cards

__all__ = ["INDEX_NAME", "Index", "read_index", "read_sidecar", "sidecar_of", "write_index"]

log = logging.getLogger(__name__)

INDEX_NAME = "_index.json"
"""Name of an index file in a folder."""

Content = Literal["metadata", "translated"]
_CONTENT, _COMMON = "__CONTENT__", "__COMMON__"
_STRUCTURE = frozenset({"XTENSION", "PCOUNT", "GCOUNT", "COMMENT", "HISTORY", ""})


@dataclass(frozen=True)
class Index:
    """What an index file says of the files of a folder.

    Parameters
    ----------
    path : `str`
        The index file.
    content : `str`
        ``metadata`` for header cards, ``translated`` for observation properties in their simple form.
    common : mapping
        What all files share.
    files : mapping [`str`, mapping]
        File name, relative to the folder of the index, to what is its own.
    """

    path: str
    content: Content
    common: Mapping[str, Any]
    files: Mapping[str, Mapping[str, Any]]

    def locate(self) -> dict[str, str]:
        """Absolute path (or URI) of every file to its name in the index."""
        if "://" in self.path:
            root, folder = _split(self.path.rpartition("/")[0])
            return {root + quote(os.path.normpath(os.path.join(folder, name))): name for name in self.files}
        folder = os.path.dirname(os.path.abspath(self.path))
        return {os.path.normpath(os.path.join(folder, name)): name for name in self.files}

    def full(self, name: str) -> dict[str, Any]:
        """Everything known of one file."""
        return {**self.common, **self.files[name]}

    def header_table(self, names: Sequence[str], cards: Sequence[str]) -> HeaderTable:
        """The needed cards of some files as columns, as reading their headers would give them."""
        own = [self.files[name] for name in names]
        common = self.common
        varying = set().union(*own)
        columns: dict[str, list[Any]] = {}
        for card in dict.fromkeys(cards):
            default = common.get(card)
            columns[card] = [entry.get(card, default) for entry in own] if card in varying else [default] * len(own)
        folder = os.path.dirname(self.path)
        return HeaderTable([os.path.join(folder, name) for name in names], columns)


def read_index(path: str | os.PathLike[str]) -> Index:
    """Read an index file.

    Raises
    ------
    UnreadableFileError
        It is not an index; the reason is given.
    """
    where = os.fspath(path)
    entries = _read_json(where)
    content = _content(entries, where)
    common = entries.pop(_COMMON, None)
    if not isinstance(common, dict):
        what = "has no" if common is None else "must hold a mapping under"
        raise UnreadableFileError(f"{where}: not an index file, it {what} '{_COMMON}'.")
    for name, entry in entries.items():
        if not isinstance(entry, dict):
            raise UnreadableFileError(f"{where}: the entry of '{name}' is {type(entry).__name__}, not a mapping.")
    return Index(where, content, common, entries)


def read_sidecar(path: str | os.PathLike[str]) -> tuple[Content, dict[str, Any]]:
    """Read the sidecar file of one data file: the kind of its content and the content.

    Raises
    ------
    UnreadableFileError
        It is not JSON, or not a sidecar file.
    """
    where = os.fspath(path)
    entries = _read_json(where)
    if _COMMON in entries:
        raise UnreadableFileError(f"{where}: an index file where the sidecar of one file is expected.")
    return _content(entries, where), entries


def write_index(folder: str | os.PathLike[str], files: Sequence[str | os.PathLike[str]]) -> Path:
    """Write the index file of a folder: the header cards of its files, primary header and first extension merged.

    Returns
    -------
    path : `~pathlib.Path`
        The index file.

    Raises
    ------
    UnreadableFileError
        A file is not FITS or has no extension.
    """
    entries = {Path(file).name: _merged_header(file) for file in files}
    first = next(iter(entries.values()), {})
    common = {
        card: value
        for card, value in first.items()
        if all(card in entry and entry[card] == value for entry in entries.values())
    }
    content: dict[str, Any] = {_CONTENT: "metadata", _COMMON: common}
    for name, entry in entries.items():
        content[name] = {card: value for card, value in entry.items() if card not in common}
    path = Path(folder) / INDEX_NAME
    temporary = path.with_name(f".{INDEX_NAME}.{os.getpid()}")
    with open(temporary, "w", encoding="utf-8") as file:
        json.dump(content, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)
    return path


def _merged_header(file: str | os.PathLike[str]) -> dict[str, Any]:
    """Cards of the primary header overlaid with those of the first extension, without what only structures a file."""
    merged: dict[str, Any] = {}
    for hdu in (0, 1):
        merged.update((key, value) for key, value, _ in read_all_cards(file, hdu) if key not in _STRUCTURE)
    return merged


def sidecar_of(path: str | os.PathLike[str]) -> Path:
    """Where the sidecar file of a data file is, if there is one: ``a.fits`` has ``a.json``, as has ``a.fits.gz``."""
    file = Path(path)
    while file.suffix in (".gz", ".fz", ".bz2"):
        file = file.with_suffix("")
    return file.with_suffix(".json")


def _read_json(path: str) -> dict[str, Any]:
    try:
        entries = json.loads(_bytes_of(path))
    except UnavailableError:
        raise
    except ButlerError as error:
        raise UnreadableFileError(f"{path}: {error}") from error
    except OSError as error:
        raise UnreadableFileError(f"{path}: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise UnreadableFileError(f"{path}: not JSON ({error}).") from error
    if not isinstance(entries, dict):
        raise UnreadableFileError(f"{path}: holds {type(entries).__name__}, not a mapping.")
    return entries


def _bytes_of(path: str) -> bytes:
    if "://" in path:
        from skybutler.storage import locate

        storage, inner = locate(path)
        return storage.read(inner)
    with open(path, "rb") as file:
        return file.read()


def _split(uri: str) -> tuple[str, str]:
    """Scheme and host of a URI, and its path without percent codes."""
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}", unquote(parts.path) or "/"


def _content(entries: dict[str, Any], where: str) -> Content:
    content = entries.pop(_CONTENT, None)
    if content is None:
        log.warning("%s has no '%s'; taken to hold header cards.", where, _CONTENT)
        return "metadata"
    if content == "metadata" or content == "translated":
        return "metadata" if content == "metadata" else "translated"
    raise UnreadableFileError(f"{where}: '{_CONTENT}' is {content!r}, neither 'metadata' nor 'translated'.")
