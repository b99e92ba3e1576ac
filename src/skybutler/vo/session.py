"""HTTP sessions that send a token to one server and to nobody else.  Knows no service.

Importing this loads ``requests``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase

from skybutler.errors import ButlerError, DeniedError, InvalidError, UnauthorizedError, UnavailableError
from skybutler.version import __version__

__all__ = ["ServerSession"]

_CONNECT_S = 10.0
_REFUSALS: Mapping[int, type[ButlerError]] = {401: UnauthorizedError, 403: DeniedError}
_CUTOUT = re.compile(r"/api/(?:cutout|image/soda)/sync(?:\?|\Z)")
_PORTS = {"http": 80, "https": 443}


class ServerSession(requests.Session):
    """A session for all services of a server, which says so when the server refuses.

    Parameters
    ----------
    root_url : `str`
        Where the server is; what begins with it gets the token, also after redirects.
    token : `str`
        Nothing is sent if empty.
    """

    def __init__(self, root_url: str, token: str = "") -> None:
        super().__init__()
        self.root_url = root_url.rstrip("/")
        self._begin = _place(self.root_url)
        self.has_token = bool(token)
        self.headers["User-Agent"] = f"skybutler/{__version__} {self.headers['User-Agent']}"
        self.auth = _TokenAuth(self, token)
        self.hooks["response"].append(self._explain)

    def is_ours(self, url: str) -> bool:
        """Whether an address is one of the server: same protocol, host and port, and below its path."""
        try:
            origin, path = _place(url)
        except ValueError:
            return False
        own, root = self._begin
        return origin == own and (path == root or path.startswith(f"{root}/"))

    def should_strip_auth(self, old_url: str, new_url: str) -> bool:
        """Whether the token must not follow a redirect."""
        return not self.is_ours(new_url)

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send a request; a server that cannot be reached is not waited for without end."""
        kwargs["timeout"] = kwargs.get("timeout") or (_CONNECT_S, None)
        return super().send(request, **kwargs)

    def _explain(self, response: requests.Response, **_: Any) -> None:
        """Raise an error that says what to do, where a library would say a number, or nothing at all."""
        status = response.status_code
        if status < 400 or not self.is_ours(response.url):
            return
        if status == 401 and not self.has_token:
            raise UnauthorizedError(
                f"{self.root_url} wants a token.",
                hint="Set ACCESS_TOKEN, or ACCESS_TOKEN_FILE to a file with it; see: butler token create",
            )
        kind = _REFUSALS.get(status)
        if kind is None and _CUTOUT.search(response.url):  # pyvo takes what is said for a file
            kind = InvalidError if status < 500 else UnavailableError
        if kind is not None:
            raise kind(f"{self.root_url} refuses: {response.text.strip()[:500] or response.reason}")


class _TokenAuth(AuthBase):
    """Puts the token on requests to the server."""

    def __init__(self, session: ServerSession, token: str) -> None:
        self._session, self._token = session, token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token and self._session.is_ours(request.url or ""):
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def _place(url: str) -> tuple[tuple[str, str, int | None], str]:
    """Origin and path of an address; dots in the path are not followed."""
    parts = urlsplit(url)
    if "\\" in url or ".." in parts.path.split("/") or "%2e" in parts.path.lower():
        raise ValueError(url)
    scheme = parts.scheme.lower()
    return (scheme, (parts.hostname or "").lower(), parts.port or _PORTS.get(scheme)), parts.path.rstrip("/")
