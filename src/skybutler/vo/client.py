"""Services of a server for notebooks: pyvo on sessions that send the token.  Knows no server's inside.

``EXTERNAL_INSTANCE_URL`` says where the server is, ``ACCESS_TOKEN`` or a file holds the token.  pyvo and requests
(the extra ``skybutler[notebook]``) are loaded when a service is first asked for.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from skybutler.errors import ConfigError, MissingExtraError, MissingFileError, UnavailableError

if TYPE_CHECKING:
    from .session import ServerSession

__all__ = [
    "get_access_token",
    "get_datalink_result",
    "get_session",
    "get_siav2_service",
    "get_tap_service",
    "retrieve_query",
]

URL, TOKEN, TOKEN_FILE = "EXTERNAL_INSTANCE_URL", "ACCESS_TOKEN", "ACCESS_TOKEN_FILE"


def get_access_token(tokenfile: str | Path | None = None) -> str:
    """The token to send.

    Parameters
    ----------
    tokenfile : path, optional
        Read it there.  Else it is ``ACCESS_TOKEN``, or in the file that ``ACCESS_TOKEN_FILE`` names, or in
        ``~/.config/skybutler/token``.

    Returns
    -------
    token : `str`
        Empty if there is none.

    Raises
    ------
    MissingFileError
        A file that was named cannot be read.
    ConfigError
        What was found cannot be a token.
    """
    if tokenfile is None and (token := os.environ.get(TOKEN, "").strip()):
        return _checked(token, TOKEN)
    if named := tokenfile or os.environ.get(TOKEN_FILE):
        try:
            return _checked(Path(named).read_text(encoding="utf-8").strip(), str(named))
        except (OSError, UnicodeDecodeError) as error:
            raise MissingFileError(f"The token cannot be read from {named}: {error}.") from error
    usual = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "skybutler" / "token"
    return _checked(usual.read_text(encoding="utf-8").strip(), str(usual)) if usual.is_file() else ""


def get_session(url: str | None = None, token: str | None = None) -> ServerSession:
    """A session that sends the token to all services of a server, and to no other one.

    Parameters
    ----------
    url : `str`, optional
        Where the server is; ``EXTERNAL_INSTANCE_URL`` if not given.
    token : `str`, optional
        What `get_access_token` finds if not given.

    Raises
    ------
    ConfigError
        It is not said where the server is.
    MissingExtraError
        pyvo or requests is not installed.
    """
    _pyvo()
    from .session import ServerSession

    return ServerSession(_root(url), get_access_token() if token is None else _checked(token, "token"))


def get_tap_service(label: str | None = None, *, url: str | None = None, token: str | None = None) -> Any:
    """The TAP service of a server.

    Parameters
    ----------
    label : `str`, optional
        Repository; the first one of the server if not given.
    url, token : `str`, optional
        See `get_session`.

    Returns
    -------
    service : `pyvo.dal.TAPService`
        Its session goes to the other services of the server too.

    Raises
    ------
    UnavailableError
        The server cannot be reached, or has no such service.
    ConfigError, MissingExtraError
        See `get_session`.
    """
    session = get_session(url, token)
    address = f"{session.root_url}{f'/repo/{quote(label)}' if label else ''}/api/tap"
    _reach(session, f"{address}/capabilities")
    from .tap_client import TapService

    return TapService(address, session=session)


def get_siav2_service(label: str | None = None, *, url: str | None = None, token: str | None = None) -> Any:
    """The image search of a server.

    Parameters
    ----------
    label : `str`, optional
        Repository; the first one of the server if not given.
    url, token : `str`, optional
        See `get_session`.

    Returns
    -------
    service : `pyvo.dal.SIA2Service`

    Raises
    ------
    UnavailableError
        The server cannot be reached, or has no such service.
    ConfigError, MissingExtraError
        See `get_session`.
    """
    session = get_session(url, token)
    address = f"{session.root_url}{f'/repo/{quote(label)}' if label else ''}/api/sia"
    _reach(session, f"{address}/capabilities")
    return _pyvo().dal.SIA2Service(f"{address}/query", session=session, check_baseurl=False)


def retrieve_query(query_url: str, *, url: str | None = None, token: str | None = None) -> Any:
    """A query that was sent off before.

    Parameters
    ----------
    query_url : `str`
        Address of the job.
    url, token : `str`, optional
        See `get_session`.

    Returns
    -------
    job : `pyvo.dal.AsyncTAPJob`
        ``fetch_result()`` gives its result.
    """
    session = get_session(url, token)
    _reach(session, query_url)
    return _pyvo().dal.AsyncTAPJob(query_url, session=session)


def get_datalink_result(row: Any, *, session: ServerSession | None = None) -> Any:
    """The links of a row of ObsCore.

    Parameters
    ----------
    row : `pyvo.dal.Record` or `str`
        A row of results, or the address of links.
    session : session, optional
        That of the row if not given, else a new one (see `get_session`).

    Returns
    -------
    links : `pyvo.dal.adhoc.DatalinkResults`
    """
    address = row if isinstance(row, str) else row.getdataurl()
    if session is None:
        own = getattr(row, "_session", None)
        session = own if hasattr(own, "root_url") else get_session()
    return _pyvo().dal.adhoc.DatalinkResults.from_result_url(address, session=session)


def _pyvo() -> Any:
    try:
        import pyvo
    except ImportError as error:
        raise MissingExtraError(
            "Services are asked through pyvo.", hint="Install it with: pip install 'skybutler[notebook]'"
        ) from error
    return pyvo


def _root(url: str | None) -> str:
    found = (url or os.environ.get(URL) or "").strip().rstrip("/")
    if not found:
        raise ConfigError(
            f"It is not said where the server is: {URL} is not set.",
            hint=f"Such as: export {URL}=http://127.0.0.1:8000 for one that 'butler serve' has started.",
        )
    try:
        parts = urlsplit(found)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        good = good and not (parts.username or parts.query or parts.fragment)
    except ValueError:
        good = False
    if not good:
        raise ConfigError(f"'{found}' is not the address of a server.", hint="Such as https://data.example.org")
    return found


def _checked(token: str, source: str) -> str:
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise ConfigError(f"What {source} holds cannot be a token: it has blanks or other characters.")
    return token


def _reach(session: ServerSession, address: str) -> None:
    """Find out whether a server answers before a library asks it."""
    import requests

    try:
        answer = session.get(address, timeout=(10.0, 60.0))
    except requests.RequestException as error:
        session.close()
        raise UnavailableError(
            f"{address} cannot be reached: {_reason(error)}.", hint=f"Is the server up, and {URL} its address?"
        ) from error
    if not answer.ok:
        session.close()
        raise UnavailableError(
            f"{address} is not there: {answer.status_code} {answer.text.strip()[:300] or answer.reason}",
            hint=f"Is {URL} the address of a skybutler server, and the label one of its repositories?",
        )


def _reason(error: BaseException) -> str:
    """The innermost reason, without what libraries wrap around it."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__ or error
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
