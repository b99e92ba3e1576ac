"""Where jobs are kept: a file that several processes share, and a folder for the results of each.

Knows neither HTTP nor what a job does.  A job is claimed by one worker, which says from time to time that it is alive;
the jobs of a worker that no longer does end in ERROR.
"""

from __future__ import annotations

import json
import secrets
import shutil
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from skybutler.errors import ConflictError, NotFoundError, OverloadedError
from skybutler.registry.database import Database, open_database

from .uws import Job, JobResult, Phase

__all__ = ["JobStore"]

_ALIVE_S = 15.0
"""A worker that has not been heard of for so long is gone."""
_DAY = 86_400.0
_COLUMNS = (
    "id, kind, label, owner, run_id, phase, parameters, created, started, ended, destruction, duration, error, "
    "results, address"
)
_LISTED = _COLUMNS.replace("parameters", "'[]'").replace("error", "NULL").replace("results", "'[]'")
_MOST_LISTED = 10_000


class JobStore:
    """The jobs of a server.

    Parameters
    ----------
    folder : path
        Where they and their results are; made if need be.
    days : `float`
        How long a job is kept unless its owner says otherwise, and at most.
    most_active : `int`
        Jobs that may wait or run at once.
    """

    def __init__(self, folder: str | Path, *, days: float = 7.0, most_active: int = 2_000) -> None:
        self._folder, self._days, self._most_active = Path(folder), days, most_active
        self._folder.mkdir(parents=True, exist_ok=True)
        self._database: Database = open_database(
            f"sqlite:///{self._folder / 'jobs.sqlite3'}", writeable=True, create=True
        )
        with self._database.transaction():
            for statement in _tables(self._database):
                self._database.execute(statement)
        self._remove_left()

    def _remove_left(self) -> None:
        """Remove folders of jobs that are gone, which a server was removing, or writing to, when it was killed."""
        results = self._folder / "results"
        found = [place.name for place in results.iterdir()] if results.exists() else []  # before jobs: those come first
        known = {str(row[0]) for row in self._database.query("SELECT id FROM job")} if found else set()
        for name in found:
            if name not in known:
                shutil.rmtree(results / name, ignore_errors=True)

    def close(self) -> None:
        """Close this thread's connection."""
        self._database.close()

    def folder_of(self, job_id: str) -> Path:
        """Folder of the results of a job, whose id is known to be good."""
        return self._folder / "results" / job_id

    # ------------------------------------------------------------------ owners
    def create(
        self,
        kind: str,
        label: str,
        parameters: Iterable[tuple[str, str]],
        *,
        owner: str | None = None,
        run_id: str | None = None,
        duration: int = 0,
        address: str = "",
    ) -> Job:
        """A new job, which waits for somebody to let it run."""
        now = round(time.time(), 3)  # as documents tell it, so that AFTER with what they told is what came later
        job = Job(
            secrets.token_hex(16), kind, label, owner, run_id, Phase.PENDING, tuple(parameters), now, None, None,
            now + self._days * _DAY, duration, address=address,
        )  # fmt: skip
        values = (
            job.id, kind, label, owner, run_id, str(job.phase), json.dumps(job.parameters), now, None, None,
            job.destruction, duration, None, "[]", address,
        )  # fmt: skip
        with self._database.transaction():
            marks = ", ".join("?" * len(values))
            self._database.execute(f"INSERT INTO job ({_COLUMNS}) VALUES ({marks})", values)
        return job

    def get(self, job_id: str, kind: str, owner: str | None = None) -> Job:
        """A job of an owner.

        Raises
        ------
        NotFoundError
            There is none, or it is somebody else's.
        """
        row = self._database.query_one(
            f"SELECT {_COLUMNS} FROM job WHERE id = ? AND kind = ? AND destruction > ?", (job_id, kind, time.time())
        )
        if row is None or row[3] != owner:
            raise NotFoundError(f"There is no job '{job_id[:60]}'.")
        return _job(row)

    def list_jobs(
        self,
        kind: str,
        label: str,
        owner: str | None = None,
        *,
        phases: Iterable[Phase] = (),
        after: float | None = None,
        last: int | None = None,
    ) -> list[Job]:
        """Jobs of an owner, the newest first, without their parameters, errors and results, which may be long.

        Parameters
        ----------
        kind, label, owner : `str`
            Of which service, repository and owner.
        phases : iterable of `Phase`
            Only those in one of these; all if empty.
        after : `float`, optional
            Only those created after this time.
        last : `int`, optional
            At most so many; 10,000 in any case.
        """
        conditions = ["kind = ?", "label = ?", "destruction > ?", "owner IS ?"]
        values: list[Any] = [kind, label, time.time(), owner]
        if wanted := [str(phase) for phase in phases]:
            conditions.append(f"phase IN ({', '.join('?' * len(wanted))})")
            values += wanted
        if after is not None:
            conditions.append("created > ?")
            values.append(after)
        limit = _MOST_LISTED if last is None else min(last, _MOST_LISTED)
        sql = f"SELECT {_LISTED} FROM job WHERE {' AND '.join(conditions)} ORDER BY created DESC, id LIMIT {limit}"
        return [_job(row) for row in self._database.query(sql, values)]

    def start(self, job: Job) -> Job:
        """Let a job run as soon as a worker has time for it; one that does already is left alone.

        Raises
        ------
        ConflictError
            It has ended.
        OverloadedError
            Too many jobs are waiting.
        """
        with self._database.transaction():
            ((active,),) = self._database.query("SELECT count(*) FROM job WHERE phase IN ('QUEUED', 'EXECUTING')")
            if active >= self._most_active:
                raise OverloadedError(f"{active} jobs are waiting or running.", hint="Try again later.")
            changed = self._database.execute(
                "UPDATE job SET phase = 'QUEUED', queued = ? WHERE id = ? AND phase = 'PENDING'", (time.time(), job.id)
            )
        if not changed and not self._again(job).phase.is_active:
            raise ConflictError(f"Job {job.id} is {self._again(job).phase}; it cannot run again.")
        return self._again(job)

    def abort(self, job: Job) -> Job:
        """End a job that has not ended; its worker finds out."""
        with self._database.transaction():
            self._database.execute(
                "UPDATE job SET phase = 'ABORTED', ended = ? "
                "WHERE id = ? AND phase IN ('PENDING', 'QUEUED', 'EXECUTING')",
                (time.time(), job.id),
            )
        return self._again(job)

    def change(
        self,
        job: Job,
        *,
        destruction: float | None = None,
        duration: int | None = None,
        run_id: str | None = None,
        parameters: Iterable[tuple[str, str]] | None = None,
    ) -> Job:
        """Change when a job is destroyed, how long it may take, its name, or (while it is PENDING) its parameters.

        Raises
        ------
        ConflictError
            It is too late for new parameters.
        """
        if parameters is not None and job.phase is not Phase.PENDING:
            raise ConflictError(f"Job {job.id} is {job.phase}; its parameters can no longer be changed.")
        destruction = None if destruction is None else min(destruction, time.time() + self._days * _DAY)
        given = None if parameters is None else json.dumps(list(parameters))
        with self._database.transaction():
            changes = {"destruction": destruction, "duration": duration, "run_id": run_id, "parameters": given}
            for column, value in changes.items():
                if value is not None:
                    self._database.execute(f"UPDATE job SET {column} = ? WHERE id = ?", (value, job.id))
        return self._again(job)

    def delete(self, job: Job) -> None:
        """Remove a job and its results; a worker that runs it finds out."""
        with self._database.transaction():
            self._database.execute("DELETE FROM job WHERE id = ?", (job.id,))
        shutil.rmtree(self.folder_of(job.id), ignore_errors=True)

    def _again(self, job: Job) -> Job:
        row = self._database.query_one(f"SELECT {_COLUMNS} FROM job WHERE id = ?", (job.id,))
        if row is None:
            raise NotFoundError(f"There is no job '{job.id}'.")
        return _job(row)

    # ----------------------------------------------------------------- workers
    def claim(self, kinds: Iterable[str], worker: str) -> Job | None:
        """The job that has waited longest, for a worker; `None` if none waits.

        Parameters
        ----------
        kinds : iterable of `str`
            Services whose jobs the worker can do.
        worker : `str`
            A name that no other worker has or will have.
        """
        wanted = list(kinds)
        sql = (
            f"SELECT {_COLUMNS} FROM job WHERE phase = 'QUEUED' AND kind IN ({', '.join('?' * len(wanted))}) "
            "ORDER BY queued, id LIMIT 1"
        )
        if self._database.query_one(sql, wanted) is None:  # without a lock, as there mostly is none
            return None
        with self._database.transaction():
            row = self._database.query_one(sql, wanted)
            if row is None:
                return None
            now = time.time()
            self._database.execute(
                "UPDATE job SET phase = 'EXECUTING', started = ?, worker = ?, heard = ? WHERE id = ?",
                (now, worker, now, row[0]),
            )
        # not looked at again: its owner may have deleted it since
        return replace(_job(row), phase=Phase.EXECUTING, started=now)

    def is_wanted(self, job: Job, worker: str) -> bool:
        """Whether a job shall go on; tells that its worker is alive."""
        with self._database.transaction():
            return bool(
                self._database.execute(
                    "UPDATE job SET heard = ? WHERE id = ? AND worker = ? AND phase = 'EXECUTING'",
                    (time.time(), job.id, worker),
                )
            )

    def finish(self, job: Job, worker: str, results: Sequence[JobResult] = (), error: str | None = None) -> None:
        """End a job, with results, or with an error and no files; one that was aborted meanwhile stays so."""
        phase = Phase.COMPLETED if error is None else Phase.ERROR
        made = json.dumps([(r.id, r.file, r.media_type, r.size) for r in results])
        with self._database.transaction():
            changed = self._database.execute(
                "UPDATE job SET phase = ?, ended = ?, error = ?, results = ? "
                "WHERE id = ? AND worker = ? AND phase = 'EXECUTING'",
                (str(phase), time.time(), error, made, job.id, worker),
            )
        if not changed or error is not None:  # who deleted it cannot have removed what was written since
            shutil.rmtree(self.folder_of(job.id), ignore_errors=True)

    def tidy(self) -> int:
        """End the jobs of workers that are gone, and destroy those whose time has come; return how many."""
        now = time.time()
        with self._database.transaction():
            silent = "phase = 'EXECUTING' AND heard < ?"
            lost = [str(r[0]) for r in self._database.query(f"SELECT id FROM job WHERE {silent}", (now - _ALIVE_S,))]
            self._database.execute(
                f"UPDATE job SET phase = 'ERROR', ended = ?, error = ? WHERE {silent}",
                (now, "The server was restarted while this job ran; start it anew.", now - _ALIVE_S),
            )
            gone = [str(row[0]) for row in self._database.query("SELECT id FROM job WHERE destruction <= ?", (now,))]
            self._database.execute("DELETE FROM job WHERE destruction <= ?", (now,))
        for job_id in (*lost, *gone):
            shutil.rmtree(self.folder_of(job_id), ignore_errors=True)
        return len(lost) + len(gone)


def _tables(database: Database) -> Iterable[str]:
    kinds = database.kinds
    text, number, real = kinds["text"], kinds["int"], kinds["float"]
    yield (
        f"CREATE TABLE IF NOT EXISTS job (id {text} PRIMARY KEY, kind {text} NOT NULL, label {text} NOT NULL, "
        f"owner {text}, run_id {text}, phase {text} NOT NULL, parameters {text} NOT NULL, created {real} NOT NULL, "
        f"queued {real}, started {real}, ended {real}, destruction {real} NOT NULL, duration {number} NOT NULL, "
        f"error {text}, results {text} NOT NULL, address {text} NOT NULL, worker {text}, heard {real})"
    )
    yield "CREATE INDEX IF NOT EXISTS job_phase ON job (phase, queued)"
    yield "CREATE INDEX IF NOT EXISTS job_list ON job (kind, label, created)"


def _job(row: Sequence[Any]) -> Job:
    parameters = tuple((str(name), str(value)) for name, value in json.loads(row[6]))
    results = tuple(JobResult(*result) for result in json.loads(row[13]))
    id_, kind, label, owner, run_id, phase, _, created, started, ended, destruction, duration, error, _, address = row
    return Job(
        id_, kind, label, owner, run_id, Phase(phase), parameters, created, started, ended, destruction, duration,
        error, results, address,
    )  # fmt: skip
