"""Failures of an object store: what is tried again, how long, and our error for what stays.  Tells no secrets."""

from __future__ import annotations

import logging
import os
import random
import re
import time
from collections.abc import Callable
from typing import TypeVar

from skybutler.errors import (
    ButlerError,
    DeniedError,
    FileExistsInStoreError,
    FileNotFoundInStoreError,
    UnavailableError,
    UnreadableFileError,
)

from .s3_connection import Connection

__all__ = ["Patience", "is_unsupported", "translated"]

_log = logging.getLogger(__name__)
_Result = TypeVar("_Result")

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0  # seconds

_process: list[int] = []
"""The process whose threads send requests; a fork of it has none of them."""

_STATUS = re.compile(r"status code: (\d{3} [\w ]+?)(?::|$)")
_CODE = re.compile(r"<Code>(\w{1,64})</Code>")
_METADATA_SERVICE = "169.254."
"""Where a machine's own credentials are asked for when there are no others."""


class Patience:
    """Repeats requests that an object store did not answer, with growing, jittered pauses.

    obstore repeats what can do no harm twice by itself; this is for the rest: conditional writes, deletions and
    answers that break off.

    Parameters
    ----------
    connection : `Connection`
        Where they go, and the seconds of patience.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __call__(self, request: Callable[[bool], _Result], uri: str) -> _Result:
        """Result of a request.

        Parameters
        ----------
        request : callable
            Sends it; told whether it was sent before without an answer.
        uri : `str`
            What it is about, for messages.

        Raises
        ------
        skybutler.errors.ButlerError
            See `translated`.
        """
        from obstore.exceptions import BaseError

        _refuse_in_a_fork(uri)
        began, pause, again = time.monotonic(), _FIRST_PAUSE, False
        while True:
            try:
                return request(again)
            except (BaseError, FileNotFoundError) as error:
                ours = translated(error, uri, self._connection)
                left = began + self._connection.patience - time.monotonic()
                if not _may_pass(error) or not isinstance(ours, UnavailableError) or left <= 0:
                    raise ours from error
                _log.debug("%s: trying again.", ours)
            time.sleep(min(left, pause * random.uniform(0.5, 1.0)))  # noqa: S311 - not a secret
            pause, again = min(2 * pause, _LONGEST_PAUSE), True


def _refuse_in_a_fork(uri: str) -> None:
    """Say what would otherwise wait for ever."""
    if not _process:
        _process.append(os.getpid())
    elif _process[0] != os.getpid():
        raise UnavailableError(
            f"{uri} cannot be reached from a process that was forked from one that used an object store.",
            hint="Start processes with multiprocessing.get_context('spawn') or 'forkserver'.",
        )


def translated(error: Exception, uri: str, connection: Connection) -> ButlerError:
    """Our error for one of obstore's, which names the endpoint and what was asked, and quotes no more than codes.

    Parameters
    ----------
    error : `Exception`
        What obstore raised.
    uri : `str`
        What was asked for.
    connection : `Connection`
        Where.
    """
    from obstore import exceptions

    if isinstance(error, ButlerError):
        return error
    text = str(error)
    code, status = _first(_CODE, text), _first(_STATUS, text)
    where = f"The object store at {connection.endpoint}"
    if code == "NoSuchBucket":
        return UnavailableError(f"{where} has no such bucket: {uri}.", hint="Make it, or correct datastore.root.")
    if status.startswith("416"):
        return UnreadableFileError(f"{uri} is shorter than what was asked for.")
    if isinstance(error, exceptions.NotFoundError | FileNotFoundError):
        return FileNotFoundInStoreError(f"There is no object {uri}.")
    if isinstance(error, exceptions.AlreadyExistsError | exceptions.PreconditionError):
        return FileExistsInStoreError(f"There is already an object {uri}.")
    refused = isinstance(error, exceptions.PermissionDeniedError | exceptions.UnauthenticatedError)
    if refused or status.startswith(("401", "403")):  # a listing that is refused comes as something else
        reason = f" ({code or status})" if code or status else ""
        return DeniedError(f"{where} refuses access to {uri}{reason}.", hint="Check the AWS_... credentials.")
    if _METADATA_SERVICE in text.partition("Debug source")[0]:
        return DeniedError(
            f"There are no credentials for the object store at {connection.endpoint}, asked for {uri}.",
            hint="Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE; of a public bucket, set "
            "'skip_signature: true' below datastore.s3.",
        )
    answered = " ".join(filter(None, (status, code)))
    failed = f"answered {answered}" if answered else "did not answer, or broke off"
    tried = f"It was tried for {connection.patience:g} s; 'retry_seconds' below datastore.s3 says how long."
    hint = tried if _may_pass(error) else ""
    return UnavailableError(f"{where} {failed}, asked for {uri}.", hint=hint)


def is_unsupported(error: Exception) -> bool:
    """Whether the store, or the settings, say that it has no such operation."""
    text = str(error)
    return _first(_STATUS, text).startswith("501") or "not yet implemented" in text.lower()


def _may_pass(error: Exception) -> bool:
    """Whether it is of the kind that passes: no answer, a server's own trouble, or too many requests."""
    text = str(error)
    if _METADATA_SERVICE in text:
        return False
    status = _first(_STATUS, text)
    if not status:
        return "HTTP error" in text
    return (status[:1] == "5" and not status.startswith("501")) or status.startswith("429")


def _first(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    return match[1].strip() if match else ""
