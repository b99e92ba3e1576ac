"""Jobs that outlive a request: their phases, and what is known of one.  Knows not where they are kept or who does them.

UWS 1.1 (IVOA Recommendation 2016-10-24), section 2.1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

__all__ = ["Job", "JobResult", "Phase"]


class Phase(StrEnum):
    """Where a job is (UWS 1.1, section 2.1.3)."""

    PENDING = "PENDING"
    QUEUED = "QUEUED"
    EXECUTING = "EXECUTING"
    COMPLETED = "COMPLETED"
    ERROR = "ERROR"
    ABORTED = "ABORTED"

    @property
    def is_active(self) -> bool:
        """Whether it will change without anybody asking for it."""
        return self in (Phase.QUEUED, Phase.EXECUTING)

    @property
    def is_final(self) -> bool:
        """Whether it will never change again."""
        return self in (Phase.COMPLETED, Phase.ERROR, Phase.ABORTED)


@dataclass(frozen=True, slots=True)
class JobResult:
    """A file that a job has made.

    Parameters
    ----------
    id : `str`
        Such as ``result``.
    file : `str`
        Name in the folder of the job.
    media_type : `str`
        Of its content.
    size : `int`
        Bytes.
    """

    id: str
    file: str
    media_type: str
    size: int


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it was when it was looked at; times are seconds since 1970, UTC.

    Parameters
    ----------
    id, kind, label : `str`
        Which job, of which service, of which repository.
    owner, run_id : `str` or `None`
        Whose, and what they call it.
    phase : `Phase`
    parameters : sequence of (`str`, `str`)
        As they were given.
    created, destruction : `float`
    started, ended : `float` or `None`
    duration : `int`
        Seconds that it may take; 0 for any.
    error : `str` or `None`
        Why it failed.
    results : sequence of `JobResult`
    address : `str`
        Address of the server that was asked.
    """

    id: str
    kind: str
    label: str
    owner: str | None
    run_id: str | None
    phase: Phase
    parameters: Sequence[tuple[str, str]]
    created: float
    started: float | None
    ended: float | None
    destruction: float
    duration: int
    error: str | None = None
    results: Sequence[JobResult] = field(default_factory=tuple)
    address: str = ""
