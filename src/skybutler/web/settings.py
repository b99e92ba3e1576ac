"""What a server serves, and its limits.  Knows no request."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["ServerSettings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """Settings of one server; equal in all of its processes.

    Parameters
    ----------
    repositories : mapping
        Places of repositories by label; the first is the one that paths without a label mean.
    root_url : `str`, optional
        How users reach the server, without a slash at the end; what their requests say if not given.
    secret : `bytes`
        Signs links; links of a server are good for all servers with the same.
    work_folder : path, optional
        Where jobs and their results are; a temporary place if not given.
    rows, most_rows : `int`
        Rows of a TAP answer where MAXREC says nothing, and at most.
    body_bytes, upload_bytes : `int`
        The largest request without files, and the largest file uploaded.
    upload_rows : `int`
        The largest table uploaded.
    upload_hosts : `frozenset` [`str`]
        Hosts from which tables are fetched though their addresses are private.
    sync_seconds, job_seconds : `int`
        How long a query may run, at once and as a job.
    job_days : `int`
        How long jobs are kept.
    cutout_workers, cutout_seconds, cutout_bytes : `int`
        Processes that make cut-outs, how long one may take, and the memory that its process may use.
    link_seconds : `int`
        How long signed links are good.
    snapshots : `bool`
        Whether copies of ObsCore are kept in the work folder, for questions that read much of it.
    anonymous : `bool`
        Whether those without a token may read.
    token_file : path, optional
        Where the tokens are; without one none is known.
    wrong_tokens : `int`
        Different wrong tokens that one address may send in a minute to one process.
    """

    repositories: Mapping[str, str]
    root_url: str | None = None
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    work_folder: Path | None = None
    rows: int = 100_000_000
    most_rows: int = 100_000_000
    body_bytes: int = 1_000_000
    upload_bytes: int = 50_000_000
    upload_rows: int = 500_000
    upload_hosts: frozenset[str] = frozenset()
    sync_seconds: int = 1800
    job_seconds: int = 14_400
    job_days: int = 7
    cutout_workers: int = 2
    cutout_seconds: int = 60
    cutout_bytes: int = 4 << 30
    link_seconds: int = 3600
    snapshots: bool = False
    anonymous: bool = True
    token_file: Path | None = None
    wrong_tokens: int = 20
