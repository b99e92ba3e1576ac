"""What both sides of a comparison share: the command line of a phase, and commands timed in new processes.

Each phase runs in a process of its own, so that none profits from what another has loaded or cached.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from measurement import Recorder, Server
from survey import INSTRUMENT, Survey

PHASES = ("create", "dimensions", "ingest", "exchange", "putget", "query", "start", "headers")
"""In the order they must run."""

WITHOUT_DATABASE = ("headers",)
"""Phases that are the same whatever the database."""

Step = tuple[int, Callable[[], object]]
"""A change, and of how many things."""


@dataclass(frozen=True)
class Job:
    """What a phase works on.

    Parameters
    ----------
    repository : `Path`
        The repository; ``create`` makes it.
    survey : `Survey`
        The input.
    recorder : `Recorder`
        Where rows go.
    databases : `tuple` [`str`, ...]
        URLs of empty PostgreSQL databases, one per repository that ``create`` makes; the last one is kept.  No URL:
        SQLite.
    """

    repository: Path
    survey: Survey
    recorder: Recorder
    databases: tuple[str, ...]

    @property
    def call(self) -> int:
        """Exposures of one bulk call."""
        return max(10, self.survey.visits // 10)

    @property
    def raws(self) -> int:
        """How many raws there are in the end."""
        return self.survey.visits * self.survey.detectors

    @property
    def singles(self) -> int:
        """How many exposures are kept to be added one by one in the end."""
        return max(4, min(20, self.survey.visits // 10))


def run(phases: Mapping[str, Callable[[Job], None]]) -> None:
    """Do the phase that the command line names."""
    parser = argparse.ArgumentParser()
    parser.add_argument("phase", choices=list(phases))
    for name in ("repository", "arrays", "files", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--database", action="append", default=[])
    parser.add_argument("--server", type=int)
    parser.add_argument("--times", type=int, default=5)
    options = parser.parse_args()
    recorder = Recorder(options.out, Server(options.server) if options.server else None, options.times)
    survey = Survey.load(options.arrays, options.files.resolve())
    phases[options.phase](Job(options.repository, survey, recorder, tuple(options.database)))


def time_commands(job: Job, commands: Mapping[str, list[str]]) -> None:
    """Rows of commands; each is run once before it is timed, so that files are in memory and byte code is compiled.

    A command that fails gets no row; what it said goes to standard error.
    """
    for key, command in commands.items():
        first = subprocess.run(command, capture_output=True, text=True, check=False)
        if first.returncode:
            print(f"{key} failed: {' '.join(command)}\n{first.stderr[-300:]}", file=sys.stderr)
            continue
        job.recorder.best(key, lambda: subprocess.run(command, capture_output=True, check=True), single=True)  # noqa: B023


def find_statement(opening: str, closing: str, job: Job) -> str:
    """Python text that opens a repository and finds a raw."""
    exposure = int(job.survey.arrays["exp_id"][0])
    values = f"instrument={INSTRUMENT!r}, exposure={exposure}, {closing}"
    return f"{opening}; assert b.find_dataset('raw', {values}) is not None"
