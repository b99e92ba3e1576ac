"""Taking existing files into a datastore, many at a time.  Knows neither registry nor formats."""

from __future__ import annotations

import logging
import os
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote, unquote

from skybutler.errors import FileExistsInStoreError, InvalidError, MissingFileError, ParameterError
from skybutler.storage import MARK, Stage, Storage, StoredFile, is_absolute, locate, located
from skybutler.storage.chain import Chain
from skybutler.storage.checksum import of_stream
from skybutler.storage.places import local_file
from skybutler.storage.transfer import check_mode, transfer

from .placing import InUse, in_use_always, place

if TYPE_CHECKING:
    from concurrent.futures import Future

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["IngestedFiles", "ingest_files", "sizes_of", "source_extension"]

_log = logging.getLogger(__name__)
_PLAIN_PATH = re.compile(r"/[\w./~-]*", re.ASCII).fullmatch
_PLAIN_PATHS = re.compile(r"(?:/[\w./~-]*\n)*/[\w./~-]*", re.ASCII).fullmatch
"""As many of them, one a line."""
_UPLOADS_AT_ONCE = 8
"""Each may hold some 32 MB."""
_COMPRESSIONS = (".gz", ".bz2", ".xz", ".zst", ".fz")


@dataclass(frozen=True, slots=True)
class IngestedFiles:
    """What is to be recorded of ingested files, one entry per file.

    ``paths`` are relative to the root, or absolute URIs; ``sizes`` are bytes, -1 where not recorded; ``checksums``
    is `None` when none was computed.
    """

    paths: list[str]
    sizes: list[int]
    checksums: list[bytes | None] | None = None


def ingest_files(
    storage: Storage,
    sources: Sequence[str],
    mode: str | None,
    *,
    stage: Stage | None = None,
    stems: Sequence[str] | Callable[[], Sequence[str]] = (),
    track: bool = True,
    checksum: bool = False,
    in_use: InUse = in_use_always,
) -> IngestedFiles:
    """Bring files into a storage, or record them where they are.

    Parameters
    ----------
    storage : `skybutler.storage.Storage`
        Storage of the datastore.
    sources : sequence of `str`
        Local paths or URIs; relative paths are relative to the root of the storage.
    mode : `str` or `None`
        One of `skybutler.storage.transfer.MODES`, or `None` for files that already are inside the root.
    stage : `skybutler.storage.Stage`, optional
        Stage of the transaction; needed by modes that make files.
    stems : sequence of `str`, or callable that gives it
        Path for each file without extension (the source's is appended), for modes that make files.
    track : `bool`
        Record sizes (and checksums); without, remote files are not even looked at.
    checksum : `bool`
        Read every file to record its checksum; copied ones are recorded with it anyway.
    in_use : callable, optional
        Tells whether a dataset owns a file that is already in the place.

    Returns
    -------
    files : `IngestedFiles`
        In the order of ``sources``.

    Raises
    ------
    skybutler.errors.MissingFileError
        If sources do not exist.
    skybutler.errors.InvalidError
        If ``mode`` does not fit where the files are.
    skybutler.errors.FileExistsInStoreError
        If another dataset's file is in the place.
    """
    check_mode(mode)
    inside = _Inside(storage)
    if mode == "direct":
        absolute = [source if source[:1] == "/" else inside.absolute(source) for source in sources]
        return _recorded(storage, _as_uris(absolute), _checked_sizes(storage, absolute, track), track, checksum)
    relative = [inside(source) for source in sources]
    mode = _resolved(mode, storage, sources, relative)
    if mode in (None, "split"):
        paths = [r if r is not None else _as_uri(source) for r, source in zip(relative, sources, strict=True)]
        return _recorded(storage, paths, _checked_sizes(storage, paths, track), track, checksum)
    if stage is None:
        raise ParameterError(f"Transfer mode {mode!r} makes files and needs a stage.")
    stems = stems() if callable(stems) else stems
    return _transferred(storage, [inside.absolute(s) for s in sources], mode, stage, stems, track, checksum, in_use)


def _transferred(
    storage: Storage,
    sources: list[str],
    mode: str,
    stage: Stage,
    stems: Sequence[str],
    track: bool,
    checksum: bool,
    in_use: InUse,
) -> IngestedFiles:
    paths = [stem + source_extension(source) for stem, source in zip(stems, sources, strict=True)]
    double, times = Counter(paths).most_common(1)[0] if paths else ("", 0)
    if times > 1:
        raise InvalidError(f"Two of the files would both become {double}: the file template must tell them apart.")

    def bring(source: str, path: str, overwrite: bool = False) -> StoredFile | None:
        return transfer(source, storage, path, mode, stage, overwrite=overwrite)

    def bring_patiently(source: str, path: str) -> StoredFile | None:
        return place(path, in_use, lambda overwrite: bring(source, path, overwrite))

    if storage.local_root is None and len(paths) > 1:
        stored = _side_by_side(bring, bring_patiently, sources, paths)
    else:
        stored = [bring_patiently(source, path) for source, path in zip(sources, paths, strict=True)]
    if track and all(stored):
        known = [s for s in stored if s is not None]
        return IngestedFiles(paths, [s.size for s in known], [s.checksum for s in known])
    found = _recorded(storage, paths, storage.sizes(paths) if track else None, track, checksum)
    if not track or checksum or not any(stored):
        return found
    return IngestedFiles(found.paths, found.sizes, [s.checksum if s is not None else None for s in stored])


def _side_by_side(
    bring: Callable[[str, str], StoredFile | None],
    bring_patiently: Callable[[str, str], StoredFile | None],
    sources: list[str],
    paths: list[str],
) -> list[StoredFile | None]:
    """Bring files into a remote storage by several threads; those whose places are taken wait for this one.

    Whether a place is somebody's is told by the database, which only this thread can ask within its transaction.
    """
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(_UPLOADS_AT_ONCE) as pool:
        begun = [pool.submit(bring, source, path) for source, path in zip(sources, paths, strict=True)]
        try:
            stored = [_unless_taken(future) for future in begun]
        except BaseException:
            pool.shutdown(cancel_futures=True)  # what is under way ends first, so that it can be taken back
            raise
    return [
        bring_patiently(source, path) if found is False else found
        for source, path, found in zip(sources, paths, stored, strict=True)
    ]


def _unless_taken(future: Future[StoredFile | None]) -> StoredFile | Literal[False] | None:
    try:
        return future.result()
    except FileExistsInStoreError:
        return False


def _recorded(
    storage: Storage, paths: list[str], sizes: NDArray[np.int64] | None, track: bool, checksum: bool
) -> IngestedFiles:
    checksums: list[bytes | None] | None = None
    if checksum and track:
        checksums = []
        for path in paths:
            home, inner = locate(path, storage) if is_absolute(path) else (storage, path)
            with home.open(inner) as stream:
                checksums.append(of_stream(stream).checksum)
    return IngestedFiles(paths, sizes.tolist() if sizes is not None and track else [-1] * len(paths), checksums)


def _resolved(mode: str | None, storage: Storage, sources: Sequence[str], relative: list[str | None]) -> str | None:
    """The mode that ``auto`` means here; others are checked."""
    outside = relative.count(None)
    if mode is None and outside:
        first = sources[relative.index(None)]
        raise InvalidError(
            f"{first} is not inside the datastore root {storage.root}, as a transfer mode of None requires.",
            hint="Choose a mode such as 'direct', 'copy' or 'link'.",
        )
    if mode != "auto":
        return mode
    if not outside:
        return None
    if outside < len(relative):
        _log.warning("%d of %d files are outside %s: they stay there.", outside, len(relative), storage.root)
        return "split"
    if isinstance(storage, Chain):
        return mode  # some of its members may be linked to
    local = storage.local_root is not None and all(local_file(source) is not None for source in sources)
    return "link" if local else "copy"


class _Inside:
    """Tells whether a source is inside the root, and where."""

    def __init__(self, storage: Storage) -> None:
        members = list(storage.members.values()) if isinstance(storage, Chain) else [storage]
        self._storage = storage
        self._roots = tuple(member.root for member in members)
        directories = [member.local_root for member in members if member.local_root is not None]
        roots = {real for directory in directories for real in (directory, os.path.realpath(directory))}
        self._prefixes = tuple(root.rstrip("/") + "/" for root in roots)

    def __call__(self, source: str) -> str | None:
        """Path relative to the root, or `None` for a file outside."""
        if "://" in source:
            for root in self._roots:
                if source.startswith(root):
                    return unquote(source[len(root) :])
            if not source.startswith("file://") or not self._prefixes:
                return None
            source = local_file(source) or ""
        if "/." in source or "//" in source:
            source = os.path.normpath(source)
        if not source.startswith("/"):
            if source.startswith("../"):
                raise InvalidError(f"The relative path {source!r} leaves the datastore root {self._storage.root}.")
            return source
        for prefix in self._prefixes:
            if source.startswith(prefix):
                return source[len(prefix) :]
        return None

    def absolute(self, source: str) -> str:
        """The source as a URI or absolute path."""
        if is_absolute(source):
            return source
        self(source)  # which must not leave the root
        directory = self._storage.local_root
        return self._storage.url(source) if directory is None else os.path.join(directory, source)


def _as_uris(sources: list[str]) -> list[str]:
    if _PLAIN_PATHS("\n".join(sources)):
        return ["file://" + source for source in sources]
    return [_as_uri(source) for source in sources]


def _as_uri(source: str) -> str:
    if "://" in source:
        return source
    return "file://" + (source if _PLAIN_PATH(source) else quote(source))


def _checked_sizes(storage: Storage, paths: Sequence[str], track: bool) -> NDArray[np.int64]:
    """Sizes of recorded paths; missing files are an error, though remote ones are not looked at without ``track``."""
    if not track:
        paths = [path for path in paths if "://" not in path or path.startswith("file://")]
    sizes = sizes_of(storage, paths)
    missing = (sizes < 0).nonzero()[0]
    if len(missing):
        lacking = [paths[i] for i in missing[:3]]
        names = ", ".join(f"{path} (a folder)" if os.path.isdir(local_file(path) or "") else path for path in lacking)
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        hint = "" if all(map(is_absolute, lacking)) else f"Relative paths are taken from {storage.root}."
        raise MissingFileError(f"Files to ingest do not exist: {names}{more}.", hint=hint)
    return sizes


def sizes_of(storage: Storage, paths: Sequence[str]) -> NDArray[np.int64]:
    """Sizes in bytes of files by recorded path, absolute path or URI, shape (n,); -1 for a missing one."""
    import numpy as np

    # the quick way for the many absolute paths of a direct ingest
    if all(path[:1] == "/" and MARK not in path for path in paths):
        return locate("/")[0].sizes([path[1:] for path in paths])
    by_storage: dict[int | str, tuple[Storage, list[int], list[str]]] = {}
    for i, path in enumerate(paths):
        home, inner = located(storage, path)
        key = home.root if MARK in path else id(home)  # each member of a zip file has a storage of its own
        _, places, inners = by_storage.setdefault(key, (home, [], []))
        places.append(i)
        inners.append(inner)
    sizes = np.full(len(paths), -1, dtype=np.int64)
    for home, places, inners in by_storage.values():
        sizes[places] = home.sizes(inners)
    return sizes


def source_extension(source: str) -> str:
    """Extension of a file to be kept, with its point: ``.fits``, ``.fits.gz``."""
    name = (unquote(source) if "://" in source else source).rpartition("/")[2]
    stem, extension = os.path.splitext(name)
    return os.path.splitext(stem)[1] + extension if extension in _COMPRESSIONS else extension
