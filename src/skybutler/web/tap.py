"""Routes of TAP.  Knows no query."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from skybutler.errors import ButlerError
from skybutler.registry.interrupt import Interrupt

from . import vosi
from .jobs import job_routes
from .parameters import read_parameters
from .requests import of
from .streams import Ending
from .tap_sync import TapQuery, error_response

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["routes"]


def routes() -> list[Route]:
    """All routes, for the first repository and for each by its label."""
    sync = [Route(f"{prefix}/api/tap/sync", _sync, methods=["GET", "POST"]) for prefix in ("", "/repo/{label}")]
    return [*sync, *job_routes("tap", "/api/tap/async"), *vosi.routes()]


async def _sync(request: Request) -> Response:
    here, format_ = of(request), None
    try:
        async with read_parameters(request, here.settings.body_bytes, here.settings.upload_bytes) as parameters:
            format_ = parameters.get("responseformat", "format")
            files = {name: (lambda file=file: file.file) for name, file in parameters.files.items()}
            if parameters.all("upload"):
                query = await here.threads.run(lambda: TapQuery.of(parameters, here.settings, files))
            else:
                query = TapQuery.of(parameters, here.settings, files)
        interrupt = Interrupt()
        return await here.threads.respond(
            lambda: query.pieces(here.repository, here.root_url, interrupt),
            query.format.media_type,
            ending=Ending(request, interrupt, here.settings.sync_seconds),
        )
    except ButlerError as error:
        return error_response(error, format_)
