"""Tables that come with a TAP query: the parameter UPLOAD, and fetching what it names.  Knows no table's content.

TAP 1.1 (IVOA Recommendation 2019-09-27), section 2.7.5.  Whoever may ask us to fetch an address could otherwise reach
with our hands what only this machine can: addresses that are not public are fetched from hosts of the settings alone.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from typing import IO, TYPE_CHECKING, Any

from skybutler.errors import DeniedError, InvalidError, ParameterError, nearest

if TYPE_CHECKING:
    from skybutler.vo.adql import TapTable

    from .parameters import Parameters
    from .settings import ServerSettings

__all__ = ["read_uploads"]

_MOST_TABLES = 10
_FETCH_S = 30.0


def read_uploads(
    parameters: Parameters, settings: ServerSettings, files: Mapping[str, Callable[[], IO[bytes]]]
) -> list[TapTable]:
    """All tables that a request brings along.

    Parameters
    ----------
    parameters : `Parameters`
        Of the request.
    settings : `ServerSettings`
        With the limits.
    files : mapping
        Opens the file of a part of the request, by its name in lower case.

    Raises
    ------
    ParameterError
        UPLOAD is malformed, or names a part that is not there.
    InvalidError
        A table is too large, or is none.
    DeniedError
        An address is not fetched.
    """
    from skybutler.vo.uploaded_table import table_name, uploaded_table

    made: dict[str, TapTable] = {}
    read: dict[str, TapTable] = {}
    for name, uri in _named(parameters):
        if name.lower() in made:
            raise ParameterError(f"UPLOAD names two tables '{name[:40]}'.")
        if (known := read.get(_key(uri))) is not None:
            made[name.lower()] = replace(known, name=table_name(name))
            continue
        with closing(_opened(uri, settings, files)) as file:
            table = uploaded_table(name, file, most_bytes=settings.upload_bytes, most_rows=settings.upload_rows)
        made[name.lower()] = read[_key(uri)] = table
    return list(made.values())


def _key(uri: str) -> str:
    """The same for the same table."""
    return uri.lower() if uri.lower().startswith("param:") else uri


def _named(parameters: Parameters) -> list[tuple[str, str]]:
    """Names and addresses of UPLOAD."""
    found = []
    for item in (part.strip() for value in parameters.all("upload") for part in value.split(";")):
        if not item:
            continue
        name, comma, uri = item.partition(",")
        if not comma or not name.strip() or not uri.strip():
            raise ParameterError(f"UPLOAD is '{item[:60]}'.", hint="Such as UPLOAD=mine,param:table1")
        found.append((name.strip().removeprefix("TAP_UPLOAD.").removeprefix("tap_upload."), uri.strip()))
    if len(found) > _MOST_TABLES:
        raise ParameterError(f"UPLOAD names {len(found)} tables; {_MOST_TABLES} are the most.")
    return found


def _opened(uri: str, settings: ServerSettings, files: Mapping[str, Callable[[], IO[bytes]]]) -> IO[bytes]:
    scheme, _, rest = uri.partition(":")
    if scheme.lower() == "param":
        if (opener := files.get(rest.lower())) is None:
            hint = nearest(rest[:40], files) or "Send it as a part of a form of type multipart/form-data."
            raise ParameterError(f"UPLOAD names the part '{rest[:40]}', which is not in the request.", hint=hint)
        return opener()
    if scheme.lower() in ("http", "https"):
        return _fetched(uri, settings)
    raise ParameterError(f"Tables are not fetched by '{scheme[:20]}'.", hint="param:NAME, http://... or https://...")


def _fetched(uri: str, settings: ServerSettings) -> IO[bytes]:
    """A temporary file with what an address has."""
    from skybutler.version import __version__

    opener = urllib.request.OpenerDirector()  # with nothing in it that reads files, FTP or the proxies of this machine
    handlers: list[Any] = [
        _Http(settings.upload_hosts), _Https(settings.upload_hosts), urllib.request.HTTPRedirectHandler(),
        urllib.request.HTTPErrorProcessor(), urllib.request.HTTPDefaultErrorHandler(),
    ]  # fmt: skip
    for handler in handlers:
        opener.add_handler(handler)
    file = tempfile.TemporaryFile()  # noqa: SIM115 - handed out
    try:
        request = urllib.request.Request(uri, headers={"User-Agent": f"skybutler/{__version__}"})  # noqa: S310
        with opener.open(request, timeout=_FETCH_S) as answer:
            while piece := answer.read(1 << 16):
                file.write(piece)
                if file.tell() > settings.upload_bytes:
                    raise InvalidError(f"What {uri[:100]} has is larger than {settings.upload_bytes} bytes.")
    except (OSError, http.client.HTTPException, ValueError) as error:
        file.close()
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        if isinstance(reason, DeniedError | InvalidError):
            raise reason from None
        raise InvalidError(f"The table at {uri[:100]} cannot be fetched.", hint=str(error)[:100]) from error
    file.seek(0)
    return file


def _connected(hosts: frozenset[str], host: str, port: int, timeout: Any) -> socket.socket:
    """A connection to a host, if its address is public or the settings name it.

    The address is looked up once, so that nobody can answer differently the second time.
    """
    for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        if host not in hosts and not ipaddress.ip_address(str(address[0]).partition("%")[0]).is_global:
            raise DeniedError(
                f"Tables are not fetched from '{host[:60]}': its address is not a public one.",
                hint="Send the table with the request (UPLOAD=name,param:part).",
            )
        connection = socket.socket(family, kind, protocol)
        try:
            connection.settimeout(timeout)
            connection.connect(address)
        except OSError:
            connection.close()
            continue
        return connection
    raise OSError(f"{host[:60]} does not answer.")


class _Guarded:
    """Handlers of requests whose connections are ours."""

    def __init__(self, hosts: frozenset[str]) -> None:
        super().__init__()
        self._hosts = hosts

    def _made(self, kind: Callable[..., Any], host: str, **options: Any) -> Any:
        made = kind(host, **options)
        made._create_connection = lambda address, timeout, *_: _connected(self._hosts, address[0], address[1], timeout)
        return made


class _Http(_Guarded, urllib.request.HTTPHandler):
    def http_open(self, request: urllib.request.Request) -> Any:
        return self.do_open(lambda host, **o: self._made(http.client.HTTPConnection, host, **o), request)


class _Https(_Guarded, urllib.request.HTTPSHandler):
    def https_open(self, request: urllib.request.Request) -> Any:
        return self.do_open(lambda host, **o: self._made(http.client.HTTPSConnection, host, **o), request)
