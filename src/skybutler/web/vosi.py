"""What a TAP service tells of itself: tables, capabilities, availability, examples.  Knows no query.

VOSI 1.1 (IVOA Recommendation 2017-05-24), DALI 1.1, section 2.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.routing import Route

from skybutler.errors import ButlerError, InvalidQueryError, NotFoundError
from skybutler.vo.formats import FORMATS
from skybutler.vo.tap_schema import complete_tables

from .auth import security_methods
from .parameters import Parameters
from .requests import of

if TYPE_CHECKING:
    from starlette.requests import Request

__all__ = ["availability", "routes"]

_XML = "text/xml"
_BEGAN = datetime.now(UTC)


def routes(service: str = "/api/tap") -> list[Route]:
    """All routes, for the first repository and for each by its label."""
    answers = {
        "tables": _tables,
        "tables/{table}": _table,
        "capabilities": _capabilities,
        "availability": availability,
        "examples": _examples,
    }
    return [
        Route(f"{prefix}{service}/{end}", answer, methods=["GET"])
        for prefix in ("", "/repo/{label}")
        for end, answer in answers.items()
    ]


async def _tables(request: Request) -> Response:
    from skybutler.vo.vosi import tables_document

    here = of(request)
    brief = Parameters(request.query_params.multi_items()).get("detail") == "min"
    made = await here.threads.run(lambda: tables_document(complete_tables(here.repository.tables), columns=not brief))
    return Response(made, media_type=_XML)


async def _table(request: Request) -> Response:
    from skybutler.vo.vosi import table_document

    here, name = of(request), request.path_params["table"]

    def made() -> bytes:
        schema, _, table = name.rpartition(".")
        try:
            return table_document(complete_tables(here.repository.tables).find(schema, table))
        except InvalidQueryError as error:
            raise NotFoundError(error.message, hint=error.hint) from error

    return Response(await here.threads.run(made), media_type=_XML)


async def _capabilities(request: Request) -> Response:
    from skybutler.vo.tap_capabilities import OfferedFormat, TapLimits, capabilities_document

    here = of(request)
    offered = [
        OfferedFormat(f.media_type, (f.name, *f.others), {"votable": "binary2", "votable/td": "td"}.get(f.name, ""))
        for f in FORMATS
    ]
    settings = here.settings
    limits = TapLimits(
        rows=settings.rows, most_rows=settings.most_rows, upload_bytes=settings.upload_bytes,
        job_seconds=settings.job_seconds, kept_seconds=settings.job_days * 86_400,
    )  # fmt: skip
    security = security_methods(settings)
    return Response(capabilities_document(f"{here.root_url}/api/tap", offered, limits, security), media_type=_XML)


async def availability(request: Request) -> Response:
    """Whether a repository can be asked."""
    from skybutler.vo.vosi import availability_document

    here = of(request)

    def problem() -> str | None:
        try:
            here.repository.butler.registry.database.query_one("SELECT 1")
        except ButlerError as error:
            return error.message
        return None

    return Response(availability_document(await here.threads.run(problem), _BEGAN), media_type=_XML)


async def _examples(request: Request) -> Response:
    from skybutler.vo.tap_examples import examples_document

    return Response(examples_document(f"{of(request).root_url}/api/tap/examples"), media_type="application/xhtml+xml")
