"""Whether the server is well, for load balancers and for people.  Knows no protocol of the VO."""

from __future__ import annotations

import asyncio
import os
import time
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from skybutler import __version__
from skybutler.errors import ButlerError

from .requests import of

if TYPE_CHECKING:
    from starlette.requests import Request

    from .served import ServedRepository

__all__ = ["routes"]

_STARTED = time.time()


def routes() -> list[Route]:
    """The route of health."""
    return [Route("/health", _health, methods=["GET", "HEAD"])]


async def _health(request: Request) -> Response:
    """200 if every repository answers, else 503 with what is wrong."""
    here = of(request)
    # not in the threads of answers: that these are busy does not make the server ill
    states = {r.label: await asyncio.to_thread(_state, r) for r in here.served}
    well = all(state["status"] == "ok" for state in states.values())
    return JSONResponse(
        {
            "status": "ok" if well else "degraded",
            "version": __version__,
            "process": os.getpid(),
            "up_seconds": round(time.time() - _STARTED, 1),
            "repositories": states,
        },
        200 if well else 503,
    )


def _state(repository: ServedRepository) -> dict[str, Any]:
    begun = time.perf_counter()
    try:
        registry = repository.butler.registry
        registry.database.query_one("SELECT 1")
        state: dict[str, Any] = {"status": "ok", "milliseconds": round(1e3 * (time.perf_counter() - begun), 3)}
    except ButlerError as error:
        return {"status": "error", "message": str(error)}
    try:
        has_snapshot = repository.snapshots.current(registry, repository.obscore("")) is not None
    except ButlerError as error:  # of its settings; all but ObsCore is served
        return {**state, "snapshot": False, "obscore": str(error)}
    return {**state, "snapshot": has_snapshot}
