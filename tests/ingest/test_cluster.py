"""A real cluster of processes: answers in order, dead workers and dead clusters, and an ingest while workers die."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from skybutler import Butler
from skybutler.errors import MissingExtraError, UnavailableError
from skybutler.ingest import RawIngestReport, ingest_raws, raws
from skybutler.ingest import cluster as module
from skybutler.ingest.cluster import DaskExecutor, open_cluster
from skybutler.ingest.executor import Executor
from support.calls import DEADLY, SQUARES, die, process_id, record_process, slow_square, squares, time_out
from support.dask import DaskCluster
from support.raws import RUN, write_raw


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskCluster]:
    """Two workers that are started again when they die."""
    made = DaskCluster(tmp_path_factory.mktemp("dask"))
    try:
        made.add_worker()
        made.add_worker()
        yield made
    finally:
        made.close()


@pytest.fixture
def executor(cluster: DaskCluster) -> Iterator[Executor]:
    with open_cluster(cluster.address) as made:
        yield made


def test_answers_come_in_order_from_other_processes(executor: Executor) -> None:
    assert list(executor.map(slow_square, range(100))) == [n * n for n in range(100)]
    assert list(executor.map(slow_square, [])) == []
    assert os.getpid() not in set(executor.map(process_id, range(10)))


def test_items_are_taken_as_answers_are(executor: Executor) -> None:
    taken: list[int] = []

    def endless() -> Iterator[int]:
        while True:
            taken.append(len(taken))
            yield len(taken)

    answers = executor.map(abs, endless())
    assert [next(answers) for _ in range(30)] == list(range(1, 31))
    assert len(taken) < 60


def test_errors_of_the_function_are_raised(executor: Executor) -> None:
    with pytest.raises(ZeroDivisionError):
        list(executor.map((1).__truediv__, [0]))
    with pytest.raises(TimeoutError, match="of the function"):
        list(executor.map(time_out, [0]))


def test_workers_killed_while_working(executor: Executor, tmp_path: Path) -> None:
    killed: set[str] = set()
    done = threading.Event()

    def kill() -> None:
        while not done.is_set() and len(killed) < 2:
            for name in sorted({path.name for path in tmp_path.iterdir()} - killed)[:1]:
                os.kill(int(name), signal.SIGKILL)
                killed.add(name)
            time.sleep(0.5)

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        answers = list(executor.map(record_process, [str(tmp_path)] * 60))
    finally:
        done.set()
        thread.join()
    assert len(answers) == 60
    assert len(killed) == 2


def test_item_that_ends_workers_is_found_and_the_others_have_their_answers(executor: Executor) -> None:
    items = [tuple(range(first, first + 10)) for first in range(0, 60, 10)]
    answers = [n for part in executor.map(squares, items, SQUARES) for n in part]
    assert answers == [-DEADLY if n == DEADLY else n * n for n in range(60)]


def test_item_that_ends_workers_is_an_error_without_remedy(executor: Executor) -> None:
    with pytest.raises(UnavailableError, match="the 2 processes that read 7 died"):
        list(executor.map(die, [7]))


def test_ingest_while_workers_are_killed(
    butler: Butler, cluster: DaskCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each file in once, bad ones told of, whatever happens to workers."""
    monkeypatch.setattr(raws, "_AT_ONCE", 60)
    monkeypatch.setattr("skybutler.ingest.raw_search._SMALL", 2)
    for exposure in range(501, 511):
        for detector in range(30):
            write_raw(tmp_path / "raws" / str(exposure), exposure, detector)
    (tmp_path / "raws" / "broken.fits").write_text("no header")
    seen: list[int] = []

    def progress(report: RawIngestReport) -> None:
        if len(seen) < 2:
            for pid in cluster.worker_pids()[:1]:
                os.kill(pid, signal.SIGKILL)
        seen.append(report.ingested)

    with open_cluster(cluster.address) as executor:
        report = ingest_raws(butler, tmp_path / "raws", transfer="direct", executor=executor, progress=progress)
    assert len(seen) > 3
    assert (report.files, report.ingested, report.skipped, report.exposures) == (301, 300, 0, 10)
    assert [(Path(f.path).name, "not FITS" in f.reason) for f in report.failures] == [("broken.fits", True)]
    found = [(r.data_id["exposure"], r.data_id["detector"]) for r in butler.query_datasets("raw", RUN)]
    assert sorted(found) == [(e, d) for e in range(501, 511) for d in range(30)]


def test_no_workers_and_no_scheduler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from distributed import Client

    cluster = DaskCluster(tmp_path)
    try:
        with Client(cluster.address, set_as_default=False) as client:
            answers = DaskExecutor(client, patience_s=0.5).map(abs, [1])
            with pytest.raises(UnavailableError, match="no worker for 0.5 s.*dask worker tcp://127"):
                next(answers)
            answers = DaskExecutor(client).map(abs, [1])
            threading.Timer(0.5, cluster.kill_scheduler).start()
            with pytest.raises(UnavailableError, match="scheduler"):
                next(answers)
    finally:
        cluster.close()
    monkeypatch.setattr(module, "_ANSWER_S", 1.0)
    with (
        pytest.raises(UnavailableError, match="No Dask scheduler answers at 'tcp://127"),
        open_cluster(cluster.address),
    ):
        pass


def test_address_that_is_none() -> None:
    with pytest.raises(UnavailableError, match="No Dask scheduler answers at 'ftp://x'"), open_cluster("ftp://x"):
        pass


def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingExtraError, match="skybutler\\[dask\\]"), open_cluster("tcp://localhost:1"):
        pass
