"""The cut-out service: SODA at once and as jobs.  Knows neither pixels nor what the parameters mean.

SODA 1.0 (IVOA Recommendation 2017-05-17), sections 2, 4 and 5.
"""

from __future__ import annotations

import asyncio
import secrets
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from skybutler.errors import (
    ButlerError,
    DeniedError,
    InvalidError,
    NotFoundError,
    UnauthorizedError,
    UnavailableError,
)
from skybutler.vo.image_work import cut_out, write_cut_out
from skybutler.vo.soda import CutoutRequest
from skybutler.vo.uws import JobResult

from .auth import security_methods
from .files import validators_of_made
from .jobs import job_routes
from .parameters import read_parameters
from .problems import headers_of, status_of
from .requests import of
from .vosi import availability

if TYPE_CHECKING:
    from starlette.requests import Request

    from .job_runner import JobContext, Work
    from .served import Served, ServedRepository
    from .workers import WorkerPool

__all__ = ["Cutouts", "routes", "work"]

SYNC = ("/api/cutout/sync", "/api/image/soda/sync")
JOBS = "/api/cutout/jobs"
_WAYS = (("sync", "sync"), ("async", "jobs"))
_WRONG = 422
"""Status of what is wrong with a parameter, as other services of this kind have it."""
_HANG_UP_S = 0.5
"""So often is looked whether the client is still there."""


@dataclass(frozen=True, slots=True)
class Cutouts:
    """What makes the cut-outs of a server.

    Parameters
    ----------
    pool : `WorkerPool`
    folder : path
        Where large ones wait until they are sent.
    seconds : `float`
        How long one may take.
    """

    pool: WorkerPool
    folder: Path
    seconds: float

    def begin(
        self, repository: ServedRepository, dataset: uuid.UUID, request: CutoutRequest, path: Path, gone: Event
    ) -> Future[bytes | None]:
        """Begin the only cut-out of a request; its process is ended when nobody waits for it any more."""
        call = (repository.place, dataset, request.shapes[0], request.style, path)
        return self.pool.submit(self.seconds, lambda: not gone.is_set(), cut_out, *call)


def routes() -> list[Route]:
    """All routes, for the first repository and for each by its label."""
    plain = [(path, _sync, ["GET", "POST"]) for path in SYNC]
    plain += [("/api/cutout/capabilities", _capabilities, ["GET"]), ("/api/cutout/availability", availability, ["GET"])]
    return [
        *(Route(prefix + path, made, methods=how) for prefix in ("", "/repo/{label}") for path, made, how in plain),
        *job_routes("soda", JOBS),
    ]


async def _sync(request: Request) -> Response:
    try:
        here = of(request)
        async with read_parameters(request, here.settings.body_bytes) as parameters:
            asked = CutoutRequest.of(parameters)
        if asked.repeated is not None:
            several = f"{asked.repeated}: {asked.n_cutouts} cut-outs are asked for; here, one is made."
            hint = f"A job makes several: {here.root_url}{JOBS}."
            return PlainTextResponse(f"MultiValuedParamNotSupported: {several} {hint}", _WRONG)
        repository, dataset = _identify(here.served, here.repository, asked.ids[0])
        how = ("cut-out", asked.shapes, asked.style)
        known = await here.threads.run(lambda: validators_of_made(repository, dataset, *how))
        if (answer := known.unless_known(request)) is not None:
            return answer
        answer = await _answer(request, repository, dataset, asked)
        if request.method != "POST":  # whose answer is of no address of its own
            answer.headers.update(known.headers)
        return answer
    except ButlerError as error:
        return PlainTextResponse(_told(error), _status(error), headers_of(error))


async def _answer(request: Request, repository: ServedRepository, dataset: uuid.UUID, asked: CutoutRequest) -> Response:
    cutouts: Cutouts = request.app.state.cutouts
    name, media_type = f"cutout-{dataset}.{asked.style.format.name}", asked.style.format.media_type
    path, gone = cutouts.folder / f"{secrets.token_hex(8)}.{asked.style.format.name}", Event()
    future = asyncio.wrap_future(cutouts.begin(repository, dataset, asked, path, gone))
    try:
        while not (await asyncio.wait({future}, timeout=_HANG_UP_S))[0]:
            if await request.is_disconnected():
                break
        else:
            way = "inline" if media_type == "image/png" else "attachment"  # browsers show what they can
            made, headers = future.result(), {"Content-Disposition": f'{way}; filename="{name}"'}
            if made is not None:
                return Response(made, media_type=media_type, headers=headers)
            headers["Content-Length"] = str(path.stat().st_size)
            return await of(request).threads.respond(lambda: _pieces(path), media_type, headers)
    except ButlerError:
        path.unlink(missing_ok=True)  # its time may have been over while it was written
        raise
    finally:
        gone.set()
    with suppress(ButlerError):
        await future  # the process is ended, so that its place is free
    path.unlink(missing_ok=True)
    return Response(status_code=499)


def _pieces(path: Path) -> Iterator[bytes]:
    """The content of a file, which is gone whether the client reads all of it or not."""
    with path.open("rb") as stream:
        path.unlink()
        while piece := stream.read(1 << 20):
            yield piece


async def _capabilities(request: Request) -> Response:
    from skybutler.vo.service_capabilities import Way, service_capabilities

    here = of(request)
    folder = f"{here.root_url}/api/cutout"
    ways = [Way(f"ivo://ivoa.net/std/SODA#{kind}-1.0", "1.0", f"{folder}/{end}") for kind, end in _WAYS]
    return Response(service_capabilities(folder, ways, security_methods(here.settings)), media_type="text/xml")


def _identify(served: Served, here: ServedRepository, identifier: str) -> tuple[ServedRepository, uuid.UUID]:
    """Repository and dataset; a UUID alone is of the repository of the path."""
    repository, dataset = served.identify(identifier)
    return (repository if ":" in identifier or "%3A" in identifier else here), dataset


# ------------------------------------------------------------------------------------------------------------ as jobs
def work(served: Served, cutouts: Cutouts) -> Work:
    """What a job of the service does: one file for each shape of each dataset, in the order in which they were given.

    A cut-out that cannot be made is a text that says why; the job fails if none can be made.
    """

    def do(context: JobContext) -> Sequence[JobResult]:
        try:
            asked = CutoutRequest.of(context.job.parameters)
            here = served[context.job.label]
            problems: list[ButlerError] = []
            made = []
            for i, (identifier, shape) in enumerate([(d, s) for d in asked.ids for s in asked.shapes]):
                if not context.go_on():
                    return ()
                name = "cutout" if asked.n_cutouts == 1 else f"cutout-{i + 1}"
                path = context.folder / f"{name}.{asked.style.format.name}"
                try:
                    repository, dataset = _identify(served, here, identifier)
                    call = (repository.place, dataset, shape, asked.style, path)
                    cutouts.pool.submit(cutouts.seconds, context.go_on, write_cut_out, *call).result()
                    media_type = asked.style.format.media_type
                except ButlerError as error:
                    problems.append(error)
                    path.unlink(missing_ok=True)
                    path, media_type = path.with_suffix(".txt"), "text/plain"
                    path.write_text(f"{_told(error)}\n")
                made.append(JobResult(name, path.name, media_type, path.stat().st_size))
            if not context.go_on():  # then the last of them is a text that says so
                return ()
            if len(problems) == len(made):
                raise problems[0]
        except ButlerError as error:
            raise ButlerError(_told(error)) from error
        return made

    return do


# -------------------------------------------------------------------------------------------------------------- errors
_WORDS: tuple[tuple[type[ButlerError], str], ...] = (
    (UnauthorizedError, "AuthenticationError"),
    (DeniedError, "AuthorizationError"),
    (InvalidError, "UsageError"),
    (NotFoundError, "UsageError"),
    (UnavailableError, "ServiceUnavailable"),
)
"""Words of SODA 1.0, section 5.2."""


def _told(error: ButlerError) -> str:
    word = next((word for kind, word in _WORDS if isinstance(error, kind)), "Error")
    return f"{word}: {error}"


def _status(error: ButlerError) -> int:
    """That of the one table, but for what is wrong with a parameter."""
    return _WRONG if (status := status_of(error)) == 400 else status
