"""TAP queries as jobs: the same query, its answer in a file.  Knows neither routes nor phases.

TAP 1.1 (IVOA Recommendation 2019-09-27), section 2.4.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING

from skybutler.registry.interrupt import Interrupt
from skybutler.vo.uws import JobResult

from .parameters import Parameters
from .tap_sync import TapQuery

if TYPE_CHECKING:
    from .job_runner import JobContext, Work
    from .served import Served
    from .settings import ServerSettings

__all__ = ["work"]


def _opened(file: Path) -> IO[bytes]:
    return file.open("rb")


def work(settings: ServerSettings, served: Served) -> Work:
    """What a job of a TAP service does."""

    def do(context: JobContext) -> Sequence[JobResult]:
        parameters = Parameters(context.job.parameters)
        names = [name for value in parameters.all("upload-files") for name in value.split(",")]
        places = {name: context.folder / f"upload-{i}" for i, name in enumerate(names)}
        # the names are parameters, which anybody may have made up
        files: dict[str, Callable[[], IO[bytes]]] = {n: partial(_opened, p) for n, p in places.items() if p.exists()}
        query = TapQuery.of(parameters, settings, files)
        interrupt = Interrupt()
        context.when_stopped(lambda: interrupt.stop("The job was ended."))
        file = context.folder / f"result.{query.format.extension}"
        with file.open("wb") as stream:
            for piece in query.pieces(served[context.job.label], context.job.address, interrupt):
                if not context.go_on():
                    return ()
                stream.write(piece)
        return (JobResult("result", file.name, query.format.media_type, file.stat().st_size),)

    return do
