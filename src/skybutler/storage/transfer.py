"""Bringing existing files into a storage: copy, move and the links.  Knows nothing of datasets."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from skybutler.errors import (
    DeniedError,
    FileExistsInStoreError,
    InvalidError,
    MissingFileError,
    ParameterError,
    UnavailableError,
    nearest,
)

from .chain import Chain
from .local import LocalStorage
from .places import local_file, locate
from .stage import Stage
from .storage import Storage, StoredFile

__all__ = ["MODES", "check_mode", "transfer"]

_LINKS: dict[str, Callable[[str, str], None]] = {
    "hardlink": lambda source, target: os.link(source, target),
    "symlink": lambda source, target: os.symlink(source, target),
    "relsymlink": lambda source, target: os.symlink(os.path.relpath(source, os.path.dirname(target)), target),
}

MODES = ("auto", "copy", "move", "link", "hardlink", "symlink", "relsymlink", "direct", "split")
"""Transfer modes of an ingest; `None` means that the files already are in the datastore.

``auto`` leaves files inside the root where they are and links (local) or copies (remote) those outside; ``split``
leaves those inside and records those outside as ``direct``; ``link`` is a hard link or else a symbolic one;
``direct`` records the absolute URI of a file that stays where it is.
"""


def check_mode(mode: str | None) -> None:
    """Refuse an unknown transfer mode.

    Raises
    ------
    skybutler.errors.ParameterError
        Naming the valid modes.
    """
    if mode is not None and mode not in MODES:
        raise ParameterError(f"Unknown transfer mode {mode!r}.", hint=nearest(mode, MODES) or f"Known: {MODES}.")


def transfer(
    source: str, storage: Storage, path: str, mode: str, stage: Stage, *, overwrite: bool = False
) -> StoredFile | None:
    """Bring one file into a storage; the stage takes it out again on rollback.

    A source that already is the target (the same file on disk) is left alone.  The source of a ``move`` is deleted
    when the stage finishes, so that a rollback loses nothing.

    Parameters
    ----------
    source : `str`
        Local path or URI.
    storage : `Storage`
        Where to.
    path : `str`
        Path in ``storage``.
    mode : `str`
        ``copy``, ``move``, ``link``, ``hardlink``, ``symlink`` or ``relsymlink``; ``auto`` links from directory to
        directory and copies otherwise.
    stage : `Stage`
        Stage of ``storage``.
    overwrite : `bool`
        Replace another file that is in the place.

    Returns
    -------
    stored : `StoredFile` or `None`
        Size and checksum when the bytes were copied; `None` for a link and a file that was in place.

    Raises
    ------
    skybutler.errors.FileExistsInStoreError
        If another file is in the place and ``overwrite`` is false.
    skybutler.errors.MissingFileError
        If there is no source.
    skybutler.errors.InvalidError
        If a link is asked between places that cannot be linked.
    """
    local = local_file(source)
    if local is not None:
        local = os.path.abspath(local)
        if not os.path.isfile(local):
            raise MissingFileError(f"There is no file {local} to ingest.")
    members = list(storage.members.values()) if isinstance(storage, Chain) else [storage]
    moves = mode == "move" and not any(_is_in_place(local, member, path, mode) for member in members)
    brought = [_bring(source, local, member, path, mode, stage, overwrite) for member in members]
    if moves:
        stage.at_finish(partial(_remove_source, source, local, storage))
    return next((stored for stored in brought if stored is not None), None)


def _bring(
    source: str, local: str | None, storage: Storage, path: str, mode: str, stage: Stage, overwrite: bool
) -> StoredFile | None:
    """Bring a file into one storage; the source of a move stays for now."""
    if _is_in_place(local, storage, path, mode):
        return None
    if mode == "auto":
        mode = "link" if isinstance(storage, LocalStorage) and local is not None else "copy"
    if mode == "move":
        return _copy_for_move(source, local, storage, path, stage, overwrite)
    if mode == "copy":
        return _copy(source, local, storage, path, stage, overwrite)
    if not isinstance(storage, LocalStorage) or local is None:
        raise InvalidError(
            f"Transfer mode {mode!r} needs local files; {source} cannot be linked into {storage.root}.",
            hint="Use 'copy' or 'direct'.",
        )
    _link(os.path.realpath(local), storage, path, mode, stage, overwrite)
    return None


def _is_in_place(local: str | None, storage: Storage, path: str, mode: str) -> bool:
    """Whether a source is the file that is to be made."""
    return isinstance(storage, LocalStorage) and local is not None and _is_target(local, storage.target(path), mode)


def _is_target(local: str, full: str, mode: str) -> bool:
    """Whether the source is already in place, so that nothing is to be done."""
    if not os.path.exists(full) or not os.path.samefile(local, full):
        return False
    # Moving one name of a file over another would delete the only real one if the target is a link to it.
    return mode != "move" or _without_links(local) == _without_links(full)


def _without_links(path: str) -> str:
    """A file's own name in its real directory."""
    directory, name = os.path.split(path)
    return os.path.join(os.path.realpath(directory), name)


def _copy(source: str, local: str | None, storage: Storage, path: str, stage: Stage, overwrite: bool) -> StoredFile:
    if local is not None:
        return stage.write(path, Path(local), overwrite=overwrite, storage=storage)
    other, inner = locate(source, storage)
    with other.open(inner) as stream:
        return stage.write(path, stream, overwrite=overwrite, storage=storage)


def _copy_for_move(
    source: str, local: str | None, storage: Storage, path: str, stage: Stage, overwrite: bool
) -> StoredFile | None:
    """A hard link where it can be: together with the later deletion of the source it is a rename."""
    if isinstance(storage, LocalStorage) and local is not None:
        try:
            _link(os.path.realpath(local), storage, path, "hardlink", stage, overwrite)
        except (InvalidError, DeniedError):  # another file system
            return _copy(source, local, storage, path, stage, overwrite)
        return None
    return _copy(source, local, storage, path, stage, overwrite)


def _link(real: str, storage: LocalStorage, path: str, mode: str, stage: Stage, overwrite: bool) -> None:
    full = storage.target(path)
    exists = os.path.lexists(full)
    if exists and not overwrite:
        raise FileExistsInStoreError(f"There is already a file {full}.")
    os.makedirs(os.path.dirname(full), exist_ok=True)
    new = storage.scratch(full) if exists else full
    _make_link(real, new, mode)
    if exists:
        os.replace(new, full)
    stage.add(path, created=not exists, storage=storage)


def _make_link(real: str, new: str, mode: str) -> None:
    kinds = ("hardlink", "symlink") if mode == "link" else (mode,)
    for kind in kinds:
        try:
            _LINKS[kind](real, new)
        except FileExistsError as error:
            raise FileExistsInStoreError(f"There is already a file {new}.") from error
        except PermissionError as error:
            if kind == kinds[-1]:
                raise DeniedError(f"No permission to link {real} to {new}.") from error
        except OSError as error:
            if kind == kinds[-1]:
                raise InvalidError(
                    f"{real} cannot be linked to {new}: {error.strerror}.", hint="Use 'symlink', 'copy' or 'direct'."
                ) from error
        else:
            return


def _remove_source(source: str, local: str | None, beside: Storage) -> None:
    if local is None:
        storage, inner = locate(source, beside)
        storage.remove([inner])
        return
    try:
        os.unlink(local)
    except OSError as error:
        raise UnavailableError(
            f"{local} was moved into the datastore but cannot be deleted: {error.strerror}"
        ) from error
