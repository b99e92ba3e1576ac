"""A real server in a thread, for real clients."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import uvicorn

from skybutler.web import ServerSettings, create_app

__all__ = ["serve"]


@contextmanager
def serve(repositories: Mapping[str, str], **settings: Any) -> Iterator[str]:
    """Serve repositories by label; gives the address, without a slash at the end."""
    app = create_app(ServerSettings(repositories=repositories, **settings))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", timeout_graceful_shutdown=5))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            if not thread.is_alive():
                raise RuntimeError("The server did not start.")
            time.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
