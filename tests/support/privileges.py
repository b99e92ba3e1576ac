"""Running a function as if by an ordinary user, and file systems of a few megabytes: what tests of read-only places and
full disks need."""

from __future__ import annotations

import ctypes
import os
import pickle
import subprocess
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

_CAPABILITY_VERSION_3 = 0x20080522  # linux/capability.h
_PR_CAPBSET_DROP = 24  # linux/prctl.h


def _drop_capabilities() -> None:
    """Root becomes a user whom permission bits bind; it still owns its files and reaches its folders."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.capset(header, nothing) != 0:
        raise OSError(ctypes.get_errno(), "capset")


def _report(function: Callable[..., Any], arguments: tuple[Any, ...], write_end: int) -> NoReturn:
    try:
        if os.geteuid() == 0:
            _drop_capabilities()
        answer = (True, function(*arguments))
    except BaseException as error:  # noqa: BLE001 - whatever it is, the parent raises it
        error.add_note("In the unprivileged process:\n" + traceback.format_exc())
        answer = (False, error)
    with os.fdopen(write_end, "wb") as pipe:
        pipe.write(pickle.dumps(answer))
    os._exit(0)


def run_unprivileged(function: Callable[..., Any], *arguments: Any) -> Any:
    """Result of ``function(*arguments)`` in a forked process that permission bits bind, even if the tests run as root.

    What it raises is raised here.  Changes it makes to objects stay in the other process; changes to files do not.
    """
    read_end, write_end = os.pipe()
    with warnings.catch_warnings():
        # Python 3.12 warns of forking beside threads; the child only runs `function` and leaves by _exit
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        os.close(read_end)
        _report(function, arguments, write_end)
    os.close(write_end)
    with os.fdopen(read_end, "rb") as pipe:
        data = pipe.read()
    os.waitpid(child, 0)
    if not data:
        raise RuntimeError("The unprivileged process died without an answer.")
    worked, answer = pickle.loads(data)
    if not worked:
        raise answer
    return answer


@contextmanager
def mounted_tmpfs(folder: Path, size: int) -> Iterator[Path]:
    """A new file system of ``size`` bytes mounted on ``folder``; needs root."""
    folder.mkdir(parents=True, exist_ok=True)
    options = f"size={size},mode=0755"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=True, capture_output=True, text=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True, capture_output=True, text=True)


def bind_by_permissions() -> None:
    """For ``preexec_fn``: the program started next is bound by permission bits, even if the tests run as root."""
    if os.geteuid() != 0:
        return
    libc = ctypes.CDLL(None, use_errno=True)
    for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH: a root program gets what the bounding set allows
        if libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl")
