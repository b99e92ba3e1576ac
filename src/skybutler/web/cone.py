"""Simple cone searches.  Knows no catalog.

Simple Cone Search 1.03 (IVOA Recommendation 2008-02-22).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.responses import Response
from starlette.routing import Route

from skybutler.errors import ButlerError, NotFoundError, nearest
from skybutler.vo.cone_search import STANDARD, ConeSearch, cone_error
from skybutler.vo.votable import MEDIA_TYPE

from . import vosi
from .auth import security_methods
from .parameters import read_parameters
from .problems import status_of
from .requests import of

if TYPE_CHECKING:
    from starlette.requests import Request

__all__ = ["routes"]

_ROWS = 100_000
"""Where MAXREC says nothing, and at most."""


def routes() -> list[Route]:
    """All routes, for the first repository and for each by its label."""
    return [
        Route(f"{prefix}/api/scs/{{catalog}}{end}", answer, methods=methods)
        for prefix in ("", "/repo/{label}")
        for end, answer, methods in (
            ("", _search, ["GET", "POST"]),
            ("/capabilities", _capabilities, ["GET"]),
            ("/availability", vosi.availability, ["GET"]),
        )
    ]


async def _capabilities(request: Request) -> Response:
    from skybutler.vo.service_capabilities import Way, service_capabilities

    here = of(request)  # whether there is such a catalog is not told to those who need a token
    url = f"{here.root_url}/api/scs/{quote(request.path_params['catalog'])}"
    made = service_capabilities(url, [Way(STANDARD, "1.03", url, "base")], security_methods(here.settings))
    return Response(made, media_type="text/xml")


async def _search(request: Request) -> Response:
    here, name = of(request), request.path_params["catalog"]
    try:
        async with read_parameters(request, here.settings.body_bytes) as given:
            limit = given.number("maxrec", most=_ROWS)
            ra, dec, radius, verbosity = (given.get(key) for key in ("ra", "dec", "sr", "verb"))
            search = ConeSearch.of(ra, dec, radius, verbosity, _ROWS if limit is None else limit)

        def pieces() -> Iterator[bytes]:
            catalogs = here.repository.catalogs
            if name not in catalogs:
                raise NotFoundError(f"There is no reference catalog '{name[:60]}'.", hint=nearest(name[:60], catalogs))
            yield from search.document(catalogs[name])

        return await here.threads.respond(pieces, MEDIA_TYPE)
    except ButlerError as error:
        # Of wrong parameters the standard tells in the document alone; clients of its time read no other one.
        status = 200 if status_of(error) == 400 else status_of(error)
        return Response(cone_error(str(error)), status, media_type=MEDIA_TYPE)
