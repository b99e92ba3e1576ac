"""Thousands of raws in a second, and files that are wrong in every way that file systems and observatories know."""

from __future__ import annotations

import ctypes
import gzip
import os
import random
import select
import struct
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path

from support.raws import IMSIM, Value, header_of

_PATIENCE_S = 60.0
_IN_OPEN, _IN_ISDIR = 0x20, 0x40000000  # linux/inotify.h
DETECTORS = 189
FIRST_EXPOSURE = 501

DataId = tuple[int, int]
"""Exposure and detector."""


def data_ids(n: int) -> list[DataId]:
    """So many, full exposures first."""
    return [(FIRST_EXPOSURE + i // DETECTORS, i % DETECTORS) for i in range(n)]


def write_many(folder: Path, ids: Iterable[DataId], padding: int = 0) -> dict[DataId, Path]:
    """A raw per data ID, its header followed by so many bytes of nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    chips = [(IMSIM.detector(d).full_name, _cards_of_chip(d)) for d in range(DETECTORS)]
    tail = bytes(padding)
    written: dict[DataId, Path] = {}
    halves: dict[int, tuple[bytes, bytes]] = {}
    for exposure, detector in ids:
        if exposure not in halves:
            before, _, after = header_of(exposure, 0).partition(chips[0][1])
            halves[exposure] = before, after
        name, chip = chips[detector]
        path = written[exposure, detector] = folder / f"lsst_a_{exposure}_{name}_i.fits"
        path.write_bytes(b"".join((halves[exposure][0], chip, halves[exposure][1], tail)))
    return written


def _cards_of_chip(detector: int) -> bytes:
    """The cards that differ between the detectors of an exposure; `cards` has them side by side."""
    header = header_of(FIRST_EXPOSURE, detector)
    begin = header.index(b"RAFTNAME")
    return header[begin : begin + 3 * 80]


# ------------------------------------------------------------------ bad files
def _raw(**changes: Value | None) -> Callable[[Path], object]:
    """Makes a raw of an exposure of its own, with changes to its header."""
    return lambda path: path.write_bytes(header_of(_number(path), 7, **changes))


def _number(path: Path) -> int:
    return 700 + zlib.crc32(path.name.encode()) % 100_000


def _noise(path: Path, size: int = 9000) -> bytes:
    return random.Random(path.name).randbytes(size)


def _unreadable(path: Path) -> None:
    path.write_bytes(header_of(_number(path), 7))
    path.chmod(0)


_WAYS: dict[str, tuple[int, Callable[[Path], object], str]] = {
    "empty": (4, Path.touch, "empty file"),
    "cut": (4, lambda path: path.write_bytes(header_of(900, 7)[:1000]), "truncated"),
    "noise": (3, lambda path: path.write_bytes(_noise(path)), "not FITS"),
    "text": (2, lambda path: path.write_text("Dear observer,\n"), "not FITS"),
    "zeros": (2, lambda path: path.write_bytes(bytes(5760)), "not FITS"),
    "foreign": (3, _raw(TESTTYPE="LAB", RAFTNAME=None, SENSNAME=None), "no known instrument"),
    "undated": (2, _raw(**{"MJD-OBS": None}), "datetime_begin"),
    "unnumbered": (2, _raw(OBSID=None), "exposure_id"),
    "misnumbered": (2, _raw(OBSID="E-17"), "exposure_id"),
    "filter": (2, _raw(FILTER="q"), "has no physical filter"),
    "raft": (2, _raw(RAFTNAME="R99"), "detector"),
    "unreadable": (2, _unreadable, "Permission denied"),
    "link": (2, lambda path: path.symlink_to("nowhere.fits"), "No such file"),
    "loop": (1, lambda path: path.symlink_to(path), "symbolic links"),
    "gzip": (1, lambda path: path.write_bytes(b"\x1f\x8b" + bytes(500)), "gzip"),
    "half": (1, lambda path: path.write_bytes(gzip.compress(header_of(901, 7) + _noise(path))[:300]), "truncated"),
    "fifo": (1, os.mkfifo, "not a regular file"),
    "units": (1, _raw(EXPTIME="30 s"), "datetime_end"),
}
"""Ways to be bad: how many files, what makes one, and a part of the reason that has to be given."""


def spoil(folder: Path) -> dict[Path, str]:
    """37 bad files; path to a part of the reason that has to be given.  Permission bits must bind the reader."""
    bad: dict[Path, str] = {}
    for way, (times, make, reason) in _WAYS.items():
        for i in range(times):
            path = folder / f"bad_{way}_{i}.fits{'.gz' if way in ('gzip', 'half') else ''}"
            make(path)
            bad[path] = reason
    (folder / "folder.fits").mkdir()  # no file, and no fault
    return bad


def double(folder: Path, files: Iterable[Path]) -> list[Path]:
    """Copies of raws in another folder; every second one differs from its original."""
    folder.mkdir()
    made = []
    for i, file in enumerate(files):
        content = file.read_bytes()
        copy = folder / f"again_{file.name}"
        copy.write_bytes(
            content if i % 2 else content.replace(b"DARKTIME=                 30.0", b"DARKTIME=                 30.5")
        )
        assert (copy.read_bytes() == content) == bool(i % 2)
        made.append(copy)
    return made


# -------------------------------------------------------------------- watching
def opened_in(folder: Path) -> Callable[[], None]:
    """A function that returns when some process has opened a file of a folder since now (Linux: inotify)."""
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = libc.inotify_init1(os.O_CLOEXEC)
    if descriptor < 0 or libc.inotify_add_watch(descriptor, os.fsencode(folder), _IN_OPEN) < 0:
        raise OSError(ctypes.get_errno(), "inotify")

    def wait() -> None:
        with os.fdopen(descriptor, "rb", buffering=0) as events:
            while select.select([events], [], [], _PATIENCE_S)[0]:
                buffer = events.read(65536)
                while buffer:
                    _, mask, _, length = struct.unpack_from("iIII", buffer)
                    if not mask & _IN_ISDIR:
                        return
                    buffer = buffer[16 + length :]
        raise TimeoutError(f"Nobody opened a file of {folder}.")

    return wait
