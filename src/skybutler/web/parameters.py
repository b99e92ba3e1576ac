"""Parameters of requests as DALI has them: names in any case, given in the URL or in a form, repeated or not.

DALI 1.1 (IVOA Recommendation 2017-05-17), section 3.  Knows no service.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from skybutler.errors import InvalidError, ParameterError

if TYPE_CHECKING:
    from starlette.datastructures import UploadFile
    from starlette.requests import Request

__all__ = ["Parameters", "read_parameters"]

_MOST_FIELDS = 1_000


class Parameters:
    """Values by name in lower case, in the order in which they came.

    Parameters
    ----------
    pairs : iterable of (`str`, `str`)
        Names in any case.
    files : mapping, optional
        Files of a form by the name of their part in lower case.
    """

    def __init__(self, pairs: Iterable[tuple[str, str]], files: dict[str, UploadFile] | None = None) -> None:
        self._pairs = [(name.lower(), value) for name, value in pairs]
        self.files = files or {}

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._pairs)

    def all(self, name: str) -> list[str]:
        """All values of a name."""
        return [value for known, value in self._pairs if known == name.lower()]

    def get(self, *names: str, default: str | None = None) -> str | None:
        """The value of the first of these names that is there.

        Raises
        ------
        ParameterError
            It was given several times with different values.
        """
        for name in names:
            values = self.all(name)
            if len(set(values)) > 1:
                raise ParameterError(f"{name.upper()} was given {len(values)} times; once is expected.")
            if values:
                return values[0]
        return default

    def number(self, name: str, *, least: int = 0, most: int | None = None) -> int | None:
        """A whole number, `None` if it was not given or is empty.

        Raises
        ------
        ParameterError
            It is no whole number, or below the least.
        """
        text = self.get(name)
        if text is None or not text.strip():
            return None
        try:
            value = int(text)
        except ValueError as error:
            raise ParameterError(f"{name.upper()} must be a whole number, not '{text[:50]}'.") from error
        if value < least:
            raise ParameterError(f"{name.upper()} must be {least} or more, not {value}.")
        return value if most is None else min(value, most)


@asynccontextmanager
async def read_parameters(request: Request, most_bytes: int, file_bytes: int = 0) -> AsyncIterator[Parameters]:
    """Parameters of a request, of its URL and its body; files are there for the duration of an ``async with`` block.

    Parameters
    ----------
    request : `starlette.requests.Request`
        GET, HEAD or POST.
    most_bytes : `int`
        The largest body without files.
    file_bytes : `int`
        The largest body with files; without, files are not taken.

    Raises
    ------
    InvalidError
        The body is too large, malformed, or of another kind.
    """
    pairs = _pairs(request.url.query)
    if request.method not in ("POST", "PUT"):
        yield Parameters(pairs)
        return
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        parameters = await _multipart(request, pairs, most_bytes, file_bytes)
        try:
            yield parameters
        finally:
            for file in parameters.files.values():
                await file.close()
        return
    body = await _body(request, most_bytes)
    if body and kind not in ("application/x-www-form-urlencoded", ""):
        raise InvalidError(f"A body of type '{kind}' is not understood.", hint="Send a form.")
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise InvalidError("The body of the request is no form.") from error
    yield Parameters([*pairs, *_pairs(text)])


def _pairs(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError as error:
        raise InvalidError(f"There are more than {_MOST_FIELDS} parameters.") from error


async def _body(request: Request, most_bytes: int) -> bytes:
    whole = bytearray()
    async for piece in request.stream():
        whole += piece
        if len(whole) > most_bytes:
            raise InvalidError(f"The request is larger than {most_bytes} bytes.")
    return bytes(whole)


async def _counted(request: Request, most: int) -> AsyncGenerator[bytes, None]:
    """The body, as long as it is not too large."""
    n = 0
    async for piece in request.stream():
        n += len(piece)
        if n > most:
            raise InvalidError(f"The request is larger than {most} bytes.")
        yield piece


async def _multipart(request: Request, pairs: list[tuple[str, str]], most_bytes: int, file_bytes: int) -> Parameters:
    from starlette.datastructures import UploadFile
    from starlette.formparsers import MultiPartException, MultiPartParser

    most = most_bytes + file_bytes
    length = request.headers.get("content-length", "0")  # many clients do not say it
    if not length.isdigit() or int(length) > most:
        raise InvalidError(f"The request is larger than {most} bytes.")
    parser = MultiPartParser(
        request.headers, _counted(request, most), max_files=20, max_fields=_MOST_FIELDS, max_part_size=most_bytes
    )
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError) as error:  # the latter where the boundary is missing
        raise InvalidError(f"The form cannot be read: {error}") from error
    files: dict[str, UploadFile] = {}
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            files[name.lower()] = value
        else:
            pairs.append((name, value))
    return Parameters(pairs, files)
