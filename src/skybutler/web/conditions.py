"""Whether a client needs an answer, and which parts of it: RFC 9110, sections 13 and 14.  Knows not what is sent.

What a client has is known by its validators, which are sent with each answer and come back with later requests.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import formatdate, parsedate_to_datetime
from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.responses import Response

from skybutler.version import __version__

if TYPE_CHECKING:
    from starlette.requests import Request

__all__ = ["Validators", "etag_of_made"]

_TAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"')
_RANGES = re.compile(r"bytes=(.*)", re.IGNORECASE | re.DOTALL)
_RANGE = re.compile(r"([0-9]{1,30})-([0-9]{0,30})|-([0-9]{1,30})")
_BLANK = " \t"


@dataclass(frozen=True, slots=True)
class Validators:
    """What tells one state of a resource from another.

    Parameters
    ----------
    etag : `str`, optional
        With its quotes; weak ones begin with ``W/``.
    modified : `int`, optional
        Seconds since 1970.
    """

    etag: str | None = None
    modified: int | None = None

    @property
    def headers(self) -> dict[str, str]:
        """Headers that say so."""
        found = {} if self.etag is None else {"ETag": self.etag}
        return found if self.modified is None else found | {"Last-Modified": formatdate(self.modified, usegmt=True)}

    def unless_known(self, request: Request, headers: Mapping[str, str] | None = None) -> Response | None:
        """An answer without content, if the preconditions of a request are such that there is no need of more.

        Parameters
        ----------
        request : `starlette.requests.Request`
        headers : mapping, optional
            That an answer with content would have too, and that caches go by.
        """
        if request.method not in ("GET", "HEAD"):
            return None
        status = self._status(request.headers)
        return None if status is None else Response(status_code=status, headers={**(headers or {}), **self.headers})

    def asked_ranges(self, request: Request, size: int) -> list[tuple[int, int]] | None:
        """The parts of a content that are asked for, each its begin and what comes after its end.

        `None` means all of it: only GET knows ranges, what is malformed is to be passed over (section 14.2), and so
        are ranges of something else than the client has parts of.  No part at all means that all lie beyond the end.
        """
        said = _RANGES.fullmatch(", ".join(request.headers.getlist("range")).strip(_BLANK))
        if request.method != "GET" or said is None or size == 0 or not self._is_of_parts(request.headers):
            return None
        ranges = []
        for word in (word for text in said[1].split(",") if (word := text.strip(_BLANK))):
            if (numbers := _RANGE.fullmatch(word)) is None:
                return None
            first, last, length = (int(text) if text else None for text in numbers.groups())
            if first is None:
                ranges.append((max(0, size - (length or 0)), size))
            elif last is not None and last < first:
                return None
            else:
                ranges.append((first, size if last is None else min(last + 1, size)))
        return [(begin, end) for begin, end in ranges if begin < end] if ranges else None

    def _status(self, headers: Headers) -> int | None:
        """304, 412 or `None`: conditions in their order of precedence (section 13.2.2)."""
        if (wanted := _tags(headers, "if-match")) is not None:
            if not self._matches(wanted, strongly=True):
                return 412
        elif self._is_later_than("if-unmodified-since", headers):
            return 412
        if (known := _tags(headers, "if-none-match")) is not None:
            return 304 if self._matches(known, strongly=False) else None
        return 304 if self._is_later_than("if-modified-since", headers) is False else None

    def _is_later_than(self, name: str, headers: Headers) -> bool | None:
        """Whether it was modified after the date of a header; `None` if one of the two is not known."""
        date = _date(headers.getlist(name))
        return None if date is None or self.modified is None else self.modified > date

    def _matches(self, tags: list[str], *, strongly: bool) -> bool:
        if tags == ["*"]:
            return True
        if self.etag is None or (strongly and self.etag.startswith("W/")):
            return False
        return self.etag in tags if strongly else _opaque(self.etag) in map(_opaque, tags)

    def _is_of_parts(self, headers: Headers) -> bool:
        """Whether the parts that a client has already are of what it would get now (section 13.1.5)."""
        if (said := headers.get("if-range")) is None:
            return True
        if _TAG.fullmatch(said.strip(_BLANK)):
            return self._matches([said.strip(_BLANK)], strongly=True)
        return self.modified is not None and _date([said]) == self.modified


def etag_of_made(checksum: bytes, *how: object) -> str:
    """A tag of what is made of a file: weak, because it may be made anew with other bytes.

    Parameters
    ----------
    checksum : `bytes`
        Of the file.
    how
        What is made of it, as values whose `repr` says all.
    """
    digest = hashlib.sha256(repr((checksum, how, __version__)).encode()).hexdigest()
    return f'W/"{digest[:32]}"'


def _tags(headers: Headers, name: str) -> list[str] | None:
    """Tags of a header, `None` if it is not there."""
    if not (said := ", ".join(headers.getlist(name)).strip(_BLANK)):
        return None
    return ["*"] if said == "*" else _TAG.findall(said)


def _opaque(tag: str) -> str:
    return tag.removeprefix("W/")


def _date(said: list[str]) -> int | None:
    """Seconds since 1970; `None` if there is no date, more than one, or something else."""
    if len(said) != 1:
        return None
    try:
        found = parsedate_to_datetime(said[0])
        return int((found if found.tzinfo is not None else found.replace(tzinfo=UTC)).timestamp())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
