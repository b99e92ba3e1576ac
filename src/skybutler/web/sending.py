"""Files of this machine over HTTP: whole, in parts, or not at all if the client has them.  Knows not their content."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from starlette.responses import FileResponse, Response

from .conditions import Validators

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

__all__ = ["file_answer"]


def file_answer(
    request: Request,
    path: Path,
    found: os.stat_result,
    media_type: str,
    headers: Mapping[str, str],
    etag: str | None = None,
) -> Response:
    """The answer to a request for a file.

    Parameters
    ----------
    request : `starlette.requests.Request`
    path, found : path, `os.stat_result`
        The file, and what is known of it.
    media_type, headers : `str`, mapping
        Of the answer.
    etag : `str`, optional
        Of its content; if not given, one is made of its size and time, as files are never changed where they are.
    """
    modified = int(min(found.st_mtime, time.time()))  # a time to come must not be told (section 8.8.2.1)
    known = Validators(etag or f'"{found.st_mtime_ns:x}-{found.st_size:x}"', modified)
    if (answer := known.unless_known(request)) is not None:
        return answer
    ranges = known.asked_ranges(request, found.st_size)
    headers = {**headers, **known.headers}
    return _Parts(path, ranges, media_type=media_type, headers=headers, stat_result=found)


class _Parts(FileResponse):
    """A file, of which these parts are sent and not those that Starlette reads from the request.

    It refuses units that it does not know, refuses all ranges if one lies beyond the end, and answers HEAD with parts.
    """

    def __init__(self, path: Path, ranges: list[tuple[int, int]] | None, **rest: object) -> None:
        super().__init__(path, **rest)  # type: ignore[arg-type]
        self._ranges = ranges

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(name, value) for name, value in scope["headers"] if name not in (b"range", b"if-range")]
        if self._ranges is not None:
            size = int(self.headers["content-length"])
            said = ",".join(f"{begin}-{end - 1}" for begin, end in self._ranges) or f"{size}-"  # that is beyond the end
            headers.append((b"range", f"bytes={said}".encode()))
        await super().__call__({**scope, "headers": headers}, receive, send)
