"""Files behind ``http:`` and ``https:`` URLs, fetched whole.  Read only; knows no stores."""

from __future__ import annotations

import shutil
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

from skybutler.errors import DeniedError, MissingFileError, UnavailableError

__all__ = ["fetched", "is_web_url"]

_PATIENCE_S = 60.0
_DENIED, _MISSING = (401, 403), (404, 410)


def is_web_url(place: str) -> bool:
    """Whether a place is a URL of the web."""
    return place.startswith(("http://", "https://"))


@contextmanager
def fetched(url: str) -> Iterator[Path]:
    """A copy of a file of the web, for the duration of a ``with`` block; its name is that of the file.

    Parameters
    ----------
    url : `str`
        An ``http:`` or ``https:`` URL, signed ones included.

    Raises
    ------
    MissingFileError
        There is no such file.
    DeniedError
        The server does not give it to us; a signed URL may have expired.
    UnavailableError
        The server does not answer, or stops before the end.
    """
    shown = url.partition("?")[0]  # what is behind it may be a signature
    name = Path(unquote(urlsplit(url).path)).name or "file"
    with tempfile.TemporaryDirectory(prefix="skybutler-") as folder:
        target = Path(folder) / name
        try:
            with urllib.request.urlopen(url, timeout=_PATIENCE_S) as answer, target.open("wb") as stream:  # noqa: S310 - callers give URLs of the web
                shutil.copyfileobj(answer, stream)
                expected = answer.headers.get("Content-Length")
        except urllib.error.HTTPError as error:
            error.close()
            if error.code in _MISSING:
                raise MissingFileError(f"There is no {shown}: {error.code} {error.reason}.") from None
            if error.code in _DENIED:
                hint = "A signed URL is valid for a limited time: ask for a new one."
                raise DeniedError(f"{shown} is refused: {error.code} {error.reason}.", hint=hint) from None
            raise UnavailableError(f"{shown} cannot be read: {error.code} {error.reason}.") from None
        except (OSError, ValueError) as error:
            raise UnavailableError(f"{shown} cannot be read: {error}.") from error
        if expected is not None and target.stat().st_size != int(expected):
            raise UnavailableError(f"{shown} has {expected} bytes, of which {target.stat().st_size} came.")
        yield target
