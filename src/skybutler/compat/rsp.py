"""Names of ``lsst.rsp`` and ``lsst.rsp.utils``: services of a server for notebooks.  Knows no service itself."""

from __future__ import annotations

from typing import Any

from skybutler.vo import client
from skybutler.vo.client import get_access_token, get_datalink_result, get_siav2_service, retrieve_query

__all__ = [
    "get_access_token",
    "get_datalink_result",
    "get_pyvo_auth",
    "get_siav2_service",
    "get_tap_service",
    "retrieve_query",
]

_OF_THE_FIRST = ("tap", "obstap", "live")
"""Names of services there that one service has here."""


def get_tap_service(*args: str) -> Any:
    """The TAP service: ``tap`` and ``obstap`` are one; other names are labels of repositories."""
    label = args[0] if args else None
    return client.get_tap_service(None if label in _OF_THE_FIRST else label)


def get_pyvo_auth() -> Any:
    """A session that sends the token to all services of the server."""
    return client.get_session()
