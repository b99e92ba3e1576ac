"""Where bundles are: a directory, a zip file, or either of them in an object store.  Knows not what is in them."""

from __future__ import annotations

import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from skybutler.errors import FileExistsInStoreError
from skybutler.storage import LocalStorage, Stage, Storage, locate, open_storage
from skybutler.storage.places import local_file
from skybutler.storage.zipped import ZippedFiles

from .bundle_manifest import MANIFEST

__all__ = ["Draft", "new_bundle", "opened_bundle"]


@dataclass(frozen=True, slots=True)
class Draft:
    """A bundle while it is written.

    Parameters
    ----------
    folder : `pathlib.Path`
        Local directory of its tables and manifest.
    files : `skybutler.storage.Storage`
        What its data files are written to.
    stage : `skybutler.storage.Stage`
        Stage of ``files``.
    """

    folder: Path
    files: Storage
    stage: Stage


def opened_bundle(source: str | os.PathLike[str], beside: Storage | None = None) -> Storage:
    """The files of a bundle: a directory, a zip file, or either of them by URI.

    Parameters
    ----------
    source : path or URI
    beside : `skybutler.storage.Storage`, optional
        Whose settings hold for an object store that was not opened with others.
    """
    place = os.fspath(source)
    if place.endswith(".zip"):
        storage, path = locate(place if "://" in place else os.path.abspath(place), beside)
        return ZippedFiles(storage, path)
    return open_storage(place, locate(place, beside)[0].settings if "://" in place else None)


def new_bundle(destination: str | os.PathLike[str], beside: Storage) -> AbstractContextManager[Draft]:
    """A bundle that is whole in its place at the end of the ``with`` block; if that fails, nothing is left.

    Parameters
    ----------
    destination : path or URI
        New directory (or a prefix below which nothing is), or a new file named ``*.zip``.
    beside : `skybutler.storage.Storage`
        As for `opened_bundle`.

    Raises
    ------
    skybutler.errors.FileExistsInStoreError
        The destination exists.
    """
    place = os.fspath(destination)
    local = local_file(place)
    if local is not None:
        return _on_disk(Path(os.path.abspath(local)))
    return _remote_zip(place, beside) if place.endswith(".zip") else _remote_folder(place, beside)


@contextmanager
def _on_disk(place: Path) -> Iterator[Draft]:
    if place.exists() and not (place.is_dir() and not any(place.iterdir())):
        raise _in_the_way(str(place))
    place.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=".tmp-bundle-", dir=place.parent))
    try:
        yield from _drafted(folder)
        if place.suffix != ".zip":
            folder.chmod(0o755)
            os.replace(folder, place)
            return
        packed_up = folder.with_suffix(".zip")
        try:
            _pack(folder, packed_up)
            os.replace(packed_up, place)
        finally:
            packed_up.unlink(missing_ok=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _remote_zip(uri: str, beside: Storage) -> Iterator[Draft]:
    storage, path = locate(uri, beside)
    if storage.exists(path):
        raise _in_the_way(uri)
    with tempfile.TemporaryDirectory(prefix="bundle-") as scratch:
        folder, packed_up = Path(scratch, "bundle"), Path(scratch, "bundle.zip")
        folder.mkdir()
        yield from _drafted(folder)
        _pack(folder, packed_up)
        storage.write(path, packed_up)


@contextmanager
def _remote_folder(uri: str, beside: Storage) -> Iterator[Draft]:
    """Data files go there at once; then the tables, and at last the manifest, without which it is no bundle."""
    storage = opened_bundle(uri, beside)
    if next(iter(storage.files()), None) is not None:
        raise _in_the_way(uri)
    with tempfile.TemporaryDirectory(prefix="bundle-") as scratch, Stage(storage) as stage:
        folder = Path(scratch)
        yield Draft(folder, storage, stage)
        for file in sorted(_files(folder), key=lambda file: (file == folder / MANIFEST, file)):
            stage.write(str(file.relative_to(folder)), file)


def _drafted(folder: Path) -> Iterator[Draft]:
    """A draft with everything in a local directory."""
    storage = LocalStorage(folder)
    with Stage(storage) as stage:
        yield Draft(folder, storage, stage)


def _pack(folder: Path, target: Path) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as made:
        for file in sorted(_files(folder)):
            made.write(file, str(file.relative_to(folder)))


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def _in_the_way(place: str) -> FileExistsInStoreError:
    return FileExistsInStoreError(f"{place} exists.", hint="Name a new directory, or a new file *.zip.")
