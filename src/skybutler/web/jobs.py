"""Jobs over HTTP, of any service: the routes of UWS 1.1.  Knows no service, and not how jobs are run.

UWS 1.1 (IVOA Recommendation 2016-10-24), section 2.2.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from skybutler.errors import ButlerError, NotFoundError, ParameterError, nearest
from skybutler.vo.uws import Job, Phase
from skybutler.vo.uws_documents import (
    MEDIA_TYPE,
    job_document,
    jobs_document,
    parameters_document,
    results_document,
    time_text,
)
from skybutler.vo.uws_store import JobStore
from skybutler.vo.votable import MEDIA_TYPE as VOTABLE
from skybutler.vo.votable import votable_error

from .job_runner import LOOK_S, JobRunner
from .parameters import Parameters, read_parameters
from .problems import headers_of, status_of
from .requests import Here, of
from .sending import file_answer

if TYPE_CHECKING:
    from starlette.requests import Request

__all__ = ["job_routes", "owner_of"]

_LONGEST_WAIT_S = 60.0
_FIRST_LOOK_S = 0.02
"""So soon is looked whether a job that another process may have has changed, then after twice that, and so on."""
_CONTROL = frozenset(("phase", "runid", "destruction", "executionduration", "action", "wait"))


def owner_of(request: Request) -> str | None:
    """Who asks, as the layer before has found out."""
    user = request.scope.get("user")
    return getattr(user, "username", None) or None


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request about the jobs of a service."""

    request: Request
    here: Here
    store: JobStore
    runner: JobRunner
    base: str
    kind: str
    owner: str | None

    def url(self, job: Job) -> str:
        return f"{self.base}/{job.id}"

    async def job(self) -> Job:
        job_id = self.request.path_params["job"]
        return await asyncio.to_thread(self.store.get, job_id, self.kind, self.owner)


Handler = Callable[[_Asked], Awaitable[Response]]


def job_routes(kind: str, path: str) -> list[Route]:
    """Routes of the jobs of a service.

    Parameters
    ----------
    kind : `str`
        Kind of its jobs.
    path : `str`
        Such as ``/api/tap/async``.
    """

    def route(end: str, methods: Mapping[str, Handler]) -> list[Route]:
        async def answer(request: Request) -> Response:
            here = of(request)
            state = request.app.state
            asked = _Asked(request, here, state.jobs.store, state.jobs, here.root_url + path, kind, owner_of(request))
            try:
                method = "GET" if request.method == "HEAD" else request.method
                return await methods[method](asked)
            except ButlerError as error:
                return PlainTextResponse(str(error), status_of(error), headers_of(error))

        return [Route(f"{prefix}{path}{end}", answer, methods=list(methods)) for prefix in ("", "/repo/{label}")]

    one = "/{job}"
    return [
        *route("", {"GET": _list, "POST": _create}),
        *route(one, {"GET": _show, "POST": _control, "DELETE": _delete}),
        *route(f"{one}/phase", {"GET": _phase, "POST": _control}),
        *route(f"{one}/executionduration", {"GET": _text(lambda j: str(j.duration)), "POST": _control}),
        *route(f"{one}/destruction", {"GET": _text(lambda j: str(time_text(j.destruction))), "POST": _control}),
        *route(f"{one}/quote", {"GET": _text(lambda j: "")}),
        *route(f"{one}/owner", {"GET": _text(lambda j: j.owner or "")}),
        *route(f"{one}/error", {"GET": _error}),
        *route(f"{one}/parameters", {"GET": _parameters, "POST": _control}),
        *route(f"{one}/results", {"GET": _results}),
        *route(f"{one}/results/{{result}}", {"GET": _result}),
    ]


def _text(of_job: Callable[[Job], str]) -> Handler:
    async def answer(asked: _Asked) -> Response:
        return PlainTextResponse(of_job(await asked.job()))

    return answer


async def _list(asked: _Asked) -> Response:
    given = Parameters(asked.request.query_params.multi_items())
    phases = [_phase_of(text) for text in given.all("phase")]
    after = given.get("after")
    last, since = given.number("last", least=1), None if after is None else _seconds(after)

    def document() -> bytes:
        kind, label = asked.kind, asked.here.repository.label
        jobs = asked.store.list_jobs(kind, label, asked.owner, phases=phases, after=since, last=last)
        return jobs_document(jobs, asked.url)

    return Response(await asyncio.to_thread(document), media_type=MEDIA_TYPE)


async def _create(asked: _Asked) -> Response:
    settings = asked.here.settings
    async with read_parameters(asked.request, settings.body_bytes, settings.upload_bytes) as given:
        job = await asyncio.to_thread(
            lambda: asked.store.create(
                asked.kind,
                asked.here.repository.label,
                [(name, value) for name, value in given if name not in _CONTROL],
                owner=asked.owner,
                run_id=given.get("runid"),
                duration=settings.job_seconds,
                address=asked.here.root_url,
            )
        )
        job = await _keep_files(asked, job, given)
        await _change(asked, job, given)
    return RedirectResponse(asked.url(job), 303)


async def _keep_files(asked: _Asked, job: Job, given: Parameters) -> Job:
    """Put files that came with a job beside its results; return the job, which names them."""
    if not given.files:
        return job
    folder = asked.store.folder_of(job.id)
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    for i, file in enumerate(given.files.values()):
        with (folder / f"upload-{i}").open("wb") as stream:
            while piece := await file.read(1 << 20):
                await asyncio.to_thread(stream.write, piece)
    uploads = [("upload-files", ",".join(given.files))]
    return await asyncio.to_thread(lambda: asked.store.change(job, parameters=[*job.parameters, *uploads]))


async def _show(asked: _Asked) -> Response:
    given = Parameters(asked.request.query_params.multi_items())
    job = await asked.job()
    wait = given.number("wait", least=-1)
    if wait is not None and (wanted := given.get("phase")) is not None and _phase_of(wanted) is not job.phase:
        wait = None
    if wait is not None and not job.phase.is_final:
        job = await _changed(asked, job, _LONGEST_WAIT_S if wait < 0 else min(float(wait), _LONGEST_WAIT_S))
    return Response(job_document(job, asked.url(job)), media_type=MEDIA_TYPE)


async def _changed(asked: _Asked, job: Job, seconds: float) -> Job:
    """The job when its phase has changed, or after so long (UWS 1.1, section 2.2.1.1)."""
    end, pause = time.monotonic() + seconds, _FIRST_LOOK_S
    now = job
    while now.phase is job.phase and (left := end - time.monotonic()) > 0:
        await asked.runner.changed(job.id, min(left, pause))
        pause = min(2.0 * pause, LOOK_S)
        now = await asyncio.to_thread(asked.store.get, job.id, asked.kind, asked.owner)
    return now


async def _control(asked: _Asked) -> Response:
    job = await asked.job()
    async with read_parameters(asked.request, asked.here.settings.body_bytes) as given:
        if (action := given.get("action")) is not None:
            if action.upper() != "DELETE":
                raise ParameterError(f"There is no action '{action[:40]}'.", hint="It is DELETE.")
            return await _delete(asked)
        await _change(asked, job, given)
    return RedirectResponse(asked.url(job), 303)


async def _change(asked: _Asked, job: Job, given: Parameters) -> None:
    """Whatever of a job a request changes: times, parameters, and its phase at last."""
    destruction, most = given.get("destruction"), asked.here.settings.job_seconds
    named = {name for name, _ in given} - _CONTROL
    kept = [(n, v) for n, v in job.parameters if n not in named] if job.phase is Phase.PENDING and named else None
    parameters = None if kept is None else [*kept, *((n, v) for n, v in given if n in named)]
    changes: dict[str, Any] = {
        "destruction": None if destruction is None else _seconds(destruction),
        # 0 is for ever (UWS 1.1, section 2.1.6), which we do not give
        "duration": None if (asked_for := given.number("executionduration")) is None else min(asked_for or most, most),
        "run_id": given.get("runid"),
        "parameters": parameters,
    }
    if any(value is not None for value in changes.values()):
        job = await asyncio.to_thread(lambda: asked.store.change(job, **changes))
    if (phase := given.get("phase")) is None:
        return
    if phase.upper() == "RUN":
        await asyncio.to_thread(asked.store.start, job)
        asked.runner.wake()
    elif phase.upper() == "ABORT":
        await asyncio.to_thread(asked.store.abort, job)
    else:
        raise ParameterError(f"A job cannot be told to be '{phase[:40]}'.", hint="PHASE is RUN or ABORT.")
    asked.runner.tell(job.id)


async def _delete(asked: _Asked) -> Response:
    job = await asked.job()
    await asyncio.to_thread(asked.store.delete, job)
    asked.runner.tell(job.id)
    return RedirectResponse(asked.base, 303)


async def _phase(asked: _Asked) -> Response:
    return PlainTextResponse(str((await asked.job()).phase))


async def _error(asked: _Asked) -> Response:
    job = await asked.job()
    if job.error is None:
        raise NotFoundError(f"Job {job.id} has no error.")
    return Response(votable_error(job.error), media_type=VOTABLE)


async def _parameters(asked: _Asked) -> Response:
    return Response(parameters_document(await asked.job()), media_type=MEDIA_TYPE)


async def _results(asked: _Asked) -> Response:
    job = await asked.job()
    return Response(results_document(job, asked.url(job)), media_type=MEDIA_TYPE)


async def _result(asked: _Asked) -> Response:
    job = await asked.job()
    wanted = asked.request.path_params["result"]
    found = next((r for r in job.results if r.id == wanted), None)
    if found is None:
        hint = nearest(wanted[:40], [r.id for r in job.results])
        raise NotFoundError(f"Job {job.id} has no result '{wanted[:40]}'.", hint=hint)
    path = asked.store.folder_of(job.id) / found.file
    try:
        state = await asyncio.to_thread(path.stat)
    except OSError as error:
        raise NotFoundError(f"Result '{wanted[:40]}' of job {job.id} is gone.") from error
    headers = {"Content-Disposition": f'attachment; filename="{found.file}"'}
    return file_answer(asked.request, path, state, found.media_type, headers)


def _phase_of(text: str) -> Phase:
    try:
        return Phase(text.upper())
    except ValueError as error:
        raise ParameterError(f"There is no phase '{text[:40]}'.", hint=f"Phases: {', '.join(Phase)}.") from error


def _seconds(text: str) -> float:
    try:
        found = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
        return (found if found.tzinfo is not None else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError) as error:
        raise ParameterError(f"'{text[:40]}' is no time.", hint="Such as 2026-12-01T12:00:00Z.") from error
