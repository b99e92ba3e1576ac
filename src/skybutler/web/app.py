"""The application: its routes, and what all requests share.  Knows no protocol."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import JSONResponse, Response

from skybutler.errors import ButlerError
from skybutler.vo import image_work
from skybutler.vo.uws_store import JobStore

from . import cone, files, front_page, health, links, previews, sia, soda, tap, tap_async
from .auth import Authentication
from .job_runner import JobRunner
from .keeping import SnapshotKeeper
from .logs import RequestLog
from .problems import headers_of, status_of
from .scratch import scratch_folder
from .served import Served
from .streams import Threads
from .workers import WorkerPool

if TYPE_CHECKING:
    from starlette.requests import Request

    from .settings import ServerSettings

__all__ = ["create_app"]

_SERVICES = (tap, links, sia, cone, soda, previews, files, health, front_page)


def create_app(settings: ServerSettings) -> Starlette:
    """An ASGI application that serves repositories.

    Parameters
    ----------
    settings : `ServerSettings`
        Which, and how.
    """

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        with ExitStack() as stack:
            scratch = stack.enter_context(scratch_folder())
            folder = Path(settings.work_folder or scratch / "work")
            served, threads = Served(settings, folder / "snapshots" if settings.snapshots else None), Threads()
            app.state.settings, app.state.served, app.state.threads = settings, served, threads
            pool = WorkerPool(settings.cutout_workers, settings.cutout_bytes, scratch, load=image_work.load)
            cutouts = app.state.cutouts = soda.Cutouts(pool, scratch, settings.cutout_seconds)
            works = {"tap": tap_async.work(settings, served), "soda": soda.work(served, cutouts)}
            app.state.jobs = JobRunner(JobStore(folder), works)
            app.state.jobs.begin()
            if settings.snapshots:
                keeper = SnapshotKeeper(served)
                keeper.begin()
                stack.callback(keeper.end)
            yield
            await app.state.jobs.end()
            pool.close()
            threads.close()

    return Starlette(
        routes=[route for service in _SERVICES for route in service.routes()],
        middleware=[Middleware(RequestLog), Middleware(Authentication, settings=settings)],
        lifespan=lifespan,
        exception_handlers={ButlerError: _problem},
    )


async def _problem(request: Request, error: Exception) -> Response:
    """An error of ours, where a protocol has no way of its own."""
    assert isinstance(error, ButlerError)
    return JSONResponse({"error": error.code, "message": str(error)}, status_of(error), headers_of(error))
