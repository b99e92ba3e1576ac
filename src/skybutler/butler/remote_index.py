"""Reading a repository index from an object store or a web server.  Knows no labels."""

from __future__ import annotations

from functools import lru_cache

from skybutler.errors import ButlerError, ConfigError

__all__ = ["read_remote"]

_SECONDS = 15.0
_MOST_BYTES = 4 << 20


@lru_cache(maxsize=8)
def read_remote(uri: str, moment: int) -> str:
    """Text at an ``s3:``, ``http:`` or ``https:`` URI.

    Parameters
    ----------
    uri : `str`
        Where.
    moment : `int`
        Within the same one it is not read again.

    Raises
    ------
    ConfigError
        It cannot be read.
    """
    try:
        content = _of_web(uri) if uri.startswith(("http://", "https://")) else _of_store(uri)
        return content.decode("utf-8")
    except (ButlerError, OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"The repository index {uri} cannot be read: {error}") from error


def _of_store(uri: str) -> bytes:
    from skybutler.storage import locate

    storage, path = locate(uri)
    return storage.read(path)


def _of_web(uri: str) -> bytes:
    from urllib.request import urlopen

    with urlopen(uri, timeout=_SECONDS) as answer:  # noqa: S310 - the caller has looked at the scheme
        content: bytes = answer.read(_MOST_BYTES)
    return content
