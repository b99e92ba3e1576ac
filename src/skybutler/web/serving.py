"""Processes that serve: one, or several that share settings, secret and jobs.  Knows no route."""

from __future__ import annotations

import dataclasses
import gc
import json
import os
import signal
import sys
import threading
from base64 import b64decode, b64encode
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skybutler.parent_process import follow_parent

from .app import create_app
from .scratch import hold, scratch_folder
from .settings import ServerSettings

if TYPE_CHECKING:
    from starlette.applications import Starlette

__all__ = ["app_from_environment", "serve"]

_PATHS = ("work_folder", "token_file")
_LOOP = "skybutler.web.sharing:SharingLoop"
_VARIABLE = "SKYBUTLER_SERVER"
"""Environment variable with the file in which worker processes find their settings."""
_OBJECTS = 20_000
"""Rows of a long answer are many objects that are in no cycle; to look through them for garbage after each 700, as is
usual, takes a tenth of the time of a download."""


def serve(
    settings: ServerSettings,
    host: str,
    port: int,
    *,
    workers: int = 1,
    patience: int = 10,
    proxies: Sequence[str] = (),
    application: str = f"{__name__}:app_from_environment",
) -> None:
    """Serve until the process is told to stop; requests under way may end.

    Parameters
    ----------
    settings : `ServerSettings`
    host : `str`
        Address to listen at.
    port : `int`
    workers : `int`
        Processes.
    patience : `int`
        Seconds that requests have to end in once the server is told to stop.
    proxies : sequence of `str`
        Addresses or networks whose headers ``X-Forwarded-For`` and ``X-Forwarded-Proto`` are believed.
    application : `str`
        Module and name of what gives worker processes their application; it calls `app_from_environment`.
    """
    import uvicorn

    options: dict[str, Any] = {
        "host": host, "port": port, "log_config": None, "access_log": False, "server_header": False,
        "timeout_graceful_shutdown": patience, "proxy_headers": bool(proxies),
        "forwarded_allow_ips": list(proxies),
    }  # fmt: skip
    with scratch_folder() as folder:
        if settings.work_folder is None:
            settings = dataclasses.replace(settings, work_folder=folder / "work")
        if workers == 1:
            _end_on_signals()
            _get_ready()
            uvicorn.run(create_app(settings), **options)
            return
        os.environ[_VARIABLE] = str(_keep(settings, folder))
        uvicorn.run(application, factory=True, workers=workers, loop=_LOOP, **options)


def _end_on_signals() -> None:
    """Let this process end as others do when it is told to: uvicorn, once it has ended, gives signals on to us."""
    if threading.current_thread() is not threading.main_thread():
        return
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    if signal.getsignal(signal.SIGHUP) == signal.SIG_DFL:  # the terminal is gone, and `nohup` has not said otherwise
        signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))


def _get_ready() -> None:
    """Load what the first question would have to wait for, and look for garbage after more objects than usual."""
    gc.set_threshold(_OBJECTS, *gc.get_threshold()[1:])
    threading.Thread(target=_load, name="loading").start()  # no daemon: a process must not end within an import


def _load() -> None:
    import pyarrow as pa

    import skybutler.vo.long_answers
    import skybutler.vo.votable  # noqa: F401

    pa.array([0])  # Arrow loads pandas with the first one, if it is installed


def _keep(settings: ServerSettings, folder: Path) -> Path:
    """Write the settings, secret included, where only we can read them."""
    content = {f.name: getattr(settings, f.name) for f in dataclasses.fields(settings)}
    content["secret"] = b64encode(settings.secret).decode()
    for name in _PATHS:
        content[name] = content[name] and str(content[name])
    content["repositories"] = dict(settings.repositories)
    content = {name: sorted(value) if isinstance(value, frozenset) else value for name, value in content.items()}
    file = folder / "settings.json"
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        json.dump(content, stream)
    return file


def app_from_environment() -> Starlette:
    """The application of a worker process, which ends when the process that started it is gone."""
    file = Path(os.environ[_VARIABLE])
    hold(file.parent)
    if follow_parent(lambda: os.kill(os.getpid(), signal.SIGTERM)):  # in good order
        _get_ready()
    content: dict[str, Any] = json.loads(file.read_text())
    content["secret"] = b64decode(content["secret"])
    for name in _PATHS:
        content[name] = content[name] and Path(content[name])
    for f in dataclasses.fields(ServerSettings):
        if "frozenset" in str(f.type):  # JSON has no sets
            content[f.name] = frozenset(content[f.name])
    return create_app(ServerSettings(**content))
