"""Examines where the files of a repository are: reachable, writeable, with room, tidy.  Knows no database."""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from skybutler.butler.config import RepositoryConfig
from skybutler.errors import ButlerError
from skybutler.storage.local import SCRATCH_PREFIX
from skybutler.storage.places import is_absolute

from .finding import Finding
from .machine import NETWORK_FILE_SYSTEMS, file_system_of, free_space
from .settings import failure

if TYPE_CHECKING:
    from skybutler.storage import Storage

__all__ = ["examine_store"]

_MOST_ENTRIES, _MOST_SECONDS = 500_000, 10.0
"""Where a search for half-written files ends."""
_PROBE = "skybutler-doctor-probe.txt"


def examine_store(config: RepositoryConfig, place: str, paths: Sequence[str], *, write: bool) -> Iterator[Finding]:
    """Everything about the datastore.

    Parameters
    ----------
    config : `RepositoryConfig`
        Which datastore.
    place : `str`
        The repository, as commands name it.
    paths : sequence of `str`
        Recorded paths of some files, which should be there.
    write : `bool`
        Also write a small file and remove it again.
    """
    try:
        storage: Storage = config.open_datastore().storage
        yield from _reached(storage, paths, place)
        if write:
            yield _written(storage)
    except (ButlerError, OSError) as error:
        yield failure("datastore", error, "Datasets can neither be read nor written.")
        return
    root = storage.local_root
    if root is not None and os.path.isdir(root):
        yield free_space("disk of datastore", root)
        yield from _folder(root)
        yield _half_written(root, place)


def _reached(storage: Storage, paths: Sequence[str], place: str) -> Iterator[Finding]:
    began = time.monotonic()
    root = storage.local_root
    if root is not None and not os.path.isdir(root):
        says, means = f"{root} is not there", "Perhaps its disk is not mounted."
        yield Finding("datastore", "error", says, means, f"ls -ld {shlex.quote(root)}")
        return
    if root is None:
        next(iter(storage.files()), None)
    seconds = time.monotonic() - began
    yield Finding("datastore", "ok", f"{storage.root} answers" + ("" if root else f" in {1000 * seconds:.0f} ms"))
    own = [path for path in paths if not is_absolute(path) and "#" not in path]
    gone = [path for path in own if not storage.exists(path)]
    if gone:
        says = f"{len(gone)} of {len(own)} files that were looked for are not there, such as {gone[0]}"
        means = "Datasets are recorded whose files are gone."
        yield Finding("datastore", "error", says, means, f"butler verify {shlex.quote(place)}")
    elif own:
        yield Finding("datastore", "ok", f"{len(own)} files that were looked for are there")


def _written(storage: Storage) -> Finding:
    began = time.time()
    try:
        storage.write(_PROBE, b"written by 'butler doctor --write', which removes it again\n", overwrite=True)
        storage.remove([_PROBE])
    except (ButlerError, OSError) as error:
        return failure("datastore write", error, "Nothing can be put or ingested by copy.")
    return Finding("datastore write", "ok", f"a small file takes {1000 * (time.time() - began):.0f} ms")


def _folder(root: str) -> Iterator[Finding]:
    kind = file_system_of(root)
    where = f"a network file system ({kind})" if kind in NETWORK_FILE_SYSTEMS else kind or "an unknown file system"
    rights = "you may write" if os.access(root, os.W_OK | os.X_OK) else "you may only read"
    mode = os.stat(root).st_mode & 0o7777
    yield Finding("permissions", "ok", f"{root}: {rights} (mode {mode:04o}), on {where}")
    if mode & 0o002 and not mode & 0o1000:
        yield Finding(
            "permissions", "warning", f"{root} can be changed by everybody", "Anybody may delete files.",
            f"chmod o-w {shlex.quote(root)}",
        )  # fmt: skip


def _half_written(root: str, place: str) -> Finding:
    """Files that a process that died has left; the search ends after a time."""
    found, seen, deadline = 0, 0, time.monotonic() + _MOST_SECONDS
    for _, _, names in os.walk(root):
        found += sum(name.startswith(SCRATCH_PREFIX) for name in names)
        seen += len(names)
        if seen > _MOST_ENTRIES or time.monotonic() > deadline:
            break
    else:
        seen = -1
    scope = f" among the first {seen:,} files" if seen >= 0 else ""
    if not found:
        return Finding("half-written files", "ok", f"none{scope}")
    return Finding(
        "half-written files", "warning", f"{found:,} files named {SCRATCH_PREFIX}*{scope}",
        "Processes are writing them now, or were killed while they did; they take up space only.",
        f"butler verify {shlex.quote(place)} --repair --apply",
    )  # fmt: skip
