"""Small pictures of whole images, for those with a signed link.  Knows no protocol of the VO."""

from __future__ import annotations

import asyncio
from threading import Event
from typing import TYPE_CHECKING

from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from skybutler.errors import ButlerError
from skybutler.vo.image_work import preview

from .files import validators_of_made
from .problems import headers_of, status_of
from .requests import of
from .signing import Signer

if TYPE_CHECKING:
    from starlette.requests import Request

    from .soda import Cutouts

__all__ = ["PURPOSE", "SIDE", "routes"]

PURPOSE = "preview"
"""What links to previews are signed for."""
SIDE = 512
"""Dots along the longer side of a preview."""


def routes() -> list[Route]:
    """The route of previews."""
    return [Route("/api/preview/{word}.png", _preview, methods=["GET", "HEAD"])]


async def _preview(request: Request) -> Response:
    here = of(request)
    cutouts: Cutouts = request.app.state.cutouts
    gone = Event()
    try:
        label, dataset = Signer(here.settings, PURPOSE).read(request.path_params["word"])
        repository = here.served[label]
        known = await here.threads.run(lambda: validators_of_made(repository, dataset, PURPOSE, SIDE))
        headers = {"Cache-Control": f"max-age={here.settings.link_seconds}"}
        if (answer := known.unless_known(request, headers)) is not None:
            return answer
        place = repository.place
        work = cutouts.pool.submit(cutouts.seconds, lambda: not gone.is_set(), preview, place, dataset, SIDE)
        png = await asyncio.wrap_future(work)
    except ButlerError as error:
        return PlainTextResponse(str(error), status_of(error), headers_of(error))
    except asyncio.CancelledError:
        gone.set()
        raise
    return Response(png, media_type="image/png", headers=headers | known.headers)
