"""Documents about jobs: one job, a list of jobs, its parameters and results.  Knows no HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from pydantic_xml import BaseXmlModel, element
from vo_models.uws import (
    ErrorSummary,
    Jobs,
    JobSummary,
    Parameter,
    Parameters,
    ResultReference,
    Results,
    ShortJobDescription,
)
from vo_models.uws.types import ErrorType, ExecutionPhase

from .uws import Job
from .xml_text import xml_text

__all__ = ["MEDIA_TYPE", "job_document", "jobs_document", "parameters_document", "results_document", "time_text"]

MEDIA_TYPE = "text/xml"


class _Given(Parameters):
    """Parameters of any name, repeated or not."""

    parameter: list[Parameter] = element(tag="parameter", ns="uws", default_factory=list)

    def __init__(self, **data: Any) -> None:
        # the parent sorts parameters into fields by their name, of which we have none
        BaseXmlModel.__init__(self, **data)


def _time(seconds: float | None) -> Any:
    """A time for the models, which take a text but say that they want something else."""
    return time_text(seconds)


def time_text(seconds: float | None) -> str | None:
    """A time as UWS has it: ISO 8601 in UTC with a Z at the end."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _run_id(job: Job) -> str | None:
    return None if job.run_id is None else xml_text(job.run_id)


def _parameters(job: Job) -> _Given:
    return _Given(
        parameter=[Parameter(id=xml_text(name.upper()), value=xml_text(value)) for name, value in job.parameters]
    )


def _results(job: Job, url: str) -> Results:
    return Results(
        results=[
            ResultReference(id=r.id, href=f"{url}/results/{r.id}", size=r.size, mime_type=r.media_type)
            for r in job.results
        ]
    )


def _written(document: Any) -> bytes:
    made: bytes | str = document.to_xml(encoding="UTF-8")
    return made if isinstance(made, bytes) else made.encode()


def job_document(job: Job, url: str) -> bytes:
    """One job.

    Parameters
    ----------
    job : `Job`
    url : `str`
        Its address.
    """
    error = None
    if job.error is not None:
        error = ErrorSummary(message=xml_text(job.error), type=ErrorType.FATAL, has_detail=True)
    made = JobSummary[_Given](
        job_id=job.id,
        run_id=_run_id(job),
        owner_id=job.owner,
        phase=ExecutionPhase(str(job.phase)),
        creation_time=_time(job.created),
        start_time=_time(job.started),
        end_time=_time(job.ended),
        execution_duration=job.duration,
        destruction=_time(job.destruction),
        parameters=_parameters(job),
        results=_results(job, url),
        error_summary=error,
    )
    return _written(made)


def jobs_document(jobs: Iterable[Job], url_of: Callable[[Job], str]) -> bytes:
    """A list of jobs."""
    references = [
        ShortJobDescription(
            phase=ExecutionPhase(str(job.phase)), run_id=_run_id(job), owner_id=job.owner,
            creation_time=_time(job.created), job_id=job.id, href=url_of(job),
        )
        for job in jobs
    ]  # fmt: skip
    return _written(Jobs(jobref=references))


def parameters_document(job: Job) -> bytes:
    """Parameters of a job."""
    return _written(_parameters(job))


def results_document(job: Job, url: str) -> bytes:
    """Results of a job."""
    return _written(_results(job, url))
