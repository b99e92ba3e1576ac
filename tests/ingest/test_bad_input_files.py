"""20,000 files of which 37 are corrupt, 5 are there twice and 3 vanish in between: every good one in, once."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from skybutler import Butler
from skybutler.ingest import RawIngestReport, ingest_raws
from skybutler.ingest.executor import SerialExecutor
from support.many_raws import data_ids, double, opened_in, spoil, write_many
from support.privileges import bind_by_permissions
from support.repositories import Command, ingested, require_whole

MOST_MEMORY = 250 << 20
"""What an ingest of any number of files may take."""


class Survey:
    """The folder of 20,000 files.

    ``good`` are the files to be taken, ``bad`` the others with a part of the reason to be given; ``vanishing`` are to
    be removed on the way.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.good = write_many(folder, data_ids(20_000 - 37 - 5))
        self.vanishing = [self.good.pop(key) for key in list(self.good)[-3:]]
        self.bad = spoil(folder)
        self.bad |= dict.fromkeys(double(folder / "again", list(self.good.values())[::4000]), "which was taken")
        self.bad |= dict.fromkeys(self.vanishing, "")
        assert len(self.good) + len(self.bad) == 20_000

    def require_all(self, failures: dict[str, str]) -> None:
        """Each bad file must be told of, with its reason."""
        wrong = {path: reason for path, reason in self.bad.items() if reason not in failures.get(str(path), "?")}
        assert wrong == {}
        assert len(failures) == len(self.bad)


@pytest.fixture
def survey(tmp_path: Path) -> Survey:
    return Survey(tmp_path / "raws")


def test_command_line(butler: Butler, survey: Survey) -> None:
    wait = opened_in(survey.folder)

    def vanish() -> None:
        wait()
        for path in survey.vanishing:
            path.unlink()

    thief = threading.Thread(target=vanish)
    thief.start()
    arguments = ("ingest-raws", butler.config.root, survey.folder, "--transfer", "direct", "-j", 2)
    status, out, err, memory = Command(*arguments, "--json", preexec_fn=bind_by_permissions).end()
    thief.join()
    assert 0 < memory < MOST_MEMORY
    (report,) = json.loads(out)
    assert (status, err) == (1, "")
    assert (report["files"], report["ingested"], report["failed"]) == (20_000, len(survey.good), 45)
    survey.require_all({f["path"]: f["reason"] for f in report["failures"]})
    assert ingested(butler) == survey.good.keys()
    status, out, err, _ = Command(*arguments, preexec_fn=bind_by_permissions).end()
    assert status == 1
    assert out.splitlines()[2].split()[:5] == ["19997", "0", str(len(survey.good)), "42", "0"]
    assert len(err.splitlines()) <= 45
    assert max(map(len, err.splitlines())) < 300
    assert ingested(butler) == survey.good.keys()


class Thief(SerialExecutor):
    """Removes a file that was found, before it is read."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def map(self, function: Callable[[Any], Any], items: Iterable[Any], *more: Any) -> Iterator[Any]:
        def robbed() -> Iterator[Any]:
            for item in items:
                if str(self._path) in item.paths:
                    self._path.unlink()
                yield item

        return super().map(function, robbed(), *more)


@pytest.mark.slow
def test_files_vanish_between_search_reading_and_writing(
    butler: Butler, survey: Survey, unprivileged: Callable[..., Any]
) -> None:
    """The first transaction is the sign for the last two files to go."""
    first, *others = survey.vanishing
    root = butler.config.root

    def vanish(report: RawIngestReport) -> None:
        if 0 < report.ingested < len(survey.good) - 1000:
            for path in others:
                path.unlink(missing_ok=True)

    def ingest() -> RawIngestReport:
        with Butler(root, writeable=True) as own:
            return ingest_raws(own, survey.folder, transfer="copy", progress=vanish, executor=Thief(first))

    report = unprivileged(ingest)
    assert (report.files, report.ingested, report.skipped) == (20_000, len(survey.good), 0)
    survey.require_all({f.path: f.reason for f in report.failures})
    require_whole(butler, survey.good)
    again = unprivileged(lambda: ingest_raws(Butler(root, writeable=True), survey.folder, transfer="copy"))
    assert (again.files, again.ingested, again.skipped, len(again.failures)) == (19_997, 0, len(survey.good), 42)
