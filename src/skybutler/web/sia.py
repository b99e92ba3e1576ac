"""Image searches (SIA 2.0).  Knows no condition.

Simple Image Access 2.0 (IVOA Recommendation 2015-12-23).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.routing import Route

from skybutler.errors import ButlerError
from skybutler.version import __version__
from skybutler.vo.answer import answer
from skybutler.vo.formats import find_format
from skybutler.vo.sia import PARAMETERS, STANDARD, datalink_descriptor, self_description, sia_query
from skybutler.vo.votable import MEDIA_TYPE, votable

from . import vosi
from .auth import security_methods
from .parameters import Parameters, read_parameters
from .requests import Here, of
from .tap_sync import error_response

if TYPE_CHECKING:
    from starlette.requests import Request

__all__ = ["routes"]

_ROWS = 10_000
"""Where MAXREC says nothing."""
_SERIALIZATIONS = {"votable": "BINARY2", "votable/td": "TABLEDATA"}


def routes() -> list[Route]:
    """All routes: for the first repository and for each by its label, which may stand at either place."""
    answers = {"query": _query, "capabilities": _capabilities, "availability": vosi.availability}
    return [
        Route(f"{path}/{end}", answer, methods=["GET", "POST"] if end == "query" else ["GET"])
        for path in ("/api/sia", "/repo/{label}/api/sia", "/api/sia/{label}")
        for end, answer in answers.items()
    ]


async def _capabilities(request: Request) -> Response:
    from skybutler.vo.service_capabilities import Way, service_capabilities

    here = of(request)
    folder = f"{here.root_url}/api/sia"
    made = service_capabilities(folder, [Way(STANDARD, "2.0", f"{folder}/query")], security_methods(here.settings))
    return Response(made, media_type="text/xml")


async def _query(request: Request) -> Response:
    here = of(request)
    try:
        async with read_parameters(request, here.settings.body_bytes) as given:
            return await _answer(here, given, str(request.url))
    except ButlerError as error:
        return error_response(error)


async def _answer(here: Here, given: Parameters, url: str) -> Response:
    kind = find_format(given.get("responseformat"))
    adql = sia_query({name: given.all(name) for name in PARAMETERS})
    most = here.settings.most_rows
    usual = min(_ROWS, most)
    asked = given.number("maxrec", most=most)
    limit = usual if asked is None else asked
    infos = {
        "server_software": f"skybutler/{__version__}",
        "request_date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "request": url[:2000],
    }
    if limit == 0:
        told = b"".join(self_description(f"{here.root_url}/api/sia/query", infos, usual, most))
        return Response(told, media_type=MEDIA_TYPE)

    def pieces() -> Iterator[bytes]:
        repository = here.repository
        found = answer(
            repository.butler.registry, repository.obscore(here.root_url), repository.tables, adql, limit + 1,
            snapshots=repository.snapshots,
        )  # fmt: skip
        if kind.name not in _SERIALIZATIONS:
            yield from kind.write(found.fields, found.batches, limit)
            return
        yield from votable(
            found.fields, found.batches, serialization=_SERIALIZATIONS[kind.name], limit=limit, infos=infos,
            resources=[datalink_descriptor(f"{here.root_url}/api/datalink/links")], identified=True,
        )  # fmt: skip

    return await here.threads.respond(pieces, kind.media_type)
