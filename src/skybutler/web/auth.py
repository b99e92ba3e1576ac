"""Who asks, and whether they may: tokens in front of all services.  Knows no service but its name.

A token comes as ``Authorization: Bearer TOKEN``, or as user or password of Basic, which clients can that know nothing
else (RFC 6750, RFC 7617; IVOA SSO 2.0).
"""

from __future__ import annotations

import base64
import binascii
import logging
import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response

from skybutler.errors import ButlerError, DeniedError, OverloadedError, UnauthorizedError
from skybutler.vo.tokens import SCOPES, TokenStore

from .guesses import Guesses
from .problems import headers_of, status_of

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from .settings import ServerSettings

__all__ = ["Authentication", "User", "anonymous_by_default", "is_loopback", "security_methods"]

_SCOPES = {
    "tap": "read:tap",
    "scs": "read:tap",
    "sia": "read:image",
    "datalink": "read:image",
    "cutout": "read:image",
    "image": "read:image",
}
"""What a service asks for; others than these want a token of any scope."""
_SERVICE = re.compile(r"(?:/repo/[^/]+)?/api/([^/]+)(?:/|\Z)")
_OPEN = re.compile(
    r"(?:/repo/[^/]+)?/api/(?:(?:tap|datalink|cutout|sia(?:/[^/]+)?|scs/[^/]+)/(?:capabilities|availability)|files/.+|preview/.+)"
    r"|/(?:health|ready)(?:/.*)?"
)
"""What anybody may see: what a service is, what a signed address opens, whether the server is well."""
_LOG = logging.getLogger(__name__)
_REALM = 'realm="skybutler"'


@dataclass(frozen=True, slots=True)
class User:
    """Who asks.

    Parameters
    ----------
    username : `str` or `None`
        Owner of the token; nobody in particular without one.
    scopes : `frozenset` [`str`]
        What they may do.
    """

    username: str | None
    scopes: frozenset[str]

    @property
    def is_authenticated(self) -> bool:
        """Whether there was a token."""
        return self.username is not None


_ANYBODY = User(None, frozenset(SCOPES))


def security_methods(settings: ServerSettings) -> tuple[str, ...]:
    """Identifiers of the ways to tell who asks, for capabilities; none where nobody needs to."""
    return () if settings.anonymous else ("ivo://ivoa.net/sso#BasicAA", "ivo://ivoa.net/sso#OAuth")


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def anonymous_by_default(host: str, root_url: str | None) -> bool:
    """Whether those without a token may read unless it is said: if no other machine reaches the server.

    A server with a root URL is behind a proxy, so that all of the world seems to be this machine.
    """
    return is_loopback(host) and root_url is None


class Authentication:
    """The layer in front of all services, which tells them who asks as ``user`` of the scope.

    Parameters
    ----------
    app : ASGI application
    settings : `ServerSettings`
        Where tokens are, and whether one is needed.
    """

    def __init__(self, app: ASGIApp, settings: ServerSettings) -> None:
        self._app, self._anonymous = app, settings.anonymous
        self._tokens = TokenStore(settings.token_file) if settings.token_file is not None else None
        self._guesses = Guesses(settings.wrong_tokens)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            user = self._user(scope)
        except ButlerError as error:
            await _refusal(error)(scope, receive, send)
            return
        wanted = _scope_wanted(scope)
        if wanted is not None and wanted not in user.scopes:
            await _lacking(wanted)(scope, receive, send)
            return
        scope["user"] = user
        await self._app(scope, receive, send)

    def _user(self, scope: Scope) -> User:
        if _is_open(_path(scope)):
            return _ANYBODY
        given = Headers(scope=scope).getlist("authorization")
        if given:
            return self._recognized(given, (scope.get("client") or ("",))[0])
        if not self._anonymous:
            raise UnauthorizedError(
                "This server wants a token.", hint="Send it as 'Authorization: Bearer TOKEN', or as a password."
            )
        return _ANYBODY

    def _recognized(self, given: list[str], address: str) -> User:
        if self._tokens is None:
            raise UnauthorizedError("This server knows no tokens.", hint="Ask without one.")
        if len(given) > 1:
            raise UnauthorizedError("There are two tokens; one is expected.")
        error = UnauthorizedError("The header 'Authorization' holds no token.", hint="Such as: Bearer TOKEN")
        for text in _tokens_of(given[0]):
            if seconds := self._guesses.wait(address, text):
                raise OverloadedError(
                    "Too many wrong tokens came from this address.", hint=f"Try again in {seconds} s.", seconds=seconds
                )
            try:
                token = self._tokens.recognize(text)
            except UnauthorizedError as wrong:
                error = wrong
                if self._guesses.wrong(address, text):
                    _LOG.warning("%s has sent too many wrong tokens.", address)
            else:
                self._guesses.right(address, text)
                return User(token.owner, frozenset(token.scopes))
        raise error


def _path(scope: Scope) -> str:
    """Path of a request behind the place where the application is mounted."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))


def _is_open(path: str) -> bool:
    return bool(_OPEN.fullmatch(path))


def _scope_wanted(scope: Scope) -> str | None:
    service = _SERVICE.match(_path(scope))
    return _SCOPES.get(service[1]) if service else None


def _refusal(error: ButlerError) -> Response:
    """An answer that says how to come in (RFC 6750, section 3)."""
    if isinstance(error, OverloadedError):
        return PlainTextResponse(str(error), status_of(error), headers_of(error))
    if not isinstance(error, UnauthorizedError):  # whose file it is must not be told
        _LOG.error("Tokens cannot be read: %s", error)
        return PlainTextResponse("Tokens cannot be looked up just now.", 503)
    response = PlainTextResponse(str(error), status_of(error))
    response.headers["WWW-Authenticate"] = f"Bearer {_REALM}"
    response.headers.append("WWW-Authenticate", f'Basic {_REALM}, charset="UTF-8"')
    return response


def _lacking(scope: str) -> Response:
    error = DeniedError(
        f"The token does not allow to {SCOPES[scope]}: it lacks {scope}.",
        hint=f"A new one comes from: butler token create OWNER --scope {scope}",
    )
    challenge = f'Bearer {_REALM}, error="insufficient_scope", scope="{scope}"'
    return PlainTextResponse(str(error), status_of(error), {"WWW-Authenticate": challenge})


def _tokens_of(header: str) -> list[str]:
    """What may be a token in a header."""
    scheme, _, rest = header.partition(" ")
    rest = rest.strip()
    if scheme.lower() == "bearer":
        return [rest] if rest else []
    if scheme.lower() != "basic":
        return []
    try:
        pair = base64.b64decode(rest, validate=True).decode()
    except (binascii.Error, ValueError):
        return []
    user, _, password = pair.partition(":")
    return [text for text in (password, user) if "." in text]
