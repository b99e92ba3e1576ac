"""Examines the machine: versions, optional packages, clock, permissions of new files, space, kinds of file systems.

Knows no repository.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
import time
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

from skybutler.registry.condition import sqlite_library
from skybutler.version import __version__

from .finding import Finding

__all__ = ["NETWORK_FILE_SYSTEMS", "examine_machine", "file_system_of", "free_space"]

NETWORK_FILE_SYSTEMS = frozenset(
    {
        "nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ceph", "lustre", "gpfs", "beegfs", "glusterfs",
        "fuse.glusterfs", "fuse.sshfs", "fuse.s3fs", "fuse.rclone", "9p", "pvfs2", "orangefs", "panfs",
    }
)  # fmt: skip

_NEEDED = ("numpy", "astropy", "pyarrow", "lsst-sphgeom", "hpgeom")
_EXTRAS = {
    "psycopg": ("postgres", "PostgreSQL registries"), "obstore": ("s3", "object stores"),
    "starlink-pyast": ("images", "images with afw coordinates"), "pandas": ("tables", "tables as pandas"),
    "matplotlib": ("display", "pictures"), "piff": ("piff", "PSFs of Piff"),
    "distributed": ("dask", "ingest on a Dask cluster"),
}  # fmt: skip
_OLDEST_SQLITE = (3, 35, 0)
_EARLIEST = 1_735_689_600
"""1 January 2025, in seconds since 1970: no clock that is right shows less."""
_LITTLE, _FEW = 100_000_000, 2_000_000_000
"""Bytes of free space that are too little, and that soon will be."""


def examine_machine() -> Iterator[Finding]:
    """Everything about this process and machine that a repository needs."""
    yield Finding("python", "ok", f"{platform.python_version()} in {sys.prefix}")
    packages = ", ".join(f"{name} {_version(name)}" for name in _NEEDED)
    yield Finding("skybutler", "ok", f"{__version__} with {packages}")
    found = sqlite_library()
    if tuple(map(int, found.split("."))) < _OLDEST_SQLITE:
        oldest = ".".join(map(str, _OLDEST_SQLITE))
        yield Finding("sqlite", "error", found, f"skybutler needs SQLite {oldest}.", "Use a newer Python.")
    else:
        yield Finding("sqlite", "ok", found)
    yield from _extras()
    yield from _clock()
    yield _mask()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "(missing)"


def _extras() -> Iterator[Finding]:
    there = {name: text for name in _EXTRAS if (text := _version(name)) != "(missing)"}
    missing = {name: _EXTRAS[name] for name in _EXTRAS if name not in there}
    yield Finding("extras", "ok", ", ".join(f"{n} {v}" for n, v in there.items()) or "none")
    if missing:
        lacking = ", ".join(f"{name} ({use})" for name, (_, use) in missing.items())
        extras = ",".join(sorted({extra for extra, _ in missing.values()}))
        yield Finding("extras", "ok", f"not installed: {lacking}", fix=f"pip install 'skybutler[{extras}]'")


def _clock() -> Iterator[Finding]:
    now = time.time()
    text = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(now))
    if now < _EARLIEST:
        yield Finding("clock", "error", text, "The clock is wrong: what is recorded now would seem old.", "Set it.")
    else:
        yield Finding("clock", "ok", text)


def _mask() -> Finding:
    mask = os.umask(0o077)
    os.umask(mask)
    if not mask & 0o002:
        return Finding(
            "umask", "warning", f"{mask:03o}", "Everybody on this machine may change the files you make.", "umask 002"
        )
    shared = "you" if mask & 0o020 else "you and your group"
    readers = "nobody else" if mask & 0o004 else "everybody"
    return Finding("umask", "ok", f"{mask:03o}: new files are written by {shared} and read by {readers}")


# ----------------------------------------------------------------- the disk
def file_system_of(path: str) -> str:
    """Kind of the file system that holds a path, as Linux names it; empty where it does not tell."""
    try:
        with open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as stream:
            lines = stream.read().splitlines()
    except OSError:
        return ""
    real, best, kind = os.path.realpath(path), "", ""
    for line in lines:
        head, dash, tail = line.partition(" - ")
        words = head.split()
        if not dash or len(words) < 5:
            continue
        point = words[4].replace("\\040", " ")
        inside = real == point or real.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):  # of two on one point the later one is seen
            best, kind = point, tail.split()[0]
    return kind


def free_space(check: str, path: str) -> Finding:
    """Free space of the disk that holds a path."""
    usage = shutil.disk_usage(path)
    share = usage.free / usage.total if usage.total else 1.0
    says = f"{usage.free / 1e9:,.1f} GB free ({100 * share:.0f}%) at {path}"
    if usage.free < _LITTLE:
        return Finding(check, "error", says, "Writing will fail.", "Free space, or move files to another disk.")
    if usage.free < _FEW:
        return Finding(check, "warning", says, "Large ingests may fail.", "Free space.")
    return Finding(check, "ok", says)
