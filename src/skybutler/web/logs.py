"""One line for each request, with an id that the client is told too.  Knows no service."""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import MutableMapping
from typing import Any
from urllib.parse import quote

from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["RequestLog"]

_log = logging.getLogger(__name__)
_ID = re.compile(rb"[\w.-]{1,64}", re.ASCII)
_HEADER = b"x-request-id"
_LONGEST = 300
_SIGNATURE = re.compile(r"(/api/(?:files|preview)/[^/.]+\.[^/.]+\.)[^/.]+")


class RequestLog:
    """ASGI middleware that gives requests an id and logs how they ended.

    Parameters
    ----------
    app : ASGI application
        What answers.

    Notes
    -----
    A proxy that has given an id keeps it.  Queries, tokens and signatures are not logged, for they may be private.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = next((value for name, value in scope["headers"] if name == _HEADER and _ID.fullmatch(value)), None)
        request_id = given or secrets.token_hex(8).encode()
        begun = time.perf_counter()
        told: MutableMapping[str, Any] = {"status": 0, "bytes": 0}

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                told["status"] = message["status"]
                message["headers"] = [*message.get("headers", ()), (_HEADER, request_id)]
            elif message["type"] == "http.response.body":
                told["bytes"] += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, sent)
        finally:
            self._tell(scope, request_id.decode(), told, time.perf_counter() - begun)

    @staticmethod
    def _tell(scope: Scope, request_id: str, told: MutableMapping[str, Any], seconds: float) -> None:
        client = scope.get("client") or ("-", 0)
        user = getattr(scope.get("user"), "username", "") or "-"
        details = {
            "request": request_id,
            "client": client[0],
            "user": user,
            "method": scope["method"],
            "path": _shown(scope["path"]),
            "status": told["status"] or 499,  # the client went away, as other servers number it
            "bytes": told["bytes"],
            "milliseconds": round(1e3 * seconds, 1),
        }
        level = logging.WARNING if details["status"] >= 500 else logging.INFO
        _log.log(level, "%(method)s %(path)s %(status)s %(milliseconds)s ms", details, extra={"details": details})


def _shown(path: str) -> str:
    """A path on one line, not too long, and without what would let readers of the log in."""
    path = _SIGNATURE.sub(r"\1...", path)
    return quote(path[:_LONGEST], safe="/:@!$&'()*+,;=~ ") + ("..." if len(path) > _LONGEST else "")
